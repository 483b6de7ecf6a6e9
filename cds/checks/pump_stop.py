"""Intrathecal baclofen that is interrupted (``itb-interruption``): an emergency, whatever the cause."""

from __future__ import annotations

from cds.case import DrugUse, Route
from cds.checks.levels import Level, unknown_for
from cds.checks.pump import intrathecal_orders
from cds.checks.pump_calendar import EXPLANT, Calendar, calendar, due_words, in_place, places, ref_of, removed
from cds.checks.registry import check
from cds.checks.stopped import Stopped, continuing, longest_days, stopped
from cds.checks.stopping import perhaps, stop_finding, stop_seen
from cds.checks.words import dose_words, seen
from cds.findings import Finding, Indicator, Outcome, Value
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, day, joined

ALARM = ("pump-alarm",)


@check("itb-interruption")
def itb_interruption(view: View, check: Check) -> Outcome:
    """The first that holds: a stop, an alarm, a refill overdue, a pump taken out, an order run out, a refill close."""
    ours = ingredients_of(check.applies_to, view.knowledge.terminology)
    what = stopped(view, ours)
    spinal = tuple(item for item in what.items if item.drug.route is Route.INTRATHECAL)
    if spinal:
        return _stop(view, check, spinal, ours)
    items = intrathecal_orders(view)
    keys = (*places(view), "conditions")
    said = unknown_for(check, view.gaps("conditions"), makes_card=bool(items))
    said += unknown_for(check, view.gaps(*places(view)), makes_card=False) + unknown_for(
        check, view.reported_empty(*keys)
    )
    if items or _ends_in_the_spine(view):
        said += perhaps(view, check, ours)
    looked = tuple(seen(view, item) for item in items)
    if items and view.problems(ALARM):
        return Outcome(check.id, (_alarm(view, check, items),), said, looked, "the pump gives an alarm or has failed")
    told = _by_the_pump(view, check, items)
    if told is not None:
        return Outcome(check.id, (told,), said, (*looked, *told.seen), "the infusion is or will be interrupted")
    if not items and not in_place(view):
        return Outcome(check.id, (), said, why="no order of this call is about intrathecal baclofen, and no pump")
    looked = looked or ("pump for intrathecal baclofen",)
    return Outcome(check.id, (), said, looked, "no stop, no alarm and no refill overdue on record")


def _by_the_pump(view: View, check: Check, items: tuple[Present, ...]) -> Finding | None:
    """What the dates and procedures of the pump tell, and an infusion whose order has run out."""
    found = calendar(view, view.knowledge.checks["itb-refill-due"])
    if found.unsure:  # itb-refill-due asks whether it was kept
        found = Calendar()
    if found.due is not None and found.left < 0:
        return _of_dates(view, check, items, found, check.levels.base, "overdue")
    out = _taken_out(view, check, items)
    if out is not None:
        return out
    over = _ran_out(view, check)
    if over is not None:
        return over
    if found.due is not None and found.left <= check.number("soon") and not found.in_time:
        return _of_dates(view, check, items, found, Indicator.WARNING, "due")
    return None


def _of_dates(
    view: View, check: Check, items: tuple[Present, ...], found: Calendar, to: Indicator, wording: str
) -> Finding:
    booked = f"; next appointment {day(found.booked.when)}" if found.booked is not None else ""
    return Finding(
        check=check.id,
        indicator=to,
        wording=wording,
        values={
            "due": day(found.due.when) if found.due is not None else "",
            "days": abs(found.left),
            "limit": check.number("soon"),
            "drugs": ["baclofen"],
        },
        about=tuple(dict.fromkeys([*(item.ref for item in items), *ref_of(found)])),
        evidence=check.evidence,
        seen=(*(seen(view, item) for item in items), f"pump refill due {due_words(found)}{booked}"),
        because=(f"{-found.left} days past" if found.left < 0 else f"due in {found.left} days",),
        unknown=("whether it was refilled since",) if wording == "overdue" else (),
    )


