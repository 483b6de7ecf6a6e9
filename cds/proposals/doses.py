"""The dose to write for a draft: within the limits of every finding that asks for less, never above the order."""

from __future__ import annotations

import math
from collections.abc import Iterable

from cds.arithmetic.writable import Limits, dose_within, split
from cds.case import Order
from cds.findings import DoseToWrite, Finding
from cds.knowledge.load import TARGETS
from cds.knowledge.model import Check, ProposalRule
from cds.proposals.drafts import Draft, running_mg
from cds.proposals.trial import Call

Asked = Iterable[tuple[Finding, ProposalRule]]


def new_dose(call: Call, draft: Draft, asked: Asked) -> DoseToWrite | None:
    """One dose that all findings accept, of tablets that can be made; never below what is taken already."""
    asked = list(asked)
    running = None if _of_its_kind(call, draft.order) else running_mg(call.case, draft.order)
    if running is None:
        return None
    limits = _limits(call, draft, asked, running)
    if any(rule.kind == "reduce-dose" for _, rule in asked):
        return dose_within(draft.order.drug, draft.ordered, limits)
    return split(draft.order.drug, draft.ordered, limits.single)


def _of_its_kind(call: Call, order: Order) -> bool:
    """Whether the order takes the place of another drug of its kind: 10 mg of diazepam are less than 2 of clonazepam.

    A smaller dose could then be the abrupt stop of what was taken, and no milligrams tell.
    """
    ours = {ingredient.id for ingredient in order.drug.ingredients}
    kinds = [call.knowledge.terminology.ingredients_of_class(name) for name in TARGETS]
    kin = {id for kind in kinds if kind & ours for id in kind - ours}
    replaced = [use for use in call.case.uses if set(use.names).intersection(order.replaces)]
    return any(ingredient.id in kin for use in replaced for ingredient in use.drug.ingredients)


def _limits(call: Call, draft: Draft, asked: Asked, floor: float) -> Limits:
    daily, single = math.inf, math.inf
    for finding, rule in asked:
        check = call.knowledge.checks[finding.check]
        if rule.share:
            daily = min(daily, _value(check, finding, rule.share) * draft.ordered.daily)
        if rule.daily:
            daily = min(daily, sum(_value(check, finding, name) for name in rule.daily.split(" + ")))
        if rule.single:
            single = min(single, _value(check, finding, rule.single))
    return Limits(daily, single, floor)


def _value(check: Check, finding: Finding, name: str) -> float:
    """The number of the check of that name, else the finding's value: what was ordered may be named like its limit."""
    value = finding.values.get(name)
    if name not in check.numbers and isinstance(value, (int, float)):
        return float(value)
    return check.number(name)
