"""A liquid dose told twice: as a volume and as a mass, or with a concentration beside that of the product.

Nothing is judged here: each statement of the directions is set beside the others (``LiquidDose``), also where the daily
dose cannot be computed because they disagree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cds.arithmetic.reading import Reading, read
from cds.arithmetic.regimen import Giving, Quantity
from cds.arithmetic.sigwords import name_words
from cds.arithmetic.strength import is_combination, strength_mg
from cds.arithmetic.units import DOSE_UNITS
from cds.case import Drug, LiquidDose
from cds.chart import DosageFact
from cds.memo import remember

MAX_TEXT = 500
LIQUIDS = frozenset({"solution", "suspension", "injection", ""})

_NUMBER = r"(\d{1,5}(?:\.\d{1,4})?)"
_UNIT = r"(mg|mcg|ug|g|ml)(?![a-z/])"
# "25 mg (5 mL", "5 mL = 25 mg": two statements of one dose, in directions that are not understood as a whole
_BESIDE = re.compile(_NUMBER + r" ?" + _UNIT + r" ?[(=] ?" + _NUMBER + r" ?" + _UNIT)
_PER_ML = re.compile(_NUMBER + r" ?(mg|mcg|ug|g) ?(?:/|per) ?(\d{0,3}(?:\.\d{1,3})?) ?ml(?![a-z])")


def liquid_doses(dosages: Sequence[DosageFact], drug: Drug) -> tuple[LiquidDose, ...]:
    """Every dose that the dosages tell as a volume, or with a concentration. Empty for what is no liquid of one drug.

    Volumes in mL, masses in mg, concentrations in mg/mL; a range counts with its upper end.
    """
    if len(drug.ingredients) != 1 or drug.form not in LIQUIDS or not dosages:
        return ()
    return _liquid_doses(tuple(dosages), drug)


@remember(1024)
def _liquid_doses(dosages: tuple[DosageFact, ...], drug: Drug) -> tuple[LiquidDose, ...]:
    strength = drug.ingredients[0].strength
    if is_combination(drug.label) or (strength is not None and strength.per != "mL"):
        return ()
    product = strength_mg(strength) if strength is not None else None
    names = name_words(drug.label, (drug.ingredients[0].id,))
    found = [dose for fact in dosages for dose in _of(read(fact, names), product)]
    return tuple(dict.fromkeys(found))


def _of(reading: Reading, product: float | None) -> Iterable[LiquidDose]:
    """The statements of one dosage: its codes and each giving of its text, or what its text says unread."""
    coded = reading.coded if isinstance(reading.coded, Giving) else Giving()
    if not isinstance(reading.steps, tuple):
        yield from _unread(reading.fact.text, coded, product)
        return
    givings = [giving for step in reading.steps for giving in step.givings]
    for giving in givings:
        beside = coded if len(givings) == 1 else Giving()
        dose = _told(
            _first("volume", giving.dose, giving.mass, beside.dose),
            _first("mass", giving.mass, giving.dose, beside.dose) or _by_the_day(giving, beside),
            giving.per_ml,
            product,
        )
        if dose is not None:
            yield dose


def _first(kind: str, *quantities: Quantity | None) -> float | None:
    return next((one.high for one in quantities if one is not None and one.kind == kind), None)


def _by_the_day(giving: Giving, beside: Giving) -> float | None:
    """The single dose that a stated total of the day comes to."""
    pace = giving.pace or beside.pace
    if giving.day_total is None or pace is None or pace.once or pace.high <= 0:
        return None
    return giving.day_total / pace.high


def _told(volume: float | None, mass: float | None, stated: float | None, product: float | None) -> LiquidDose | None:
    if volume is None and stated is None:
        return None
    return LiquidDose(volume, mass, stated, product)


def _unread(text: str, coded: Giving, product: float | None) -> Iterable[LiquidDose]:
    """Pairs of volume and mass in words that were not understood; else a concentration in them, and what is coded."""
    words = " ".join(text[:MAX_TEXT].lower().split())
    ratio = _PER_ML.search(words)
    stated = _ratio(ratio.group(1), ratio.group(2), ratio.group(3)) if ratio is not None else None
    pairs = [pair for match in _BESIDE.finditer(words) if (pair := _pair(*match.groups())) is not None]
    for volume, mass in pairs:
        yield LiquidDose(volume, mass, stated, product)
    if not pairs:
        dose = _told(_first("volume", coded.dose), _first("mass", coded.dose), stated, product)
        if dose is not None:
            yield dose


def _pair(one: str, one_unit: str, other: str, other_unit: str) -> tuple[float, float] | None:
    """A volume and a mass, whichever stands first; None when it is not one of each."""
    values = {("volume" if unit == "ml" else "mass"): _size(value, unit) for value, unit in
              ((one, one_unit), (other, other_unit))}  # fmt: skip
    return (values["volume"], values["mass"]) if len(values) == 2 else None


def _size(value: str, unit: str) -> float:
    known = DOSE_UNITS[unit]
    return float(value) * known.mul / known.div


def _ratio(mass: str, unit: str, volume: str) -> float | None:
    millilitres = float(volume) if volume not in ("", ".") else 1.0
    return _size(mass, unit) / millilitres if millilitres > 0 else None
