"""A PlanDefinition (event-condition-action rule) for each check, and the Library of one knowledge version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cds.fhir.publish.canonical import NOT_REVIEWED, Json, Place, newest
from cds.fhir.publish.codes import CHECKS
from cds.fhir.publish.inputs import attributes, requirements
from cds.findings import Indicator
from cds.knowledge.model import Check, Evidence, Knowledge, Shift, Side

LIBRARY = "gabaguard-knowledge"
_PRIORITY = {
    Indicator.CRITICAL: "stat",
    Indicator.WARNING: "urgent",
    Indicator.INFO: "routine",
    Indicator.SILENT: "routine",
}


def plan(check: Check, knowledge: Knowledge, place: Place, page: str, value_sets: Mapping[str, object]) -> Json:
    """The rule of one check. ``page`` is the address of its evidence page."""
    found = place.head("PlanDefinition", check.id, title=check.title, description=check.question, on=check.changed)
    found["extension"] = [attributes(check, place)]
    return found | {
        "type": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/plan-definition-type",
                    "code": "eca-rule",
                    "display": "ECA Rule",
                }
            ]
        },
        "identifier": [{"system": place.url("CodeSystem", CHECKS), "value": check.id}],
        "topic": [{"text": knowledge.topics[check.topic].title}],
        "purpose": check.why_it_matters,
        "usage": f"Clinical review: {check.clinical_review}. Basis: {check.basis}." + _unless(check),
        **_approval(check),
        "author": [{"name": check.owner}],
        "copyright": "Apache-2.0; terms of the code systems: see NOTICE",
        "relatedArtifact": [
            {"type": "documentation", "label": "Evidence page", "url": page},
            *_citations(check.evidence, knowledge.evidence),
        ],
        "library": [place.url("Library", LIBRARY)],
        "action": [_action(check, knowledge, place, value_sets)],
    }


def _unless(check: Check) -> str:
    return "" if check.review is not None else f" {NOT_REVIEWED}"


def _approval(check: Check) -> Json:
    """Who reviewed the check as it is, in their own words, and when; nothing where nobody did."""
    review = check.review
    if review is None:
        return {}
    return {
        "lastReviewDate": review.on.isoformat(),
        "reviewer": [{"name": f"{review.by} ({review.credential}; credential as stated, not verified)"}],
    }


def _citations(ids: Iterable[str], evidence: Mapping[str, Evidence]) -> list[Json]:
    found = []
    for id in ids:
        source = evidence[id]
        one = {"type": "citation", "label": id, "citation": f"{source.citation} (seen: {source.seen})"}
        if source.url:
            one["url"] = source.url
        found.append(one)
    return found


def _action(check: Check, knowledge: Knowledge, place: Place, value_sets: Mapping[str, object]) -> Json:
    first = next(iter(check.wording.values()))
    return {
        "title": check.title,
        "description": check.question,
        "textEquivalent": f"{first.headline}. {first.do}",
        "priority": _PRIORITY[check.levels.base],
        "code": [{"coding": [{"system": place.url("CodeSystem", CHECKS), "code": check.id, "display": check.title}]}],
        "documentation": [
            {
                "type": "documentation",
                "label": name,
                "display": f"{item.value:g} {item.unit} ({item.basis}): {item.meaning}",
            }
            for name, item in check.numbers.items()
        ],
        "trigger": [{"type": "named-event", "name": hook} for hook in check.hooks],
        "condition": [
            {
                "kind": "applicability",
                "expression": {
                    "description": in_words(check, knowledge),
                    "language": "text/plain",
                    "expression": check.question,
                },
            }
        ],
        "input": requirements(check, place, value_sets),
    } | ({} if check.numbers else {"documentation": [{"type": "documentation", "display": "No number of its own."}]})


def in_words(check: Check, knowledge: Knowledge) -> str:
    """When the check speaks, and how urgently, in words."""
    parts = [text for side in (check.applies_to, check.one, check.other) if (text := _side(side, knowledge))]
    conditions = dict.fromkeys((*check.conditions, *(item for risk in check.risks for item in risk.conditions)))
    if conditions:
        names = (knowledge.terminology.concepts[id].name for id in conditions)
        parts.append(f"Conditions: {', '.join(names)}.")
    parts.append(f"As a rule {check.levels.base.name.lower()}.")
    parts += [f"Raised to {shift.to.name.lower()}: {_facts(shift, knowledge)}." for shift in check.levels.raised]
    parts += [f"Lowered to {shift.to.name.lower()}: {_facts(shift, knowledge)}." for shift in check.levels.lowered]
    if check.levels.renewal is not None:
        parts.append(f"An unchanged renewal: {check.levels.renewal.name.lower()}.")
    return " ".join(parts)


def _side(side: Side, knowledge: Knowledge) -> str:
    known = knowledge.terminology
    names = [known.classes[id].name for id in side.classes]
    names += [info.name if (info := known.ingredient(id)) else id for id in side.ingredients]
    return f"Drugs: {', '.join(names)}." if names else ""


def _facts(shift: Shift, knowledge: Knowledge) -> str:
    words = [knowledge.facts[id].words for id in (*shift.any, *shift.all)]
    return (" and " if shift.all else " or ").join(words)


def library(knowledge: Knowledge, place: Place) -> Json:
    """The knowledge of one version as an asset collection: every check it is made of and every source it cites."""
    title = "The knowledge of gabaguard"
    about = f"{len(knowledge.checks)} checks about baclofen and benzodiazepines. {NOT_REVIEWED}"
    return place.head("Library", LIBRARY, title=title, description=about, on=newest(knowledge)) | {
        "type": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/library-type", "code": "asset-collection"}]
        },
        "relatedArtifact": [
            *(
                {"type": "composed-of", "label": id, "resource": place.url("PlanDefinition", id)}
                for id in knowledge.checks
            ),
            *_citations(knowledge.evidence, knowledge.evidence),
        ],
    }
