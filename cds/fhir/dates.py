"""FHIR dates, as precise as they were sent.

A FHIR date may be a year, a year and month, a day, or an instant. What is no date, or lies outside 1900-2200 (a typing
error or a "no end" marker such as 9999-12-31), reads as None: the caller then has no date, never a wrong one.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone

from cds.case import When
from cds.fhir.shapes import Period
from cds.memo import remember

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_LONGEST = 40  # characters; no FHIR instant is longer
_PATTERN = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)? ?(Z|[+-]\d{2}:?\d{2})?)?)?)?",
    re.ASCII,
)


def when(text: object) -> When | None:
    """A FHIR date, dateTime or instant; None when it is missing or is no date we can use."""
    if type(text) is not str or len(text) > _LONGEST:
        return None
    return _parse(text)


@remember(8192)
def _parse(text: str) -> When | None:
    found = _PATTERN.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    if not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        return None
    try:
        if day:
            the_day = date(int(year), int(month), int(day))
            at = _instant(the_day, hour, minute, second, zone) if hour else None
            return When(the_day, the_day, at)
        if month:
            return When(
                date(int(year), int(month), 1), date(int(year), int(month), monthrange(int(year), int(month))[1])
            )
        return When(date(int(year), 1, 1), date(int(year), 12, 31))
    except ValueError:  # a month 13 or a 31st of February
        return None


def _instant(day: date, hour: str, minute: str, second: str | None, zone: str | None) -> datetime | None:
    """The moment in UTC; None when the time of day makes no sense (the day itself still stands)."""
    seconds = min(int(second or 0), 59)  # a leap second is written :60
    try:
        local = datetime(day.year, day.month, day.day, int(hour), int(minute), seconds, tzinfo=_zone(zone))
        return local.astimezone(UTC)
    except ValueError:
        return None


def _zone(zone: str | None) -> timezone:
    if zone is None or zone == "Z":
        return UTC
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return timezone(-offset if zone[0] == "-" else offset)


def starts(period: Period | None) -> When | None:
    """Start of a Period."""
    return when(period.start) if period is not None else None


def ends(period: Period | None) -> When | None:
    """End of a Period."""
    return when(period.end) if period is not None else None


def spanning(period: Period | None) -> When | None:
    """A Period as one When: from its start to its end, or whichever of the two was sent."""
    first, last = starts(period), ends(period)
    if first is None or last is None:
        return first or last
    if last.last < first.first:  # sent the wrong way round
        first, last = last, first
    return When(first.first, last.last, last.at)
