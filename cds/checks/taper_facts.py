"""Named facts about a drug that is lowered or tapered. The scope are the running uses (``cds.checks.falls``)."""

from __future__ import annotations

from cds.case import Known, Maybe, Setting
from cds.checks.facts import on_list
from cds.checks.registry import fact
from cds.knowledge.model import Fact
from cds.view import Present, View

Scope = tuple[Present, ...]

LOWERS_SEIZURE_THRESHOLD = frozenset({"bupropion", "tramadol"})


@fact("seizure-threshold-drug")
def seizure_threshold_drug(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """On the list or in the basket, single doses left out."""
    found = any(item.ingredient in LOWERS_SEIZURE_THRESHOLD and not item.single_dose for item in view.present)
    return on_list(view, found)


@fact("inpatient-order")
def inpatient_order(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Every order of this call that touches a drug of the scope says so by its category, or its encounter does."""
    settings = [item.order.setting for item in scope if item.order is not None]
    return Known(bool(settings) and all(setting is Setting.INPATIENT for setting in settings))
