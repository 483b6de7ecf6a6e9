"""Baclofen at an age or weight for which a label or a form is not meant (``baclofen-pediatric-age``)."""

from __future__ import annotations

from cds.arithmetic.weight import dosing_weight_of
from cds.case import Action, Known, Route, Unknown
from cds.checks.dose_words import dose_finding
from cds.checks.levels import unknown_for
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, Indicator, NotChecked, Outcome, Value
from cds.knowledge.model import Check
from cds.view import Present, View, day, number

SOLID = frozenset({"tablet", "capsule"})
NO_ORDER = "no order of this call brings baclofen"
Answer = tuple[Indicator, str, dict[str, Value], str]


@check("baclofen-pediatric-age")
def baclofen_pediatric_age(view: View, check: Check) -> Outcome:
    """The strongest per order that starts or changes baclofen; what is only renewed is no news."""
    items = tuple(item for item in view.of_class("baclofen") if item.subject)
    news = tuple(
        item for item in items if item.order is not None and item.order.action in (Action.START, Action.CHANGE)
    )
    if not items:
        return Outcome(check.id, why=NO_ORDER)
    looked = tuple(seen(view, item) for item in items)
    if isinstance(view.age, Unknown):
        return Outcome(check.id, (), unknown_for(check, (view.age,), makes_card=False), looked, "age not known")
    if view.age.value[1] >= check.number("adult") or not news:
        return Outcome(check.id, (), (), looked, "not a child" if news else "carried on as it is")
    found: list[Finding] = []
    said: tuple[NotChecked, ...] = ()
    for item in news:
        answers, more = _answers(view, check, item, view.age.value)
        said += more
        if answers:
            to, wording, values, because = max(answers, key=lambda answer: answer[0])
            found.append(dose_finding(view, check, (item,), to, wording, values, (because,)))
    why = "young for this label or form" if found else "old and heavy enough"
    return Outcome(check.id, tuple(found[:1]), said, looked, why)


def _answers(
    view: View, check: Check, item: Present, age: tuple[int, int]
) -> tuple[list[Answer], tuple[NotChecked, ...]]:
    """Of two ages that the birth date allows the younger counts; the first of equals is the one to say."""
    years: dict[str, Value] = {"age": age[0]}

    def below(name: str, to: Indicator, wording: str) -> list[Answer]:
        limit = check.number(name)
        hit = age[0] < limit
        return [(to, wording, years | {"limit": limit}, f"below {number(limit)} years")] if hit else []

    if item.drug.route is Route.INTRATHECAL:
        return below("intrathecal", Indicator.INFO, "intrathecal"), ()
    found = below("infant", Indicator.WARNING, "infant")
    tablet, said = _tablet(view, check, item)
    return found + tablet + below("us", Indicator.INFO, "young"), said


def _tablet(view: View, check: Check, item: Present) -> tuple[list[Answer], tuple[NotChecked, ...]]:
    """A tablet for a child that is too light for its steps; without a weight nobody can tell."""
    if item.drug.form not in SOLID:
        return [], ()
    weight = dosing_weight_of(view.case)
    if not isinstance(weight, Known):
        return [], unknown_for(check, (weight, *view.gaps("body")), makes_card=False)
    if weight.value.value >= check.number("tablet_weight"):
        return [], ()
    values: dict[str, Value] = {"weight": round(weight.value.value, 3), "limit": check.number("tablet_weight")}
    because = f"weight {number(weight.value.value)} kg of {day(weight.value.day)}"
    return [(Indicator.INFO, "tablet", values, because)], ()
