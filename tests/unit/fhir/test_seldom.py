"""Elements that few systems send, read all the same."""

from __future__ import annotations

import pytest

from cds.fhir.dates import when
from tests.support.reading import PATIENT, bundle, medication, order, problem, read, source


def test_a_medicine_without_an_id_is_found_by_its_full_url() -> None:
    medicine = {"resourceType": "Medication", "code": {"text": "baclofen 10 mg tablet"}}
    sent = order(medicationReference={"reference": "urn:uuid:1"})
    del sent["medicationCodeableConcept"]
    entries = [{"resource": sent}, {"fullUrl": "urn:uuid:1", "resource": medicine}]
    (fact,) = read({"resourceType": "Bundle", "type": "searchset", "entry": entries}).medications
    assert fact.drug.text == "baclofen 10 mg tablet"


def test_a_reaction_may_be_told_in_words_alone() -> None:
    sent = {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": PATIENT,
        "code": {"text": "baclofen"},
        "reaction": [{"description": "hives all over"}],
    }
    (fact,) = read(source(bundle(sent), "allergies")).allergies
    assert [one.text for one in fact.reactions] == ["hives all over"]


def test_a_note_of_which_only_the_author_is_told_says_nothing() -> None:
    sent = order(note=[{"authorString": "Dr. A", "time": "2026-06-01"}, {"text": "agreed with the renal clinic"}])
    assert medication(sent).notes == ("agreed with the renal clinic",)


def test_a_status_nobody_knows_is_the_code_and_not_its_words() -> None:
    sent = {"coding": [{"code": "Dormant", "display": "At rest"}, {"code": "other"}], "text": "resting"}
    assert problem(clinicalStatus=sent).clinical_status == "dormant"


@pytest.mark.parametrize("kind", [{"coding": [{"display": "Ordered"}]}, {"text": "ordered"}])
def test_the_ordered_of_several_doses_may_be_told_in_words(kind: dict[str, object]) -> None:
    calculated = {"type": {"coding": [{"code": "calculated"}]}, "doseQuantity": {"value": 20, "unit": "mg"}}
    ordered = {"type": kind, "doseQuantity": {"value": 5, "unit": "mg"}}
    (dosage,) = medication(order(dosageInstruction=[{"doseAndRate": [calculated, ordered]}])).dosages
    assert dosage.dose is not None
    assert dosage.dose.value == 5


def test_an_allergy_without_any_status_stands() -> None:
    sent = {"resourceType": "AllergyIntolerance", "id": "a1", "patient": PATIENT, "code": {"text": "baclofen"}}
    (fact,) = read(source(bundle(sent), "allergies")).allergies
    assert (fact.id, fact.clinical_status, fact.verification_status) == ("a1", "", "")


def test_a_message_that_is_asked_for_is_told_in_words_of_either_release() -> None:
    said = [{"contentCodeableConcept": {"text": "offer naloxone"}}, {"contentString": "call the daughter"}, {}]
    sent = {"resourceType": "CommunicationRequest", "id": "c1", "status": "draft", "subject": PATIENT, "payload": said}
    (fact,) = read(source(bundle(sent), "requests")).procedures
    assert fact.notes == ("offer naloxone", "call the daughter")


@pytest.mark.parametrize("element", ["period", "actualPeriod"])
def test_a_stay_has_an_id_and_a_period_under_the_name_of_its_release(element: str) -> None:
    period = {"start": "2026-06-01", "end": "2026-06-10"}
    sent = {"resourceType": "Encounter", "id": "e1", "status": "in-progress", "subject": PATIENT, element: period}
    (fact,) = read(source(bundle(sent), "encounter")).encounters
    assert fact.id == "e1"
    assert (fact.start, fact.end) == (when("2026-06-01"), when("2026-06-10"))
