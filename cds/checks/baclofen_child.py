"""Baclofen in children (``baclofen-pediatric-dose``): by weight, and by the daily limits of each age."""

from __future__ import annotations

from cds.arithmetic.kidney_choice import Reading
from cds.arithmetic.weight import dosing_weight_of, per_kg
from cds.case import Action, Known, Maybe, Reason, Unknown
from cds.checks.baclofen import systemic_baclofen, total_dose
from cds.checks.dose_history import before, begins_with, first_order, running_now
from cds.checks.dose_words import dose_finding, is_reduction, is_settled, one_lower_if_settled
from cds.checks.levels import unknown_for
from cds.checks.numbers import dose_unknown
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, Indicator, NotChecked, Outcome, Value
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, day, number

Answer = tuple[Indicator, str, dict[str, Value], str]


@check("baclofen-pediatric-dose")
def baclofen_pediatric_dose(view: View, check: Check) -> Outcome:
    """The strongest of: the daily limit of the age; by weight the dose, a first dose, a step; else that none counts."""
    items = tuple(item for item in systemic_baclofen(view, check) if not item.single_dose)
    if not any(item.subject for item in items):
        return Outcome(check.id, why="no order of this call brings baclofen")
    looked = tuple(seen(view, item) for item in items)
    if isinstance(view.age, Unknown):
        return Outcome(check.id, (), unknown_for(check, (view.age,), makes_card=False), looked, "age not known")
    if view.age.value[1] >= check.number("adult"):
        return Outcome(check.id, (), (), looked, "not a child")
    weight = dosing_weight_of(view.case)
    said = unknown_for(check, view.gaps(*LISTS)) + unknown_for(check, view.reported_empty(*LISTS))
    said += tuple(dose_unknown(view, check, item) for item in items if begins_with(item) is None)
    if isinstance(weight, Unknown):
        said += unknown_for(check, (weight, *view.gaps("body")), makes_card=False)
    answers, more = _answers(view, check, items, weight)
    if not answers:
        return Outcome(check.id, (), said + more, looked, "within the limits of a child")
    top = max(answers, key=lambda answer: answer[0])
    return Outcome(check.id, (_finding(view, check, items, top, weight),), said + more, looked, top[3])


def _answers(
    view: View, check: Check, items: tuple[Present, ...], weight: Maybe[Reading]
) -> tuple[list[Answer], tuple[NotChecked, ...]]:
    total = total_dose(view, items).milligrams
    found = _by_age(view, check, total)
    if isinstance(weight, Unknown):
        words = "no current weight"
        return [*found, (Indicator.INFO, "no-weight", {"total": round(total, 3)}, words)], ()
    rate = per_kg(total, weight.value.value)
    for name, to in (("kg_critical", Indicator.CRITICAL), ("kg_maximum", Indicator.WARNING)):
        if rate > check.number(name):
            values: dict[str, Value] = {"rate": round(rate, 3), "limit": check.number("kg_maximum")}
            found.append((to, "weight", values, f"above {number(check.number(name))} mg/kg/day"))
            break
    first, more = _first(view, check, items, weight.value.value)
    steps, unseen = _steps(view, check, items, weight.value.value)
    return found + first + steps, more + unseen


def _by_age(view: View, check: Check, total: float) -> list[Answer]:
    """The daily limit of the age; of two ages that the birth date allows, the older."""
    assert isinstance(view.age, Known)  # noqa: S101  (the caller has answered an unknown age)
    small = view.age.value[1] < check.number("small_age")
    limit = check.number("small_day" if small else "day")
    if total <= limit:
        return []
    to = Indicator.CRITICAL if total > check.number("times") * limit else Indicator.WARNING
    return [(to, "day", {"total": round(total, 3), "limit": limit}, f"above {number(limit)} mg/day at this age")]


def _first(
    view: View, check: Check, items: tuple[Present, ...], kg: float
) -> tuple[list[Answer], tuple[NotChecked, ...]]:
    orders = tuple(item for item in items if item.subject)
    rate = per_kg(sum(begins_with(item) or 0.0 for item in orders), kg)
    if rate <= check.number("kg_start"):
        return [], ()
    answers = [first_order(view, item, ("baclofen", "arbaclofen"), check.number("days")) for item in orders]
    missing = tuple(answer for answer in answers if isinstance(answer, Unknown))
    if Known(True) not in answers:
        return [], unknown_for(check, missing, makes_card=False)
    high = rate > check.number("kg_start_high")
    limit = check.number("kg_start")
    to = Indicator.WARNING if high else Indicator.INFO
    return [(to, "start", {"rate": round(rate, 3), "limit": limit}, f"first dose above {number(limit)} mg/kg/day")], ()


def _steps(
    view: View, check: Check, items: tuple[Present, ...], kg: float
) -> tuple[list[Answer], tuple[NotChecked, ...]]:
    """The rise over the running dose by weight; how soon after the last one is the question of titration speed."""
    for item in items:
        if item.order is None or not item.subject or item.order.action is not Action.CHANGE:
            continue
        was, then = before(view, item, check.number("days")), begins_with(item)
        now = running_now(view, was) if was is not None else None
        if now is None or then is None:
            detail = "dose of the running order not known"
            return [], (NotChecked(check.id, Reason.DOSE_UNKNOWN, detail, makes_card=False),)
        rate, limit = per_kg(then - now.high, kg), check.number("kg_step")
        if rate > limit:
            values: dict[str, Value] = {"rate": round(rate, 3), "limit": limit}
            return [(Indicator.WARNING, "step", values, f"a step of more than {number(limit)} mg/kg/day")], ()
    return [], ()


def _finding(view: View, check: Check, items: tuple[Present, ...], top: Answer, weight: Maybe[Reading]) -> Finding:
    to, wording, values, because = top
    orders = tuple(item for item in items if item.subject)
    if is_reduction(view, orders) or (wording == "no-weight" and is_settled(view, items)):
        to = Indicator.SILENT
    else:
        to = one_lower_if_settled(view, check, items, to)
    unknown = ("body weight",) if isinstance(weight, Unknown) else ()
    reasons = [because]
    if isinstance(weight, Known):
        values = {**values, "weight": round(weight.value.value, 3)}
        reasons.append(f"weight {number(weight.value.value)} kg of {day(weight.value.day)}")
    return dose_finding(view, check, items, to, wording, values, reasons, unknown=unknown)
