"""Which number stands for the kidneys today, and what happens when none can."""

from __future__ import annotations

from datetime import date

import pytest

from cds.arithmetic.kidney import (
    CALCULATED,
    CLEARANCE,
    REPORTED,
    STAGE,
    assess_kidney,
    at_risk,
    recheck_due,
)
from cds.case import Known, Lab, Patient, Reason, Setting, Unknown, When
from tests.unit.kidney.patients import NO_BIRTH, TODAY, aged, at, born, case, creatinine, day, done, egfr, has, lab


def test_egfr_is_calculated_from_a_serum_creatinine() -> None:
    kidney = assess_kidney(case(aged(75), creatinine(2.5)))
    assert kidney.egfr == Known(26)
    assert (kidney.source, kidney.method, kidney.age_of_value_days) == (CALCULATED, "CKD-EPI 2021", 7)
    assert kidney.exact == pytest.approx(26.14, abs=0.0051)


def test_the_birthday_itself_counts() -> None:
    day_before = assess_kidney(case(born(date(1966, 6, 11)), creatinine(1.434)))
    birthday = assess_kidney(case(born(date(1966, 6, 10)), creatinine(1.434)))
    assert day_before.exact is not None
    assert birthday.exact is not None
    assert birthday.exact == pytest.approx(day_before.exact * 0.9938)


def test_60_is_not_below_60_and_59_is() -> None:
    at_60 = assess_kidney(case(aged(70), creatinine(1.292)))
    at_59 = assess_kidney(case(aged(70), creatinine(1.293)))
    assert (at_60.egfr, at_60.below(60)) == (Known(60), False)
    assert (at_59.egfr, at_59.below(60)) == (Known(59), True)


# -- reported or calculated -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["", "CKD-EPI 2021", "CKD-EPI"])
def test_a_reported_egfr_of_the_creatinines_day_is_preferred(method: str) -> None:
    kidney = assess_kidney(case(aged(75), creatinine(2.5), egfr(28, method=method)))
    assert (kidney.egfr, kidney.source) == (Known(28), REPORTED)


def test_a_reported_egfr_older_than_the_creatinine_gives_way_to_the_calculation() -> None:
    kidney = assess_kidney(case(aged(75), creatinine(2.5, day(3)), egfr(55, day(4))))
    assert (kidney.egfr, kidney.source) == (Known(26), CALCULATED)


@pytest.mark.parametrize("method", ["MDRD", "CKD-EPI, race-based", "MDRD, race-based"])
def test_an_mdrd_or_race_adjusted_egfr_is_set_aside_when_a_creatinine_is_there(method: str) -> None:
    kidney = assess_kidney(case(aged(75), creatinine(2.5), egfr(31, method=method)))
    assert (kidney.egfr, kidney.method) == (Known(26), "CKD-EPI 2021")


def test_an_mdrd_egfr_counts_when_no_creatinine_is_there() -> None:
    kidney = assess_kidney(case(aged(75), egfr(31, method="MDRD")))
    assert (kidney.egfr, kidney.source, kidney.method) == (Known(31), REPORTED, "MDRD")


def test_of_two_reported_values_of_one_day_the_one_by_a_current_equation_counts() -> None:
    both = (egfr(64, method="MDRD, race-based"), egfr(57, method="CKD-EPI 2021"))
    assert assess_kidney(case(aged(75), *both)).egfr == Known(57)
    assert assess_kidney(case(aged(75), *reversed(both))).egfr == Known(57)


def test_of_race_specific_values_of_one_day_the_lower_counts() -> None:
    both = (egfr(64, method="MDRD, race-based"), egfr(55, method="MDRD"))
    assert assess_kidney(case(aged(75), *both)).egfr == Known(55)


def test_a_newer_mdrd_egfr_that_is_lower_than_the_older_creatinine_allows_counts() -> None:
    kidney = assess_kidney(case(aged(75), creatinine(1.0, day(200)), egfr(24, day(2), method="MDRD")))
    assert kidney.egfr == Known(24)


def test_a_newer_mdrd_egfr_that_is_higher_does_not_hide_the_creatinine() -> None:
    kidney = assess_kidney(case(aged(75), creatinine(2.5, day(20)), egfr(40, day(2), method="MDRD")))
    assert kidney.egfr == Known(26)
    assert any("lower one is used" in note for note in kidney.notes)


