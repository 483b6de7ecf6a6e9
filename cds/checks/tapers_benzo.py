"""A benzodiazepine lowered or tapered faster than the guideline's ceiling (``benzo-taper-too-fast``).

The ceiling is a quarter of the dose in two weeks. The last milligrams are exempt: there smaller steps cannot be made.
"""

from __future__ import annotations

from itertools import pairwise

from cds.arithmetic.equivalents import diazepam_per_day, to_diazepam
from cds.arithmetic.makeable import smallest_part
from cds.case import DailyDose, Known, Unknown
from cds.checks.falls import Drop, Fall, lowered
from cds.checks.levels import Level, holds, level, unknown_for
from cds.checks.registry import check
from cds.checks.stopped import continuing
from cds.checks.stopping import carried, less_words, rare, substitute
from cds.checks.taper_words import fall_finding, level_said, too_short
from cds.findings import Finding, Indicator, NotChecked, Outcome, Value
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check
from cds.view import Present, View, number

Answer = tuple[Finding | None, tuple[NotChecked, ...], str]


@check("benzo-taper-too-fast")
def taper_too_fast(view: View, check: Check) -> Outcome:
    """One change or an ordered schedule; not when enough of another benzodiazepine takes its place."""
    ours = ingredients_of(check.applies_to, view.knowledge.terminology)
    what = lowered(view, check, ours)
    kept = continuing(view, ours) if what.falls else ()
    answers = [_one(view, check, fall, kept) for fall in what.falls]
    return Outcome(
        check.id,
        tuple(finding for finding, _, _ in answers if finding is not None),
        tuple(dict.fromkeys((*what.said, *(one for _, said, _ in answers for one in said)))),
        tuple(f"{view.name(fall.ingredient)} {number(fall.before)} mg/day now" for fall in what.falls),
        "; ".join(why for _, _, why in answers) or what.why,
    )


def _one(view: View, check: Check, fall: Fall, kept: tuple[Present, ...]) -> Answer:
    new = fall.drops(check.number("end_part"))
    if not new:
        return None, (), "the dose is not lowered"
    instead = tuple(item for item in kept if item.ingredient != fall.ingredient and substitute(item))
    enough = carried(view, [(fall.ingredient, _taken_away(fall))], instead) if instead else Known(False)
    if enough != Known(False):
        said = unknown_for(check, (enough,), makes_card=False) if isinstance(enough, Unknown) else ()
        return None, said, "another benzodiazepine takes its place"
    orders = tuple(item for item in view.present if item.subject and item.ingredient == fall.ingredient)
    if holds(view, "for-alcohol-withdrawal", orders) == Known(True):
        return None, (), "a protocol for alcohol withdrawal"
    if all(rare(check.number("days_a_week"), item) for item in fall.items):
        return None, (), f"taken on at most {number(check.number('days_a_week'))} days a week"
    short = too_short(view, check, fall)
    if short is not None:
        return None, short, f"taken for less than {number(check.number('days_floor'))} days"
    at = level(view, check, fall.items)
    reasons = (*_steep(check, fall, new), *_brief(view, check, fall, new))
    if reasons:
        less = (less_words(view),) if instead else ()
        return _found(view, check, fall, at, _wording(at), (*reasons, *less))
    first = _first(check, fall, new[0])
    if first and at.indicator >= Indicator.WARNING:
        return _found(view, check, fall, Level(Indicator.INFO), "first", (first,))
    return None, level_said(view, check, at), "slow enough"


def _taken_away(fall: Fall) -> Known[DailyDose]:
    """mg a day by which the first stage is lower."""
    less = max(0.0, fall.before - fall.stages[0].dose)
    return Known(DailyDose(less, less, "mg/d", ""))


# -- how fast ---------------------------------------------------------------------------------------------------------


def _steep(check: Check, fall: Fall, new: tuple[Drop, ...]) -> tuple[str, ...]:
    """The largest fall within less than two weeks, if it is above the ceiling; steps of the tail alone do not count."""
    window = check.number("window_days")
    events = (*_lately(fall, window), *new)
    exempt = _tail(check, fall, events)
    worst: tuple[float, str] = (check.number("step"), "")
    for at, first in enumerate(events):
        for to in range(at, len(events)):
            last = events[to]
            if last.at < 0 or last.at - first.at >= window or all(exempt[at : to + 1]):
                continue
            span = Drop(first.at, first.before, last.after)
            if span.percent > worst[0]:
                worst = (span.percent, f"{number(round(span.percent, 1))} % within {number(window)} days")
    return (worst[1],) if worst[1] else ()


def _lately(fall: Fall, window: float) -> tuple[Drop, ...]:
    """Reductions of the last days, oldest first, each to the dose that followed it."""
    past = [drop for drop in reversed(fall.earlier) if -drop.at < window]
    doses = [*(drop.before for drop in past), fall.before]
    steps = zip(past, pairwise(doses), strict=True)
    return tuple(Drop(drop.at, before, after) for drop, (before, after) in steps if after < before)


def _tail(check: Check, fall: Fall, events: tuple[Drop, ...]) -> list[bool]:
    """Which reductions are steps of the tail: from a small dose, by the smallest step, a week or more after the last.

    What came before the first of them is known only if that is a new one; unknown, it does not count against it.
    """
    found = []
    past = events[0].at < 0 or fall.steady_days is None
    previous = None if past else -float(fall.steady_days or 0)
    for event in events:
        diazepam = to_diazepam(fall.ingredient, event.before)
        small = isinstance(diazepam, Known) and diazepam.value <= check.number("tail_dose")
        rested = previous is None or event.at - previous >= check.number("tail_days")
        found.append(small and rested and _smallest_step(check, fall.ingredient, event.size))
        previous = event.at
    return found


def _smallest_step(check: Check, ingredient: str, size: float) -> bool:
    diazepam = to_diazepam(ingredient, size)
    part = smallest_part(ingredient)
    if isinstance(diazepam, Known) and diazepam.value <= check.number("tail_step"):
        return True
    return part is not None and ingredient != "diazepam" and size <= part


def _brief(view: View, check: Check, fall: Fall, new: tuple[Drop, ...]) -> tuple[str, ...]:
    """A whole taper of less than four weeks after three months or more of use."""
    length = new[-1].at - new[0].at
    if not fall.ends(check.number("end_part")) or length >= check.number("total_days"):
        return ()
    if holds(view, "taken-3-months", fall.items) != Known(True):
        return ()
    return (f"to nothing in {number(length)} days",)


def _first(check: Check, fall: Fall, drop: Drop) -> str:
    """The first step of a taper, larger than the guideline starts with."""
    started = any(-one.at < check.number("fresh_days") for one in fall.earlier)
    if started or drop.percent <= check.number("first_step") or all(_tail(check, fall, (drop,))):
        return ""
    return f"first step {number(round(drop.percent, 1))} %"


# -- what is said -----------------------------------------------------------------------------------------------------


def _wording(at: Level) -> str:
    if at.indicator > Indicator.INFO:
        return "default"
    return "covered" if at.because else "early"


def _found(view: View, check: Check, fall: Fall, at: Level, wording: str, reasons: tuple[str, ...]) -> Answer:
    load = diazepam_per_day((item.ingredient, item.dose) for item in fall.items)
    more: dict[str, Value] = {"reason": ", ".join(reasons)}
    if load.complete:
        more |= {"diazepam_low": load.low, "diazepam_high": load.high}
    finding = fall_finding(view, check, fall, at, wording, reasons, more)
    return finding, level_said(view, check, at), ", ".join(finding.because)
