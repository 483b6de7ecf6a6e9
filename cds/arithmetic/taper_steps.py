"""From one dose to the next, until nothing is left: the doses of a taper and how long each stands."""

from __future__ import annotations

import math

import msgspec

from cds.arithmetic.rules import numbers
from cds.arithmetic.taper_products import Makeable
from cds.arithmetic.taper_rules import Rules, Verdict
from cds.arithmetic.units import tidy


class Down(msgspec.Struct, frozen=True):
    """One reduction and the rule that allows it."""

    before: float
    after: float
    verdict: Verdict


def downs(dose: float, floor: float, rules: Rules, makeable: Makeable) -> tuple[Down, ...]:
    """Every reduction from ``dose`` to ``floor``, or to where no allowed step can be made."""
    found: list[Down] = []
    while dose > floor:
        step = _next(dose, floor, rules, makeable)
        if step is None:
            break
        found.append(step)
        dose = step.after
    return tuple(found)


def _next(dose: float, floor: float, rules: Rules, makeable: Makeable) -> Down | None:
    """The largest step up to the one aimed at; failing that the smallest that is allowed. Tablets before liquids."""
    aim = rules.aim(dose)
    wanted = max(floor, tidy(dose - aim))
    enough = aim * numbers("taper")["least_part"] / 100
    for liquid in (False, True):
        after = makeable.least_from(wanted, liquid=liquid)
        if after is None or after >= dose or (tidy(dose - after) < enough and after != floor):
            continue
        if down := _allowed(dose, after, rules):
            return down
    for liquid in (False, True):
        after = makeable.below(dose, liquid=liquid)
        if after is not None and after >= floor and (down := _allowed(dose, after, rules)):
            return down
    return None


def _allowed(before: float, after: float, rules: Rules) -> Down | None:
    verdict = rules.verdict(before, after)
    return Down(before, after, verdict) if verdict is not None else None


def spacing(count: int, rules: Rules) -> int:
    """Days between two reductions: those of the pace, more where the whole would be too short."""
    if count < 2:
        return rules.days
    return max(rules.days, math.ceil(rules.whole_days / (count - 1)))


def rest_left(steady_days: int | None, rules: Rules) -> int:
    """For how many days the present dose goes on before the first reduction, when it was changed a short time ago."""
    return 0 if steady_days is None else max(0, rules.rest - steady_days)
