"""What the record tells of, ordered once more: product and directions, and nothing that belonged to the old order."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
import pytest

from cds.fhir.again import ordered_again
from cds.fhir.write import Subject
from tests.support.fhir import invalid

MEDICINE = {"text": "baclofen 10 mg tablet"}
DIRECTIONS = {"text": "10 mg three times daily", "timing": {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}}}
ORDER: dict[str, Any] = {
    "resourceType": "MedicationRequest",
    "id": "m1",
    "meta": {"versionId": "7"},
    "identifier": [{"value": "RX-1"}],
    "status": "active",
    "intent": "order",
    "medicationCodeableConcept": MEDICINE,
    "subject": {"reference": "Patient/pat-1"},
    "authoredOn": "2025-11-02",
    "requester": {"reference": "Practitioner/old"},
    "reasonCode": [{"text": "spasticity"}],
    "note": [{"text": "call before refill"}],
    "dosageInstruction": [DIRECTIONS],
    "dispenseRequest": {"numberOfRepeatsAllowed": 3, "validityPeriod": {"end": "2026-02-01"}},
}


def again(resource: dict[str, Any], release: str = "R4") -> dict[str, Any] | None:
    made = ordered_again(orjson.dumps(resource), Subject(release, "pat-1", "e1", date(2026, 6, 10), discharge=True))
    if made is None:
        return None
    read: dict[str, Any] = orjson.loads(made)
    assert invalid({"actions": [{"type": "create", "resource": read}]}, release) == []
    return read


def test_product_directions_and_reason_are_carried_over_and_nothing_else() -> None:
    made = again(ORDER)
    assert made is not None
    assert {name: made[name] for name in ("medicationCodeableConcept", "dosageInstruction", "reasonCode")} == {
        "medicationCodeableConcept": MEDICINE,
        "dosageInstruction": [DIRECTIONS],
        "reasonCode": [{"text": "spasticity"}],
    }
    assert made["status"] == "draft"
    assert made["authoredOn"] == "2026-06-10"
    assert made["priorPrescription"] == {"reference": "MedicationRequest/m1"}
    assert made["category"][0]["coding"][0]["code"] == "discharge"
    assert not made.keys() & {"id", "meta", "identifier", "requester", "note", "dispenseRequest", "text"}


def test_a_statement_becomes_an_order() -> None:
    told = {"resourceType": "MedicationStatement", "id": "s1", "status": "active", "dosage": [DIRECTIONS]}
    made = again(told | {"medicationCodeableConcept": MEDICINE})
    assert made is not None
    assert made["resourceType"] == "MedicationRequest"
    assert made["dosageInstruction"] == [DIRECTIONS]
    assert "priorPrescription" not in made


def test_dstu2_has_its_own_names() -> None:
    dosage = {"text": "10 mg three times daily"}
    old = {"resourceType": "MedicationOrder", "id": "m1", "status": "active", "dosageInstruction": [dosage]}
    made = again(old | {"medicationCodeableConcept": MEDICINE, "prescriber": {"reference": "Practitioner/x"}}, "DSTU2")
    assert made is not None
    assert made["dateWritten"] == "2026-06-10"
    assert "prescriber" not in made
    assert made["priorPrescription"] == {"reference": "MedicationOrder/m1"}


def test_a_contained_medication_comes_along_and_what_nothing_refers_to_does_not() -> None:
    own = {"resourceType": "Medication", "id": "med", "code": MEDICINE}
    other = {"resourceType": "Practitioner", "id": "who"}
    order = {name: value for name, value in ORDER.items() if name != "medicationCodeableConcept"}
    made = again(order | {"contained": [own, other], "medicationReference": {"reference": "#med"}})
    assert made is not None
    assert made["contained"] == [own]


@pytest.mark.parametrize(
    "change",
    [
        {"dosageInstruction": [{"timing": {"repeat": {"boundsPeriod": {"end": "2026-02-01"}}}}]},
        {"dosageInstruction": [{"timing": {"event": ["2026-02-01"]}}]},
        {"dosageInstruction": None},
        {"medicationCodeableConcept": None},
        {"reasonCode": [{"text": "<b>spasticity</b>"}]},
        {"reasonCode": [{"text": ""}]},
    ],
    ids=["dates", "days", "no directions", "no medicine", "markup", "empty"],
)
def test_what_would_be_wrong_or_cannot_be_given_back_is_not_ordered(change: dict[str, Any]) -> None:
    assert again({name: value for name, value in (ORDER | change).items() if value is not None}) is None


def test_without_an_id_nothing_is_named_as_what_was_before() -> None:
    made = again({name: value for name, value in ORDER.items() if name != "id"})
    assert made is not None
    assert "priorPrescription" not in made


def test_what_is_no_json_is_not_ordered() -> None:
    assert ordered_again(b"{", Subject("R4", "pat-1", "e1", date(2026, 6, 10), discharge=True)) is None