def _taken_out(view: View, check: Check, items: tuple[Present, ...]) -> Finding | None:
    """A pump that is to be, or was a short while ago, removed from a patient with intrathecal baclofen."""
    days = check.number("explant")
    out = [
        one
        for one in view.case.procedures
        if EXPLANT in one.concept.ids
        and (one.status == "planned" or one.when is None or 0 <= (view.case.as_of - one.when.last).days <= days)
    ]
    running = [use for use in view.case.uses if _infusion(use)]
    lately = [use for use in view.past(("baclofen",)) if _infusion(use) and _ended(view, use, days)]
    planned = any(one.status == "planned" for one in out)
    if not out or not (running or lately) or not (planned or removed(view)):
        return None
    words = tuple(f"{one.concept.label}{f' ({day(one.when)})' if one.when else ''}" for one in out)
    refs = [*(item.ref for item in items), *(one.ref for one in out if one.ref)]
    return Finding(
        check=check.id,
        indicator=check.levels.base,
        wording="explant",
        values={"drugs": ["baclofen"]},
        about=tuple(dict.fromkeys([*refs, *(use.ref for use in (*running, *lately) if use.ref)])),
        evidence=check.evidence,
        seen=words,
        because=("the pump is to be removed" if planned else "the pump was removed",),
    )


def _ran_out(view: View, check: Check) -> Finding | None:
    """An intrathecal infusion whose order ended days ago, with no other in its place and no pump taken out."""
    if view.gaps(*LISTS) or removed(view) or any(_infusion(use) for use in view.case.uses):
        return None
    if any(item.drug.route is Route.INTRATHECAL and not item.single_dose for item in view.of_class("baclofen")):
        return None
    over = [use for use in view.past(("baclofen",)) if _infusion(use) and _ended(view, use, check.number("ended"))]
    if not over:
        return None
    use = over[0]
    end = use.ended or use.planned_end
    return Finding(
        check=check.id,
        indicator=check.levels.base,
        wording="ended",
        values={
            "dose": joined(dose_words(dose) for dose in use.doses),
            "since": day(end),
            "drugs": ["baclofen"],
        },
        about=(use.ref,) if use.ref else (),
        evidence=check.evidence,
        seen=(f"intrathecal baclofen {joined(dose_words(dose) for dose in use.doses)}, ended {day(end)}",),
        because=("the order ended, and none follows",),
    )


def _infusion(use: DrugUse) -> bool:
    ours = any(each.id == "baclofen" for each in use.drug.ingredients)
    return ours and use.drug.route is Route.INTRATHECAL and not use.single_dose


def _ended(view: View, use: DrugUse, days: float) -> bool:
    """Whether it ended in the last so many days; without a date nobody can tell."""
    end = use.ended or use.planned_end
    return end is not None and 0 <= (view.case.as_of - end.last).days <= days


def _stop(view: View, check: Check, items: tuple[Present, ...], ours: frozenset[str]) -> Outcome:
    looked = tuple(stop_seen(view, item) for item in items)
    if any(item.drug.route is Route.INTRATHECAL for item in continuing(view, ours)):
        return Outcome(check.id, (), (), looked, "another intrathecal order goes on")
    values: dict[str, Value] = {"dose": joined(dose_words(item.dose) for item in items), "drugs": ["baclofen"]}
    at = Level(check.levels.base, ("intrathecal route",))
    what = Stopped(items, longest_days(view, items))
    return Outcome(
        check.id,
        (stop_finding(view, check, what, at, values, wording="stop"),),
        (),
        looked,
        "intrathecal baclofen is stopped",
    )


def _ends_in_the_spine(view: View) -> bool:
    return any(order.drug.route is Route.INTRATHECAL for order in view.subjects)


def _alarm(view: View, check: Check, items: tuple[Present, ...]) -> Finding:
    problems = view.problems(ALARM)
    refs = [item.ref for item in items] + [problem.ref for problem in problems if problem.ref]
    return Finding(
        check=check.id,
        indicator=check.levels.base,
        wording="alarm",
        values={"dose": joined(dose_words(item.dose) for item in items), "drugs": ["baclofen"]},
        about=tuple(dict.fromkeys(refs)),
        evidence=check.evidence,
        seen=(*(seen(view, item) for item in items), *(problem.concept.label for problem in problems)),
        because=("pump alarm or failure on the problem list",),
    )
