"""As-needed orders whose daily total has no stated maximum (``prn-max-missing``)."""

from __future__ import annotations

from cds.arithmetic.part import NO_MAXIMUM
from cds.case import Action, Known
from cds.checks.dose_words import dose_finding
from cds.checks.numbers import dose_unknown
from cds.checks.registry import check
from cds.checks.words import dose_words, seen
from cds.findings import Finding, Indicator, NotChecked, Outcome, Value
from cds.knowledge.model import Check
from cds.view import Present, View


@check("prn-max-missing")
def prn_max_missing(view: View, check: Check) -> Outcome:
    """Per order taken as needed: no maximum per day, and neither an interval nor an indication to hold on to."""
    items = tuple(item for item in view.on_side(check.applies_to) if item.subject and not item.single_dose)
    if not items:
        return Outcome(check.id, why="no order of this call brings a drug of this question")
    looked = tuple(seen(view, item) for item in items)
    found = [finding for item in items if (finding := _finding(view, check, item)) is not None]
    said: tuple[NotChecked, ...] = tuple(
        dose_unknown(view, check, item)
        for item in items
        if not isinstance(item.dose, Known) and item.dose != NO_MAXIMUM
    )
    return Outcome(check.id, tuple(found), said, looked, "no maximum per day" if found else "every total is bounded")


def _finding(view: View, check: Check, item: Present) -> Finding | None:
    values: dict[str, Value] = {"one": view.name(item.ingredient), "dose": dose_words(item.dose)}
    if item.dose == NO_MAXIMUM:
        return dose_finding(view, check, (item,), check.levels.base, "unbounded", values, ("no maximum, no interval",))
    if not isinstance(item.dose, Known) or not item.dose.value.prn or item.dose.value.prn_max_given:
        return None
    order = item.order
    new = order is not None and order.action is Action.START
    to = check.levels.base if new and order is not None and not order.reasons else Indicator.SILENT
    return dose_finding(view, check, (item,), to, "bounded", values, ("no maximum per day stated",))
