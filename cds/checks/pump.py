"""Orders of intrathecal baclofen: a slip of the unit, and a product or route that must not be."""

from __future__ import annotations

import msgspec

from cds.case import Action, DailyDose, Known, Reason, Route, Unknown
from cds.checks.levels import unknown_for
from cds.checks.numbers import dose_unknown
from cds.checks.registry import check
from cds.checks.words import dose_words, seen
from cds.findings import Finding, Indicator, NotChecked, Outcome, Value
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, number

SOLID = frozenset({"tablet", "capsule", "granules", "film", "lozenge", "suspension"})
PER_HOUR = "× 24 h"  # how the arithmetic writes a rate per hour that runs all day
PER_DAY = "ug/d"
ROUTE_OPEN = "route of baclofen not known while the directions are incomplete"


def intrathecal_orders(view: View) -> tuple[Present, ...]:
    """The baclofen that orders of this call bring into the spine."""
    return tuple(item for item in view.of_class("baclofen") if item.subject and item.drug.route is Route.INTRATHECAL)


def may_be_intrathecal(view: View, check: Check) -> tuple[NotChecked, ...]:
    """Said of an order of baclofen by no known route in no known dose: what is not there may send it into the spine."""
    items = [item for item in view.of_class("baclofen") if item.subject and item.drug.route is Route.UNKNOWN]
    if not any(isinstance(item.dose, Unknown) for item in items):
        return ()
    return (NotChecked(check.id, Reason.DOSE_UNKNOWN, ROUTE_OPEN, makes_card=False),)


def micrograms(item: Present) -> DailyDose | None:
    """The intrathecal daily dose in mcg, or None when it is not known."""
    if isinstance(item.dose, Known) and item.dose.value.unit == PER_DAY:
        return item.dose.value
    return None


def running(item: Present) -> DailyDose | None:
    """The intrathecal dose that an order takes the place of, in mcg a day, or None when it is not known."""
    if item.use is None:
        return None
    doses = zip(item.use.drug.ingredients, item.use.doses, strict=True)
    found = [dose for ingredient, dose in doses if ingredient.id == item.ingredient]
    return next((dose.value for dose in found if isinstance(dose, Known) and dose.value.unit == PER_DAY), None)


def is_bolus(item: Present) -> bool:
    """Given once only: a screening dose or a loading dose."""
    return item.single_dose


class Slip(msgspec.Struct, frozen=True):
    """One reason to doubt the dose: how urgent, in which words, and above which number of the check."""

    to: Indicator
    wording: str
    limit: str


@check("itb-unit-slip")
def itb_unit_slip(view: View, check: Check) -> Outcome:
    """Per order the strongest of: far too much, an hourly rate, a bolus, a doubling, a rarely used dose."""
    items = tuple(item for item in intrathecal_orders(view) if not oral_product(item))
    unsure = may_be_intrathecal(view, check)
    if not items:
        return Outcome(check.id, (), unsure, why="no order of this call brings intrathecal baclofen")
    findings: list[Finding] = []
    said = list(unsure)
    for item in items:
        dose = micrograms(item)
        if dose is None:
            said.append(dose_unknown(view, check, item))
            continue
        slip = slip_of(check, item, dose)
        if slip is not None:
            findings.append(_slip_finding(view, check, item, dose, slip))
        if slip is None or slip.to < Indicator.CRITICAL:
            said += _unseen(view, check, item)
    why = "a dose that looks like a slip" if findings else "the dose is of the usual order"
    looked = tuple(seen(view, item) for item in items)
    return Outcome(check.id, tuple(findings), tuple(dict.fromkeys(said)), looked, why)


