"""A FHIR date is as precise as it was sent; what is none reads as none."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from cds.case import When
from cds.fhir.dates import spanning, when
from cds.fhir.shapes import Period

DAY = date(2024, 2, 29)


@pytest.mark.parametrize(
    ("text", "first", "last", "at"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31), None),
        ("2024-02", date(2024, 2, 1), DAY, None),
        ("2024-02-29", DAY, DAY, None),
        (" 2024-02-29 ", DAY, DAY, None),
        ("2024-02-29T23:30:00Z", DAY, DAY, datetime(2024, 2, 29, 23, 30, tzinfo=UTC)),
        ("2024-02-29T23:30:00.123456789+02:00", DAY, DAY, datetime(2024, 2, 29, 21, 30, tzinfo=UTC)),
        ("2024-02-29T23:30-0500", DAY, DAY, datetime(2024, 3, 1, 4, 30, tzinfo=UTC)),
        ("2024-02-29T23:30", DAY, DAY, datetime(2024, 2, 29, 23, 30, tzinfo=UTC)),
        ("2024-02-29 23:30:60", DAY, DAY, datetime(2024, 2, 29, 23, 30, 59, tzinfo=UTC)),
        ("2024-02-29T25:00:00Z", DAY, DAY, None),
        ("2024-02-29T10:00:00+99:00", DAY, DAY, None),
        ("1900", date(1900, 1, 1), date(1900, 12, 31), None),
    ],
)
def test_a_date_keeps_its_precision(text: str, first: date, last: date, at: datetime | None) -> None:
    assert when(text) == When(first, last, at)


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "2024-13", "2024-02-30", "2024-00-01", "1899-12-31", "2201", "9999-12-31", "20240229", "2024-2-9"),
        *(
            "2024-02-29T",
            "2024-02-29x",
            "29.02.2024",
            "2024-W09",
            "٢٠٢٤",
            "2024" * 20,
            None,
            2024,
            2024.5,
            True,
            [],
            {},
        ),
    ],
)
def test_what_is_no_date_we_can_use_is_none(text: Any) -> None:
    assert when(text) is None


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2024-01-01", "2024-02-29", When(date(2024, 1, 1), DAY)),
        ("2024-02-29", "2024-01-01", When(date(2024, 1, 1), DAY)),
        ("2024-02-29", None, When(DAY, DAY)),
        (None, "2024-02-29", When(DAY, DAY)),
        (None, None, None),
    ],
)
def test_a_period_spans_from_its_start_to_its_end(start: Any, end: Any, expected: When | None) -> None:
    assert spanning(Period(start, end)) == expected
