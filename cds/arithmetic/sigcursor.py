"""A place in the items of a sig, and the reading of numbers from there."""

from __future__ import annotations

from cds.arithmetic.sigclause import Clause, NotUnderstood
from cds.arithmetic.siglexicon import Item

_END = Item("STOP")
_FRACTIONS = {(1, 2), (1, 3), (2, 3), (1, 4), (3, 4)}


class Cursor:
    """Where the reading stands: the items, the clauses so far, and the connector since the last piece read."""

    def __init__(self, items: list[Item]) -> None:
        self.items = items
        self.at = 0
        self.depth = 0  # of parentheses
        self.clauses: list[Clause] = [Clause("first")]
        self.joint = ""  # "", "and", "comma", "then"
        self.total_next = False  # after "=" or "total"

    @property
    def clause(self) -> Clause:
        """The one being read."""
        return self.clauses[-1]

    def tag(self, ahead: int = 0) -> str:
        """The role of the item that many places ahead; "STOP" beyond the last."""
        place = self.at + ahead
        return self.items[place].tag if place < len(self.items) else "STOP"

    def item(self, ahead: int = 0) -> Item:
        """The item that many places ahead."""
        place = self.at + ahead
        return self.items[place] if place < len(self.items) else _END

    def number(self) -> float:
        """One number: 2, 1/2, 1 1/2, "one and a half", "3 (three)"; "a" before a unit is one."""
        if self.tag() == "A":
            self.at += 1
            if self.tag() == "UNIT":
                return 1.0
            if not (self.tag() == "NUM" and self.item().low < 1):
                raise NotUnderstood
        if self.tag() != "NUM":
            raise NotUnderstood
        value = self.item().low
        self.at += 1
        if value < 1 and self.tag() == "A" and self.tag(1) == "UNIT":  # "half a tablet"
            self.at += 1
        fraction = self.fraction_after(value)
        if fraction is not None:
            return fraction
        if self.tag() == "LP" and self.tag(1) == "NUM" and self.item(1).low == value and self.tag(2) == "RP":
            self.at += 3
        return value

    def fraction_after(self, value: float) -> float | None:
        """ "/2" after 1; "1/2", "and a half", "-half" after a whole number."""
        if self.item().word == "/" and self.tag(1) == "NUM" and (value, self.item(1).low) in _FRACTIONS:
            value = value / self.item(1).low
            self.at += 2
            return value
        if value != int(value) or value < 1:
            return None
        skip = 0
        while self.tag(skip) in ("AND", "DASH", "A") and skip < 3:
            skip += 1
        part, length, worded = self.part(skip)
        if not length:
            return None
        joined = self.tag() == "AND"
        self.at += skip + length
        if not worded or joined:
            return value + part  # "1 1/2", "1-1/2", "one and a half"
        if value != 1:
            raise NotUnderstood  # "2 half tablets" are one
        return part  # "one half", "one-half"

    def part(self, ahead: int) -> tuple[float, int, bool]:
        """A part of one that many places ahead: its value, its length in items, and whether it is a word."""
        item, after = self.item(ahead), self.item(ahead + 1)
        if item.tag != "NUM":
            return 0.0, 0, False
        if item.word == "" and item.low < 1:  # a word; the digits "0.5" would be an amount of their own
            return item.low, 1, True
        if item.low == 1 and after.word == "/" and (1.0, self.item(ahead + 2).low) in _FRACTIONS:
            return 1 / self.item(ahead + 2).low, 3, False
        if item.low == 1 and after.tag == "NUM" and after.word == "" and after.low < 1 and ahead:  # "and one half"
            return after.low, 2, True
        return 0.0, 0, False

    def span(self) -> tuple[float, float]:
        """A number or a range; "up to 3" begins at 0."""
        if self.tag() == "UPTO":
            self.at += 1
            return 0.0, self.number()
        low = self.number()
        if self.tag() in ("DASH", "OR") and self.tag(1) == "NUM":
            self.at += 1
            high = self.number()
            if not low < high <= 10 * low:
                raise NotUnderstood
            return low, high
        return low, low

    def rate_hours(self) -> float | None:
        """ "/day", "per 24 hours", "a day", "in a 24-hour period" after an amount; None when there is none."""
        if self.tag() not in ("PER", "A"):
            return None
        ahead = 2 if self.tag(1) == "A" else 1
        count = 1.0
        if self.tag(ahead) == "NUM":
            count = self.item(ahead).low
            ahead += 2 if self.tag(ahead + 1) == "DASH" else 1
        if self.tag(ahead) != "TIME":
            return None
        if count <= 0:
            raise NotUnderstood
        hours = count * self.item(ahead).low
        self.at += ahead + 1
        return hours

    def interval(self) -> tuple[float, float]:
        """After "every": hours, shortest and longest."""
        self.at += 1
        low, high = self.span() if self.tag() == "NUM" else (1.0, 1.0)
        if self.tag() == "DASH" and self.tag(1) == "TIME":  # "every 8-hour"
            self.at += 1
        time = self.item()
        if time.tag != "TIME" or low <= 0:
            raise NotUnderstood
        self.at += 1
        return low * time.low, high * time.low

    def pace(self, low: float, high: float, *, plain: bool = False) -> None:
        """Give the clause a frequency per day. After "then" a frequency alone ("then bid") leaves the dose open."""
        if self.joint == "then":
            raise NotUnderstood
        self.clause.add_pace(low, high, self.joint, plain=plain)
        self.joint = ""
