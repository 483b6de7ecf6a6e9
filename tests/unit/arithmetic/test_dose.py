"""The daily dose from what is coded: every form, through the strength of the product; and what is refused."""

from __future__ import annotations

import math

import pytest

from cds.arithmetic.dose import daily_doses
from cds.case import DailyDose, Drug, Known, Reason, Route
from cds.chart import Amount, DosageFact, Timing
from tests.unit.arithmetic.dosages import (
    COMBINATION,
    NO_STRENGTH,
    PATCH,
    PUMP,
    SOLUTION,
    TABLET,
    dose,
    ends,
    every,
    mg,
    one,
    per_day,
    product,
    unknown,
)

TID = per_day(3)
DAY = Amount(1, "d", "d")


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (DosageFact(dose=mg(10), timing=TID), (30, 30)),
        (DosageFact(dose=Amount(2, "tablet", "{tbl}"), timing=TID), (60, 60)),
        (DosageFact(dose=Amount(0.5, "TAB"), timing=TID), (15, 15)),
        (DosageFact(dose=Amount(1), timing=TID), (30, 30)),
        (DosageFact(dose=Amount(1, "1", "1"), timing=TID), (30, 30)),
        (DosageFact(dose=Amount(1, "dose", "{dose}"), timing=TID), (30, 30)),
        (DosageFact(dose=Amount(5000, "ug", "ug"), timing=TID), (15, 15)),
        (DosageFact(dose=Amount(0.01, "g", "g"), timing=TID), (30, 30)),
        (DosageFact(dose_low=mg(5), dose_high=mg(10), timing=TID), (15, 30)),
        (DosageFact(dose_low=Amount(1, "tab"), dose_high=Amount(2, "tab"), timing=TID), (30, 60)),
        (DosageFact(dose_high=mg(10), timing=TID), (0, 30)),
        (DosageFact(dose=mg(10), timing=every(4, period_max=6)), (40, 60)),
        (DosageFact(dose_low=mg(5), dose_high=mg(10), timing=per_day(2, frequency_max=3)), (10, 30)),
        (DosageFact(dose=mg(70), timing=every(1, "wk")), (10, 10)),
        (DosageFact(dose=mg(0.1), timing=TID), (0.3, 0.3)),
        (DosageFact(rate=Amount(2, "mg/h", "mg/h")), (48, 48)),
        (DosageFact(rate=Amount(2, "mg/h"), timing=per_day(1, duration=4, duration_unit="h")), (8, 8)),
        (DosageFact(rate=Amount(48, "mg/24 h")), (48, 48)),
        (DosageFact(rate_low=Amount(1, "mg/h"), rate_high=Amount(2, "mg/h")), (24, 48)),
        (DosageFact(dose=Amount(1, "mg/h", "mg/h")), (24, 24)),
        (DosageFact(dose_low=Amount(500, "ug"), dose_high=mg(1), timing=TID), (1.5, 3)),
        (DosageFact(rate=Amount(2, "mg/h"), as_needed=True, max_per_period=((mg(20), DAY),)), (0, 20)),
        (DosageFact(rate=Amount(2, "mg/h"), as_needed=True, max_per_period=((Amount(2, "dose"), DAY),)), (0, 48)),
        (DosageFact(dose=mg(10), timing=per_day(3, bounds_duration=Amount(3, "fortnight"))), (30, 30)),
        (DosageFact(dose=mg(10), timing=TID, rate=None, max_per_administration=mg(5)), (30, 30)),  # a plain dose stays
        (DosageFact(dose_low=mg(5), dose_high=mg(20), timing=TID, max_per_administration=mg(10)), (15, 30)),
    ],
)
def test_low_and_high_per_day_of_a_10_mg_tablet(fact: DosageFact, expected: tuple[float, float]) -> None:
    assert ends(one(fact)) == expected


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        (DosageFact(), "dose-unknown"),
        (DosageFact(dose=mg(10)), "dose-unknown"),  # how often?
        (DosageFact(timing=TID), "dose-unknown"),  # how much?
        (DosageFact(dose=mg(10), timing=Timing(count=90)), "dose-unknown"),
        (DosageFact(dose=Amount(None, "mg"), timing=TID), "dose-unknown"),
        (DosageFact(dose_low=mg(5), timing=TID), "dose-unknown"),
        (DosageFact(rate_low=Amount(1, "mg/h")), "dose-unknown"),
        (DosageFact(dose=Amount(0.1, "mg/kg", "mg/kg"), timing=TID), "dose-unknown"),
        (DosageFact(dose=Amount(0.1, "mg/kg", "mg"), timing=TID), "dose-unknown"),
        (DosageFact(dose=Amount(5, "mg/m2"), timing=TID), "dose-unknown"),
        (DosageFact(rate=Amount(1, "ug/kg/min")), "dose-unknown"),
        (DosageFact(dose=mg(10), as_needed=True), "dose-unknown"),
        (DosageFact(dose=Amount(5, "mL"), timing=TID), "dose-unknown"),  # no strength per mL
        (DosageFact(dose=Amount(1, "patch", "{patch}"), timing=TID), "dose-unknown"),
        (DosageFact(dose=Amount(1, "{foo}", "{foo}"), timing=TID), "unit"),
        (DosageFact(dose=Amount(5, "[drp]", "[drp]"), timing=TID), "unit"),
        (DosageFact(dose=Amount(5, "units"), timing=TID), "unit"),
        (DosageFact(dose=Amount(20), timing=TID), "unit"),  # tablets or mg?
        (DosageFact(dose=Amount(10), timing=TID), "unit"),
        (DosageFact(rate=Amount(5)), "unit"),
        (DosageFact(dose_low=Amount(1, "{foo}"), dose_high=mg(2), timing=TID), "unit"),
        (DosageFact(rate_low=Amount(1, "foo/h"), rate_high=Amount(2, "mg/h")), "unit"),
        (DosageFact(rate=Amount(5, "mL/h")), "dose-unknown"),
        (DosageFact(rate=Amount(5, "mL")), "unit"),
        (DosageFact(rate=Amount(2, "mg/h"), timing=per_day(1, duration=4, duration_unit="")), "unit"),
        (DosageFact(dose=mg(-1), timing=TID), "unreadable"),
        (DosageFact(dose=mg(0), timing=TID), "unreadable"),
        (DosageFact(dose=mg(math.nan), timing=TID), "unreadable"),
        (DosageFact(dose=mg(math.inf), timing=TID), "unreadable"),
        (DosageFact(dose=mg(1e7), timing=TID), "unreadable"),
        (DosageFact(dose=Amount(10, "mg", comparator="<"), timing=TID), "unreadable"),
        (DosageFact(dose_low=mg(10), dose_high=mg(5), timing=TID), "unreadable"),
        (DosageFact(dose_low=Amount(5, "g"), dose_high=mg(10), timing=TID), "unreadable"),
        (DosageFact(rate=Amount(-1, "mg/h")), "unreadable"),
        (DosageFact(rate=Amount(0, "mg/h")), "unreadable"),
        (DosageFact(rate=Amount(None, "mg/h")), "unreadable"),
        (DosageFact(rate=Amount(2, "mg/h"), timing=per_day(1, duration=-4, duration_unit="h")), "unreadable"),
        (DosageFact(dose=mg(10), timing=every(1, "min")), "unreadable"),
        (DosageFact(dose=Amount(10, "mcg", "mg"), timing=TID), "conflict"),
        (DosageFact(dose_low=Amount(1, "tab"), dose_high=mg(10), timing=TID), "conflict"),
        (DosageFact(dose_low=mg(1), dose_high=Amount(2), timing=TID), "conflict"),
        (DosageFact(rate_low=Amount(1, "mg/h"), rate_high=Amount(2, "mg/d")), "conflict"),
        (DosageFact(rate=Amount(1, "mg/h", "ug/h")), "conflict"),
    ],
)
def test_what_is_not_said_plainly_is_refused(fact: DosageFact, reason: str) -> None:
    assert ends(one(fact)) == reason


