"""Allergy to the very drug, or to its class (``allergy-hypersensitivity``).

Every entry that concerns a drug of this call is looked at; of several the worst counts for the card.
"""

from __future__ import annotations

import msgspec

from cds.case import Allergy, Known, Reason
from cds.checks.levels import holds, unknown_for
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, Indicator, NotChecked, Outcome
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check
from cds.view import Present, View, day, joined

CLASS = "class:benzodiazepine"
KEYS = ("allergies", "conditions")


class Match(msgspec.Struct, frozen=True):
    """One drug with one allergy that concerns it. ``how``: "same", "class" or "cross" (another of the class)."""

    drug: Present
    allergy: Allergy
    how: str
    wording: str
    to: Indicator


@check("allergy-hypersensitivity")
def allergy_hypersensitivity(view: View, check: Check) -> Outcome:
    """The drugs of this call against the allergies of the patient; one finding that names them all."""
    items = tuple(item for item in view.on_side(check.applies_to) if item.subject)
    if not items:
        return Outcome(check.id, why="no order of this call brings a drug of this question")
    said = _gaps(view, check)
    looked = (*(seen(view, item) for item in items), *(_words(allergy) for allergy in view.case.allergies))
    matches = [
        match for item in items for allergy in view.case.allergies if (match := _match(view, check, item, allergy))
    ]
    if not matches:
        return Outcome(check.id, (), said, looked, "no allergy to it, or to its class, is on record")
    finding = _finding(view, check, matches)
    return Outcome(check.id, (finding,), said, looked, ", ".join(finding.because))


def _gaps(view: View, check: Check) -> tuple[NotChecked, ...]:
    """A list that was asked for and failed makes a card; one that nobody sends at all is only told."""
    gaps = view.gaps("allergies")
    said = tuple(
        entry for gap in gaps for entry in unknown_for(check, (gap,), makes_card=gap.reason is not Reason.ABSENT)
    )
    return said + unknown_for(check, (*view.gaps("conditions"), *view.reported_empty(*KEYS)), makes_card=False)


def _match(view: View, check: Check, item: Present, allergy: Allergy) -> Match | None:
    how = _how(view, item.ingredient, allergy)
    if not how:
        return None
    wording, to = _judge(view, check, item, allergy, how)
    if to < Indicator.CRITICAL and _brings_nothing_new(view, check, item):
        to = Indicator.SILENT
    return Match(item, allergy, how, wording, to)


def _how(view: View, ingredient: str, allergy: Allergy) -> str:
    in_class = view.knowledge.terminology.in_class
    if ingredient in allergy.to.ids:
        return "same"
    if in_class(ingredient, "baclofen"):  # arbaclofen is one half of baclofen
        return "same" if any(in_class(id, "baclofen") for id in allergy.to.ids) else ""
    if CLASS in allergy.to.ids:
        return "class"
    return "cross" if any(in_class(id, "benzodiazepine") for id in allergy.to.ids) else ""


def _judge(view: View, check: Check, item: Present, allergy: Allergy, how: str) -> tuple[str, Indicator]:
    """Wording and level, as the head of the knowledge file lists them."""
    cross = how == "cross"
    if not _is_grave(allergy):
        if allergy.kind == "intolerance":
            return "intolerance", Indicator.SILENT if cross else Indicator.WARNING
        if allergy.verification == "unconfirmed":
            return "unconfirmed", Indicator.INFO if cross else Indicator.WARNING
    if not cross:
        return how, Indicator.CRITICAL
    named = item.ingredient in ingredients_of(check.one, view.knowledge.terminology)
    return how, Indicator.CRITICAL if named else Indicator.WARNING


def _is_grave(allergy: Allergy) -> bool:
    return allergy.anaphylaxis or allergy.criticality == "high" or allergy.severity == "severe"


def _brings_nothing_new(view: View, check: Check, item: Present) -> bool:
    return any(holds(view, fact, (item,)) == Known(True) for fact in ("reduction", "settled"))


def _finding(view: View, check: Check, matches: list[Match]) -> Finding:
    """At the level of the worst match, which gives the wording; every drug and every entry is named."""
    top = max(match.to for match in matches)
    worst = [match for match in matches if match.to == top]
    wording = worst[0].wording
    led = [match for match in worst if match.wording == wording]
    allergies = list(dict.fromkeys(match.allergy for match in led))
    reactions = [words for allergy in allergies for words in _reactions(allergy)]
    drugs = list(dict.fromkeys(match.drug for match in matches))
    return Finding(
        check=check.id,
        indicator=top,
        wording=wording,
        values={
            "one": joined(view.name(match.drug.ingredient) for match in led),
            "allergen": joined(allergy.to.label for allergy in allergies),
            "reaction": joined(reactions) or "not recorded",
            "drugs": list(dict.fromkeys(item.ingredient for item in drugs)),
        },
        about=tuple(dict.fromkeys([*(item.ref for item in drugs), *(m.allergy.ref for m in matches if m.allergy.ref)])),
        evidence=check.evidence,
        seen=tuple(dict.fromkeys([*(seen(view, item) for item in drugs), *(_words(m.allergy) for m in matches)])),
        because=tuple(dict.fromkeys(_because(match) for match in led)),
        unknown=_unknown(led),
        shown=top > Indicator.SILENT,
    )


def _reactions(allergy: Allergy) -> tuple[str, ...]:
    return allergy.reactions or ((f"{allergy.severity} reaction",) if allergy.severity else ())


def _because(match: Match) -> str:
    allergy = match.allergy
    if _is_grave(allergy):
        if allergy.anaphylaxis:
            return "a reaction that can kill"
        return "high criticality" if allergy.criticality == "high" else "severe reaction"
    return {
        "same": "allergy to this drug",
        "class": "allergy to the class",
        "cross": "allergy to another benzodiazepine",
        "unconfirmed": "not confirmed",
        "intolerance": "intolerance, not allergy",
    }[match.wording]


def _unknown(matches: list[Match]) -> tuple[str, ...]:
    """What could raise the level: how bad the reaction was, where nobody says."""
    open_ones = (
        m.allergy for m in matches if m.to < Indicator.CRITICAL and m.wording in ("unconfirmed", "intolerance")
    )
    return ("how severe the reaction was",) if any(not a.criticality and not a.severity for a in open_ones) else ()


def _words(allergy: Allergy) -> str:
    """An entry as a card shows it: "allergy to Valium (confirmed, anaphylaxis, 3 June 2020)"."""
    details = [allergy.verification, f"criticality {allergy.criticality}" if allergy.criticality else ""]
    details += [*_reactions(allergy), day(allergy.when)]
    said = ", ".join(detail for detail in details if detail)
    return f"{allergy.kind or 'allergy'}: {allergy.to.label}{f' ({said})' if said else ''}"
