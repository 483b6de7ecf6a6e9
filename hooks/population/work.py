"""The one function that every engine calls: one patient's lines in, rows out. It keeps nothing between patients.

An engine brings a patient's lines together (``gather`` with DuckDB and processes here, Spark beyond one machine), tells
each worker once what is ``Given``, and calls ``rows_of`` for each patient. What comes back does not depend on the order
of the lines, on the engine, or on which worker did it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

import msgspec

from cds.arithmetic.rules import using
from cds.memo import heard
from hooks.population.judge import Judge
from hooks.population.known import moment
from hooks.population.rows import Maker, Rows
from hooks.population.which import Which, knowledge_of, knowledge_without


class Given(msgspec.Struct, frozen=True):
    """What a worker is told, once. It can travel as MessagePack (``msgspec.msgpack``).

    ``types``: the resource types that the export holds anything of; of others it is said that they were not there.
    ``which``: knowledge. ``as_of``: open every chart on that day instead of judging each order. ``key``: of the hash
    that stands for a patient; None names patients.
    """

    types: tuple[str, ...]
    which: Which = Which()
    as_of: date | None = None
    key: bytes | None = None


class Entry(msgspec.Struct, frozen=True):
    """One line of one patient: its type, its id, meta.lastUpdated ("" for none) and its JSON text."""

    kind: str
    id: str
    updated: str
    text: str


Person = tuple[str, list[Entry]]


def by_patient(rows: Iterable[Sequence[str]]) -> Iterator[Person]:
    """Patients with their lines, from rows of patient, kind, id, updated and text; each one's stand together.

    What is nobody's (patient "") is left out.
    """
    for patient, mine in groupby(rows, key=itemgetter(0)):
        if patient:
            yield patient, [Entry(*row[1:]) for row in mine]


def rows_of(given: Given, patient: str, entries: Iterable[Entry]) -> Rows:
    """Judge one patient.

    ``entries``: all lines of the patient in any order, and the Medications they refer to; of several versions of one
    resource the last updated counts. Never raises on content: what cannot be judged is counted in ``Rows.left``.
    """
    worker = _worker(given)
    return worker.rows(patient, entries)


@lru_cache(maxsize=2)
def _worker(given: Given) -> _Worker:
    return _Worker(given)


class _Worker:
    """Knowledge, read once per process."""

    def __init__(self, given: Given) -> None:
        knowledge, without = knowledge_of(given.which), knowledge_without(given.which)
        gc.freeze()  # it stays: looking through it again and again took a quarter of the time
        self._tables = knowledge.tables
        self._judge = Judge(knowledge, given.types, given.as_of, without=without)
        self._maker = Maker(given.which, given.key)

    def rows(self, patient: str, entries: Iterable[Entry]) -> Rows:
        texts = [entry.text for entry in newest(entries)]
        heard(sum(map(len, texts)))  # what the readers remember of them is bounded
        with using(self._tables):
            return self._maker.rows([self._judge.patient(patient, texts)])


def newest(entries: Iterable[Entry]) -> list[Entry]:
    """Each resource once, in its latest version, in the order of type and id.

    Of versions that do not differ in when they were updated the first in the order of their texts counts, so that the
    answer does not depend on the order of lines.
    """
    found: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        this = (entry.kind, entry.id)
        if this not in found or _supersedes(entry, found[this]):
            found[this] = entry
    return [found[this] for this in sorted(found)]


def _supersedes(one: Entry, other: Entry) -> bool:
    if one.updated != other.updated:
        mine, theirs = _instant(one.updated), _instant(other.updated)
        if mine != theirs:
            return mine > theirs
    return one.text < other.text


def _instant(updated: str) -> str:
    """When, comparable across time zones; what is no date comes before every date."""
    when = moment(updated)
    if when is None:
        return ""
    return when.day.isoformat() if when.instant is None else when.instant.isoformat()
