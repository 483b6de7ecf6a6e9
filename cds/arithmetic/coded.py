"""What one FHIR dosage says in codes and numbers, without its text: DosageFact -> Giving."""

from __future__ import annotations

import math

from cds.arithmetic.regimen import Cap, Giving, Quantity, Rate
from cds.arithmetic.timing import pace_of
from cds.arithmetic.units import RateUnit, Unit, amount_hours, dose_unit, number_text, rate_unit, tidy, to_hours
from cds.case import Known, Reason, Unknown
from cds.chart import Amount, DosageFact, Timing

MAX_AMOUNT = 1_000_000.0
"""A larger number of anything is not believed."""


def read_coded(fact: DosageFact) -> Giving | Unknown:
    """The coded part of a dosage; a Giving that says nothing when there is none. Unknown when a part is unreadable."""
    dose = _dose(fact)
    if isinstance(dose, Unknown):
        return dose
    rate = _rate(fact)
    if isinstance(rate, Unknown):
        return rate
    if isinstance(dose, Rate):
        dose, rate = None, dose
    pace = days = None
    duration: float | None = None
    if fact.timing is not None:
        found = pace_of(fact.timing)
        if isinstance(found, Unknown):
            return found
        pace = found.value if found is not None else None
        days = bounds_days(fact.timing)
        lasting = _duration(fact.timing)
        if isinstance(lasting, Unknown):
            return lasting
        duration = lasting
    return Giving(
        dose=dose,
        rate=rate,
        pace=pace,
        prn=fact.as_needed,
        caps=_caps(fact) if fact.max_per_period else (),
        cap_single=_single_cap(fact),
        days=days,
        duration_hours=duration,
    )


def bounds_days(timing: Timing) -> float | None:
    """For how many days: boundsDuration, or first to last day of boundsPeriod (both included)."""
    if timing.bounds_duration is not None:
        hours = amount_hours(timing.bounds_duration)
        if isinstance(hours, Known) and hours.value > 0:
            return tidy(hours.value / 24)
    if timing.bounds_start is not None and timing.bounds_end is not None:
        days = (timing.bounds_end.last - timing.bounds_start.first).days + 1
        return float(days) if days > 0 else None
    return None


def readable(value: float | None) -> bool:
    """A finite amount, not negative, not absurd."""
    return value is not None and math.isfinite(value) and 0 <= value <= MAX_AMOUNT


def _dose(fact: DosageFact) -> Quantity | Rate | Unknown | None:
    if fact.dose is not None:
        return _quantity(fact.dose, fact.dose)
    if fact.dose_high is not None:
        low = fact.dose_low if fact.dose_low is not None else _zero_of(fact.dose_high)
        return _quantity(low, fact.dose_high)
    if fact.dose_low is not None:
        return Unknown(Reason.DOSE_UNKNOWN, "dose range without an upper end")
    return None


def _zero_of(amount: Amount) -> Amount:
    return Amount(0.0, amount.unit, amount.code, amount.system)


def _quantity(low: Amount, high: Amount) -> Quantity | Rate | Unknown | None:
    """Two ends of a dose in one unit; a dose "25 ug/h" is a rate."""
    if low.value is None and high.value is None:
        return None  # no number: as if no dose was sent; the text may say it
    if low.value is None or high.value is None or not (readable(low.value) and readable(high.value)):
        return Unknown(Reason.UNREADABLE, "dose is no usable number")
    if low.comparator or high.comparator:
        return Unknown(Reason.UNREADABLE, "dose with a comparator")
    if high.value == 0:
        return Unknown(Reason.UNREADABLE, "dose is no positive amount")
    unit = dose_unit(high)
    if isinstance(unit, Unknown):
        as_rate = rate_unit(high.code or high.unit)
        if isinstance(as_rate, Unknown):
            return as_rate if as_rate.reason is Reason.DOSE_UNKNOWN else unit
        return _as_rate(low, high)
    other = unit if low is high else dose_unit(low)
    if isinstance(other, Unknown):
        return other
    if other is not None and (unit is None or other.kind != unit.kind):
        return Unknown(Reason.CONFLICT, "two ends of a dose in different units")
    ends = (base_value(low.value, other if other is not None else unit), base_value(high.value, unit))
    if ends[0] > ends[1]:
        return Unknown(Reason.UNREADABLE, "dose range upside down")
    if other == unit or (other is None and low.value == 0):
        words = amount_words(low.value, high.value, unit)
    else:
        words = f"{amount_words(low.value, low.value, other)} to {amount_words(high.value, high.value, unit)}"
    return Quantity(ends[0], ends[1], "bare" if unit is None else unit.kind, words)


