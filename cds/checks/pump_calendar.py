"""Until when the pump of a patient holds out, and whether its refill is booked.

Read from the dates of the case: which due date counts, which one a later refill has settled, which is too old to mean
anything today. A pump that was removed has none.
"""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from cds.case import DrugUse, Known, Procedure, PumpDate, Route
from cds.knowledge.model import Check
from cds.view import View, day

PUMP, EXPLANT = "intrathecal-pump", "pump-explant"
KEYS = ("medications", "devices", "appointments", "requests", "procedures")
_PLACES = {
    "appointment": "appointment that was not kept",
    "appointment-open": "appointment that nobody closed",
    "request": "request",
    "order": "end of the intrathecal order",
    "observation": "date on record",
    "note": "note",
}


class Calendar(msgspec.Struct, frozen=True):
    """The due date that counts and the days to it (below 0: past), the next appointment, and what was left out."""

    due: PumpDate | None = None
    left: int = 0
    booked: PumpDate | None = None
    stale: PumpDate | None = None
    removed: bool = False

    @property
    def unsure(self) -> bool:
        """Whether the due date is only an appointment that nobody closed: it may have been kept."""
        return self.due is not None and self.due.source == "appointment-open"

    @property
    def in_time(self) -> bool:
        """Whether the next appointment is not after the due date."""
        return self.due is not None and self.booked is not None and self.booked.when.last <= self.due.when.last


def calendar(view: View, numbers: Check) -> Calendar:
    """What the dates of the case come to; ``numbers`` is the check whose file holds the numbers (itb-refill-due)."""
    if removed(view):
        return Calendar(removed=True)
    today, dates = view.case.as_of, view.case.pump_dates
    booked = next((one for one in dates if one.kind == "booked" and one.when.last >= today), None)
    open_ones = _newest_of_each_source([one for one in dates if one.kind == "due"])
    if booked is None:  # a missed appointment that was made anew is no date any more
        open_ones += [one for one in dates if one.kind == "missed"][-1:]
    left_open = [one for one in dates if one.kind == "left-open"][-1:] if booked is None else []
    refills = [one.when.last for one in dates if one.kind == "refilled" and one.when.first <= today]
    early = timedelta(days=numbers.number("early"))
    oldest = today - timedelta(days=numbers.number("stale"))

    def unmet(some: list[PumpDate]) -> list[PumpDate]:
        return [one for one in some if not any(_settles(refill, one, early) for refill in refills)]

    open_ones = unmet(open_ones)
    fresh = sorted((one for one in open_ones if one.when.last >= oldest), key=lambda one: one.when.last)
    fresh = fresh or [one for one in unmet(left_open) if one.when.last >= oldest]  # any other date says more
    if not fresh:
        old = max(open_ones, key=lambda one: one.when.last, default=None)
        return Calendar(booked=booked, stale=old)
    return Calendar(due=fresh[0], left=(fresh[0].when.last - today).days, booked=booked)


def _newest_of_each_source(dates: list[PumpDate]) -> list[PumpDate]:
    """A date told anew in the same place has replaced the one before; of two told at once the earlier counts."""
    found: list[PumpDate] = []
    for source in dict.fromkeys(one.source for one in dates):
        mine = [one for one in dates if one.source == source]
        told = [one.told.last for one in mine if one.told is not None]
        if len(told) == len(mine):
            mine = [one for one in mine if one.told is not None and one.told.last == max(told)]
            found.append(min(mine, key=lambda one: one.when.last))
        else:
            found.append(max(mine, key=lambda one: one.when.last))
    return found


def _settles(refill: date, due: PumpDate, early: timedelta) -> bool:
    """Whether a refill has met a due date: not long before it, and not before the date was set."""
    if due.told is not None and due.told.last > refill:
        return False
    return refill >= due.when.last - early


def removed(view: View) -> bool:
    """Whether the pump was taken out and no other one put in since."""
    out = [one.when.last if one.when is not None else None for one in view.case.procedures if _is(one, EXPLANT)]
    out += [one.onset.last if one.onset is not None else None for one in view.problems((EXPLANT,), history=True)]
    if not out:
        return False
    last = max((day for day in out if day is not None), default=None)
    return not any(last is not None and start > last for start in _pump_since(view))


def _is(one: Procedure, concept: str) -> bool:
    return concept in one.concept.ids and one.status == "done"


def _pump_since(view: View) -> list[date]:
    """Days on which a pump was put in, or an intrathecal infusion begun."""
    found = [one.when.first for one in view.case.procedures if _is(one, PUMP) and not _is(one, EXPLANT) and one.when]
    for use in view.case.uses:
        if use.drug.route is Route.INTRATHECAL and not use.single_dose and isinstance(use.started, Known):
            found.append(use.started.value.first)
    return found


def in_place(view: View) -> bool:
    """Whether the patient has a pump: from the problem list, a procedure or device, a running infusion, or a date."""
    if removed(view):
        return False
    if view.problems((PUMP,)) or view.case.pump_dates:
        return True
    if any(PUMP in one.concept.ids and one.status != "planned" for one in view.case.procedures):
        return True
    return any(use.drug.route is Route.INTRATHECAL and not use.single_dose and _baclofen(use) for use in view.case.uses)


def _baclofen(use: DrugUse) -> bool:
    return any(each.id == "baclofen" for each in use.drug.ingredients)


def places(view: View) -> tuple[str, ...]:
    """The inputs that could tell of a pump. An order of other baclofen raises no question about devices by itself."""
    opened = view.looks_only or view.case.phase == "discharge"
    spinal = any(item.drug.route is Route.INTRATHECAL for item in view.of_class("baclofen"))
    return KEYS if opened or spinal or in_place(view) else KEYS[:1]


def due_words(found: Calendar) -> str:
    """ "20 June 2026 (note)"."""
    return f"{day(found.due.when)} ({_PLACES.get(found.due.source, found.due.source)})" if found.due is not None else ""


def ref_of(found: Calendar) -> tuple[str, ...]:
    """The resource that told the due date, if it had an id."""
    return (found.due.ref,) if found.due is not None and found.due.ref else ()
