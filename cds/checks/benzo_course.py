"""Benzodiazepines by mouth: the first dose of an older patient, and for how long they are taken.

``benzo-start-dose-elderly`` (numbers by drug: ``Knowledge.starts``) and ``benzo-duration``.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cds.case import Action, DrugUse, Known, Maybe, Order, Reason, Unknown
from cds.checks.conditions import on_route
from cds.checks.dose_history import begins_with, first_order
from cds.checks.dose_words import dose_finding, is_reduction
from cds.checks.levels import holds, level, unknown_for
from cds.checks.numbers import dose_unknown
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, Indicator, NotChecked, Outcome, Value
from cds.knowledge.doses import Start
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, joined, number

NO_ORDER = "no order of this call brings a benzodiazepine by mouth"

Answer = tuple[Finding | None, tuple[NotChecked, ...]]


def _ordered(view: View, check: Check) -> tuple[Present, ...]:
    """The benzodiazepines that the selected orders bring, by the routes meant, single doses left out."""
    items = (item for item in view.on_side(check.applies_to) if item.subject and item.order is not None)
    return tuple(item for item in items if on_route(item, check) and not item.single_dose)


def _outcome(
    view: View, check: Check, items: Iterable[Present], answers: list[Answer], why: tuple[str, str]
) -> Outcome:
    """``why``: in one sentence, when something was found and when nothing was."""
    found = tuple(finding for finding, _ in answers if finding is not None)
    said = tuple(dict.fromkeys(each for _, more in answers for each in more))
    return Outcome(check.id, found, said, tuple(seen(view, item) for item in items), why[0] if found else why[1])


# -- the first dose ---------------------------------------------------------------------------------------------------


@check("benzo-start-dose-elderly")
def benzo_start_dose_elderly(view: View, check: Check) -> Outcome:
    """One finding per drug that is started above what its label begins with in older or debilitated patients."""
    items = _ordered(view, check)
    if not items:
        return Outcome(check.id, why=NO_ORDER)
    starts = tuple(item for item in items if item.order is not None and item.order.action is Action.START)
    drugs = dict.fromkeys(item.ingredient for item in starts)
    answers = [_start(view, check, tuple(item for item in starts if item.ingredient == id)) for id in drugs]
    return _outcome(view, check, items, answers, ("above a first dose", "no first dose that is too high"))


def _start(view: View, check: Check, items: tuple[Present, ...]) -> Answer:
    older, whose = _older(view, items)
    if older == Known(False):
        return None, ()
    limit = view.knowledge.starts.get(items[0].ingredient)
    if limit is None:
        detail = f"no first dose for older patients known for {view.name(items[0].ingredient)}"
        return None, (NotChecked(check.id, Reason.DOSE_UNKNOWN, detail, makes_card=False),)
    doses = [begins_with(item) for item in items]
    missing = tuple(dose_unknown(view, check, item) for item, dose in zip(items, doses, strict=True) if dose is None)
    total = sum(dose or 0.0 for dose in doses)
    if total <= limit.mg:
        return None, missing
    members = ingredients_of(check.applies_to, view.knowledge.terminology)
    first = first_order(view, items[0], members, check.number("days"))
    unsure = tuple(answer for answer in (older, first) if isinstance(answer, Unknown))
    if first == Known(False) or unsure:
        return None, missing + (unknown_for(check, unsure, makes_card=False) if first != Known(False) else ())
    empty = unknown_for(check, view.reported_empty(*LISTS))
    return _too_high(view, check, items, total, limit, whose), missing + empty


def _older(view: View, items: tuple[Present, ...]) -> tuple[Maybe[bool], tuple[str, ...]]:
    """Whether the patient is old or debilitated, and by which of the two."""
    answers = {id: holds(view, id, items) for id in ("age-65-or-over", "debilitated")}
    words = tuple(view.knowledge.facts[id].words for id, answer in answers.items() if answer == Known(True))
    if words:
        return Known(True), words
    missing = [answer for answer in answers.values() if isinstance(answer, Unknown)]
    return (missing[0] if missing else Known(False)), ()


def _too_high(
    view: View, check: Check, items: tuple[Present, ...], total: float, limit: Start, whose: tuple[str, ...]
) -> Finding:
    at = level(view, check, items)
    values: dict[str, Value] = {
        "one": view.name(items[0].ingredient),
        "total": round(total, 3),
        "limit": limit.mg,
        "whose": joined(whose),
    }
    because = (*whose, f"above {number(limit.mg)} mg/day", *at.because)
    return dose_finding(view, check, items, at.indicator, "default", values, because, evidence=limit.evidence)


# -- for how long -----------------------------------------------------------------------------------------------------


class Course(msgspec.Struct, frozen=True):
    """Days of use up to today, and days that an order adds (None: it does not say)."""

    past: Maybe[int]
    ahead: float | None

    @property
    def days(self) -> int:
        """What is known of both together."""
        past = self.past.value if isinstance(self.past, Known) else 0
        return int(past + (self.ahead or 0))


@check("benzo-duration")
def benzo_duration(view: View, check: Check) -> Outcome:
    """One finding per drug that has been, or with this order will have been, taken for weeks."""
    items = _ordered(view, check)
    if not items:
        return Outcome(check.id, why=NO_ORDER)
    drugs = dict.fromkeys(item.ingredient for item in items)
    answers = [_course(view, check, tuple(item for item in items if item.ingredient == id)) for id in drugs]
    return _outcome(view, check, items, answers, ("taken for weeks", "not taken for so long, as far as known"))


def _course(view: View, check: Check, items: tuple[Present, ...]) -> Answer:
    courses = [_of(view, check, item) for item in items]
    longest = max(courses, key=lambda course: course.days)
    said = unknown_for(check, view.gaps(*LISTS), makes_card=False) + unknown_for(check, view.reported_empty(*LISTS))
    if longest.days < check.number("long"):
        unsure = tuple(course.past for course in courses if isinstance(course.past, Unknown))
        said += unknown_for(check, unsure, makes_card=False)
        if any(course.ahead is None for course in courses):
            said += (NotChecked(check.id, Reason.ABSENT, "for how long it is ordered", makes_card=False),)
    if longest.days <= check.number("short"):
        return None, said
    return _lasting(view, check, items, longest.days, said)


def _lasting(view: View, check: Check, items: tuple[Present, ...], days: int, said: tuple[NotChecked, ...]) -> Answer:
    at = level(view, check, items)
    old = holds(view, "age-65-or-over", items)
    long = days >= check.number("long")
    to = Indicator.WARNING if long or old == Known(True) else Indicator.INFO
    if at.indicator is Indicator.SILENT or is_reduction(view, items):
        to = Indicator.SILENT
    unknown = () if long or isinstance(old, Known) else (view.knowledge.facts["age-65-or-over"].words,)
    said += unknown_for(check, (old,), makes_card=False) if isinstance(old, Unknown) and not long else ()
    limit = check.number("long" if long else "short")
    because = (f"{days} days in all", *((view.knowledge.facts["age-65-or-over"].words,) if old == Known(True) else ()))
    values: dict[str, Value] = {"one": view.name(items[0].ingredient), "days": days, "limit": limit}
    wording = "long" if long else "older" if old == Known(True) else "default"
    return dose_finding(view, check, items, to, wording, values, (*because, *at.because), unknown=unknown), said


def _of(view: View, check: Check, item: Present) -> Course:
    prn = isinstance(item.dose, Known) and item.dose.value.prn
    order = item.order
    return Course(_past_days(view, check, item), 0.0 if prn or order is None else _ahead(view, order))


def _ahead(view: View, order: Order) -> float | None:
    """For how many days from today the order lasts, all its repeats included."""
    if order.planned_end is not None:
        return float(max(0, (order.planned_end.last - view.case.as_of).days + 1))
    return order.supply_total if order.supply_total is not None else order.supply_days


def _past_days(view: View, check: Check, item: Present) -> Maybe[int]:
    """Longest use up to today: of the same drug, of what the order replaces, and of what ended shortly before."""
    members = ingredients_of(check.applies_to, view.knowledge.terminology)
    replaced = set(item.order.replaces) if item.order is not None else set()
    running = [use for use in view.case.uses if _same(use, item.ingredient) or replaced.intersection(use.names)]
    earlier = [use for use in view.case.past_uses if _lately(view, check, use, members)]
    found = [_since(view, use) for use in (*running, *earlier) if not use.single_dose and not use.on_hold]
    known = [answer.value for answer in found if isinstance(answer, Known)]
    unsure = [answer for answer in found if isinstance(answer, Unknown)]
    return Known(max(known)) if known else unsure[0] if unsure else Known(0)


def _same(use: DrugUse, ingredient: str) -> bool:
    return any(each.id == ingredient for each in use.drug.ingredients)


def _lately(view: View, check: Check, use: DrugUse, members: frozenset[str]) -> bool:
    ended = use.ended
    ours = any(each.id in members for each in use.drug.ingredients)
    return ours and ended is not None and (view.case.as_of - ended.last).days <= check.number("gap")


def _since(view: View, use: DrugUse) -> Maybe[int]:
    """As-needed use counts by what was dispensed; an order alone does not say that any of it was taken."""
    if use.last_supplied is None and any(isinstance(dose, Known) and dose.value.prn for dose in use.doses):
        return Unknown(Reason.ABSENT, "how much of the as-needed supply was dispensed")
    if isinstance(use.started, Unknown):
        return use.started
    return Known((view.case.as_of - use.started.value.first).days)
