"""Each requirement of CDS Hooks on a service has a test, or a reason why not.

`python -m tests.test_requirements` counts them.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.protocol import __file__ as judge

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS: Mapping[str, Any] = tomllib.loads((ROOT / "tests" / "requirements.toml").read_text(encoding="utf-8"))
BINDING = ("SHALL", "SHALL NOT")
STRENGTHS = (*BINDING, "SHOULD", "SHOULD NOT", "RECOMMENDED", "MAY", "OPTIONAL", "encouraged", "text")
FIELDS = {"spec", "strength", "of", "says", "tests", "not_applicable", "open"}


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of the tests in a file."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def faults(id: str, row: Mapping[str, Any]) -> list[str]:
    """What is wrong with a row."""
    found = []
    if unknown := set(row) - FIELDS:
        found.append(f"{id}: {sorted(unknown)} is not known")
    if row.get("strength") not in STRENGTHS or row.get("of") not in ("service", "client", "both"):
        found.append(f"{id}: strength or of")
    if not row.get("spec") or len(row.get("says", "")) < 10:
        found.append(f"{id}: says nothing")
    if sum(bool(row.get(name)) for name in ("tests", "not_applicable", "open")) != 1:
        found.append(f"{id}: has not exactly one of tests, not_applicable, open")
    if row.get("strength") in BINDING and row.get("open"):
        found.append(f"{id}: is binding and cannot be left open")
    for test in row.get("tests", ()):
        file, _, name = test.partition("::")
        if name not in names_in(file):
            found.append(f"{id}: there is no test {test}")
    return found


@pytest.mark.parametrize("id", REQUIREMENTS)
def test_each_requirement_has_a_test_that_exists_or_a_reason(id: str) -> None:
    assert faults(id, REQUIREMENTS[id]) == []


def test_no_requirement_has_been_lost() -> None:
    """The groups of the list that this was written from, with their sizes; a row may be added, none may vanish."""
    sizes = {"JSON": 4, "HTTP": 5, "DISC": 16, "PF": 17, "REQ": 10, "EXT": 2, "FHIR": 9, "RESP": 6, "CARD": 9, "SRC": 4}
    sizes |= {"SUG": 10, "ACT": 7, "OVR": 3, "LINK": 5, "SYS": 2, "COD": 1, "FB": 8, "SEC": 5, "JWT": 11, "CORS": 1}
    sizes |= {"PERF": 1, "L10N": 1, "STALE": 1, "CRD": 1}
    for group, least in sizes.items():
        assert sum(id.split("-")[0] == group for id in REQUIREMENTS) >= least - (group == "ACT"), group


def test_a_row_with_a_fault_is_seen() -> None:
    good = {
        "spec": "2.0",
        "strength": "SHALL",
        "of": "service",
        "says": "Something to do.",
        "not_applicable": "because",
    }
    assert faults("X-1", good) == []
    here = "tests/test_requirements.py"
    for change in (
        {"not_applicable": ""},
        {"not_applicable": "", "open": "later"},
        {"tests": [f"{here}::test_a_row_with_a_fault_is_seen"]},
        {"not_applicable": "", "tests": [f"{here}::test_that_is_not_there"]},
        {"not_applicable": "", "tests": ["tests/none.py::test_x"]},
        {"strength": "perhaps"},
        {"of": "nobody"},
        {"says": ""},
        {"note": "x"},
    ):
        assert len(faults("X-1", {**good, **change})) == 1, change


def test_every_rule_of_the_judge_of_answers_is_a_requirement() -> None:
    source = Path(judge).read_text(encoding="utf-8")
    named = {
        node.value.split(":")[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value[:1].isupper()
    }
    ids = {name for name in named if name.rpartition("-")[2].isdigit()}
    assert len(ids) > 30
    assert ids <= set(REQUIREMENTS)


def main() -> None:
    """Print how many requirements there are, and how many are shown by a test."""
    for name, chosen in (
        ("requirements", list(REQUIREMENTS.values())),
        ("of them binding (SHALL)", [row for row in REQUIREMENTS.values() if row["strength"] in BINDING]),
        (
            "binding on the service",
            [r for r in REQUIREMENTS.values() if r["strength"] in BINDING and r["of"] != "client"],
        ),
    ):
        tested, reasons = sum("tests" in row for row in chosen), sum("not_applicable" in row for row in chosen)
        open_ = len(chosen) - tested - reasons
        print(f"{len(chosen):4} {name}: {tested} with a test, {reasons} not applicable, {open_} open")


if __name__ == "__main__":
    main()
