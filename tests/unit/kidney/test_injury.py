"""Acute kidney injury by KDIGO's creatinine criteria."""

from __future__ import annotations

import pytest

from cds.arithmetic.kidney import assess_kidney
from cds.case import Lab
from tests.unit.kidney.patients import aged, at, case, creatinine, day, has


def rise(*values: Lab) -> tuple[float, float] | None:
    """The two values of the rise found, if any."""
    found = assess_kidney(case(aged(60), *values)).aki
    return None if found is None else (found.earlier.value, found.later.value)


@pytest.mark.parametrize(
    ("before", "after", "hours", "injured"),
    [
        (1.0, 1.3, 47.9, True),
        (0.9, 1.2, 48, True),  # 0.3 in spite of floating point
        (1.0, 1.29, 24, False),
        (1.0, 1.3, 48.1, False),
    ],
)
def test_a_rise_of_0_3_within_48_hours(before: float, after: float, hours: float, injured: bool) -> None:
    assert (rise(creatinine(before, at(hours)), creatinine(after, at(0))) is not None) is injured


def test_26_5_micromoles_are_the_same_limit_in_si_units() -> None:
    assert rise(creatinine(80 / 88.42, at(20)), creatinine(106.5 / 88.42, at(0))) is not None
    assert rise(creatinine(80 / 88.42, at(20)), creatinine(106 / 88.42, at(0))) is None


def test_without_a_clock_two_days_are_48_hours() -> None:
    assert rise(creatinine(1.0, day(2)), creatinine(1.3, day(0))) == (1.0, 1.3)
    assert rise(creatinine(1.0, day(3)), creatinine(1.3, day(0))) is None


@pytest.mark.parametrize(
    ("before", "after", "days", "injured"),
    [(0.6, 0.9, 7, True), (0.6, 0.9, 8, False), (0.6, 0.89, 7, False), (1.0, 1.49, 5, False), (1.0, 1.5, 5, True)],
)
def test_half_again_as_much_within_7_days(before: float, after: float, days: int, injured: bool) -> None:
    assert (rise(creatinine(before, day(days)), creatinine(after, day(0))) is not None) is injured


def test_the_lowest_value_of_the_week_is_the_baseline_shown() -> None:
    values = (creatinine(1.2, day(6)), creatinine(0.9, day(4)), creatinine(1.1, day(3)), creatinine(1.8, day(0)))
    assert rise(*values) == (0.9, 1.8)


def test_a_fall_is_no_injury() -> None:
    assert rise(creatinine(1.8, day(1)), creatinine(0.9, day(0))) is None


def test_a_rise_that_has_not_come_back_still_counts() -> None:
    values = (creatinine(1.0, day(5)), creatinine(1.4, day(3)), creatinine(1.35, day(0)))
    assert rise(*values) == (1.0, 1.4)


def test_a_rise_that_has_come_back_is_over() -> None:
    assert rise(creatinine(1.0, day(5)), creatinine(1.4, day(3)), creatinine(1.1, day(0))) is None


@pytest.mark.parametrize(("days", "injured"), [(30, True), (31, False)])
def test_a_rise_without_a_later_value_counts_for_30_days(days: int, injured: bool) -> None:
    assert (rise(creatinine(1.0, day(days + 1)), creatinine(1.6, day(days))) is not None) is injured


def test_values_that_do_not_count_make_no_rise() -> None:
    assert rise(creatinine(1.0, at(20)), creatinine(2.0, at(1), status="preliminary")) is None
    assert rise(creatinine(1.0, at(20)), creatinine(88.0, at(1))) is None
    assert rise(creatinine(1.0, at(20), comparator="<"), creatinine(2.0, at(1))) is None


def test_an_active_acute_injury_on_the_problem_list_is_named() -> None:
    kidney = assess_kidney(case(aged(60), problems=(has("aki"),)))
    assert kidney.injured
    assert kidney.aki_condition is not None
    assert not assess_kidney(case(aged(60), problems=(has("aki", "history"),))).injured
