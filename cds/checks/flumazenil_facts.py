"""Named facts of flumazenil: an allergy to it, and what a benzodiazepine holds off."""

from __future__ import annotations

from cds.case import Known, Maybe, Unknown
from cds.checks.facts import Scope, on_list
from cds.checks.registry import fact, tells
from cds.knowledge.model import Fact
from cds.view import View


def _allergens(view: View) -> tuple[str, ...]:
    in_class = view.knowledge.terminology.in_class
    return tuple(
        allergy.to.label
        for allergy in view.case.allergies
        if allergy.kind != "intolerance"
        and any(id in ("flumazenil", "class:benzodiazepine") or in_class(id, "benzodiazepine") for id in allergy.to.ids)
    )


@fact("flumazenil-allergy")
def flumazenil_allergy(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Flumazenil is a benzodiazepine itself; its label names both."""
    if _allergens(view):
        return Known(True)
    gaps = (*view.gaps("allergies"), *view.reported_empty("allergies"))
    return gaps[0] if gaps else Known(False)


@tells("flumazenil-allergy")
def flumazenil_allergy_words(view: View) -> tuple[str, ...]:
    """Which entries."""
    return tuple(f"allergy: {words}" for words in _allergens(view))


@fact("benzodiazepine-given")
def benzodiazepine_given(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Any systemic benzodiazepine, single doses too."""
    return on_list(view, bool(view.of_class("benzodiazepine")))


@fact("benzodiazepine-14-days")
def benzodiazepine_14_days(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """By the start of what runs; an unknown start is unknown."""
    uses = [item.use for item in view.of_class("benzodiazepine") if item.use is not None and not item.single_dose]
    limit = fact.numbers["days"].value
    days = [(view.case.as_of - u.started.value.last).days for u in uses if isinstance(u.started, Known)]
    if any(each >= limit for each in days):
        return Known(True)
    unknown = [use.started for use in uses if isinstance(use.started, Unknown)]
    return unknown[0] if unknown else on_list(view, False)
