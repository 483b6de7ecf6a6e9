"""How urgent a finding is: the check's base level, raised and lowered by named facts."""

from __future__ import annotations

import msgspec

from cds.case import NO, YES, Maybe, Reason, Unknown
from cds.checks.registry import FACTS
from cds.findings import Indicator, NotChecked
from cds.knowledge.model import Check, Fact, Levels, Shift
from cds.view import Present, View


class Level(msgspec.Struct, frozen=True):
    """An indicator with what set it, and what could have raised it but was not known."""

    indicator: Indicator
    because: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    shown: bool = True


def holds(view: View, fact_id: str, scope: tuple[Present, ...]) -> Maybe[bool]:
    """Whether a named fact is true for these drugs in this patient."""
    fact = view.knowledge.facts[fact_id]
    key = (fact_id, scope if fact.kind == "function" else ())  # a condition is the patient's, whatever the drugs
    answer = view.answers.get(key)
    if answer is None:
        answer = view.answers[key] = _answer(view, fact, scope)
    return answer


def _answer(view: View, fact: Fact, scope: tuple[Present, ...]) -> Maybe[bool]:
    if fact.kind == "function":
        return FACTS[fact.id](view, scope, fact)
    if view.problems(fact.concepts):
        return YES
    gaps = view.gaps("conditions")
    return gaps[0] if gaps else NO


def level(view: View, check: Check, scope: tuple[Present, ...], rules: Levels | None = None) -> Level:
    """The level of this check for these drugs: raised first (strongest wins), then lowered, then as a renewal.

    A raising fact that is unknown leaves the level and is said; a lowering fact that is unknown lowers nothing.
    ``rules`` stand in for the check's own where one of its groups has a level of its own.
    """
    rules = rules or check.levels
    indicator = rules.base
    because: list[str] = []
    unknown: dict[str, Unknown] = {}
    for shift in rules.raised:
        met, words, missing = _meets(view, shift, scope)
        if met and shift.to > indicator:  # the first shift that reaches a level explains it; later ones only repeat
            indicator, because = shift.to, words
        for fact, why in missing.items():
            unknown.setdefault(fact, why)
    raised_to = indicator
    for shift in rules.lowered:
        if raised_to > rules.base and not shift.firm:
            continue  # what was raised is not lowered again
        met, words, _ = _meets(view, shift, scope)
        if met and shift.to < indicator:
            indicator, because = shift.to, words
            unknown = {} if shift.firm else unknown
            break
    if rules.renewal is not None and rules.renewal < indicator and holds(view, "settled", scope) == YES:
        indicator, because = rules.renewal, [view.knowledge.facts["settled"].words]
    top = max((shift.to for shift in rules.raised), default=rules.base)
    if raised_to >= top:
        unknown.clear()  # nothing unknown could have raised it further
    return Level(
        indicator=indicator,
        because=tuple(dict.fromkeys(because)),
        unknown=tuple(dict.fromkeys(view.knowledge.facts[fact].words for fact in unknown)),
        not_checked=_said(check, unknown),
        shown=indicator is not Indicator.SILENT,
    )


def one_lower(to: Indicator, floor: Indicator | None) -> Indicator:
    """One level below, but not below ``floor``; None: a renewal of this check lowers nothing."""
    return to if floor is None else min(to, Indicator(max(to - 1, floor)))


def _said(check: Check, unknown: dict[str, Unknown]) -> tuple[NotChecked, ...]:
    """One entry per reason: the finding stands, its level might be higher. The finding's own card says it."""
    details = {(why.reason, why.detail) for why in unknown.values()}
    return tuple(
        NotChecked(
            check.id, reason, f"level not certain: {detail}" if detail else "level not certain", makes_card=False
        )
        for reason, detail in sorted(details)
    )


def _meets(view: View, shift: Shift, scope: tuple[Present, ...]) -> tuple[bool, list[str], dict[str, Unknown]]:
    """Whether a shift applies, the words of the facts that made it, and the facts that were unknown."""
    true: list[str] = []
    unknown: dict[str, Unknown] = {}
    for fact in dict.fromkeys((*shift.any, *shift.all)):
        answer = holds(view, fact, scope)
        if isinstance(answer, Unknown):
            unknown[fact] = answer
        elif answer.value:
            true.append(fact)
    if not true:
        met = False
    else:
        met = (not shift.any or not set(shift.any).isdisjoint(true)) and set(shift.all).issubset(true)
    if met or any(fact not in true and fact not in unknown for fact in shift.all):
        unknown = {}  # it holds already, or one that it needs is surely false: the others cannot matter
    return met, [view.knowledge.facts[fact].words for fact in true], unknown


def unknown_for(check: Check, gaps: tuple[Unknown, ...], *, makes_card: bool = True) -> tuple[NotChecked, ...]:
    """Gaps as not-checked entries of a check, each reason and detail once."""
    if not gaps:
        return ()
    return tuple(
        [
            NotChecked(check.id, gap.reason, gap.detail, makes_card and gap.reason is not Reason.REPORTED_EMPTY)
            for gap in dict.fromkeys(gaps)
        ]
    )
