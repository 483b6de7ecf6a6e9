"""The folder of ``GABAGUARD_KNOWLEDGE``: the sets of knowledge that were put there, and which one is chosen.

    chosen.json        {"name": "2026-11-25+bf0dd34133f1", "previous": "shipped", "at": "2026-11-28T22:50:00Z"}
    sets/<name>/       one set: the data files, their seal, and .installed; never changed once it is there
    workers/           what each worker answers with (``workers.py``)

``name`` "shipped" is the set that comes with this version; so is a folder that does not exist. Everything is written
beside its place and then renamed: whoever is killed in the middle leaves what was there.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

import cds
from cds.knowledge.files import ROOT
from cds.knowledge.load import KnowledgeFaults, read_knowledge
from cds.knowledge.model import Knowledge
from cds.knowledge.seal import DATA, contents, read_seal
from hooks.whole import sync, write_whole

SHIPPED = "shipped"
TOLD = ".installed"  # no data file: it is told of a set, not in it
_HALF = ".half-"  # how the name of a set begins that is being written
_CHOOSE = "choose with `gabaguard knowledge use shipped` or another set"


class Choice(msgspec.Struct, frozen=True):
    """Which set is chosen, which was before, and when it was chosen (UTC)."""

    name: str = SHIPPED
    previous: str = ""
    at: str = ""


class Installed(msgspec.Struct, frozen=True):
    """What is told of a set: where it came from, when, and the code that examined it (``code``)."""

    source: str
    at: str
    code: str


class Home:
    """One such folder; it need not exist."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._chosen = root / "chosen.json"

    # -- what is chosen -----------------------------------------------------------------------------------------------

    def wanted(self) -> bytes:
        """The words of the choice, for telling quickly whether it is still the same. Empty when there is none."""
        try:
            return self._chosen.read_bytes()
        except FileNotFoundError:
            return b""

    def choice(self) -> Choice:
        """What is chosen. Raises ``KnowledgeFaults`` when it cannot be read: then nobody knows."""
        try:
            return choice_of(self.wanted())
        except OSError:
            raise KnowledgeFaults([f"{self._chosen.name}: cannot be read; {_CHOOSE}"]) from None

    def choose(self, name: str, previous: str) -> Choice:
        """Choose a set; workers see it within a second. Only under ``lock``, and only what was examined."""
        chosen = Choice(name, previous, now())
        write_whole(self._chosen, msgspec.json.encode(chosen))
        return chosen

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One command at a time; it ends with the process, however that ends."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._sweep()
            yield

    # -- the sets -----------------------------------------------------------------------------------------------------

    def folder(self, name: str) -> Path:
        """Where a set is."""
        return ROOT if name == SHIPPED else self.root / "sets" / name

    def names(self) -> list[str]:
        """The sets that are here, newest first, and the shipped one."""
        there = sorted((path.name for path in (self.root / "sets").glob("[!.]*") if path.is_dir()), reverse=True)
        return [*there, SHIPPED]

    def load(self, name: str, profile: str) -> Knowledge:
        """A set in a profile. Raises ``KnowledgeFaults`` when it is gone or not what was examined.

        What other code examined is examined again: it may ask for what the set does not have.
        """
        if name == SHIPPED:
            return read_knowledge(ROOT, profile=profile)
        folder = self.folder(name)
        seal, told = read_seal(folder), installed(folder)
        if seal is None or told is None:
            raise KnowledgeFaults([f"{name}: is not there, or lost its seal; {_CHOOSE}"])
        if told.code != fingerprint():
            from hooks.knowledge.examine import read_whole

            found = read_whole(folder)[0][profile]
        else:
            found = read_knowledge(folder, profile=profile)
        if found.altered:
            changed = [f"{name}: {file}: differs from what was examined; {_CHOOSE}" for file in found.altered]
            raise KnowledgeFaults(changed)
        return found

    def copy(self, source: Path) -> Path:
        """The data files of a folder, copied here: from now on only the copy counts. It has no name yet."""
        half = self.root / "sets" / f"{_HALF}{uuid.uuid4().hex}"
        for name, content in contents(source).items():
            if Path(name).suffix in DATA:
                (half / name).parent.mkdir(parents=True, exist_ok=True)
                (half / name).write_bytes(content)
        return half

    def keep(self, half: Path, source: Path, version: str) -> str:
        """Give an examined, sealed copy its name, by its content. One of that name is replaced: it may be damaged."""
        name = version.rpartition(".")[0]  # without the profile
        told = Installed(str(source), now(), fingerprint())
        (half / TOLD).write_bytes(msgspec.json.encode(told))
        _settle(half)
        place = self.folder(name)
        if place.exists():
            place.rename(half.with_name(f"{_HALF}{uuid.uuid4().hex}"))
        half.rename(place)
        sync(place.parent)
        self._sweep()
        return name

    def _sweep(self) -> None:
        """Remove what a killed command left half-written."""
        for path in (self.root / "sets").glob(f"{_HALF}*"):
            shutil.rmtree(path, ignore_errors=True)


def choice_of(words: bytes) -> Choice:
    """What the words of ``Home.wanted`` say. Raises ``KnowledgeFaults``."""
    try:
        return msgspec.json.decode(words, type=Choice) if words else Choice()
    except msgspec.DecodeError:
        raise KnowledgeFaults([f"chosen.json: cannot be read; {_CHOOSE}"]) from None


def installed(folder: Path) -> Installed | None:
    """What is told of a set; None when it cannot be read."""
    try:
        return msgspec.json.decode((folder / TOLD).read_bytes(), type=Installed)
    except (OSError, msgspec.DecodeError):
        return None


def fingerprint() -> str:
    """What names this code and the knowledge it ships: a set that it examined fits it, and maybe no other."""
    digest = hashlib.sha256(version("gabaguard").encode())
    for path in sorted(Path(cds.__path__[0]).rglob("*.py")):
        digest.update(path.read_bytes())
    for name, content in contents(ROOT).items():
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:16]


def now() -> str:
    """The time, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _settle(folder: Path) -> None:
    """Bring all files of a folder to the disk."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)
