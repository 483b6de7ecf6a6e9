"""What each draft does to what the patient takes: start, change, renewal, stop, or nothing."""

from __future__ import annotations

import msgspec
import pytest

from cds.build import MOST_DRAFTS
from cds.case import Action, Concept, Reason, Setting, Unknown
from cds.chart import Coded, Coding, DosageFact, EncounterFact, MedicationFact, Timing
from tests.unit.reconcile.facts import (
    BACLOFEN,
    LORAZEPAM,
    action,
    ago,
    build,
    days,
    draft,
    high,
    medicine,
    one_order,
    taking,
    words,
)

START, CHANGE, RENEW, STOP = Action.START, Action.CHANGE, Action.RENEW, Action.STOP
THRICE, TWICE = (taking(1, 3),), (taking(1, 2),)
RUNNING = medicine(BACLOFEN, "m1", written=ago(100), dosages=THRICE, identifiers=("rx|77",))
M1 = ("MedicationRequest/m1",)
UNREAD = {"medications": [Unknown(Reason.FETCH_FAILED, "the server answered with an error")]}
EMPTY = {"medications": [Unknown(Reason.REPORTED_EMPTY, "reported as none")]}


def test_a_draft_of_a_drug_not_taken_is_a_start() -> None:
    assert action(draft(BACLOFEN, dosages=THRICE)) == (START, (), True)
    assert action(draft(LORAZEPAM, dosages=THRICE), RUNNING) == (START, (), True)


@pytest.mark.parametrize(
    "link",
    [
        {"id": "m1"},
        {"identifiers": ("rx|77",)},
        {"prior": ("MedicationRequest/m1",)},
        {"prior": ("https://ehr.example.org/fhir/MedicationRequest/m1",)},
        {"prior": ("MedicationOrder/m1",)},
        {"prior": ("rx|77",)},
    ],
    ids=str,
)
def test_a_linked_draft_replaces_the_running_order(link: dict[str, object]) -> None:
    assert action(draft(BACLOFEN, dosages=TWICE, **link), RUNNING) == (CHANGE, M1, True)
    assert action(draft(BACLOFEN, dosages=THRICE, **link), RUNNING) == (RENEW, M1, True)


def test_an_id_that_is_none_by_the_rules_of_fhir_is_found_by_the_whole_reference() -> None:
    running = medicine(BACLOFEN, "ward/7", written=ago(100), dosages=THRICE)
    named = draft(BACLOFEN, dosages=TWICE, prior=("MedicationRequest/ward/7",))
    assert action(named, running) == (CHANGE, ("MedicationRequest/ward/7",), True)


def test_a_statement_is_found_by_its_reference_and_a_chain_is_named_once_however_many_words_lead_to_it() -> None:
    said = medicine(BACLOFEN, "s1", "statement", dosages=THRICE, identifiers=("rx|78",))
    for prior in (("MedicationStatement/s1",), ("rx|78", "MedicationStatement/s1")):
        assert action(draft(BACLOFEN, dosages=TWICE, prior=prior), said) == (CHANGE, ("MedicationStatement/s1",), True)


def test_what_a_basket_replaces_is_named_in_the_order_of_the_list() -> None:
    others = [medicine(BACLOFEN, f"m{i}", written=ago(100 - i), dosages=TWICE) for i in range(2, 5)]
    names = tuple(f"MedicationRequest/m{i}" for i in (4, 2, 3))
    order = build(draft(BACLOFEN, dosages=THRICE, prior=names), *others).orders[0]
    assert order.replaces == tuple(sorted(names))


@pytest.mark.parametrize("name", ["ServiceRequest/m1", "CarePlan/m1", "other|77", "MedicationRequest/m11"])
def test_what_only_looks_like_a_link_is_none(name: str) -> None:
    assert action(draft(BACLOFEN, dosages=TWICE, prior=(name,)), RUNNING) == (CHANGE, M1, False)


def test_a_statement_of_another_drug_may_have_the_id_of_the_draft() -> None:
    said = medicine(LORAZEPAM, "d1", "statement", effective_start=ago(100))
    assert action(draft(BACLOFEN, dosages=THRICE), said) == (START, (), True)


def test_an_ended_order_that_is_active_again_is_a_start() -> None:
    ended = medicine(BACLOFEN, "m1", status="completed", written=ago(100), effective_end=ago(10), dosages=THRICE)
    assert action(draft(BACLOFEN, "m1", "active", dosages=THRICE), ended) == (START, (), True)


