"""Exports of every release are replayed by the same readers: the same patient gets the same findings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from hooks.population.run import Wanted, replay
from tests.population.test_replay import rows
from tests.support.stories import KIDNEY, STOP

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
BACLOFEN = {
    "coding": [
        {"system": RXNORM, "code": "197391", "display": "Baclofen 10 MG Oral Tablet"},
    ]
}
DOSE = {"value": 10, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
WHO = {"reference": "Patient/p"}
_STATUS_CHANGED = "http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationRequest.statusChanged"


def egfr(value: int, day: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"e{value}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "98979-8"}]},
        "subject": WHO,
        "effectiveDateTime": day,
        "issued": f"{day}T08:00:00Z",
        "valueQuantity": {"value": value, "unit": "mL/min/{1.73_m2}", "code": "mL/min/{1.73_m2}"},
    }


def repeat(unit: str) -> dict[str, Any]:
    return {"repeat": {"frequency": 6, "period": 1, unit: "d"}}


ORDERS: dict[str, dict[str, Any]] = {
    "DSTU2": {
        "resourceType": "MedicationOrder",
        "patient": WHO,
        "dateWritten": "2024-01-10",
        "dateEnded": "2025-02-01",
        "medicationCodeableConcept": BACLOFEN,
        "dosageInstruction": [{"timing": repeat("periodUnits"), "doseQuantity": DOSE}],
    },
    "STU3": {
        "resourceType": "MedicationRequest",
        "intent": "order",
        "subject": WHO,
        "authoredOn": "2024-01-10",
        "medicationCodeableConcept": BACLOFEN,
        "requester": {"agent": {"reference": "Practitioner/1"}},
        "dosageInstruction": [{"timing": repeat("periodUnit"), "doseQuantity": DOSE}],
        "extension": [{"url": _STATUS_CHANGED, "valueDateTime": "2025-02-01"}],
    },
    "R4": {
        "resourceType": "MedicationRequest",
        "intent": "order",
        "subject": WHO,
        "authoredOn": "2024-01-10",
        "medicationCodeableConcept": BACLOFEN,
        "dosageInstruction": [{"timing": repeat("periodUnit"), "doseAndRate": [{"doseQuantity": DOSE}]}],
        "extension": [{"url": _STATUS_CHANGED, "valueDateTime": "2025-02-01"}],
    },
    "R5": {
        "resourceType": "MedicationRequest",
        "intent": "order",
        "subject": WHO,
        "authoredOn": "2024-01-10",
        "statusChanged": "2025-02-01",
        "medication": {"concept": BACLOFEN},
        "dosageInstruction": [{"timing": repeat("periodUnit"), "doseAndRate": [{"doseQuantity": DOSE}]}],
    },
}


@pytest.mark.parametrize("release", ORDERS)
def test_each_release_gives_the_same_answer(release: str, tmp_path: Path) -> None:
    """Baclofen 60 mg/day for an eGFR of 24, stopped a year later: the kidney when written, the stop when stopped."""
    who = {"resourceType": "Patient", "id": "p", "birthDate": "1970-05-06", "gender": "female"}
    order = {**ORDERS[release], "id": "o", "status": "stopped"}
    lines = [who, order, egfr(24, "2024-01-02"), egfr(90, "2024-01-20"), egfr(91, "2025-01-20")]
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(map(orjson.dumps, lines)))
    replay(Wanted((tmp_path / "a.ndjson",), tmp_path / "out"))
    calls = [(row["as_of"], row["actions"], row["drugs"]) for row in rows(tmp_path / "out", "calls")]
    assert calls == [("2024-01-10", "written", "baclofen"), ("2025-02-01", "stop", "baclofen")]
    shown = {(row["as_of"], row["check"]) for row in rows(tmp_path / "out", "findings") if row["shown"] == "true"}
    assert ("2024-01-10", KIDNEY) in shown
    assert ("2025-02-01", STOP) in shown
    assert not {("2025-02-01", KIDNEY), ("2024-01-10", STOP)} & shown
