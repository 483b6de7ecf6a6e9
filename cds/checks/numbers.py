"""Drug with number: the engine behind every check of kind "drug-number", a limit on the daily dose.

The dose is the sum over all orders of the ingredient that will run together, each at its highest credible value.
"""

from __future__ import annotations

from collections.abc import Iterable

from cds.case import Action, DrugUse, Known, Reason
from cds.checks.conditions import on_route
from cds.checks.levels import holds, one_lower, unknown_for
from cds.checks.words import seen
from cds.findings import Finding, Indicator, NotChecked, Outcome
from cds.knowledge.model import Band, Check
from cds.view import LISTS, Present, View, number

MILLIGRAMS = {"mg/d": 1.0, "ug/d": 0.001}


def drug_number(view: View, check: Check) -> Outcome:
    """Answer a drug-number question: one finding per ingredient whose summed daily dose is above a band."""
    items = [item for item in view.on_side(check.one) if on_route(item, check)]
    asked = list(dict.fromkeys(item.ingredient for item in items if item.subject))
    if not asked:
        return Outcome(check.id, why="no order of this call brings a drug of this question")
    parts = [_one(view, check, [item for item in items if item.ingredient == id]) for id in asked]
    return Outcome(
        check.id,
        tuple(finding for findings, _, _ in parts for finding in findings),
        tuple(dict.fromkeys(said for _, not_checked, _ in parts for said in not_checked)),
        tuple(seen(view, item) for item in items),
        "; ".join(why for _, _, why in parts),
    )


def _one(view: View, check: Check, items: list[Present]) -> tuple[tuple[Finding, ...], tuple[NotChecked, ...], str]:
    """The finding, if any, for one ingredient; what was not checked; and why."""
    doses = [milligrams(item) for item in items]
    total = sum(dose for dose in doses if dose is not None)
    band = _band(check, total)
    if band is not None and band == _band(check, float("inf")):
        said: tuple[NotChecked, ...] = ()  # the top band is reached: nothing unseen could raise it
    else:
        said = _gaps(view, check, items) + _adds_or_replaces(view, check, items, total, band)
    words = f"{number(total)} mg/day" if None not in doses else f"the known part of the dose, {number(total)} mg/day,"
    if band is None:
        return (), said, f"{words} is within the limit"
    return (_finding(view, check, items, total, band),), said, f"{words} is above the limit"


def milligrams(item: Present) -> float | None:
    """The highest credible daily dose in mg, or None when it is not known."""
    if isinstance(item.dose, Known) and item.dose.value.unit in MILLIGRAMS:
        return item.dose.value.high * MILLIGRAMS[item.dose.value.unit]
    return None


def _band(check: Check, total: float) -> Band | None:
    """The highest band whose limit the total is above."""
    passed = [band for band in check.bands if total > check.number(band.above)]
    return max(passed, key=lambda band: check.number(band.above), default=None)


def _adds_or_replaces(
    view: View, check: Check, items: list[Present], total: float, band: Band | None
) -> tuple[NotChecked, ...]:
    """The conflict entry when an unlinked draft next to a running order could add to it or replace it.

    The reconciler took it as a replacement. If adding would reach a higher band than the draft alone, nobody can say.
    """
    if _band(check, total + running_extra(items)) == band:
        return ()
    detail = f"does the order replace the running {view.name(items[0].ingredient)} order or add to it?"
    return (NotChecked(check.id, Reason.CONFLICT, detail),)


def running_extra(items: Iterable[Present]) -> float:
    """The mg/day that come on top if every unlinked change adds to the running order instead of replacing it."""
    return sum(
        _running_mg(item.use, item.ingredient)
        for item in items
        if item.use is not None
        and item.order is not None
        and item.order.action is Action.CHANGE
        and not item.order.linked
    )


def _running_mg(use: DrugUse, ingredient: str) -> float:
    doses = zip(use.drug.ingredients, use.doses, strict=True)
    found = [dose for each, dose in doses if each.id == ingredient]
    return sum(
        dose.value.high * MILLIGRAMS[dose.value.unit]
        for dose in found
        if isinstance(dose, Known) and dose.value.unit in MILLIGRAMS
    )


def _gaps(view: View, check: Check, items: list[Present]) -> tuple[NotChecked, ...]:
    said = unknown_for(check, view.gaps(*LISTS)) + unknown_for(check, view.reported_empty(*LISTS))
    for item in items:
        if milligrams(item) is None:
            said += (dose_unknown(view, check, item),)
    return said


def dose_unknown(view: View, check: Check, item: Present) -> NotChecked:
    """The entry for a dose that is not known.

    It makes no card where one says it already (dose-unparsable, of this call's own order), nor where the prescriber
    has not come to the dose yet.
    """
    detail = f"daily dose of {view.name(item.ingredient)} not known"
    return NotChecked(check.id, Reason.DOSE_UNKNOWN, detail, makes_card=not item.subject)


def _finding(view: View, check: Check, items: list[Present], total: float, band: Band) -> Finding:
    limit = check.number(band.above)
    indicator, settled = _as_renewal(view, check, items, band)
    return Finding(
        check=check.id,
        indicator=indicator,
        wording=band.wording,
        values={
            "one": view.name(items[0].ingredient),
            "total": round(total, 3),
            "limit": limit,
            "unit": "mg/day",
            "drugs": [items[0].ingredient],
        },
        about=tuple(dict.fromkeys(item.ref for item in items)),
        evidence=check.evidence,
        seen=tuple(seen(view, item) for item in items),
        because=(f"above {number(limit)} mg/day", *settled),
        shown=indicator is not Indicator.SILENT,
    )


def _as_renewal(view: View, check: Check, items: list[Present], band: Band) -> tuple[Indicator, tuple[str, ...]]:
    """An unchanged dose of long standing drops one level, not below the check's ``renewal``."""
    lower = one_lower(band.to, check.levels.renewal)
    if lower == band.to or holds(view, "settled", tuple(items)) != Known(True):
        return band.to, ()
    return lower, (view.knowledge.facts["settled"].words,)
