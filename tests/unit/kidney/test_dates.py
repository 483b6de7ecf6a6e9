"""Ages and spans, to the day."""

from __future__ import annotations

from datetime import date

import pytest

from cds.arithmetic.dates import age_range, age_years, days_after, months_before, on
from cds.case import When


@pytest.mark.parametrize(
    ("birth", "today", "years"),
    [
        (date(1961, 6, 10), date(2026, 6, 10), 65),
        (date(1961, 6, 11), date(2026, 6, 10), 64),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_a_year_is_completed_on_the_birthday(birth: date, today: date, years: int) -> None:
    assert age_years(birth, today) == years


def test_a_birth_year_allows_two_ages_and_never_a_negative_one() -> None:
    assert age_range(When(date(1961, 1, 1), date(1961, 12, 31)), date(2026, 6, 10)) == (64, 65)
    assert age_range(When(date(2026, 1, 1), date(2026, 12, 31)), date(2026, 6, 10)) == (0, 0)
    assert age_range(on(date(1961, 6, 10)), date(2026, 6, 10)) == (65, 65)


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 6, 10), 12, date(2025, 6, 10)),
        (date(2026, 5, 31), 3, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
    ],
)
def test_months_before_end_on_the_last_day_of_a_shorter_month(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


def test_days_that_lead_beyond_the_calendar_end_on_its_last_day() -> None:
    assert days_after(date(2026, 6, 10), 30) == date(2026, 7, 10)
    assert days_after(date(2026, 6, 10), 1e9) == date.max
