"""The dose to write: within limits, never above what was ordered, and of whole or half tablets that can be made.

A product with a known strength is divided as ``knowledge/arithmetic/tablets.toml`` allows; without a strength the
tablets on the market are taken. A drug or form of which nothing is known gets no dose.
"""

from __future__ import annotations

import msgspec

from cds.arithmetic.makeable import parts
from cds.arithmetic.rules import per_set, table
from cds.case import Drug, Strength
from cds.findings import DoseToWrite

_DIVIDED = {"whole": 1, "halved": 2, "quartered": 4}
_SOLID = frozenset({"tablet", "capsule", ""})
_LIQUID = frozenset({"solution", "suspension", "syrup"})
_MEASURED = 0.5  # mL: what a household measures without a slip; a rounding, not a limit
_MOST_TIMES = 4
_MUCH = 0.7  # of the largest dose: less than that, and another number of doses a day is better


class Limits(msgspec.Struct, frozen=True):
    """What a new dose must keep to, mg: at most ``daily`` a day, ``single`` at a time; at least ``floor`` a day."""

    daily: float
    single: float
    floor: float = 0.0


def dose_within(drug: Drug, ordered: DoseToWrite, limits: Limits) -> DoseToWrite | None:
    """The largest dose within limits that can be made, as often a day as ordered unless that loses much; else None.

    Never above the ordered daily dose or the ordered single dose; an ordered dose within the limits stays (None).
    """
    piece = piece_of(drug, ordered.ingredient)
    if piece is None or (ordered.daily <= limits.daily and ordered.single <= limits.single):
        return None
    daily, single = min(limits.daily, ordered.daily), min(limits.single, ordered.single)
    amounts = {times: int(min(daily / times, single) / piece + 1e-9) * piece for times in range(1, _MOST_TIMES + 1)}
    fit = {times: amount for times, amount in amounts.items() if amount > 0 and amount * times >= limits.floor - 1e-9}
    if not fit:
        return None
    best = max(amount * times for times, amount in fit.items())
    as_ordered = fit.get(ordered.times, 0.0) * ordered.times
    if as_ordered >= best * _MUCH:
        times = ordered.times
    else:
        largest = [times for times, amount in fit.items() if amount * times == best]
        times = min(largest, key=lambda times: (abs(times - ordered.times), fit[times]))
    amount = fit[times]
    return DoseToWrite(ordered.ingredient, round(amount, 6), times, _made_of(drug, ordered.ingredient, amount))


def split(drug: Drug, ordered: DoseToWrite, single: float) -> DoseToWrite | None:
    """The same daily dose in three or four equal parts that can be made, none above a limit; None when it cannot."""
    piece = piece_of(drug, ordered.ingredient)
    for times in (3, 4):
        amount = ordered.daily / times
        if piece is None or times <= ordered.times or amount > single + 1e-9:
            continue
        if abs(amount / piece - round(amount / piece)) < 1e-6:
            return DoseToWrite(ordered.ingredient, round(amount, 6), times, _made_of(drug, ordered.ingredient, amount))
    return None


def piece_of(drug: Drug, ingredient: str) -> float | None:
    """The smallest part of the ordered product in mg, or of the tablets on the market; None when not known."""
    if drug.extended_release or len(drug.ingredients) != 1:
        return None
    held = drug.ingredients[0].strength
    if drug.form in _LIQUID:
        return _mg(held) * _MEASURED if held is not None and held.per == "mL" else None
    if drug.form not in _SOLID:
        return None
    strength = tablet_strength(drug)
    if strength is None:
        pieces = parts(ingredient)
        return pieces[0] / 1000 if pieces and held is None else None
    return strength / parts_of(ingredient, strength)


def tablet_strength(drug: Drug) -> float | None:
    """mg per tablet or capsule of a product of one ingredient, when known."""
    strength = drug.ingredients[0].strength if len(drug.ingredients) == 1 else None
    return _mg(strength) if strength is not None and strength.per == "each" else None


def _mg(strength: Strength) -> float:
    return strength.value / 1000 if strength.unit == "ug" else strength.value


@per_set(256)
def parts_of(ingredient: str, strength: float) -> int:
    """Into how many parts a tablet may be divided; a strength that was not looked up is not divided."""
    rows = table("tablets")["tablets"].get(ingredient, {})
    return max((_DIVIDED[how] for how, strengths in rows.items() if strength in strengths), default=1)


def _made_of(drug: Drug, ingredient: str, amount: float) -> str:
    """ "half a tablet of 10 mg", "2 tablets of 5 mg", "5 mL"; "" when the product's strength is not known."""
    held = drug.ingredients[0].strength
    if drug.form in _LIQUID and held is not None:
        return f"{amount / _mg(held):g} mL"
    strength = tablet_strength(drug)
    if strength is None:
        return ""
    form = drug.form or "tablet"
    count = amount / strength
    if abs(count - 1) < 1e-6:
        return f"1 {form} of {strength:g} mg"
    if abs(count - 0.5) < 1e-6:
        return f"half a {form} of {strength:g} mg"
    return f"{count:g} {form}s of {strength:g} mg"
