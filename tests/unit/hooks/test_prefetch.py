"""A prefetch value is there, is "there is none", or failed; and other names may stand in for ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cds.case import Reason, Unknown
from cds.chart import Coded, Source
from hooks.prefetch import gather, has_readable_draft, nothing_usable, resources
from hooks.request import Draft, HookRequest
from hooks.services import catalogue

SERVICE = catalogue()["gabaguard-order-sign"]
DRAFT = {"resourceType": "MedicationRequest", "id": "d1"}


def lab_kinds(code: Coded) -> str:
    return {"eGFR": "egfr", "Systolic": "systolic-bp", "AUDIT-C": "audit-c"}.get(code.text, "")


def gathered(drafts: Any = DRAFT, **prefetch: Any) -> tuple[list[Source], dict[str, Unknown]]:
    values = {key: json.dumps(value).encode() for key, value in prefetch.items()}
    draft = Draft("context.draftOrders", json.dumps(drafts).encode())
    paths = {key: f"prefetch.{key}" for key in values}
    return gather(HookRequest("order-sign", "i", "p", (draft,), values, paths), SERVICE, lab_kinds)


def bundle(*resources: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": item} for item in resources]}


def holder(sources: list[Source], key: str) -> list[str]:
    return [source.key for source in sources if key in source.holds]


def test_a_key_left_out_is_absent() -> None:
    _, gaps = gathered(medications=bundle())
    assert "medications" not in gaps
    assert set(gaps) == set(SERVICE.prefetch) - {"medications"}
    assert {gap.reason for gap in gaps.values()} == {Reason.ABSENT}


def test_null_is_left_to_the_reader() -> None:
    sources, gaps = gathered(medications=None)
    assert holder(sources, "medications") == ["medications"]
    assert "medications" not in gaps


@pytest.mark.parametrize("page", ["<html>Tomcat error</html>", "", "timeout", 500, True, False])
def test_what_is_no_resource_has_failed(page: Any) -> None:
    _, gaps = gathered(medications=page)
    assert gaps["medications"].reason is Reason.FETCH_FAILED


def test_all_left_out_or_failed_is_nothing_usable() -> None:
    _, gaps = gathered(medications="<html>")
    assert nothing_usable({key: [gap] for key, gap in gaps.items()}, SERVICE)
    _, gaps = gathered(medications=None)
    assert not nothing_usable({key: [gap] for key, gap in gaps.items()}, SERVICE)


@pytest.mark.parametrize(
    ("resource", "key"),
    [
        ({"resourceType": "MedicationRequest", "id": "m1"}, "medications"),
        ({"resourceType": "MedicationOrder", "id": "m1"}, "medications"),
        ({"resourceType": "MedicationStatement", "id": "s1"}, "statements"),
        ({"resourceType": "Condition", "id": "c1"}, "conditions"),
        ({"resourceType": "Patient", "id": "p"}, "patient"),
        ({"resourceType": "Observation", "id": "o1", "code": {"text": "eGFR"}}, "creatinine"),
        ({"resourceType": "Observation", "id": "o1", "code": {"text": "Systolic"}}, "vitals"),
        ({"resourceType": "Observation", "id": "o1", "code": {"text": "AUDIT-C"}}, "alcohol"),
    ],
)
def test_another_name_stands_in_for_a_missing_key(resource: Any, key: str) -> None:
    sources, gaps = gathered(other=bundle(resource))
    assert holder(sources, key) == ["other"]
    assert key not in gaps


def test_it_does_not_stand_in_for_a_key_that_was_sent() -> None:
    sources, _ = gathered(other=bundle({"resourceType": "Condition", "id": "c1"}), conditions=bundle())
    assert holder(sources, "conditions") == ["conditions"]


def test_the_drafts_sent_again_are_no_medication_list() -> None:
    sources, gaps = gathered(medicationRequestBundle=bundle(DRAFT, {"resourceType": "Medication", "id": "x"}))
    assert not holder(sources, "medications")
    assert gaps["medications"].reason is Reason.ABSENT


@pytest.mark.parametrize("empty", [bundle(), None, "x", [], {"resourceType": "Observation", "code": {"text": "Hb"}}])
def test_what_holds_nothing_of_ours_stands_in_for_nothing(empty: Any) -> None:
    sources, gaps = gathered(meds=empty)
    assert not any(source.holds for source in sources)
    assert set(gaps) == set(SERVICE.prefetch)


def test_resources_are_found_in_bundles_lists_wrappers_and_bare() -> None:
    one = {"resourceType": "Condition", "id": "c1"}
    for value in (bundle(one), [one], one, {"response": {"status": "200"}, "resource": bundle(one)}):
        assert [json.loads(bytes(raw)) for raw in resources(json.dumps(value).encode())] == [one]


@pytest.mark.parametrize("drafts", [{}, [], bundle(), {"resourceType": "Bundle", "entry": 5}, [1, None], {"a": 1}])
def test_no_resource_among_the_drafts_is_no_draft(drafts: Any) -> None:
    assert not has_readable_draft([Draft("context.draftOrders", json.dumps(drafts).encode())])
