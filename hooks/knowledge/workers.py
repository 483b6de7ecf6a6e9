"""What each worker answers with: one small file a worker, told anew every few seconds while it lives."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

BEAT = 2.0  # seconds between signs of life
GONE = 10.0  # seconds without one: the worker is no more


class Told(msgspec.Struct, frozen=True):
    """One worker: the set it answers with since ``since`` (UTC), which choice (``at``) it has looked at, and what it
    refused.
    """

    pid: int
    port: int
    name: str
    version: str
    since: str
    at: str = ""
    refused: str = ""
    faults: tuple[str, ...] = ()


class Sign:
    """The file of this worker. That it cannot be written costs nothing but the telling."""

    def __init__(self, root: Path) -> None:
        self._path = root / "workers" / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.json"
        self._beaten = 0.0

    def tell(self, told: Told) -> None:
        """Write what is told."""
        half = self._path.with_suffix(".new")
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            half.write_bytes(msgspec.json.encode(told))
            half.replace(self._path)
            self._beaten = time.monotonic()

    def beat(self) -> None:
        """A sign of life, when it is time."""
        if time.monotonic() - self._beaten >= BEAT:
            with suppress(OSError):
                os.utime(self._path)
            self._beaten = time.monotonic()

    def end(self) -> None:
        """This worker ends."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def alive(root: Path) -> list[Told]:
    """The workers that gave a sign lately, by process id."""
    found = []
    for path in (root / "workers").glob("*.json"):
        with suppress(OSError, msgspec.DecodeError):
            if time.time() - path.stat().st_mtime < GONE:
                found.append(msgspec.json.decode(path.read_bytes(), type=Told))
            else:
                path.unlink(missing_ok=True)
    return sorted(found, key=lambda told: told.pid)


def metrics(workers: Iterable[Told]) -> bytes:
    """What ``/metrics`` says of them, of all workers whichever answers."""
    told = list(workers)
    if not told:
        return b""
    lines = [
        "# HELP gabaguard_knowledge_info The knowledge that each worker answers with.",
        "# TYPE gabaguard_knowledge_info gauge",
        *(f'gabaguard_knowledge_info{{worker="{one.pid}",version="{one.version}"}} 1' for one in told),
        "# HELP gabaguard_knowledge_refused Whether the worker refused the chosen knowledge and kept what it had.",
        "# TYPE gabaguard_knowledge_refused gauge",
        *(f'gabaguard_knowledge_refused{{worker="{one.pid}"}} {int(bool(one.refused))}' for one in told),
    ]
    return ("\n".join(lines) + "\n").encode()
