"""Two looks at the files: whose orders are about our drugs, then all lines of those patients, into spools on disk.

Each look goes through the parts of the files one by one, in this process or another. What a part came to is written
whole or not at all, so that a look that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from contextlib import ExitStack, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO

import msgspec

from hooks.population.known import ORDERS
from hooks.population.lines import (
    LONGEST,
    LONGEST_ID,
    TYPES,
    UNPACKING,
    Line,
    Part,
    Passed,
    Ref,
    Rejected,
    blocks,
    broken_off,
    read_line,
    target,
)
from hooks.population.ours import ORDER_BYTES, Ours, as_orders
from hooks.population.which import Which, knowledge_of
from hooks.whole import write_whole

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
def _ours(which: Which) -> Ours:
    return Ours(knowledge_of(which))


# -- the first look ----------------------------------------------------------------------------------------------------


def look(part: Part, number: int, folder: Path, which: Which) -> Path:
    """Find the orders and Medications of ours in a part; the answer is the file that says what was found.

    ``which``: the knowledge whose words and codes tell what is ours.
    """
    done = folder / f"look-{number:06d}"
    if done.exists():
        return done
    ours, found = _ours(which), Looked(set(), set())
    with _spool(done.with_suffix(".tsv")) as out:
        with suppress(*UNPACKING):  # the second look says so
            for block in blocks(part):
                if b"Medication" in block:
                    _look_at(block, ours, found, out)
        _on_disk(out)
    write_whole(done, msgspec.msgpack.encode(found))
    return done


def _look_at(block: bytes, ours: Ours, found: Looked, out: IO[str]) -> None:
    if any(word in block for word in ORDER_BYTES):
        _orders(block, ours, found, out)
    if b'"Medication"' in block:
        lines = (read_line(raw, "", 0) for raw in block.split(b"\n") if b'"Medication"' in raw)
        products = (line for line in lines if isinstance(line, Line) and line.kind == "Medication")
        found.products.update(line.id for line in products if ours.product(line.raw))


def _orders(block: bytes, ours: Ours, found: Looked, out: IO[str]) -> None:
    """The orders of some lines. Nearly all are told by their heads, which are decoded together."""
    try:
        heads = as_orders.decode_lines(block)
    except (msgspec.DecodeError, RecursionError):
        raws = (raw for raw in block.split(b"\n") if any(word in raw for word in ORDER_BYTES))
        for line in (read_line(raw, "", 0) for raw in raws):
            if isinstance(line, Line) and line.kind in ORDERS:
                _note(line.patient, line.medication, found, out, ours=ours.line(line.raw))
        return
    for head in heads:
        if head.resourceType in ORDERS:
            if ours.order(head):
                found.patients.add(head.whose)
            elif head.medicationReference is not None or head.medication is not None:
                _note(head.whose, head.product, found, out, ours=False)


def _note(patient: str, medication: str, found: Looked, out: IO[str], *, ours: bool) -> None:
    if ours:
        found.patients.add(patient)
    elif medication:
        out.write(f"{_name(patient)}\t{_name(medication)}\n")


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
    with ExitStack() as stack:
        out, ids, bad = (stack.enter_context(_spool(done.with_suffix(end))) for end in (".tsv", ".ids", ".bad"))
        scanner = _Scanner(part.path.name, None if people is None else _people(people), out, ids, bad)
        try:
            for block in blocks(part):
                scanner.block(block)
        except UNPACKING as error:
            scanner.reject(broken_off(part.path.name, scanner.lines + 1, error))
        for file in (out, ids, bad):
            _on_disk(file)
    write_whole(done, msgspec.msgpack.encode(scanner.scanned()))
    return done


@lru_cache(maxsize=1)
def _people(path: Path) -> frozenset[str]:
    return msgspec.msgpack.decode(path.read_bytes(), type=frozenset[str])


class _Head(msgspec.Struct, gc=False):
    resourceType: str  # noqa: N815 (as in FHIR)
    id: str = ""
    subject: Ref | None = None
    patient: Ref | None = None


_ESCAPED = re.compile(rb"\\u00[4-7]")  # a letter that needs none: perhaps to hide a resourceType
_as_heads = msgspec.json.Decoder(_Head)


class _Scanner:
    """Goes through the lines of one part. ``wanted``: whose lines are spooled; None: everybody's."""

    def __init__(self, file: str, wanted: frozenset[str] | None, out: IO[str], ids: IO[str], bad: IO[str]) -> None:
        self.lines = 0
        self._file, self._wanted = file, wanted
        self._out, self._ids, self._bad = out, ids, bad
        self._counted: Counter[str] = Counter(bytes=0, rejected=0)
        self._types: Counter[str] = Counter()
        self._passed: Counter[str] = Counter()
        self._owners: dict[str, bool] = {}  # references met: whether their lines are to be looked at
        self._named: set[str] = set()  # patients met

    def scanned(self) -> Scanned:
        """What it came to."""
        types = {kind: number for kind, number in self._types.items() if number}
        return Scanned(self.lines, self._counted, types, self._passed)

    def reject(self, rejected: Rejected) -> None:
        """Note a line that cannot be used."""
        self._counted["rejected"] += 1
        self._bad.write(msgspec.json.encode(rejected).decode() + "\n")

    def block(self, block: bytes) -> None:
        """Some whole lines. Those of patients who are not wanted are told by their heads, decoded together."""
        first, number = self.lines + 1, block.count(b"\n") + 1
        self.lines += number
        self._counted["bytes"] += len(block) + 1
        heads = self._heads(block, number)
        if not heads:
            for at, raw in enumerate(block.split(b"\n"), first):
                self._line(raw, at)
            return
        others = self._others(heads)
        if others:
            raws = block.split(b"\n")
            for at in others:
                self._types[heads[at].resourceType] -= 1  # it counts itself
                self._line(raws[at], first + at)

    def _heads(self, block: bytes, number: int) -> list[_Head]:
        """The heads of so many lines; none of any when one is broken, odd or empty."""
        if len(block) > LONGEST or (b"\\" in block and _ESCAPED.search(block)):
            return []
        try:
            if not block.isascii():
                block.decode()
            heads = _as_heads.decode_lines(block)
        except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
            return []
        if len(heads) != number:
            return []
        kinds = Counter([head.resourceType for head in heads])
        for kind, times in kinds.items():
            (self._types if kind in TYPES else self._passed)[kind] += times
        return heads

    def _others(self, heads: list[_Head]) -> list[int]:
        """The places of lines that are to be looked at one by one."""
        known, others = self._owners, []
        for at, head in enumerate(heads):
            owner = head.subject or head.patient
            if owner is not None and 0 < len(head.id) <= LONGEST_ID:
                reference = owner.reference
                if not (known[reference] if reference in known else self._meet(reference)):
                    continue
            if head.resourceType in TYPES:
                others.append(at)
        return others

    def _meet(self, reference: str) -> bool:
        """Whether the lines of whom a reference leads to are to be looked at; if it leads to no patient, they are."""
        name = _name(target(reference, "Patient"))
        if len(self._owners) >= _MOST_NAMES:
            self._owners.clear()
        found = self._owners[reference] = not name or self._is_wanted(name)
        return found

    def _is_wanted(self, name: str) -> bool:
        if name not in self._named:
            if len(self._named) >= _MOST_NAMES:
                self._named.clear()
            self._named.add(name)
            self._ids.write(f"{name}\n")
        return self._wanted is None or name in self._wanted

    def _line(self, raw: bytes, number: int) -> None:
        found = read_line(raw, self._file, number)
        if isinstance(found, Line):
            self._types[found.kind] += 1
            name = _name(found.patient)
            if not name or self._is_wanted(name):  # a Medication is nobody's
                about = map(_name, (found.kind, found.id, found.medication, found.updated))
                self._out.write("\t".join((name, *about, found.text)) + "\n")
        elif isinstance(found, Passed):
            self._passed[found.kind] += 1
        elif found is not None:
            self.reject(found)


# -- files -------------------------------------------------------------------------------------------------------------


def _name(text: str) -> str:
    """An id as it stands in a spool: without what divides columns and lines."""
    return text if text.isalnum() else " ".join(text.split())


def _spool(path: Path) -> IO[str]:
    return path.open("w", encoding="utf-8", newline="\n")


def _on_disk(file: IO[str]) -> None:
    """What was written is there even if the power fails now."""
    file.flush()
    if file.tell():
        os.fsync(file.fileno())
