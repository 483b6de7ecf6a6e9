"""When two resources tell of the same treatment, and when of the same dose and times."""

from __future__ import annotations

import msgspec

from cds.arithmetic.told import Told
from cds.case import DailyDose, Drug, Known, Route
from cds.chart import DosageFact


def same_schedule(one: Told, other: Told) -> bool:
    """Whether two resources tell of the same drug, dose and times: by the numbers, or word for word if there are none.

    Brand, form and strength may differ; immediate and extended release are not the same.
    """
    if one.ingredients != other.ingredients or one.drug.extended_release != other.drug.extended_release:
        return False
    if one.doses == other.doses and one.drug.ingredients == other.drug.ingredients and _known(one):
        return True
    ours, theirs = _by_ingredient(one), _by_ingredient(other)
    if ours is not None and theirs is not None:
        return all(_same_dose(ours[id], theirs[id]) for id in ours)
    same_strength = {i.id: i.strength for i in one.drug.ingredients} == {
        i.id: i.strength for i in other.drug.ingredients
    }
    mine = tuple(_undated(dosage) for dosage in one.fact.dosages)
    return bool(mine) and same_strength and mine == tuple(_undated(dosage) for dosage in other.fact.dosages)


def _known(told: Told) -> bool:
    return bool(told.doses) and all(isinstance(dose, Known) for dose in told.doses)


def _by_ingredient(told: Told) -> dict[str, DailyDose] | None:
    found = {}
    for ingredient, dose in zip(told.drug.ingredients, told.doses, strict=True):
        if not isinstance(dose, Known):
            return None
        found[ingredient.id] = dose.value
    return found or None


def _same_dose(one: DailyDose, other: DailyDose) -> bool:
    numbers_agree = one.unit == other.unit and _close(one.low, other.low) and _close(one.high, other.high)
    singles = one.single_high is None or other.single_high is None or _close(one.single_high, other.single_high)
    times = one.times_per_day is None or other.times_per_day is None or _close(one.times_per_day, other.times_per_day)
    return numbers_agree and singles and times and one.prn == other.prn and one.steps == other.steps


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(abs(one), abs(other), 1e-9)


def _undated(dosage: DosageFact) -> DosageFact:
    """A dosage without the dates that differ from one order to its renewal."""
    timing = dosage.timing
    if timing is None:
        return dosage
    bare = msgspec.structs.replace(timing, bounds_start=None, bounds_end=None, bounds_duration=None)
    return msgspec.structs.replace(dosage, timing=bare)


def same_treatment(one: Told, drug: Drug) -> bool:
    """Whether a medicine is the same treatment as a drug: the same ingredients by the same route, if both are known."""
    if not one.ingredients or one.ingredients != {ingredient.id for ingredient in drug.ingredients}:
        return False
    return one.drug.route == drug.route or Route.UNKNOWN in (one.drug.route, drug.route)
