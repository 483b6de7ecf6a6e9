"""Drug with drug: the engine behind every check of kind "drug-drug"."""

from __future__ import annotations

from cds.case import Reason
from cds.checks.levels import Level, level, unknown_for
from cds.checks.words import seen
from cds.findings import Finding, Indicator, NotChecked, Outcome
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, joined

Pair = tuple[Present, Present]


def pairs(view: View, check: Check) -> tuple[Pair, ...]:
    """Two different ingredients, one of each side, of which at least one is a selected order."""
    ones, others = view.on_side(check.one), view.on_side(check.other)
    if not (ones and others):
        return ()
    return tuple(
        (one, other)
        for one in ones
        for other in others
        if one.ingredient != other.ingredient and (one.subject or other.subject)
    )


def worst(view: View, check: Check, found: tuple[tuple[Present, ...], ...]) -> Level:
    """The strongest level among the pairs (or other groups of drugs).

    An exemption of one pair (a single dose, say) never covers another.
    """
    at = [level(view, check, pair) for pair in found]
    top = max(item.indicator for item in at)
    strongest = [item for item in at if item.indicator == top]
    return Level(
        indicator=top,
        because=tuple(dict.fromkeys(words for item in strongest for words in item.because)),
        unknown=tuple(dict.fromkeys(words for item in at for words in item.unknown)),
        not_checked=tuple(dict.fromkeys(said for item in at for said in item.not_checked)),
        shown=top is not Indicator.SILENT,
    )


def drug_drug(view: View, check: Check) -> Outcome:
    """Answer a drug-drug question: one finding that names every drug of every pair, at the level of the whole."""
    sides = (*view.on_side(check.one), *view.on_side(check.other))
    if not any(item.subject for item in sides):
        return Outcome(check.id, why="no order of this call brings a drug of this pair")
    not_checked = list_gaps(view, check)
    found = pairs(view, check)
    looked = tuple([seen(view, item) for item in dict.fromkeys(sides)])
    if not found:
        return Outcome(check.id, (), not_checked, looked, "only one side of the pair is present")
    at = worst(view, check, found)
    why = f"pair present, {at.indicator.name.lower()}: {', '.join(at.because) or 'base level'}"
    return Outcome(check.id, (pair_finding(view, check, found, at),), (*not_checked, *at.not_checked), looked, why)


def pair_finding(view: View, check: Check, found: tuple[Pair, ...], at: Level) -> Finding:
    """The one finding that names every drug of every pair, orders first."""
    scope = sorted(dict.fromkeys(item for pair in found for item in pair), key=lambda item: not item.subject)
    ones = list(dict.fromkeys(pair[0].ingredient for pair in found))
    others = [id for id in dict.fromkeys(pair[1].ingredient for pair in found) if id not in ones]
    return Finding(
        check=check.id,
        indicator=at.indicator,
        wording="default",
        values={
            "one": joined(view.name(id) for id in ones),
            "other": joined(view.name(id) for id in others),
            "drugs": [*ones, *others],
        },
        about=tuple(dict.fromkeys(item.ref for item in scope)),
        evidence=check.evidence,
        seen=tuple(seen(view, item) for item in scope),
        because=at.because,
        unknown=at.unknown,
        shown=at.shown,
    )


def list_gaps(view: View, check: Check) -> tuple[NotChecked, ...]:
    """What of the medication list could not be seen: without it "no other drug" cannot be claimed."""
    said = unknown_for(check, view.gaps(*LISTS)) + unknown_for(check, view.reported_empty(*LISTS))
    if not view.unnamed_drugs:
        return said
    many = view.unnamed_drugs > 1
    detail = f"{view.unnamed_drugs} {'medicines' if many else 'medicine'} on the list could not be named"
    return (*said, NotChecked(check.id, Reason.UNKNOWN_DRUG, detail))
