"""One dosage, its codes and its text taken together.

Coded numbers win and the text fills what the codes leave out. Where both say it, they must agree within 1 %.
"""

from __future__ import annotations

import msgspec

from cds.arithmetic.coded import read_coded
from cds.arithmetic.part import NO_DOSE, NO_PACE, Part, add, part_of
from cds.arithmetic.regimen import Giving, Step
from cds.arithmetic.sig import read_sig
from cds.arithmetic.sigwords import harmless, mentions_change
from cds.arithmetic.strength import TEXT_MAY_TELL, Mass, mass_of, same
from cds.case import Drug, Ingredient, Reason, Unknown
from cds.chart import Coded, DosageFact

_NOTHING = Giving()
CAVEAT = "the directions speak of a change of dose that was not read"
NOTHING_SAID = Unknown(Reason.DOSE_UNKNOWN, "no dose stated")
NO_DOSE_IN_WORDS = Unknown(Reason.DOSE_UNKNOWN, "the directions give no dose")  # "take as directed"
DISAGREE = Unknown(Reason.CONFLICT, "coded dose and text disagree")


class Reading(msgspec.Struct, frozen=True):
    """A dosage as read: its coded part, and the steps of its text (None: the text says nothing of dose or time)."""

    fact: DosageFact
    coded: Giving | Unknown
    steps: tuple[Step, ...] | Unknown | None

    @property
    def lone(self) -> Giving | None:
        """The text's giving when it describes exactly one."""
        if isinstance(self.steps, tuple) and len(self.steps) == 1 and len(self.steps[0].givings) == 1:
            return self.steps[0].givings[0]
        return None

    @property
    def view(self) -> Giving:
        """Codes, filled up from the text; what cannot be read is left out. For telling steps from neighbours."""
        coded = self.coded if isinstance(self.coded, Giving) else _NOTHING
        return merge(coded, self.lone) if self.lone is not None else coded

    @property
    def beside_the_point(self) -> bool:
        """Says nothing of dose or time ("with food")."""
        if isinstance(self.coded, Unknown) or not self.coded.says_nothing:
            return False
        return self.steps is None or (isinstance(self.steps, Unknown) and harmless(self.fact.text))


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What one dosage comes to for one ingredient: stretches of (days or None, dose), one unless it is stepped."""

    stretches: tuple[tuple[float | None, Part], ...]
    confidence: str
    caveat: str = ""


def read(fact: DosageFact, names: frozenset[str]) -> Reading:
    """Both halves of a dosage. A timing code we do not know is read as words ("twice a day")."""
    coded = read_coded(fact)
    if isinstance(coded, Giving) and coded.pace is None and fact.timing is not None:
        worded = _pace_in_words(fact.timing.codes)
        if worded is not None:
            coded = merge(coded, worded)
    return Reading(fact, coded, read_sig(fact.text, names) if fact.text else None)


def _pace_in_words(codes: Coded) -> Giving | None:
    """The display or text of a timing code; only when it says nothing but how often."""
    for text in (*(coding.display for coding in codes.codings), codes.text, *(c.code for c in codes.codings)):
        steps = read_sig(_without_hour(text)) if text else None
        if isinstance(steps, tuple) and len(steps) == 1 and len(steps[0].givings) == 1:
            giving = steps[0].givings[0]
            if giving.pace is not None and giving.dose is None and giving.rate is None:
                return giving
    return None


def _without_hour(text: str) -> str:
    """ "1000 every 24h" begins with ten o'clock as schedulers write it."""
    return text[5:] if len(text) > 5 and text[:4].isdecimal() and text[4] == " " and text[:2] < "24" else text


def merge(first: Giving, second: Giving) -> Giving:
    """``first``, with the amount, pace and limits it lacks taken from ``second``."""
    amount = first if first.dose is not None or first.rate is not None else second
    pace = first if first.pace is not None else second
    return Giving(
        dose=amount.dose,
        mass=amount.mass,
        mass_is=amount.mass_is,
        rate=amount.rate,
        per_ml=amount.per_ml,
        day_total=amount.day_total if amount is pace or amount.rate is not None else None,
        pace=pace.pace,
        prn=first.prn or second.prn,
        caps=first.caps + second.caps,
        cap_single=first.cap_single or second.cap_single,
        days=first.days if first.days is not None else second.days,
        duration_hours=first.duration_hours if first.duration_hours is not None else second.duration_hours,
    )


