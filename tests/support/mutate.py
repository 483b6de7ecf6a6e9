"""Every number of the knowledge, moved by one unit of its last digit: at least one case must notice.

A number nobody guards could be changed by a slip of the pen without any test failing. Numbers of checks and facts are
changed in the loaded knowledge; those of ``knowledge/arithmetic`` in the tables the arithmetic reads.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache

import msgspec

from cds.arithmetic import rules
from cds.knowledge.load import load_knowledge
from cds.knowledge.model import Knowledge, Number
from tests.support import run
from tests.support.cases import Case, all_cases
from tests.support.render import render_bytes

RELEASE = "R4"


class Slip(msgspec.Struct, frozen=True):
    """One number, moved. ``where``: "check", "fact" or "arithmetic"; ``owner``: id or file; ``by``: the step."""

    where: str
    owner: str
    name: str
    value: float
    by: float

    @property
    def words(self) -> str:
        """ "check baclofen-max-dose: limit 80 -> 81"."""
        return f"{self.where} {self.owner}: {self.name} {self.value:g} -> {self.value + self.by:g}"


def step(value: float) -> float:
    """One unit of the last digit: 80 -> 1, 0.3 -> 0.1, 88.42 -> 0.01."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return float(Decimal(1).scaleb(min(0, int(exponent))))


def all_slips() -> list[Slip]:
    """Every number up and down."""
    return [
        Slip(where, owner, name, value, sign * step(value))
        for where, owner, name, value in _numbers()
        for sign in (1, -1)
    ]


def _numbers() -> Iterator[tuple[str, str, str, float]]:
    knowledge = load_knowledge()
    for id, check in sorted(knowledge.checks.items()):
        yield from (("check", id, name, number.value) for name, number in sorted(check.numbers.items()))
    for id, fact in sorted(knowledge.facts.items()):
        yield from (("fact", id, name, number.value) for name, number in sorted(fact.numbers.items()))
    for path in sorted(rules.ROOT.glob("*.toml")):
        table = tomllib.loads(path.read_text("utf-8")).get("numbers", {})
        yield from (("arithmetic", path.stem, name, float(row["value"])) for name, row in sorted(table.items()))


def noticed_by(slip: Slip) -> str:
    """The id of a case that fails with the slip, or ""."""
    if slip.where == "arithmetic":
        with _arithmetic(slip):
            return _first_failing(_ordered(slip), None, fresh=True)
    return _first_failing(_ordered(slip), _moved(slip), fresh=False)


def _moved(slip: Slip) -> Knowledge:
    knowledge = load_knowledge()
    if slip.where == "check":
        check = knowledge.checks[slip.owner]
        changed = msgspec.structs.replace(check, numbers=_with(check.numbers, slip))
        return msgspec.structs.replace(knowledge, checks={**knowledge.checks, slip.owner: changed})
    fact = knowledge.facts[slip.owner]
    moved = msgspec.structs.replace(fact, numbers=_with(fact.numbers, slip))
    return msgspec.structs.replace(knowledge, facts={**knowledge.facts, slip.owner: moved})


def _with(numbers: Mapping[str, Number], slip: Slip) -> dict[str, Number]:
    number = numbers[slip.name]
    return {**numbers, slip.name: msgspec.structs.replace(number, value=number.value + slip.by)}


@contextmanager
def _arithmetic(slip: Slip) -> Iterator[None]:
    """The table with one number moved, for as long as the context lasts."""
    path_table: Callable[[str], Mapping[str, object]] = rules.table
    table = path_table(slip.owner)
    rows = table["numbers"]
    assert isinstance(rows, dict)
    row = rows[slip.name]
    rules.numbers.cache_clear()
    row["value"] = slip.value + slip.by
    try:
        yield
    finally:
        row["value"] = slip.value
        rules.numbers.cache_clear()


@lru_cache(maxsize=64)
def _ordered(slip: Slip) -> tuple[Case, ...]:
    """The cases, those that expect the check first."""
    return tuple(sorted(_sound(), key=lambda case: not any(e.check == slip.owner for e in case.expect)))


@lru_cache(maxsize=1)
def _sound() -> tuple[Case, ...]:
    """The cases that pass as things are: one that fails anyway notices nothing."""
    cases = [case for case in all_cases() if RELEASE in case.releases]
    return tuple(case for case in cases if not run.mismatches(case, run.report_on(case, RELEASE), RELEASE))


def _first_failing(cases: tuple[Case, ...], knowledge: Knowledge | None, *, fresh: bool) -> str:
    for case in cases:
        try:
            if fresh:
                report = run.report_of(render_bytes(case, RELEASE), case.as_of)
            else:
                report = run.report_on(case, RELEASE, knowledge=knowledge)
        except Exception:  # a slip that breaks the code outright is noticed
            return case.id
        if run.mismatches(case, report, RELEASE):
            return case.id
    return ""
