"""Named facts of the depressant pairs: how many others there are, alcohol, cannabinoids, blood pressure."""

from __future__ import annotations

from cds.case import Known, Maybe, Reason
from cds.checks.alcohol_records import drinks_now, past_problems
from cds.checks.facts import Scope, on_list
from cds.checks.load import counted
from cds.checks.pressure import latest_systolic
from cds.checks.registry import fact
from cds.knowledge.model import Fact
from cds.view import Present, View


@fact("two-more-depressants")
def two_more_depressants(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Sedating drugs, as the load check counts them, besides those of the pair."""
    others = _sedating(view) - {item.ingredient for item in scope}
    return on_list(view, len(others) >= fact.numbers["others"].value)


@fact("depressant-load-3")
def depressant_load_3(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """The count of the load check, whoever is in it; it does not count in children."""
    adult = view.knowledge.checks["cns-depressant-load"].number("adult")
    if isinstance(view.age, Known) and view.age.value[1] < adult:
        return Known(False)
    return on_list(view, len(_sedating(view)) >= fact.numbers["drugs"].value)


def _sedating(view: View) -> set[str]:
    load = view.knowledge.checks["cns-depressant-load"]
    return {item.ingredient for item in counted(view, load, load.other)}


@fact("benzodiazepine-present")
def benzodiazepine_present(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Any systemic benzodiazepine that is not a single dose."""
    return on_list(view, any(not item.single_dose for item in view.of_class("benzodiazepine")))


# -- blood pressure


def lowering(view: View, scope: Scope) -> tuple[Present, ...]:
    """The drugs of the scope that are given for, or lower, blood pressure; each ingredient once."""
    found = {item.ingredient: item for item in view.of_class("antihypertensive") if item in scope}
    return tuple(found.values())


@fact("two-antihypertensives")
def two_antihypertensives(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """At least this many distinct ingredients."""
    return on_list(view, len(lowering(view, scope)) >= fact.numbers["drugs"].value)


@fact("three-antihypertensives")
def three_antihypertensives(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """At least this many distinct ingredients."""
    return on_list(view, len(lowering(view, scope)) >= fact.numbers["drugs"].value)


@fact("tizanidine-or-clonidine")
def tizanidine_or_clonidine(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Tizanidine may stand beside the drugs of the pair."""
    present = any(item.ingredient == "tizanidine" and item.systemic and not item.single_dose for item in view.present)
    return on_list(view, present or any(item.ingredient == "clonidine" for item in scope))


@fact("low-systolic-pressure")
def low_systolic_pressure(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """On the newest final value within the stated days; the caller's word that there is none counts as not low."""
    latest = latest_systolic(view, fact.numbers["days"].value)
    if isinstance(latest, Known):
        below = latest.value.value < fact.numbers["systolic"].value
        return Known(below or (latest.value.below and latest.value.value <= fact.numbers["systolic"].value))
    gaps = view.gaps("vitals")
    if gaps:
        return gaps[0]
    return Known(False) if latest.reason is Reason.ABSENT else latest


# -- alcohol


@fact("alcohol-intoxication-now")
def alcohol_intoxication_now(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Active, and not known to have begun more than the stated days ago: such entries stay on problem lists."""
    days = fact.numbers["days"].value
    for problem in view.problems(fact.concepts):
        if problem.status == "active" and (
            problem.onset is None or (view.case.as_of - problem.onset.last).days <= days
        ):
            return Known(True)
    gaps = view.gaps("conditions")
    return gaps[0] if gaps else Known(False)


@fact("for-alcohol-withdrawal")
def for_alcohol_withdrawal(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """A benzodiazepine ordered for withdrawal, or without a reason while withdrawal is on the problem list."""
    benzodiazepines = view.of_class("benzodiazepine")
    return Known(bool(scope) and all(item in benzodiazepines and _for_withdrawal(view, item, fact) for item in scope))


def _for_withdrawal(view: View, item: Present, fact: Fact) -> bool:
    reasons = item.order.reasons if item.order is not None else ()
    if reasons:
        return any(concept in reason.ids for concept in fact.concepts for reason in reasons)
    return bool(view.problems(fact.concepts))


@fact("only-past-alcohol-use")
def only_past_alcohol_use(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Remission or resolved entries, and nothing that says the patient drinks now."""
    return Known(bool(past_problems(view)) and not drinks_now(view))
