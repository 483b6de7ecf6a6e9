"""Free-text directions ("1-2 tabs qhs prn") -> steps of givings, or Unknown when anything is not understood.

A small tokenizer (``sigwords``) and one pass over its items, left to right. Texts are capped; time is linear. A number
before "bid" without a unit is a count of product units. What is not said stays None: the caller combines it with codes.
"""

from __future__ import annotations

from collections.abc import Callable

from cds.arithmetic.regimen import Step
from cds.arithmetic.sigamount import AmountReader
from cds.arithmetic.sigclause import Clause, NotUnderstood, arrange
from cds.arithmetic.siglexicon import DANGER, Item
from cds.arithmetic.sigwords import items_of
from cds.case import Reason, Unknown
from cds.memo import remember

MAX_TEXT = 500
_NO_NAMES: frozenset[str] = frozenset()
_REASON = frozenset({"WORD", "AND", "OR", "A", "DASH", "PER"})


@remember(4096)
def read_sig(text: str, names: frozenset[str] = _NO_NAMES) -> tuple[Step, ...] | Unknown | None:
    """The steps a sig describes; None when it says nothing about dose or time (empty, "with food").

    Unknown (``dose-unknown``) for a text with anything in it that is not understood, that depends on weight or on a
    condition, or that changes the dose in an open way; Unknown (``unreadable``) for one longer than 500 characters.
    """
    if len(text) > MAX_TEXT:
        return Unknown(Reason.UNREADABLE, "directions too long to read")
    items = [item for item in items_of(text, names) if item.tag != "FILL"]
    try:
        return _Reader(items).read()
    except NotUnderstood as stop:
        return Unknown(Reason.DOSE_UNKNOWN, str(stop) or "directions not understood")


