"""The working folder of a replay, ``.work`` in the folder of its results: what is done already, whatever happens.

It holds lines of patients and the key of their hashes, so only its owner can enter it, and it goes when all is done.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import msgspec

from hooks.population.gather import CannotReplayError
from hooks.population.rows import TABLES
from hooks.whole import write_whole

WORK = ".work"


class Judged(msgspec.Struct):
    """How far judging is: all patients up to ``after``; what the tables hold of them, in bytes."""

    after: str = ""
    patients: int = 0
    sizes: dict[str, int] = {}
    left: dict[str, int] = {}
    complete: bool = False


class Job:
    """One replay's work. ``told``: everything that its results depend on; another cannot go on with it."""

    def __init__(self, out: Path, told: Mapping[str, Any], *, resume: bool) -> None:
        self.folder = out / WORK
        started = self.folder / "job.json"
        if out.exists() and any(out.iterdir()) and not (resume and started.exists()):
            raise CannotReplayError(_full(out, started.exists(), resume=resume))
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _locked(self.folder)
        if not started.exists():
            write_whole(started, msgspec.json.encode(told))
        before = msgspec.json.decode(started.read_bytes())
        now = msgspec.json.decode(msgspec.json.encode(told))
        if differ := ", ".join(name for name in now if now[name] != before.get(name)):
            self._lock.close()
            again = "Go on with the same command, or name a new folder"
            raise CannotReplayError(f"{out} holds another replay: not the same {differ}. {again}")

    def key(self) -> bytes:
        """A key for this replay alone; drawn once, however often it is interrupted."""
        path = self.folder / "key"
        if not path.exists():
            write_whole(path, secrets.token_bytes(32))
        return path.read_bytes()

    def judged(self) -> Judged:
        """How far judging was when it was last noted."""
        path = self.folder / "judged"
        return msgspec.msgpack.decode(path.read_bytes(), type=Judged) if path.exists() else Judged()

    def close(self, *, remove: bool) -> None:
        """Let go of the folder, and remove it when nothing is to be gone on with."""
        if remove:
            (self.folder / "job.json").unlink(missing_ok=True)  # first, so that half a folder is never gone on with
            shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()


def _full(out: Path, started: bool, *, resume: bool) -> str:
    if started and not resume:
        return f"{out} holds a replay that was interrupted: go on with it by --resume, or name a new folder"
    if resume and (out / "summary.json").exists():
        return f"{out} holds a replay that has been finished"
    return f"{out} is not empty; name a new folder"


def _locked(folder: Path) -> IO[bytes]:
    """Keep other replays out until this process ends, however it ends. Where the system cannot, nobody is kept out."""
    file = (folder / "lock").open("ab")
    with suppress(ImportError):
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise CannotReplayError(f"{folder.parent} is in use by another replay") from error
    return file


REJECTED = "rejected"  # beside the tables: what was found useless only when it was judged, as NDJSON


class Written:
    """The rows so far, one file per table. What was written after the last note is taken back when it is opened."""

    def __init__(self, job: Job, names: Iterable[str] = TABLES) -> None:
        self.state = job.judged()
        self._note = job.folder / "judged"
        self._files: dict[str, IO[bytes]] = {}
        for name in (*names, REJECTED):
            path = job.folder / f"{name}.csv"
            path.touch()
            file = self._files[name] = path.open("r+b")
            file.truncate(self.state.sizes.get(name, 0))
            file.seek(0, os.SEEK_END)

    def add(self, rows: Mapping[str, bytes], left: Counter[str], after: str, patients: int) -> None:
        """The rows of some more patients, the last of whom is ``after``."""
        for name, content in rows.items():
            self._files[name].write(content)
            self.state.sizes[name] = self.state.sizes.get(name, 0) + len(content)
        self.state.left = dict(Counter(self.state.left) + left)
        self.state.after = after
        self.state.patients += patients

    def note(self, *, complete: bool = False) -> None:
        """From here on an interrupted replay goes on."""
        for file in self._files.values():
            file.flush()
            os.fsync(file.fileno())
        self.state.complete = complete
        write_whole(self._note, msgspec.msgpack.encode(self.state))

    def close(self) -> None:
        """Close the files; what was not noted is lost."""
        for file in self._files.values():
            file.close()
