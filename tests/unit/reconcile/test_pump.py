"""Dates of a pump in words: which day, and whether it is due or done."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.case import PumpDate, When
from cds.chart import Chart, Coded, ProcedureFact
from cds.knowledge.load import load_knowledge
from cds.pump import pump_dates

TODAY = date(2026, 6, 10)
TERMS = load_knowledge().terminology


def told(note: str, made: When | None = None) -> list[tuple[str, date, date]]:
    dated = ((note, made),) if made is not None else ()
    fact = ProcedureFact("Device", "p1", "", Coded(text="baclofen pump"), "active", None, (note,), dated_notes=dated)
    found: tuple[PumpDate, ...] = pump_dates(Chart(procedures=[fact]), TERMS, TODAY)
    return [(one.kind, one.when.first, one.when.last) for one in found]


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("Alarm date 2026-06-19", [("due", date(2026, 6, 19), date(2026, 6, 19))]),
        ("refill by 3rd July 2026", [("due", date(2026, 7, 3), date(2026, 7, 3))]),
        ("Refill Jul 3 2026", [("due", date(2026, 7, 3), date(2026, 7, 3))]),
        ("Refilled 01.06.2026", [("refilled", date(2026, 6, 1), date(2026, 6, 1))]),
        ("last refill 2026-06-01", [("refilled", date(2026, 6, 1), date(2026, 6, 1))]),
        ("no alarm 2026-06-01", []),
        ("2026-06-19 refill", [("due", date(2026, 6, 19), date(2026, 6, 19))]),
        ("refill 05/06/2026", [("due", date(2026, 5, 6), date(2026, 6, 5))]),  # May or June: either
        ("refill 2026-02-31", []),
        ("pocket checked 2026-06-19", []),
        (
            "Refilled 2026-03-20; alarm date 2026-06-19",
            [("refilled", date(2026, 3, 20), date(2026, 3, 20)), ("due", date(2026, 6, 19), date(2026, 6, 19))],
        ),
    ],
)
def test_the_words_beside_a_date_say_what_it_is(note: str, expected: list[tuple[str, date, date]]) -> None:
    assert told(note) == expected


def test_a_note_without_a_date_has_its_own() -> None:
    past, ahead = When(date(2026, 6, 8), date(2026, 6, 8)), When(date(2026, 6, 20), date(2026, 6, 20))
    assert told("low reservoir alarm", past) == [("due", past.first, past.last)]
    assert told("refilled", past) == [("refilled", past.first, past.last)]
    assert told("refill discussed", past) == []
    assert told("no alarm", past) == []
    assert told("refill", ahead) == [("due", ahead.first, ahead.last)]


@given(st.text(max_size=600))
def test_no_note_breaks_the_reading(note: str) -> None:
    for kind, first, last in told("refill " + note):
        assert kind in ("due", "refilled")
        assert first <= last
