"""The taper planner: three schedules worked out by hand, what slows it, what it refuses, and where its limits stand."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec
import pytest

from cds.arithmetic.rules import numbers, table
from cds.arithmetic.taper import plan_taper, plan_tapers
from cds.arithmetic.taper_products import marketed
from cds.arithmetic.taper_types import LIQUID, Pause, Product, TaperAsk, TaperPlan, TaperRefused
from cds.arithmetic.taper_words import directions
from cds.case import Route
from cds.knowledge.load import load_knowledge
from tests.support.run import answer_to

KNOWLEDGE = load_knowledge()
START = date(2026, 6, 3)
MEDICINE = {"baclofen": (60.0, 3), "alprazolam": (4.0, 4), "diazepam": (20.0, 2), "lorazepam": (3.0, 3)}


def ask(ingredient: str, **changes: Any) -> TaperAsk:
    mg, times = MEDICINE.get(ingredient, (20.0, 2))
    return msgspec.structs.replace(TaperAsk(ingredient, mg, times, START, taken_days=200), **changes)


def plan(ingredient: str, **changes: Any) -> TaperPlan:
    found = plan_taper(ask(ingredient, **changes), KNOWLEDGE)
    assert isinstance(found, TaperPlan), found
    return found


def why_not(ingredient: str, **changes: Any) -> str:
    found = plan_taper(ask(ingredient, **changes), KNOWLEDGE)
    assert isinstance(found, TaperRefused)
    return found.code


def doses(found: TaperPlan) -> list[float]:
    return [step.mg_per_day for step in found.steps]


def total(found: TaperPlan) -> dict[str, float]:
    return {amount.product.label: amount.count for amount in found.total}


# -- by hand ----------------------------------------------------------------------------------------------------------


def test_baclofen_60_mg_goes_down_by_10_a_week_then_by_5() -> None:
    found = plan("baclofen")
    assert doses(found) == [50, 40, 30, 20, 15, 10, 5, 0]
    assert found.days == 49
    # 7 days each of 15+15+20, 15+10+15, 10+10+10, 5+5+10, 5+5+5, 2.5+2.5+5, 2.5+2.5 mg
    assert total(found) == {"20 mg tablet": 7, "15 mg tablet": 28, "10 mg tablet": 35, "5 mg tablet": 56}
    assert [step.start.isoformat() for step in found.steps[:2]] == ["2026-06-03", "2026-06-10"]


def test_of_three_doses_a_day_the_smallest_is_the_one_at_midday() -> None:
    second, nearly_last = plan("baclofen").steps[1], plan("baclofen").steps[-2]
    assert [(take.slot, take.mg) for take in second.takes] == [
        ("in the morning", 15),
        ("at midday", 10),
        ("in the evening", 15),
    ]
    assert [take.mg for take in nearly_last.takes] == [2.5, 2.5]


def test_alprazolam_4_mg_goes_down_by_at_most_a_tenth_while_tablets_allow_it() -> None:
    found = plan("alprazolam")
    by_hand = [3.625, 3.375, 3.125, 2.875, 2.625, 2.375]  # the next eighth above nine tenths of the dose before
    eighths = [2.25 - step / 8 for step in range(18)]  # then one half of a 0.25 mg tablet at a time
    assert doses(found) == [*by_hand, *eighths, 0]
    assert found.days == 24 * 14
    assert {step.mg_per_day for step in found.steps if step.exempt} == {0.25, 0.125, 0.0}


def test_diazepam_20_mg_uses_the_liquid_below_half_a_tablet_only() -> None:
    products = (Product(2), Product(5), Product(10), Product(1, LIQUID))
    found = plan("diazepam", products=products)
    by_hand = [18, 16.5, 15, 13.5, 12.5, 11.5, 10.5, 9.5, 9, 8.5, 8, 7.5, 7, 6.5, 6, 5.5, 5, 4.5, 4, 3.5, 3, 2.5, 2]
    assert doses(found) == [*by_hand, 1.5, 1, 0.5, 0]
    assert found.days == 26 * 14
    assert total(found)["1 mg/mL liquid"] == 14  # 14 days of 0.5 mL at 1.5 mg, 14 more at 0.5 mg
    liquid = [step.mg_per_day for step in found.steps if any(a.product.kind == LIQUID for a in step.per_day)]
    assert liquid == [1.5, 0.5]


def test_without_the_liquid_the_last_steps_are_half_tablets_and_named_as_exempt() -> None:
    found = plan("diazepam")
    assert doses(found)[-4:] == [2.5, 2, 1, 0]
    assert [step.mg_per_day for step in found.steps if step.exempt] == [1, 0]
    assert "last-steps" in {remark.code for remark in found.warnings}


# -- what slows it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "pace"),
    [
        ({}, "usual"),
        ({"risks": ("age-65-or-over",)}, "slow"),
        ({"risks": ("pregnancy",)}, "slow"),
        ({"risks": ("alcohol-use", "seizure-disorder")}, "slowest"),
        ({"risks": ("withdrawal-before",)}, "slowest"),
        ({"taken_days": 365}, "slow"),
        ({"taken_days": 364}, "usual"),
        ({"taken_days": None}, "slow"),
    ],
)
@pytest.mark.parametrize("ingredient", ["baclofen", "diazepam"])
def test_risks_and_time_choose_the_pace_and_are_named(ingredient: str, changes: dict[str, Any], pace: str) -> None:
    found = plan(ingredient, **changes)
    assert found.pace == pace
    assert set(changes.get("risks", ())) <= {remark.code for remark in found.warnings}
    assert found.days >= plan(ingredient).days


def test_an_own_choice_of_pace_counts_but_fast_is_not_for_everybody() -> None:
    assert plan("diazepam", pace="slow").steps[0].days == 28
    assert why_not("diazepam", pace="fast") == "fast"  # 200 days
    assert why_not("diazepam", pace="fast", taken_days=60) == "fast"  # 20 mg is no low dose
    assert why_not("diazepam", pace="fast", taken_days=60, mg_per_day=10.0, risks=("alcohol-use",)) == "fast"
    assert plan("diazepam", pace="fast", taken_days=60, mg_per_day=10.0).steps[0].mg_per_day == 8
    assert doses(plan("baclofen", pace="fast")) == [50, 40, 30, 20, 10, 0]


def test_a_dose_changed_a_short_time_ago_stands_first() -> None:
    found = plan("diazepam", steady_days=4)
    assert (found.steps[0].rule, found.steps[0].mg_per_day, found.steps[0].days) == ("hold", 20, 10)
    assert plan("diazepam", steady_days=14).steps[0].rule == "pace"


def test_a_pause_moves_what_follows_and_nothing_else() -> None:
    plain, paused = plan("baclofen"), plan("baclofen", pauses=(Pause(3, 14),))
    assert doses(plain) == doses(paused)
    assert paused.days == plain.days + 14
    assert paused.steps[2].days == 21


def test_a_short_taper_after_long_use_is_stretched_to_four_weeks() -> None:
    found = plan("diazepam", mg_per_day=2.0)
    assert doses(found) == [1, 0]
    assert (found.steps[1].start - found.steps[0].start).days == 28
    assert plan("diazepam", mg_per_day=2.0, taken_days=60).days == 14


def test_the_smallest_dose_goes_on_for_one_interval_before_nothing() -> None:
    found = plan("diazepam", mg_per_day=1.0)
    assert [(step.mg_per_day, step.days) for step in found.steps] == [(1, 14), (0, None)]
    assert "smallest" in {remark.code for remark in found.warnings}


def test_it_can_end_at_a_lower_dose() -> None:
    found = plan("diazepam", floor=10.0)
    assert doses(found)[-1] == found.floor == 10
    assert found.steps[-1].end is None
    assert found.floor_reason


def test_strengths_that_make_no_small_last_step_end_above_zero_and_say_so() -> None:
    found = plan("oxazepam", mg_per_day=60.0, products=(Product(10, parts=1), Product(15, parts=1)))
    assert found.floor > 0
    assert "liquid" in found.floor_reason


# Entered a second time, from the guideline (5 to 10 % every 2 to 4 weeks), the schedules in print and our own rules.
NUMBERS = """
benzodiazepine_usual_percent 10    benzodiazepine_usual_days 14
benzodiazepine_slow_percent 10     benzodiazepine_slow_days 28
benzodiazepine_slowest_percent 5   benzodiazepine_slowest_days 28
benzodiazepine_fast_percent 20     benzodiazepine_fast_days 14
baclofen_usual_step 10             baclofen_usual_days 7
baclofen_slow_step 5               baclofen_slow_days 7
baclofen_slowest_step 5            baclofen_slowest_days 14
baclofen_fast_step 10              baclofen_fast_days 7
baclofen_least_step 5              tail_aim 0.5
least_part 50                      long_days 365
largest_dose 400                   liquid_step 0.1
supply_days 28                     most_tablets 60
"""


def test_the_numbers_of_the_planner_are_those_that_were_meant() -> None:
    words = NUMBERS.split()
    assert dict(numbers("taper")) == {name: float(value) for name, value in zip(words[::2], words[1::2], strict=True)}


# Entered a second time, from the labels.
STRENGTHS = """
chlordiazepoxide 5w 10w 25w
clobazam 10h 20h 2.5l
clorazepate 3.75h 7.5h 15h
oxazepam 10w 15w 30w
"""


def test_strengths_of_drugs_without_listed_tablets_are_those_of_the_labels() -> None:
    listed = {}
    for row in STRENGTHS.strip().splitlines():
        name, *entries = row.split()
        forms = {"w": ("tablet", 1), "h": ("tablet", 2), "l": ("liquid", 1)}
        listed[name] = {(float(entry[:-1]), *forms[entry[-1]]) for entry in entries}
    known = [name for name, rows in table("taper")["strengths"].items() if isinstance(rows, dict)]
    assert {name: {(one.mg, one.kind, one.parts) for one in marketed(name)} for name in known} == listed


def test_a_liquid_leads_to_zero_and_capsules_alone_to_a_floor() -> None:
    assert plan("clobazam", mg_per_day=20.0).floor == 0
    capsules = plan("oxazepam", mg_per_day=60.0)
    assert (capsules.floor, doses(capsules)[0]) == (15, 55)
    assert "liquid" in capsules.floor_reason


def test_a_pace_faster_than_the_risks_ask_for_is_named() -> None:
    found = plan("diazepam", pace="usual", risks=("seizure-disorder",))
    assert {"seizure-disorder", "pace-chosen"} <= {remark.code for remark in found.warnings}
    assert "pace-chosen" not in {remark.code for remark in plan("diazepam", pace="slow").warnings}


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ingredient", "changes", "code"),
    [
        ("nothing", {}, "unknown-drug"),
        ("oxycodone", {}, "opioid"),
        ("gabapentin", {}, "not-planned"),
        ("baclofen", {"route": Route.INTRATHECAL}, "intrathecal"),
        ("baclofen", {"route": Route.UNKNOWN}, "route"),
        ("alprazolam", {"extended_release": True}, "extended-release"),
        ("baclofen", {"mg_per_day": None}, "dose-unknown"),
        ("baclofen", {"mg_per_day": 0.0}, "dose-unknown"),
        ("baclofen", {"mg_per_day": float("nan")}, "dose-unknown"),
        ("baclofen", {"mg_per_day": 401.0}, "dose-unknown"),
        ("baclofen", {"times_per_day": None}, "times-unknown"),
        ("baclofen", {"times_per_day": 7}, "times-unknown"),
        ("baclofen", {"floor": 60.0}, "floor"),
        ("baclofen", {"floor": 1.0}, "floor"),
        ("baclofen", {"taken_days": -1}, "duration"),
        ("baclofen", {"pace": "wild"}, "pace"),
        ("baclofen", {"risks": ("red-hair",)}, "risk"),
        ("baclofen", {"pauses": (Pause(0, 7),)}, "pause"),
        ("baclofen", {"supply_days": 0}, "supply"),
        ("baclofen", {"products": (Product(0),)}, "strengths"),
        ("baclofen", {"products": (Product(10), Product(0.09))}, "strengths"),
        ("baclofen", {"products": (Product(10), Product(201))}, "strengths"),
        ("baclofen", {"products": (Product(10, "patch"),)}, "strengths"),
        ("baclofen", {"products": tuple(Product(mg) for mg in range(1, 40))}, "strengths"),
        ("baclofen", {"products": (Product(10, parts=3),)}, "strengths"),
        ("baclofen", {"products": (Product(0.5),), "mg_per_day": 30.5}, "strengths"),
        ("baclofen", {"products": (Product(1.001), Product(1.003), Product(1.007))}, "strengths"),
        ("baclofen", {"products": (Product(0.1, LIQUID),)}, "strengths"),
        ("baclofen", {"products": (Product(60, parts=1),)}, "no-step"),
        ("baclofen", {"products": (Product(12, parts=1),), "mg_per_day": 24.0}, "no-step"),  # above 10 and a third
        ("baclofen", {"steady_days": 0, "mg_per_day": 61.0}, "dose-not-makeable"),
        ("triazolam", {"mg_per_day": 0.25}, "no-strengths"),
        ("diazepam", {"tapered_beside": ("oxycodone",)}, "opioid-tapered"),
        ("diazepam", {"tapered_beside": ("baclofen",)}, "other-tapered"),
        ("baclofen", {"start": date(9999, 12, 1)}, "dates"),
    ],
)
def test_it_says_why_there_is_no_plan(ingredient: str, changes: dict[str, Any], code: str) -> None:
    assert why_not(ingredient, **changes) == code


def test_an_opioid_beside_is_kept_and_naloxone_named() -> None:
    found = plan("diazepam", beside=("oxycodone",))
    assert "naloxone" in next(remark.words for remark in found.warnings if remark.code == "opioid-beside")
    assert "opioid-beside" not in {remark.code for remark in plan("diazepam", beside=("ibuprofen",)).warnings}


def test_several_drugs_follow_each_other_and_stop_at_one_without_a_plan() -> None:
    first, second = plan_tapers([ask("baclofen"), ask("diazepam")], KNOWLEDGE)
    assert isinstance(first, TaperPlan)
    assert isinstance(second, TaperPlan)
    assert second.start == first.steps[-1].start
    one, other = plan_tapers([ask("oxycodone"), ask("diazepam")], KNOWLEDGE)
    assert isinstance(one, TaperRefused)
    assert isinstance(other, TaperRefused)


# -- diazepam instead -------------------------------------------------------------------------------------------------


def test_the_switch_is_a_range_with_its_sources_and_never_part_of_the_plan() -> None:
    found = plan("alprazolam")
    assert found.switch is not None
    assert (found.switch.low, found.switch.high, found.switch.start) == (40, 80, 40)
    assert found.switch.sources["ASHTON"] == (0.5, 0.5)
    assert {amount.product.mg for amount in found.total} <= {0.25, 0.5, 1, 2}
    assert plan("diazepam").switch is None
    assert plan("alprazolam", mg_per_day=6.0).switch.start == 40  # type: ignore[union-attr]


@pytest.mark.parametrize(("mg", "capped"), [(3.75, False), (4.0, False), (4.25, True)])
def test_a_switch_above_40_mg_of_diazepam_says_that_it_is_not_for_outside_hospital(mg: float, capped: bool) -> None:
    switch = plan("alprazolam", mg_per_day=mg).switch
    assert switch is not None
    assert ("not above 40 mg/day outside hospital" in switch.words) is capped


@pytest.mark.parametrize(
    "changes",
    [
        {"risks": ("age-65-or-over",)},
        {"against_diazepam": ("hepatic-impairment",)},
        {"against_diazepam": ("hepatic-decompensated",)},
        {"against_diazepam": ("sleep-apnea",)},
        {"against_diazepam": ("myasthenia",)},
        {"against_diazepam": ("copd",)},
    ],
)
def test_the_switch_is_blocked_where_diazepam_is_contraindicated_or_accumulates(changes: dict[str, Any]) -> None:
    switch = plan("lorazepam", **changes).switch
    assert switch is not None
    assert switch.blocked


# -- one place for each limit -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "number", "value", "ingredient", "changes"),
    [
        ("benzo-taper-too-fast", "step", 12, "diazepam", {}),
        ("benzo-taper-too-fast", "tail_step", 0.5, "diazepam", {}),
        ("benzo-taper-too-fast", "tail_dose", 1, "diazepam", {}),
        ("benzo-taper-too-fast", "total_days", 40, "diazepam", {"mg_per_day": 2.0}),
        ("benzo-taper-too-fast", "window_days", 20, "diazepam", {"steady_days": 15}),
        ("baclofen-taper-too-fast", "step", 9, "baclofen", {"products": (Product(10, parts=1),), "pace": "usual"}),
        ("baclofen-rapid-reduction", "step", 9, "baclofen", {"products": (Product(10, parts=1),), "pace": "usual"}),
        ("baclofen-rapid-reduction", "part_of", 4, "baclofen", {}),
        ("baclofen-taper-too-fast", "total_days", 80, "baclofen", {"mg_per_day": 30.0}),
        ("baclofen-rapid-reduction", "within_days", 9, "baclofen", {"steady_days": 8}),
    ],
)
def test_the_planner_reads_the_numbers_of_the_checks_that_would_warn(
    check: str, number: str, value: float, ingredient: str, changes: dict[str, Any]
) -> None:
    old = KNOWLEDGE.checks[check]
    numbers = {**old.numbers, number: msgspec.structs.replace(old.numbers[number], value=value)}
    checks = {**KNOWLEDGE.checks, check: msgspec.structs.replace(old, numbers=numbers)}
    moved = msgspec.structs.replace(KNOWLEDGE, checks=checks)
    assert plan_taper(ask(ingredient, **changes), moved) != plan_taper(ask(ingredient, **changes), KNOWLEDGE)


def test_only_from_the_dose_on_that_the_check_names_a_whole_taper_has_its_least_length() -> None:
    old = KNOWLEDGE.checks["baclofen-taper-too-fast"]
    longer = {**old.numbers, "total_days": msgspec.structs.replace(old.numbers["total_days"], value=80)}
    checks = {**KNOWLEDGE.checks, old.id: msgspec.structs.replace(old, numbers=longer)}
    moved = msgspec.structs.replace(KNOWLEDGE, checks=checks)
    below, at = ask("baclofen", mg_per_day=27.5), ask("baclofen", mg_per_day=30.0)
    assert plan_taper(below, moved) == plan_taper(below, KNOWLEDGE)
    longest = plan_taper(at, moved)
    assert isinstance(longest, TaperPlan)
    assert longest.days == 80


# -- words and the way back -------------------------------------------------------------------------------------------


def test_directions_are_words_a_patient_can_read() -> None:
    said = directions(plan("baclofen"))
    assert (said[0].sequence, said[1].sequence, said[2].sequence) == (1, 1, 2)
    assert said[0].text == "From 3 June 2026 to 9 June 2026: in the morning and at midday 1 tablet of 15 mg"
    assert said[-1].patient == (
        "From 15 July 2026 to 21 July 2026: baclofen, in the morning and in the evening half a tablet of 5 mg "
        "(5 mg a day in all). Then stop."
    )


@pytest.mark.parametrize("ingredient", ["baclofen", "alprazolam", "diazepam", "lorazepam"])
def test_the_plan_as_an_r4_order_is_read_back_as_it_was_planned_and_not_flagged(ingredient: str) -> None:
    found = plan(ingredient)
    answer = answer_to(_call(found), START)
    assert answer.judged is not None
    dose = answer.judged.case.orders[0].doses[0]
    steps = [(step.high, step.days) for step in dose.value.steps]  # type: ignore[union-attr]
    assert steps == [(step.mg_per_day, step.days) for step in found.steps if step.takes]
    checks = {finding.check for finding in answer.judged.report.findings}
    assert not {id for id in checks if "too-fast" in id or "rapid" in id or "stop" in id or "rounding" in id}
    assert "dose-unparsable" not in checks


def _call(found: TaperPlan) -> bytes:
    patient = {"reference": "Patient/p"}
    medicine = {"resourceType": "MedicationRequest", "intent": "order", "subject": patient,
                "medicationCodeableConcept": {"text": found.name}}  # fmt: skip
    mg, times = MEDICINE[found.ingredient]
    running = {**medicine, "id": "m1", "status": "active", "authoredOn": "2025-11-15",
               "dosageInstruction": [_dosage(mg / times, times)]}  # fmt: skip
    draft = {**medicine, "id": "d1", "status": "draft", "authoredOn": START.isoformat(),
             "priorPrescription": {"reference": "MedicationRequest/m1"},
             "dosageInstruction": [
                 {**_dosage(one.dose, one.frequency, one.days), "sequence": one.sequence, "text": one.text,
                  "patientInstruction": one.patient}
                 for one in directions(found)
             ]}  # fmt: skip
    prefetch = {key: _bundle() for key in ("conditions", "statements", "dispenses", "creatinine")}
    call = {
        "hook": "order-sign",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/1", "patientId": "p", "draftOrders": _bundle(draft)},
        "prefetch": {
            "patient": {"resourceType": "Patient", "id": "p", "birthDate": "1980-01-01", "gender": "female"},
            "medications": _bundle(running),
            **prefetch,
        },
    }
    return json.dumps(call).encode()


def _dosage(mg: float, frequency: int, days: int | None = None) -> dict[str, Any]:
    repeat: dict[str, Any] = {"frequency": frequency, "period": 1, "periodUnit": "d"}
    if days is not None:
        repeat["boundsDuration"] = {"value": days, "unit": "d", "code": "d"}
    return {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": {"value": mg, "unit": "mg"}}]}


def _bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources]}
