"""Kills a replay (SIGKILL, at any moment) and resumes it until it ends; rows are held against an undisturbed one's."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec

from hooks.population.job import WORK
from hooks.population.rows import TABLES


class Figures(msgspec.Struct):
    """``kills`` by what was going on; ``lost`` and ``doubled``: rows; ``left``: folders that were not tidied up."""

    kills: int = 0
    workers: int = 0
    while_doing: dict[str, int] = {}
    rows: int = 0
    lost: int = 0
    doubled: int = 0
    left: int = 0

    def add(self, other: Figures) -> None:
        """The figures of another round."""
        for name in ("kills", "workers", "rows", "lost", "doubled", "left"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.while_doing = dict(Counter(self.while_doing) + Counter(other.while_doing))


def command(source: Path, out: Path, key: Path, *more: str) -> list[str]:
    """A replay in two processes."""
    words = ("replay", source, "--out", out, "--key-file", key, "--processes", 2, *more)
    return [sys.executable, "-m", "hooks.cli", *map(str, words)]


def timed(source: Path, key: Path, out: Path) -> float:
    """How many seconds an undisturbed replay takes here and now."""
    began = time.monotonic()
    subprocess.run(command(source, out, key), check=True, capture_output=True)
    return time.monotonic() - began


def kill_and_resume(
    source: Path, key: Path, whole: Path, out: Path, chance: random.Random, kills: int, lasts: float
) -> Figures:
    """Kill so many times, then let it end. ``whole``: the results of the same replay, undisturbed.

    The moment is drawn from all that the replay does in ``lasts`` seconds, its start included; every third time a
    worker is killed instead.
    """
    found = Figures()
    while found.kills < kills and not (out / "summary.json").exists():
        with subprocess.Popen(
            command(source, out, key, "--resume"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                process.wait(chance.uniform(0.2, lasts * 0.9))
                continue  # it ended first
            except subprocess.TimeoutExpired:
                pass
            workers = _children(process.pid)
            if workers and chance.random() < 1 / 3:
                os.kill(chance.choice(workers), signal.SIGKILL)
                found.workers += 1
                process.wait(60)
            else:
                process.kill()
            found.kills += 1
            doing = _doing(out)
            found.while_doing[doing] = found.while_doing.get(doing, 0) + 1
    subprocess.run(command(source, out, key, "--resume"), check=True, capture_output=True)
    for name in TABLES:
        wanted, got = (Counter((folder / f"{name}.csv").read_bytes().splitlines()) for folder in (whole, out))
        found.rows += sum(wanted.values())
        found.lost += sum((wanted - got).values())
        found.doubled += sum((got - wanted).values())
    found.left = int((out / WORK).exists())
    return found


def _children(pid: int) -> list[int]:
    """The worker processes (Linux); others have ended, or are not ours."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(one) for one in listed if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]
    except OSError:
        return []


def _doing(out: Path) -> str:
    work = out / WORK
    if (out / "summary.json").exists() or (work / "results").exists():
        return "writing results"
    if (work / "calls.csv").exists():
        return "judging"
    if (work / "people").exists():
        return "reading"
    return "looking for orders" if (work / "job.json").exists() else "starting"