def test_a_reported_egfr_far_above_what_the_same_days_creatinine_allows_is_a_conflict_and_the_lower_counts() -> None:
    kidney = assess_kidney(case(aged(75), creatinine(2.5), egfr(75)))
    assert kidney.egfr == Known(26)
    assert Reason.CONFLICT in {problem.reason for problem in kidney.problems}


def test_a_reported_egfr_far_below_our_calculation_is_used() -> None:
    assert assess_kidney(case(aged(75), creatinine(0.9), egfr(28))).egfr == Known(28)


def test_without_an_age_the_reported_egfr_is_used_and_nothing_is_calculated() -> None:
    kidney = assess_kidney(case(NO_BIRTH, creatinine(2.5, day(1)), egfr(28, day(9))))
    assert (kidney.egfr, kidney.source) == (Known(28), REPORTED)
    alone = assess_kidney(case(NO_BIRTH, creatinine(2.5)))
    assert isinstance(alone.egfr, Unknown)
    assert "age" in alone.egfr.detail
    assert (alone.low, alone.high, alone.below(60)) == (None, None, None)


# -- bounds ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "comparator", "low", "high"),
    [(60, ">", 60, None), (60, ">=", 60, None), (90, ">", 90, None), (15, "<", 0, 14), (15, "<=", 0, 15)],
)
def test_a_reported_bound_bands_without_a_number(value: float, comparator: str, low: int, high: int | None) -> None:
    kidney = assess_kidney(case(aged(75), egfr(value, comparator=comparator)))
    assert isinstance(kidney.egfr, Unknown)
    assert (kidney.low, kidney.high) == (low, high)


def test_above_60_is_surely_not_below_60_but_may_be_below_90() -> None:
    kidney = assess_kidney(case(aged(75), egfr(60, comparator=">")))
    assert (kidney.below(30), kidney.below(60)) == (False, False)
    assert kidney.below(90) is None


def test_below_15_is_below_15_and_below_30() -> None:
    kidney = assess_kidney(case(aged(75), egfr(15, comparator="<")))
    assert (kidney.below(15), kidney.below(30)) == (True, True)
    assert kidney.below(10) is None


def test_the_same_days_creatinine_makes_a_number_of_above_60() -> None:
    kidney = assess_kidney(case(aged(55, "female"), creatinine(0.9), egfr(60, comparator=">")))
    assert (kidney.egfr, kidney.source) == (Known(75), CALCULATED)


def test_above_60_beside_a_creatinine_that_says_26_is_a_conflict_and_the_lower_counts() -> None:
    kidney = assess_kidney(case(aged(75), creatinine(2.5), egfr(60, comparator=">")))
    assert (kidney.egfr, kidney.below(30)) == (Known(26), True)


def test_a_creatinine_below_a_bound_leaves_egfr_at_least_that_of_the_bound() -> None:
    kidney = assess_kidney(case(aged(50), creatinine(0.3, comparator="<")))
    assert isinstance(kidney.egfr, Unknown)
    assert (kidney.below(60), kidney.high) == (False, None)


def test_a_creatinine_above_a_bound_leaves_egfr_at_most_that_of_the_bound() -> None:
    kidney = assess_kidney(case(aged(50), creatinine(15, comparator=">")))
    assert (kidney.low, kidney.below(15)) == (0, True)


# -- which values count ---------------------------------------------------------------------------------------------


def test_the_newest_creatinine_counts() -> None:
    kidney = assess_kidney(case(aged(75), creatinine(1.0, day(40)), creatinine(2.5, day(2)), creatinine(0.8, day(90))))
    assert kidney.egfr == Known(26)


def test_of_two_of_one_day_the_later_by_the_clock_counts_else_the_worse() -> None:
    by_clock = case(aged(75), creatinine(2.5, at(30)), creatinine(1.0, at(29)))
    assert assess_kidney(by_clock).creatinine == creatinine(1.0, at(29))
    same_day = case(aged(75), creatinine(1.0, day(1)), creatinine(2.5, day(1)))
    assert assess_kidney(same_day).egfr == Known(26)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (creatinine(1.0, status="preliminary"), Reason.ABSENT),
        (Lab("creatinine", Known(1.0), None, "1"), Reason.UNREADABLE),
        (creatinine(1.0, day(-1)), Reason.UNREADABLE),
        (Lab("creatinine", Unknown(Reason.UNIT, "unit missing"), day(3), "1"), Reason.UNIT),
        (creatinine(0.19), Reason.UNREADABLE),
        (creatinine(25.1), Reason.UNREADABLE),
    ],
    ids=["preliminary", "no date", "future", "no unit", "too low", "too high"],
)
def test_a_value_that_does_not_count_is_refused_by_name_and_leaves_no_number(value: Lab, reason: Reason) -> None:
    kidney = assess_kidney(case(aged(75), value))
    assert isinstance(kidney.egfr, Unknown)
    assert kidney.egfr.reason is reason
    assert [item.lab for item in kidney.refused] == [value]
    assert kidney.below(60) is None


