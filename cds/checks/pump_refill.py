"""A pump whose refill is due and not booked (``itb-refill-due``)."""

from __future__ import annotations

from cds.case import Reason
from cds.checks.levels import unknown_for
from cds.checks.pump_calendar import Calendar, calendar, due_words, in_place, places, ref_of
from cds.checks.registry import check
from cds.findings import Finding, NotChecked, Outcome
from cds.knowledge.model import Check
from cds.view import View, day


@check("itb-refill-due")
def itb_refill_due(view: View, check: Check) -> Outcome:
    """The due date that counts, against the appointments. What is overdue or close is said by itb-interruption."""
    keys = places(view)
    said = unknown_for(check, view.gaps(*keys), makes_card=False) + unknown_for(check, view.reported_empty(*keys))
    if not in_place(view):
        return Outcome(check.id, (), said, why="no pump on record")
    found = calendar(view, check)
    looked = (f"pump: refill due {due_words(found)}",) if found.due is not None else ("pump for intrathecal baclofen",)
    if found.due is None:
        return Outcome(check.id, (), said + _undated(check, found), looked, "no date of a refill that counts today")
    if found.left > check.number("ahead"):
        return Outcome(check.id, (), said, looked, f"due in {found.left} days")
    if found.in_time:
        return Outcome(check.id, (), said, looked, "an appointment for the refill is booked in time")
    return Outcome(check.id, (_finding(view, check, found),), said, looked, "due, and no appointment before it")


def _undated(check: Check, found: Calendar) -> tuple[NotChecked, ...]:
    """A pump of which nobody says when it runs empty; or only of long ago."""
    if found.stale is not None:
        detail = f"the last refill date of the pump on record, {day(found.stale.when)}, is long past"
        return (NotChecked(check.id, Reason.STALE, detail, makes_card=False),)
    if found.booked is not None:
        return ()
    return (NotChecked(check.id, Reason.ABSENT, "refill date of the pump not known", makes_card=False),)


def _finding(view: View, check: Check, found: Calendar) -> Finding:
    late = found.booked is not None
    close = view.knowledge.checks["itb-interruption"].number("soon")
    return Finding(
        check=check.id,
        indicator=check.levels.base,
        wording="open" if found.unsure else "late" if late else "unbooked",
        values={
            "due": day(found.due.when) if found.due is not None else "",
            "days": found.left,
            "booked": day(found.booked.when) if found.booked is not None else "",
            "drugs": ["baclofen"],
        },
        about=ref_of(found),
        evidence=check.evidence,
        seen=(f"pump refill due {due_words(found)}",),
        because=(f"due in {found.left} days" if found.left >= 0 else f"{-found.left} days past",),
        unknown=("whether an appointment is booked",) if view.gaps("appointments") else (),
        shown=found.unsure
        or found.left > close,  # closer than that is the question of itb-interruption, on the same card
    )
