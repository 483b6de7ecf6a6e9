"""What Spark's workers do: survey lines, read lines, judge patients. Plain functions over batches of Arrow.

A worker makes the knowledge once in its process (``which`` keeps it), and first makes sure that it is the driver's:
with another version of it on one node, patients would be judged by different rules, and nobody would see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import unquote

import msgspec
import pyarrow as pa

from hooks.population.known import ORDERS
from hooks.population.lines import Line, Passed, Rejected, read_line
from hooks.population.ours import Ours
from hooks.population.run import judge_batch
from hooks.population.which import Which, knowledge_of
from hooks.population.work import Given, by_patient

TEXT = "value binary, path string, start long"
SURVEYED = "what string, patient string, medication string, updated string, body binary"
LINES = "patient string, kind string, id string, updated string, text string"
RESULTS = "body binary"
BLOCK, PATIENT, OURS, REFERS, PRODUCT = "block", "patient", "ours", "refers", "product"
_AT_ONCE = 200  # patients whose rows go back together

Batches = Iterable[pa.RecordBatch]


class Block(msgspec.Struct):
    """What the lines of one piece of one file came to. Line numbers in ``rejected`` count from its first line."""

    path: str
    start: int
    lines: int = 0
    counted: dict[str, int] = {}
    types: dict[str, int] = {}
    passed: dict[str, int] = {}
    rejected: list[Rejected] = []


@lru_cache(maxsize=2)
def ours_of(which: bytes) -> Ours:
    """Raises ``OtherKnowledgeError`` when this worker's knowledge has another version than the driver's."""
    return Ours(knowledge_of(msgspec.msgpack.decode(which, type=Which)))


# -- the survey: what is there, and who has an order of ours -----------------------------------------------------------


def survey(batches: Batches, which: bytes, with_text: bool) -> Iterator[pa.RecordBatch]:
    """Rows of ``SURVEYED``: of each piece of a file a ``Block``; patients, those with orders of ours, and Medications.

    The same row may be told several times. ``which``: ``Which`` as MessagePack.
    """
    ours = ours_of(which)
    block: Block | None = None
    for batch in batches:
        found: dict[tuple[str, str, str, str, bytes], None] = {}
        for value, path, start in zip(*_columns(batch, "value", "path", "start"), strict=True):
            if block is None or (block.path, block.start) != (path, start):
                if block is not None:
                    found[_told(block)] = None
                block = Block(path, start)
            for row in _surveyed(value, block, ours, with_text):
                found[row] = None
        yield _batch(SURVEYED, zip(*found, strict=True) if found else ())
    if block is not None:
        yield _batch(SURVEYED, zip(_told(block), strict=True))


def _surveyed(value: bytes, block: Block, ours: Ours, with_text: bool) -> Iterator[tuple[str, str, str, str, bytes]]:
    block.lines += 1
    _count(block.counted, "bytes", len(value) + 1)
    line = read_line(value, name_of(block.path), block.lines)
    if line is None:
        return
    if isinstance(line, Passed):
        _count(block.passed, line.kind)
    elif isinstance(line, Rejected):
        block.rejected.append(line if with_text else msgspec.structs.replace(line, text=""))
    else:
        _count(block.types, line.kind)
        yield from _facts(line, ours)


def _facts(line: Line, ours: Ours) -> Iterator[tuple[str, str, str, str, bytes]]:
    patient, id, medication = one_line(line.patient), one_line(line.id), one_line(line.medication)
    if patient:
        yield PATIENT, patient, "", "", b""
    if line.kind == "Medication":
        yield PRODUCT, OURS if ours.product(line.raw) else "", id, one_line(line.updated), line.text.encode()
    elif medication:
        yield REFERS, patient, medication, OURS if line.kind in ORDERS else "", b""
    if line.kind in ORDERS and ours.line(line.raw):
        yield OURS, patient, "", "", b""


def _count(counts: dict[str, int], name: str, more: int = 1) -> None:
    counts[name] = counts.get(name, 0) + more


def _told(block: Block) -> tuple[str, str, str, str, bytes]:
    return BLOCK, "", "", "", msgspec.msgpack.encode(block)


def name_of(path: str) -> str:
    """The name of a file by the address that Spark has for it."""
    return unquote(path.rsplit("/", 1)[-1])


def one_line(text: str) -> str:
    """An id without what divides columns and lines, as all engines hand it on."""
    return text if text.isalnum() else " ".join(text.split())


# -- lines and patients ------------------------------------------------------------------------------------------------


def lines(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Every usable line that is somebody's, as rows of ``LINES``."""
    for batch in batches:
        found = []
        for (value,) in zip(*_columns(batch, "value"), strict=True):
            line = read_line(value, "", 0)
            if isinstance(line, Line) and line.patient:
                told = (line.patient, line.kind, line.id, line.updated)
                found.append((*map(one_line, told), line.text))
        yield _batch(LINES, zip(*found, strict=True) if found else ())


def judge(batches: Batches, given: bytes) -> Iterator[pa.RecordBatch]:
    """Judge patients whose lines follow each other; rows of ``RESULTS``: what ``run.judge_batch`` says of some.

    ``given``: ``Given`` as MessagePack.
    """
    told = msgspec.msgpack.decode(given, type=Given)
    everyone = by_patient(_rows(batches))
    while some := list(islice(everyone, _AT_ONCE)):
        yield _batch(RESULTS, [[msgspec.msgpack.encode(judge_batch(told, some))]])


def _rows(batches: Batches) -> Iterator[tuple[str, ...]]:
    for batch in batches:
        yield from zip(*_columns(batch, "patient", "kind", "id", "updated", "text"), strict=True)


# -- Arrow -------------------------------------------------------------------------------------------------------------


def _columns(batch: pa.RecordBatch, *names: str) -> list[Any]:
    return [batch.column(name).to_pylist() for name in names]


def _batch(schema: str, columns: Iterable[Iterable[Any]]) -> pa.RecordBatch:
    typed = [tuple(column.split()) for column in schema.split(", ")]
    fields = pa.schema([(name, {"string": pa.string(), "binary": pa.binary()}[kind]) for name, kind in typed])
    arrays = [pa.array(list(column), field.type) for column, field in zip(columns, fields, strict=False)]
    if not arrays:
        return pa.RecordBatch.from_pylist([], schema=fields)
    return pa.RecordBatch.from_arrays(arrays, schema=fields)
