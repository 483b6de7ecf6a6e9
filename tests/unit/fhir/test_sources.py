"""Whatever stands in the place of a resource is read as far as it goes, and what could not be seen is said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cds.case import Reason
from tests.support.reading import bundle, draft, order, read, reasons, source

BARE = order()
FAILURE = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
HINT = {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational"}]}


@pytest.mark.parametrize(
    "sent",
    [
        BARE,
        [BARE],
        [None, BARE],
        bundle(BARE),
        {"entry": [{"resource": BARE}]},
        {"resourceType": "Bundle", "entry": [None, {"resource": BARE}, {}]},
        {"resourceType": "Bundle", "entry": {"resource": BARE}},
        {"resourceType": "Bundle", "entry": [BARE]},
        [{"fullUrl": "urn:x", "resource": BARE}],
        {"response": {"status": "200 OK"}, "resource": BARE},
        {"response": {"status": "200 OK"}, "resource": bundle(BARE)},
        bundle(bundle(BARE)),
        bundle(BARE, HINT),
        json.dumps(bundle(BARE)),
        bundle(json.dumps(BARE)),
        {**bundle(BARE), "total": "1", "link": {"relation": "self"}},
    ],
    ids=lambda sent: json.dumps(sent)[:60],
)
def test_an_order_is_found_in_every_wrapping_seen_in_the_wild(sent: Any) -> None:
    chart = read(sent)
    assert [fact.id for fact in chart.medications] == ["m1"]
    assert chart.gaps == {}


def test_the_path_says_where_in_the_request_a_resource_stands() -> None:
    assert read(bundle(BARE)).medications[0].path == "prefetch.medications.entry[0].resource"
    assert read(BARE).medications[0].path == "prefetch.medications"
    assert read([BARE]).medications[0].path == "prefetch.medications[0]"
    assert read({"response": {}, "resource": BARE}).medications[0].path == "prefetch.medications.resource"


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (None, Reason.REPORTED_EMPTY),
        ([], Reason.REPORTED_EMPTY),
        ({"resourceType": "Bundle"}, Reason.REPORTED_EMPTY),
        ({"resourceType": "Bundle", "total": 0, "entry": []}, Reason.REPORTED_EMPTY),
        ({"response": {"status": "200 OK"}, "resource": None}, Reason.REPORTED_EMPTY),
        (bundle(HINT), Reason.REPORTED_EMPTY),
        (FAILURE, Reason.FETCH_FAILED),
        (HINT, Reason.FETCH_FAILED),
        (bundle(FAILURE), Reason.FETCH_FAILED),
        (bundle({"resourceType": "OperationOutcome"}), Reason.FETCH_FAILED),
        ({"response": {"status": "404 Not Found"}, "resource": None}, Reason.FETCH_FAILED),
        ({"response": {"status": 500}}, Reason.FETCH_FAILED),
        ({"resourceType": "Bundle", "total": 3}, Reason.TRUNCATED),
        ("<html><body>Apache Tomcat error</body></html>", Reason.UNREADABLE),
        ("", Reason.UNREADABLE),
        (17, Reason.UNREADABLE),
        (True, Reason.UNREADABLE),
        ({}, Reason.UNREADABLE),
        ({"resourceType": "MedicationReqest"}, Reason.UNREADABLE),
        ({"resourceType": 5}, Reason.UNREADABLE),
        ({"resourceType": "Bundle", "entry": [None]}, Reason.UNREADABLE),
        ({"resourceType": "Bundle", "entry": [{"fullUrl": "urn:x"}]}, Reason.UNREADABLE),
        ({"resourceType": "Condition"}, Reason.UNREADABLE),
        ([[[[[[[BARE]]]]]]], Reason.UNREADABLE),
        ("{broken", Reason.UNREADABLE),
        ('{"a":' * 3000, Reason.UNREADABLE),
        (bundle("[[["), Reason.UNREADABLE),
        ([{"resource": "{broken"}], Reason.UNREADABLE),
        (b"{broken", Reason.UNREADABLE),
        (b"", Reason.UNREADABLE),
        (b"[" * 5000 + b"]" * 5000, Reason.UNREADABLE),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, Reason.UNREADABLE),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_holds_no_order_says_why_the_list_was_not_seen(sent: Any, reason: Reason) -> None:
    chart = read(sent)
    assert chart.medications == []
    assert reasons(chart) == [reason]


def test_a_null_patient_is_unreadable_not_absent() -> None:
    assert reasons(read(source(None, "patient")), "patient") == [Reason.UNREADABLE]


@pytest.mark.parametrize(
    "more",
    [{"link": [{"relation": "self"}, {"relation": "next"}]}, {"total": 2}, {"link": {"relation": "next"}}],
    ids=["next link", "total", "link as object"],
)
def test_a_page_of_a_list_is_not_the_list(more: dict[str, Any]) -> None:
    chart = read(bundle(BARE, **more))
    assert len(chart.medications) == 1
    assert reasons(chart) == [Reason.TRUNCATED]


def test_what_came_along_with_the_matches_is_no_match() -> None:
    entries = [{"resource": BARE, "search": {"mode": "match"}}, {"resource": {"resourceType": "Patient"}, "search": {}}]
    entries[1]["search"] = {"mode": "include"}
    whole = {"resourceType": "Bundle", "total": 1, "entry": entries}
    assert reasons(read(whole)) == []
    assert reasons(read({**whole, "total": 2})) == [Reason.TRUNCATED]
    odd = {**whole, "link": {"relation": "self"}, "entry": [*entries, entries[1]]}  # it is taken apart
    assert reasons(read(odd)) == []
    assert reasons(read({**odd, "total": 2})) == [Reason.TRUNCATED]
    assert reasons(read({**odd, "total": 2, "entry": [*entries, 7]})) == [Reason.UNREADABLE]


@pytest.mark.parametrize("bad", [7, "nonsense", [1], True])
def test_what_is_no_entry_at_all_is_said(bad: Any) -> None:
    chart = read({"resourceType": "Bundle", "entry": [{"resource": BARE}, bad, None]})
    assert [fact.id for fact in chart.medications] == ["m1"]
    assert reasons(chart) == [Reason.UNREADABLE]


def test_an_entry_may_be_the_text_of_a_resource() -> None:
    chart = read({"resourceType": "Bundle", "entry": [json.dumps(BARE), None]})
    assert ([fact.id for fact in chart.medications], reasons(chart)) == (["m1"], [])


@pytest.mark.parametrize("bad", [7, "nonsense", {"resourceType": "Nothing"}, {"id": "x"}, [1], True])
def test_one_bad_entry_costs_that_entry(bad: Any) -> None:
    chart = read(bundle(order(id="m1"), bad, order(id="m2")))
    assert [fact.id for fact in chart.medications] == ["m1", "m2"]
    assert reasons(chart) == [Reason.UNREADABLE]


@pytest.mark.parametrize(
    "bad",
    [b"7", b'"x"', b'{"fullUrl":"urn:x","resource":null}', b'{"resource":null,"response":{"status":1e999}}', b"[]"],
)
def test_one_bad_item_of_a_list_of_entries_costs_that_item(bad: bytes) -> None:
    one, other = (json.dumps({"resource": order(id=name)}).encode() for name in ("m1", "m2"))
    items = b",".join((one, bad, b"null", other))
    for raw in (b'{"entry":[%s,{"resource":7}]}' % items, b"[%s,7]" % items):
        chart = read(raw)
        assert [fact.id for fact in chart.medications] == ["m1", "m2"]
        assert reasons(chart) == [Reason.UNREADABLE]


def test_drafts_that_are_nothing_at_all_are_no_orders() -> None:
    chart = read(source({"resourceType": "Bundle", "entry": [None]}, "draft", holds=()))
    assert (chart.medications, chart.unreadable_orders, chart.gaps) == ([], [], {})


def test_a_source_nobody_asked_for_is_read_without_leaving_gaps() -> None:
    chart = read(source(bundle(BARE, 7), "extra", holds=()))
    assert len(chart.medications) == 1
    assert chart.gaps == {}


def test_every_key_a_source_answers_gets_the_gap() -> None:
    chart = read(source(FAILURE, "all", holds=("medications", "conditions")))
    assert reasons(chart, "medications") == reasons(chart, "conditions") == [Reason.FETCH_FAILED]


def test_resources_no_check_consults_are_passed_over_silently() -> None:
    chart = read(bundle(BARE, {"resourceType": "Practitioner", "name": 5}, {"resourceType": "NutritionOrder", "id": 3}))
    assert chart.gaps == {}


def test_broken_characters_and_numbers_cost_no_resource() -> None:
    raw = b'{"resourceType":"MedicationRequest","id":"m1","status":"\\ud800","dosageInstruction":[{"sequence":1e999}]}'
    (fact,) = read(raw).medications
    assert (fact.id, fact.status, fact.dosages[0].sequence) == ("m1", "?", None)
    (fact,) = read(b'{"resourceType":"MedicationRequest","id":"m1","status":NaN}').medications
    assert fact.id == "m1"


def test_half_a_character_never_reaches_the_chart() -> None:
    """It could not be written into an answer."""
    for status in (b'"active"', b"{}"):
        raw = b'{"resourceType":"MedicationRequest","status":%s,"id":"a\\ud800b","note":"\\udfff"}' % status
        (fact,) = read(raw).medications
        assert fact.id == "a?b"
        assert repr(fact).encode()


def test_an_unreadable_draft_is_an_unreadable_order_one_each() -> None:
    chart = read(draft(order(), 5, {"resourceType": "X"}))
    assert [gap.reason for gap in chart.unreadable_orders] == [Reason.UNREADABLE] * 2
    assert chart.gaps == {}
    assert [gap.reason for gap in read(source("<html>", "draft", holds=())).unreadable_orders] == [Reason.UNREADABLE]


def test_the_same_resource_in_two_places_is_read_once_but_a_draft_stands_beside_the_list() -> None:
    chart = read(draft(order()), source(bundle(order())), source(order(), "extra", holds=()))
    assert [(fact.id, fact.draft) for fact in chart.medications] == [("m1", True), ("m1", False)]


def test_resources_without_an_id_are_never_taken_for_one_another() -> None:
    assert len(read(bundle(order(id=None), order(id=None))).medications) == 2


def test_more_resources_than_any_patient_has_are_read_in_part_and_said() -> None:
    chart = read(bundle(*(order(id=f"m{at}") for at in range(2001))))
    assert len(chart.medications) == 2000
    assert reasons(chart) == [Reason.TRUNCATED]


@pytest.mark.parametrize(
    ("selections", "selected"),
    [
        (None, [True, True, True]),
        (("MedicationRequest/m2",), [False, True, True]),
        (("m2",), [False, True, True]),
        (("https://ehr.example/fhir/MedicationRequest/m2/_history/1",), [False, True, True]),
        (("MedicationRequest/other",), [True, True, True]),
        ((), [True, True, True]),
        (("MedicationRequest/m1", "MedicationRequest/m2"), [True, True, True]),
        (("NutritionOrder/n1",), [False, False, True]),
    ],
)
def test_selections_tell_which_drafts_the_cards_are_about(selections: Any, selected: list[bool]) -> None:
    nutrition = {"resourceType": "NutritionOrder", "id": "n1"}
    chart = read(draft(order(id="m1"), order(id="m2"), order(id=None), nutrition, selections=selections))
    assert [fact.selected for fact in chart.medications] == selected
