"""Every form of a FHIR Timing gives times per day, or says why it does not."""

from __future__ import annotations

from datetime import date

import pytest

from cds.arithmetic.timing import pace_of
from cds.case import Known, Reason, Unknown, When
from cds.chart import Coded, Coding, Timing
from tests.unit.arithmetic.dosages import every, gts, per_day


def times(timing: Timing) -> tuple[float, float] | str | None:
    found = pace_of(timing)
    if found is None:
        return None
    return found.reason.value if isinstance(found, Unknown) else (round(found.value.low, 6), round(found.value.high, 6))


@pytest.mark.parametrize(
    ("timing", "expected"),
    [
        (per_day(3), (3, 3)),
        (per_day(1, frequency_max=3), (1, 3)),
        (Timing(frequency_max=3, period=1, period_unit="d"), (1, 3)),
        (Timing(frequency=1, period=3.0, period_unit="d"), (0.333333, 0.333333)),
        (Timing(frequency=1, period=12.0, period_unit="h"), (2, 2)),
        (every(6), (4, 4)),
        (every(4, period_max=6), (4, 6)),
        (every(90, "min"), (16, 16)),
        (every(30, "min"), (48, 48)),
        (Timing(period=8, period_unit="h"), (3, 3)),  # FHIR: once per period when frequency is not said
        (Timing(frequency=2, period=1, period_unit="wk"), (0.285714, 0.285714)),
        (Timing(frequency=1, period=1, period_unit="mo"), (0.032854, 0.032854)),
        (Timing(frequency=0.5, period=1, period_unit="d"), (0.5, 0.5)),
        (Timing(frequency=3, period=1, period_unit="day"), (3, 3)),
        (Timing(time_of_day=("08:00:00",)), (1, 1)),
        (Timing(time_of_day=("08:00:00", "14:00:00", "20:00:00")), (3, 3)),
        (Timing(time_of_day=("08:00:00", "08:00:00")), (1, 1)),
        (per_day(1, time_of_day=("08:00:00", "20:00:00")), (2, 2)),  # each of these, every day
        (Timing(when=("MORN",)), (1, 1)),
        (Timing(when=("HS",)), (1, 1)),
        (Timing(when=("MORN", "NOON", "HS")), (3, 3)),
        (Timing(when=("MORN", "MORN")), (1, 1)),
        (Timing(when=("MORN.early",)), (1, 1)),
        (Timing(when=("ACM", "PCV")), (2, 2)),
        (Timing(when=("CM", "CD", "CV")), (3, 3)),
        (Timing(when=("AC",)), (3, 3)),
        (Timing(when=("C",)), (3, 3)),
        (per_day(1, when=("AC",)), (1, 1)),  # once per day, before a meal
        (per_day(3, when=("C",)), (3, 3)),
        (per_day(1, when=("MORN", "HS")), (2, 2)),
        (every(2, "d", when=("MORN",)), (0.5, 0.5)),
        (per_day(4, when=("MORN", "HS")), (2, 4)),  # two statements: both kept
        (per_day(2, when=("MORN", "NOON", "HS")), (2, 3)),
        (gts("QD"), (1, 1)), (gts("BID"), (2, 2)), (gts("TID"), (3, 3)), (gts("QID"), (4, 4)), (gts("AM"), (1, 1)),
        (gts("PM"), (1, 1)), (gts("BED"), (1, 1)), (gts("QOD"), (0.5, 0.5)), (gts("Q4H"), (6, 6)), (gts("Q6H"), (4, 4)),
        (gts("Q8H"), (3, 3)), (gts("Q12H"), (2, 2)), (gts("Q24H"), (1, 1)), (gts("WK"), (0.142857, 0.142857)),
        (gts("MO"), (0.032854, 0.032854)), (gts("bid"), (2, 2)),
        (Timing(codes=Coded(text="BID")), (2, 2)),
        (Timing(codes=Coded((Coding("urn:vendor", "1234", "TID"),))), (3, 3)),
        (Timing(codes=Coded((Coding("urn:vendor", "1234", "TID"), Coding("urn:other", "9")))), (3, 3)),
        (per_day(2, codes=Coded(text="BID")), (2, 2)),
        (per_day(1, codes=Coded(text="QD"), day_of_week=("mon",)), (0.142857, 1)),
        (Timing(count=1), (1, 1)),
        (Timing(frequency=1, count=1), (1, 1)),
        (Timing(count=1, when=("AC",)), (1, 1)),
        (Timing(events=(When(date(2026, 6, 1), date(2026, 6, 1)),)), (1, 1)),
        (Timing(events=(When(date(2026, 6, 1), date(2026, 6, 1)),) * 2), (2, 2)),
        (Timing(events=(When(date(2026, 6, 1), date(2026, 6, 1)), When(date(2026, 6, 2), date(2026, 6, 2)))), (1, 1)),
        (Timing(day_of_week=("mon", "thu")), (0.285714, 1)),
    ],
)  # fmt: skip
def test_times_per_day(timing: Timing, expected: tuple[float, float]) -> None:
    assert times(timing) == expected