def test_without_a_link_the_same_ingredient_and_route_is_a_change_or_a_renewal() -> None:
    assert action(draft("Lioresal 20 mg tablet", dosages=THRICE), RUNNING) == (CHANGE, M1, False)
    assert action(draft(BACLOFEN, dosages=THRICE), RUNNING) == (RENEW, M1, False)


def test_another_strength_or_brand_with_the_same_daily_dose_and_times_is_a_renewal() -> None:
    twenty = draft("baclofen 20 mg oral tablet", dosages=(taking(0.5, 3),))
    assert action(twenty, RUNNING) == (RENEW, M1, False)


@pytest.mark.parametrize(
    "dosages",
    [
        (taking(1.5, 2),),  # the same 30 mg a day in two doses
        (taking(1, 2),),
        (DosageFact(timing=Timing(frequency=3, period=1, period_unit="d")),),
        (),
    ],
    ids=["other times", "lower", "no dose", "nothing said"],
)
def test_another_schedule_or_one_not_known_is_no_renewal(dosages: tuple[DosageFact, ...]) -> None:
    assert action(draft(BACLOFEN, dosages=dosages), RUNNING) == (CHANGE, M1, False)


def test_two_unreadable_sigs_are_a_renewal_only_word_for_word() -> None:
    sig = (DosageFact(text="as directed by the clinic"),)
    running = medicine(BACLOFEN, "m1", written=ago(100), dosages=sig)
    assert action(draft(BACLOFEN, dosages=sig), running)[0] is RENEW
    assert action(draft(BACLOFEN, dosages=(DosageFact(text="as directed"),)), running)[0] is CHANGE


def test_extended_release_for_immediate_release_is_a_change() -> None:
    running = medicine("alprazolam 1 mg oral tablet", "m1", written=ago(100), dosages=(taking(1),))
    renewed = draft("alprazolam 1 mg extended release oral tablet", dosages=(taking(1),))
    assert action(renewed, running)[0] is CHANGE


def test_another_route_is_a_start() -> None:
    pump = draft("baclofen 2 mg/mL intrathecal injection", dosages=(DosageFact(route=words("intrathecal")),))
    assert action(pump, RUNNING)[0] is START


def test_a_single_dose_beside_a_running_drug_is_added_to_it() -> None:
    once = draft(BACLOFEN, dosages=(DosageFact(timing=Timing(count=1)),))
    assert action(once, RUNNING) == (START, (), True)


def test_an_active_draft_that_is_not_on_the_list_is_a_start() -> None:
    assert action(draft(BACLOFEN, "n1", "active", dosages=THRICE)) == (START, (), True)


def test_a_draft_on_the_list_with_the_same_id_is_compared_with_the_list() -> None:
    assert action(draft(BACLOFEN, "m1", "active", dosages=THRICE), RUNNING) == (RENEW, M1, True)
    assert action(draft(BACLOFEN, "m1", "active", dosages=TWICE), RUNNING) == (CHANGE, M1, True)


def test_of_two_running_orders_the_one_of_the_same_schedule_is_renewed_else_both_are_changed() -> None:
    second = medicine("baclofen 20 mg oral tablet", "m2", written=ago(100), dosages=(taking(1),))
    assert action(draft(BACLOFEN, dosages=THRICE), RUNNING, second) == (RENEW, M1, False)
    changed = action(draft(BACLOFEN, dosages=TWICE), RUNNING, second)
    assert (changed[0], set(changed[1])) == (CHANGE, {"MedicationRequest/m1", "MedicationRequest/m2"})


def test_one_order_in_the_place_of_two_is_a_change_even_with_the_schedule_of_one() -> None:
    second = medicine("baclofen 20 mg oral tablet", "m2", written=ago(100), dosages=(taking(1),))
    both = ("MedicationRequest/m1", "MedicationRequest/m2")
    assert action(draft(BACLOFEN, dosages=THRICE, prior=both), RUNNING, second) == (CHANGE, both, True)


def test_a_drug_ordered_after_a_single_dose_of_it_is_a_start() -> None:
    once = medicine(BACLOFEN, "m1", written=ago(2), dosages=(DosageFact(timing=Timing(count=1)),))
    assert action(draft(BACLOFEN, dosages=THRICE), once) == (START, (), True)


def test_taking_up_a_paused_order_is_a_start_that_takes_its_place() -> None:
    paused = medicine(BACLOFEN, "m1", status="on-hold", written=ago(100), dosages=THRICE)
    assert action(draft(BACLOFEN, "m1", "active", dosages=THRICE), paused) == (START, M1, True)
    assert action(draft(BACLOFEN, "d1", dosages=THRICE), paused) == (START, (), True)


