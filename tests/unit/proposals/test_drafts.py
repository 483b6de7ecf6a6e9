"""A draft with another dose: what is handed out changes with it, and an unknown dose is nothing to change."""

from __future__ import annotations

import pytest

from cds.chart import Amount
from cds.findings import DoseToWrite
from cds.proposals.drafts import Draft
from tests.unit.reconcile.facts import BACLOFEN, draft, one_order, taking


def test_less_is_handed_out_in_whole_tablets() -> None:
    fact = draft(BACLOFEN, dosages=(taking(1, 3),), quantity=Amount(100, "tablet"))
    less = Draft(one_order(fact), fact, recorded=False).with_dose(DoseToWrite("baclofen", 5, 2))
    assert less.quantity == Amount(34, "tablet")


def test_an_unknown_dose_cannot_be_asked_for() -> None:
    fact = draft(BACLOFEN)
    with pytest.raises(ValueError, match="not known"):
        _ = Draft(one_order(fact), fact, recorded=False).ordered
