"""Benzodiazepines together: two of them (``benzo-duplicate``), and their sum (``benzo-daily-equivalent``)."""

from __future__ import annotations

import msgspec

from cds.arithmetic.equivalents import diazepam_per_day
from cds.case import Action, DailyDose, Known, Maybe, Route
from cds.checks.conditions import on_route
from cds.checks.dose_words import dose_finding, is_reduction, is_settled, one_lower_if_settled
from cds.checks.levels import level, unknown_for
from cds.checks.numbers import dose_unknown
from cds.checks.pairs import list_gaps
from cds.checks.registry import check
from cds.checks.stopped import steps_down
from cds.checks.words import seen
from cds.findings import Indicator, Outcome, Value
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, joined, number

RESCUE_ROUTES = (Route.RECTAL, Route.NASAL, Route.PARENTERAL)


@check("benzo-duplicate")
def benzo_duplicate(view: View, check: Check) -> Outcome:
    """Two or more different ones, without single doses, rescue doses, and one that is being stepped down."""
    all_items = view.on_side(check.applies_to)
    if not any(item.subject for item in all_items):
        return Outcome(check.id, why="no order of this call brings a benzodiazepine")
    items = tuple(item for item in all_items if not item.single_dose and not _rescue(item))
    said = list_gaps(view, check)
    looked = tuple(seen(view, item) for item in all_items)
    names = list(dict.fromkeys(item.ingredient for item in items))
    if len(names) < check.number("drugs") or not any(item.subject for item in items):
        return Outcome(check.id, (), said, looked, "one benzodiazepine at most")
    if any(_lowered(item) or steps_down(item) for item in items):
        return Outcome(check.id, (), said, looked, "one is stepped down while the other is given: a cross-taper")
    to = Indicator.SILENT if is_settled(view, items) else level(view, check, items).indicator
    load = diazepam_per_day((item.ingredient, _at_most(item.dose)) for item in items)
    values: dict[str, Value] = {"names": joined(view.name(name) for name in names)}
    finding = dose_finding(view, check, items, to, "default", values, (f"{len(names)} benzodiazepines",))
    finding = msgspec.structs.replace(finding, seen=(*finding.seen, *load.working))
    return Outcome(check.id, (finding,), said, looked, f"{len(names)} benzodiazepines")


def _lowered(item: Present) -> bool:
    return item.reduced and item.order is not None and item.order.action is Action.CHANGE


def _rescue(item: Present) -> bool:
    """As needed, or for an unknown time, by a route that seizure rescue uses."""
    as_needed = isinstance(item.dose, Known) and item.dose.value.prn
    return item.drug.route in RESCUE_ROUTES or (item.drug.route_detail == "buccal" and as_needed)


@check("benzo-daily-equivalent")
def benzo_daily_equivalent(view: View, check: Check) -> Outcome:
    """The sum in diazepam, by the weakest equivalents of all sources, each dose at its highest credible end."""
    items = tuple(item for item in view.on_side(check.applies_to) if on_route(item, check) and not item.single_dose)
    if not any(item.subject for item in items):
        return Outcome(check.id, why="no order of this call brings a benzodiazepine by mouth")
    looked = tuple(seen(view, item) for item in items)
    load = diazepam_per_day((item.ingredient, _at_most(item.dose)) for item in items)
    said = unknown_for(check, view.gaps(*LISTS)) + unknown_for(check, view.reported_empty(*LISTS))
    said += tuple(dose_unknown(view, check, item) for item in items if not isinstance(item.dose, Known))
    said += unknown_for(check, load.missing, makes_card=False)
    passed = [name for name in ("critical", "warning") if _reaches(check, name, load.low)]
    if not passed:
        return Outcome(check.id, (), tuple(dict.fromkeys(said)), looked, f"at least {number(load.low)} mg diazepam")
    at = level(view, check, items)
    to = Indicator.CRITICAL if passed[0] == "critical" else Indicator.WARNING
    if at.indicator < Indicator.WARNING:
        to = at.indicator
    to = one_lower_if_settled(view, check, items, to)
    if is_reduction(view, tuple(item for item in items if item.subject)):
        to = Indicator.SILENT
    values: dict[str, Value] = {
        "names": joined(view.name(item.ingredient) for item in items),
        "low": round(load.low, 1),
        "high": round(load.high, 1),
        "limit": check.number(passed[0]),
    }
    finding = dose_finding(view, check, items, to, "default", values, load.working + at.because, unknown=at.unknown)
    return Outcome(check.id, (finding,), (*said, *at.not_checked), looked, "a high sum of benzodiazepines")


def _reaches(check: Check, name: str, low: float) -> bool:
    return low >= check.number(name) if name == "critical" else low > check.number(name)


def _at_most(dose: Maybe[DailyDose]) -> Maybe[DailyDose]:
    """A dose at its highest credible end, so that the range is that of the sources alone."""
    return Known(msgspec.structs.replace(dose.value, low=dose.value.high)) if isinstance(dose, Known) else dose
