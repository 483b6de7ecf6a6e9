"""The same fact written in DSTU2, STU3, R4 and R5 reads the same, and the release is told from the content."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cds.chart import Chart
from cds.fhir import detect_release
from tests.support.reading import PATIENT, bundle, draft, order, read, source

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
DRUG = {"coding": [{"system": RXNORM, "code": "197391", "display": "baclofen 10 MG Oral Tablet"}], "text": "baclofen"}
SPASM = {"text": "spasticity"}
DOSE = {"value": 10, "unit": "mg", "code": "mg"}
MAXIMUM = {"numerator": {"value": 80, "unit": "mg"}, "denominator": {"value": 1, "unit": "d"}}
SUPPLY = {"expectedSupplyDuration": {"value": 30, "unit": "d"}, "quantity": {"value": 90}, "numberOfRepeatsAllowed": 2}
NO_TIMING = {"frequency": 3, "period": 1}
ROUTE = {"text": "oral"}


def orders() -> dict[str, dict[str, Any]]:
    same = {"id": "m1", "status": "active", "dispenseRequest": SUPPLY, "encounter": {"reference": "Encounter/e1"}}
    newer = {"resourceType": "MedicationRequest", "intent": "order", "subject": PATIENT, "authoredOn": "2026-05-01"}
    sig = {"text": "three times daily if needed", "route": ROUTE}
    timed = {"timing": {"repeat": {**NO_TIMING, "periodUnit": "d"}}}
    dsto = {"doseQuantity": DOSE, "asNeededBoolean": True, "maxDosePerPeriod": MAXIMUM}
    return {
        "DSTU2": {
            **same,
            "resourceType": "MedicationOrder",
            "patient": PATIENT,
            "dateWritten": "2026-05-01",
            "medicationCodeableConcept": DRUG,
            "reasonCodeableConcept": SPASM,
            "dosageInstruction": [{**sig, **dsto, "timing": {"repeat": {**NO_TIMING, "periodUnits": "d"}}}],
            "note": "with food",
        },
        "STU3": {
            **same,
            **newer,
            "medicationCodeableConcept": DRUG,
            "reasonCode": [SPASM],
            "dosageInstruction": [{**sig, **timed, **dsto}],
            "note": [{"text": "with food"}],
        },
        "R4": {
            **same,
            **newer,
            "medicationCodeableConcept": DRUG,
            "reasonCode": [SPASM],
            "dosageInstruction": [
                {
                    **sig,
                    **timed,
                    "asNeededBoolean": True,
                    "maxDosePerPeriod": MAXIMUM,
                    "doseAndRate": [{"doseQuantity": DOSE}],
                }
            ],
            "note": [{"text": "with food"}],
        },
        "R5": {
            **same,
            **newer,
            "medication": {"concept": DRUG},
            "reason": [{"concept": SPASM}],
            "dosageInstruction": [
                {
                    **sig,
                    **timed,
                    "asNeeded": True,
                    "maxDosePerPeriod": [MAXIMUM],
                    "doseAndRate": [{"doseQuantity": DOSE}],
                }
            ],
            "note": [{"text": "with food"}],
        },
    }


def statements() -> dict[str, dict[str, Any]]:
    same = {
        "resourceType": "MedicationStatement",
        "id": "s1",
        "effectivePeriod": {"start": "2026-01", "end": "2026-02"},
    }
    newer = {**same, "subject": PATIENT, "dateAsserted": "2026-05-01"}
    return {
        "DSTU2": {
            **same,
            "patient": PATIENT,
            "status": "active",
            "dateAsserted": "2026-05-01",
            "wasNotTaken": False,
            "medicationCodeableConcept": DRUG,
            "reasonForUseCodeableConcept": SPASM,
            "dosage": [{"text": "daily", "quantityQuantity": DOSE}],
        },
        "STU3": {
            **newer,
            "status": "active",
            "taken": "y",
            "medicationCodeableConcept": DRUG,
            "reasonCode": [SPASM],
            "dosage": [{"text": "daily", "doseQuantity": DOSE}],
        },
        "R5": {
            **newer,
            "status": "recorded",
            "adherence": {"code": {"coding": [{"code": "taking"}]}},
            "medication": {"concept": DRUG},
            "reason": [{"concept": SPASM}],
            "dosage": [{"text": "daily", "doseAndRate": [{"doseQuantity": DOSE}]}],
        },
    }


def administrations() -> dict[str, dict[str, Any]]:
    same = {"resourceType": "MedicationAdministration", "id": "a1", "status": "completed"}
    at = "2026-05-01T08:00:00Z"
    return {
        "DSTU2": {
            **same,
            "patient": PATIENT,
            "effectiveTimeDateTime": at,
            "medicationCodeableConcept": DRUG,
            "dosage": {"route": ROUTE, "quantity": DOSE},
        },
        "R4": {
            **same,
            "subject": PATIENT,
            "effectiveDateTime": at,
            "medicationCodeableConcept": DRUG,
            "dosage": {"route": ROUTE, "dose": DOSE},
        },
        "R5": {
            **same,
            "subject": PATIENT,
            "occurenceDateTime": at,
            "medication": {"concept": DRUG},
            "dosage": {"route": ROUTE, "dose": DOSE},
        },
    }


def conditions() -> dict[str, dict[str, Any]]:
    same = {"resourceType": "Condition", "id": "c1", "code": {"text": "CKD"}, "onsetDateTime": "2020-03"}

    def code(word: str) -> dict[str, Any]:
        return {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/x", "code": word}]}

    r4 = {**same, "subject": PATIENT, "clinicalStatus": code("active"), "verificationStatus": code("confirmed")}
    plain = {**same, "clinicalStatus": "active", "verificationStatus": "confirmed"}
    return {
        "DSTU2": {
            **plain,
            "patient": PATIENT,
            "dateRecorded": "2020-04-01",
            "category": code("diagnosis"),
        },
        "STU3": {**plain, "subject": PATIENT, "assertedDate": "2020-04-01", "category": [code("diagnosis")]},
        "R4": {**r4, "recordedDate": "2020-04-01", "category": [code("diagnosis")]},
    }


def allergies() -> dict[str, dict[str, Any]]:
    same = {"resourceType": "AllergyIntolerance", "id": "y1", "patient": PATIENT, "type": "allergy"}

    def code(word: str) -> dict[str, Any]:
        return {"coding": [{"code": word}]}

    r4 = {"clinicalStatus": code("active"), "verificationStatus": code("confirmed"), "code": {"text": "diazepam"}}
    reaction = [{"manifestation": [{"text": "rash"}], "severity": "moderate"}]
    return {
        "DSTU2": {
            **same,
            "status": "confirmed",
            "criticality": "CRITH",
            "substance": {"text": "diazepam"},
            "recordedDate": "2020",
            "reaction": reaction,
        },
        "STU3": {
            **same,
            "clinicalStatus": "active",
            "verificationStatus": "confirmed",
            "criticality": "high",
            "code": {"text": "diazepam"},
            "assertedDate": "2020",
            "reaction": reaction,
        },
        "R4": {**same, **r4, "criticality": "high", "recordedDate": "2020", "reaction": reaction},
        "R5": {
            **same,
            **r4,
            "type": code("allergy"),
            "criticality": "high",
            "recordedDate": "2020",
            "reaction": reaction,
        },
    }


def procedures() -> dict[str, dict[str, Any]]:
    same = {"resourceType": "Procedure", "id": "p9", "subject": PATIENT, "status": "completed", "code": {"text": "HD"}}
    return {
        "DSTU2": {**same, "performedDateTime": "2026-05-01", "notes": [{"text": "left arm"}], "notPerformed": False},
        "R4": {**same, "performedDateTime": "2026-05-01", "note": [{"text": "left arm"}]},
        "R5": {**same, "occurrenceDateTime": "2026-05-01", "note": [{"text": "left arm"}]},
    }


def encounters() -> dict[str, dict[str, Any]]:
    same = {"resourceType": "Encounter", "id": "e1", "status": "in-progress"}
    period = {"start": "2026-05-01", "end": "2026-05-02"}
    return {
        "DSTU2": {**same, "patient": PATIENT, "class": "IMP", "period": period, "reason": [SPASM]},
        "R4": {**same, "subject": PATIENT, "class": {"code": "IMP"}, "period": period, "reasonCode": [SPASM]},
        "R5": {
            **same,
            "subject": PATIENT,
            "class": [{"coding": [{"code": "IMP"}]}],
            "actualPeriod": period,
            "reason": [{"use": [{"text": "x"}], "value": [{"concept": SPASM}]}],
        },
    }


def observations() -> dict[str, dict[str, Any]]:
    same = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "subject": PATIENT,
        "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
        "valueQuantity": {"value": 2.5, "unit": "mg/dL"},
        "effectiveDateTime": "2026-05-01",
    }
    high = {"coding": [{"code": "H"}]}
    return {"DSTU2": {**same, "interpretation": high}, "R4": {**same, "interpretation": [high]}}


def _facts(chart: Chart) -> Any:
    """Everything read, but for the resource's own type name."""
    return [
        [msgspec.structs.replace(fact, resource_type="") for fact in chart.medications],
        chart.problems,
        chart.observations,
        chart.procedures,
        chart.allergies,
        chart.encounters,
    ]


