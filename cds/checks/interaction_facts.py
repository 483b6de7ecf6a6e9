"""Named facts about what one drug does to the level, or to the kidney, of another.

The scope is one pair. Numbers, words and sources are in ``cds/knowledge/facts.toml``.
"""

from __future__ import annotations

from cds.case import Action, Known, Maybe, Reason, Route, Unknown
from cds.checks.baclofen import total_dose
from cds.checks.facts import on_list
from cds.checks.registry import fact
from cds.knowledge.model import Fact
from cds.view import Present, View

Scope = tuple[Present, ...]

NOT_SWALLOWED = ("buccal", "sublingual")  # kinds of the oral route from which the drug does not pass the gut first


def _in_scope(view: View, scope: Scope, name: str) -> Scope:
    members = view.of_class(name)
    return tuple(item for item in scope if item in members)


def days_on(view: View, item: Present) -> int | None:
    """Days since the drug was begun; 0 for an order that starts it; None when nobody can tell."""
    if item.order is not None and item.order.action is Action.START:
        return 0
    if item.use is None or isinstance(item.use.started, Unknown):
        return None
    return (view.case.as_of - item.use.started.value.last).days


def _swallowed(item: Present) -> bool:
    return item.drug.route is Route.ORAL and item.drug.route_detail not in NOT_SWALLOWED


@fact("swallowed")
def swallowed(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """By mouth or tube, not buccal or sublingual; an unknown route leaves it unknown."""
    items = _in_scope(view, scope, "benzodiazepine")
    if any(_swallowed(item) for item in items):
        return Known(True)
    if any(item.drug.route is Route.UNKNOWN for item in items):
        return Unknown(Reason.ABSENT, f"route of {view.name(items[0].ingredient)} not known")
    return Known(False)


@fact("not-swallowed")
def not_swallowed(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Injected, nasal, buccal, rectal, or by a route that was not given."""
    return Known(not any(_swallowed(item) for item in _in_scope(view, scope, "benzodiazepine")))


@fact("booster-new")
def booster_new(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """The other drug of the pair was begun lately; an unknown start counts as lately."""
    benzodiazepines = _in_scope(view, scope, "benzodiazepine")
    days = [days_on(view, item) for item in scope if item not in benzodiazepines]
    return Known(any(each is None or each <= fact.numbers["days"].value for each in days))


@fact("clozapine-early")
def clozapine_early(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Started or taken up again; unknown when nobody can tell since when it is taken."""
    days = [days_on(view, item) for item in _in_scope(view, scope, "clozapine")]
    if any(each is not None and each <= fact.numbers["days"].value for each in days):
        return Known(True)
    return Unknown(Reason.ABSENT, "since when clozapine is taken is not known") if None in days else Known(False)


@fact("parenteral-benzodiazepine")
def parenteral_benzodiazepine(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """A benzodiazepine of the pair is injected or infused."""
    return Known(any(item.drug.route is Route.PARENTERAL for item in _in_scope(view, scope, "benzodiazepine")))


@fact("oud-treatment")
def oud_treatment(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """By the naloxone in the product, the order's reason, or, when no reason is given, the problem list."""
    items = _in_scope(view, scope, "opioid-oud")
    said = [item.reasons for item in items]
    if any(part.id == "naloxone" for item in items for part in item.drug.ingredients):
        return Known(True)
    if any("opioid-use-disorder" in reason.ids for reasons in said for reason in reasons):
        return Known(True)
    if all(said):
        return Known(False)  # every order gives another reason
    if view.problems(fact.concepts):
        return Known(True)
    gaps = view.gaps("conditions")
    return gaps[0] if gaps else Known(False)


@fact("told-with-oud-treatment")
def told_with_oud_treatment(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Benzodiazepines only, beside a treatment of opioid use disorder, and no other misuse on the problem list."""
    benzodiazepines = view.of_class("benzodiazepine")
    treatment = tuple(item for item in view.of_class("opioid-oud") if not item.single_dose)
    if not scope or not treatment or any(item not in benzodiazepines for item in scope):
        return Known(False)
    if view.problems(fact.concepts):
        return Known(False)
    return oud_treatment(view, treatment, view.knowledge.facts["oud-treatment"])


# -- the kidney ------------------------------------------------------------------------------------------------------


@fact("baclofen-40-mg")
def baclofen_40_mg(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Summed over all baclofen that is not given into the spine."""
    items = tuple(item for item in view.of_class("baclofen") if item.drug.route is not Route.INTRATHECAL)
    return total_dose(view, items).at_least(fact.numbers["dose"].value)


@fact("aspirin-above-100-mg")
def aspirin_above_100_mg(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Summed over all aspirin; low doses for the heart do not count."""
    return total_dose(view, view.of_class("aspirin")).above(fact.numbers["dose"].value)


@fact("contrast-recent")
def contrast_recent(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Ordered to be given by then, or given no longer ago; without a date it counts."""
    members = view.knowledge.terminology.ingredients_of_class("contrast-iodinated")
    limit = fact.numbers["days"].value
    return Known(any(_near(view, item, limit) for item in scope if item.ingredient in members))


def _near(view: View, item: Present, days: float) -> bool:
    when = item.order.starts if item.order is not None else None
    if when is None and item.use is not None:
        when = item.use.ended or (item.use.started.value if isinstance(item.use.started, Known) else None)
    return when is None or abs((view.case.as_of - when.last).days) <= days


@fact("triple-whammy")
def triple_whammy(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """All three will be taken together."""
    blockers = (*view.of_class("ace-inhibitor"), *view.of_class("arb"))
    found = bool(blockers and view.of_class("diuretic") and _systemic_nsaid(view))
    return on_list(view, found)


def _systemic_nsaid(view: View) -> bool:
    return any(item.drug.route is not Route.TRANSDERMAL for item in view.of_class("nsaid"))


@fact("acute-fluid-loss")
def acute_fluid_loss(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Active, and begun no longer ago than the limit or at an unknown time."""
    limit = fact.numbers["days"].value
    for problem in view.problems(fact.concepts):
        if problem.onset is None or (view.case.as_of - problem.onset.last).days <= limit:
            return Known(True)
    gaps = view.gaps("conditions")
    return gaps[0] if gaps else Known(False)
