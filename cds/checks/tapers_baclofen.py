"""Baclofen lowered too fast: at once (``baclofen-rapid-reduction``) or by plan (``baclofen-taper-too-fast``)."""

from __future__ import annotations

from collections.abc import Callable

from cds.case import Known
from cds.checks.facts import below_egfr
from cds.checks.falls import Drop, Fall, lowered
from cds.checks.levels import Level, holds, level
from cds.checks.registry import check
from cds.checks.taper_words import fall_finding, level_said, too_short
from cds.findings import Finding, Indicator, NotChecked, Outcome, Value
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check
from cds.view import View, number

Answer = tuple[Finding | None, tuple[NotChecked, ...], str]
Ask = Callable[[View, Check, Fall], Answer]


@check("baclofen-rapid-reduction")
def rapid_reduction(view: View, check: Check) -> Outcome:
    """One change to a lower dose, together with what was lowered in the days before it."""
    return _each(view, check, _rapid)


@check("baclofen-taper-too-fast")
def taper_too_fast(view: View, check: Check) -> Outcome:
    """An ordered schedule of falling doses: the size of each step, and how long the whole takes."""
    return _each(view, check, _taper)


def _each(view: View, check: Check, ask: Ask) -> Outcome:
    what = lowered(view, check, ingredients_of(check.applies_to, view.knowledge.terminology))
    answers = [ask(view, check, fall) for fall in what.falls]
    return Outcome(
        check.id,
        tuple(finding for finding, _, _ in answers if finding is not None),
        tuple(dict.fromkeys((*what.said, *(one for _, said, _ in answers for one in said)))),
        tuple(f"{view.name(fall.ingredient)} {number(fall.before)} mg/day now" for fall in what.falls),
        "; ".join(why for _, _, why in answers) or what.why,
    )


def _rapid(view: View, check: Check, fall: Fall) -> Answer:
    """A drop above the limit, or above a third of the dose where that is more than 10 mg/day."""
    if fall.planned:
        return None, (), "a schedule: baclofen-taper-too-fast answers"
    after = fall.stages[0].dose
    lately = [drop.before for drop in fall.earlier if -drop.at < check.number("within_days")]
    drop = Drop(0.0, max([fall.before, *lately]), after)
    if after >= fall.before:
        return None, (), "the dose is not lowered"
    large = drop.size > check.number("step")
    part = drop.size > check.number("part_floor") and drop.size * check.number("part_of") > drop.before
    if not (large or part):
        return None, (), "lowered by a small step"
    short = too_short(view, check, fall)
    if short is not None:
        return None, short, f"taken for less than {number(check.number('days_floor'))} days"
    because = (f"{number(drop.size)} mg/day at once",)
    return _found(view, check, fall, drop, because, {"from": round(drop.before, 3), "drop": round(drop.size, 3)})


def _taper(view: View, check: Check, fall: Fall) -> Answer:
    """A step above the limit, or a whole taper shorter than a week from 30 mg/day or more."""
    if not fall.planned:
        return None, (), "no schedule of falling doses"
    drops = fall.drops(check.number("end_part"))
    steep = [drop for drop in drops if drop.size > check.number("step")]
    because = [f"a step of {number(max(drop.size for drop in steep))} mg/day"] if steep else []
    length = drops[-1].at - drops[0].at if drops else 0.0
    whole = fall.ends(check.number("end_part")) and fall.before >= check.number("from_dose")
    if whole and length < check.number("total_days"):
        because.append(f"{number(length)} days from {number(fall.before)} mg/day to nothing")
    if not because:
        return None, (), "the schedule is slow enough"
    short = too_short(view, check, fall)
    if short is not None:
        return None, short, f"taken for less than {number(check.number('days_floor'))} days"
    worst = max(drops, key=lambda drop: drop.size)
    return _found(view, check, fall, worst, tuple(because), {"length": length, "reason": ", ".join(because)})


def _found(
    view: View, check: Check, fall: Fall, drop: Drop, because: tuple[str, ...], more: dict[str, Value]
) -> Answer:
    at = level(view, check, fall.items)
    kidney = _kidney_reason(view, check, drop)
    if kidney and at.indicator > Indicator.INFO:
        at = Level(Indicator.INFO, (kidney,))
    excused = at.indicator is Indicator.INFO
    finding = fall_finding(view, check, fall, at, "excused" if excused else "default", because, more)
    return finding, level_said(view, check, at), ", ".join(finding.because)


def _kidney_reason(view: View, check: Check, drop: Drop) -> str:
    """The kidney may ask for the cut: any below eGFR 30 or on dialysis, one to no less than half below 60."""
    if view.kidney.dialysis:
        return "on dialysis"
    if holds(view, "egfr-below-30", ()) == Known(True):
        return "eGFR below 30"
    reduced = view.knowledge.checks["baclofen-renal-dose"].number("reduced")
    if below_egfr(view, reduced) == Known(True) and drop.after >= drop.before * check.number("kidney_part") / 100:
        return f"eGFR below {number(reduced)}"
    return ""
