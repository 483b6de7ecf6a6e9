"""Every number of the knowledge, moved by one unit of its last digit: at least one case must notice.

A number nobody guards could be changed by a slip of the pen without any test failing. Numbers of checks and facts are
changed in the loaded knowledge and must be noticed by a clinical case. Those of ``knowledge/arithmetic`` (limits,
factors, equivalents) are changed in a process of its own, and a unit test of the arithmetic may notice instead.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from cds.arithmetic import rules
from cds.knowledge.load import load_knowledge
from cds.knowledge.model import Knowledge, Number
from cds.knowledge.profiles import DEFAULT, profile_ids
from tests.support import run
from tests.support.cases import Case, all_cases
from tests.support.slip import VARIABLE

RELEASE = "R4"
PUBLISHED = "tests/knowledge/test_published_tables.py"
ROOT = Path(__file__).resolve().parents[2]
UNIT_TESTS = {  # which tests of the arithmetic may notice a slip in which table
    "kidney": "tests/unit/kidney",
    "opioids": "tests/unit/equivalents",
    "benzodiazepines": "tests/unit/equivalents",
    "directions": "tests/unit/arithmetic",
    "exposure": "tests/unit/reconcile",
    "tablets": "tests/unit/tapers",
    "taper": "tests/unit/tapers",
}
Key = str | int


class Slip(msgspec.Struct, frozen=True):
    """One number, moved. ``where``: "check", "fact" or "arithmetic"; ``owner``: id or file; ``by``: the step.

    ``where`` "limit" and "start": the doses of a benzodiazepine in a profile. ``profile``: whose number it is.
    """

    where: str
    owner: str
    path: tuple[Key, ...]
    value: float
    by: float
    profile: str = DEFAULT

    @property
    def words(self) -> str:
        """ "check baclofen-max-dose: maximum 80 -> 81"."""
        moved = Decimal(repr(self.value)) + Decimal(repr(self.by))
        whose = "" if self.profile == DEFAULT else f"{self.profile}: "
        return f"{whose}{self.where} {self.owner}: {'.'.join(map(str, self.path))} {self.value:g} -> {float(moved):g}"


def step(value: float) -> float:
    """One unit of the last digit: 80 -> 1, 0.3 -> 0.1, 88.42 -> 0.01."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return float(Decimal(1).scaleb(min(0, int(exponent))))


def all_slips() -> list[Slip]:
    """Every number up and down."""
    return [
        Slip(where, owner, path, value, sign * step(value))
        for where, owner, path, value in _numbers()
        for sign in (1, -1)
    ] + [
        Slip(where, owner, path, value, sign * step(value), profile)
        for profile in profile_ids()
        if profile != DEFAULT
        for where, owner, path, value in _own_numbers(profile)
        for sign in (1, -1)
    ]


def _numbers() -> Iterator[tuple[str, str, tuple[Key, ...], float]]:
    knowledge = load_knowledge()
    for id, check in sorted(knowledge.checks.items()):
        yield from (("check", id, (name,), number.value) for name, number in sorted(check.numbers.items()))
    for id, fact in sorted(knowledge.facts.items()):
        yield from (("fact", id, (name,), number.value) for name, number in sorted(fact.numbers.items()))
    for file in sorted(rules.ROOT.glob("*.toml")):
        found = _leaves(tomllib.loads(file.read_text("utf-8")))
        yield from (("arithmetic", file.stem, path, value) for path, value in found)


def _own_numbers(profile: str) -> Iterator[tuple[str, str, tuple[Key, ...], float]]:
    """The numbers that a profile has otherwise than the knowledge it is laid over."""
    base, own = load_knowledge(), load_knowledge(profile)
    for id, check in sorted(own.checks.items()):
        for name, number in sorted(check.numbers.items()):
            if number.value != base.checks[id].numbers[name].value:
                yield "check", id, (name,), number.value
    for id, fact in sorted(own.facts.items()):
        for name, number in sorted(fact.numbers.items()):
            if number.value != base.facts[id].numbers[name].value:
                yield "fact", id, (name,), number.value
    for where, mine, theirs in (("limit", own.limits, base.limits), ("start", own.starts, base.starts)):
        for id, row in sorted(mine.items()):
            for field in ("mg", "top", "older"):
                value = getattr(row, field, None)
                if value is not None and value != getattr(theirs[id], field):
                    yield where, id, (field,), value


