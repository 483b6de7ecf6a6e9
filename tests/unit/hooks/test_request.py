"""A hook request is understood in every shape that is sent, and refused with path, problem and remedy otherwise."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.body import MAX_DEPTH, deeper_than
from hooks.errors import Refused, outcome
from hooks.explain import faults, validator
from hooks.request import HookRequest, read_request
from hooks.services import catalogue
from tests.support.calls import Call, calls

REQUESTS = calls("requests")
SHAPES = [call for call in calls("hostile") if call.expected["status"] == 400]
# Refused for what the reader finds in the orders, or for how the bytes are encoded, which a schema cannot say.
NOT_BY_SHAPE = {
    "draft-orders-empty-bundle",
    "draft-orders-empty-list",
    "draft-orders-empty-object",
    "draft-orders-no-resources",
    "context-array-empty",
}


def read(call: Call) -> HookRequest:
    return read_request(call.body, catalogue()[call.service])


@pytest.mark.parametrize("call", REQUESTS, ids=lambda call: call.name)
def test_every_shape_is_read(call: Call) -> None:
    found = read(call)
    assert found.hook in catalogue()[call.service].hooks
    assert found.patient_id == "kidney-72"
    assert bool(found.drafts) is bool(catalogue()[call.service].draft_fields)
    assert all(draft.raw[:1] in b"{[" for draft in found.drafts)


@pytest.mark.parametrize("call", REQUESTS, ids=lambda call: call.name)
def test_white_space_changes_nothing(call: Call) -> None:
    service = catalogue()[call.service]
    document = json.loads(call.body)
    spaced = read_request(json.dumps(document, indent=3).encode(), service)
    compact = read_request(json.dumps(document, separators=(",", ":")).encode(), service)
    assert spaced.patient_id == compact.patient_id
    assert spaced.selections == compact.selections
    assert list(spaced.prefetch) == list(compact.prefetch)
    for key, raw in spaced.prefetch.items():
        assert json.loads(raw) == json.loads(compact.prefetch[key])


@pytest.mark.parametrize("call", REQUESTS, ids=lambda call: call.name)
def test_our_own_schema_accepts_what_we_read(call: Call) -> None:
    errors = list(validator(f"request-{catalogue()[call.service].hook}").iter_errors(json.loads(call.body)))
    assert not errors, errors[0].message


@pytest.mark.parametrize("call", [c for c in SHAPES if c.name not in NOT_BY_SHAPE], ids=lambda call: call.name)
def test_a_bad_shape_is_refused_with_its_path(call: Call) -> None:
    with pytest.raises(Refused) as refusal:
        read(call)
    assert refusal.value.status == 400
    first = refusal.value.issues[0]
    assert first.path == call.expected["path"]
    assert first.problem
    assert first.remedy


# Blank texts, bytes and limits are beyond what our schema says.
NOT_IN_SCHEMA = NOT_BY_SHAPE | {"hook-instance-blank", "patient-id-blank", "patient-id-only-type"} | {
    call.name for call in SHAPES if call.name.startswith(("duplicate-", "too-"))
}  # fmt: skip


@pytest.mark.parametrize(
    "call", [c for c in SHAPES if c.expected["path"] and c.name not in NOT_IN_SCHEMA], ids=lambda call: call.name
)
def test_our_own_schema_refuses_what_we_refuse(call: Call) -> None:
    found = faults(json.loads(call.body), catalogue()[call.service].hook)
    assert any(issue.path.startswith(call.expected["path"]) for issue in found), found


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(Refused) as refusal:
        read_request(b'{"hook": "order-sign", "context": {"userId": 5}}', catalogue()["gabaguard-order-sign"])
    paths = [issue.path for issue in refusal.value.issues]
    assert paths[0] == "hookInstance"
    assert {"context.patientId", "context.draftOrders", "context.userId"} <= set(paths)
    assert len(paths) == len(set(paths))


def test_a_refusal_repeats_nothing_of_the_request() -> None:
    body = json.dumps(
        {
            "hook": "<b>Jane Roe</b>",
            "hookInstance": ["Jane Roe"],
            "context": {"patientId": {"Jane Roe": 1}, "draftOrders": "Jane Roe"},
            "fhirAuthorization": "Jane Roe",
        }
    ).encode()
    with pytest.raises(Refused) as refusal:
        read_request(body, catalogue()["gabaguard-order-sign"])
    assert b"Jane" not in outcome(400, refusal.value.issues)


def test_prefetch_beside_prefetch_is_found_with_its_path() -> None:
    found = read(next(call for call in REQUESTS if call.name == "prefetch-beside-prefetch"))
    assert {"patient", "medications", "conditions", "creatinine"} <= set(found.prefetch)
    assert found.prefetch_paths["patient"] == "prefetch.patient"
    assert found.prefetch_paths["medications"] == "medications"


def test_the_token_is_hidden_wherever_the_call_is_printed() -> None:
    found = read(next(call for call in REQUESTS if call.name == "fhir-server-only"))
    assert found.access is not None
    assert found.access.token == "secret-token-of-the-ehr"
    assert "secret-token" not in repr(found)
    assert "secret-token" not in f"{found.access!s} {found.access!r} {[found.access]}"


def test_a_name_with_an_escape_is_no_duplicate() -> None:
    body = _call(rb'"a\"b": 1, "a\u0062": {"x": "\"\"\""}')
    assert read_request(body, catalogue()["gabaguard-order-sign"]).patient_id == "p"


def _call(more: bytes) -> bytes:
    return (
        b'{"hook": "order-sign", "hookInstance": "i", "context": {"patientId": "p", "draftOrders": []}, ' + more + b"}"
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.just('[{"'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=30,
)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(json_values, st.sampled_from([None, 1]))
def test_depth_is_never_overestimated(value: Any, indent: int | None) -> None:
    body = json.dumps(value, indent=indent, ensure_ascii=False).encode()
    assert not deeper_than(body, max(depth(value), 1))


@given(json_values, st.integers(1, 12))
def test_depth_is_seen_when_no_string_hides_it(value: Any, limit: int) -> None:
    body = json.dumps(value).encode()
    brackets_in_strings = any(char in text for text in _texts(value) for char in "{}[]")
    if not brackets_in_strings:
        assert deeper_than(body, limit) == (depth(value) > limit)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [*value, *(text for item in value.values() for text in _texts(item))]
    return [text for item in value for text in _texts(item)] if isinstance(value, list) else []


def test_brackets_in_strings_do_not_count() -> None:
    assert not deeper_than(json.dumps({"text": "[" * 500}).encode(), MAX_DEPTH)
    assert not deeper_than(json.dumps({'"\\[': "\\" * 99 + '"' + "[{" * 99}).encode(), MAX_DEPTH)


@pytest.mark.parametrize("levels", [MAX_DEPTH, MAX_DEPTH + 1])
def test_the_limit_itself_is_allowed(levels: int) -> None:
    assert deeper_than(b"[" * levels + b"]" * levels, MAX_DEPTH) == (levels > MAX_DEPTH)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        read_request(body, catalogue()["gabaguard-order-sign"])


@given(
    st.dictionaries(st.sampled_from(["hook", "hookInstance", "context", "prefetch", "fhirServer", "x"]), json_values)
)
def test_any_json_is_read_or_refused(document: Any) -> None:
    with suppress(Refused):
        found = read_request(json.dumps(document).encode(), catalogue()["gabaguard-order-sign"])
        assert found.patient_id
