"""Named facts of a new medicine: whether it is new to the patient, what it is for, and who is old enough to drive."""

from __future__ import annotations

from cds.case import Action, Known, Maybe, Unknown
from cds.checks.dose_history import first_order
from cds.checks.elderly_facts import reasons_of
from cds.checks.facts import Scope, old_enough
from cds.checks.registry import fact
from cds.knowledge.load import TARGETS
from cds.knowledge.model import Fact
from cds.view import Present, View


@fact("first-start")
def first_start(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Every drug of the scope is new, and so is its class; a drug of no class of ours is none of this."""
    answers = [_is_new(view, item, fact) for item in scope]
    if Known(False) in answers or not answers:
        return Known(False)
    return next((answer for answer in answers if isinstance(answer, Unknown)), Known(True))


def _is_new(view: View, item: Present, fact: Fact) -> Maybe[bool]:
    members = (view.knowledge.terminology.ingredients_of_class(name) for name in TARGETS)
    family = next((ids for ids in members if item.ingredient in ids), None)
    return Known(False) if family is None else first_order(view, item, family, fact.numbers["days"].value)


@fact("started-now")
def started_now(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """By the action of the order alone."""
    return Known(bool(scope) and all(item.order is not None and item.order.action is Action.START for item in scope))


@fact("ordered-for-stroke-or-cerebral-palsy")
@fact("ordered-for-parkinson")
@fact("ordered-for-alcohol-use")
@fact("ordered-off-label")
def ordered_for(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """By the reasons of the order; a problem list does not say what an order is for."""
    reasons = {id for item in scope for reason in reasons_of(item) for id in reason.ids}
    return Known(not reasons.isdisjoint(fact.concepts))


@fact("below-driving-age")
def below_driving_age(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """The opposite of ``driving-age``, by the number of that fact."""
    answer = old_enough(view, scope, view.knowledge.facts["driving-age"])
    return answer if isinstance(answer, Unknown) else Known(not answer.value)