# -- stops ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["stopped", "cancelled", "on-hold"])
def test_a_stopped_cancelled_or_paused_draft_of_a_running_drug_is_a_stop(status: str) -> None:
    assert action(draft(BACLOFEN, "m1", status), RUNNING) == (STOP, M1, True)
    assert action(draft(BACLOFEN, "", status), RUNNING) == (STOP, M1, False)


def test_a_pause_says_that_it_is_one() -> None:
    assert "on hold" in one_order(draft(BACLOFEN, "m1", "on-hold"), RUNNING).note_texts


@pytest.mark.parametrize("gaps", [None, EMPTY])
@pytest.mark.parametrize("status", ["stopped", "cancelled", "on-hold", "completed", "entered-in-error"])
def test_without_a_running_drug_it_is_nothing_and_never_a_start(status: str, gaps: object) -> None:
    assert build(draft(BACLOFEN, "n1", status, dosages=THRICE), gaps=gaps).orders == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(("written", "stops"), [(1, True), (0, False)])
def test_a_stopped_order_written_before_today_ran_even_if_the_list_has_dropped_it(written: int, stops: bool) -> None:
    orders = build(draft(BACLOFEN, "n1", "stopped", dosages=THRICE, written=ago(written)), gaps=EMPTY).orders  # type: ignore[arg-type]
    assert [order.action for order in orders] == ([STOP] if stops else [])


def test_a_draft_withdrawn_that_would_have_continued_an_ended_order_stops_nothing() -> None:
    ended = medicine(BACLOFEN, "m1", status="completed", written=ago(100), effective_end=ago(10), dosages=THRICE)
    assert build(draft(BACLOFEN, "n1", "cancelled", dosages=THRICE, prior=M1), ended).orders == ()


@pytest.mark.parametrize("status", ["completed", "entered-in-error"])
def test_completed_and_entered_in_error_are_never_a_stop(status: str) -> None:
    case = build(draft(BACLOFEN, "m1", status), RUNNING)
    assert case.orders == ()
    assert len(case.uses) == 1


def test_a_stop_is_still_a_stop_when_the_list_could_not_be_read() -> None:
    assert action(draft(BACLOFEN, "n1", "stopped"), gaps=UNREAD) == (STOP, (), True)


@pytest.mark.parametrize(
    ("dosages", "end"),
    [(THRICE, ago(0)), ((taking(1, 3, bounds_end=ago(0)),), None), ((taking(1, 3, bounds_end=ago(3)),), None)],
)
def test_a_revised_order_that_ends_by_today_is_a_stop(dosages: tuple[DosageFact, ...], end: object) -> None:
    revised = draft(BACLOFEN, "m1", "active", dosages=dosages, effective_end=end)
    assert action(revised, RUNNING) == (STOP, M1, True)


def test_a_revised_order_that_ends_tomorrow_is_a_renewal() -> None:
    revised = draft(BACLOFEN, "m1", "active", dosages=THRICE, effective_end=ago(-1))
    assert action(revised, RUNNING)[0] is RENEW


def test_an_old_active_draft_with_a_past_end_that_is_not_on_the_list_stops_nothing() -> None:
    old = draft(BACLOFEN, "n1", "active", dosages=(taking(1, 3, bounds_end=ago(900)),), written=ago(930))
    assert action(old, RUNNING)[0] is not STOP


def test_an_instruction_not_to_give_a_running_drug_is_a_stop_and_nothing_otherwise() -> None:
    assert action(draft(BACLOFEN, do_not_perform=True), RUNNING) == (STOP, M1, False)
    assert build(draft(BACLOFEN, do_not_perform=True)).orders == ()
    assert build(draft(BACLOFEN, do_not_perform=True), gaps=UNREAD).orders == ()


def test_an_order_that_the_list_already_calls_stopped_ran_until_this_call() -> None:
    listed = medicine(BACLOFEN, "m1", status="stopped", written=ago(100), dosages=THRICE)
    case = build(draft(BACLOFEN, "m1", "stopped"), listed)
    assert [(order.action, order.replaces) for order in case.orders] == [(STOP, M1)]
    assert [(use.ref, use.ended, use.planned_end) for use in case.uses] == [("MedicationRequest/m1", None, ago(0))]
    assert case.past_uses == ()


def test_a_stop_of_another_order_than_the_one_already_stopped_is_nothing() -> None:
    listed = medicine(BACLOFEN, "m1", status="stopped", written=ago(100), dosages=THRICE)
    assert build(draft(BACLOFEN, "n9", "stopped"), listed).orders == ()


