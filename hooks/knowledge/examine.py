"""What must hold before a set of knowledge is served: every schema, in every profile, what this code asks for by name,
and patients for whom it is known what must be said.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from cds.checks.fit import misfits
from cds.knowledge.files import Files
from cds.knowledge.load import KnowledgeFaults, load_knowledge, read_profiles
from cds.knowledge.model import Knowledge
from cds.knowledge.profiles import profile_ids
from hooks.canaries import Canaries
from hooks.engine import Engine
from hooks.settings import Settings


def read_whole(folder: Path) -> tuple[dict[str, Knowledge], Files]:
    """A set by profile, read without trust in any seal, and its files. Raises ``KnowledgeFaults`` with every fault."""
    try:
        found, files = read_profiles(folder)
    except KnowledgeFaults:
        raise
    except Exception as error:  # tables of codes and drugs name their own faults
        raise KnowledgeFaults([f"{folder.name}: cannot be read: {type(error).__name__}: {error}"]) from error
    faults = [f"profiles/{profile}.toml: the file is missing" for profile in profile_ids() if profile not in found]
    for profile in set(profile_ids()) & set(found):
        faults += misfits(found[profile], load_knowledge(profile))
    if faults:
        raise KnowledgeFaults(dict.fromkeys(faults))
    return found, files


def examine(folder: Path, settings: Settings) -> tuple[Knowledge, Files]:
    """The set of a folder in the profile of the settings, when it may be served, and its files.

    Raises ``KnowledgeFaults``.
    """
    found, files = read_whole(folder)
    faults: list[str] = []
    for profile, knowledge in found.items():
        faults += _unsung(Engine(msgspec.structs.replace(settings, profile=profile), knowledge), profile)
    faults += _sites(Engine(settings, found[settings.profile]))
    if faults:
        raise KnowledgeFaults(faults)
    return found[settings.profile], files


def _sites(engine: Engine) -> tuple[str, ...]:
    """What the sites' files ask for and this set does not allow."""
    from hooks.sites import Sites

    try:
        engine.derived(Sites)
    except KnowledgeFaults as refusal:
        return refusal.faults
    return ()


def sings(engine: Engine) -> None:
    """Raises ``KnowledgeFaults`` naming the patients for whom an engine does not say what must be said."""
    if faults := list(_unsung(engine, engine.settings.profile)):
        raise KnowledgeFaults(faults)


def _unsung(engine: Engine, profile: str) -> Iterator[str]:
    for id in engine.derived(Canaries).silent():
        yield f"canary {id!r} ({profile}): what must be said of this patient is not said"
