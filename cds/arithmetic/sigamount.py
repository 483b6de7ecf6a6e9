"""Amounts in a sig: "2 tablets", "5–10 mg", "30 mg/day", "10 mg/5 mL", and the numbers of a frequency."""

from __future__ import annotations

from cds.arithmetic.regimen import Cap, Quantity
from cds.arithmetic.sigclause import Clause, NotUnderstood
from cds.arithmetic.sigcursor import Cursor
from cds.arithmetic.siglexicon import Item
from cds.arithmetic.units import Unit, number_text, tidy


class AmountReader(Cursor):
    """Reads what begins with a number and puts it into the clause where it belongs."""

    def amount(self, _: Item) -> None:
        """A number begins: an amount to take, or how often."""
        if self.tag() == "A" and self.tag(1) not in ("UNIT", "NUM"):
            raise NotUnderstood
        if self.product_of_two() or self.dispensed():
            return
        low, high = self.span()
        following, unit = self.tag(), self.item().unit
        if following in ("TIMES", "X") and self.tag(1) != "NUM":
            self.at += 1
            if low == high == 1 and self.tag() in ("STOP", "END", "COMMA", "RP"):
                self.clause.once_said = self.clause.single = True  # "one time"
            else:
                self.per_time(low, high)
        elif following == "X" and self.tag(1) == "NUM" and self.tag(2) == "UNIT":
            self.at += 1
            self.place(Quantity(low, high, "bare", _words(low, high, "")), None)
            self.clause.expect_each = True
        elif following == "HOURLY" or (following == "DASH" and self.tag(1) == "HOURLY"):
            self.at += 1 if following == "HOURLY" else 2
            if low <= 0:
                raise NotUnderstood
            self.pace(24 / high, 24 / low)
        elif following == "REFILL":
            self.at += 1
        elif unit is not None:
            self.with_unit(low, high, unit)
        elif following in ("DOSES", "STAT", "DIVIDED"):
            self.divided_doses(low, high)
        else:
            self.place(Quantity(low, high, "bare", _words(low, high, "")), self.rate_hours())

    def product_of_two(self) -> bool:
        """ "1 tablet (5-325 mg)": no range, but the two strengths of a combination; the count is the dose."""
        counted = self.clause.dose is not None and self.clause.dose.kind in ("each", "bare")
        two = self.tag() == "NUM" and self.tag(1) == "DASH" and self.tag(2) == "NUM" and self.tag(3) == "UNIT"
        unit = self.item(3).unit
        if (
            not (counted and two and unit is not None and unit.kind == "mass")
            or self.item(2).low <= 10 * self.item().low
        ):
            return False
        self.at += 4
        return True

    def dispensed(self) -> bool:
        """ "90 cap, 0 refills" at the end: what the pharmacy gives out, no dose."""
        tags = [self.tag(ahead) for ahead in range(5)]
        if not self.clause.complete or tags not in (["NUM", "UNIT", "COMMA", "NUM", "REFILL"],):
            return False
        self.at += 2
        return True

    def with_unit(self, low: float, high: float, unit: Unit) -> None:
        """An amount with its unit, perhaps a range "5 mg to 10 mg", perhaps per time, perhaps a concentration."""
        self.at += 1
        ranged = low == high and self.tag() in ("DASH", "OR") and self.tag(1) == "NUM" and self.item(2).unit == unit
        if ranged and low < self.item(1).low <= 10 * low:  # "5 mg to 10 mg"
            high = self.item(1).low
            self.at += 3
        words = _words(low, high, unit.name)
        quantity = Quantity(tidy(low * unit.mul / unit.div), tidy(high * unit.mul / unit.div), unit.kind, words)
        if quantity.kind == "mass" and self.concentration(quantity):
            return
        self.place(quantity, self.rate_hours())

    def concentration(self, mass: Quantity) -> bool:
        """ "10 mg/5 mL" is the product, not the dose."""
        numbered = self.tag(1) == "NUM"
        unit = self.item(2 if numbered else 1).unit
        if self.item().word not in ("/", "per") or unit is None or unit.kind != "volume" or mass.low != mass.high:
            return False
        volume = (self.item(1).low if numbered else 1.0) * unit.mul / unit.div
        if volume <= 0 or self.clause.per_ml is not None:
            raise NotUnderstood
        self.clause.per_ml = mass.low / volume
        self.at += 3 if numbered else 2
        return True

    def place(self, quantity: Quantity, hours: float | None) -> None:
        """Put an amount where it belongs: a restatement of this clause's dose, or the dose of a new clause."""
        clause = self.clause
        beside = self.depth > 0 or self.total_next
        if clause.complete and not clause.restates(quantity, hours, beside, self.tag()):
            clause = Clause(self.joint or "none")
            self.clauses.append(clause)
        after_bare = quantity.kind == "mass" and clause.dose is not None and clause.dose.kind == "bare"
        if after_bare and not (beside or clause.expect_each or self.tag() == "UNIT"):  # "2 10 mg" may be anything
            raise NotUnderstood
        clause.add_amount(quantity, hours, self.total_next)
        self.total_next = False
        self.joint = ""
        if quantity.kind == "mass" and self.tag() == "UNIT":
            following = self.item().unit
            if following is not None and following.kind in ("each", "patch"):  # "10 mg tablet"
                clause.mass_is = "each"
                self.at += 1

    def per_time(self, low: float, high: float) -> None:
        """ "3 times" + "a day", "daily", "per week", "in 24 hours"."""
        if self.tag() == "DAILY":
            hours = self.item().low
            self.at += 1
        else:
            if self.tag() == "EVERY":
                hours = self.interval()[0]
            else:
                found = self.rate_hours()
                if found is None:
                    raise NotUnderstood
                hours = found
        self.pace(low * 24 / hours, high * 24 / hours)

    def divided_doses(self, low: float, high: float) -> None:
        """ "3 doses", "3 divided doses": only as a division of a daily total."""
        while self.tag() in ("DOSES", "DIVIDED"):
            self.clause.divided = self.clause.divided or self.tag() == "DIVIDED"
            self.at += 1
        if not self.clause.divided:
            raise NotUnderstood
        self.pace(low, high)

    def maximum(self, item: Item) -> None:
        """ "max 6/day", "not to exceed 80 mg in 24 hours", "max daily dose 30 mg"."""
        self.at += 1
        if self.tag() in ("COMMA", "END"):  # "max: 6", "max. 6"
            self.at += 1
        low, high = self.span()
        unit = self.item().unit if self.tag() == "UNIT" else None
        kind = "bare" if unit is None else unit.kind
        if self.tag() in ("UNIT", "DOSES", "TIMES"):
            kind = kind if unit is not None else "dose"
            self.at += 1
        if self.tag() == "TOTAL":
            self.at += 1
        if self.tag() == "DAILY":
            hours: float | None = self.item().low
            self.at += 1
        else:
            hours = self.rate_hours() or (24.0 if item.tag == "MAXDAY" else None)
        if hours is None or low != high or high <= 0:
            raise NotUnderstood("a maximum without its period")
        self.clause.caps.append(Cap(tidy(high * unit.mul / unit.div) if unit is not None else high, kind, hours))

    def over(self, _: Item) -> None:
        """ "over 2 minutes": how long an injection takes is not how often."""
        self.at += 1
        self.span()
        if self.tag() != "TIME":
            raise NotUnderstood
        self.at += 1

    def refill(self, _: Item) -> None:
        """Quantity and refills are the pharmacy's business."""
        self.at += 1
        while self.tag() in ("COMMA", "QTY", "DASH", "END"):
            self.at += 1
        for tag in ("NUM", "UNIT"):
            if self.tag() == tag:
                self.at += 1


def _words(low: float, high: float, unit: str) -> str:
    shown = number_text(high) if low == high else f"{number_text(low)}–{number_text(high)}"
    if low == high == 1 and unit.endswith("s") and unit not in ("doses",):
        unit = unit[:-1] if unit != "patches" else "patch"
    return f"{shown} {unit}".strip()
