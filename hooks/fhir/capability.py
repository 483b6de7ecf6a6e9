"""The CapabilityStatement: what ``/fhir`` offers."""

from __future__ import annotations

from datetime import date
from typing import Any

from cds.fhir.publish import TYPES, Place, validate
from hooks.fhir.search import PARAMETERS

Json = dict[str, Any]

_KINDS = {"name": "string", "title": "string", "url": "uri"}
_OPERATIONS = {
    "ValueSet": (
        ("expand", "http://hl7.org/fhir/OperationDefinition/ValueSet-expand"),
        ("validate-code", "http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code"),
    ),
    "PlanDefinition": (("apply", "http://hl7.org/fhir/OperationDefinition/PlanDefinition-apply"),),
}


def capability(place: Place, on: date, base_url: str) -> Json:
    """The statement, validated."""
    made: Json = {
        "resourceType": "CapabilityStatement",
        "id": "gabaguard",
        "url": f"{place.base}/metadata",
        "version": place.version,
        "name": "Gabaguard",
        "title": "gabaguard: baclofen and benzodiazepine safety",
        "status": "draft",
        "experimental": True,
        "date": on.isoformat(),
        "publisher": "gabaguard",
        "description": "The checks, codes and sources of gabaguard as FHIR resources, and the checks as operations. "
        "Not reviewed by a licensed clinician.",
        "kind": "instance",
        "implementation": {"description": "gabaguard", "url": place.base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": f"CDS Hooks services are at {base_url}/cds-services. "
                "$check reads FHIR DSTU2, STU3, R4 and R5 and answers in R4.",
                "resource": [_resource(kind) for kind in TYPES],
                "operation": [{"name": "check", "definition": f"{place.base}/OperationDefinition/check"}],
            }
        ],
    }
    validate(made)
    return made


def _resource(kind: str) -> Json:
    found: Json = {
        "type": kind,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "conditionalRead": "not-match",
        "searchParam": [{"name": name, "type": _KINDS.get(name, "token")} for name in PARAMETERS],
    }
    if kind in _OPERATIONS:
        found["operation"] = [{"name": name, "definition": url} for name, url in _OPERATIONS[kind]]
    return found


def check_operation(place: Place, on: date) -> Json:
    """The OperationDefinition of ``$check``, validated."""

    def given(name: str, kind: str, most: str, words: str, least: int = 0) -> Json:
        return {"name": name, "use": "in", "min": least, "max": most, "type": kind, "documentation": words}

    made: Json = {
        "resourceType": "OperationDefinition",
        "id": "check",
        "url": f"{place.base}/OperationDefinition/check",
        "version": place.version,
        "name": "Check",
        "title": "Run every check on one patient's resources",
        "status": "draft",
        "experimental": True,
        "kind": "operation",
        "date": on.isoformat(),
        "publisher": "gabaguard",
        "description": "The checks of the CDS Hooks services for systems without CDS Hooks. A bare Bundle as body will "
        "do, too. Keys of prefetch: see /cds-services.",
        "affectsState": False,
        "code": "check",
        "system": True,
        "type": False,
        "instance": False,
        "parameter": [
            given("bundle", "Bundle", "1", "Resources of one patient, draft orders among them", 1),
            given("draftOrders", "Bundle", "1", "The orders to judge, where status draft does not tell them"),
            given("hook", "code", "1", "The moment: order-sign when there are drafts, else patient-view"),
            given("complete", "string", "*", "Keys of prefetch for which the Bundle holds all there is"),
            given("selection", "string", "*", "Of order-select: the orders that were just chosen"),
            given("encounter", "string", "1", "The id of the encounter"),
            given("user", "string", "1", "Who asks, as Practitioner/id"),
            {
                "name": "return",
                "use": "out",
                "min": 1,
                "max": "1",
                "type": "Bundle",
                "documentation": "One DetectedIssue per finding (tagged actionable when it would be on a card), one "
                "GuidanceResponse, one OperationOutcome for what was not checked",
            },
        ],
    }
    validate(made)
    return made
