"""Allergies of a case in the shape of each release."""

from __future__ import annotations

from datetime import date

from tests.support.cases import Reaction
from tests.support.chart import coded
from tests.support.dosage import UnsayableError
from tests.support.words import Json, codeable, day

CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
TYPE = "http://hl7.org/fhir/allergy-intolerance-type"


def render_allergy(allergy: Reaction, release: str, as_of: date, number: int, patient: str) -> Json:
    """An AllergyIntolerance."""
    made: Json = {"resourceType": "AllergyIntolerance", "id": f"y{number}", "patient": {"reference": patient}}
    made["substance" if release == "DSTU2" else "code"] = coded("substance", allergy.to, allergy.code, allergy.text)
    made |= _statuses(allergy, release)
    if allergy.kind:
        made["type"] = {"coding": [{"system": TYPE, "code": allergy.kind}]} if release == "R5" else allergy.kind
    if allergy.criticality:
        old = {"high": "CRITH", "low": "CRITL", "unable-to-assess": "CRITU"}
        made["criticality"] = old[allergy.criticality] if release == "DSTU2" else allergy.criticality
    if allergy.since:
        made["onset" if release == "DSTU2" else "onsetDateTime"] = day(allergy.since, as_of)
    if allergy.reaction or allergy.severity:
        made["reaction"] = [_reaction(allergy, release)]
    return made


def _statuses(allergy: Reaction, release: str) -> Json:
    """Whether it still holds, and how sure it is; DSTU2 has one word for both."""
    if release == "DSTU2":
        one = allergy.verification if allergy.status == "active" else allergy.status
        return {"status": one or "active"}
    if release == "STU3":
        status = {"clinicalStatus": allergy.status} if allergy.verification != "entered-in-error" else {}
        if not allergy.verification:
            raise UnsayableError("STU3 always says how sure an allergy is")
        return status | {"verificationStatus": allergy.verification}
    made: Json = {}
    if allergy.verification != "entered-in-error":
        made["clinicalStatus"] = {"coding": [{"system": CLINICAL, "code": allergy.status}]}
    if allergy.verification:
        made["verificationStatus"] = {"coding": [{"system": VERIFICATION, "code": allergy.verification}]}
    return made


def _reaction(allergy: Reaction, release: str) -> Json:
    words = codeable("reaction", allergy.reaction) if allergy.reaction else {"text": "reaction"}
    made: Json = {"manifestation": [{"concept": words} if release == "R5" else words]}
    return made | ({"severity": allergy.severity} if allergy.severity else {})
