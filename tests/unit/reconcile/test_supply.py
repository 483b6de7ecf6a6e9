"""Until when a medicine lasts, and what a refill takes up again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from cds.build import build_case
from cds.case import Action, PatientCase, Unknown
from cds.chart import Chart, MedicationFact
from tests.unit.reconcile.facts import BACLOFEN, TODAY, ago, build, days, draft, medicine, one_use, taking, terminology

THRICE = (taking(1, 3),)


def in_days(number: int) -> date:
    return TODAY + timedelta(days=number)


def order(written: int = 100, id: str = "m1", **more: Any) -> MedicationFact:
    return medicine(BACLOFEN, id, written=ago(written), dosages=THRICE, **more)


def handed_over(when: int, id: str = "h1", **more: Any) -> MedicationFact:
    return medicine(BACLOFEN, id, "dispense", "completed", effective_start=ago(when), **more)


def test_an_order_lasts_with_all_its_repeats() -> None:
    assert one_use(order(supply=days(30), repeats=3)).supplied_until == in_days(20)


def test_with_a_dispense_on_record_its_days_count_and_not_the_repeats() -> None:
    use = one_use(order(supply=days(30), repeats=11), handed_over(40, supply=days(30)))
    assert use.supplied_until == in_days(-10)


def test_the_last_dispense_counts() -> None:
    use = one_use(order(), handed_over(40, supply=days(30)), handed_over(10, "h2", supply=days(30)))
    assert use.supplied_until == in_days(20)


def test_an_earlier_dispense_does_not_prolong_the_last_however_many_days_it_was_for() -> None:
    use = one_use(order(), handed_over(40, supply=days(90)), handed_over(10, "h2", supply=days(7)))
    assert use.supplied_until == in_days(-3)


def test_of_what_was_handed_over_on_one_day_the_longest_counts_and_all_must_be_known() -> None:
    """Two strengths of one dose, picked up together."""
    two = (handed_over(10, supply=days(7)), handed_over(10, "h2", supply=days(30)))
    assert one_use(order(), *two).supplied_until == in_days(20)
    assert one_use(order(), two[0], handed_over(10, "h2")).supplied_until is None


def test_a_dispense_that_is_long_used_up_still_says_until_when_it_lasted() -> None:
    assert one_use(order(), handed_over(90, supply=days(30))).supplied_until == in_days(-60)


def test_an_order_after_the_last_dispense_counts_for_one_fill() -> None:
    use = one_use(order(supply=days(30)), handed_over(70, supply=days(30)), order(5, "m2", supply=days(28), repeats=2))
    assert use.supplied_until == in_days(23)


@pytest.mark.parametrize("facts", [(order(),), (order(supply=days(30)), handed_over(10))])
def test_without_any_length_nobody_can_tell(facts: tuple[MedicationFact, ...]) -> None:
    assert one_use(*facts).supplied_until is None


# -- a refill ---------------------------------------------------------------------------------------------------------


def refill(*medications: MedicationFact) -> PatientCase:
    chart = Chart(medications=list(medications))
    return build_case(chart, as_of=TODAY, phase="refill", terminology=terminology())


def test_a_refill_replaces_what_runs_even_in_another_dose() -> None:
    (found,) = refill(order(), draft(BACLOFEN, dosages=(taking(2, 3),))).orders
    assert (found.action, found.linked, found.replaces) == (Action.CHANGE, True, ("MedicationRequest/m1",))


def test_a_refill_without_dosage_goes_on_as_it_was() -> None:
    case = refill(order(), draft(BACLOFEN))
    (found,) = case.orders
    assert found.action is Action.RENEW
    assert found.doses == case.uses[0].doses


@pytest.mark.parametrize(("ended", "action"), [(29, Action.RENEW), (30, Action.RENEW), (31, Action.START)])
def test_a_refill_takes_up_what_ended_a_short_while_ago(ended: int, action: Action) -> None:
    over = order(200, effective_end=ago(ended), status="completed")
    assert [found.action for found in refill(over, draft(BACLOFEN, dosages=THRICE)).orders] == [action]


def test_what_was_stopped_is_not_taken_up_by_a_refill() -> None:
    stopped = order(200, effective_end=ago(5), status="stopped")
    assert [found.action for found in refill(stopped, draft(BACLOFEN, dosages=THRICE)).orders] == [Action.START]


def test_a_refill_of_two_running_orders_says_no_dose_when_it_has_none() -> None:
    (found,) = refill(order(), order(50, "m2", repeats=1), draft(BACLOFEN, prior=("m1", "m2"))).orders
    assert (found.action, found.replaces) == (Action.CHANGE, ("MedicationRequest/m1", "MedicationRequest/m2"))
    assert [isinstance(dose, Unknown) for dose in found.doses] == [True]


def test_of_what_is_over_the_order_is_told_of_and_not_its_last_supply() -> None:
    case = build(order(200, effective_end=ago(90), status="stopped"), handed_over(120, supply=days(30)))
    assert [use.ref for use in case.past_uses] == ["MedicationRequest/m1"]
