"""Lists as facts: what stands on them, by reference or in words."""

from __future__ import annotations

from typing import Any

import pytest

from cds.case import Reason
from cds.chart import Coded, Coding, ListFact, ListItem
from cds.discharge import LIST_CODES
from hooks.services import DISCHARGE
from tests.support.reading import PATIENT, bundle, read, reasons, source

SENT = {
    "resourceType": "List",
    "id": "l1",
    "status": "current",
    "mode": "snapshot",
    "title": "On leaving",
    "code": {"coding": [{"system": "http://loinc.org", "code": "10183-2"}]},
    "subject": PATIENT,
    "encounter": {"reference": "Encounter/e1"},
    "date": "2026-06-10",
}


def fact(**elements: Any) -> ListFact:
    (found,) = read(source(bundle(SENT | elements), "discharge")).lists
    return found


def items(*entries: Any) -> tuple[ListItem, ...]:
    return fact(entry=list(entries)).items


def test_a_list_says_what_it_is_and_whose_stay_it_ends() -> None:
    found = fact()
    assert found.code == Coded((Coding("http://loinc.org", "10183-2"),), "On leaving")
    assert (found.id, found.status, found.encounter) == ("l1", "current", "Encounter/e1")
    assert found.when is not None
    assert found.when.first.isoformat() == "2026-06-10"


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"reference": "MedicationRequest/m1"}, ListItem(("MedicationRequest/m1",))),
        ({"reference": "https://ehr.example/fhir/MedicationRequest/m1"}, ListItem(("MedicationRequest/m1",))),
        ({"reference": "urn:uuid:0-1"}, ListItem(("urn:uuid:0-1",))),
        ({"identifier": {"system": "s", "value": "7"}}, ListItem(("s|7",))),
        ({"display": "baclofen 10 mg"}, ListItem((), Coded((), "baclofen 10 mg"))),
    ],
)
def test_an_entry_names_its_medicine(item: Any, expected: ListItem) -> None:
    assert items({"item": item}) == (expected,)


def test_an_entry_of_a_medication_has_its_code() -> None:
    medication = {"resourceType": "Medication", "id": "x", "code": {"text": "baclofen"}}
    sent = SENT | {"entry": [{"item": {"reference": "Medication/x"}}]}
    (found,) = read(source(bundle(sent, medication), "discharge")).lists
    assert found.items[0].what == Coded((), "baclofen")


def test_what_was_struck_from_the_list_is_not_on_it() -> None:
    assert items({"deleted": True, "item": {"display": "x"}}, None) == ()


def test_an_entry_that_names_nothing_is_counted() -> None:
    found = fact(entry=[{"date": "2026-06-10"}, {"item": {}}, {"item": {"reference": "MedicationRequest/m1"}}])
    assert (found.unreadable, len(found.items)) == (2, 1)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [({"coding": [{"code": "nilknown"}]}, "nilknown"), ({"text": "Unavailable"}, "unavailable"), (None, "")],
)
def test_why_a_list_is_empty(sent: Any, reason: str) -> None:
    assert fact(emptyReason=sent).empty_reason == reason


def test_the_list_of_another_patient_is_not_used() -> None:
    chart = read(source(bundle(SENT | {"subject": {"reference": "Patient/other"}}), "discharge"))
    assert not chart.lists
    assert reasons(chart, "discharge") == [Reason.WRONG_PATIENT]


def test_in_r5_a_list_may_have_several_subjects() -> None:
    other = {"reference": "Patient/other"}
    for subjects, whose in (([PATIENT], 1), ([other, PATIENT], 1), ([other], 0), ([], 1)):
        assert len(read(source(bundle(SENT | {"subject": subjects}), "discharge")).lists) == whose


def test_something_else_is_no_list() -> None:
    sent = {"resourceType": "Observation", "id": "o1", "subject": PATIENT}
    assert reasons(read(source(bundle(sent), "discharge")), "discharge") == [Reason.UNREADABLE]


def test_we_ask_for_the_lists_that_we_read() -> None:
    assert set(DISCHARGE.split(",")) == LIST_CODES