def outcome_of(reading: Reading, ingredient: Ingredient, drug: Drug) -> Outcome | Unknown:
    """The daily dose of one dosage, or why it cannot be told."""
    coded, steps = reading.coded, reading.steps
    if isinstance(coded, Unknown):
        return coded
    if steps is None:
        if coded.says_nothing:
            return NO_DOSE_IN_WORDS if reading.fact.text else NOTHING_SAID
        return _lone(coded, part_of(coded, ingredient, drug), "coded")
    if isinstance(steps, Unknown):
        return _beside_unread(reading, coded, steps, ingredient, drug)
    lone = reading.lone
    if lone is not None:
        return _two_halves(coded, lone, ingredient, drug)
    return _beside_several(coded, steps, ingredient, drug)


def _lone(giving: Giving, part: Part | Unknown, confidence: str, caveat: str = "") -> Outcome | Unknown:
    return part if isinstance(part, Unknown) else Outcome(((giving.days, part),), confidence, caveat)


def _beside_unread(
    reading: Reading, coded: Giving, unread: Unknown, ingredient: Ingredient, drug: Drug
) -> Outcome | Unknown:
    """The text was not understood: the codes stand alone, with a caveat if the text speaks of a change."""
    if coded.says_nothing:
        return unread
    part = part_of(coded, ingredient, drug)
    if part is NO_DOSE or part is NO_PACE:
        return Unknown(Reason.DOSE_UNKNOWN, f"{part.detail} in codes; {unread.detail}")
    return _lone(coded, part, "coded", CAVEAT if mentions_change(reading.fact.text) else "")


def _two_halves(coded: Giving, text: Giving, ingredient: Ingredient, drug: Drug) -> Outcome | Unknown:
    """Codes and a text of one clause: each completes the other, and where both speak they must agree."""
    by_codes = merge(coded, text)
    part = part_of(by_codes, ingredient, drug)
    if coded.says_nothing:
        return _lone(by_codes, part, "text")
    said = part_of(merge(text, coded), ingredient, drug)
    if isinstance(said, Unknown):
        return said if said.reason is Reason.CONFLICT else _lone(by_codes, part, _confidence(coded))
    if isinstance(part, Unknown):
        if part not in TEXT_MAY_TELL:
            return part
        if coded.pace is not None and text.pace is not None and not same(coded.pace.high, text.pace.high):
            return DISAGREE
        return _lone(by_codes, said, "text")
    if not same(part.high, said.high):
        return DISAGREE
    return _lone(by_codes, part, _confidence(coded))


def _confidence(coded: Giving) -> str:
    """ "coded" when the text was not needed for the numbers."""
    complete = coded.rate is not None or (coded.dose is not None and (coded.pace is not None or bool(coded.caps)))
    return "coded" if complete else "text"


def _beside_several(coded: Giving, steps: tuple[Step, ...], ingredient: Ingredient, drug: Drug) -> Outcome | Unknown:
    """A text of several clauses says it all; whatever is coded beside it must be found in it."""
    stretches: list[tuple[float | None, Part]] = []
    extra = Giving(prn=coded.prn, caps=coded.caps, cap_single=coded.cap_single)
    for step in steps:
        parts: list[Part] = []
        for giving in step.givings:
            part = part_of(merge(giving, extra), ingredient, drug)
            if isinstance(part, Unknown):
                return part
            parts.append(part)
        total = add(parts)
        if isinstance(total, Unknown):
            return total
        stretches.append((step.days, total))
    if not _found_in(coded, stretches, steps, ingredient, drug):
        return DISAGREE
    return Outcome(tuple(stretches), "text")


def _found_in(
    coded: Giving,
    stretches: list[tuple[float | None, Part]],
    steps: tuple[Step, ...],
    ingredient: Ingredient,
    drug: Drug,
) -> bool:
    """Does what is coded agree with the text of several clauses?"""
    if coded.rate is not None or (coded.dose is not None and coded.pace is not None):
        part = part_of(coded, ingredient, drug)
        return isinstance(part, Unknown) or same(part.high, max(part.high for _, part in stretches))
    if coded.pace is not None:
        times = [part.times for _, part in stretches]
        return all(time is not None and same(time, coded.pace.high) for time in times)
    if coded.dose is not None:
        mass = mass_of(coded, coded.dose, ingredient, drug)
        if isinstance(mass, Unknown):
            return True
        said = [mass_of(giving, giving.dose, ingredient, drug) for s in steps for giving in s.givings if giving.dose]
        return any(isinstance(one, Mass) and same(one.high, mass.high) for one in said)
    return True
