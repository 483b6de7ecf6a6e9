"""A resource of somebody else is not used, and said; one that names nobody is taken."""

from __future__ import annotations

from typing import Any

import pytest

from cds.case import Reason
from tests.support.reading import bundle, draft, order, read, reasons, source

US = {"resourceType": "Patient", "id": "p1", "birthDate": "1960"}
OTHER = {"resourceType": "Patient", "id": "p2", "birthDate": "1970"}


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/p1"},
        {"reference": "p1"},
        {"reference": "https://ehr.example/fhir/Patient/p1"},
        {"reference": "https://ehr.example/fhir/Patient/p1/_history/4"},
        {"reference": "urn:uuid:p1"},
        {"reference": "#pat"},
        {"reference": "urn:x:0"},
        {"display": "somebody"},
        {"identifier": {"system": "urn:mrn", "value": "1"}},
        {},
        None,
        "Patient/p1",
        [{"reference": "Patient/p1"}],
    ],
    ids=str,
)
def test_a_resource_of_the_patient_or_of_nobody_named_is_read(subject: Any) -> None:
    chart = read(bundle(US, order(subject=subject)))
    assert [fact.id for fact in chart.medications] == ["m1"]
    assert chart.gaps == {}


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/p2"},
        {"reference": "p2"},
        {"reference": "https://ehr.example/fhir/Patient/p2"},
        {"reference": "urn:uuid:p2"},
        {"reference": "urn:x:0"},
        {"reference": "Group/p1"},
        "Patient/p2",
        "Patient/P1",
    ],
    ids=str,
)
def test_a_resource_of_somebody_else_is_left_out_and_said(subject: Any) -> None:
    chart = read(source(bundle(OTHER, order(subject=subject)), "medications"), source(US, "patient"))
    assert chart.medications == []
    assert Reason.WRONG_PATIENT in reasons(chart)
    assert chart.patient is not None
    assert chart.patient.id == "p1"


def test_a_stranger_of_whom_nothing_was_sent_is_a_stranger() -> None:
    for reference in ("p3", "Patient/p3", "urn:uuid:p3"):
        assert reasons(read(order(subject={"reference": reference}))) == [Reason.WRONG_PATIENT]


def test_dstu2_and_others_say_patient() -> None:
    sent = {"resourceType": "MedicationOrder", "id": "m1", "patient": {"reference": "Patient/p2"}}
    assert reasons(read(sent)) == [Reason.WRONG_PATIENT]
    allergy = {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/p2"}}
    assert reasons(read(source(allergy, "allergies")), "allergies") == [Reason.WRONG_PATIENT]


@pytest.mark.parametrize("subject", [True, {"reference": {}}, {"reference": [], "display": "me"}, [[]]], ids=str)
def test_an_owner_that_cannot_be_read_makes_the_resource_unreadable(subject: Any) -> None:
    assert reasons(read(order(subject=subject))) == [Reason.UNREADABLE]


def test_a_draft_of_somebody_else_is_an_order_that_could_not_be_used() -> None:
    chart = read(draft(order(subject={"reference": "Patient/p2"})))
    assert chart.medications == []
    assert [gap.reason for gap in chart.unreadable_orders] == [Reason.WRONG_PATIENT]


@pytest.mark.parametrize("patient_id", ["p1", "Patient/p1", "https://ehr.example/fhir/Patient/p1", " p1"])
def test_the_patient_of_the_call_may_be_named_as_reference(patient_id: str) -> None:
    chart = read(order(), source(US, "patient"), patient_id=patient_id)
    assert len(chart.medications) == 1
    assert chart.patient is not None


def test_without_a_patient_in_the_call_nobody_is_a_stranger() -> None:
    chart = read(order(subject={"reference": "Patient/p2"}), source(OTHER, "patient"), patient_id="")
    assert len(chart.medications) == 1
    assert chart.patient is not None


def test_a_prefetched_patient_who_is_somebody_else_is_no_patient() -> None:
    chart = read(source(OTHER, "patient"))
    assert chart.patient is None
    assert reasons(chart, "patient") == [Reason.WRONG_PATIENT]
    chart = read(source(OTHER, "extra", holds=()))
    assert reasons(chart, "patient") == [Reason.WRONG_PATIENT]


def test_a_patient_without_id_is_the_patient() -> None:
    patient = read(source({"resourceType": "Patient", "birthDate": "1960"}, "patient")).patient
    assert patient is not None


@pytest.mark.parametrize(
    ("actors", "ours"),
    [
        (["Patient/p1", "Practitioner/d"], True),
        (["Practitioner/d"], True),
        (["Patient/p2", "Practitioner/d"], False),
        (["Patient/p2", "Patient/p1"], True),
        ([], True),
    ],
)
def test_an_appointment_belongs_to_those_who_take_part(actors: list[str], ours: bool) -> None:
    sent = {
        "resourceType": "Appointment",
        "start": "2026-05-01",
        "participant": [{"actor": {"reference": actor}} for actor in actors],
    }
    assert bool(read(source(sent, "procedures")).procedures) is ours
