"""Vital signs of today: the newest of each kind, and whether it is beyond a limit."""

from __future__ import annotations

import msgspec

from cds.case import Known, Lab, Maybe, Reason, Unknown
from cds.view import View

# What a living patient can have; anything else is a slip of unit or typing, and no sign.
PLAUSIBLE = {"respiratory-rate": (0, 80), "spo2": (30, 100), "gcs": (3, 15), "body-temperature": (15, 45)}
_BELOW = ("", "<", "<=")


class Newest(msgspec.Struct, frozen=True):
    """The newest measurement of a kind, and whether it can be used: Unknown says why not."""

    lab: Lab | None
    value: Maybe[float]


def newest(view: View, kind: str, days: float) -> Newest:
    """The newest of the last ``days`` days. Unknown: none (absent), too old, without a unit, or not plausible."""
    lab = next((one for one in view.case.labs if one.kind == kind and one.when is not None), None)
    if lab is None or lab.when is None:
        return Newest(None, Unknown(Reason.ABSENT, f"no {kind.replace('-', ' ')}"))
    if not 0 <= (view.case.as_of - lab.when.last).days <= days:
        return Newest(lab, Unknown(Reason.STALE, "the vital signs are not of today"))
    if isinstance(lab.value, Unknown):
        return Newest(lab, lab.value)
    low, high = PLAUSIBLE[kind]
    if not low <= lab.value.value <= high:
        return Newest(lab, Unknown(Reason.UNIT, f"the {kind.replace('-', ' ')} cannot be right"))
    return Newest(lab, lab.value)


def below(found: Newest, limit: float) -> bool:
    """Whether it is surely below a limit."""
    if found.lab is None or isinstance(found.value, Unknown) or found.lab.comparator not in _BELOW:
        return False
    value = found.value.value
    return value <= limit if found.lab.comparator == "<" else value < limit


def at_most(found: Newest, limit: float) -> bool:
    """Whether it is surely not above a limit."""
    return isinstance(found.value, Known) and found.value.value <= limit
