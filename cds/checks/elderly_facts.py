"""Named facts of the patient's own risks: what happened within a year, what a drug is for, how baclofen begins."""

from __future__ import annotations

from cds.case import Action, Concept, Known, Maybe, Unknown
from cds.checks.facts import Scope, on_list
from cds.checks.levels import holds
from cds.checks.numbers import milligrams
from cds.checks.registry import fact
from cds.knowledge.model import Fact
from cds.view import LISTS, Present, View


def _lately(view: View, fact: Fact) -> Maybe[bool]:
    """Active and begun within the stated days; an entry without a date may be of this year, and counts."""
    days = fact.numbers["days"].value
    for problem in view.problems(fact.concepts):
        if problem.onset is None or (view.case.as_of - problem.onset.last).days <= days:
            return Known(True)
    gaps = view.gaps("conditions")
    return gaps[0] if gaps else Known(False)


@fact("fall-within-12-months")
def fall_within_12_months(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Falls and fragility fractures are events: those of long ago stay on problem lists."""
    return _lately(view, fact)


@fact("self-harm-within-12-months")
def self_harm_within_12_months(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Thoughts, attempts and self-harm, by the date of the entry."""
    return _lately(view, fact)


@fact("for-seizures-or-withdrawal")
def for_seizures_or_withdrawal(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Benzodiazepines only: by the reasons of the order, or by the problem list when the order gives none."""
    members = view.of_class("benzodiazepine")
    return Known(bool(scope) and all(item in members and _is_for(view, item, fact) for item in scope))


def _is_for(view: View, item: Present, fact: Fact) -> bool:
    reasons = reasons_of(item)
    if reasons:
        return any(concept in reason.ids for concept in fact.concepts for reason in reasons)
    return bool(view.problems(fact.concepts))


def reasons_of(item: Present) -> tuple[Concept, ...]:
    """Why the drug is ordered, or was, as far as it was said."""
    found = item.order.reasons if item.order is not None else ()
    return found or (item.use.reasons if item.use is not None else ())


@fact("musculoskeletal-reason")
def musculoskeletal_reason(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """The order names muscle pain or spasm as its reason, and nothing says the patient is spastic."""
    reasons = {id for item in scope for reason in reasons_of(item) for id in reason.ids}
    spastic = holds(view, "spasticity-diagnosis", scope)
    if reasons.isdisjoint(fact.concepts) or reasons & set(view.knowledge.facts["spasticity-diagnosis"].concepts):
        return Known(False)
    return spastic if isinstance(spastic, Unknown) else Known(not spastic.value)


@fact("baclofen-start-above-15-mg")
def baclofen_start_above_15_mg(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """A start that brings all systemic baclofen of the patient above the limit."""
    starts = [item for item in scope if item.order is not None and item.order.action is Action.START]
    if not starts:
        return Known(False)
    doses = [milligrams(item) for item in view.of_class("baclofen") if item.drug.route.value != "intrathecal"]
    if sum(dose for dose in doses if dose is not None) > fact.numbers["dose"].value:
        return Known(True)
    missing = [item.dose for item in starts if isinstance(item.dose, Unknown)]
    return missing[0] if missing else Known(False)


@fact("antidiabetic-drug")
def antidiabetic_drug(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Insulin or another glucose-lowering drug on the list or in the basket."""
    answer = on_list(view, bool(view.of_class("antidiabetic")))
    said_none = view.reported_empty(*LISTS)
    return said_none[0] if answer == Known(False) and said_none else answer