def test_the_reason_for_stopping_is_read_from_the_order_or_from_its_note() -> None:
    coded = one_order(draft(BACLOFEN, "m1", "stopped", status_reason=words("acute kidney injury")), RUNNING)
    assert coded.stop_reasons == (Concept(("aki",), "acute kidney injury"),)
    assert coded.stop_reason_text == "acute kidney injury"
    noted = one_order(draft(BACLOFEN, "m1", "stopped", notes=("Stopped: acute kidney injury",)), RUNNING)
    assert [reason.ids for reason in noted.stop_reasons] == [("aki",)]
    assert "acute kidney injury" in noted.stop_reason_text


def test_a_stop_whose_own_words_name_no_drug_stops_what_its_link_names() -> None:
    order = one_order(draft("", "m1", "stopped", drug_missing=True), RUNNING)
    assert (order.action, order.drug.ingredients[0].id, high(order.doses[0])) == (STOP, "baclofen", 30)


def test_a_stop_and_a_new_order_with_the_words_of_the_stopped_one_are_a_renewal_without_a_list() -> None:
    sig = (DosageFact(text="as directed by the clinic"),)
    stop, new = draft(BACLOFEN, "n1", "stopped", dosages=sig), draft(BACLOFEN, "d2", dosages=sig)
    assert action(stop, new, gaps=UNREAD) == (RENEW, (), True)


# -- baskets ----------------------------------------------------------------------------------------------------------


def test_a_stop_and_a_new_order_of_the_same_drug_are_one_change() -> None:
    stop = draft(BACLOFEN, "m1", "stopped", selected=False)
    new = draft(BACLOFEN, "d2", dosages=TWICE)
    for basket in ((stop, new), (new, stop)):
        assert action(*basket, RUNNING) == (CHANGE, M1, True)


def test_a_stop_and_the_same_order_again_are_a_renewal() -> None:
    stop = draft(BACLOFEN, "m1", "stopped", dosages=THRICE)
    assert action(stop, draft(BACLOFEN, "d2", dosages=THRICE), RUNNING) == (RENEW, M1, True)


def test_a_stop_and_a_new_order_are_a_change_even_if_the_list_could_not_be_read() -> None:
    stop, new = draft(BACLOFEN, "n1", "stopped"), draft(BACLOFEN, "d2", dosages=TWICE)
    assert action(stop, new, gaps=UNREAD)[0] is CHANGE


def test_stopping_one_of_two_orders_while_renewing_the_other_stays_a_stop() -> None:
    second = medicine("baclofen 20 mg oral tablet", "m2", written=ago(100), dosages=(taking(1),))
    basket = (draft(BACLOFEN, "m1", "stopped"), draft("baclofen 20 mg oral tablet", "m2", dosages=(taking(1),)))
    case = build(*basket, RUNNING, second)
    assert {(order.action, order.replaces) for order in case.orders} == {
        (STOP, M1),
        (RENEW, ("MedicationRequest/m2",)),
    }


def test_stopping_one_drug_and_starting_another_are_a_stop_and_a_start() -> None:
    case = build(draft(BACLOFEN, "m1", "stopped"), draft(LORAZEPAM, "d2", dosages=TWICE), RUNNING)
    assert [order.action for order in case.orders] == [STOP, START]


def test_an_order_turned_into_one_of_another_drug_stops_the_running_one() -> None:
    case = build(draft("tizanidine 4 mg oral tablet", "d1", dosages=TWICE, prior=M1), RUNNING)
    assert [(order.action, order.drug.ingredients[0].id) for order in case.orders] == [
        (START, "tizanidine"),
        (STOP, "baclofen"),
    ]
    assert [order.replaces for order in case.orders] == [M1, M1]
    assert high(case.orders[1].doses[0]) == 30


def test_so_does_a_drug_none_of_ours_but_not_one_that_cannot_be_read() -> None:
    case = build(draft("unheardofium 5 mg tablet", dosages=TWICE, prior=M1), RUNNING)
    assert [(order.action, order.replaces) for order in case.orders] == [(START, M1), (STOP, M1)]
    assert action(draft("", drug_missing=True, prior=M1), RUNNING) == (START, M1, True)


