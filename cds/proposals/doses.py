"""The dose to write for a draft: within the limits of every finding that asks for less, never above the order."""

from __future__ import annotations

import math
from collections.abc import Iterable

from cds.arithmetic.writable import Limits, dose_within, split
from cds.findings import DoseToWrite, Finding
from cds.knowledge.model import Check, ProposalRule
from cds.proposals.drafts import Draft, running_mg
from cds.proposals.trial import Call

Asked = Iterable[tuple[Finding, ProposalRule]]


def new_dose(call: Call, draft: Draft, asked: Asked) -> DoseToWrite | None:
    """One dose that all findings accept, of tablets that can be made; never below what is taken already."""
    asked = list(asked)
    lowered = [(finding, rule) for finding, rule in asked if rule.kind == "reduce-dose"]
    if lowered:
        dose = dose_within(draft.order.drug, draft.ordered, _limits(call, draft, lowered))
    else:
        single = min(_value(call.knowledge.checks[f.check], f, rule.single) for f, rule in asked)
        dose = split(draft.order.drug, draft.ordered, single)
    running = running_mg(call.case, draft.order)
    if dose is None or running is None or dose.daily < running:
        return None
    return dose


def _limits(call: Call, draft: Draft, asked: Asked) -> Limits:
    daily, single, times = math.inf, math.inf, 1
    for finding, rule in asked:
        check = call.knowledge.checks[finding.check]
        if rule.share:
            daily = min(daily, _value(check, finding, rule.share) * draft.ordered.daily)
        if rule.daily:
            daily = min(daily, sum(_value(check, finding, name) for name in rule.daily.split(" + ")))
        if rule.single:
            single = min(single, _value(check, finding, rule.single))
        if rule.times:
            times = max(times, round(_value(check, finding, rule.times)))
    return Limits(daily, single, times)


def _value(check: Check, finding: Finding, name: str) -> float:
    """A value of the finding of that name, else the number of the check."""
    value = finding.values.get(name)
    return float(value) if isinstance(value, (int, float)) else check.number(name)
