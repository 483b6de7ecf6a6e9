"""Intrathecal baclofen that is interrupted (``itb-interruption``): an emergency, whatever the cause."""

from __future__ import annotations

from cds.case import Route
from cds.checks.levels import Level, unknown_for
from cds.checks.pump import intrathecal_orders
from cds.checks.registry import check
from cds.checks.stopped import Stopped, continuing, longest_days, stopped
from cds.checks.stopping import perhaps, stop_finding, stop_seen
from cds.checks.words import dose_words, seen
from cds.findings import Finding, Outcome, Value
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check
from cds.view import Present, View, joined

ALARM = ("pump-alarm",)


@check("itb-interruption")
def itb_interruption(view: View, check: Check) -> Outcome:
    """A stop that no other intrathecal order follows; else an alarm or failure of the pump on the problem list."""
    ours = ingredients_of(check.applies_to, view.knowledge.terminology)
    what = stopped(view, ours)
    spinal = tuple(item for item in what.items if item.drug.route is Route.INTRATHECAL)
    if spinal:
        return _stop(view, check, spinal, ours)
    items = intrathecal_orders(view)
    if not items:
        said = perhaps(view, check, ours) if _ends_in_the_spine(view) else ()
        return Outcome(check.id, (), said, why="no order of this call is about intrathecal baclofen")
    said = unknown_for(check, view.gaps("conditions")) + unknown_for(check, view.reported_empty("conditions"))
    looked = tuple(seen(view, item) for item in items)
    if not view.problems(ALARM):
        return Outcome(check.id, (), perhaps(view, check, ours) + said, looked, "no stop and no alarm on record")
    return Outcome(check.id, (_alarm(view, check, items),), said, looked, "the pump gives an alarm or has failed")


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
