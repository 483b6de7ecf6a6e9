"""When a pump for intrathecal drugs must be, will be, or was refilled, from every place where records tell it.

An Appointment, a request's occurrence, the end of the validity of an intrathecal order, an Observation whose value is a
date, a note with "alarm" or "refill" and a date on the Device or the order; refills done, from Procedures and what was
given. Nothing is judged here: whether a date is overdue, or settled by a later refill, is for the checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from cds.arithmetic.told import recognise
from cds.case import PumpDate, Route, When
from cds.chart import Chart, Coded, MedicationFact, ObservationFact, ProcedureFact
from cds.labs import PUMP_DATE
from cds.terminology import Terminology

MAX_TEXT = 500
PUMP, REFILL, EXPLANT = "intrathecal-pump", "pump-refill", "pump-explant"
REQUESTS = frozenset({"ServiceRequest", "ProcedureRequest", "DeviceRequest", "DeviceUseRequest", "DiagnosticOrder"})
KEPT = frozenset({"fulfilled", "arrived", "checked-in"})
AHEAD = frozenset({"booked", "pending", "proposed", "waitlist", ""})
OPEN = frozenset({"active", "in-progress", "requested", "accepted", "received", "proposed", "planned", "on-hold", ""})
RUNNING = frozenset({"active", "on-hold", ""})
NOT_IN_USE = frozenset({"inactive", "not-available"})
NOT_TRUE = frozenset({"entered-in-error", "cancelled", "not-done"})

_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DATE = re.compile(
    r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)"  # 2026-06-20
    r"|(?<!\d)(\d{1,2})(?:st|nd|rd|th)? " + _MONTH + r",? (\d{4})"  # 20 June 2026
    r"|\b" + _MONTH + r" (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})"  # June 20, 2026
    r"|(?<!\d)(\d{1,2})([./])(\d{1,2})\11(\d{4})(?!\d)"  # 20.06.2026, 06/20/2026
)
_WORD = re.compile(r"(last|previous|prior|no)? ?(re-?filled|refill(?:ing)?|alarms?)\b")


def pump_dates(chart: Chart, terminology: Terminology, as_of: date) -> tuple[PumpDate, ...]:
    """Every date of the pump, the earliest first; of what was entered in error or belongs to another pump none."""
    found = [one for fact in chart.procedures for one in _of_deed(fact, terminology, as_of)]
    found += [one for medicine in chart.medications for one in _of_medicine(medicine, terminology, as_of)]
    found += [one for value in chart.observations for one in _of_observation(value, terminology, as_of)]
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda one: (one.when.last, one.when.first, one.kind, one.source, one.ref)))


# -- procedures, devices, requests, appointments --------------------------------------------------------------------


def _of_deed(fact: ProcedureFact, terminology: Terminology, as_of: date) -> Iterator[PumpDate]:
    about = _about(fact, terminology)
    if not about or fact.status in NOT_TRUE:
        return
    ref = f"{fact.resource_type}/{fact.id}" if fact.id else ""
    if fact.resource_type == "Device":
        if fact.status in NOT_IN_USE:
            return
        yield from _of_notes(fact.notes, fact.dated_notes, ref, as_of)
    elif fact.when is not None:
        kind, source = _kind(fact, about, as_of)
        if kind:
            yield PumpDate(kind, source, fact.when, None, ref)


def _about(fact: ProcedureFact, terminology: Terminology) -> frozenset[str]:
    """The concepts of a deed that are about such a pump; of an appointment its description tells as well."""
    concept = terminology.recognise_procedure(fact.code)
    ids = set(concept.ids)
    words = [concept.label]
    if fact.resource_type == "Appointment":
        for note in fact.notes:
            ids.update(terminology.recognise_procedure(Coded(text=note[:MAX_TEXT])).ids)
            words.append(note)
    if any("insulin" in text.lower() for text in words):
        return frozenset()
    about = ids.intersection((PUMP, REFILL, EXPLANT))
    planned = fact.resource_type in REQUESTS and REFILL not in about
    if planned and any("implant" in text.lower().replace("implanted", "") for text in words):
        return frozenset()  # a pump that is to come needs no refill yet
    return frozenset(about)


def _kind(fact: ProcedureFact, about: frozenset[str], as_of: date) -> tuple[str, str]:
    """What the date of a deed says, and where it was told; "" when it says nothing of a refill."""
    past = fact.when is not None and fact.when.last < as_of
    if EXPLANT in about:
        return "", ""
    if fact.resource_type == "Appointment":
        if fact.status in KEPT:
            return "refilled", "appointment"
        if fact.status == "noshow":
            return "missed", "appointment"
        if past and fact.status in AHEAD:  # many sites never close an appointment: it may have been kept
            return "left-open", "appointment-open"
        return ("booked", "appointment") if fact.status in AHEAD else ("", "")
    if fact.resource_type in REQUESTS:
        if fact.draft or fact.status == "draft":  # the refill is being ordered
            return "booked", "request"
        if fact.status == "completed":
            return "refilled", "request"
        return ("due", "request") if fact.status in OPEN else ("", "")
    return ("refilled", "procedure") if fact.status in ("completed", "in-progress", "") else ("", "")


# -- orders, what was given, observations ---------------------------------------------------------------------------


def _of_medicine(fact: MedicationFact, terminology: Terminology, as_of: date) -> Iterator[PumpDate]:
    telling = fact.validity_end is not None or fact.notes or fact.kind == "administration"
    if not telling or fact.draft or fact.status in NOT_TRUE or not _in_the_spine(fact, terminology):
        return
    ref = f"{fact.resource_type}/{fact.id}" if fact.id else ""
    if fact.kind == "administration":
        given = fact.effective_end or fact.effective_start
        if given is not None and fact.status in ("completed", ""):
            yield PumpDate("refilled", "administration", given, None, ref)
    elif fact.kind == "order" and fact.status in RUNNING:
        if fact.validity_end is not None:
            yield PumpDate("due", "order", fact.validity_end, fact.written, ref)
        yield from _of_notes(fact.notes, fact.dated_notes, ref, as_of)


def _in_the_spine(fact: MedicationFact, terminology: Terminology) -> bool:
    drug = recognise(fact, terminology)
    return drug.route is Route.INTRATHECAL and any(each.id == "baclofen" for each in drug.ingredients)


def _of_observation(fact: ObservationFact, terminology: Terminology, as_of: date) -> Iterator[PumpDate]:
    if fact.status in NOT_TRUE or terminology.lab_kind(fact.code, fact.specimen) != PUMP_DATE:
        return
    if "insulin" in fact.code.text.lower() or any("insulin" in one.display.lower() for one in fact.code.codings):
        return
    ref = f"Observation/{fact.id}" if fact.id else ""
    days = [fact.value_when] if fact.value_when is not None else [day for _, day in _dates(fact.value_text)]
    for day in days:
        yield PumpDate("due", "observation", day, fact.when, ref)


# -- words ------------------------------------------------------------------------------------------------------------


def _of_notes(notes: Iterable[str], dated: Iterable[tuple[str, When]], ref: str, as_of: date) -> Iterator[PumpDate]:
    made = dict(dated)
    for note in notes:
        text = " ".join(note[:MAX_TEXT].lower().split())
        if "insulin" in text or ("refill" not in text and "alarm" not in text):
            continue
        days = _dates(text)
        for at, day in days:
            kind = _said_of(text, at, days)
            if kind:
                yield PumpDate(kind, "note", day, made.get(note), ref)
        if not days and note in made:
            yield from _by_its_own_date(text, made[note], ref, as_of)


def _by_its_own_date(text: str, made: When, ref: str, as_of: date) -> Iterator[PumpDate]:
    """A note without a date in its words: a plan carries its day as its own; one of the past tells what happened."""
    words = [match.groups() for match in _WORD.finditer(text)]
    if any(before == "no" for before, _ in words):
        return
    if made.first > as_of:
        yield PumpDate("due", "note", made, made, ref)
    elif any(word.endswith("filled") for _, word in words):
        yield PumpDate("refilled", "note", made, made, ref)
    elif any(word.startswith("alarm") for _, word in words):
        yield PumpDate("due", "note", made, made, ref)


def _said_of(text: str, at: tuple[int, int], days: list[tuple[tuple[int, int], When]]) -> str:
    """What the words nearest to a date make of it: those before it, back to the date before; else those after it."""
    start = max((end for (_, end), _ in days if end <= at[0]), default=0)
    stop = min((first for (first, _), _ in days if first >= at[1]), default=len(text))
    before = list(_WORD.finditer(text[start : at[0]]))
    after = list(_WORD.finditer(text[at[1] : stop]))
    if not before and not after:
        return ""
    lead, word = before[-1].groups() if before else after[0].groups()
    if lead == "no":
        return ""
    return "refilled" if word.endswith("filled") or lead is not None else "due"


def _dates(text: str) -> list[tuple[tuple[int, int], When]]:
    """Every date in words with its place. Of 05/06/2026 nobody can tell the order: it is either of the two days."""
    found = []
    for match in _DATE.finditer(text[:MAX_TEXT].lower()):
        day = _day(match)
        if day is not None:
            found.append((match.span(), day))
    return found


def _day(match: re.Match[str]) -> When | None:
    y1, m1, d1, d2, mon2, y2, mon3, d3, y3, a4, dot, b4, y4 = match.groups()
    if y1:
        return _when(int(y1), int(m1), int(d1))
    if y2:
        return _when(int(y2), _MONTHS[mon2[:3]], int(d2))
    if y3:
        return _when(int(y3), _MONTHS[mon3[:3]], int(d3))
    first, second = _when(int(y4), int(b4), int(a4)), _when(int(y4), int(a4), int(b4))
    if dot == "." or second is None:  # 20.06.2026 is day first everywhere
        return first
    if first is None:
        return second
    return When(min(first.first, second.first), max(first.last, second.last))


def _when(year: int, month: int, day: int) -> When | None:
    try:
        return When(date(year, month, day), date(year, month, day))
    except ValueError:  # a month 13 or a 31st of February
        return None
