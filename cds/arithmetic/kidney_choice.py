"""Which measured value counts: final, dated, of this kind, plausible, current; the newest of them.

Everything refused is named with its reason; nothing is repaired by guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from cds.arithmetic.dates import months_before
from cds.arithmetic.rules import numbers
from cds.case import Lab, Reason, Unknown

# How a card names a kind of value.
NAMES = {
    "creatinine": "creatinine",
    "egfr": "eGFR",
    "cystatin-c": "cystatin C",
    "creatinine-clearance": "creatinine clearance",
    "body-weight": "weight",
    "body-height": "height",
}
UNITS = {
    "creatinine": "mg/dL",
    "egfr": "mL/min/1.73 m2",
    "cystatin-c": "mg/L",
    "creatinine-clearance": "mL/min",
    "body-weight": "kg",
    "body-height": "cm",
}
_MOLES = ("umol/L", "mmol/L")


class Reading(msgspec.Struct, frozen=True):
    """One value that counts, in its kind's own unit, with the day it was taken (the first day it may have been)."""

    lab: Lab
    value: float
    day: date


class RefusedLab(msgspec.Struct, frozen=True):
    """A value that was there and is not used. ``implausible``: unit or size of it is the reason."""

    lab: Lab
    why: Unknown
    implausible: bool = False


class Choice(msgspec.Struct, frozen=True):
    """The values of one kind: those that count (newest first), those too old, those refused."""

    current: tuple[Reading, ...] = ()
    stale: tuple[Reading, ...] = ()
    refused: tuple[RefusedLab, ...] = ()

    @property
    def newest(self) -> Reading | None:
        """The value that counts."""
        return self.current[0] if self.current else None


_NOTHING = Choice()


def choose(labs: Iterable[Lab], kind: str, as_of: date, months: float | None) -> Choice:
    """Sort the values of one kind. ``months``: how old a value may be (None: any age).

    Of two values of one day that no time of day tells apart the worse for the kidney comes first.
    """
    mine = [lab for lab in labs if lab.kind == kind]
    if not mine:
        return _NOTHING
    cutoff = months_before(as_of, int(months)) if months is not None else date.min
    current: list[Reading] = []
    stale: list[Reading] = []
    refused: list[RefusedLab] = []
    for lab in mine:
        reading = _read(lab, as_of)
        if isinstance(reading, RefusedLab):
            refused.append(reading)
        else:
            (current if reading.day >= cutoff else stale).append(reading)
    refused.sort(key=lambda item: (item.why.detail, *_identity(item.lab)))
    return Choice(tuple(_newest_first(current)), tuple(_newest_first(stale)), tuple(refused))


def _read(lab: Lab, as_of: date) -> Reading | RefusedLab:
    name = NAMES[lab.kind]
    if lab.status != "final":
        return RefusedLab(lab, Unknown(Reason.ABSENT, f"{name} is not a final result"))
    if isinstance(lab.value, Unknown):
        unit = lab.value.reason is Reason.UNIT
        return RefusedLab(lab, Unknown(lab.value.reason, lab.value.detail or f"{name} has no value"), unit)
    if lab.when is None:
        return RefusedLab(lab, Unknown(Reason.UNREADABLE, f"{name} has no date"))
    if lab.when.first > as_of:
        return RefusedLab(lab, Unknown(Reason.UNREADABLE, f"{name} is dated in the future"))
    value = lab.value.value
    if not _plausible(lab, value):
        detail = f"{name} {value:.3g} {UNITS[lab.kind]} is not plausible"
        return RefusedLab(lab, Unknown(Reason.UNREADABLE, detail), implausible=True)
    return Reading(lab, value, lab.when.first)


def _plausible(lab: Lab, value: float) -> bool:
    """Whether a value can be what it says; limits in the unit in which it was sent."""
    limits = numbers("kidney")
    if lab.kind == "creatinine":
        if lab.unit in _MOLES:
            micromoles = round(value * limits["creatinine_molar"], 6)
            return limits["creatinine_lowest_moles"] <= micromoles <= limits["creatinine_highest_moles"]
        return limits["creatinine_lowest"] <= value <= limits["creatinine_highest"]
    low, high = {
        "egfr": (0.0, limits["egfr_highest"]),
        "creatinine-clearance": (0.0, limits["egfr_highest"]),
        "cystatin-c": (limits["cystatin_lowest"], limits["cystatin_highest"]),
        "body-weight": (limits["weight_lowest"], limits["weight_highest"]),
        "body-height": (limits["height_lowest"], limits["height_highest"]),
    }[lab.kind]
    return low <= value <= high


