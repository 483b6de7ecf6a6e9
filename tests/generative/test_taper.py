"""Every plan of the taper planner, for any drug, dose, strengths, pace and risks, can be followed and is slow enough.

The limits stand here a second time, entered from the guideline and the label texts, not read from the knowledge.
"""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, given, settings

from cds.arithmetic.equivalents import to_diazepam
from cds.arithmetic.makeable import smallest_part
from cds.arithmetic.taper import plan_taper
from cds.arithmetic.taper_products import marketed
from cds.arithmetic.taper_types import TABLET, Product, TaperAsk, TaperPlan, TaperRefused
from cds.arithmetic.taper_words import directions
from cds.case import Known
from cds.findings import Indicator
from cds.knowledge.load import load_knowledge
from cds.screen import screen
from tests.support.tapers import asks, ordered_singly, ordered_whole

KNOWLEDGE = load_knowledge()
TOO_FAST = {
    "benzo-taper-too-fast",
    "baclofen-taper-too-fast",
    "baclofen-rapid-reduction",
    "benzo-abrupt-stop",
    "baclofen-abrupt-stop",
}
many = settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], deadline=None)


def _plan(ask: TaperAsk) -> TaperPlan:
    plan = plan_taper(ask, KNOWLEDGE)
    assume(isinstance(plan, TaperPlan))
    assert isinstance(plan, TaperPlan)
    return plan


@many
@given(asks())
def test_it_ends_at_zero_or_at_the_floor_that_it_states_and_never_rises(ask: TaperAsk) -> None:
    plan = _plan(ask)
    doses = [ask.mg_per_day, *(step.mg_per_day for step in plan.steps)]
    assert all(after < before or (after == before and step.rule == "hold") for (before, after), step in
               zip(pairwise(doses), plan.steps, strict=True))  # fmt: skip
    assert plan.steps[-1].mg_per_day == plan.floor >= ask.floor
    assert plan.steps[-1].days is None
    assert (plan.floor_reason == "") == (plan.floor == 0)
    assert all(step.before == before for (before, _), step in zip(pairwise(doses), plan.steps, strict=True))


@many
@given(asks())
def test_no_step_is_above_the_limit_but_the_last_small_ones_that_are_named(ask: TaperAsk) -> None:
    plan = _plan(ask)
    for step in plan.steps:
        if step.rule == "hold":
            continue
        if ask.ingredient == "baclofen":
            assert step.reduction <= (15 if step.reduction * 3 <= step.before else 10)
        elif step.exempt:
            assert step.percent > 25
            assert _last_small(ask.ingredient, step.before, step.reduction)
        else:
            assert step.percent <= 25
            assert step.rule == ("pace" if step.percent <= _aimed(plan.pace) else "ceiling")


def _aimed(pace: str) -> float:
    return {"fast": 20, "usual": 10, "slow": 10, "slowest": 5}[pace]


def _last_small(ingredient: str, before: float, size: float) -> bool:
    dose, step = to_diazepam(ingredient, before), to_diazepam(ingredient, size)
    assert isinstance(dose, Known)
    assert isinstance(step, Known)
    part = smallest_part(ingredient)
    return dose.value <= 10 and (step.value <= 1 or (ingredient != "diazepam" and part is not None and size <= part))


@many
@given(asks())
def test_the_days_follow_each_other_and_no_step_is_shorter_than_its_pace(ask: TaperAsk) -> None:
    plan = _plan(ask)
    least = 14 if plan.pace == "slowest" else 7
    if ask.ingredient != "baclofen":
        least = 28 if plan.pace in ("slow", "slowest") else 14
    assert plan.steps[0].start == plan.start == ask.start
    for step, following in pairwise(plan.steps):
        assert step.end is not None
        assert step.days is not None
        assert following.start == step.start + timedelta(days=step.days) == step.end + timedelta(days=1)
        assert step.days >= least or step.rule == "hold"
    assert plan.days == (plan.steps[-1].start - ask.start).days
    reduced = [step for step in plan.steps if step.rule != "hold"]
    long = ask.taken_days is None or ask.taken_days >= 90
    if ask.ingredient != "baclofen" and long and plan.floor == 0 and len(reduced) > 1:
        assert (reduced[-1].start - reduced[0].start).days >= 28


