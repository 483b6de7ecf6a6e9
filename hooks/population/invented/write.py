"""An invented population as files, in flat memory: patient by patient, each line into one of several shuffled files."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from math import gcd
from pathlib import Path
from typing import IO, cast

import msgspec
import orjson

from hooks.population.invented.chance import Chance
from hooks.population.invented.facts import Life
from hooks.population.invented.lives import live
from hooks.population.invented.noise import EFFECTS, spoil
from hooks.population.invented.record import Record
from hooks.population.invented.truth import Expected, answers

_WAITING = 2_000  # lines of a file among which the next is drawn


class Population(msgspec.Struct, frozen=True):
    """Which population, in what files. ``ours``: the part of patients with baclofen or a benzodiazepine, ever.

    ``noise``: the part of records with an oddity. ``files``: so many of each resource type.
    """

    patients: int
    seed: int = 1
    ours: float = 0.2
    noise: float = 0.25
    files: int = 1
    packed: bool = False


def people(population: Population) -> Iterator[tuple[Life, Record, list[Expected]]]:
    """Every patient, in an order that is not that of their numbers."""
    count = population.patients
    step = next(step for step in range(count * 5 // 8 + 1, 2 * count + 2) if gcd(step, count) == 1)
    for turn in range(count):
        yield one(turn * step % count, population)


def one(number: int, population: Population) -> tuple[Life, Record, list[Expected]]:
    """The patient of that number: the same whatever the other numbers."""
    life, chance = live(number, population.seed, population.ours)
    spoil(life, chance, population.noise)
    return life, Record(life, chance), answers(life)


def write(folder: Path, population: Population, progress: Callable[[int], None] = lambda done: None) -> Counter[str]:
    """Write NDJSON files, ``answers.txt`` (one ``Expected`` a line) and ``about.txt``; the answer: lines by type."""
    folder.mkdir(parents=True, exist_ok=True)
    counted: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    noise: Counter[str] = Counter()
    with ExitStack() as stack:
        files = _Files(folder, population, stack)
        told = stack.enter_context((folder / "answers.txt").open("wb"))  # no export: not to be read as one
        for done, (life, record, expected) in enumerate(people(population), 1):
            for resource in record.resources:
                counted[resource["resourceType"]] += 1
                files.add(resource["resourceType"], orjson.dumps(resource))
            for line in record.broken:
                files.add("Observation", line)
            told.writelines(orjson.dumps(msgspec.to_builtins(answer)) + b"\n" for answer in expected)
            totals.update(patients=1, moments=len(expected), rejected=len(record.broken))
            totals["patients with a moment"] += bool(expected)
            totals["stops without a day"] += sum("stop without a day" in use.shapes for use in life.uses)
            noise.update(life.noise)
            progress(done)
        files.close()
    about = {
        "what": "invented for testing; frequencies say nothing about any real population",
        "population": msgspec.to_builtins(population),
        "totals": dict(totals),
        "lines": dict(sorted(counted.items())),
        "noise": {kind: {"records": noise[kind], "effect": effect} for kind, effect in EFFECTS.items()},
    }
    (folder / "about.txt").write_bytes(orjson.dumps(about, option=orjson.OPT_INDENT_2))
    return counted


class _Files:
    """The files of each type. A line waits until chance draws it, so that lines stand in no order."""

    def __init__(self, folder: Path, population: Population, stack: ExitStack) -> None:
        self._folder = folder
        self._population = population
        self._stack = stack
        self._chance = Chance(f"gabaguard/{population.seed}/files")
        self._open: dict[str, IO[bytes]] = {}
        self._waiting: dict[str, list[bytes]] = {}

    def add(self, kind: str, line: bytes) -> None:
        name = kind
        if self._population.files > 1:
            name = f"{kind}.{self._chance.between(1, self._population.files):03d}"
        waiting = self._waiting.setdefault(name, [])
        waiting.append(line)
        if len(waiting) >= _WAITING:
            self._write(name, waiting)

    def close(self) -> None:
        """Write what still waits."""
        for name, waiting in self._waiting.items():
            while waiting:
                self._write(name, waiting)

    def _write(self, name: str, waiting: list[bytes]) -> None:
        if name not in self._open:
            self._open[name] = self._opened(name)
        at = self._chance.between(0, len(waiting) - 1)
        waiting[at], waiting[-1] = waiting[-1], waiting[at]
        self._open[name].write(waiting.pop() + b"\n")

    def _opened(self, name: str) -> IO[bytes]:
        path = self._folder / f"{name}.ndjson"
        if not self._population.packed:
            return self._stack.enter_context(path.open("wb"))
        raw = self._stack.enter_context(path.with_name(f"{path.name}.gz").open("wb"))
        packed = gzip.GzipFile("", "wb", 6, raw, mtime=0)  # neither name nor time: the same bytes again
        return cast(IO[bytes], self._stack.enter_context(packed))
