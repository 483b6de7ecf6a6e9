"""Benzodiazepines by mouth below the age of their label (``benzo-pediatric``), and clonazepam by weight."""

from __future__ import annotations

from datetime import date

from cds.arithmetic.weight import dosing_weight_of, per_kg
from cds.case import Reason, Unknown, When
from cds.checks.baclofen import total_dose
from cds.checks.conditions import on_route
from cds.checks.dose_words import dose_finding, is_reduction, one_lower_if_settled
from cds.checks.elderly_facts import reasons_of
from cds.checks.levels import unknown_for
from cds.checks.numbers import dose_unknown
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, Indicator, NotChecked, Outcome, Value
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, day, number

SPRAYED = ("buccal", "sublingual", "oromucosal")  # rescue products, given by mouth and not swallowed
SEIZURES = ("epilepsy", "seizure", "status-epilepticus")
# Drug -> level below the age of the number of the same name, in months.
LEVELS = {
    "diazepam": Indicator.CRITICAL,
    "clobazam": Indicator.WARNING,
    "oxazepam": Indicator.WARNING,
    "chlordiazepoxide": Indicator.WARNING,
    "lorazepam": Indicator.INFO,
    "alprazolam": Indicator.INFO,
    "clonazepam": Indicator.INFO,
}
_WORDING = {Indicator.CRITICAL: "contraindicated", Indicator.WARNING: "too-young", Indicator.INFO: "not-studied"}
Answer = tuple[tuple[Finding, ...], tuple[NotChecked, ...]]


@check("benzo-pediatric")
def benzo_pediatric(view: View, check: Check) -> Outcome:
    """Each drug of this call against its age; clonazepam of small children against its mg/kg."""
    items = tuple(item for item in view.on_side(check.applies_to) if on_route(item, check) and _swallowed(item))
    orders = tuple(item for item in items if item.subject)
    if not orders:
        return Outcome(check.id, why="no order of this call brings a benzodiazepine by mouth")
    looked = tuple(seen(view, item) for item in orders)
    birth = view.case.patient.birth
    if isinstance(birth, Unknown):
        return Outcome(check.id, (), unknown_for(check, (birth,), makes_card=False), looked, "age not known")
    answers = [_one(view, check, item, birth.value) for item in orders]
    answers += [_by_weight(view, check, items, birth.value)]
    found = tuple(finding for findings, _ in answers for finding in findings)
    said = tuple(dict.fromkeys(entry for _, more in answers for entry in more))
    return Outcome(check.id, found, said, looked, "below the age or above the weight's dose" if found else "old enough")


def _swallowed(item: Present) -> bool:
    return item.drug.route_detail not in SPRAYED


def _months(birth: date, today: date) -> int:
    """Completed months of life."""
    return (today.year - birth.year) * 12 + today.month - birth.month - (today.day < birth.day)


def _one(view: View, check: Check, item: Present, birth: When) -> Answer:
    to = LEVELS.get(item.ingredient)
    if to is None:
        return (), ()
    if _exempt(view, check, item, birth):
        return (), _use_not_known(view, check, item, birth)
    limit = check.number(item.ingredient)
    youngest, oldest = (_months(each, view.case.as_of) for each in (birth.last, birth.first))
    if youngest >= limit:
        return (), ()
    if oldest >= limit:
        gap = Unknown(Reason.UNREADABLE, "the birth date is not exact enough")
        return (), unknown_for(check, (gap,), makes_card=False)
    wording, settled = _WORDING[to], to
    if to < Indicator.CRITICAL:
        settled = Indicator.SILENT if is_reduction(view, (item,)) else one_lower_if_settled(view, check, (item,), to)
    words = f"under {_span(limit)}"
    values: dict[str, Value] = {"one": view.name(item.ingredient), "limit": _span(limit), "age": _span(oldest)}
    return (dose_finding(view, check, (item,), settled, wording, values, (words,)),), ()


def _span(months: float) -> str:
    """Months as a card says an age: "5 months", "2 years"."""
    return f"{number(months)} months" if months < 24 else f"{number(months // 12)} years"


def _exempt(view: View, check: Check, item: Present, birth: When) -> bool:
    """A single dose of lorazepam before a procedure from the UK age on; clonazepam for seizures."""
    if item.ingredient == "lorazepam" and item.single_dose:
        return _months(birth.last, view.case.as_of) >= check.number("premedication")
    if item.ingredient != "clonazepam":
        return False
    reasons = [id for reason in reasons_of(item) for id in reason.ids]
    if reasons:
        return any(id in SEIZURES for id in reasons)
    return bool(view.problems(SEIZURES)) or not view.problems(("anxiety",))


def _use_not_known(view: View, check: Check, item: Present, birth: When) -> tuple[NotChecked, ...]:
    """What clonazepam is for stands on the problem list where the order does not say."""
    if item.ingredient != "clonazepam" or reasons_of(item):
        return ()
    if _months(birth.last, view.case.as_of) >= check.number("clonazepam"):
        return ()
    gaps = (*view.gaps("conditions"), *view.reported_empty("conditions"))
    return unknown_for(check, gaps, makes_card=False)


def _by_weight(view: View, check: Check, items: tuple[Present, ...], birth: When) -> Answer:
    """Clonazepam of children below the age: all of it together in mg per kg."""
    asked = tuple(item for item in items if item.ingredient == "clonazepam" and not item.single_dose)
    if not any(item.subject for item in asked):
        return (), ()
    if _months(birth.last, view.case.as_of) >= check.number("kg_age"):
        return (), ()
    said = unknown_for(check, (*view.gaps(*LISTS), *view.reported_empty(*LISTS)), makes_card=False)
    total = total_dose(view, asked)
    if total.missing:
        said += tuple(dose_unknown(view, check, item) for item in asked if isinstance(item.dose, Unknown))
    weight = dosing_weight_of(view.case)
    if isinstance(weight, Unknown):
        return (), said + unknown_for(check, (weight, *view.gaps("body")), makes_card=False)
    rate = per_kg(total.milligrams, weight.value.value)
    if rate <= check.number("kg"):
        return (), said
    to = one_lower_if_settled(view, check, asked, Indicator.WARNING)
    to = Indicator.SILENT if is_reduction(view, tuple(item for item in asked if item.subject)) else to
    kilograms = number(weight.value.value)
    values: dict[str, Value] = {
        "one": view.name("clonazepam"),
        "rate": round(rate, 3),
        "limit": number(check.number("kg")),
        "weight": round(weight.value.value, 3),
    }
    because = (f"above {number(check.number('kg'))} mg/kg/day", f"weight {kilograms} kg of {day(weight.value.day)}")
    return (dose_finding(view, check, asked, to, "weight", values, because),), said
