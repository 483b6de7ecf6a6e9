"""Exemptions that hold however urgent a finding is: an agreed plan, a drug stopped because it harms."""

from __future__ import annotations

import msgspec

from cds.case import Known
from cds.checks.levels import Level, holds, level
from cds.findings import Indicator
from cds.knowledge.model import Check, Shift
from cds.view import Present, View


def firm_level(view: View, check: Check, scope: tuple[Present, ...]) -> Level:
    """The level of a check whose ``lowered`` shifts also hold against what was raised; the first that holds wins."""
    at = level(view, check, scope)
    for shift in check.levels.lowered:
        if shift.to < at.indicator and _met(view, shift, scope):
            facts = (*shift.any, *shift.all)
            words = tuple(view.knowledge.facts[id].words for id in facts if holds(view, id, scope) == Known(True))
            shown = shift.to is not Indicator.SILENT
            return msgspec.structs.replace(
                at, indicator=shift.to, because=(*words, *at.because), unknown=(), not_checked=(), shown=shown
            )
    return at


def _met(view: View, shift: Shift, scope: tuple[Present, ...]) -> bool:
    any_met = not shift.any or any(holds(view, fact, scope) == Known(True) for fact in shift.any)
    return any_met and all(holds(view, fact, scope) == Known(True) for fact in shift.all)