KINDS = [orders, statements, administrations, conditions, allergies, procedures, encounters, observations]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_same_resource_in_each_release_gives_equal_facts(kind: Any) -> None:
    told = {release: _facts(read(source(sent, "everything"))) for release, sent in kind().items()}
    first, *others = told
    assert any(told[first])
    for release in others:
        assert told[release] == told[first], release


@pytest.mark.parametrize(
    ("release", "sent"),
    [(release, sent) for kind in KINDS[:-1] for release, sent in kind().items() if kind is not administrations]
    + list(administrations().items())[::2],
    ids=lambda value: value if isinstance(value, str) else value["resourceType"],
)
def test_each_resource_tells_its_release(release: str, sent: dict[str, Any]) -> None:
    assert detect_release([source(sent)]) == release
    assert read(sent).release == release


@pytest.mark.parametrize(
    ("release", "kind", "elements"),
    [
        ("DSTU2", "MedicationStatement", {"wasNotTaken": False}),
        ("DSTU2", "MedicationStatement", {"reasonForUseCodeableConcept": {"text": "spasticity"}}),
        ("DSTU2", "MedicationStatement", {"reasonForUseReference": {"reference": "Condition/c1"}}),
        ("STU3", "MedicationStatement", {"taken": "y"}),
        ("R5", "MedicationStatement", {"status": "recorded"}),
        ("R5", "MedicationStatement", {"adherence": {"code": {"text": "taking"}}}),
        ("DSTU2", "AllergyIntolerance", {"status": "active"}),
        ("STU3", "AllergyIntolerance", {"assertedDate": "2026-01-01"}),
        ("STU3", "AllergyIntolerance", {"clinicalStatus": "active"}),
        ("STU3", "Condition", {"assertedDate": "2026-01-01"}),
        ("DSTU2", "Condition", {"dateRecorded": "2026-01-01"}),
    ],
)
def test_one_element_of_the_record_can_tell_the_release(release: str, kind: str, elements: dict[str, Any]) -> None:
    assert detect_release([source({"resourceType": kind, **elements})]) == release