def base_value(value: float, unit: Unit | None) -> float:
    """The value in mg or mL, or as counted."""
    return float(value) if unit is None or unit.mul == unit.div == 1 else tidy(value * unit.mul / unit.div)


def amount_words(low: float, high: float, unit: Unit | None) -> str:
    """ "5–10 mg", "1 tablet", "2"."""
    shown = number_text(high) if low == high else f"{number_text(low)}–{number_text(high)}"
    if unit is None:
        return shown
    name = unit.name
    if low == high == 1 and name.endswith("s"):
        name = "patch" if name == "patches" else name[:-1]
    return f"{shown} {name}"


def _rate(fact: DosageFact) -> Rate | Unknown | None:
    if fact.rate is not None:
        return _as_rate(fact.rate, fact.rate)
    if fact.rate_high is not None:
        return _as_rate(fact.rate_low if fact.rate_low is not None else _zero_of(fact.rate_high), fact.rate_high)
    if fact.rate_low is not None:
        return Unknown(Reason.DOSE_UNKNOWN, "rate range without an upper end")
    return None


def _as_rate(low: Amount, high: Amount) -> Rate | Unknown:
    if low.value is None or high.value is None or not (readable(low.value) and readable(high.value)):
        return Unknown(Reason.UNREADABLE, "rate is no usable number")
    if not low.value <= high.value or high.value == 0:
        return Unknown(Reason.UNREADABLE, "rate is no positive amount")
    unit = _rate_unit(high)
    other = unit if low is high else _rate_unit(low)
    if isinstance(unit, Unknown):
        return unit
    if isinstance(other, Unknown):
        return other
    if other != unit:
        return Unknown(Reason.CONFLICT, "two ends of a rate in different units")
    ends = (base_value(low.value, unit.amount), base_value(high.value, unit.amount))
    per = {1.0: "h", 24.0: "day"}.get(unit.hours, f"{number_text(unit.hours)} h")
    words = f"{amount_words(low.value, high.value, unit.amount)}/{per}"
    return Rate(ends[0], ends[1], unit.amount.kind, unit.hours, words)


def _rate_unit(amount: Amount) -> RateUnit | Unknown:
    by_code = rate_unit(amount.code) if amount.code else None
    by_text = rate_unit(amount.unit) if amount.unit else None
    known = [found for found in (by_code, by_text) if found is not None and not isinstance(found, Unknown)]
    if len(known) == 2 and (known[0].hours != known[1].hours or known[0].amount != known[1].amount):
        return Unknown(Reason.CONFLICT, "unit code and unit text disagree")
    refused = [found for found in (by_code, by_text) if isinstance(found, Unknown)]
    if any(found.reason is Reason.DOSE_UNKNOWN for found in refused):
        return Unknown(Reason.DOSE_UNKNOWN, "dose per kg or m2 of body")
    if known:
        return known[0]
    return refused[0] if refused else Unknown(Reason.UNIT, "rate without a unit")


def _caps(fact: DosageFact) -> tuple[Cap, ...]:
    """The readable maxima; one that cannot be read limits nothing."""
    caps = []
    for numerator, denominator in fact.max_per_period:
        unit = dose_unit(numerator)
        hours = amount_hours(denominator)
        if isinstance(unit, Unknown) or isinstance(hours, Unknown) or not readable(numerator.value):
            continue
        if numerator.value and hours.value > 0:
            caps.append(Cap(base_value(numerator.value, unit), "bare" if unit is None else unit.kind, hours.value))
    return tuple(caps)


def _single_cap(fact: DosageFact) -> Quantity | None:
    if fact.max_per_administration is None:
        return None
    found = _quantity(fact.max_per_administration, fact.max_per_administration)
    return found if isinstance(found, Quantity) else None


def _duration(timing: Timing) -> float | Unknown | None:
    """How long each administration lasts, in hours."""
    if timing.duration is None:
        return None
    if not math.isfinite(timing.duration) or timing.duration <= 0:
        return Unknown(Reason.UNREADABLE, "duration is no positive number")
    hours = to_hours(timing.duration, timing.duration_unit)
    return Unknown(Reason.UNIT, "unit of the duration not known") if isinstance(hours, Unknown) else hours.value