def _leaves(node: Any, path: tuple[Key, ...] = ()) -> Iterator[tuple[tuple[Key, ...], float]]:
    """Every number in a table, with the keys that lead to it."""
    if isinstance(node, bool):
        return
    if isinstance(node, int | float):
        yield path, float(node)
    elif isinstance(node, dict | list):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _leaves(child, (*path, key))


def noticed_by(slip: Slip) -> str:
    """The id of a case (or the name of the unit tests) that fails with the slip, or ""."""
    if slip.where == "arithmetic":
        return _in_its_own_process(slip)
    knowledge = _moved(slip)
    for case in _ordered(slip):
        if _differs(case, knowledge):
            return case.id
    return ""


def _differs(case: Case, knowledge: Knowledge) -> bool:
    try:
        report = run.report_on(case, RELEASE, knowledge=knowledge)
    except Exception:  # a slip that breaks the code outright is noticed
        return True
    return bool(run.mismatches(case, report, RELEASE, knowledge))


def _moved(slip: Slip) -> Knowledge:
    knowledge = load_knowledge(slip.profile)
    if slip.where in ("limit", "start"):
        return _moved_dose(knowledge, slip)
    if slip.where == "check":
        check = knowledge.checks[slip.owner]
        changed = msgspec.structs.replace(check, numbers=_with(check.numbers, slip))
        return msgspec.structs.replace(knowledge, checks={**knowledge.checks, slip.owner: changed})
    fact = knowledge.facts[slip.owner]
    moved = msgspec.structs.replace(fact, numbers=_with(fact.numbers, slip))
    return msgspec.structs.replace(knowledge, facts={**knowledge.facts, slip.owner: moved})


def _moved_dose(knowledge: Knowledge, slip: Slip) -> Knowledge:
    rows: Mapping[str, Any] = knowledge.limits if slip.where == "limit" else knowledge.starts
    row = msgspec.structs.replace(rows[slip.owner], **{str(slip.path[0]): slip.value + slip.by})
    return msgspec.structs.replace(knowledge, **{f"{slip.where}s": {**rows, slip.owner: row}})


def _with(numbers: Mapping[str, Number], slip: Slip) -> dict[str, Number]:
    name = str(slip.path[0])
    number = numbers[name]
    return {**numbers, name: msgspec.structs.replace(number, value=number.value + slip.by)}


def _in_its_own_process(slip: Slip) -> str:
    environment = os.environ | {VARIABLE: json.dumps([slip.owner, slip.path, slip.by]), "PYTHONPATH": str(ROOT)}
    ids = json.dumps([case.id for case in _ordered(slip)])
    cases = _python(["-m", "tests.support.slip"], environment, ids)
    if cases.returncode:
        return "(does not start)"
    if cases.stdout.strip():
        return cases.stdout.strip()
    tests = ["-m", "pytest", "-p", "tests.support.slip", "-x", "-q", "-p", "no:cacheprovider", PUBLISHED]
    tests += [UNIT_TESTS[slip.owner]] if slip.owner in UNIT_TESTS else []
    return "(unit tests)" if _python(tests, environment).returncode == 1 else ""


def _python(arguments: list[str], environment: Mapping[str, str], told: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=dict(environment),
        input=told,
        text=True,
        capture_output=True,
        check=False,
    )


def _ordered(slip: Slip) -> list[Case]:
    """The cases of the profile, those that expect the check first."""
    cases = [case for case in _sound() if case.profile == slip.profile]
    return sorted(cases, key=lambda case: not any(e.check == slip.owner for e in case.expect))


@lru_cache(maxsize=1)
def _sound() -> tuple[Case, ...]:
    """The cases that pass as things are: one that fails anyway notices nothing."""
    cases = [case for case in all_cases() if RELEASE in case.releases]
    return tuple(case for case in cases if not run.mismatches(case, run.report_on(case, RELEASE), RELEASE))
