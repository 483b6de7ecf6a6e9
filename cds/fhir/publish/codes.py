"""The code systems of our own, and the map from brand names to ingredients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cds.case import Reason
from cds.fhir.publish.canonical import NOT_REVIEWED, SYSTEM_URLS, Json, Place, newest
from cds.knowledge.model import Knowledge
from cds.terminology import systems
from cds.terminology.drugs import Named

CHECKS = "gabaguard-checks"
OVERRIDES = "gabaguard-override-reasons"
REASONS = "gabaguard-not-checked-reasons"
INGREDIENTS = "gabaguard-ingredients"
BRANDS = "gabaguard-brands"
BRAND_MAP = "gabaguard-brands-to-ingredients"
NOT_CHECKED = "not-checked"

REASON_WORDS: Mapping[Reason, tuple[str, str]] = {
    Reason.ABSENT: ("Not sent", "The data was neither sent nor could it be fetched."),
    Reason.REPORTED_EMPTY: ("Reported as none", "The caller said that there is none; judged as none."),
    Reason.UNREADABLE: ("Not readable", "Something was sent that could not be understood."),
    Reason.STALE: ("Too old", "The newest value is too old to speak for today."),
    Reason.UNIT: ("Unit missing or unknown", "A number without a unit that is known."),
    Reason.WRONG_PATIENT: ("Of another patient", "A resource of somebody else was sent; it was not used."),
    Reason.FETCH_FAILED: ("Could not be fetched", "The EHR or its FHIR server did not give it."),
    Reason.TRUNCATED: ("Only a part was sent", "A list that is known to go on."),
    Reason.UNKNOWN_DRUG: ("Medicine not recognised", "The order does not say which medicine in any way we know."),
    Reason.DOSE_UNKNOWN: ("Dose not known", "The daily dose cannot be computed from what was sent."),
    Reason.CONFLICT: ("Sources disagree", "Two statements that cannot both be true."),
    Reason.INTERNAL: ("A fault of ours", "The check failed; the others were not affected."),
}


def code_systems(knowledge: Knowledge, place: Place) -> Mapping[str, Json]:
    """Every code system of ours, by id."""
    return {
        CHECKS: _system(place, knowledge, CHECKS, "Checks of gabaguard", _checks(knowledge)),
        OVERRIDES: _system(
            place,
            knowledge,
            OVERRIDES,
            "Reasons for which a prescriber goes on",
            ({"code": reason.code, "display": reason.display} for reason in knowledge.overrides.values()),
        ),
        REASONS: _system(place, knowledge, REASONS, "Why something was not checked", _reasons()),
        INGREDIENTS: _system(
            place,
            knowledge,
            INGREDIENTS,
            "Ingredients that the checks know",
            ({"code": slug(info.id), "display": info.name} for info in knowledge.terminology.ingredients.values()),
        ),
        BRANDS: _system(
            place,
            knowledge,
            BRANDS,
            "Brand names that the checks recognise",
            ({"code": slug(name), "display": name} for name, _ in brands(knowledge)),
        ),
    }


def slug(name: str) -> str:
    """A FHIR code of a name: no spaces at the ends or doubled; one space between words is allowed."""
    return " ".join(name.split())


def _checks(knowledge: Knowledge) -> Iterable[Json]:
    yield {
        "code": NOT_CHECKED,
        "display": "What could not be checked",
        "definition": "Questions about an order that could not be answered, and why.",
    }
    for check in knowledge.checks.values():
        yield {"code": check.id, "display": check.title, "definition": check.question}


def _reasons() -> Iterable[Json]:
    for reason, (display, definition) in REASON_WORDS.items():
        yield {"code": reason.value, "display": display, "definition": definition}


def _system(place: Place, knowledge: Knowledge, id: str, title: str, concepts: Iterable[Json]) -> Json:
    found = {concept["code"]: concept for concept in concepts}
    return place.head("CodeSystem", id, title=title, description=f"{title}. {NOT_REVIEWED}", on=newest(knowledge)) | {
        "caseSensitive": True,
        "content": "complete",
        "count": len(found),
        "concept": list(found.values()),
    }


# -- brands ------------------------------------------------------------------------------------------------------------


def brands(knowledge: Knowledge) -> Iterable[tuple[str, Named]]:
    """Every brand name with what it stands for, each name once."""
    found: dict[str, tuple[str, Named]] = {}
    for name, named in knowledge.terminology.drug_tables.brand_names:
        found.setdefault(name.lower(), (name, named))
    return found.values()


def concept_map(knowledge: Knowledge, place: Place) -> Json:
    """Brand names to ingredients: RxNorm where the ingredient has such a code, else our own."""
    rxnorm = _rxnorm_of_ingredients(knowledge)
    groups: dict[str, list[Json]] = {}
    for name, named in brands(knowledge):
        targets: dict[str, list[Json]] = {}
        for id in named.substances:
            info = knowledge.terminology.ingredient(id)
            if info is None:  # a companion such as acetaminophen, which no check asks about
                continue
            system, code = (
                (SYSTEM_URLS[systems.RXNORM], rxnorm[id])
                if id in rxnorm
                else (place.url("CodeSystem", INGREDIENTS), slug(id))
            )
            target = {"code": code, "display": info.name, "equivalence": "wider"}
            targets.setdefault(system, []).append(target)
        for system, items in targets.items():
            element = {"code": slug(name), "display": name, "target": items}
            groups.setdefault(system, []).append(element)
    title = "Brand names to their ingredients"
    about = f"{title}. A brand of several ingredients maps to each that the checks know. {NOT_REVIEWED}"
    return place.head("ConceptMap", BRAND_MAP, title=title, description=about, on=newest(knowledge)) | {
        "group": [
            {"source": place.url("CodeSystem", BRANDS), "target": system, "element": elements}
            for system, elements in groups.items()
        ]
    }


def _rxnorm_of_ingredients(knowledge: Knowledge) -> dict[str, str]:
    found: dict[str, str] = {}
    for (system, code), ids in knowledge.terminology.drug_tables.codes.items():
        if system == systems.RXNORM and len(ids) == 1:
            found.setdefault(ids[0], code)
    return found
