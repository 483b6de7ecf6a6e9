"""Synthetic R4 calls of a wanted size, as verbose as EHRs send them. Nothing in them is from a real patient.

Most of a large call is what checks do not consult: other medicines, other laboratory values, meta and identifiers.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import orjson

AS_OF = date(2026, 6, 10)
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"

MEDICINES = [
    ("1049621", "oxycodone hydrochloride 5 MG Oral Tablet", 5, "mg", 4),
    ("197901", "lorazepam 1 MG Oral Tablet", 1, "mg", 1),
    ("314076", "lisinopril 10 MG Oral Tablet", 10, "mg", 1),
    ("861007", "metformin hydrochloride 500 MG Oral Tablet", 500, "mg", 2),
    ("617310", "atorvastatin 20 MG Oral Tablet", 20, "mg", 1),
    ("310430", "gabapentin 100 MG Oral Capsule", 100, "mg", 3),
    ("198440", "acetaminophen 500 MG Oral Tablet", 500, "mg", 4),
    ("866427", "metoprolol succinate 25 MG Extended Release Oral Tablet", 25, "mg", 1),
]
CONDITIONS = [
    ("G35", "24700007", "Multiple sclerosis"),
    ("I10", "59621000", "Essential hypertension"),
    ("E11.9", "44054006", "Type 2 diabetes mellitus"),
    ("N18.4", "431857002", "Chronic kidney disease stage 4"),
    ("M54.50", "279039007", "Low back pain"),
    ("E78.5", "55822004", "Hyperlipidaemia"),
]
VALUES = [
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", 2.1, "mg/dL"),
    ("2823-3", "Potassium [Moles/volume] in Serum or Plasma", 4.2, "mmol/L"),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", 13.1, "g/dL"),
    ("2345-7", "Glucose [Mass/volume] in Serum or Plasma", 104, "mg/dL"),
    ("2951-2", "Sodium [Moles/volume] in Serum or Plasma", 139, "mmol/L"),
    ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", 6.9, "%"),
    ("6690-2", "Leukocytes [#/volume] in Blood by Automated count", 6.4, "10*3/uL"),
]
PATIENT: dict[str, Any] = {"reference": "Patient/bench", "display": "Bench, Synthetic"}


def call(size: int, orders: int = 1) -> bytes:
    """A ``medication-prescribe`` call of about ``size`` bytes: baclofen for a man of 72 with eGFR around 30.

    ``orders``: so many drafts of it at once.
    """
    rounds, body = 1, _call(1, orders)
    while len(body) < size:
        rounds = max(rounds + 1, rounds * size // (len(body) + 1))
        body = _call(rounds, orders)
    return body


def _call(amount: int, orders: int) -> bytes:
    medicines = [_order(f"m{i}", MEDICINES[i % len(MEDICINES)], i) for i in range(2 * amount)]
    conditions = [_condition(i) for i in range(2 * amount)]
    creatinines = [_observation(i * len(VALUES)) for i in range(min(amount, 12))]
    others = [_observation(i) for i in range(1, 3 * amount) if i % len(VALUES)]
    request = {
        "hook": "medication-prescribe",
        "hookInstance": "7a1b0c7e-0f0e-4a0e-9a53-0c6d0c9a3c11",
        "context": {
            "userId": "Practitioner/bench",
            "patientId": "bench",
            "encounterId": "e1",
            "medications": _bundle([_draft(number) for number in range(orders)]),
        },
        "prefetch": {
            "patient": _patient(),
            "medications": _bundle(medicines),
            "statements": _bundle([]),
            "conditions": _bundle(conditions),
            "creatinine": _bundle(creatinines),
            "labs": _bundle(others),
        },
    }
    return orjson.dumps(request)


def _bundle(resources: list[dict[str, Any]]) -> dict[str, Any]:
    entries = [
        {
            "fullUrl": f"http://localhost:1/fhir/{resource['resourceType']}/{resource['id']}",
            "resource": resource,
            "search": {"mode": "match"},
        }
        for resource in resources
    ]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def _meta(profile: str, days_ago: int) -> dict[str, Any]:
    return {
        "versionId": "3",
        "lastUpdated": f"{_day(days_ago)}T08:12:44.000Z",
        "profile": [f"http://hl7.org/fhir/us/core/StructureDefinition/{profile}"],
    }


def _day(days_ago: int) -> str:
    return (AS_OF - timedelta(days=days_ago)).isoformat()


def _patient() -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": "bench",
        "meta": _meta("us-core-patient", 400),
        "identifier": [{"use": "usual", "system": "urn:oid:2.16.840.1.113883.19.5", "value": "12345"}],
        "active": True,
        "name": [{"use": "official", "family": "Bench", "given": ["Synthetic"]}],
        "gender": "male",
        "birthDate": "1953-11-20",
        "address": [{"line": ["1 Example Street"], "city": "Anytown", "state": "WI", "postalCode": "00000"}],
    }


def _draft(number: int) -> dict[str, Any]:
    draft = _order(f"d{number + 1}", ("197391", "Baclofen 10 MG Oral Tablet", 10, "mg", 3), 0)
    return draft | {"status": "draft", "authoredOn": AS_OF.isoformat()}


def _order(id: str, medicine: tuple[str, str, float, str, int], index: int) -> dict[str, Any]:
    code, name, amount, unit, times = medicine
    return {
        "resourceType": "MedicationRequest",
        "id": id,
        "meta": _meta("us-core-medicationrequest", 30),
        "identifier": [{"system": "urn:oid:2.16.840.1.113883.19.6", "value": f"rx-{id}"}],
        "status": "active" if index < len(MEDICINES) else "completed",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": code, "display": name}], "text": name},
        "subject": PATIENT,
        "encounter": {"reference": "Encounter/e1"},
        "authoredOn": f"{_day(30 + index)}T09:30:00Z",
        "requester": {"reference": "Practitioner/p1", "display": "Example, Prescriber MD"},
        "dosageInstruction": [
            {
                "sequence": 1,
                "text": f"{amount} {unit} by mouth {times} times daily",
                "timing": {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}},
                "asNeededBoolean": False,
                "route": {"coding": [{"system": SNOMED, "code": "26643006", "display": "Oral route"}]},
                "doseAndRate": [
                    {
                        "type": {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/dose-rate-type",
                                    "code": "ordered",
                                    "display": "Ordered",
                                }
                            ]
                        },
                        "doseQuantity": {"value": amount, "unit": unit, "system": UCUM, "code": unit},
                    }
                ],
            }
        ],
        "dispenseRequest": {
            "numberOfRepeatsAllowed": 2,
            "quantity": {"value": 30 * times, "unit": "tablet"},
            "expectedSupplyDuration": {"value": 30, "unit": "days", "system": UCUM, "code": "d"},
        },
    }


def _condition(index: int) -> dict[str, Any]:
    icd, snomed, name = CONDITIONS[index % len(CONDITIONS)]
    base = "http://terminology.hl7.org/CodeSystem"
    return {
        "resourceType": "Condition",
        "id": f"c{index}",
        "meta": _meta("us-core-condition-problems-health-concerns", 200),
        "clinicalStatus": {"coding": [{"system": f"{base}/condition-clinical", "code": "active"}]},
        "verificationStatus": {"coding": [{"system": f"{base}/condition-ver-status", "code": "confirmed"}]},
        "category": [{"coding": [{"system": f"{base}/condition-category", "code": "problem-list-item"}]}],
        "code": {
            "coding": [
                {"system": ICD10, "code": icd, "display": name},
                {"system": SNOMED, "code": snomed, "display": name},
            ],
            "text": name,
        },
        "subject": PATIENT,
        "onsetDateTime": _day(900 + index),
        "recordedDate": _day(800 + index),
    }


def _observation(index: int) -> dict[str, Any]:
    code, name, value, unit = VALUES[index % len(VALUES)]
    base = "http://terminology.hl7.org/CodeSystem"
    return {
        "resourceType": "Observation",
        "id": f"o{index}",
        "meta": _meta("us-core-observation-lab", 14),
        "identifier": [{"system": "urn:oid:2.16.840.1.113883.19.7", "value": f"lab-{index}"}],
        "status": "final",
        "category": [
            {"coding": [{"system": f"{base}/observation-category", "code": "laboratory", "display": "Laboratory"}]}
        ],
        "code": {"coding": [{"system": LOINC, "code": code, "display": name}], "text": name},
        "subject": PATIENT,
        "effectiveDateTime": f"{_day(7 + index)}T07:00:00Z",
        "issued": f"{_day(7 + index)}T09:00:00.000Z",
        "performer": [{"reference": "Organization/lab", "display": "Example Laboratory"}],
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
        "referenceRange": [{"low": {"value": 0.5, "unit": unit}, "high": {"value": 9.5, "unit": unit}}],
    }
