"""Named facts about a drug that is being stopped: how long, how much, why, and what makes withdrawal dangerous.

The scope of these facts are the stopped drugs (``cds.checks.stopped``).
"""

from __future__ import annotations

from cds.arithmetic.equivalents import LOW, asam_band
from cds.case import Known, Maybe, Unknown
from cds.checks.baclofen import total_dose
from cds.checks.facts import on_list
from cds.checks.registry import fact
from cds.checks.stopped import longest_days
from cds.knowledge.model import Fact
from cds.view import LISTS, Present, View

Scope = tuple[Present, ...]

NOT_TAKING_PHRASES = ("not taking", "never taken", "never took", "never started", "not been taking", "stopped taking")


@fact("taken-60-days")
def taken_60_days(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """An unknown duration counts as long, as does a short one on a list that could not be read whole."""
    return _taken(view, scope, fact.numbers["days"].value)


@fact("taken-a-month")
def taken_a_month(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """An unknown duration counts as long."""
    return _taken(view, scope, fact.numbers["days"].value)


@fact("taken-3-months")
def taken_3_months(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """An unknown duration counts as long."""
    return _taken(view, scope, fact.numbers["days"].value)


def _taken(view: View, scope: Scope, limit: float) -> Maybe[bool]:
    days = longest_days(view, scope)
    if days is None or days >= limit:
        return Known(True)
    gaps = view.gaps(*LISTS)  # an earlier order may be on the part that was not seen
    return gaps[0] if gaps else Known(False)


@fact("baclofen-stop-40-mg")
def baclofen_stop_40_mg(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Summed over all baclofen that is stopped."""
    return total_dose(view, scope).at_least(fact.numbers["dose"].value)


@fact("benzodiazepine-above-low-dose")
def benzodiazepine_above_low_dose(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """By the ASAM cut-offs of each drug, at the high end of the dose; several drugs together."""
    band = asam_band([(item.ingredient, item.dose) for item in scope])
    return band if isinstance(band, Unknown) else Known(band.value != LOW)


@fact("barbiturate-present")
def barbiturate_present(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """A barbiturate on the list or in the basket."""
    return on_list(view, bool(view.of_class("barbiturate")))


@fact("stopped-for-harm")
def stopped_for_harm(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """The reason given with the stop, in codes or words, is one of the fact's concepts."""
    reasons = [reason for item in scope if item.order is not None for reason in item.order.stop_reasons]
    return Known(any(set(fact.concepts).intersection(reason.ids) for reason in reasons))


@fact("not-taking")
def not_taking(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """The stop's reason says that the patient does not take the drug."""
    texts = [
        text
        for item in scope
        if item.order is not None
        for text in (item.order.stop_reason_text, *(reason.label for reason in item.order.stop_reasons))
    ]
    return Known(any(f" {phrase} " in f" {' '.join(_words(text))} " for text in texts for phrase in NOT_TAKING_PHRASES))


def _words(text: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in text[:500].lower()).split()