def test_no_dosage_at_all_is_no_dose() -> None:
    unknown(one(), Reason.DOSE_UNKNOWN)


def test_a_medicine_that_is_none_of_ours_has_no_doses() -> None:
    assert daily_doses([DosageFact(dose=mg(10), timing=TID)], Drug(label="lisinopril")) == ()


# bare numbers


@pytest.mark.parametrize(
    ("bare", "expected"), [(1, (30, 30)), (2, (60, 60)), (6, (180, 180)), (7, "unit"), (10, "unit")]
)
def test_a_bare_number_counts_tablets_and_never_mg(bare: float, expected: tuple[float, float] | str) -> None:
    assert ends(one(DosageFact(dose=Amount(bare), timing=TID))) == expected


@pytest.mark.parametrize(
    ("bare", "strength", "expected"), [(5, 5, "unit"), (4, 4, "unit"), (2, 2, (12, 12)), (5, 10, (150, 150))]
)
def test_a_bare_number_that_equals_the_strength_is_not_guessed(
    bare: float, strength: float, expected: tuple[float, float] | str
) -> None:
    assert ends(one(DosageFact(dose=Amount(bare), timing=TID), drug=product(strength))) == expected


@pytest.mark.parametrize("amount", [Amount(1), Amount(1, "tablet"), Amount(5, "mL"), Amount(1, "dose", "{dose}")])
def test_a_count_without_the_strength_of_the_product_is_unknown(amount: Amount) -> None:
    detail = unknown(one(DosageFact(dose=amount, timing=TID), drug=NO_STRENGTH), Reason.DOSE_UNKNOWN)
    assert "strength" in detail


