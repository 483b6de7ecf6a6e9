"""One clause of a sig while it is being read ("10 mg in the morning"), and how clauses stand to each other."""

from __future__ import annotations

from cds.arithmetic.regimen import Cap, Giving, Pace, Quantity, Rate, Step
from cds.arithmetic.rules import numbers
from cds.arithmetic.units import number_text

MAX_PER_DAY = numbers("directions")["most_per_day"]


class NotUnderstood(Exception):
    """The directions hold something that is not understood; the message says what, without patient text."""


class Clause:
    """What has been read of one clause so far. ``join`` is how it hangs on the one before."""

    def __init__(self, join: str) -> None:
        self.join = join
        self.dose: Quantity | None = None
        self.mass: Quantity | None = None
        self.mass_is = ""
        self.expect_each = False
        self.rate: Rate | None = None
        self.per_ml: float | None = None
        self.day_total: float | None = None
        self.base: tuple[float, float] | None = None
        self.parts: tuple[float, float] | None = None  # a daily total is divided into so many
        self.slots: list[str] = []
        self.extra_slots = 0  # "bid and at bedtime"
        self.meals = False
        self.once_said = False
        self.single = False
        self.divided = False
        self.prn = False
        self.caps: list[Cap] = []
        self.days: float | None = None
        self.marked: tuple[float, float | None] | None = None

    @property
    def has_pace(self) -> bool:
        """Something was said about how often."""
        return self.base is not None or bool(self.slots) or self.meals or self.once_said

    @property
    def has_dose(self) -> bool:
        """Something was said about how much."""
        return self.dose is not None or self.rate is not None

    @property
    def complete(self) -> bool:
        """Both how much and how often; a rate is both."""
        return self.rate is not None or (self.dose is not None and self.has_pace)

    @property
    def empty(self) -> bool:
        """Nothing at all yet."""
        return not (self.has_dose or self.has_pace or self.prn or self.caps or self.days)

    def restates(self, quantity: Quantity, hours: float | None, beside: bool, following: str) -> bool:
        """An amount after a complete clause that says the same again, or its total per day, opens no new clause."""
        if hours == 24 or (beside and following in ("DAILY", "TOTAL")):
            return quantity.kind == "mass" and self.day_total is None
        return beside and quantity.kind == "mass" and self.mass is None and self.dose is not None

    def add_amount(self, quantity: Quantity, hours: float | None, is_total: bool) -> None:
        """Take an amount, with the time it is stated for, if any."""
        if hours is not None:
            self._add_rate(quantity, hours)
        elif self.rate is not None:
            raise NotUnderstood
        elif self.dose is None:
            self.dose = quantity
        elif quantity.kind == "mass" and self.dose.kind != "mass" and self.mass is None:
            self.mass = quantity
            self.mass_is = "each" if self.expect_each else "total" if is_total else self.mass_is
        elif self.dose.kind == "mass" and quantity.kind not in ("mass", "bare") and self.mass is None:
            self.dose, self.mass = quantity, self.dose
            self.mass_is = "total" if is_total else self.mass_is
        elif (self.dose.low, self.dose.high, self.dose.kind) != (quantity.low, quantity.high, quantity.kind):
            raise NotUnderstood

    def _add_rate(self, quantity: Quantity, hours: float) -> None:
        if self.complete and hours == 24 and quantity.kind == "mass" and quantity.low == quantity.high:
            self.day_total = quantity.high
            return
        if self.dose is not None or self.rate is not None:
            raise NotUnderstood
        per = {1.0: "h", 24.0: "day", 168.0: "week"}.get(hours, f"{number_text(hours)} h")
        self.rate = Rate(quantity.low, quantity.high, quantity.kind, hours, f"{quantity.words}/{per}")

    def add_pace(self, low: float, high: float, joint: str, *, plain: bool = False) -> None:
        """Take a frequency per day. Said twice it must agree; "daily" beside parts of the day says nothing new."""
        if not 0 < high <= MAX_PER_DAY:
            raise NotUnderstood("more often per day than can be meant" if high > 0 else "")
        if self.divided:
            self.parts = (low, high)
            return
        if self.base is None:
            self.base = (low, high)
        elif plain and self.base[0] >= 1 and low == 1 and joint == "":
            return  # "three times daily" + "every day"
        elif abs(self.base[0] - low) > 0.01 or abs(self.base[1] - high) > 0.01:
            raise NotUnderstood

    def add_slot(self, slot: str, joint: str) -> None:
        """Take a part of the day."""
        if self.base is not None and joint == "and" and not self.slots:
            self.extra_slots += 1
        if slot not in self.slots:
            self.slots.append(slot)

    def add_days(self, days: float) -> None:
        """Take a duration."""
        if self.days is not None or days <= 0:
            raise NotUnderstood
        self.days = days

    def pace(self) -> Pace | None:
        """How often, all things said taken together."""
        if not self.has_pace:
            return None
        count = len(self.slots)
        if self.single or (self.once_said and self.base is None and not count and not self.meals):
            if self.base is not None and self.base != (1.0, 1.0):
                raise NotUnderstood
            return Pace(1, 1, "one single dose", once=True, slots=tuple(self.slots))
        low, high = self.base or (0.0, 0.0)
        if self.base is None:
            low = high = float(count or 3)  # slots, or "with meals" alone: three a day
            if count and self.meals:
                raise NotUnderstood
        elif self.extra_slots:
            if count != self.extra_slots or high != int(high):
                raise NotUnderstood
            low, high = low + count, high + count
        elif count and count != high and not (count == 1 and high <= 1):
            raise NotUnderstood
        if high > MAX_PER_DAY:
            raise NotUnderstood("more often per day than can be meant")
        return Pace(low, high, pace_words(low, high), slots=tuple(self.slots))

    def giving(self) -> Giving:
        """The finished clause."""
        pace, rate, dose = self.pace(), self.rate, self.dose
        if self.divided:
            rate, dose = self._daily_total(), None
            pace = Pace(*self.parts, pace_words(*self.parts)) if self.parts is not None else None
        elif rate is not None and pace is not None and not (pace.high <= 1 and (rate.hours <= 1 or pace.high == 1)):
            raise NotUnderstood
        return Giving(
            dose=dose, mass=self.mass, mass_is=self.mass_is, rate=rate, per_ml=self.per_ml, day_total=self.day_total,
            pace=pace, prn=self.prn, caps=tuple(self.caps), days=self.days,
        )  # fmt: skip

    def _daily_total(self) -> Rate:
        if self.rate is not None and self.rate.hours == 24:
            return self.rate
        if self.dose is None or self.base != (1.0, 1.0) or self.mass is not None:
            raise NotUnderstood
        dose = self.dose
        return Rate(dose.low, dose.high, dose.kind, 24, f"{dose.words}/day")


