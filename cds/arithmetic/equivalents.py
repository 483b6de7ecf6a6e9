"""Doses of different drugs on one scale: opioids in morphine milligrams, benzodiazepines in diazepam milligrams.

Factors are published and stand in ``knowledge/arithmetic``. A drug, route or dose without a factor leaves the sum
incomplete, and is named; it is never counted as nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from cds.arithmetic.rules import per_set, table
from cds.arithmetic.units import number_text, tidy
from cds.case import DailyDose, Known, Maybe, Reason, Route, Unknown

# An ingredient, its daily dose, and (if known) the route.
Dosed = tuple[str, Maybe[DailyDose]] | tuple[str, Maybe[DailyDose], Route]

LOW, MODERATE, HIGH = "low", "moderate", "high"
_MG_PER = {"mg/d": 1.0, "ug/d": 0.001}
# The factors are for swallowed doses; an unknown route is taken for one, so that a sum does not fall short silently.
_SWALLOWED = (Route.ORAL, Route.UNKNOWN)


class Load(msgspec.Struct, frozen=True):
    """A sum per day. ``low``/``high``: of the doses that are known, at their low and high ends.

    While something is ``missing`` the true sum is higher. ``working`` shows each part: "oxycodone 20 mg x 1.5 = 30".
    """

    low: float = 0.0
    high: float = 0.0
    missing: tuple[Unknown, ...] = ()
    working: tuple[str, ...] = ()

    @property
    def at_least(self) -> float:
        """What the known doses come to at their highest credible end; more, if anything is missing."""
        return self.high

    @property
    def complete(self) -> bool:
        """Whether every drug could be counted."""
        return not self.missing


def mme_per_day(doses: Iterable[Dosed]) -> Load:
    """Morphine milligram equivalents per day of the opioids given, with the CDC 2022 factors.

    Callers pass opioids only. Buprenorphine is not converted and leaves no gap. A patch counts by its ug/h; injected,
    nasal, rectal and spinal doses have no published factor.
    """
    rules = table("opioids")
    left_out = rules["not_converted"]["ingredients"]
    return _sum(_opioid(item, rules) for item in doses if item[0] not in left_out)


def _opioid(item: Dosed, rules: Mapping[str, Mapping[str, float]]) -> Load:
    ingredient, dose, route = item if len(item) == 3 else (*item, Route.UNKNOWN)
    if isinstance(dose, Unknown):
        return _missing(dose.reason, f"daily dose of {ingredient} not known")
    value = dose.value
    factor: float | None = None
    scale, unit = _MG_PER.get(value.unit, 1.0), "mg"
    if value.unit == "ug/h":
        factor, unit = rules["patch_factors"].get(ingredient), "mcg/h"
    elif route in _SWALLOWED and value.unit in _MG_PER:
        factor = rules["factors"].get(ingredient)
    if factor is None:
        return _missing(Reason.DOSE_UNKNOWN, f"no morphine equivalent for {ingredient}")
    low, high = tidy(value.low * scale * factor), tidy(value.high * scale * factor)
    words = f"{ingredient} {number_text(value.high * scale)} {unit} x {number_text(factor)} = {number_text(high)}"
    return Load(low, high, (), (words,))


def diazepam_per_day(doses: Iterable[Dosed]) -> Load:
    """Diazepam milligrams per day as a range over all sources: the weakest and the strongest equivalent printed."""
    return _sum(_diazepam(item, _span(item[0])) for item in doses)


def _diazepam(item: Dosed, span: tuple[float, float] | None) -> Load:
    ingredient, dose = item[0], item[1]
    if isinstance(dose, Unknown):
        return _missing(dose.reason, f"daily dose of {ingredient} not known")
    scale = _MG_PER.get(dose.value.unit)
    if span is None or scale is None:
        return _missing(Reason.DOSE_UNKNOWN, f"no diazepam equivalent for {ingredient}")
    smallest, largest = span
    low, high = tidy(dose.value.low * scale * 10 / largest), tidy(dose.value.high * scale * 10 / smallest)
    amount = f"{ingredient} {number_text(dose.value.high * scale)} mg"
    return Load(low, high, (), (f"{amount} = diazepam {_range(low, high)} mg",))


@per_set(256)
def _span(ingredient: str) -> tuple[float, float] | None:
    """The smallest and largest equivalent of 10 mg diazepam that any source prints."""
    sources = table("benzodiazepines")["equivalents"].get(ingredient)
    if not sources:
        return None
    printed = [float(value) for pair in sources.values() for value in pair]
    return min(printed), max(printed)


def asam_band(doses: Iterable[Dosed]) -> Maybe[str]:
    """Withdrawal-risk band of the daily dose, "low", "moderate" or "high": ASAM's cut-offs at the high end of the dose.

    Several benzodiazepines: the band of their sum in diazepam, or of any one alone if that is higher. Known doses that
    reach "high" decide; otherwise an unknown dose leaves the band Unknown. No drug at all is Unknown (``absent``).
    """
    bands: list[str] = []
    missing: list[Unknown] = []
    total = 0.0
    for item in doses:
        share = _diazepam(item, _band_equivalent(item[0]))
        missing += share.missing
        if isinstance(item[1], Known) and share.complete:
            bands.append(_band(item[0], item[1].value, share.high))
            total += share.high
    if len(bands) > 1:
        bands.append(_cut(total, _cutoffs()["diazepam"]))
    worst = max(bands, key=(LOW, MODERATE, HIGH).index, default="")
    if missing and worst != HIGH:
        return missing[0]
    return Known(worst) if worst else Unknown(Reason.ABSENT, "no benzodiazepine dose")


def _band(ingredient: str, dose: DailyDose, diazepam: float) -> str:
    own = _cutoffs().get(ingredient)
    if own is not None:
        return _cut(dose.high * _MG_PER[dose.unit], own)
    return _cut(diazepam, _cutoffs()["diazepam"])


def _cutoffs() -> Mapping[str, list[float]]:
    found: Mapping[str, list[float]] = table("benzodiazepines")["bands"]["cutoffs"]
    return found


def _cut(value: float, limits: list[float]) -> str:
    low, moderate = limits
    return LOW if tidy(value) <= low else MODERATE if tidy(value) <= moderate else HIGH


@per_set(256)
def _band_equivalent(ingredient: str) -> tuple[float, float] | None:
    """What the band counts as 10 mg diazepam: the drug's own low cut-off; else the first source in order that has it.

    Of a printed range the smaller end, which makes more diazepam of a dose.
    """
    own = _cutoffs().get(ingredient)
    if own is not None:
        return own[0], own[0]
    rules = table("benzodiazepines")
    sources = rules["equivalents"].get(ingredient, {})
    for source in rules["bands"]["order"]:
        if source in sources:
            smallest = float(min(sources[source]))
            return smallest, smallest
    return None


def to_diazepam(ingredient: str, mg_per_day: float) -> Maybe[float]:
    """Diazepam mg/day that a switch would start from: the lowest that any source gives. Never ordered by itself."""
    span = _span(ingredient)
    if span is None:
        return Unknown(Reason.DOSE_UNKNOWN, f"no diazepam equivalent for {ingredient}")
    return Known(tidy(mg_per_day * 10 / span[1]))


def _missing(reason: Reason, detail: str) -> Load:
    return Load(missing=(Unknown(reason, detail),))


def _sum(parts: Iterable[Load]) -> Load:
    found = list(parts)
    return Load(
        tidy(sum(part.low for part in found)),
        tidy(sum(part.high for part in found)),
        tuple(dict.fromkeys(gap for part in found for gap in part.missing)),
        tuple(words for part in found for words in part.working),
    )


def _range(low: float, high: float) -> str:
    return number_text(high) if low == high else f"{number_text(low)}–{number_text(high)}"
