"""One giving -> its share of the day's dose of one ingredient, with the working."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cds.arithmetic.regimen import Cap, Giving, Pace, Quantity, Rate
from cds.arithmetic.rules import numbers
from cds.arithmetic.strength import Mass, mass_of, mass_per_hour, same
from cds.arithmetic.units import number_text, tidy
from cds.case import Drug, Ingredient, Reason, Unknown

MAX_BARE_CAP = numbers("directions")["most_bare_per_day"]

NO_PACE = Unknown(Reason.DOSE_UNKNOWN, "how often is not said")
NO_DOSE = Unknown(Reason.DOSE_UNKNOWN, "how much at a time is not said")
NO_MAXIMUM = Unknown(Reason.DOSE_UNKNOWN, "as needed, without a frequency or a maximum per day")

TOTALS_DISAGREE = Unknown(Reason.CONFLICT, "the stated total per day is not that of the single doses")


class Part(msgspec.Struct, frozen=True, gc=False):
    """A daily dose in mg (of patches: mg per h), low to high, before it is put into the unit of the answer."""

    low: float
    high: float
    working: str
    single: float | None = None
    times: float | None = None
    prn: bool = False
    capped: bool = False
    patch: bool = False


def part_of(giving: Giving, ingredient: Ingredient, drug: Drug) -> Part | Unknown:
    """What this giving amounts to in a day, or why that cannot be told."""
    if giving.rate is not None:
        return _by_rate(giving, giving.rate, ingredient, drug)
    if giving.dose is None:
        return NO_DOSE
    mass = mass_of(giving, giving.dose, ingredient, drug)
    if isinstance(mass, Unknown):
        return mass
    if giving.cap_single is not None:
        mass = _cap_once(mass, giving.cap_single, ingredient, drug)
    if mass.patch:
        return _patch(giving, mass)
    cap = _cap_per_day(giving.caps, mass.high, ingredient, drug) if giving.caps else None
    if giving.pace is None:
        return _open(giving, mass, cap)
    return _paced(giving, giving.pace, mass, cap)


def _paced(giving: Giving, pace: Pace, mass: Mass, cap: float | None) -> Part | Unknown:
    low, high, times = tidy(mass.low * pace.low), tidy(mass.high * pace.high), pace.high
    if giving.day_total is not None and not same(giving.day_total, high):
        return TOTALS_DISAGREE
    words = mass.words + _joint(giving, pace) + pace.words
    single = mass.high
    if giving.prn:
        low = 0.0
    if cap is not None and low <= cap < high:
        high, times = cap, tidy(cap / mass.high)
        single = min(single, cap)
        words = f"{words}, at most {number_text(cap)} mg per day"
    if giving.prn:
        words += ", as needed"
    return Part(low, high, words, single, tidy(times), giving.prn, cap is not None)


def _joint(giving: Giving, pace: Pace) -> str:
    if pace.once:
        return ", "
    if pace.words.startswith("every"):
        return " "
    return " × up to " if giving.prn and pace.low > 0 else " × "


def _open(giving: Giving, mass: Mass, cap: float | None) -> Part | Unknown:
    """No frequency: only an as-needed dose with a maximum per day can be bounded."""
    if not giving.prn:
        return NO_PACE
    if cap is None:
        return NO_MAXIMUM
    words = f"{mass.words} as needed, at most {number_text(cap)} mg per day"
    return Part(0.0, cap, words, min(mass.high, cap), None, True, True)


def _patch(giving: Giving, mass: Mass) -> Part | Unknown:
    """A patch delivers per hour for as long as it is worn; the interval only says when it is changed."""
    if giving.pace is not None and giving.pace.high > 1:
        return Unknown(Reason.DOSE_UNKNOWN, "a patch changed more than once a day")
    words = mass.words if giving.pace is None else f"{mass.words}, changed {giving.pace.words}"
    low = 0.0 if giving.prn else mass.low
    times = tidy(giving.pace.high) if giving.pace is not None else None
    return Part(low, mass.high, words, None, times, giving.prn, patch=True)


def _by_rate(giving: Giving, rate: Rate, ingredient: Ingredient, drug: Drug) -> Part | Unknown:
    """An infusion, a pump, a patch, or a stated daily total. Continuous unless a duration and a frequency are given."""
    mass = mass_per_hour(giving, rate, ingredient, drug)
    if isinstance(mass, Unknown):
        return mass
    if mass.patch:
        return _patch(giving, Mass(tidy(mass.low), tidy(mass.high), mass.words, patch=True))
    hours, words = 24.0, mass.words
    if giving.duration_hours is not None and giving.pace is not None:
        hours = min(24.0, giving.duration_hours * giving.pace.high)
        words = f"{words} for {number_text(hours)} h per day"
    elif rate.hours < 24:
        words = f"{words} × 24 h"
    low, high = tidy(mass.low * hours), tidy(mass.high * hours)
    if giving.day_total is not None and not same(giving.day_total, high):
        return TOTALS_DISAGREE
    times = giving.pace.high if giving.pace is not None and giving.pace.high >= 1 and rate.hours >= 24 else None
    if times is not None and times > 1:
        words = f"{words} in {number_text(times)} doses"
    single = tidy(high / times) if times is not None else None
    cap = _cap_per_day(giving.caps, 0.0, ingredient, drug)
    low = 0.0 if giving.prn else low
    if cap is not None and low <= cap < high:
        high, words = cap, f"{words}, at most {number_text(cap)} mg per day"
    return Part(low, high, words, single, times, giving.prn, cap is not None)


def _cap_once(mass: Mass, limit: Quantity, ingredient: Ingredient, drug: Drug) -> Mass:
    """maxDosePerAdministration lowers the top of a range, never a plain dose."""
    most = mass_of(Giving(), limit, ingredient, drug)
    if isinstance(most, Unknown) or not mass.low <= most.high < mass.high:
        return mass
    return Mass(mass.low, most.high, f"{mass.words} (at most {number_text(most.high)} mg at a time)", mass.patch)


def _cap_per_day(caps: Sequence[Cap], single: float, ingredient: Ingredient, drug: Drug) -> float | None:
    """The lowest readable maximum per 24 hours in mg. A maximum per more than a day does not limit one day."""
    found: list[float] = []
    for cap in caps:
        if cap.hours > 24 or (cap.kind == "bare" and cap.value > MAX_BARE_CAP):
            continue
        per_day = cap.value * 24 / cap.hours
        if cap.kind == "dose":
            if single > 0:
                found.append(tidy(per_day * single))
            continue
        unit = Quantity(1.0, 1.0, "each" if cap.kind == "bare" else cap.kind, "")
        mass = mass_of(Giving(), unit, ingredient, drug)
        if isinstance(mass, Mass):
            found.append(tidy(per_day * mass.high))
    return min(found) if found else None


def add(parts: Sequence[Part]) -> Part | Unknown:
    """What is taken side by side."""
    if len(parts) == 1:
        return parts[0]
    if len({part.patch for part in parts}) > 1:
        return Unknown(Reason.CONFLICT, "a patch and a counted dose in one order")
    singles = [part.single for part in parts]
    times = [part.times for part in parts]
    as_needed = [part for part in parts if part.prn]
    return Part(
        low=tidy(sum(part.low for part in parts)),
        high=tidy(sum(part.high for part in parts)),
        working=" + ".join(part.working for part in parts),
        single=None if None in singles else max(single for single in singles if single is not None),
        times=None if None in times else tidy(sum(time for time in times if time is not None)),
        prn=bool(as_needed),
        capped=bool(as_needed) and all(part.capped for part in as_needed),
        patch=parts[0].patch,
    )
