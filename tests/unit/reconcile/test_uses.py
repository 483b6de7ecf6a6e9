"""What the patient takes: each treatment once, however many resources tell of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from cds.case import Concept, Known, Reason, Route, Setting, Unknown, When
from cds.chart import Amount, Coded, Coding, DosageFact, MedicationFact, Timing
from tests.unit.reconcile.facts import (
    BACLOFEN,
    LORAZEPAM,
    TODAY,
    ago,
    build,
    days,
    high,
    medicine,
    one_use,
    taking,
    words,
)

THRICE = (taking(1, 3),)


def test_an_active_order_is_a_use_with_its_dose_and_start() -> None:
    use = one_use(medicine(BACLOFEN, "m1", written=ago(100), dosages=THRICE))
    assert (use.ref, use.started, use.unchanged_since) == ("MedicationRequest/m1", Known(ago(100)), Known(ago(100)))
    assert high(use.doses[0]) == 30
    assert not use.note


def test_order_statement_dispense_and_administration_of_one_drug_are_one_use() -> None:
    use = one_use(
        medicine(BACLOFEN, "m1", written=ago(60), dosages=THRICE),
        medicine("Lioresal 10 mg tablet", "s1", "statement", effective_start=ago(200)),
        medicine(BACLOFEN, "x1", "dispense", "completed", effective_start=ago(20), supply=days(30)),
        medicine(BACLOFEN, "a1", "administration", "completed", effective_start=ago(0)),
    )
    assert use.ref == "MedicationRequest/m1"
    assert high(use.doses[0]) == 30
    assert set(use.refs) == {
        "MedicationRequest/m1",
        "MedicationStatement/s1",
        "MedicationDispense/x1",
        "MedicationAdministration/a1",
    }
    assert (use.started, use.last_supplied, use.supply_days) == (Known(ago(200)), ago(20), 30)


def test_the_dose_is_the_orders_and_another_dose_in_a_statement_is_noted() -> None:
    use = one_use(
        medicine(BACLOFEN, "m1", written=ago(60), dosages=THRICE),
        medicine(BACLOFEN, "s1", "statement", effective_start=ago(60), dosages=(taking(2, 3),)),
    )
    assert high(use.doses[0]) == 30
    assert "another dose" in use.note


def test_an_order_without_any_dosage_takes_the_dose_of_the_statement() -> None:
    use = one_use(
        medicine(BACLOFEN, "m1", written=ago(60)),
        medicine(BACLOFEN, "s1", "statement", effective_start=ago(60), dosages=THRICE),
    )
    assert high(use.doses[0]) == 30


def test_an_order_whose_dosage_cannot_be_read_keeps_its_unknown_dose() -> None:
    use = one_use(
        medicine(BACLOFEN, "m1", written=ago(60), dosages=(DosageFact(text="as directed"),)),
        medicine(BACLOFEN, "s1", "statement", effective_start=ago(60), dosages=THRICE),
    )
    assert isinstance(use.doses[0], Unknown)


def test_two_active_orders_of_one_ingredient_are_two_uses() -> None:
    case = build(
        medicine(BACLOFEN, "m1", written=ago(60), dosages=(taking(1),)),
        medicine("baclofen 20 mg oral tablet", "m2", written=ago(60), dosages=(taking(1),)),
    )
    assert sorted(high(use.doses[0]) or 0 for use in case.uses) == [10, 20]


def test_another_route_is_another_use() -> None:
    pump = medicine(
        "baclofen 2 mg/mL injection", "m2", written=ago(5), dosages=(DosageFact(route=words("intrathecal")),)
    )
    case = build(medicine(BACLOFEN, "m1", written=ago(60), dosages=THRICE), pump)
    assert {use.drug.route for use in case.uses} == {Route.ORAL, Route.INTRATHECAL}


def test_an_instance_of_an_order_is_the_same_use() -> None:
    use = one_use(
        medicine(BACLOFEN, "m1", written=ago(10), dosages=THRICE),
        medicine(
            BACLOFEN,
            "m2",
            written=ago(1),
            intent="instance-order",
            prior=("MedicationRequest/m1",),
            dosages=(taking(1),),
        ),
    )
    assert (use.ref, high(use.doses[0])) == ("MedicationRequest/m1", 30)


def test_an_order_that_names_its_predecessor_takes_its_place() -> None:
    use = one_use(
        medicine(BACLOFEN, "m1", written=ago(100), dosages=THRICE),
        medicine(BACLOFEN, "m2", written=ago(10), prior=("MedicationRequest/m1",), dosages=(taking(2, 3),)),
    )
    assert (use.ref, high(use.doses[0])) == ("MedicationRequest/m2", 60)
    assert (use.started, use.unchanged_since) == (Known(ago(100)), Known(ago(10)))


@pytest.mark.parametrize(("written", "uses"), [(53, 1), (54, 2)])
def test_an_order_written_when_the_older_supply_ends_replaces_it(written: int, uses: int) -> None:
    # the older one was for 30 days from 76 days ago: it ends 46 days ago; up to 7 days early is a refill
    case = build(
        medicine(BACLOFEN, "m1", written=ago(76), supply=days(30), dosages=THRICE),
        medicine(BACLOFEN, "m2", written=ago(written), supply=days(60), dosages=THRICE),
    )
    assert len(case.uses) == uses


# -- what is no use ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fact",
    [
        medicine(BACLOFEN, "m1", status="entered-in-error", written=ago(5)),
        medicine(BACLOFEN, "m1", status="cancelled", written=ago(5)),
        medicine(BACLOFEN, "m1", status="draft", written=ago(5)),
        medicine(BACLOFEN, "m1", written=ago(5), do_not_perform=True),
        medicine(BACLOFEN, "m1", written=ago(5), intent="proposal"),
        medicine(BACLOFEN, "m1", written=ago(5), intent="option"),
        medicine(BACLOFEN, "s1", "statement", written=ago(5), taken="n"),
        medicine(BACLOFEN, "s1", "statement", "not-taken", written=ago(5)),
        medicine(BACLOFEN, "s1", "statement", "intended", written=ago(5)),
        medicine(BACLOFEN, "x1", "dispense", "cancelled", effective_start=ago(5)),
        medicine(BACLOFEN, "x1", "dispense", "in-progress"),
        medicine(BACLOFEN, "a1", "administration", "not-done", effective_start=ago(0)),
    ],
    ids=lambda fact: f"{fact.kind}-{fact.status}-{fact.intent}-{fact.taken}-{fact.do_not_perform}",
)
def test_what_tells_of_no_treatment_is_neither_a_use_nor_a_past_use(fact: MedicationFact) -> None:
    case = build(fact)
    assert (case.uses, case.past_uses) == ((), ())


@pytest.mark.parametrize(
    "fact",
    [
        medicine(BACLOFEN, "m1", status="stopped", written=ago(50), dosages=THRICE),
        medicine(BACLOFEN, "m1", status="completed", written=ago(50), dosages=THRICE),
        medicine(BACLOFEN, "m1", written=ago(50), effective_end=ago(1), dosages=THRICE),
        medicine(BACLOFEN, "m1", written=ago(50), dosages=(taking(1, 3, bounds_end=ago(1)),)),
        medicine(BACLOFEN, "m1", written=ago(50), dosages=(taking(1, 3, bounds_duration=days(7)),)),
        medicine(BACLOFEN, "s1", "statement", "completed", effective_start=ago(50)),
        medicine(BACLOFEN, "s1", "statement", effective_start=ago(50), effective_end=ago(1)),
        medicine(BACLOFEN, "x1", "dispense", "completed", effective_start=ago(70), supply=days(30)),
        medicine(BACLOFEN, "a1", "administration", "completed", effective_start=ago(3)),
    ],
    ids=lambda fact: f"{fact.kind}-{fact.status}-{fact.effective_end is not None}",
)
def test_what_has_ended_is_a_past_use_even_if_it_is_still_called_active(fact: MedicationFact) -> None:
    case = build(fact)
    assert case.uses == ()
    assert len(case.past_uses) == 1


def test_a_treatment_that_ends_today_still_runs() -> None:
    assert one_use(medicine(BACLOFEN, "m1", written=ago(50), effective_end=ago(0), dosages=THRICE)).planned_end == ago(
        0
    )


@pytest.mark.parametrize(("length", "running"), [(8, True), (7, False)])
def test_a_course_of_days_ends_on_its_last_day(length: int, running: bool) -> None:
    case = build(medicine(BACLOFEN, "m1", written=ago(7), dosages=(taking(1, 3, bounds_duration=days(length)),)))
    assert bool(case.uses) is running


@pytest.mark.parametrize(("given", "running"), [(60, True), (61, False)])
def test_a_medicine_only_dispensed_is_in_use_while_its_supply_and_a_pause_last(given: int, running: bool) -> None:
    case = build(medicine(LORAZEPAM, "x1", "dispense", "completed", effective_start=ago(given), supply=days(30)))
    assert bool(case.uses) is running
    assert all(use.note == "dispensed only" for use in case.uses)


def test_a_dispense_of_a_stopped_order_does_not_revive_it() -> None:
    stopped = medicine(LORAZEPAM, "m1", status="stopped", written=ago(90))
    dispense = medicine(
        LORAZEPAM,
        "x1",
        "dispense",
        "completed",
        effective_start=ago(10),
        supply=days(30),
        prior=("MedicationRequest/m1",),
    )
    assert build(stopped, dispense).uses == ()
    unlinked = medicine(LORAZEPAM, "x2", "dispense", "completed", effective_start=ago(10), supply=days(30))
    assert build(stopped, unlinked).uses == ()


def test_a_dispense_after_the_end_of_an_ended_order_is_a_use() -> None:
    ended = medicine(LORAZEPAM, "m1", status="completed", written=ago(90), effective_end=ago(60))
    dispense = medicine(LORAZEPAM, "x1", "dispense", "completed", effective_start=ago(10), supply=days(30))
    assert len(build(ended, dispense).uses) == 1


def test_a_dispense_without_a_date_is_a_use_of_unknown_start() -> None:
    use = one_use(medicine(LORAZEPAM, "x1", "dispense", "completed"))
    assert isinstance(use.started, Unknown)
    assert build(medicine(LORAZEPAM, "x1", "dispense", "on-hold", effective_start=ago(5))).uses == ()


def test_of_a_drug_long_since_only_dispensed_the_last_dispense_is_the_past_use() -> None:
    old = [medicine(LORAZEPAM, f"x{n}", "dispense", "completed", effective_start=ago(n)) for n in (200, 170)]
    assert [use.ref for use in build(*old).past_uses] == ["MedicationDispense/x170"]


def test_a_dispense_long_ago_does_not_end_what_was_handed_over_since() -> None:
    old = medicine(BACLOFEN, "x1", "dispense", "completed", effective_start=ago(400))
    new = medicine(BACLOFEN, "x2", "dispense", "completed", effective_start=ago(10), supply=days(30))
    for told in ((old, new), (new, old)):
        assert one_use(*told).last_supplied == ago(10)


def test_a_dispense_before_an_ended_order_began_is_not_of_it() -> None:
    ended = medicine(LORAZEPAM, "m1", status="completed", written=ago(10), effective_end=ago(5))
    before = medicine(LORAZEPAM, "x1", "dispense", "completed", effective_start=ago(20), supply=days(30))
    assert [use.ref for use in build(ended, before).uses] == ["MedicationDispense/x1"]


def test_a_paused_order_is_a_use_on_hold() -> None:
    assert one_use(medicine(BACLOFEN, "m1", status="on-hold", written=ago(60))).on_hold


def test_an_order_that_starts_later_is_a_use_that_says_so() -> None:
    use = one_use(medicine(BACLOFEN, "m1", written=ago(2), dosages=(taking(1, 3, bounds_start=ago(-5)),)))
    assert (use.started, use.note) == (Known(ago(-5)), "starts later")


def test_a_medicine_that_cannot_be_named_is_kept_to_be_said_and_others_are_passed_over() -> None:
    case = build(medicine("", "m1", written=ago(5)), medicine("unheardofium 5 mg tablet", "m2", written=ago(5)))
    assert [(use.ref, use.drug.readable) for use in case.uses] == [("MedicationRequest/m1", False)]


def test_two_statements_that_say_the_same_are_one_use_and_two_doses_are_two() -> None:
    same = build(
        medicine(BACLOFEN, "s1", "statement", effective_start=ago(90), dosages=THRICE),
        medicine(BACLOFEN, "s2", "statement", effective_start=ago(30), dosages=THRICE),
    )
    assert len(same.uses) == 1
    other = build(
        medicine(BACLOFEN, "s1", "statement", effective_start=ago(90), dosages=THRICE),
        medicine(BACLOFEN, "s2", "statement", effective_start=ago(30), dosages=(taking(1),)),
    )
    assert len(other.uses) == 2


# -- single doses, setting, reasons -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dosage", "single"),
    [
        (DosageFact(timing=Timing(count=1)), True),
        (DosageFact(timing=Timing(count=5, frequency=1, period=1, period_unit="d")), False),
        (DosageFact(timing=Timing(codes=Coded((Coding("x", "ONCE"),)))), True),
        (DosageFact(timing=Timing(events=(ago(0),))), True),
        (DosageFact(text="1 mg once only 30 minutes before MRI"), True),
        (DosageFact(text="single dose"), True),
        (DosageFact(text="single dose", timing=Timing()), True),
        (DosageFact(timing=Timing()), False),
        (DosageFact(text="10 mg TID, hold before surgery"), False),
        (DosageFact(text="1 tab stat then 1 tab q6h"), False),
        (DosageFact(text="2 mg for dental anxiety"), False),
        (DosageFact(timing=Timing(codes=words("one time"))), True),
        (DosageFact(timing=Timing(time_of_day=("08:00",)), text="single dose"), False),
        (DosageFact(text="1 mg once daily"), False),
        (DosageFact(text="1 tablet stat dose then 1 tablet daily", timing=Timing(frequency=1, period=1)), False),
        (DosageFact(timing=Timing(frequency=1, period=1, period_unit="d")), False),
        (DosageFact(), False),
    ],
)
def test_a_single_dose_is_known_by_its_count_its_code_or_its_words(dosage: DosageFact, single: bool) -> None:
    assert one_use(medicine(LORAZEPAM, "m1", written=ago(0), dosages=(dosage,))).single_dose is single


def test_a_drug_known_from_one_administration_only_was_a_single_dose() -> None:
    once = medicine("midazolam 2 mg/2 mL injection", "a1", "administration", "completed", effective_start=ago(0))
    again = medicine("midazolam 2 mg/2 mL injection", "a2", "administration", "completed", effective_start=ago(1))
    assert one_use(once).single_dose
    assert not one_use(once, again).single_dose


def test_the_setting_comes_from_the_category() -> None:
    category = Coded((Coding("http://terminology.hl7.org/CodeSystem/medicationrequest-category", "inpatient"),))
    assert one_use(medicine(BACLOFEN, "m1", written=ago(1), category=category)).setting is Setting.INPATIENT


def test_reasons_are_recognised() -> None:
    use = one_use(medicine(BACLOFEN, "m1", written=ago(1), reasons=(words("spasticity"),)))
    assert use.reasons == (Concept(("spasticity",), "spasticity"),)


# -- time -------------------------------------------------------------------------------------------------------------


def test_completed_orders_before_the_present_one_lengthen_the_exposure() -> None:
    case = build(
        medicine(BACLOFEN, "m1", status="completed", written=ago(95), supply=days(30), dosages=(taking(1, 3),)),
        medicine(BACLOFEN, "m2", status="completed", written=ago(60), supply=days(30), dosages=THRICE),
        medicine(BACLOFEN, "m3", written=ago(25), supply=days(30), dosages=THRICE),
    )
    (use,) = case.uses
    assert (use.started, use.unchanged_since) == (Known(ago(95)), Known(ago(95)))


def test_a_dose_change_resets_unchanged_since_but_not_the_start() -> None:
    use = build(
        medicine(BACLOFEN, "m1", status="completed", written=ago(95), effective_end=ago(31), dosages=(taking(1),)),
        medicine(BACLOFEN, "m2", written=ago(30), dosages=THRICE),
    ).uses[0]
    assert (use.started, use.unchanged_since) == (Known(ago(95)), Known(ago(30)))


@pytest.mark.parametrize(("end", "start"), [(60, 200), (61, 30)])
def test_a_pause_of_more_than_30_days_breaks_continuous_use(end: int, start: int) -> None:
    use = build(
        medicine(BACLOFEN, "m1", status="completed", written=ago(200), effective_end=ago(end), dosages=THRICE),
        medicine(BACLOFEN, "m2", written=ago(30), dosages=THRICE),
    ).uses[0]
    assert use.started == Known(ago(start))


def test_an_order_active_for_decades_tells_nothing_of_a_start() -> None:
    use = one_use(medicine(BACLOFEN, "m1", written=When(date(1988, 3, 1), date(1988, 3, 1)), dosages=THRICE))
    assert isinstance(use.started, Unknown)
    assert use.started.reason is Reason.STALE
    assert isinstance(use.unchanged_since, Unknown)
    assert high(use.doses[0]) == 30


@pytest.mark.parametrize(("written", "known"), [(730, True), (731, False)])
def test_an_active_order_without_supply_is_believed_for_two_years(written: int, known: bool) -> None:
    use = one_use(medicine(BACLOFEN, "m1", written=ago(written), dosages=THRICE))
    assert isinstance(use.started, Known) is known


@pytest.mark.parametrize(("repeats", "known"), [(5, True), (2, False)])
def test_an_active_order_whose_supply_ran_out_long_ago_tells_nothing_of_a_start(repeats: int, known: bool) -> None:
    # 30 days and the repeats, written 200 days ago: with 5 repeats it lasts 180 days and a pause of 20
    use = one_use(medicine(BACLOFEN, "m1", written=ago(200), supply=days(30), repeats=repeats, dosages=THRICE))
    assert isinstance(use.started, Known) is known


def test_why_the_start_of_a_listed_drug_is_not_known_is_told_apart() -> None:
    """Nobody need search for a supply where there was one, nor for its end where there was none."""
    old = When(date(1988, 3, 1), date(1988, 3, 1))
    told = [
        one_use(medicine(BACLOFEN, "m1", written=ago(200), supply=days(30), dosages=THRICE)).started,
        one_use(medicine(BACLOFEN, "m1", written=old, dosages=THRICE)).started,
        one_use(medicine(BACLOFEN, "s1", "statement", effective_start=old, supply=days(30), dosages=THRICE)).started,
    ]
    assert [isinstance(why, Unknown) and why.detail for why in told] == [
        "listed as active, but its supply ran out long ago",
        "listed as active since long ago, with no supply or refill since",
        "listed as active since long ago, with no supply or refill since",
    ]


@pytest.mark.parametrize(("day", "known"), [(0, True), (-1, False)])
def test_a_dispense_dated_after_today_tells_no_start(day: int, known: bool) -> None:
    use = one_use(
        medicine(BACLOFEN, "m1", dosages=THRICE),
        medicine(BACLOFEN, "x1", "dispense", "completed", effective_start=ago(day), supply=days(30)),
    )
    assert isinstance(use.started, Known) is known


def test_tablets_and_dose_give_the_days_of_supply() -> None:
    use = one_use(medicine(BACLOFEN, "m1", written=ago(20), quantity=Amount(90, "tablet"), dosages=THRICE))
    assert use.supply_days == 30


def test_dispenses_of_an_old_order_tell_since_when_it_is_taken() -> None:
    old = When(date(2019, 1, 1), date(2019, 1, 1))
    use = one_use(
        medicine(BACLOFEN, "m1", written=old, dosages=THRICE),
        medicine(BACLOFEN, "x1", "dispense", "completed", effective_start=ago(80), supply=days(30)),
        medicine(BACLOFEN, "x2", "dispense", "completed", effective_start=ago(45), supply=days(30)),
        medicine(BACLOFEN, "x3", "dispense", "completed", effective_start=ago(10), supply=days(30)),
    )
    assert use.started == Known(ago(80))


def test_a_course_in_steps_lasts_as_long_as_its_steps_together() -> None:
    steps = tuple(
        DosageFact(
            sequence=n,
            text="as the plan says",
            timing=Timing(frequency=1, period=1, period_unit="d", bounds_duration=days(7)),
        )
        for n in (1, 2)
    )
    use = one_use(medicine(BACLOFEN, "m1", written=ago(10), dosages=steps))
    assert use.planned_end == ago(-3)
    beside = tuple(msgspec.structs.replace(step, sequence=None) for step in steps)
    assert build(medicine(BACLOFEN, "m1", written=ago(10), dosages=beside)).uses == ()


def test_a_course_whose_last_step_is_open_has_no_end() -> None:
    steps = (
        msgspec.structs.replace(taking(1, 3, bounds_duration=days(7)), sequence=1),
        msgspec.structs.replace(taking(1, 2), sequence=2),
    )
    assert one_use(medicine(BACLOFEN, "m1", written=ago(100), dosages=steps)).planned_end is None


@pytest.mark.parametrize(
    ("supply", "expected"),
    [(Amount(28), 28), (Amount(4, "wk", "wk"), 28), (Amount(4, "boxes"), None), (Amount(0), None)],
)
def test_the_days_of_a_dispense(supply: Amount, expected: float | None) -> None:
    use = one_use(medicine(BACLOFEN, "x1", "dispense", "completed", effective_start=ago(5), supply=supply))
    assert use.supply_days == expected


@pytest.mark.parametrize(
    ("quantity", "dosages", "drug"),
    [
        (Amount(90, "mL"), THRICE, BACLOFEN),
        (Amount(0, "tablet"), THRICE, BACLOFEN),
        (Amount(90, "tablet"), (), BACLOFEN),
        (Amount(90, "tablet"), THRICE, "baclofen"),
    ],
    ids=["another measure", "none", "no dose", "no strength"],
)
def test_what_does_not_tell_the_days_of_supply(quantity: Amount, dosages: tuple[DosageFact, ...], drug: str) -> None:
    assert one_use(medicine(drug, "m1", written=ago(2), quantity=quantity, dosages=dosages)).supply_days is None


def test_a_resource_without_a_route_joins_the_only_known_route_of_its_drug() -> None:
    by_mouth = medicine(BACLOFEN, "m1", written=ago(60), dosages=THRICE)
    no_route = medicine("baclofen", "s1", "statement", effective_start=ago(90))
    assert one_use(by_mouth, no_route).started == Known(ago(90))
    pump = medicine("baclofen injection", "m2", written=ago(5), dosages=(DosageFact(route=words("intrathecal")),))
    assert len(build(by_mouth, pump, no_route).uses) == 3


def test_a_dispense_tells_of_the_order_it_names_or_of_the_one_with_its_schedule() -> None:
    ten = medicine(BACLOFEN, "m1", written=ago(60), dosages=(taking(1, 3),))
    twenty = medicine("baclofen 20 mg oral tablet", "m2", written=ago(60), dosages=(taking(1, 1),))
    handed: dict[str, Any] = {"effective_start": ago(5), "supply": days(30)}
    named = medicine(BACLOFEN, "x1", "dispense", "completed", prior=("MedicationRequest/m1",), **handed)
    alike = medicine("baclofen 20 mg oral tablet", "x2", "dispense", "completed", dosages=(taking(1, 1),), **handed)
    refs = {use.ref: set(use.refs) for use in build(ten, twenty, named, alike).uses}
    assert refs == {
        "MedicationRequest/m1": {"MedicationRequest/m1", "MedicationDispense/x1"},
        "MedicationRequest/m2": {"MedicationRequest/m2", "MedicationDispense/x2"},
    }


def test_dispenses_and_administrations_without_a_dose_do_not_interrupt_an_unchanged_dose() -> None:
    use = one_use(
        medicine(BACLOFEN, "m1", written=ago(20), prior=("MedicationRequest/m0",), dosages=THRICE),
        medicine(BACLOFEN, "m0", status="completed", written=ago(120), effective_end=ago(20), dosages=THRICE),
        medicine(BACLOFEN, "x1", "dispense", "completed", effective_start=ago(50), supply=days(30)),
        medicine(BACLOFEN, "a1", "administration", "completed", effective_start=ago(40), dosages=(taking(1),)),
    )
    assert use.unchanged_since == Known(ago(120))


def test_an_order_that_continues_one_not_sent_after_a_change_keeps_the_day_of_the_change() -> None:
    use = one_use(
        medicine(BACLOFEN, "s1", "statement", "completed", effective_start=ago(60), effective_end=ago(20), taken="y"),
        medicine(BACLOFEN, "m1", written=ago(20), prior=("MedicationRequest/gone",), dosages=THRICE),
    )
    assert (use.started, use.unchanged_since) == (Known(ago(60)), Known(ago(20)))


def test_an_order_that_alone_continues_one_not_sent_is_neither_dated_nor_unchanged() -> None:
    use = one_use(medicine(BACLOFEN, "m1", written=ago(20), prior=("MedicationRequest/gone",), dosages=THRICE))
    assert isinstance(use.started, Unknown)
    assert use.unchanged_since == use.started


def test_a_change_within_a_course_that_continues_one_not_sent_keeps_its_own_day() -> None:
    use = one_use(
        medicine(
            BACLOFEN, "m1", status="completed", written=ago(60), prior=("MedicationRequest/gone",), dosages=(taking(1),)
        ),
        medicine(BACLOFEN, "m2", written=ago(31), dosages=THRICE),
    )
    assert isinstance(use.started, Unknown)
    assert use.unchanged_since == Known(ago(31))


def test_a_reported_plan_is_taken_and_a_mere_plan_is_not() -> None:
    plan = medicine(BACLOFEN, "m1", written=ago(60), intent="plan", dosages=THRICE)
    assert build(plan).uses == ()
    assert len(build(msgspec.structs.replace(plan, reported=True)).uses) == 1


def test_of_two_versions_of_one_resource_the_one_that_goes_on_counts() -> None:
    ended = medicine(BACLOFEN, "m1", status="stopped", written=ago(60), dosages=THRICE)
    runs = medicine(BACLOFEN, "m1", written=ago(60), dosages=THRICE)
    for both in ((ended, runs), (runs, ended)):
        case = build(*both)
        assert (len(case.uses), len(case.past_uses)) == (1, 0)


def test_an_undated_order_has_an_unknown_start() -> None:
    use = one_use(medicine(BACLOFEN, "m1", dosages=THRICE))
    assert isinstance(use.started, Unknown)


@pytest.mark.parametrize(("written", "known"), [(89, False), (90, True)])
def test_a_young_order_that_continues_one_not_sent_has_an_unknown_start(written: int, known: bool) -> None:
    use = one_use(medicine(BACLOFEN, "m1", written=ago(written), prior=("MedicationRequest/gone",), dosages=THRICE))
    assert isinstance(use.started, Known) is known


def test_today_is_todays_date() -> None:
    assert build().as_of == TODAY


def test_a_running_medicine_without_a_name_is_kept_under_its_reference() -> None:
    use = one_use(medicine("", "m9", written=ago(5)))
    assert (use.refs, use.doses) == (("MedicationRequest/m9",), ())