def test_a_refused_newer_value_does_not_hide_an_older_good_one() -> None:
    kidney = assess_kidney(case(aged(75), creatinine(2.5, day(20)), creatinine(88, day(1))))
    assert kidney.egfr == Known(26)
    assert [item.implausible for item in kidney.refused] == [True]
    assert "88 mg/dL is not plausible" in kidney.refused[0].why.detail


@pytest.mark.parametrize(
    ("micromoles", "plausible"), [(17.9, False), (18, True), (2200, True), (2201, False), (3.96, False)]
)
def test_a_creatinine_in_micromoles_has_its_own_limits(micromoles: float, plausible: bool) -> None:
    value = creatinine(round(micromoles / 88.42, 9), unit="umol/L")
    assert (not assess_kidney(case(aged(75), value)).refused) is plausible


@pytest.mark.parametrize(("value", "plausible"), [(0.2, True), (0.199, False), (25, True), (25.01, False)])
def test_plausible_creatinine_lies_from_a_fifth_to_25_mg_per_dl(value: float, plausible: bool) -> None:
    assert (not assess_kidney(case(aged(75), creatinine(value))).refused) is plausible


def test_a_value_counts_for_twelve_months_to_the_day() -> None:
    last_day, day_too_old = date(2025, 6, 10), date(2025, 6, 9)
    assert assess_kidney(case(aged(75), creatinine(2.5, When(last_day, last_day)))).egfr == Known(26)
    old = creatinine(2.5, When(day_too_old, day_too_old))
    kidney = assess_kidney(case(aged(75), old))
    assert isinstance(kidney.egfr, Unknown)
    assert kidney.egfr.reason is Reason.STALE
    assert kidney.stale == old


def test_nothing_sent_is_absent_and_the_callers_word_is_reported_empty() -> None:
    nothing = assess_kidney(case(aged(75)))
    assert isinstance(nothing.egfr, Unknown)
    assert nothing.egfr.reason is Reason.ABSENT
    empty = assess_kidney(case(aged(75), gaps={"creatinine": (Unknown(Reason.REPORTED_EMPTY),)}))
    assert isinstance(empty.egfr, Unknown)
    assert empty.egfr.reason is Reason.REPORTED_EMPTY


# -- sex and age that are not exact ---------------------------------------------------------------------------------


def test_without_a_sex_both_are_computed_the_lower_is_used_and_it_is_said() -> None:
    kidney = assess_kidney(case(aged(68, None), creatinine(1.5)))
    assert kidney.egfr == Known(38)  # female 37.7, male 50.4
    assert any("sex not known" in note for note in kidney.notes)


def test_a_birth_year_gives_the_lower_of_both_ages_and_says_so_only_when_it_matters() -> None:
    matters = assess_kidney(case(born(date(1956, 1, 1), date(1956, 12, 31)), creatinine(1.293)))
    assert matters.egfr == Known(59)  # 70 years: 59.48, 69 years: 59.85
    assert any("birth date not exact" in note for note in matters.notes)
    same = assess_kidney(case(born(date(1956, 1, 1), date(1956, 12, 31)), creatinine(3.0)))
    assert not same.notes


# -- children -------------------------------------------------------------------------------------------------------


def test_a_child_is_estimated_by_bedside_schwartz() -> None:
    kidney = assess_kidney(case(aged(8), creatinine(1.1), lab("body-height", 130, day(30))))
    assert (kidney.egfr, kidney.method) == (Known(49), "bedside Schwartz")
    assert isinstance(kidney.crcl, Unknown)


def test_a_child_without_a_height_has_no_estimate_and_it_is_said() -> None:
    kidney = assess_kidney(case(aged(8), creatinine(1.1)))
    assert isinstance(kidney.egfr, Unknown)
    assert "height" in kidney.egfr.detail


def test_a_childs_old_height_is_not_used() -> None:
    kidney = assess_kidney(case(aged(8), creatinine(1.1), lab("body-height", 110, day(400))))
    assert isinstance(kidney.egfr, Unknown)
    assert kidney.egfr.reason is Reason.STALE


