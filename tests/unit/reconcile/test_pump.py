"""Dates of a pump in words: which day, and whether it is due or done."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cds.case import PumpDate, When
from cds.chart import Chart, Coded, Coding, DosageFact, MedicationFact, ObservationFact, ProcedureFact
from cds.knowledge.load import load_knowledge
from cds.pump import pump_dates
from tests.unit.reconcile.facts import BACLOFEN, ago, build, medicine

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


def of(fact: ProcedureFact | MedicationFact | ObservationFact) -> list[tuple[str, str]]:
    """Kind and source of what one resource tells."""
    if isinstance(fact, MedicationFact):
        chart = Chart(medications=[fact])
    elif isinstance(fact, ObservationFact):
        chart = Chart(observations=[fact])
    else:
        chart = Chart(procedures=[fact])
    return [(one.kind, one.source) for one in pump_dates(chart, TERMS, TODAY)]


SOON = When(date(2026, 6, 19), date(2026, 6, 19))
REFILL = Coded(text="Intrathecal baclofen pump refill")


def test_a_refill_that_is_being_ordered_is_booked_and_one_completed_is_done() -> None:
    request = ProcedureFact("ServiceRequest", "s1", "", REFILL, "active", SOON)
    assert of(request) == [("due", "request")]
    assert of(replace(request, status="draft")) == [("booked", "request")]
    assert of(replace(request, draft=True)) == [("booked", "request")]
    assert of(replace(request, status="completed")) == [("refilled", "request")]


def test_only_what_was_given_refills_a_pump() -> None:
    spinal = {"dosages": (DosageFact(route=Coded(text="intrathecal")),), "effective_start": SOON}
    given = medicine("baclofen 2 mg/mL injection", "a1", "administration", "completed", **spinal)
    assert of(given) == [("refilled", "administration")]
    assert of(replace(given, status="in-progress")) == []
    noted = medicine("baclofen 2 mg/mL injection", "s1", "statement", notes=("refill 2026-06-19",), **spinal)
    assert of(noted) == []


def test_an_insulin_pump_is_another_pump() -> None:
    date_of = ObservationFact("o1", "", Coded(text="Pump refill due date"), "final", value_when=SOON)
    assert of(date_of) == [("due", "observation")]
    insulin = Coded((Coding("", "", "insulin pump"),), "Pump refill due date")
    assert of(replace(date_of, code=insulin)) == []


def test_a_date_without_a_word_of_its_own_is_no_refill() -> None:
    day = date(2026, 6, 19)
    assert told("refill 2026-06-19 2026-06-20 2026-06-21") == [("due", day, day)]


def test_the_last_day_of_tablets_is_no_day_of_a_pump() -> None:
    tablets = medicine(BACLOFEN, "m1", written=ago(20), validity_end=ago(-10), notes=("refill 20 June 2026",))
    assert build(tablets).pump_dates == ()
