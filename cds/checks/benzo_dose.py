"""Benzodiazepines above the daily maximum of the drug (``benzo-max-dose``), over all orders of it together."""

from __future__ import annotations

from cds.arithmetic.weight import dosing_weight_of
from cds.case import Known, Reason, Unknown
from cds.checks.baclofen import total_dose
from cds.checks.conditions import on_route
from cds.checks.dose_words import dose_finding, is_reduction, one_lower_if_settled
from cds.checks.levels import holds, unknown_for
from cds.checks.numbers import dose_unknown, milligrams
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, Indicator, NotChecked, Outcome, Value
from cds.knowledge.doses import Limit
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, number

Answer = tuple[Finding | None, tuple[NotChecked, ...]]


@check("benzo-max-dose")
def benzo_max_dose(view: View, check: Check) -> Outcome:
    """One finding per drug of this call: above its maximum, far above any, or above the chart's ceiling from 65 on."""
    items = tuple(item for item in view.on_side(check.applies_to) if on_route(item, check) and not item.single_dose)
    asked = list(dict.fromkeys(item.ingredient for item in items if item.subject))
    if not asked:
        return Outcome(check.id, why="no order of this call brings a benzodiazepine by mouth")
    said = unknown_for(check, view.gaps(*LISTS)) + unknown_for(check, view.reported_empty(*LISTS))
    answers = [_one(view, check, tuple(item for item in items if item.ingredient == id)) for id in asked]
    found = tuple(finding for finding, _ in answers if finding is not None)
    said += tuple(each for _, more in answers for each in more)
    why = "above a maximum" if found else "not above a maximum"
    return Outcome(check.id, found, tuple(dict.fromkeys(said)), tuple(seen(view, item) for item in items), why)


def _one(view: View, check: Check, items: tuple[Present, ...]) -> Answer:
    limit = view.knowledge.limits.get(items[0].ingredient)
    if limit is None:
        detail = f"no daily maximum known for {view.name(items[0].ingredient)}"
        return None, (NotChecked(check.id, Reason.DOSE_UNKNOWN, detail, makes_card=False),)
    said = tuple(dose_unknown(view, check, item) for item in items if milligrams(item) is None)
    total = total_dose(view, items).milligrams
    allowed, unsure = _allowed(view, check, items, limit, total)
    if total > check.number("times") * limit.top:
        because = f"above {number(check.number('times'))} times {number(limit.top)} mg/day"
        return _finding(view, check, items, Indicator.CRITICAL, "far", limit.top, because, limit), said
    light, more = _light(view, check, limit, total)
    if light is not None:
        because = f"above {number(light)} mg/day at this body weight"
        return _finding(view, check, items, Indicator.WARNING, "light", light, because, limit), said
    said += more
    if total > allowed:
        because = f"above {number(allowed)} mg/day"
        return _finding(view, check, items, Indicator.WARNING, "default", allowed, because, limit), said + unsure
    finding, more = _older(view, check, items, limit, total)
    return finding, said + unsure + more


def _allowed(
    view: View, check: Check, items: tuple[Present, ...], limit: Limit, total: float
) -> tuple[float, tuple[NotChecked, ...]]:
    """The maximum for this patient's use; the lower one while nobody tells the use."""
    if not limit.special or total <= limit.mg:
        return limit.mg, ()
    if _special(view, items, limit):
        return limit.top, ()
    return limit.mg, unknown_for(check, view.gaps("conditions"), makes_card=False)


def _special(view: View, items: tuple[Present, ...], limit: Limit) -> bool:
    """Whether the reason of an order or the problem list tells the use for which the highest maximum holds."""
    for_it = any(concept in reason.ids for item in items for reason in item.reasons for concept in limit.special)
    return for_it or bool(view.problems(limit.special))


def _light(view: View, check: Check, limit: Limit, total: float) -> tuple[float | None, tuple[NotChecked, ...]]:
    """The lower maximum of a light patient, where the dose is above it; not known without a weight of today."""
    if limit.light is None or total <= limit.light.mg or total > limit.mg:
        return None, ()
    weight = dosing_weight_of(view.case)
    if isinstance(weight, Unknown):
        return None, unknown_for(check, (weight, *view.gaps("body")), makes_card=False)
    return (limit.light.mg if weight.value.value <= limit.light.kg else None), ()


def _older(view: View, check: Check, items: tuple[Present, ...], limit: Limit, total: float) -> Answer:
    if limit.older is None or total <= limit.older:
        return None, ()
    if _special(view, items, limit):
        return None, ()
    old = holds(view, "age-65-or-over", items)
    if isinstance(old, Unknown):
        return None, unknown_for(check, (old,), makes_card=False)
    if old != Known(True):
        return None, ()
    because = f"above {number(limit.older)} mg/day from 65 on"
    wording = "older_label" if limit.older_label else "older"
    return _finding(view, check, items, Indicator.WARNING, wording, limit.older, because, limit), ()


def _finding(
    view: View,
    check: Check,
    items: tuple[Present, ...],
    to: Indicator,
    wording: str,
    above: float,
    because: str,
    limit: Limit,
) -> Finding:
    orders = tuple(item for item in items if item.subject)
    settled = one_lower_if_settled(view, check, items, to)
    if (wording.startswith("older") and settled < to) or is_reduction(view, orders):
        settled = Indicator.SILENT
    values: dict[str, Value] = {
        "one": view.name(items[0].ingredient),
        "total": round(total_dose(view, items).milligrams, 3),
        "limit": above,
        "top": limit.top,
    }
    return dose_finding(view, check, items, settled, wording, values, (because,), evidence=limit.evidence)
