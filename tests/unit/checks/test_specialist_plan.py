"""Which notes say that a specialist agreed: only whole phrases, and never beside a word of doubt."""

from __future__ import annotations

import pytest

from cds.checks.kidney_facts import says_agreed


@pytest.mark.parametrize(
    "note",
    [
        "Agreed with nephrology.",
        "dose per nephrologist, 5 mg after dialysis",
        "SPECIALIST PLAN: 5 mg once daily",
        "Discussed with nephrologist today; review in 3 days",
    ],
)
def test_an_agreed_plan_is_one(note: str) -> None:
    assert says_agreed(note)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "nephrology",
        "refer to nephrology for a specialist plan",
        "not agreed with nephrology",
        "nephrology plan pending",
        "no specialist plan",
        "agreed with nephrologyward",  # not the word
        "x" * 600 + " agreed with nephrology",  # beyond what is read
    ],
)
def test_what_is_no_agreed_plan_lowers_nothing(note: str) -> None:
    assert not says_agreed(note)