def test_a_dose_in_mg_needs_no_strength() -> None:
    assert ends(one(DosageFact(dose=mg(10), timing=TID), drug=NO_STRENGTH)) == (30, 30)


# as needed


def test_as_needed_counts_from_nothing_to_its_frequency() -> None:
    found = dose(one(DosageFact(dose=mg(10), timing=TID, as_needed=True)))
    assert (found.low, found.high, found.prn, found.prn_max_given) == (0, 30, True, False)


@pytest.mark.parametrize(
    ("most", "high"),
    [
        ((mg(20), DAY), 20),
        ((mg(20), Amount(24, "h", "h")), 20),
        ((Amount(2, "tablets", "{tbl}"), DAY), 20),
        ((Amount(2), DAY), 20),
        ((Amount(2, "dose", "{dose}"), DAY), 20),
        ((mg(5), Amount(6, "h", "h")), 20),
        ((mg(500), DAY), 30),
        ((mg(70), Amount(1, "wk", "wk")), 30),  # a weekly maximum does not limit one day
        ((Amount(25), DAY), 30),  # tablets or mg? limits nothing
        ((Amount(2, "{foo}"), DAY), 30),
        ((mg(20), Amount(1, "fortnight")), 30),
        ((mg(math.nan), DAY), 30),
        ((mg(0), DAY), 30),
        ((Amount(5, "mL"), DAY), 30),
    ],
)
def test_a_maximum_per_day_lowers_the_high_end_of_as_needed(most: tuple[Amount, Amount], high: float) -> None:
    found = dose(one(DosageFact(dose=mg(10), timing=TID, as_needed=True, max_per_period=(most,))))
    assert (found.low, found.high) == (0, high)


def test_of_several_maxima_the_lowest_counts() -> None:
    most = ((mg(25), DAY), (Amount(2, "tab"), DAY), (mg(60), Amount(1, "wk", "wk")))
    found = dose(one(DosageFact(dose=mg(10), timing=every(4), as_needed=True, max_per_period=most)))
    assert (found.high, found.prn_max_given, found.times_per_day) == (20, True, 2)


def test_as_needed_with_a_maximum_needs_no_frequency() -> None:
    found = dose(one(DosageFact(dose=mg(10), as_needed=True, max_per_period=((mg(40), DAY),))))
    assert (found.low, found.high, found.times_per_day, found.single_high) == (0, 40, None, 10)


def test_a_maximum_lowers_the_top_of_a_range_but_never_a_plain_scheduled_dose() -> None:
    """An order for more than its own maximum is shown as ordered: that is what could be given."""
    most = ((mg(40), DAY),)
    assert ends(one(DosageFact(dose=mg(20), timing=TID, max_per_period=most))) == (60, 60)
    assert ends(one(DosageFact(dose_low=mg(10), dose_high=mg(20), timing=TID, max_per_period=most))) == (30, 40)


# single doses, averages


def test_a_count_of_one_is_one_single_dose() -> None:
    found = dose(one(DosageFact(dose=mg(10), timing=Timing(count=1))))
    assert (found.low, found.high, found.working) == (10, 10, "10 mg, one single dose")


def test_less_than_daily_is_averaged_and_the_single_dose_kept() -> None:
    found = dose(one(DosageFact(dose=mg(70), timing=every(1, "wk"))))
    assert (found.high, found.single_high, found.times_per_day) == (10, 70, pytest.approx(1 / 7))


# patches, pumps, liquids, combinations


