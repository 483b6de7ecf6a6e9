"""Forty medicines, sixty problems, six hundred observations: at most five cards, worst first, and no finding lost."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import orjson
import pytest

from tests.support.run import answer_to

AS_OF = date(2026, 6, 10)
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
# What an old, ill patient really takes, by name; the first ones matter here.
MEDICINES = """oxycodone 10 mg tablet|gabapentin 300 mg capsule|zolpidem 10 mg tablet|quetiapine 25 mg tablet|
lisinopril 20 mg tablet|ibuprofen 400 mg tablet|furosemide 40 mg tablet|amitriptyline 25 mg tablet|diazepam 5 mg tablet|
diphenhydramine 25 mg tablet|lithium carbonate 300 mg tablet|tizanidine 4 mg tablet|metoprolol 50 mg tablet|
amlodipine 5 mg tablet|atorvastatin 20 mg tablet|metformin 500 mg tablet|insulin glargine|omeprazole 20 mg capsule|
levothyroxine 50 mcg tablet|aspirin 81 mg tablet|clopidogrel 75 mg tablet|apixaban 5 mg tablet|
tamsulosin 0.4 mg capsule|finasteride 5 mg tablet|allopurinol 100 mg tablet|prednisone 5 mg tablet|albuterol inhaler|
tiotropium inhaler|
montelukast 10 mg tablet|cetirizine 10 mg tablet|
vitamin D 1000 unit tablet|calcium carbonate 500 mg tablet|
ferrous sulfate 325 mg tablet|docusate 100 mg capsule|senna 8.6 mg tablet|polyethylene glycol powder|
acetaminophen 500 mg tablet|latanoprost eye drops|hydrocortisone 1 % cream|ketoconazole 200 mg tablet""".replace(
    "\n", ""
)
PROBLEMS = ("J44.9", "G47.33", "N18.4", "F32.9", "G20", "K25.9", "I63.9", "H40.20", "W19", "G40.909", "E11.9", "R33.9")
OTHER_CODES = [f"M{number:02}.9" for number in range(48)]


def _call() -> bytes:
    def order(number: int, name: str, status: str, times: int) -> dict[str, Any]:
        return {
            "resourceType": "MedicationRequest",
            "id": f"m{number}",
            "status": status,
            "intent": "order",
            "subject": {"reference": "Patient/p"},
            "medicationCodeableConcept": {"text": name},
            "authoredOn": (AS_OF - timedelta(10)).isoformat(),
            "dosageInstruction": [{"text": f"1 tablet {times} times a day"}],
        }

    def problem(number: int, code: str) -> dict[str, Any]:
        active = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
        return {
            "resourceType": "Condition",
            "id": f"c{number}",
            "clinicalStatus": active,
            "subject": {"reference": "Patient/p"},
            "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]},
        }

    def observation(number: int) -> dict[str, Any]:
        code, value, unit = (
            ("98979-8", 26, "mL/min/{1.73_m2}") if number % 30 == 0 else (f"{number + 10000}-0", number, "mmol/L")
        )
        return {
            "resourceType": "Observation",
            "id": f"o{number}",
            "status": "final",
            "subject": {"reference": "Patient/p"},
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "effectiveDateTime": (AS_OF - timedelta(number + 1)).isoformat(),
            "valueQuantity": {"value": value, "unit": unit, "code": unit, "system": "http://unitsofmeasure.org"},
        }

    def bundle(resources: list[dict[str, Any]]) -> dict[str, Any]:
        return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources]}

    names = [name.strip() for name in MEDICINES.split("|")]
    assert len(names) == 40
    codes = [*PROBLEMS, *OTHER_CODES]
    assert len(codes) == 60
    draft = order(0, "baclofen 20 mg tablet", "draft", 4)
    return orjson.dumps(
        {
            "hook": "order-sign",
            "hookInstance": "8a1f6e0e-6f0b-4f3b-9b63-0f4f7c1d2a10",
            "context": {"userId": "Practitioner/x", "patientId": "p", "draftOrders": bundle([draft])},
            "prefetch": {
                "patient": {"resourceType": "Patient", "id": "p", "birthDate": "1944-01-01", "gender": "female"},
                "medications": bundle([order(number, name, "active", 2) for number, name in enumerate(names, 1)]),
                "statements": None,
                "conditions": bundle([problem(number, code) for number, code in enumerate(codes)]),
                "creatinine": bundle([observation(number) for number in range(600)]),
            },
        }
    )


@pytest.fixture(scope="module")
def answer() -> dict[str, Any]:
    answer = answer_to(_call(), AS_OF)
    assert answer.status == 200
    found: dict[str, Any] = orjson.loads(answer.body)
    return found


def test_there_are_five_cards_at_most_and_the_worst_come_first(answer: dict[str, Any]) -> None:
    levels = [card["indicator"] for card in answer["cards"]]
    assert 1 <= len(levels) <= 5
    assert levels == sorted(levels, key=["critical", "warning", "info"].index)
    assert levels[0] == "critical"
    assert all(len(card["summary"]) < 140 for card in answer["cards"])


def test_every_critical_finding_is_on_a_card_and_every_finding_in_the_report(answer: dict[str, Any]) -> None:
    on_cards = {
        one["check"] for card in answer["cards"] for one in card.get("extension", {}).get("org.gabaguard.findings", ())
    }
    findings = answer["extension"]["org.gabaguard.report"]["findings"]
    assert len(findings) >= 15
    assert {one["check"] for one in findings if one["indicator"] == "critical"} <= on_cards
    assert on_cards <= {one["check"] for one in findings}


def test_the_kidney_and_the_opioid_lead(answer: dict[str, Any]) -> None:
    assert answer["cards"][0]["summary"].startswith("Baclofen 80 mg/day with eGFR 26")
    assert any(card["summary"].startswith("Baclofen with oxycodone") for card in answer["cards"][:3])


def test_no_card_is_a_novel(answer: dict[str, Any]) -> None:
    """One glance, then one minute: a detail is at most 400 words even for this patient."""
    assert max(len(card["detail"].split()) for card in answer["cards"]) <= 400