def pace_words(low: float, high: float) -> str:
    """Per-day numbers in words: "3 per day", "4–6 per day", "once every 2 days"."""
    if high < 1:
        return f"once every {number_text(round(1 / high, 3))} days"
    if low == 0:
        return f"up to {number_text(high)} per day"
    return f"{number_text(high) if low == high else f'{number_text(low)}–{number_text(high)}'} per day"


def arrange(clauses: list[Clause]) -> tuple[Step, ...] | None:
    """Clauses in sequence and side by side. A single clause may be incomplete; several must each say all."""
    if len(clauses) > 1 and clauses[-1].empty:
        raise NotUnderstood
    givings = [clause.giving() for clause in clauses]
    if len(clauses) == 1:
        return None if givings[0].says_nothing else (Step((givings[0],), _days(clauses, 0)),)
    if not all(clause.complete for clause in clauses):
        raise NotUnderstood
    steps: list[Step] = []
    group: list[Giving] = []
    start = 0
    for place, clause in enumerate(clauses):
        if place and _begins_step(clauses[place - 1], clause):
            steps.append(Step(tuple(group), _days(clauses, start)))
            group, start = [], place
        group.append(givings[place])
    steps.append(Step(tuple(group), _days(clauses, start)))
    return tuple(steps)


def _begins_step(before: Clause, clause: Clause) -> bool:
    """ "then" and a new "week 2:" begin a step, "and" does not; a comma does if the clause before had a duration."""
    if clause.join == "then":
        return True
    if clause.join == "and":
        return False
    if clause.join == "none" and not (clause.slots and before.slots):  # "5 mg mane 10 mg nocte" needs no connector
        raise NotUnderstood
    apart = bool(clause.slots) and not set(clause.slots).intersection(before.slots)
    if before.days is not None and before.marked is None:
        if apart:
            raise NotUnderstood
        return True
    if not apart:
        raise NotUnderstood
    return False


def _days(clauses: list[Clause], start: int) -> float | None:
    """How long the step that begins with clause ``start`` lasts."""
    clause = clauses[start]
    if clause.marked is None:
        return clause.days
    begins, ends = clause.marked
    if ends is not None:
        return ends - begins
    later = [c.marked[0] for c in clauses[start + 1 :] if c.marked is not None]
    return later[0] - begins if later and later[0] > begins else clause.days
