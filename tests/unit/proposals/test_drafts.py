"""A draft with another dose: what is handed out changes with it, and an unknown dose is nothing to change."""

from __future__ import annotations

import pytest

from cds.chart import Amount, DosageFact
from cds.findings import DoseToWrite
from cds.proposals.drafts import Draft, removable
from tests.unit.reconcile.facts import BACLOFEN, build, days, draft, one_order, taking


def test_less_is_handed_out_in_whole_tablets() -> None:
    fact = draft(BACLOFEN, dosages=(taking(1, 3),), quantity=Amount(100, "tablet"))
    less = Draft(one_order(fact), fact, recorded=False).with_dose(DoseToWrite("baclofen", 5, 2))
    assert less.quantity == Amount(34, "tablet")


MG = Amount(10, "mg", "mg")
AS_NEEDED = DosageFact(dose=MG, as_needed=True, max_per_period=((Amount(30, "mg", "mg"), days(1)),))


@pytest.mark.parametrize(
    "told",
    [(), (DosageFact(text="30 mg per day"),), (AS_NEEDED,)],
    ids=["no directions", "not how much at a time", "not how often"],
)
def test_an_unknown_dose_cannot_be_asked_for(told: tuple[DosageFact, ...]) -> None:
    fact = draft(BACLOFEN, dosages=told)
    with pytest.raises(ValueError, match="not known"):
        _ = Draft(one_order(fact), fact, recorded=False).ordered


@pytest.mark.parametrize(
    ("status", "recorded", "may_go"), [("draft", False, True), ("active", False, False), ("draft", True, False)]
)
def test_only_what_is_being_written_and_is_not_on_record_can_be_taken_away(
    status: str, recorded: bool, may_go: bool
) -> None:
    fact = draft(BACLOFEN, status=status, dosages=(taking(1, 3),))
    case = build(fact)
    (order,) = case.orders
    assert removable(case, Draft(order, fact, recorded=recorded)) is may_go
