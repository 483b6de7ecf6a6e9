"""The daily dose from what is coded: every form, through the strength of the product; and what is refused."""

from __future__ import annotations

import math

import pytest

from cds.arithmetic.dose import daily_doses
from cds.case import DailyDose, Drug, Reason
from cds.chart import Amount, DosageFact, Timing
from tests.unit.arithmetic.dosages import (
    NO_STRENGTH,
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
        (DosageFact(dose_low=Amount(5, "mg", "mg", comparator="<"), dose_high=mg(10), timing=TID), "unreadable"),
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
    ("bare", "strength", "expected"),
    [(5, 5, "unit"), (4, 4, "unit"), (3, 3, (27, 27)), (2, 2, (12, 12)), (5, 10, (150, 150))],
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


@pytest.mark.parametrize(("most", "high"), [(24, 24), (25, 48)])
def test_a_bare_maximum_above_24_a_day_limits_nothing(most: float, high: float) -> None:
    every_half_hour = DosageFact(
        dose=mg(1), timing=every(30, "min"), as_needed=True, max_per_period=((Amount(most), DAY),)
    )
    assert dose(one(every_half_hour, drug=product(1))).high == high


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
        (DosageFact(dose_low=Amount(0.5, "tab"), dose_high=Amount(1, "tab"), timing=TID),
            "0.5–1 tablets × 10 mg × 3 per day"),
        (DosageFact(dose=Amount(1, "tab"), timing=TID), "1 tablet × 10 mg × 3 per day"),
        (DosageFact(rate=Amount(48, "mg/24 h"), timing=per_day(2)), "48 mg/day in 2 doses"),
        (DosageFact(rate=Amount(48, "mg/24 h"), timing=per_day(1)), "48 mg/day"),
        (DosageFact(text="6 tablets a day"), "6 tablets × 10 mg per day"),
        (DosageFact(text="3 per day"), "3 tablets × 10 mg per day"),
    ],
)  # fmt: skip
def test_the_working_is_shown_in_words(fact: DosageFact, working: str) -> None:
    assert dose(one(fact)).working == working


def test_a_coded_dose_says_so_and_how_it_is_taken() -> None:
    found = dose(one(DosageFact(dose=Amount(2, "tab"), timing=TID)))
    assert found == DailyDose(60, 60, "mg/d", "2 tablets × 10 mg × 3 per day", "coded", 20, 3)


@pytest.mark.parametrize(("times", "single"), [(1, 48), (3, 16)])
def test_a_total_per_day_given_in_so_many_doses_tells_the_single_dose(times: int, single: float) -> None:
    found = dose(one(DosageFact(rate=Amount(48, "mg/24 h"), timing=per_day(times))))
    assert (found.low, found.high, found.single_high, found.times_per_day) == (48, 48, single, times)


def test_the_same_question_has_the_same_answer_however_often_it_is_asked() -> None:
    facts = [DosageFact(dose=mg(10), timing=TID)]
    assert daily_doses(facts, TABLET) == daily_doses(tuple(facts), TABLET)