def test_under_one_year_there_is_no_estimate() -> None:
    kidney = assess_kidney(case(born(date(2025, 6, 11)), creatinine(0.4), lab("body-height", 70, day(3))))
    assert isinstance(kidney.egfr, Unknown)
    assert assess_kidney(case(born(date(2025, 6, 10)), creatinine(0.4), lab("body-height", 70, day(3)))).egfr == Known(
        72
    )


def test_the_adult_equation_starts_on_the_eighteenth_birthday() -> None:
    height = lab("body-height", 175, day(3))
    adult = assess_kidney(case(born(date(2008, 6, 10)), creatinine(1.0), height))
    child = assess_kidney(case(born(date(2008, 6, 11)), creatinine(1.0), height))
    assert (adult.method, child.method) == ("CKD-EPI 2021", "bedside Schwartz")


# -- cystatin C, clearance, size ------------------------------------------------------------------------------------


def test_cystatin_c_taken_with_the_creatinine_goes_into_one_equation() -> None:
    with_it = assess_kidney(case(aged(60), creatinine(0.9), lab("cystatin-c", 1.6), egfr(90)))
    assert with_it.method == "CKD-EPI 2021, creatinine and cystatin C"
    assert with_it.egfr == Known(62)  # 135 x 2 ** -0.778 x 0.9961 ** 60 = 62.3
    apart = assess_kidney(case(aged(60), creatinine(0.9, day(1)), lab("cystatin-c", 1.6, day(9))))
    assert apart.method == "CKD-EPI 2021"


def test_a_clearance_bands_only_when_there_is_neither_creatinine_nor_egfr() -> None:
    measured = lab("creatinine-clearance", 25)
    alone = assess_kidney(case(aged(75), measured))
    assert (alone.source, alone.low, alone.high) == (CLEARANCE, 25, 25)
    assert isinstance(alone.egfr, Unknown)
    assert assess_kidney(case(aged(75), measured, egfr(40))).egfr == Known(40)


def test_cockcroft_gault_comes_with_the_weight_it_was_given() -> None:
    body = (lab("body-weight", 70, day(20)), lab("body-height", 160, day(3000)))
    kidney = assess_kidney(case(aged(68, "female"), creatinine(1.5), *body))
    assert isinstance(kidney.crcl, Known)
    assert kidney.crcl.value == pytest.approx(29.7, abs=0.051)
    assert kidney.crcl_weight == "52.4 kg (ideal)"
    assert isinstance(kidney.deindexed, Known)
    assert kidney.deindexed.value == pytest.approx(37.72 * (70 * 160 / 3600) ** 0.5 / 1.73, abs=0.01)


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ((lab("body-height", 160),), "no weight"),
        ((lab("body-weight", 70),), "no height"),
        ((lab("body-weight", 70, day(400)), lab("body-height", 160)), "weight too old"),
        ((lab("body-weight", 7000), lab("body-height", 160)), "not plausible"),
    ],
)
def test_without_a_current_weight_and_a_height_there_is_no_cockcroft_gault(body: tuple[Lab, ...], missing: str) -> None:
    kidney = assess_kidney(case(aged(68, "female"), creatinine(1.5), *body))
    assert isinstance(kidney.crcl, Unknown)
    assert missing in kidney.crcl.detail
    assert kidney.egfr == Known(38)


@pytest.mark.parametrize(
    ("person", "value", "height", "missing"),
    [
        (NO_BIRTH, creatinine(1.5), 160, "age not known"),
        (aged(68), creatinine(1.5, comparator="<"), 160, "no exact creatinine"),
        (aged(68), creatinine(1.5), 30, "outside the equation"),
        (aged(150), creatinine(1.5), 160, "outside the equation"),
        (aged(17), creatinine(1.5), 160, "for adults"),
    ],
    ids=["no age", "a bound", "too short", "too old", "a child"],
)
def test_cockcroft_gault_refuses_what_it_was_not_made_for(
    person: Patient, value: Lab, height: float, missing: str
) -> None:
    kidney = assess_kidney(case(person, value, lab("body-weight", 70), lab("body-height", height)))
    assert isinstance(kidney.crcl, Unknown)
    assert missing in kidney.crcl.detail


def test_without_a_sex_cockcroft_gault_gives_the_lower_clearance() -> None:
    body = (lab("body-weight", 70), lab("body-height", 160))
    both = [assess_kidney(case(aged(68, sex), creatinine(1.5), *body)).crcl for sex in (None, "female", "male")]
    assert both[0] == both[1] != both[2]


