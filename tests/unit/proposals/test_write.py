"""Everything that can be ordered is valid FHIR of each release, and whose it is stands in it."""

from __future__ import annotations

from datetime import date

import pytest

from cds.fhir.write import Subject, created
from cds.knowledge.load import load_knowledge
from tests.support.fhir import invalid

ITEMS = sorted(load_knowledge().orderables)
RELEASES = ["DSTU2", "STU3", "R4", "R5"]
TYPES = {
    "medication": ("MedicationOrder", "MedicationRequest", "MedicationRequest", "MedicationRequest"),
    "service": ("DiagnosticOrder", "ProcedureRequest", "ServiceRequest", "ServiceRequest"),
    "appointment": ("Appointment",) * 4,
    "message": ("CommunicationRequest",) * 4,
    "task": ("CommunicationRequest", "Task", "Task", "Task"),
}


def subject(release: str, encounter: str = "e1", *, discharge: bool = False) -> Subject:
    return Subject(release, "pat-1", encounter, date(2026, 6, 10), discharge)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("item", ITEMS)
def test_each_item_is_valid_in_each_release(item: str, release: str) -> None:
    orderable = load_knowledge().orderables[item]
    for to in (subject(release), subject(release, ""), subject(release, discharge=True)):
        made = created(orderable, to)
        assert made["resourceType"] == TYPES[orderable.kind][RELEASES.index(release)]
        assert invalid({"actions": [{"type": "create", "resource": made}]}, release) == []
        assert ("Encounter/e1" in str(made)) is (to.encounter_id == "e1" and made["resourceType"] != "Appointment")


@pytest.mark.parametrize("item", ITEMS)
def test_what_is_ordered_is_coded(item: str) -> None:
    """The codes are those that the terminology knows for it: a draft of ours is recognised as what it is."""
    knowledge = load_knowledge()
    orderable = knowledge.orderables[item]
    if orderable.kind == "medication":
        assert orderable.system == "rxnorm"
    if orderable.kind == "service":
        assert orderable.system == "loinc"
        assert orderable.lab


def test_an_id_that_cannot_stand_in_a_reference_is_refused() -> None:
    assert not Subject("R4", "a/b", "", date(2026, 6, 10)).usable
    assert not Subject("R4", "<script>", "", date(2026, 6, 10)).usable
    assert Subject("R4", "a<b", "x y", date(2026, 6, 10)).encounter("encounter") == {}
