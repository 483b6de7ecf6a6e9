"""``$check``: the checks for systems without CDS Hooks say what the hooks say."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from hooks.app import create_app
from hooks.fhir.api import Endpoint
from hooks.fhir.check import judged_bundle
from tests.fhir.conftest import BASE
from tests.support.as_bundle import as_parameters
from tests.support.cases import Case, all_cases, case_named
from tests.support.render import render
from tests.support.run import answer_to, engine_at

SEVERITY = {"critical": "high", "warning": "moderate", "info": "low"}
# What a Bundle cannot say: that a part of it failed, or that a page is missing.
CASES = [case for case in all_cases() if not (case.failed or case.truncated)]


def _same(case: Case) -> str:
    """What differs between the hook's report and that of the Bundle; "" when nothing does."""
    engine = engine_at(case.as_of)
    request = render(case, "R4")
    hook = answer_to(orjson.dumps(request), case.as_of).judged
    assert hook is not None
    judged, _ = judged_bundle(orjson.dumps(as_parameters(request)), engine)
    said = [[(f.check, f.indicator, f.wording, f.shown) for f in one.report.findings] for one in (hook, judged)]
    return "" if said[0] == said[1] else f"{case.id}: hook {said[0]}, $check {said[1]}"


@pytest.mark.parametrize("part", range(8))
def test_check_and_hook_find_the_same_in_every_case(part: int) -> None:
    assert len(CASES) > 1500
    different = [words for case in CASES[part::8] if (words := _same(case))]
    assert not different, (len(different), different[:5])


def _parameters(case_id: str) -> Any:
    return as_parameters(render(case_named(case_id), "R4"))


def _posted(client: FlaskClient, body: Any, path: str = "$check") -> Any:
    reply = client.post(f"/fhir/{path}", data=orjson.dumps(body), content_type="application/fhir+json")
    assert reply.status_code == 200, reply.data
    return reply.json


def _of_type(bundle: Any, kind: str) -> list[Any]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def test_the_answer_is_valid_fhir_with_one_issue_per_finding(client: FlaskClient) -> None:
    case = case_named("renal-egfr-29-start")
    body = _parameters(case.id)
    answer = _posted(client, body)
    import_module("fhir.resources.R4B.bundle").Bundle.model_validate(answer)
    issues = _of_type(answer, "DetectedIssue")
    hook = answer_to(orjson.dumps(render(case, "R4")), case.as_of).judged
    assert hook is not None
    assert [(one["code"]["coding"][0]["code"], one["severity"]) for one in issues] == [
        (finding.check, SEVERITY[finding.indicator.code]) for finding in hook.report.findings
    ]
    renal = issues[0]
    assert renal["code"]["coding"][0]["system"] == f"{BASE}/fhir/CodeSystem/gabaguard-checks"
    assert renal["implicated"] == [{"reference": "MedicationRequest/d1"}]
    assert renal["reference"] == f"{BASE}/checks/baclofen-renal-dose"
    assert renal["patient"] == {"reference": "Patient/pat-1"}
    assert "eGFR 29" in renal["detail"]
    assert any("eGFR 29" in evidence["code"][0]["text"] for evidence in renal["evidence"])
    assert len(_of_type(answer, "GuidanceResponse")) == len(_of_type(answer, "OperationOutcome")) == 1


def test_the_same_question_gets_the_same_bytes(client: FlaskClient) -> None:
    body = orjson.dumps(_parameters("renal-egfr-29-start"))
    assert client.post("/fhir/$check", data=body).data == client.post("/fhir/$check", data=body).data


def test_what_a_bare_bundle_does_not_hold_is_not_checked(client: FlaskClient) -> None:
    """An order and a patient, nothing else: the outcome names what is missing, and the guidance asks for it."""
    request = render(case_named("renal-egfr-29-start"), "R4")
    entries = [{"resource": request["prefetch"]["patient"]}, *request["context"]["medications"]["entry"]]
    answer = _posted(client, {"resourceType": "Bundle", "type": "collection", "entry": entries})
    import_module("fhir.resources.R4B.bundle").Bundle.model_validate(answer)
    told = [issue["details"]["text"] for issue in _of_type(answer, "OperationOutcome")[0]["issue"]]
    assert any(text.startswith("baclofen-renal-unknown") or "renal" in text for text in told)
    guidance = _of_type(answer, "GuidanceResponse")[0]
    assert guidance["status"] == "data-requested"
    assert "Observation" in {need["type"] for need in guidance["dataRequirement"]}


