"""Elements that few systems send, read all the same."""

from __future__ import annotations

from tests.support.reading import PATIENT, bundle, order, read, source


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