@pytest.mark.parametrize(
    ("release", "elements"),
    [
        ("STU3", {"requester": {"agent": {"reference": "Practitioner/1"}}}),
        ("STU3", {"context": {"reference": "Encounter/e1"}}),
        ("STU3", {"dosageInstruction": [{"doseQuantity": DOSE}]}),
        ("R4", {"requester": {"reference": "Practitioner/1"}}),
        ("R4", {"category": {"text": "a client of every release sends an object here"}}),
        ("R4", {"dosageInstruction": [{"doseAndRate": {"doseQuantity": DOSE}}]}),
        ("R4", {"statusReason": {"text": "x"}}),
        ("R5", {"dosageInstruction": [{"asNeededFor": [{"text": "spasm"}]}]}),
        ("R5", {"renderedDosageInstruction": "daily"}),
        ("DSTU2", {"dosageInstruction": [{"timing": {"repeat": {"periodUnits": "d"}}}]}),
        ("DSTU2", {"dateEnded": "2026-01-01"}),
        ("DSTU2", {"prescriber": {"reference": "Practitioner/1"}}),
    ],
)
def test_one_element_of_an_order_can_tell_the_release(release: str, elements: dict[str, Any]) -> None:
    assert detect_release([draft(order(**elements))]) == release


def test_the_drafts_decide_before_the_record_and_the_record_before_the_default() -> None:
    record = source(bundle(*(order(id=f"m{at}", dateWritten="2020") for at in range(9))))
    assert detect_release([record, draft(order(medication={"concept": DRUG}))]) == "R5"
    assert detect_release([record, draft(order(id="d1"))]) == "DSTU2"
    assert detect_release([draft(order(id="d1"))]) == "R4"
    assert detect_release([]) == "R4"


def test_resources_that_tell_nothing_are_asked_in_vain() -> None:
    silent = [{"resourceType": "Observation", "id": "o"}, {"resourceType": "Patient"}, {"resourceType": "Procedure"}]
    assert detect_release([source(bundle(*silent))]) == "R4"
    assert detect_release([source(bundle(*silent, encounters()["R5"]))]) == "R5"


def test_a_long_record_is_not_asked_to_its_end() -> None:
    many = [{**conditions()["STU3"], "id": f"c{at}"} for at in range(12)]
    newer = [{**conditions()["R4"], "id": f"n{at}"} for at in range(13)]
    assert detect_release([source(bundle(*many, *newer))]) == "STU3"


def test_one_odd_resource_does_not_outvote_the_record() -> None:
    many = [{**conditions()["R4"], "id": f"c{at}"} for at in range(5)]
    assert detect_release([source(bundle(*many, conditions()["DSTU2"]))]) == "R4"


def test_a_release_said_by_the_caller_is_taken() -> None:
    assert read(orders()["DSTU2"], release="R5").release == "R5"