class _Reader(AmountReader):
    """One pass over the items of one sig."""

    def read(self) -> tuple[Step, ...] | None:
        if self.tag() in ("AND", "THEN"):  # the text begins in the middle
            raise NotUnderstood
        while self.at < len(self.items):
            item = self.items[self.at]
            handler = _HANDLERS.get(item.tag)
            if handler is None:
                raise NotUnderstood
            handler(self, item)
        if self.joint in ("and", "then"):  # the text breaks off
            raise NotUnderstood
        return arrange(self.clauses)

    # how often

    def every(self, item: Item) -> None:
        if item.word == "each" and self.tag(1) not in ("NUM", "TIME", "SLOT"):  # "(10 mg each)"
            self.each_of(item)
        elif self.tag(1) == "SLOT":
            self.skip(item)
        else:
            shortest, longest = self.interval()
            self.pace(24 / longest, 24 / shortest)

    def adverb(self, item: Item) -> None:
        """Once, twice, thrice."""
        self.at += 1
        if self.tag() in ("DAILY", "PER", "A"):
            self.per_time(item.low, item.low)
        elif self.tag() == "EVERY" and self.tag(1) in ("NUM", "TIME"):
            shortest, longest = self.interval()
            self.pace(item.low * 24 / longest, item.low * 24 / shortest)
        elif item.low != 1:
            raise NotUnderstood
        else:
            self.clause.once_said = True

    def frequency(self, item: Item) -> None:
        """ "bid"."""
        self.at += 1
        self.pace(item.low, item.high)

    def daily(self, item: Item) -> None:
        self.at += 1
        self.pace(24 / item.low, 24 / item.low, plain=True)

    def slot(self, item: Item) -> None:
        self.at += 1
        if self.joint == "then":
            raise NotUnderstood
        self.clause.add_slot(item.word, self.joint)
        self.joint = ""

    def meals(self, _: Item) -> None:
        self.at += 1
        if self.joint == "then":
            raise NotUnderstood
        self.clause.meals = True
        self.joint = ""

    def single(self, _: Item) -> None:
        self.at += 1
        self.clause.once_said = self.clause.single = True

    def divided(self, _: Item) -> None:
        self.at += 1
        self.clause.divided = True

    # limits and reasons

    def times_or_days(self, _: Item) -> None:
        """ "x 7 days" or "x 1 dose"."""
        self.at += 1
        if self.tag() != "NUM":
            raise NotUnderstood
        high = self.span()[1]
        if self.tag() == "TIME":
            self.lasting(high)
        elif high == 1:
            self.clause.once_said = self.clause.single = True
            if self.tag() in ("DOSES", "STAT"):
                self.at += 1
        else:
            raise NotUnderstood("a number of doses in words")

    def lasting(self, number: float) -> None:
        """A duration: the number is read, its unit of time follows."""
        if self.tag() == "DASH":  # "for 7-day"
            self.at += 1
        if self.tag() != "TIME":
            raise NotUnderstood
        self.clause.add_days(number * self.item().low / 24)
        self.at += 1

    def purpose(self, item: Item) -> None:
        """ "for 7 days" or "for muscle spasms"."""
        self.at += 1
        if self.tag() == "COMMA":
            self.at += 1
        ahead = 1 if self.tag() in ("UPTO", "A") and self.tag(1) in ("NUM", "TIME") else 0
        if self.tag(ahead) == "NUM":
            self.at += ahead
            high = self.span()[1]
            if self.tag() == "DOSES" and high == 1:
                self.single(item)
            else:
                self.lasting(high)
        elif ahead:  # "for a week"
            self.at += ahead
            self.lasting(1.0)
        else:
            if self.tag() == "SLOT" and self.tag(1) == "WORD":  # "for morning stiffness"
                self.at += 1
            self.reason()

    def reason(self) -> None:
        """Words of a reason; nothing that could mean another dose may hide among them."""
        last = place = self.at
        while place < len(self.items) and self.items[place].tag in _REASON:
            if self.items[place].tag == "WORD":
                _must_be_harmless(self.items[place])
                last = place + 1
            place += 1
        self.at = last

    def as_needed(self, _: Item) -> None:
        self.at += 1
        self.clause.prn = True
        if self.tag() in ("COMMA", "LP") and self.tag(1) == "WORD":
            self.depth += self.tag() == "LP"
            self.at += 1
        self.reason()

    # steps and structure

    def then(self, item: Item) -> None:
        self.at += 1
        if item.tag == "STEPTO" and self.joint == "then":
            return
        if not self.clause.complete:
            raise NotUnderstood
        self.joint = "then"

    def marker(self, item: Item) -> None:
        """ "days 1-3:", "week 2:" begins a step."""
        self.at += 1
        if item.low < 24 or self.tag() != "NUM":
            raise NotUnderstood
        low, high = self.span()
        if low < 1 or low != int(low):
            raise NotUnderstood
        if not self.clause.empty:
            self.clauses.append(Clause("then"))
        self.clause.marked = (low * item.low / 24, (high + 1) * item.low / 24 if high > low else None)
        self.joint = ""

    def connect(self, item: Item) -> None:
        self.at += 1
        if self.joint != "then":
            self.joint = "and" if item.tag == "AND" else self.joint or "comma"

    def dash(self, item: Item) -> None:
        if item.word == "to":
            raise NotUnderstood
        self.connect(item)

    def open(self, _: Item) -> None:
        self.at += 1
        self.depth += 1

    def close(self, _: Item) -> None:
        self.at += 1
        self.depth = max(0, self.depth - 1)

    def skip(self, _: Item) -> None:
        self.at += 1

    def per(self, item: Item) -> None:
        """A "per" that no amount claimed: only "per dose", and "in 3 divided doses"."""
        self.at += 1
        parts = item.word == "in" and (self.tag() == "DIVIDED" or (self.tag() == "NUM" and self.tag(1) in _PARTS))
        if parts:
            self.clause.divided = True
        elif self.tag() != "DOSES":
            raise NotUnderstood

    def total(self, item: Item) -> None:
        """ "(20 mg total)" or "= 20 mg"."""
        self.at += 1
        if item.word != "=" and self.clause.mass is not None:
            self.clause.mass_is = "total"
        else:
            self.total_next = True

    def each_of(self, _: Item) -> None:
        """ "(10 mg each)"."""
        self.at += 1
        if self.clause.mass is None and (self.clause.dose is None or self.clause.dose.kind != "mass"):
            raise NotUnderstood
        self.clause.mass_is = "each"

    def per_weight(self, _: Item) -> None:
        raise NotUnderstood("dose by body weight or surface")

    def word(self, _: Item) -> None:
        """A word we do not know: allowed only as a further sentence that mentions no amount, time or change."""
        starts_sentence = self.at > 0 and self.items[self.at - 1].tag == "END"
        if not (starts_sentence and self.clauses[0].complete):
            raise NotUnderstood
        while self.tag() in _REASON or self.tag() == "COMMA":
            if self.tag() == "WORD":
                _must_be_harmless(self.item())
            self.at += 1
        if self.tag() not in ("END", "STOP"):
            raise NotUnderstood


_PARTS = ("DOSES", "DIVIDED")


def _must_be_harmless(item: Item) -> None:
    if item.word in DANGER or not item.word[0].isalpha():
        raise NotUnderstood


_HANDLERS: dict[str, Callable[[_Reader, Item], None]] = {
    "NUM": _Reader.amount, "UPTO": _Reader.amount, "A": _Reader.amount, "FREQ": _Reader.frequency,
    "ADV": _Reader.adverb, "EVERY": _Reader.every, "DAILY": _Reader.daily, "SLOT": _Reader.slot,
    "MEALS": _Reader.meals, "STAT": _Reader.single, "X": _Reader.times_or_days, "FOR": _Reader.purpose,
    "PRN": _Reader.as_needed, "MAX": _Reader.maximum, "MAXDAY": _Reader.maximum, "THEN": _Reader.then,
    "STEPTO": _Reader.then, "AND": _Reader.connect, "COMMA": _Reader.connect, "END": _Reader.connect,
    "DASH": _Reader.dash, "LP": _Reader.open, "RP": _Reader.close, "REFILL": _Reader.refill, "QTY": _Reader.refill,
    "DIVIDED": _Reader.divided, "TOTAL": _Reader.total, "EACHOF": _Reader.each_of, "KG": _Reader.per_weight,
    "TIME": _Reader.marker, "WORD": _Reader.word, "OR": _Reader.word, "OVER": _Reader.over, "PER": _Reader.per,
    "DOSES": _Reader.skip,
}  # fmt: skip
