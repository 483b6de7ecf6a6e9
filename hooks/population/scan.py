"""Two looks at the files: whose orders are about our drugs, then all lines of those patients, into spools on disk.

Each look goes through the parts of the files one by one, in this process or another. What a part came to is written
whole or not at all, so that a look that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import IO

import msgspec

from cds.knowledge.load import load_knowledge
from hooks.population.known import ORDERS
from hooks.population.lines import UNPACKING, Line, Part, Passed, Rejected, blocks, broken_off, read_line
from hooks.population.ours import ORDER_BYTES, Ours

_MOST_NAMES = 50_000  # patients of a part that are held in memory before they are written


class Looked(msgspec.Struct):
    """What the first look at a part found: patients with an order of ours, Medications of ours.

    Orders that only refer to a Medication wait in a spool, one "patient, Medication" a line.
    """

    patients: set[str]
    products: set[str]


class Scanned(msgspec.Struct):
    """What the second look at a part came to. ``counted``: bytes, rejected."""

    lines: int
    counted: dict[str, int]
    types: dict[str, int]
    passed: dict[str, int]


@lru_cache(maxsize=1)
def _ours(profile: str) -> Ours:
    return Ours(load_knowledge(profile))


# -- the first look ----------------------------------------------------------------------------------------------------


def look(part: Part, number: int, folder: Path, profile: str) -> Path:
    """Find the orders and Medications of ours in a part; the answer is the file that says what was found."""
    done = folder / f"look-{number:06d}"
    if done.exists():
        return done
    found = Looked(set(), set())
    with _spool(done.with_suffix(".tsv")) as out:
        for raw in _medication_lines(part):
            _look_at(raw, _ours(profile), found, out)
    write_whole(done, msgspec.msgpack.encode(found))
    return done


def _medication_lines(part: Part) -> Iterator[bytes]:
    """Every line that may be an order or a Medication; most blocks of most files hold none, and are not taken apart."""
    words = (*ORDER_BYTES, b'"Medication"')
    try:
        for block in blocks(part):
            if any(word in block for word in words):
                yield from (raw for raw in block.split(b"\n") if any(word in raw for word in words))
    except UNPACKING:
        return  # the second look says so


def _look_at(raw: bytes, ours: Ours, found: Looked, out: IO[str]) -> None:
    line = read_line(raw, "", 0)
    if not isinstance(line, Line):
        return
    if line.kind == "Medication" and ours.product(line.raw):
        found.products.add(line.id)
    elif line.kind in ORDERS and line.patient not in found.patients:
        if ours.order(line.raw):
            found.patients.add(line.patient)
        elif line.medication:
            out.write(f"{_name(line.patient)}\t{_name(line.medication)}\n")


def people_of(looks: list[Path]) -> frozenset[str]:
    """The patients that have, or had, an order of ours."""
    patients: set[str] = set()
    products: set[str] = set()
    for path in looks:
        found = msgspec.msgpack.decode(path.read_bytes(), type=Looked)
        patients |= found.patients
        products |= {_name(one) for one in found.products}
    for path in looks if products else ():
        with path.with_suffix(".tsv").open(encoding="utf-8") as file:
            for line in file:
                patient, _, product = line.rstrip("\n").partition("\t")
                if product in products:
                    patients.add(patient)
    return frozenset(_name(one) for one in patients)


# -- the second look ---------------------------------------------------------------------------------------------------


def scan(part: Part, number: int, folder: Path, people: Path | None) -> Path:
    """Spool the lines of the patients named in a file, or of all; the answer is the file that says what was met.

    Beside it stand ``.tsv``, the lines; ``.ids``, the patients of all lines; ``.bad``, what could not be used, with
    line numbers as they are in the part.
    """
    done = folder / f"scan-{number:06d}"
    if done.exists():
        return done
    wanted = None if people is None else _people(people)
    met = Scanned(0, {}, {}, {})
    spools = (_spool(done.with_suffix(ending)) for ending in (".tsv", ".ids", ".bad"))
    with ExitStack() as stack:
        out, ids, bad = (stack.enter_context(file) for file in spools)
        seen: set[str] = set()
        for line in _read(part, met):
            if isinstance(line, Rejected):
                bad.write(msgspec.json.encode(line).decode() + "\n")
                continue
            name = _name(line.patient)
            if name not in seen:
                if len(seen) >= _MOST_NAMES:
                    _write_names(ids, seen)
                seen.add(name)
            if wanted is None or name in wanted or not name:
                out.write(
                    "\t".join((name, line.kind, *map(_name, (line.id, line.medication, line.updated)), line.text))
                )
                out.write("\n")
        _write_names(ids, seen)
    write_whole(done, msgspec.msgpack.encode(met))
    return done


@lru_cache(maxsize=1)
def _people(path: Path) -> frozenset[str]:
    return msgspec.msgpack.decode(path.read_bytes(), type=frozenset[str])


def _read(part: Part, met: Scanned) -> Iterator[Line | Rejected]:
    """Every line of a part that can be used, or should have been; lines are counted."""
    types: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    met.types, met.passed = types, passed
    met.counted = counted = Counter({"bytes": 0, "rejected": 0})
    try:
        for block in blocks(part):
            counted["bytes"] += len(block) + 1
            for raw in block.split(b"\n"):
                met.lines += 1
                found = read_line(raw, part.path.name, met.lines)
                if isinstance(found, Line):
                    types[found.kind] += 1
                    yield found
                elif isinstance(found, Passed):
                    passed[found.kind] += 1
                elif found is not None:
                    counted["rejected"] += 1
                    yield found
    except UNPACKING as error:
        counted["rejected"] += 1
        yield broken_off(part.path.name, met.lines + 1, error)


def _write_names(file: IO[str], names: set[str]) -> None:
    file.writelines(f"{name}\n" for name in names if name)
    names.clear()


# -- files -------------------------------------------------------------------------------------------------------------


def _name(text: str) -> str:
    """An id as it stands in a spool: without what divides columns and lines."""
    return text if text.isalnum() else " ".join(text.split())


def _spool(path: Path) -> IO[str]:
    return path.open("w", encoding="utf-8", newline="\n")


def write_whole(path: Path, content: bytes) -> None:
    """A file that is there whole or not at all, whenever the power fails."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