# -- CKD stage, dialysis --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "low", "high"),
    [("ckd-3", 30, 59), ("ckd-3a", 30, 59), ("ckd-3b", 30, 59), ("ckd-4", 0, 29), ("ckd-5", 0, 14)],
)
def test_a_ckd_stage_stands_in_when_there_is_no_number(stage: str, low: int, high: int) -> None:
    kidney = assess_kidney(case(aged(75), problems=(has(stage),)))
    assert (kidney.low, kidney.high, kidney.source) == (low, high, STAGE)
    assert isinstance(kidney.egfr, Unknown)


def test_a_number_goes_before_a_stage_and_a_stage_before_a_stale_number() -> None:
    fresh = assess_kidney(case(aged(75), egfr(70), problems=(has("ckd-4"),)))
    assert fresh.egfr == Known(70)
    stale = assess_kidney(case(aged(75), egfr(70, day(500)), problems=(has("ckd-4"),)))
    assert (stale.source, stale.below(30)) == (STAGE, True)


@pytest.mark.parametrize("problem", [has("ckd-1"), has("ckd-2"), has("ckd-unspecified"), has("ckd-4", "history")])
def test_a_stage_that_says_little_or_is_over_reassures_nobody(problem: object) -> None:
    kidney = assess_kidney(case(aged(75), problems=(problem,)))  # type: ignore[arg-type]
    assert (kidney.low, kidney.high) == (None, None)


def test_the_worst_of_several_stages_counts() -> None:
    assert assess_kidney(case(aged(75), problems=(has("ckd-3"), has("ckd-4")))).high == 29


@pytest.mark.parametrize(("days", "expected"), [(0, True), (90, True), (91, False)])
def test_a_dialysis_session_counts_for_90_days(days: int, expected: bool) -> None:
    assert assess_kidney(case(aged(75), procedures=(done("dialysis", day(days)),))).dialysis is expected


def test_dialysis_is_seen_in_conditions_and_running_procedures_but_not_in_plans() -> None:
    assert assess_kidney(case(aged(75), problems=(has("dialysis"),))).dialysis
    assert assess_kidney(case(aged(75), problems=(has("esrd"),))).dialysis
    assert not assess_kidney(case(aged(75), problems=(has("dialysis", "history"),))).dialysis
    assert assess_kidney(case(aged(75), procedures=(done("dialysis", None, "in-progress"),))).dialysis
    assert not assess_kidney(case(aged(75), procedures=(done("dialysis", day(-3), "planned"),))).dialysis


def test_a_dialysis_without_a_date_is_said_and_not_counted() -> None:
    kidney = assess_kidney(case(aged(75), procedures=(done("dialysis", None),)))
    assert not kidney.dialysis
    assert Unknown(Reason.UNREADABLE, "a dialysis without a date") in kidney.problems


# -- when to measure again ------------------------------------------------------------------------------------------


def test_risk_comes_with_age_or_a_condition() -> None:
    assert not at_risk(case(aged(64)))
    assert at_risk(case(aged(65)))
    assert at_risk(case(aged(40), problems=(has("diabetes"),)))
    assert not at_risk(case(NO_BIRTH))


@pytest.mark.parametrize(
    ("days", "risk", "setting", "due"),
    [
        (92, True, Setting.COMMUNITY, False),  # 10 March, three months to the day
        (93, True, Setting.COMMUNITY, True),
        (300, False, Setting.COMMUNITY, False),
        (3, False, Setting.INPATIENT, False),
        (4, False, Setting.INPATIENT, True),
    ],
)
def test_a_value_is_due_for_repetition(days: int, risk: bool, setting: Setting, due: bool) -> None:
    patient = case(aged(50), creatinine(1.0, day(days)), setting=setting)
    assert recheck_due(assess_kidney(patient), patient, risk=risk) is due


def test_without_any_value_one_is_due() -> None:
    patient = case(aged(50))
    assert recheck_due(assess_kidney(patient), patient, risk=False)


def test_today_is_the_cases_day() -> None:
    assert case(aged(50)).as_of == TODAY


def test_an_old_value_beside_a_current_one_is_no_problem() -> None:
    kidney = assess_kidney(case(aged(75), creatinine(2.5), creatinine(2.4, day(500))))
    assert (kidney.egfr, kidney.problems) == (Known(26), ())


def test_from_18_on_a_height_may_be_of_any_age() -> None:
    body = (lab("body-weight", 70), lab("body-height", 175, day(1500)))
    grown = born(date(2008, 6, 10))  # 18 today
    assert isinstance(assess_kidney(case(grown, creatinine(1.0), *body)).crcl, Known)