def _newest_first(readings: list[Reading]) -> list[Reading]:
    """Newest day first; within a day by the clock if every value of that day has one, else the worse first."""
    by_day: dict[date, list[Reading]] = {}
    for reading in readings:
        by_day.setdefault(reading.day, []).append(reading)
    found: list[Reading] = []
    for day in sorted(by_day, reverse=True):
        group = by_day[day]
        if len(group) == 1:
            found += group
            continue
        group.sort(key=_worse_first)
        if all(reading.lab.when is not None and reading.lab.when.at is not None for reading in group):
            group.sort(key=_clock, reverse=True)
        found += group
    return found


def _worse_first(reading: Reading) -> tuple[object, ...]:
    falling = reading.lab.kind in ("egfr", "creatinine-clearance")
    return (reading.value if falling else -reading.value, *_identity(reading.lab))


def _identity(lab: Lab) -> tuple[object, ...]:
    """What tells two values of one day apart, for an order that does not depend on the order sent."""
    when = lab.when
    moment = (when.first, when.last, str(when.at)) if when is not None else (date.min, date.min, "")
    return lab.method, lab.comparator, lab.unit, lab.ref, lab.shown, *moment


def _clock(reading: Reading) -> float:
    at = reading.lab.when.at if reading.lab.when is not None else None
    return at.timestamp() if at is not None else 0.0


class Rise(msgspec.Struct, frozen=True):
    """A creatinine rise that meets KDIGO's definition of acute kidney injury: both values, and by which criterion."""

    earlier: Reading
    later: Reading
    criterion: str


def kidney_injury(readings: Iterable[Reading], as_of: date) -> Rise | None:
    """The KDIGO rise in which the patient still is; None without one.

    The newest value counts as the end of a rise while it is not too old. A rise that ended in an earlier value counts
    while that is recent and the newest value has not come back: it still lies above the start of the rise by as much.
    ``readings``: creatinines that count, newest first. Values given only as "above" or "below" take no part.
    """
    rules = numbers("kidney")
    exact = [reading for reading in readings if not reading.lab.comparator]
    for index, later in enumerate(exact):
        window = rules["aki_unresolved_days"] if index == 0 else rules["aki_recent_days"]
        if (as_of - later.day).days > window:
            continue
        rises = [rise for earlier in exact[index + 1 :] if (rise := _rise(earlier, later)) is not None]
        rises = [rise for rise in rises if index == 0 or _meets(rise.earlier, exact[0])]
        if rises:
            return min(rises, key=lambda rise: (rise.earlier.value, rise.earlier.day, *_identity(rise.earlier.lab)))
    return None


def _rise(earlier: Reading, later: Reading) -> Rise | None:
    rules = numbers("kidney")
    apart = _apart(earlier, later)
    if apart <= timedelta(hours=rules["aki_rise_hours"]) and _by_height(earlier, later):
        return Rise(
            earlier, later, f"rise of at least {rules['aki_rise']:g} mg/dL within {rules['aki_rise_hours']:g} h"
        )
    if apart <= timedelta(days=rules["aki_ratio_days"]) and _by_ratio(earlier, later):
        words = f"at least {rules['aki_ratio']:g} times the lowest value of the prior {rules['aki_ratio_days']:g} days"
        return Rise(earlier, later, words)
    return None


def _meets(earlier: Reading, later: Reading) -> bool:
    return _by_height(earlier, later) or _by_ratio(earlier, later)


def _by_height(earlier: Reading, later: Reading) -> bool:
    # Three decimals: 26.5 umol/L, KDIGO's own figure in SI units, is 0.2997 mg/dL and must count as 0.3.
    return round(later.value - earlier.value, 3) >= numbers("kidney")["aki_rise"]


def _by_ratio(earlier: Reading, later: Reading) -> bool:
    return round(later.value / earlier.value, 4) >= numbers("kidney")["aki_ratio"]


def _apart(earlier: Reading, later: Reading) -> timedelta:
    """Time between two values: by the clock if both have one, else in whole days."""
    one = earlier.lab.when.at if earlier.lab.when is not None else None
    two = later.lab.when.at if later.lab.when is not None else None
    return two - one if one is not None and two is not None else later.day - earlier.day
