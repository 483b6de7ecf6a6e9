"""How fast a taper may go: the pace from knowledge/arithmetic/taper.toml, the limits from the checks themselves.

The limits are read from the very checks that warn of a taper that is too fast, so that a plan is never what they flag.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cds.arithmetic.equivalents import to_diazepam
from cds.arithmetic.makeable import smallest_part
from cds.arithmetic.rules import numbers, table
from cds.arithmetic.taper_types import PACES, Remark, TaperAsk
from cds.arithmetic.units import number_text, tidy
from cds.case import Known
from cds.knowledge.model import Check, Knowledge

BENZO, BACLOFEN, RAPID = "benzo-taper-too-fast", "baclofen-taper-too-fast", "baclofen-rapid-reduction"
# What a step obeys, by id; the words are filled with the numbers of the knowledge.
HOLD, PACE, CEILING, LAST, STEP = "hold", "pace", "ceiling", "last-steps", "weekly-step"


class Verdict(msgspec.Struct, frozen=True):
    """The rule that allows one reduction, in words."""

    rule: str
    words: str


class Rules(msgspec.Struct, frozen=True):
    """The numbers for one drug and one pace.

    ``days`` between two steps; ``rest``: days the present dose must have stood; ``whole_days``: the least time between
    the first reduction and the last.
    """

    ingredient: str
    baclofen: bool
    pace: str
    aimed: float  # % of the current dose, or mg/day
    days: int
    rest: int
    whole_days: int
    checks: Mapping[str, Check]
    words: str

    def aim(self, dose: float) -> float:
        """By how many mg/day the next step should lower this dose."""
        if self.baclofen:
            least = numbers("taper")["baclofen_least_step"]
            part = self.aimed if self.pace == "fast" else dose / self.checks[RAPID].number("part_of")
            return max(least, min(self.aimed, part) // least * least)
        aimed = dose * self.aimed / 100
        small = min(numbers("taper")["tail_aim"], self.checks[BENZO].number("tail_step"))
        if self._in_tail(dose) and (mg := _of_diazepam(self.ingredient, small)) is not None:
            aimed = max(aimed, mg)
        return tidy(aimed)

    def verdict(self, before: float, after: float) -> Verdict | None:
        """Which rule allows this reduction; None when none does."""
        return self._baclofen(before, after) if self.baclofen else self._benzodiazepine(before, after)

    def _baclofen(self, before: float, after: float) -> Verdict | None:
        size = tidy(before - after)
        rapid = self.checks[RAPID]
        part = size > rapid.number("part_floor") and size * rapid.number("part_of") > before
        if size > min(self.checks[BACLOFEN].number("step"), rapid.number("step")) or part:
            return None
        return Verdict(STEP, f"{number_text(size)} mg/day less, {self.days} days a step")

    def _benzodiazepine(self, before: float, after: float) -> Verdict | None:
        check = self.checks[BENZO]
        size = tidy(before - after)
        percent = tidy(size / before * 100)
        if percent <= self.aimed:
            return Verdict(PACE, f"{percent:.1f} %, within {number_text(self.aimed)} % every {self.days} days")
        ceiling = check.number("step")
        if percent <= ceiling:
            return Verdict(CEILING, f"{percent:.1f} %, the smallest step that fits; ceiling {number_text(ceiling)} %")
        if self._in_tail(before) and self._small(size):
            return Verdict(LAST, f"{percent:.1f} %: one of the last small steps, which the percentage does not bind")
        return None

    def _in_tail(self, dose: float) -> bool:
        diazepam = to_diazepam(self.ingredient, dose)
        return isinstance(diazepam, Known) and diazepam.value <= self.checks[BENZO].number("tail_dose")

    def _small(self, size: float) -> bool:
        """As the check sees it: up to 1 mg of diazepam, or the smallest part of a marketed tablet of another drug."""
        diazepam = to_diazepam(self.ingredient, size)
        if isinstance(diazepam, Known) and diazepam.value <= self.checks[BENZO].number("tail_step"):
            return True
        part = smallest_part(self.ingredient)
        return part is not None and self.ingredient != "diazepam" and size <= part


def rules_for(ask: TaperAsk, knowledge: Knowledge, pace: str, *, baclofen: bool) -> Rules:
    """The numbers for this drug at this pace."""
    group = "baclofen" if baclofen else "benzodiazepine"
    values = numbers("taper")
    aimed = values[f"{group}_{pace}_{'step' if baclofen else 'percent'}"]
    days = int(values[f"{group}_{pace}_days"])
    checks = knowledge.checks
    if baclofen:
        rest, whole = int(checks[RAPID].number("within_days")), 0
        if (ask.mg_per_day or 0.0) >= checks[BACLOFEN].number("from_dose"):
            whole = int(checks[BACLOFEN].number("total_days"))
        least = number_text(values["baclofen_least_step"])
        third = "" if pace == "fast" else f", not above a third of the dose (but {least} mg)"
        words = f"{number_text(aimed)} mg/day less every {days} days{third}"
    else:
        rest = int(checks[BENZO].number("window_days"))
        short = ask.taken_days is not None and ask.taken_days < knowledge.facts["taken-3-months"].numbers["days"].value
        whole = 0 if short else int(checks[BENZO].number("total_days"))
        words = f"{number_text(aimed)} % of the current dose every {days} days"
    return Rules(ask.ingredient, baclofen, pace, aimed, days, rest, whole, checks, words)


def risks_of(ask: TaperAsk) -> tuple[tuple[str, Remark], ...]:
    """What slows this taper: the pace each risk asks for, and the warning."""
    ids = list(dict.fromkeys(ask.risks))
    if ask.taken_days is None:
        ids.append("unknown-use")
    elif ask.taken_days >= numbers("taper")["long_days"]:
        ids.append("long-use")
    known = table("taper")["risks"]
    return tuple(
        (known[id]["pace"], Remark(id, known[id]["words"], known[id]["basis"], tuple(known[id]["evidence"])))
        for id in ids
        if id in known
    )


def known_risks() -> tuple[str, ...]:
    """The ids of all risks that a caller may name."""
    return tuple(id for id in table("taper")["risks"] if id not in ("long-use", "unknown-use"))


def slowest(paces: tuple[str, ...]) -> str:
    """The slowest of some paces; "usual" when there is none."""
    return max(paces, key=PACES.index, default="usual")


def _of_diazepam(ingredient: str, diazepam: float) -> float | None:
    """How many mg of a drug the weakest equivalent makes of some mg of diazepam."""
    one = to_diazepam(ingredient, 1.0)
    return tidy(diazepam / one.value) if isinstance(one, Known) and one.value else None