@pytest.mark.parametrize(
    "fact",
    [
        DosageFact(dose=Amount(1, "patch", "{patch}"), timing=every(72)),
        DosageFact(dose=Amount(1), timing=every(72)),
        DosageFact(dose=Amount(1, "patch", "{patch}")),  # delivers per hour whenever it is changed
        DosageFact(dose=Amount(25, "ug/h", "ug/h"), timing=every(72)),
        DosageFact(dose=Amount(25, "mcg", "ug"), timing=every(72)),
        DosageFact(rate=Amount(25, "mcg/h"), timing=every(72)),
        DosageFact(rate=Amount(600, "ug/d")),
        DosageFact(text="25 mcg/hr q72h"),
        DosageFact(text="Apply 1 patch every 3 days"),
    ],
)
def test_a_patch_counts_by_what_it_delivers_per_hour(fact: DosageFact) -> None:
    found = dose(one(fact, drug=PATCH))
    assert (found.low, found.high, found.unit) == (25, 25, "ug/h")


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        (DosageFact(dose=Amount(1, "patch", "{patch}"), timing=TID), "dose-unknown"),
        (DosageFact(dose=Amount(25), timing=every(72)), "unit"),
        (DosageFact(dose=mg(10), timing=every(72)), "unit"),
        (DosageFact(dose=Amount(5, "mL"), timing=every(72)), "dose-unknown"),
        (DosageFact(rate=Amount(5, "mL/h")), "unit"),
        (DosageFact(rate=Amount(25, "ug/wk")), "unit"),
    ],
)
def test_a_patch_dosed_in_another_way_is_refused(fact: DosageFact, reason: str) -> None:
    assert ends(one(fact, drug=PATCH)) == reason


def test_a_patch_and_a_counted_dose_in_one_order_are_a_conflict() -> None:
    gel = product(10, route=Route.TRANSDERMAL, form="gel", label="gel")
    rate, count = DosageFact(rate=Amount(25, "ug/h")), DosageFact(dose=Amount(1, "dose"), timing=TID)
    unknown(one(rate, count, drug=gel), Reason.CONFLICT)
    first, then = (
        DosageFact(sequence=1, rate=Amount(25, "ug/h")),
        DosageFact(sequence=2, dose=Amount(1, "dose"), timing=TID),
    )
    unknown(one(first, then, drug=gel), Reason.CONFLICT)
    unknown(one(DosageFact(text="25 mcg/hr and 1 spray at night"), drug=gel), Reason.CONFLICT)


def test_two_patches_deliver_twice_as_much() -> None:
    assert ends(one(DosageFact(dose=Amount(2, "patch"), timing=every(72)), drug=PATCH)) == (50, 50)


def test_a_patch_of_unknown_strength_is_unknown_in_mass() -> None:
    bare = product(None, route=Route.TRANSDERMAL, form="patch", label="fentanyl patch")
    assert ends(one(DosageFact(dose=Amount(25, "mcg"), timing=every(72)), drug=bare)) == "unit"
    assert ends(one(DosageFact(rate=Amount(25, "mcg/h")), drug=bare)) == (25, 25)


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (DosageFact(rate=Amount(100, "ug/d", "ug/d")), (100, 100)),
        (DosageFact(rate=Amount(60, "mcg/h")), (1440, 1440)),
        (DosageFact(rate=Amount(0.1, "mL/d")), (200, 200)),
        (DosageFact(rate=Amount(1, "mg/d")), (1000, 1000)),
        (DosageFact(dose=Amount(300, "ug"), timing=per_day(1)), (300, 300)),
        (DosageFact(dose=Amount(50, "ug"), timing=Timing(count=1)), (50, 50)),
        (DosageFact(dose=mg(1), timing=per_day(1)), (1000, 1000)),
        (DosageFact(text="100 mcg/day intrathecal"), (100, 100)),
        (DosageFact(text="continuous intrathecal infusion 4 mcg/hr"), (96, 96)),
    ],
)
def test_intrathecal_doses_are_in_micrograms_per_day(fact: DosageFact, expected: tuple[float, float]) -> None:
    found = dose(one(fact, drug=PUMP))
    assert ((found.low, found.high), found.unit) == (expected, "ug/d")


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (DosageFact(dose=Amount(10, "mL", "ml"), timing=TID), (30, 30)),
        (DosageFact(dose=Amount(1, "tsp"), timing=TID), (15, 15)),
        (DosageFact(dose=mg(10), timing=TID), (30, 30)),
        (DosageFact(dose=Amount(10), timing=TID), "unit"),  # 10 of what?
        (DosageFact(dose=Amount(1, "tablet"), timing=TID), "unit"),
        (DosageFact(text="5 mL tid"), (15, 15)),
        (DosageFact(text="5 mL (5 mg) tid"), (15, 15)),
        (DosageFact(text="5 mL (10 mg) tid"), "conflict"),
        (DosageFact(text="5 mL of 5 mg/5 mL solution tid"), (15, 15)),
        (DosageFact(text="5 mL of 10 mg/5 mL solution tid"), "conflict"),
        (DosageFact(dose=mg(10), timing=TID, text="5 mL tid"), "conflict"),
    ],
)
def test_liquids_go_by_the_strength_per_ml(fact: DosageFact, expected: tuple[float, float] | str) -> None:
    assert ends(one(fact, drug=SOLUTION)) == expected