def test_an_order_in_the_place_of_what_is_paused_has_no_name_or_is_the_same_drug_stops_nothing() -> None:
    paused = medicine(BACLOFEN, "m1", status="on-hold", written=ago(100), dosages=THRICE)
    nameless = medicine("", "m1", drug_missing=True)
    assert action(draft("tizanidine 4 mg oral tablet", dosages=TWICE, prior=M1), paused) == (START, M1, True)
    assert action(draft("tizanidine 4 mg oral tablet", dosages=TWICE, prior=M1), nameless) == (START, M1, True)
    once = (DosageFact(timing=Timing(count=1)),)
    assert action(draft(BACLOFEN, dosages=once, prior=M1), RUNNING) == (CHANGE, M1, True)


def test_a_taper_ordered_in_several_orders_keeps_each_of_them() -> None:
    steps = [
        draft(BACLOFEN, f"d{n}", dosages=(taking(1, 3 - n, bounds_start=ago(-7 * n), bounds_end=ago(-7 * n - 6)),))
        for n in range(3)
        if n < 2
    ]
    case = build(*steps, RUNNING)
    assert [(order.action, order.replaces) for order in case.orders] == [(RENEW, M1), (CHANGE, M1)]
    assert [order.starts for order in case.orders] == [ago(0), ago(-7)]


def test_the_selected_flag_stays_with_each_order() -> None:
    case = build(draft(BACLOFEN, "d1", dosages=THRICE, selected=False), draft(LORAZEPAM, "d2", dosages=TWICE))
    assert [order.selected for order in case.orders] == [False, True]


def test_a_draft_without_a_medicine_is_kept_as_an_order_that_could_not_be_named() -> None:
    order = one_order(draft("", "d1", drug_missing=True))
    assert (order.action, order.drug.readable, order.doses) == (START, False, ())


def test_a_draft_of_a_medicine_that_is_none_of_ours_is_kept() -> None:
    assert one_order(draft("unheardofium 5 mg tablet", "d1")).drug.ingredients == ()


def test_an_order_without_id_on_the_list_is_named_by_its_path() -> None:
    nameless = medicine(BACLOFEN, "", written=ago(100), dosages=THRICE, path="prefetch.medications")
    assert action(draft(BACLOFEN, "", dosages=TWICE), nameless) == (CHANGE, ("prefetch.medications",), False)
    assert [use.names for use in build(nameless).uses] == [("prefetch.medications",)]
    assert [use.names for use in build(medicine(BACLOFEN, "", dosages=THRICE, path="")).uses] == [()]


def test_of_absurdly_many_orders_some_of_every_drug_are_looked_at() -> None:
    many = [draft(BACLOFEN, f"d{number}", dosages=THRICE) for number in range(MOST_DRAFTS + 5)]
    many = [msgspec.structs.replace(one, selected=False) for one in many]
    case = build(*many, draft(LORAZEPAM, "d999", dosages=TWICE), draft(BACLOFEN, "d998", dosages=TWICE))
    assert len(case.orders) == MOST_DRAFTS
    assert "lorazepam" in {ingredient.id for order in case.orders for ingredient in order.drug.ingredients}
    assert "MedicationRequest/d998" in {order.ref for order in case.orders if order.selected}
    assert [gap.reason for gap in case.unreadable_orders] == [Reason.TRUNCATED]


# -- what an order carries --------------------------------------------------------------------------------------------


def test_start_end_and_supply_of_an_order() -> None:
    order = one_order(
        draft(BACLOFEN, dosages=(taking(1, 3, bounds_start=ago(-2), bounds_duration=days(14)),), supply=days(14))
    )
    assert (order.starts, order.planned_end, order.supply_days) == (ago(-2), ago(-15), 14)


@pytest.mark.parametrize(
    ("fact", "setting"),
    [
        (draft(BACLOFEN, category=Coded((Coding("", "discharge"),))), Setting.DISCHARGE),
        (draft(BACLOFEN, category=words("Community")), Setting.COMMUNITY),
        (draft(BACLOFEN, category=Coded((Coding("", "x"), Coding("", "outpatient")))), Setting.COMMUNITY),
        (draft(BACLOFEN, encounter="Encounter/e1"), Setting.INPATIENT),
        (draft(BACLOFEN), Setting.INPATIENT),
    ],
)
def test_the_setting_is_the_categorys_else_the_encounters(fact: MedicationFact, setting: Setting) -> None:
    stay = EncounterFact("e1", "encounter", cls=Coded((Coding("", "IMP"),)), status="in-progress")
    assert one_order(fact, encounters=[stay]).setting is setting


def test_reasons_and_notes_are_carried() -> None:
    order = one_order(draft(BACLOFEN, reasons=(words("spasticity"),), notes=("agreed with nephrology",)))
    assert (order.reasons, order.note_texts) == (
        (Concept(("spasticity",), "spasticity"),),
        ("agreed with nephrology",),
    )
