"""Choose the knowledge that a running service answers with: examine a set, keep it, name it, wait for the workers."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from cds.knowledge.load import KnowledgeFaults
from cds.knowledge.model import Knowledge
from hooks.knowledge.examine import examine
from hooks.knowledge.home import SHIPPED, Choice, Home
from hooks.knowledge.workers import Told, alive
from hooks.settings import Settings

PREVIOUS = "previous"
_LOOK_EVERY = 0.1  # seconds


class Used(msgspec.Struct, frozen=True):
    """What was chosen, what was before, and its version in the profile of the settings."""

    choice: Choice
    before: str
    version: str


def use(wanted: str, settings: Settings) -> Used:
    """Choose a set: "previous", "shipped", the name of one that is kept, or a folder, which is copied.

    Raises ``KnowledgeFaults`` when it must not be served; then nothing has changed.
    """
    home = Home(Path(settings.knowledge))
    with home.lock():
        before = _before(home)
        name, knowledge = _examined(home, wanted, before, settings)
        previous = before.previous if name == before.name else before.name
        return Used(home.choose(name, previous), before.name, knowledge.version)


def wait(settings: Settings, choice: Choice, seconds: float) -> tuple[list[Told], list[Told]]:
    """The workers that answer with the chosen set, and those that do not, after at most so many seconds."""
    home = Home(Path(settings.knowledge))
    ends = time.monotonic() + seconds
    while True:
        workers = alive(home.root)
        others = [one for one in workers if not follows(one, choice)]
        if not any(one.at != choice.at for one in others) or time.monotonic() >= ends:
            return [one for one in workers if follows(one, choice)], others
        time.sleep(_LOOK_EVERY)


def follows(worker: Told, choice: Choice) -> bool:
    """Whether a worker answers with the chosen set."""
    return worker.name == choice.name and not worker.refused


def _before(home: Home) -> Choice:
    """What was chosen; an unreadable choice is replaced by whatever is chosen now."""
    try:
        return home.choice()
    except KnowledgeFaults:
        return Choice("?")


def _examined(home: Home, wanted: str, before: Choice, settings: Settings) -> tuple[str, Knowledge]:
    name = before.previous if wanted == PREVIOUS else wanted
    if wanted == PREVIOUS and not name:
        raise KnowledgeFaults(["previous: nothing was chosen before; `gabaguard knowledge status` lists the sets"])
    if name == SHIPPED:
        return name, examine(home.folder(name), settings)[0]
    source = home.folder(name) if name in home.names() else _folder(wanted)
    half = home.copy(source)
    if name in home.names():  # kept here before: is it still what was examined then?
        home.load(name, settings.profile)
    knowledge, files = examine(half, settings)
    files.seal()
    return home.keep(half, source, knowledge.version), knowledge


def _folder(wanted: str) -> Path:
    """The knowledge in a folder: the folder itself, or an installation of the package in it."""
    folder = Path(wanted).resolve()
    inner = folder / "cds" / "knowledge"
    found = inner if inner.is_dir() else folder
    if not (found / "checks").is_dir():
        raise KnowledgeFaults([f"{wanted}: is no folder with knowledge files, no set that is kept, nor a known word"])
    return found