def test_each_ingredient_of_a_combination_has_its_own_dose() -> None:
    answers = daily_doses([DosageFact(dose=Amount(2, "tab"), timing=TID)], COMBINATION)
    assert [answer.value.high for answer in answers if isinstance(answer, Known)] == [30, 1950]


@pytest.mark.parametrize(
    "fact", [DosageFact(dose=mg(10), timing=TID), DosageFact(text="10 mg tid"), DosageFact(rate=Amount(5, "mg/h"))]
)
def test_mg_of_a_combination_is_unknown_for_every_ingredient(fact: DosageFact) -> None:
    answers = daily_doses([fact], COMBINATION)
    assert [getattr(answer, "reason", None) for answer in answers] == [Reason.DOSE_UNKNOWN] * 2


@pytest.mark.parametrize(
    "label", ["Acetaminophen 325 MG / Hydrocodone 5 MG Oral Tablet", "hydrocodone-acetaminophen 5-325", "co-codamol"]
)
def test_mg_of_a_combination_of_which_we_know_one_ingredient_is_unknown_too(label: str) -> None:
    assert ends(one(DosageFact(dose=mg(5), timing=TID), drug=product(5, label=label))) == "dose-unknown"


@pytest.mark.parametrize(
    "label",
    [
        "Morphine 15 MG/1 extended-release tablet",
        "Baclofen 10 MG Oral Tablet",
        "Baclofen 5 MG/5 ML",
        "Nitro 0.4 MG/ACTUATION",
    ],
)
def test_a_slash_in_a_strength_makes_no_combination(label: str) -> None:
    assert ends(one(DosageFact(dose=mg(5), timing=TID), drug=product(5, label=label))) == (15, 15)


def test_a_strength_that_makes_no_sense_is_no_strength() -> None:
    assert ends(one(DosageFact(dose=Amount(1, "tab"), timing=TID), drug=product(0))) == "dose-unknown"
    assert ends(one(DosageFact(dose=Amount(1, "tab"), timing=TID), drug=product(5, "mEq"))) == "dose-unknown"


# what is shown


@pytest.mark.parametrize(
    ("fact", "working"),
    [
        (DosageFact(dose=mg(10), timing=TID), "10 mg × 3 per day"),
        (DosageFact(dose=Amount(2, "tab"), timing=per_day(2)), "2 tablets × 10 mg × 2 per day"),
        (DosageFact(dose=Amount(1), timing=per_day(2)), "1 tablet × 10 mg × 2 per day"),
        (DosageFact(dose=mg(0.1), timing=TID), "0.1 mg × 3 per day"),
        (DosageFact(dose=mg(10), timing=every(6)), "10 mg every 6 h"),
        (
            DosageFact(dose_low=mg(5), dose_high=mg(10), timing=per_day(4), as_needed=True),
            "5–10 mg × up to 4 per day, as needed",
        ),
        (DosageFact(rate=Amount(2, "mg/h")), "2 mg/h × 24 h"),
        (DosageFact(text="6 tablets a day"), "6 tablets × 10 mg per day"),
        (DosageFact(text="3 per day"), "3 tablets × 10 mg per day"),
    ],
)  # fmt: skip
def test_the_working_is_shown_in_words(fact: DosageFact, working: str) -> None:
    assert dose(one(fact)).working == working


def test_a_coded_dose_says_so_and_how_it_is_taken() -> None:
    found = dose(one(DosageFact(dose=Amount(2, "tab"), timing=TID)))
    assert found == DailyDose(60, 60, "mg/d", "2 tablets × 10 mg × 3 per day", "coded", 20, 3)


def test_the_same_question_has_the_same_answer_however_often_it_is_asked() -> None:
    facts = [DosageFact(dose=mg(10), timing=TID)]
    assert daily_doses(facts, TABLET) == daily_doses(tuple(facts), TABLET)
