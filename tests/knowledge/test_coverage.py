"""The list of what was set out to be checked stays true: nothing invented, nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds.knowledge.load import load_knowledge
from hooks.coverage import claims, count_cases, rows
from hooks.terminal_coverage import sums

ROWS = rows(load_knowledge())
CLAIMS = claims(load_knowledge())


def test_the_evidence_table_has_114_rows_each_once() -> None:
    """A row that disappears from the list would be forgotten."""
    ids = [row.check for row in ROWS]
    assert len(ids) == len(set(ids)) == 114


def test_every_check_is_a_row_in_its_own_group() -> None:
    """A check outside the table would be one nobody asked for."""
    groups = {row.check: row.group for row in ROWS}
    assert {id: check.group for id, check in load_knowledge().checks.items()}.items() <= groups.items()


def test_every_claim_names_rows_of_the_table() -> None:
    """A misspelt check id would make a claim look answered or lost."""
    ids = {row.check for row in ROWS}
    assert all(set(claim.checks) <= ids and claim.checks for claim in CLAIMS)
    assert {claim.text for claim in CLAIMS} == {1, 2, 3, 4, 5}


def test_every_working_row_has_cases_that_fire_and_cases_that_stay_quiet() -> None:
    """A check without a quiet case is not known to be able to keep quiet."""
    thin = [row.check for row in ROWS if row.works and not ((row.cases or 0) > (row.quiet or 0) > 0)]
    assert not thin


def test_cases_are_counted_by_what_they_are_about(tmp_path: Path) -> None:
    """Two cases in a check's own file, one of them quiet for it and loud for another."""
    (tmp_path / "one-check.toml").write_text(
        '[[case]]\nexpect = [ { check = "one-check", indicator = "info" } ]\n'
        '[[case]]\nexpect = [ { check = "other-check", indicator = "warning" } ]\n',
        encoding="utf-8",
    )
    assert count_cases(tmp_path) == {"one-check": (2, 1), "other-check": (1, 0)}


@pytest.mark.parametrize("group", ["A depressants", "B renal", "C taper", "D dose", "E patient"])
def test_what_is_still_to_come_is_named(group: str) -> None:
    """The sums hide nothing: each missing row stands in its group's line."""
    line = next(line for line in sums(ROWS, CLAIMS) if line.startswith(group))
    assert all(row.check in line for row in ROWS if row.group == group and not row.works)
