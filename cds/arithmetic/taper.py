"""The taper planner: from one drug, its dose and the patient's risks to a dated schedule of doses that can be made.

``plan_taper`` answers with a plan or with the reason why there is none; nothing is guessed. How fast: numbers of
knowledge/arithmetic/taper.toml; how fast at most: those of the checks that warn of tapers that are too fast. A plan is
a draft for a clinician, who adapts it to the patient at each step.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from cds.arithmetic.equivalents import LOW, asam_band
from cds.arithmetic.rules import numbers, table
from cds.arithmetic.taper_ask import PLANNED, refusal
from cds.arithmetic.taper_products import Makeable, marketed
from cds.arithmetic.taper_rules import BACLOFEN, BENZO, HOLD, LAST, Rules, Verdict, risks_of, rules_for, slowest
from cds.arithmetic.taper_steps import Down, downs, rest_left, spacing
from cds.arithmetic.taper_supply import per_day, supplies, total
from cds.arithmetic.taper_switch import switch_to_diazepam
from cds.arithmetic.taper_types import PACES, Remark, Take, TaperAsk, TaperPlan, TaperRefused, TaperStep
from cds.case import DailyDose, Known
from cds.knowledge.model import Knowledge


class _Stage(msgspec.Struct, frozen=True):
    """A dose, the one before it, for how long (None: open end), and why."""

    before: float
    dose: float
    days: int | None
    verdict: Verdict


def plan_taper(ask: TaperAsk, knowledge: Knowledge) -> TaperPlan | TaperRefused:
    """A schedule for one drug, or why there is none. Pure: the first day is ``ask.start``."""
    said = refusal(ask, knowledge)
    if said is not None:
        return said
    mg = float(ask.mg_per_day or 0.0)
    risks = risks_of(ask)
    pace = ask.pace or slowest(tuple(pace for pace, _ in risks))
    baclofen = ask.ingredient in knowledge.terminology.ingredients_of_class("baclofen")
    if pace == "fast" and (said := _not_fast(ask, mg, bool(risks), baclofen, knowledge)):
        return said
    products = ask.products or marketed(ask.ingredient)
    if not products:
        return TaperRefused("no-strengths", f"no strengths of {ask.ingredient} are known here: say which there are")
    makeable = Makeable(products, mg)
    if makeable.too_many:
        return TaperRefused("strengths", "these strengths make too many doses to plan with: name fewer or usual ones")
    if ask.floor and not makeable.makes(ask.floor):
        return TaperRefused("floor", "the dose to end at cannot be made of these strengths")
    rules = rules_for(ask, knowledge, pace, baclofen=baclofen)
    steps = downs(mg, ask.floor, rules, makeable)
    if not steps:
        return TaperRefused("no-step", "these strengths make no step that is small enough: add a liquid")
    stages, codes = _stages(ask, steps, rules)
    if stages[0].verdict.rule == HOLD and not makeable.makes(mg):
        return TaperRefused("dose-not-makeable", "the present dose cannot be made of these strengths")
    dated = _dated(ask, stages, makeable)
    if dated is None:
        return TaperRefused("dates", "the schedule runs beyond the calendar")
    if PACES.index(pace) < PACES.index(slowest(tuple(asked for asked, _ in risks))) and pace != "fast":
        codes = (*codes, "pace-chosen")
    remarks = [*(remark for _, remark in risks), *_remarks(ask, knowledge, rules, steps, codes)]
    return _plan(ask, knowledge, rules, dated, tuple(remarks))


def plan_tapers(asks: Iterable[TaperAsk], knowledge: Knowledge) -> tuple[TaperPlan | TaperRefused, ...]:
    """Several drugs, one after the other in the order given: each begins on the day the one before it has ended.

    No two are ever lowered together. After one that has no plan (an opioid, say) the others have none either.
    """
    found: list[TaperPlan | TaperRefused] = []
    start: date | None = None
    for ask in asks:
        if found and isinstance(found[-1], TaperRefused):
            found.append(TaperRefused("one-at-a-time", "the drug before it in the list has no plan"))
            continue
        plan = plan_taper(ask if start is None else _later(ask, start), knowledge)
        if isinstance(plan, TaperPlan):
            if start is not None:
                plan = msgspec.structs.replace(plan, warnings=(*plan.warnings, _remark("one-at-a-time")))
            start = plan.steps[-1].start
        found.append(plan)
    return tuple(found)


def _later(ask: TaperAsk, start: date) -> TaperAsk:
    """The same question on a later day: by then the drug has been taken for longer."""
    passed = (start - ask.start).days
    taken = None if ask.taken_days is None else ask.taken_days + passed
    steady = None if ask.steady_days is None else ask.steady_days + passed
    return msgspec.structs.replace(ask, start=start, taken_days=taken, steady_days=steady)


def _not_fast(ask: TaperAsk, mg: float, risks: bool, baclofen: bool, knowledge: Knowledge) -> TaperRefused | None:
    """The fast pace is only for those the texts mean."""
    if risks:
        return TaperRefused("fast", "the fast pace is not planned with a risk, or after long or unknown use")
    if baclofen:
        return None
    short = knowledge.facts["taken-3-months"].numbers["days"].value
    low = asam_band([(ask.ingredient, Known(DailyDose(mg, mg, "mg/d", "")))]) == Known(LOW)
    if not low or ask.taken_days is None or ask.taken_days >= short:
        return TaperRefused("fast", "a faster taper is for less than 3 months of a low dose (ASAM 2025)")
    return None


# -- the days ---------------------------------------------------------------------------------------------------------


def _stages(ask: TaperAsk, steps: tuple[Down, ...], rules: Rules) -> tuple[tuple[_Stage, ...], tuple[str, ...]]:
    """Doses with their lengths, and the remarks that the lengths ask for."""
    days, rest = spacing(len(steps), rules), rest_left(ask.steady_days, rules)
    codes = []
    if days > rules.days:
        codes.append("stretched")
    if rest:
        codes.append("settle")
    elif steps[0].after == 0:
        rest = rules.days
        codes.append("smallest")
    found = []
    if rest:
        words = f"the present dose goes on for {rest} days"
        found.append(_Stage(steps[0].before, steps[0].before, rest, Verdict(HOLD, words)))
    found += [_Stage(step.before, step.after, days, step.verdict) for step in steps]
    last = found[-1]
    found[-1] = _Stage(last.before, last.dose, None, last.verdict)
    return tuple(found), tuple(codes)


def _dated(ask: TaperAsk, stages: tuple[_Stage, ...], makeable: Makeable) -> tuple[TaperStep, ...] | None:
    """With dates and tablets; None when a date is beyond what a calendar holds."""
    pauses = {pause.after: pause.days for pause in ask.pauses}
    start = ask.start
    takes: tuple[Take, ...] = ()
    found = []
    for number, stage in enumerate(stages, start=1):
        days = None if stage.days is None else stage.days + pauses.get(number, 0)
        takes = makeable.takes(stage.dose, ask.times_per_day or 1, takes) if stage.dose else ()
        try:
            after = start if days is None else start + timedelta(days=days)
        except OverflowError:
            return None
        found.append(
            TaperStep(
                number=number,
                start=start,
                end=None if days is None else after - timedelta(days=1),
                days=days,
                before=stage.before,
                mg_per_day=stage.dose,
                rule=stage.verdict.rule,
                rule_words=stage.verdict.words,
                takes=takes,
                per_day=per_day(takes),
            )
        )
        start = after
    return tuple(found)


# -- the plan ---------------------------------------------------------------------------------------------------------


def _plan(
    ask: TaperAsk, knowledge: Knowledge, rules: Rules, steps: tuple[TaperStep, ...], remarks: tuple[Remark, ...]
) -> TaperPlan:
    end = steps[-1].mg_per_day
    asked = "the dose asked for" if ask.floor else ""
    reason = asked if end == ask.floor else "these strengths make no smaller step that is allowed: add a liquid"
    info = knowledge.terminology.ingredient(ask.ingredient)
    limits = knowledge.checks[BACLOFEN if rules.baclofen else BENZO].evidence
    evidence = dict.fromkeys(id for ids in (limits, *(remark.evidence for remark in remarks)) for id in ids)
    return TaperPlan(
        ingredient=ask.ingredient,
        name=info.name if info is not None else ask.ingredient,
        start=ask.start,
        from_mg=float(ask.mg_per_day or 0.0),
        floor=end,
        floor_reason=reason,
        pace=rules.pace,
        pace_words=rules.words,
        steps=steps,
        supplies=supplies(steps, ask.supply_days or int(numbers("taper")["supply_days"])),
        total=total(steps),
        days=(steps[-1].start - ask.start).days,
        warnings=remarks,
        evidence=tuple(evidence),
        basis="mixed",
        switch=None if rules.baclofen else switch_to_diazepam(ask, float(ask.mg_per_day or 0.0), knowledge),
    )


def _remarks(
    ask: TaperAsk,
    knowledge: Knowledge,
    rules: Rules,
    steps: tuple[Down, ...],
    codes: tuple[str, ...],
) -> list[Remark]:
    found = [_remark("baclofen" if rules.baclofen else "benzodiazepine")]
    opioids = knowledge.terminology.ingredients_of_class("opioid")
    if opioids.intersection(ask.beside):
        found.append(_remark("opioid-beside"))
    if rules.pace == "fast":
        found.append(_remark("fast"))
    found += [_remark(code) for code in codes]
    first = steps[0]
    percent = (first.before - first.after) / first.before * 100
    if not rules.baclofen and first.verdict.rule != LAST and percent > rules.checks[BENZO].number("first_step"):
        found.append(_remark("first-step"))
    if any(step.verdict.rule == LAST for step in steps):
        found.append(_remark("last-steps"))
    return found


def _remark(code: str) -> Remark:
    entry = table("taper")["remarks"][code]
    return Remark(code, entry["words"], entry["basis"], tuple(entry["evidence"]))


__all__ = ["PLANNED", "plan_taper", "plan_tapers"]