def test_a_bundle_without_drafts_is_judged_as_an_opened_chart(client: FlaskClient) -> None:
    """Baclofen as a running order, eGFR 20, nobody prescribes: the standing danger is told."""
    request = render(case_named("renal-egfr-29-start"), "R4")
    order = request["context"]["medications"]["entry"][0]["resource"] | {"status": "active"}
    entries = [{"resource": request["prefetch"]["patient"]}, {"resource": order}]
    entries += request["prefetch"]["creatinine"]["entry"]
    answer = _posted(client, {"resourceType": "Bundle", "type": "collection", "entry": entries})
    found = [one["code"]["coding"][0]["code"] for one in _of_type(answer, "DetectedIssue")]
    assert "baclofen-renal-dose" in found


@pytest.mark.parametrize("release", ["DSTU2", "STU3", "R5"])
def test_bundles_of_other_releases_are_read_and_answered_in_r4(client: FlaskClient, release: str) -> None:
    answer = _posted(client, as_parameters(render(case_named("renal-egfr-29-start"), release)))
    import_module("fhir.resources.R4B.bundle").Bundle.model_validate(answer)
    assert _of_type(answer, "DetectedIssue")[0]["code"]["coding"][0]["code"] == "baclofen-renal-dose"


def test_apply_gives_the_advice_of_one_check_as_a_proposal(client: FlaskClient) -> None:
    body = as_parameters(render(case_named("renal-egfr-29-start"), "R4"), bundle_name="data")
    plan = _posted(client, body, "PlanDefinition/baclofen-renal-dose/$apply")
    import_module("fhir.resources.R4B.careplan").CarePlan.model_validate(plan)
    assert plan["intent"] == "proposal"
    assert plan["contained"][0]["action"][0]["priority"] == "stat"
    quiet = _posted(client, body, "PlanDefinition/baclofen-dialysis/$apply")
    import_module("fhir.resources.R4B.careplan").CarePlan.model_validate(quiet)
    assert "activity" not in quiet


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"resourceType": "Patient"}', 400),
        (b'{"resourceType": "Parameters"}', 400),
        (b'{"resourceType": "Parameters", "parameter": [1]}', 400),
        (
            b'{"resourceType": "Parameters", "parameter": [{"name": "bundle", "resource": {"resourceType": "List"}}]}',
            400,
        ),
        (b'{"resourceType": "Bundle", "entry": []}', 400),
        (b'{"resourceType": "Bundle", "entry": "x"}', 400),
        (b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}]}', 400),
    ],
)
def test_what_cannot_be_judged_is_refused_with_the_reason(client: FlaskClient, body: bytes, status: int) -> None:
    reply = client.post("/fhir/$check", data=body)
    assert reply.status_code == status, reply.data
    assert reply.json["resourceType"] == "OperationOutcome"


def test_the_words_of_a_request_are_inert_in_the_answer(client: FlaskClient) -> None:
    """A drug named like a link stays a text without markup."""
    body = _parameters("renal-egfr-29-start")
    order = next(one for one in body["parameter"] if one["name"] == "draftOrders")["resource"]["entry"][0]["resource"]
    order["medicationCodeableConcept"]["text"] = "baclofen [click](https://evil.example) <script>"
    text = orjson.dumps(_posted(client, body)).decode()
    assert "<script>" not in text
    assert "https://evil.example" not in text


def test_nothing_of_fhir_is_built_before_it_is_asked_for() -> None:
    """The endpoint costs a starting service nothing."""
    engine = engine_at(case_named("renal-egfr-29-start").as_of)
    create_app(engine.settings, engine)
    assert not {"published", "teller", "metadata"} & set(vars(Endpoint(engine)))
