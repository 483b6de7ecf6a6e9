"""Liquids whose mL, mg and concentration do not fit together (``liquid-concentration-mismatch``)."""

from __future__ import annotations

import re

import msgspec

from cds.case import DrugUse, LiquidDose, Order, Reason, Unknown
from cds.checks.conditions import on_route
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, NotChecked, Outcome, Value
from cds.knowledge.model import Check
from cds.view import Present, View, number

# How the recogniser says that code, brand and strength of a product disagree on its concentration.
_TWO_STRENGTHS = re.compile(r"named both as ([\d.]{1,9}) (mg|ug)/mL and as ([\d.]{1,9}) (mg|ug)/mL$")


class Mismatch(msgspec.Struct, frozen=True):
    """Two statements that should be equal: in which words, each side as a card says it, and how many times apart."""

    wording: str
    said: str
    other: str
    times: float


@check("liquid-concentration-mismatch")
def liquid_concentration_mismatch(view: View, check: Check) -> Outcome:
    """Per order the pair of statements that lies furthest apart; a pair within the limit is rounding."""
    items = [item for item in view.on_side(check.applies_to) if item.subject and on_route(item, check)]
    orders = [(item, holder) for item in items if (holder := item.order or item.use) is not None]
    if not orders:
        return Outcome(check.id, why="no order of this call brings a drug of this question")
    findings: list[Finding] = []
    said: list[NotChecked] = []
    for item, order in orders:
        worst = max(_mismatches(order), key=lambda found: found.times, default=None)
        if worst is not None and (worst.times - 1) * 100 > check.number("apart"):
            findings.append(_finding(view, check, item, worst))
        else:
            said += _open(view, check, item, order)
    looked = tuple(seen(view, item) for item, _ in orders)
    why = "volume, mass and concentration disagree" if findings else "nothing said twice disagrees"
    return Outcome(check.id, tuple(findings), tuple(dict.fromkeys(said)), looked, why)


def _mismatches(order: Order | DrugUse) -> list[Mismatch]:
    found = [mismatch for dose in order.liquids for mismatch in _of(dose)]
    two = _TWO_STRENGTHS.search(order.drug.conflict)
    if two is not None:
        one, unit, other, other_unit = two.groups()
        first, second = _mg(one, unit), _mg(other, other_unit)
        if first > 0 and second > 0:
            found.append(Mismatch("product", _per_ml(first), _per_ml(second), _times(first, second)))
    return found


def _of(dose: LiquidDose) -> list[Mismatch]:
    """The statements of one dose against each other: mg against mL, and one concentration against the other."""
    found: list[Mismatch] = []
    volume, mass = dose.millilitres, dose.milligrams
    strength = dose.product or dose.stated
    if volume and mass and strength:
        by_volume = volume * strength
        said = f"{number(mass)} mg in {number(volume)} mL"
        found.append(Mismatch("dose", said, f"{_per_ml(strength)}, so {number(by_volume)} mg", _times(mass, by_volume)))
    if dose.stated and dose.product:
        times = _times(dose.stated, dose.product)
        found.append(Mismatch("concentration", _per_ml(dose.stated), _per_ml(dose.product), times))
    return found


def _mg(value: str, unit: str) -> float:
    return float(value) / (1000 if unit == "ug" else 1)


def _times(one: float, other: float) -> float:
    """How many times the larger is the smaller, rounded so that 1.2 is 1.2."""
    return round(max(one, other) / min(one, other), 6)


def _per_ml(concentration: float) -> str:
    return f"{number(concentration)} mg/mL"


def _open(view: View, check: Check, item: Present, order: Order | DrugUse) -> tuple[NotChecked, ...]:
    """A volume, or a liquid without a dose that could be read: mg and mL cannot be compared without the strength."""
    name = view.name(item.ingredient)
    if any(dose.millilitres and not (dose.product or dose.stated) for dose in order.liquids):
        detail = f"mL and mg of {name} not compared: strength per mL not known"
        return (NotChecked(check.id, Reason.DOSE_UNKNOWN, detail, makes_card=False),)
    if isinstance(item.dose, Unknown) and not order.liquids:
        detail = f"mL and mg of {name} not compared: dose not known"
        return (NotChecked(check.id, Reason.DOSE_UNKNOWN, detail, makes_card=False),)
    return ()


def _finding(view: View, check: Check, item: Present, worst: Mismatch) -> Finding:
    values: dict[str, Value] = {
        "one": view.name(item.ingredient),
        "said": worst.said,
        "other": worst.other,
        "times": round(worst.times, 2),
        "limit": check.number("apart"),
        "drugs": [item.ingredient],
    }
    return Finding(
        check=check.id,
        indicator=check.levels.base,
        wording=worst.wording,
        values=values,
        about=(item.ref,),
        evidence=check.evidence,
        seen=(seen(view, item),),
        because=(f"{number(round(worst.times, 2))} times apart",),
    )
