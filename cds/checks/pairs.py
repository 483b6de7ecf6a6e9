"""Drug with drug: the engine behind every check of kind "drug-drug"."""

from __future__ import annotations

from cds.case import Reason
from cds.checks.levels import level, unknown_for
from cds.checks.words import seen
from cds.findings import Finding, NotChecked, Outcome
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, joined


def pairs(view: View, check: Check) -> tuple[Present, ...]:
    """Those present that form at least one pair of this check with an order of this call, orders first.

    A pair is two different ingredients, one of each side, of which at least one is a selected order.
    """
    ones, others = view.on_side(check.one), view.on_side(check.other)
    found = [
        item
        for one in ones
        for other in others
        if one.ingredient != other.ingredient and (one.subject or other.subject)
        for item in (one, other)
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda item: not item.subject))


def drug_drug(view: View, check: Check) -> Outcome:
    """Answer a drug-drug question: one finding that names every drug of every pair, at the level of the whole."""
    sides = (*view.on_side(check.one), *view.on_side(check.other))
    asked = [item for item in sides if item.subject]
    if not asked:
        return Outcome(check.id, why="no order of this call brings a drug of this pair")
    not_checked = list_gaps(view, check)
    scope = pairs(view, check)
    looked = tuple(seen(view, item) for item in dict.fromkeys(sides))
    if not scope:
        return Outcome(check.id, (), not_checked, looked, "only one side of the pair is present")
    finding, more = pair_finding(view, check, scope)
    return Outcome(check.id, (finding,), (*not_checked, *more), looked, f"pair present: {', '.join(finding.because)}")


def pair_finding(view: View, check: Check, scope: tuple[Present, ...]) -> tuple[Finding, tuple[NotChecked, ...]]:
    """The finding for the drugs of a pair, and what left its level uncertain."""
    ones = [item for item in view.on_side(check.one) if item in scope]
    others = [item for item in view.on_side(check.other) if item in scope]
    at = level(view, check, scope)
    finding = Finding(
        check=check.id,
        indicator=at.indicator,
        wording="default",
        values={
            "one": joined(view.name(item.ingredient) for item in ones),
            "other": joined(view.name(item.ingredient) for item in others if item not in ones),
            "drugs": list(dict.fromkeys(item.ingredient for item in scope)),
        },
        about=tuple(dict.fromkeys(item.ref for item in scope)),
        evidence=check.evidence,
        seen=tuple(seen(view, item) for item in scope),
        because=at.because,
        unknown=at.unknown,
        shown=at.shown,
    )
    return finding, at.not_checked


def list_gaps(view: View, check: Check) -> tuple[NotChecked, ...]:
    """What of the medication list could not be seen: without it "no other drug" cannot be claimed."""
    said = unknown_for(check, view.gaps(*LISTS)) + unknown_for(check, view.reported_empty(*LISTS))
    if view.unnamed_drugs:
        many = view.unnamed_drugs > 1
        detail = f"{view.unnamed_drugs} {'medicines' if many else 'medicine'} on the list could not be named"
        said += (NotChecked(check.id, Reason.UNKNOWN_DRUG, detail),)
    return said
