"""The common shape of a coded dosage and a written sig, before the strength of the product is applied."""

from __future__ import annotations

import msgspec


class Quantity(msgspec.Struct, frozen=True, gc=False):
    """How much is given at once, low to high.

    ``kind``: "mass" (mg), "volume" (mL), "each" (tablets, capsules ...), "patch", "dose" (administrations), or "bare"
    (a number without a unit: product units, never mg). ``words`` is how a prescriber would write it.
    """

    low: float
    high: float
    kind: str
    words: str


class Rate(msgspec.Struct, frozen=True, gc=False):
    """How much per ``hours``: an infusion, a pump, a patch, or a stated daily total (hours 24)."""

    low: float
    high: float
    kind: str
    hours: float
    words: str


class Cap(msgspec.Struct, frozen=True, gc=False):
    """The most that may be taken in ``hours``."""

    value: float
    kind: str
    hours: float


class Pace(msgspec.Struct, frozen=True, gc=False):
    """Administrations per 24 hours, low to high; an interval of more than a day gives the average.

    ``once``: one single administration altogether (then 1 per day, the day it is given). ``slots`` are the parts of
    the day when that is said ("morning", "night"): two instructions for different slots go together.
    """

    low: float
    high: float
    words: str
    once: bool = False
    slots: tuple[str, ...] = ()


class Giving(msgspec.Struct, frozen=True, gc=False):
    """One thing to take, at one pace. What was not said is None.

    ``mass`` is the same dose said a second time in mg ("1 tablet (10 mg)"); ``mass_is`` says of what: "total", "each"
    or "" (not said). ``day_total`` is a stated total per day in mg, only compared. ``per_ml`` is a stated concentration
    in mg/mL. ``days`` is for how long.
    """

    dose: Quantity | None = None
    mass: Quantity | None = None
    mass_is: str = ""
    rate: Rate | None = None
    per_ml: float | None = None
    day_total: float | None = None
    pace: Pace | None = None
    prn: bool = False
    caps: tuple[Cap, ...] = ()
    cap_single: Quantity | None = None
    days: float | None = None
    duration_hours: float | None = None

    @property
    def says_nothing(self) -> bool:
        """Neither dose nor pace nor limit was said."""
        return self.dose is None and self.rate is None and self.pace is None and not self.caps and not self.prn


class Step(msgspec.Struct, frozen=True, gc=False):
    """What is taken together during one stretch of time; ``days`` None: open end."""

    givings: tuple[Giving, ...]
    days: float | None = None