def slip_of(check: Check, item: Present, dose: DailyDose) -> Slip | None:
    """The strongest reason to take this dose for a slip, by the numbers of ``itb-unit-slip``; None without one."""
    single = dose.single_high
    if is_bolus(item):
        above = single if single is not None else dose.high
        return Slip(Indicator.CRITICAL, "bolus", "bolus") if above > check.number("bolus") else None
    if PER_HOUR in dose.working and dose.high > check.number("unusual"):
        return Slip(Indicator.CRITICAL, "per-hour", "unusual")
    if dose.high > check.number("slip"):
        return Slip(Indicator.CRITICAL, "slip", "slip")
    before = running(item)
    if before is not None and dose.high > check.number("times_before") * before.high > 0:
        return Slip(Indicator.CRITICAL, "doubled", "times_before")
    if dose.high > check.number("unusual"):
        return Slip(Indicator.SILENT if item.reduced and _changed(item) else Indicator.WARNING, "unusual", "unusual")
    return None


def _changed(item: Present) -> bool:
    return item.order is not None and item.order.action is Action.CHANGE


def _unseen(view: View, check: Check, item: Present) -> tuple[NotChecked, ...]:
    """Why the dose could not be compared with the running one; a bolus is not compared."""
    if is_bolus(item) or running(item) is not None:
        return ()
    if _running_unread(item):
        detail = f"running intrathecal dose of {view.name(item.ingredient)} not known"
        return (NotChecked(check.id, Reason.DOSE_UNKNOWN, detail, makes_card=False),)
    return unknown_for(check, view.gaps(*LISTS)) + unknown_for(check, view.reported_empty(*LISTS))


def _running_unread(item: Present) -> bool:
    """Whether the order names a running one, of which we could not read what it is."""
    return item.order is not None and (bool(item.order.replaces) or item.order.action is not Action.START)


def _slip_finding(view: View, check: Check, item: Present, dose: DailyDose, slip: Slip) -> Finding:
    limit = check.number(slip.limit)
    before = running(item)
    values: dict[str, Value] = {
        "one": view.name(item.ingredient),
        "dose": dose_words(item.dose),
        "total": round(dose.high, 3),
        "limit": limit,
        "unit": "mcg" if slip.wording == "bolus" else "mcg/day",
        "drugs": [item.ingredient],
    }
    if slip.wording == "bolus":
        values["dose"] = f"{number(dose.single_high or dose.high)} mcg"
    if before is not None:
        values["before"] = f"{number(before.high)} mcg/day"
    return Finding(
        check=check.id,
        indicator=slip.to,
        wording=slip.wording,
        values=values,
        about=(item.ref,),
        evidence=check.evidence,
        seen=(seen(view, item),),
        because=(f"above {number(limit)} {'times the running dose' if slip.wording == 'doubled' else values['unit']}",),
        shown=slip.to is not Indicator.SILENT,
    )


@check("itb-product-route")
def itb_product_route(view: View, check: Check) -> Outcome:
    """Any baclofen into vein, muscle, skin or the epidural space; any oral product into the spine."""
    items = tuple(item for item in view.of_class("baclofen") if item.subject)
    findings = tuple(found for item in items if (found := _wrong_way(view, check, item)) is not None)
    looked = tuple(seen(view, item) for item in items)
    open_ones = any(isinstance(item.dose, Unknown) for item in items)  # directions that are not there may name a route
    said = (NotChecked(check.id, Reason.DOSE_UNKNOWN, ROUTE_OPEN, makes_card=False),) if open_ones else ()
    return Outcome(check.id, findings, said, looked, "wrong route or product" if findings else "route fits the product")


def _wrong_way(view: View, check: Check, item: Present) -> Finding | None:
    if item.drug.route is Route.PARENTERAL:
        wording = "injected"
    elif item.drug.route is Route.INTRATHECAL and oral_product(item):
        wording = "oral-product"
    else:
        return None
    return Finding(
        check=check.id,
        indicator=check.levels.base,
        wording=wording,
        values={
            "one": view.name(item.ingredient),
            "route": item.drug.route_detail or "parenteral",
            "form": item.drug.form or "oral product",
            "drugs": [item.ingredient],
        },
        about=(item.ref,),
        evidence=check.evidence,
        seen=(seen(view, item),),
        because=(f"{item.drug.route_detail or item.drug.route.value} route",),
    )


def oral_product(item: Present) -> bool:
    """A form that is swallowed; a solution only when its name says so, for the injection is one too."""
    return item.drug.form in SOLID or (item.drug.form == "solution" and "oral" in item.drug.label.lower().split())