@many
@given(asks())
def test_every_dose_is_made_of_the_strengths_there_are(ask: TaperAsk) -> None:
    plan = _plan(ask)
    there = ask.products or marketed(ask.ingredient)
    for step in plan.steps:
        assert len(step.takes) <= (ask.times_per_day or 0)
        assert sum(take.mg for take in step.takes) == pytest.approx(step.mg_per_day)
        for take in step.takes:
            assert sum(amount.count * amount.product.mg for amount in take.amounts) == pytest.approx(take.mg)
            for product, count in ((amount.product, amount.count) for amount in take.amounts):
                assert product in there
                smallest = 1 / product.parts if product.kind == TABLET else 0.1
                assert count > 0
                assert count / smallest == pytest.approx(round(count / smallest))
            assert len({take.slot for take in step.takes}) == len(step.takes)
        liquid = sum(amount.count * amount.product.mg for amount in step.per_day if amount.product.kind != TABLET)
        assert liquid < min((piece for one in there if one.kind == TABLET for piece in _pieces(one)), default=math.inf)


def _pieces(tablet: Product) -> list[float]:
    """The pieces of a tablet that are whole micrograms: others are not planned with."""
    return [tablet.mg / part for part in (1, 2, 4) if part <= tablet.parts and (tablet.mg * 1000 / part).is_integer()]


@many
@given(asks())
def test_the_supply_adds_up(ask: TaperAsk) -> None:
    plan = _plan(ask)
    mg = sum(step.mg_per_day * step.days for step in plan.steps if step.days is not None)
    assert sum(amount.count * amount.product.mg for amount in plan.total) == pytest.approx(mg)
    for amount in plan.total:
        needed = [a.count for supply in plan.supplies for a in supply.needed if a.product == amount.product]
        handed = [a.count for supply in plan.supplies for a in supply.dispense if a.product == amount.product]
        assert sum(needed) == pytest.approx(amount.count)
        assert sum(handed) == pytest.approx(math.ceil(amount.count) if amount.product.kind == TABLET else amount.count)
    assert sum(supply.days for supply in plan.supplies) == plan.days
    assert all(supply.days <= 28 for supply in plan.supplies)


@many
@given(asks())
def test_the_directions_say_the_same_as_the_plan(ask: TaperAsk) -> None:
    plan = _plan(ask)
    said = directions(plan)
    taken = [step for step in plan.steps if step.takes]
    assert sorted({one.sequence for one in said}) == list(range(1, len(taken) + 1))
    for at, step in enumerate(taken, start=1):
        here = [one for one in said if one.sequence == at]
        assert sum(one.dose * one.frequency for one in here) == pytest.approx(step.mg_per_day)
        assert {(one.starts, one.ends, one.days) for one in here} == {(step.start, step.end, step.days)}
        assert all(len(one.slots) == one.frequency for one in here)


@many
@given(asks())
def test_our_own_checks_do_not_flag_the_schedule(ask: TaperAsk) -> None:
    plan = _plan(ask)
    assert _flagged(screen(ordered_whole(ask, plan), KNOWLEDGE, "order-sign"), plan) == []


@many
@given(asks())
def test_our_own_checks_do_not_flag_its_steps_when_they_are_ordered_one_by_one(ask: TaperAsk) -> None:
    plan = _plan(ask)
    for case in ordered_singly(ask, plan):
        assert _flagged(screen(case, KNOWLEDGE, "order-sign"), plan) == []


def _flagged(report: object, plan: TaperPlan) -> list[str]:
    """What the checks of tapers and stops say; "the first step is large" is allowed where the plan says so itself."""
    warned = any(remark.code == "first-step" for remark in plan.warnings)
    return [
        f"{finding.check} {finding.indicator} {finding.because}"
        for finding in report.findings  # type: ignore[attr-defined]
        if finding.check in TOO_FAST
        and not (warned and finding.wording == "first" and finding.indicator is Indicator.INFO)
    ]


@many
@given(asks())
def test_it_plans_or_says_why_not(ask: TaperAsk) -> None:
    answer = plan_taper(ask, KNOWLEDGE)
    assert answer == plan_taper(ask, KNOWLEDGE)
    if isinstance(answer, TaperRefused):
        assert answer.code
        assert answer.reason
        assert answer.code in {"no-step", "no-strengths", "fast", "floor", "dose-not-makeable", "strengths"}