@pytest.mark.parametrize(
    ("timing", "reason"),
    [
        (Timing(frequency=3), "dose-unknown"),  # per what?
        (Timing(frequency=1, count=2), "dose-unknown"),
        (Timing(frequency=3, period_unit="d"), "dose-unknown"),
        (Timing(frequency=3, day_of_week=("mon",)), "dose-unknown"),
        (Timing(frequency=3, period=1), "unit"),
        (Timing(frequency=3, period=1, period_unit="fortnight"), "unit"),
        (Timing(frequency=0, period=1, period_unit="d"), "unreadable"),
        (Timing(frequency=-2, period=1, period_unit="d"), "unreadable"),
        (Timing(frequency=float("nan"), period=1, period_unit="d"), "unreadable"),
        (Timing(frequency=1, period=0, period_unit="h"), "unreadable"),
        (Timing(frequency=1, period=float("inf"), period_unit="h"), "unreadable"),
        (every(5, "min"), "unreadable"),  # 288 a day: a slip
        (Timing(when=("SOMETIME",)), "dose-unknown"),
        (per_day(3, codes=Coded(text="QD")), "conflict"),
        (Timing(frequency=5, when=("MORN", "HS")), "conflict"),
    ],
)
def test_what_is_no_frequency_is_refused(timing: Timing, reason: str) -> None:
    assert times(timing) == reason


@pytest.mark.parametrize(
    "timing",
    [
        Timing(), Timing(count=90), Timing(duration=30, duration_unit="min"), gts("JB"), gts("JE"),
        Timing(codes=Coded((Coding("urn:vendor", "1234"),))),
    ],
)  # fmt: skip
def test_a_timing_that_does_not_say_how_often_says_nothing(timing: Timing) -> None:
    assert times(timing) is None


def test_one_hundred_a_day_is_the_most_that_is_believed() -> None:
    assert times(per_day(100)) == (100, 100)
    assert times(per_day(101)) == Reason.UNREADABLE.value


def test_on_some_days_of_the_week_low_is_the_mean_and_high_the_day_it_is_taken() -> None:
    assert times(per_day(3, day_of_week=("mon", "wed", "fri"))) == (round(9 / 7, 6), 3)
    assert times(per_day(3, day_of_week=("mon", "tue", "wed", "thu", "fri", "sat", "sun"))) == (3, 3)


def test_days_of_the_week_beside_a_weekly_frequency_only_say_which() -> None:
    assert times(Timing(frequency=1, period=1, period_unit="wk", day_of_week=("mon",))) == (0.142857, 0.142857)


@pytest.mark.parametrize(("timing", "words"), [
    (per_day(3), "3 per day"), (every(6), "every 6 h"), (every(4, period_max=6), "every 4–6 h"),
    (Timing(frequency=2, period=1, period_unit="wk"), "2 per week"), (every(3, "d"), "1 per 3 days"),
    (every(30, "min"), "every 30 min"), (Timing(frequency=2, period=12, period_unit="h"), "2 per 12 h"),
    (Timing(count=1), "one single dose"),
])  # fmt: skip
def test_the_pace_in_words(timing: Timing, words: str) -> None:
    found = pace_of(timing)
    assert isinstance(found, Known)
    assert found.value.words == words
