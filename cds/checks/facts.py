"""Named facts that need arithmetic or look at the drugs: amplifiers and exemptions shared by many checks.

Each answers for the drugs of one pair (``scope``): ``Known(True)``, ``Known(False)`` or ``Unknown(why)``. Meanings,
numbers and sources are in ``cds/knowledge/facts.toml``.
"""

from __future__ import annotations

from cds.arithmetic.equivalents import mme_per_day
from cds.case import Action, Known, Maybe, Reason, Unknown
from cds.checks.registry import fact
from cds.checks.stopped import steps_down
from cds.knowledge.model import Fact
from cds.view import LISTS, Present, View

RESPIRATORY_DEPRESSANTS = ("opioid", "benzodiazepine", "z-drug", "gabapentinoid", "barbiturate")

Scope = tuple[Present, ...]


def on_list(view: View, found: bool) -> Maybe[bool]:
    """A drug fact: true when found; otherwise false only if the whole medication list could be seen."""
    gaps = view.gaps(*LISTS)
    return Known(True) if found else gaps[0] if gaps else Known(False)


def below_egfr(view: View, limit: float) -> Maybe[bool]:
    """Whether eGFR is below a limit, decided on its bounds (">60", a CKD stage) when there is no exact number."""
    answer = view.kidney.below(limit)
    if answer is not None:
        return Known(answer)
    egfr = view.kidney.egfr
    return egfr if isinstance(egfr, Unknown) else Unknown(Reason.ABSENT, "kidney function not known")


@fact("age-65-or-over")
@fact("driving-age")
def old_enough(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Unknown when the birth date allows both sides of the limit."""
    if isinstance(view.age, Unknown):
        return view.age
    youngest, oldest = view.age.value
    limit = fact.numbers["years"].value
    if (youngest >= limit) == (oldest >= limit):
        return Known(youngest >= limit)
    return Unknown(Reason.UNREADABLE, "the birth date is not exact enough")


@fact("hypotension-history")
@fact("withdrawal-before")
def had_before(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """On the problem list, past entries too: who fainted, or had withdrawal, once may have it again."""
    if view.problems(fact.concepts, history=True):
        return Known(True)
    gaps = view.gaps("conditions")
    return gaps[0] if gaps else Known(False)


@fact("egfr-below-30")
def egfr_below_30(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """On the bounds of eGFR, so that ">60" or a CKD stage can decide as well as a number."""
    return below_egfr(view, fact.numbers["egfr"].value)


@fact("egfr-below-60")
def egfr_below_60(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """As ``egfr-below-30``, for the limit from which baclofen accumulates."""
    return below_egfr(view, fact.numbers["egfr"].value)


@fact("dialysis")
def dialysis(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """From the kidney assessment; false only if the problem list could be seen."""
    if view.kidney.dialysis:
        return Known(True)
    gaps = view.gaps("conditions")
    return gaps[0] if gaps else Known(False)


@fact("third-depressant")
def third_depressant(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """A respiratory depressant of a class the pair itself does not have, single doses left out."""
    classes = [view.of_class(name) for name in RESPIRATORY_DEPRESSANTS]
    others = [present for present in classes if not any(item in scope for item in present)]
    return on_list(view, any(not item.single_dose for present in others for item in present))


@fact("opioid-present")
def opioid_present(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Any systemic opioid that is not a single procedural dose."""
    return on_list(view, any(not item.single_dose for item in view.of_class("opioid")))


@fact("z-drug-present")
def z_drug_present(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Whether the pair's hypnotic is a z-drug."""
    return Known(any(item in scope for item in view.of_class("z-drug")))


@fact("only-orexin-antagonist")
def only_orexin_antagonist(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Whether the pair's only hypnotics are orexin antagonists."""
    orexin = any(item in scope for item in view.of_class("orexin-antagonist"))
    return Known(orexin and not any(item in scope for item in view.of_class("z-drug")))


@fact("opioid-mme-50")
def opioid_mme_50(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """True as soon as the doses that are known reach the limit; unknown doses leave a lower total unknown."""
    limit = fact.numbers["mme"].value
    total = mme_per_day((item.ingredient, item.dose, item.drug.route) for item in view.of_class("opioid"))
    if total.at_least >= limit:
        return Known(True)
    return total.missing[0] if total.missing else on_list(view, False)


@fact("opioid-for-oud")
def opioid_for_oud(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Every opioid of the pair treats opioid use disorder. Fentanyl beside it, or a pain patch, does not count."""
    opioids = [item for item in scope if item in view.of_class("opioid")]
    return Known(bool(opioids) and all(_treats_oud(view, item) for item in opioids))


def _treats_oud(view: View, item: Present) -> bool:
    if item not in view.of_class("opioid-oud"):
        return False
    with_naloxone = any(ingredient.id == "naloxone" for ingredient in item.drug.ingredients)
    for_oud = any("opioid-use-disorder" in reason.ids for reason in item.reasons)
    on_problem_list = not item.reasons and bool(view.problems(("opioid-use-disorder",)))
    return with_naloxone or for_oud or on_problem_list


@fact("single-dose")
def single_dose(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """One drug of the pair is given once only."""
    return Known(any(item.single_dose for item in scope))


@fact("hospice")
def hospice(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """On the problem list, or the reason of an order of the pair."""
    found = any("hospice-palliative" in reason.ids for item in scope for reason in item.reasons)
    return Known(found or bool(view.problems(("hospice-palliative",))))


@fact("settled")
def settled(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Every drug of the pair known to be neither started nor raised for the stated days."""
    days = fact.numbers["days"].value
    return Known(
        bool(scope) and all(isinstance(item.settled_days, Known) and item.settled_days.value >= days for item in scope)
    )


@fact("reduction")
def reduction(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Every order of the pair surely lowers (or keeps) a running dose: nothing new is added."""
    orders = [item for item in scope if item.subject]
    return Known(
        bool(orders)
        and all(item.order is not None and item.order.action is Action.CHANGE and item.reduced for item in orders)
    )


@fact("supervised-benzodiazepine-taper")
def supervised_benzodiazepine_taper(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """A benzodiazepine of the pair is stepped down, for dependence or withdrawal."""
    benzodiazepines = [item for item in scope if item in view.of_class("benzodiazepine")]
    stepping = any(item.reduced or steps_down(item) for item in benzodiazepines)
    wanted = ("sedative-use-disorder", "benzodiazepine-withdrawal")
    for_it = any(concept in reason.ids for concept in wanted for item in scope for reason in item.reasons)
    return Known(stepping and (for_it or bool(view.problems(wanted))))
