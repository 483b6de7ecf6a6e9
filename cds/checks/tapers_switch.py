"""A taper could go over a long-acting drug: offered, never done (``benzo-switch-long-acting``)."""

from __future__ import annotations

from cds.arithmetic.equivalents import diazepam_per_day
from cds.case import Unknown
from cds.checks.falls import Fall, lowered
from cds.checks.levels import Level, holds, unknown_for
from cds.checks.registry import check
from cds.checks.taper_words import fall_finding
from cds.findings import Finding, NotChecked, Outcome, Value
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check
from cds.view import View, number


@check("benzo-switch-long-acting")
def switch_long_acting(view: View, check: Check) -> Outcome:
    """A falling schedule of one of the named drugs, in a patient without a reason against diazepam."""
    ours = ingredients_of(check.applies_to, view.knowledge.terminology)
    what = lowered(view, check, ours)
    tapers = [fall for fall in what.falls if fall.planned]
    said = (*what.said, *unknown_for(check, view.gaps("conditions"), makes_card=False))
    if not tapers:
        return Outcome(check.id, (), what.said, (), "no schedule of falling doses of one of the named drugs")
    looked = tuple(f"{view.name(fall.ingredient)} {number(fall.before)} mg/day now" for fall in tapers)
    against = _against(view, check)
    if isinstance(against, Unknown):
        gap = NotChecked(check.id, against.reason, against.detail, makes_card=False)
        return Outcome(check.id, (), (*said, gap), looked, "whether diazepam suits the patient is not known")
    if against:
        return Outcome(check.id, (), (), looked, f"not offered: {against}")
    findings = tuple(found for fall in tapers if (found := _finding(view, check, fall)) is not None)
    return Outcome(check.id, findings, said, looked, "a switch could be considered")


def _against(view: View, check: Check) -> str | Unknown:
    """What speaks against diazepam in this patient, in words; Unknown when it cannot be told; "" for nothing."""
    found = view.problems(check.conditions)
    if found:
        return found[0].concept.label
    long_acting = view.of_class("benzodiazepine-long-acting")
    if any(item.ingredient not in check.applies_to.ingredients for item in long_acting):
        return "a long-acting benzodiazepine is taken already"
    gaps = view.gaps("conditions")
    if gaps:
        return gaps[0]
    if not view.problems(("frailty",)):
        return ""
    old = holds(view, "age-65-or-over", ())
    if isinstance(old, Unknown):
        return old
    return "age 65 or over with frailty" if old.value else ""


def _finding(view: View, check: Check, fall: Fall) -> Finding | None:
    """The range of equivalents, and the lower end as where a switch would start; nothing without an equivalent."""
    load = diazepam_per_day((item.ingredient, item.dose) for item in fall.items)
    if not load.complete:  # pragma: no cover (each drug of the list has an equivalent; a new one may not)
        return None
    start = min(load.low, check.number("cap"))
    more: dict[str, Value] = {
        "diazepam_low": round(load.low, 2),
        "diazepam_high": round(load.high, 2),
        "start": number(round(start, 1)),
        "working": load.working[0],
    }
    capped = (f"not above {number(check.number('cap'))} mg/day outside hospital",) if load.low > start else ()
    at = Level(check.levels.base)
    return fall_finding(view, check, fall, at, "default", ("taper ordered", *capped), more)
