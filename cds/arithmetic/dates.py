"""Ages and spans of time, to the day."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from functools import lru_cache

from cds.case import When


def on(day: date) -> When:
    """A ``When`` of exactly one day."""
    return When(first=day, last=day)


def age_years(birth: date, today: date) -> int:
    """Completed years of life. Who was born on 29 February completes a year on 1 March of a common year."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def age_range(birth: When, today: date) -> tuple[int, int]:
    """Completed years today, (youngest, oldest) that the birth date as sent allows; the two are equal for a full date.

    A birth date of this very month or year may lie partly ahead: the youngest is then 0, never less.
    """
    return max(0, age_years(birth.last, today)), age_years(birth.first, today)


@lru_cache(maxsize=64)
def months_before(day: date, months: int) -> date:
    """The same day some months earlier; the last day of that month if it is shorter."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def days_after(day: date, days: float) -> date:
    """The day that lies some days later, part days dropped; the last day Python knows if it would be beyond."""
    try:
        return day + timedelta(days=int(days))
    except OverflowError:
        return date.max
