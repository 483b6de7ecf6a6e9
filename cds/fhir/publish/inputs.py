"""What a check looks at, as FHIR data requirements, and as the source attributes that US certification asks for.

ONC (45 CFR 170.315(b)(11)) wants a user to see which of certain data an evidence-based intervention uses, race and
language among them: a check of ours that does not use them says so.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cds.fhir.publish.canonical import Json, Place
from cds.fhir.publish.valuesets import LABS
from cds.knowledge.model import Check

ATTRIBUTES_URL = "source-attributes"


class Ask(msgspec.Struct, frozen=True):
    """One key of prefetch as data: its FHIR type, measurements, elements read, and the attributes it shows."""

    type: str
    measurements: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()


ASKS: Mapping[str, Ask] = {
    "patient": Ask("Patient", elements=("birthDate", "gender"), attributes=("date-of-birth", "sex")),
    "medications": Ask("MedicationRequest", attributes=("medications",)),
    "statements": Ask("MedicationStatement", attributes=("medications",)),
    "stopped": Ask("MedicationRequest", attributes=("medications",)),
    "naloxone": Ask("MedicationRequest", attributes=("medications",)),
    "dispenses": Ask("MedicationDispense", attributes=("medications",)),
    "discharge": Ask("List", attributes=("medications",)),
    "conditions": Ask("Condition", attributes=("problems",)),
    "procedures": Ask("Procedure", attributes=("procedures",)),
    "encounter": Ask("Encounter", attributes=("encounter",)),
    "allergies": Ask("AllergyIntolerance", attributes=("allergies",)),
    "devices": Ask("Device", attributes=("devices",)),
    "appointments": Ask("Appointment", attributes=("appointments",)),
    "requests": Ask("ServiceRequest", attributes=("service-requests",)),
    "creatinine": Ask("Observation", ("creatinine", "egfr", "cystatin-c"), attributes=("laboratory",)),
    "body": Ask("Observation", ("body-weight", "body-height"), attributes=("vital-signs",)),
    "vitals": Ask("Observation", ("systolic-bp", "spo2", "respiratory-rate"), attributes=("vital-signs",)),
    "alcohol": Ask(
        "Observation", ("audit-c", "alcohol-drinks-per-day", "alcohol-drinks-per-week"), attributes=("social-history",)
    ),
    "liver": Ask("Observation", ("bilirubin-total", "inr"), attributes=("laboratory",)),
    "pregnancy": Ask("Observation", attributes=("pregnancy",)),
}
_OTHER = Ask("Observation", attributes=("observations",))

# Never read by any check; said because ONC asks.
_NEVER = (
    "race",
    "ethnicity",
    "language",
    "sexual-orientation",
    "gender-identity",
    "social-determinants-of-health",
    "health-status-assessments",
)
_MAYBE = tuple(dict.fromkeys(attribute for ask in ASKS.values() for attribute in ask.attributes))


def requirements(check: Check, place: Place, value_sets: Mapping[str, object]) -> list[Json]:
    """DataRequirements of a check, one per thing asked for."""
    found = []
    for key in check.asks:
        ask = ASKS.get(key, _OTHER)
        need: Json = {"type": ask.type}
        if ask.elements:
            need["mustSupport"] = list(ask.elements)
        filters = [
            {"path": "code", "valueSet": place.url("ValueSet", LABS + kind)}
            for kind in ask.measurements
            if LABS + kind in value_sets
        ]
        # Several filters of one requirement must all hold, so each kind of measurement is a requirement of its own.
        found += [need | {"codeFilter": [one]} for one in filters] or [need]
    return [one for index, one in enumerate(found) if one not in found[:index]]


def attributes(check: Check, place: Place) -> Json:
    """The extension that says of every source attribute whether the check uses it."""
    used = {attribute for key in check.asks for attribute in ASKS.get(key, _OTHER).attributes}
    if any(condition.startswith("pregnan") for condition in _conditions(check)):  # pragma: no cover (none does today)
        used.add("pregnancy")
    return {
        "url": place.url("StructureDefinition", ATTRIBUTES_URL),
        "extension": [
            {"url": name, "valueBoolean": name in used} for name in sorted({*_MAYBE, *_NEVER, "pregnancy", *used})
        ],
    }


def _conditions(check: Check) -> tuple[str, ...]:
    return (*check.conditions, *(condition for risk in check.risks for condition in risk.conditions))


def attributes_definition(place: Place) -> Json:
    """The StructureDefinition of that extension."""
    url = place.url("StructureDefinition", ATTRIBUTES_URL)
    about = "Which data about the patient a check uses, by attribute: true or false."
    return place.head("StructureDefinition", ATTRIBUTES_URL, title="Source attributes", description=about) | {
        "fhirVersion": "4.0.1",
        "kind": "complex-type",
        "abstract": False,
        "type": "Extension",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Extension",
        "derivation": "constraint",
        "context": [{"type": "element", "expression": "PlanDefinition"}],
        "differential": {
            "element": [
                {"id": "Extension", "path": "Extension", "short": "Source attributes", "definition": about},
                {
                    "id": "Extension.extension",
                    "path": "Extension.extension",
                    "short": "One attribute: its name as url, and whether it is used",
                    "min": 1,
                    "max": "*",
                },
                {"id": "Extension.url", "path": "Extension.url", "fixedUri": url},
                {"id": "Extension.value[x]", "path": "Extension.value[x]", "max": "0"},
            ]
        },
    }
