"""What /fhir publishes: every resource valid, found by search, and derived from the knowledge without gaps."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from cds.fhir.publish import TYPES
from cds.knowledge.load import load_knowledge
from hooks.fhir.api import Endpoint
from tests.fhir.conftest import AS_OF, BASE
from tests.support.run import engine_at

KNOWN = load_knowledge()


def _get(client: FlaskClient, path: str, **headers: str) -> Any:
    reply = client.get(f"/fhir/{path}", headers=headers)
    assert reply.status_code == 200, reply.data
    assert reply.mimetype == "application/fhir+json"
    return reply.json


def _pages(client: FlaskClient, kind: str, count: int = 100) -> list[dict[str, Any]]:
    """Every resource of a type, page by page, as a client follows the links."""
    path, found = f"{kind}?_count={count}", []
    for _ in range(20):
        bundle = _get(client, path)
        found += [entry["resource"] for entry in bundle["entry"]]
        following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        if not following:
            assert len(found) == bundle["total"]
            return found
        parts = urlsplit(following[0])
        path = f"{parts.path.rsplit('/', 1)[-1]}?{parts.query}"
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("kind", TYPES)
def test_every_published_resource_is_valid_and_readable_at_its_own_address(client: FlaskClient, kind: str) -> None:
    model = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
    resources = _pages(client, kind)
    assert len({one["url"] for one in resources}) == len(resources) > 0
    for one in resources:
        model.model_validate(one)
        assert one["url"] == f"{BASE}/fhir/{kind}/{one['id']}"
        assert one["status"] == "draft", "nothing is more than a draft before a clinician has reviewed it"
        assert one["version"] == KNOWN.version
    assert _get(client, f"{kind}/{resources[-1]['id']}") == resources[-1]


def test_there_is_a_plan_definition_for_each_check_and_each_says_it_is_not_reviewed(client: FlaskClient) -> None:
    plans = {one["id"]: one for one in _pages(client, "PlanDefinition")}
    assert set(plans) == set(KNOWN.checks)
    for id, check in KNOWN.checks.items():
        action = plans[id]["action"][0]
        assert [trigger["name"] for trigger in action["trigger"]] == list(check.hooks)
        assert check.clinical_review in plans[id]["usage"]
        cited = {one["label"] for one in plans[id]["relatedArtifact"] if one["type"] == "citation"}
        assert cited == set(check.evidence)
        told = {one.get("label") for one in action["documentation"]}
        assert set(check.numbers) <= told


def test_what_is_published_is_dated_by_the_last_change_of_the_knowledge(client: FlaskClient) -> None:
    days = {id: check.changed.isoformat() for id, check in KNOWN.checks.items()}
    assert {one["id"]: one["date"] for one in _pages(client, "PlanDefinition")} == days
    for path in ("CodeSystem/gabaguard-checks", "ValueSet/drugs-baclofen", "Library/gabaguard-knowledge"):
        assert _get(client, path)["date"] == max(days.values())


def test_the_renal_dose_asks_for_age_sex_each_measure_of_the_kidney_and_problems(client: FlaskClient) -> None:
    """What an EHR that prepares the call must have, one requirement for each kind of measurement."""
    asked = _get(client, "PlanDefinition/baclofen-renal-dose")["action"][0]["input"]
    kidney = [f"{BASE}/fhir/ValueSet/measurements-{kind}" for kind in ("creatinine", "egfr", "cystatin-c")]
    assert asked == [
        {"type": "Patient", "mustSupport": ["birthDate", "gender"]},
        *({"type": "Observation", "codeFilter": [{"path": "code", "valueSet": one}]} for one in kidney),
        {"type": "Condition"},
    ]
    assert all(_get(client, one.removeprefix(f"{BASE}/fhir/"))["compose"] for one in kidney)


def test_a_source_that_has_an_address_is_cited_with_it(client: FlaskClient) -> None:
    cited = {one["label"]: one for one in _get(client, "Library/gabaguard-knowledge")["relatedArtifact"]}
    addresses = {id: source.url for id, source in KNOWN.evidence.items() if source.url}
    assert addresses
    assert {id: cited[id]["url"] for id in addresses} == addresses
    assert all("url" not in cited[id] for id in KNOWN.evidence.keys() - addresses)


def test_no_check_uses_race_and_the_renal_dose_uses_age_sex_problems_and_laboratory(client: FlaskClient) -> None:
    for one in _pages(client, "PlanDefinition"):
        used = {item["url"]: item["valueBoolean"] for item in one["extension"][0]["extension"]}
        assert used["race"] is used["ethnicity"] is used["language"] is False
        if one["id"] == "baclofen-renal-dose":
            assert {"date-of-birth", "sex", "problems", "laboratory"} <= {name for name, is_so in used.items() if is_so}
            assert not used["allergies"]


def test_topics_and_override_reasons_of_cards_are_defined_by_the_code_systems(client: FlaskClient) -> None:
    checks = _get(client, "CodeSystem/gabaguard-checks")
    assert {one["code"] for one in checks["concept"]} == {*KNOWN.checks, "not-checked"}
    reasons = _get(client, "CodeSystem/gabaguard-override-reasons")
    assert {one["code"]: one["display"] for one in reasons["concept"]} == {
        one.code: one.display for one in KNOWN.overrides.values()
    }


def test_letters_of_another_case_are_another_code_as_the_code_systems_say(client: FlaskClient) -> None:
    for one in _pages(client, "CodeSystem"):
        code = one["concept"][0]["code"]
        assert one["caseSensitive"] is True
        assert _get(client, f"CodeSystem?_id={one['id']}&code={code}")["total"] == 1
        assert _get(client, f"CodeSystem?_id={one['id']}&code={code.swapcase()}")["total"] == 0


def test_a_brand_maps_to_its_ingredient_by_rxnorm(client: FlaskClient) -> None:
    groups = _get(client, "ConceptMap/gabaguard-brands-to-ingredients")["group"]
    found = {
        element["code"]: (group["target"], [target["code"] for target in element["target"]])
        for group in groups
        for element in group["element"]
    }
    assert found["Lioresal"] == ("http://www.nlm.nih.gov/research/umls/rxnorm", ["1292"])


def test_the_library_is_made_of_every_check_and_cites_every_source(client: FlaskClient) -> None:
    artifacts = _get(client, "Library/gabaguard-knowledge")["relatedArtifact"]
    assert {one["label"] for one in artifacts if one["type"] == "composed-of"} == set(KNOWN.checks)
    assert {one["label"] for one in artifacts if one["type"] == "citation"} == set(KNOWN.evidence)


def test_the_capability_statement_and_the_operation_are_valid(client: FlaskClient) -> None:
    for path, name in (("metadata", "CapabilityStatement"), ("OperationDefinition/check", "OperationDefinition")):
        model = getattr(import_module(f"fhir.resources.R4B.{name.lower()}"), name)
        model.model_validate(_get(client, path))
    assert {one["type"] for one in _get(client, "metadata")["rest"][0]["resource"]} == set(TYPES)


# -- search ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("PlanDefinition?code=baclofen-renal-dose", ["baclofen-renal-dose"]),
        ("PlanDefinition?_id=baclofen-aki,baclofen-dialysis", ["baclofen-aki", "baclofen-dialysis"]),
        ("PlanDefinition?name:exact=BaclofenAki", ["baclofen-aki"]),
        ("PlanDefinition?name=baclofenaki&status=draft", ["baclofen-aki"]),
        ("PlanDefinition?name:exact=baclofenaki", []),
        (f"ValueSet?url={BASE}/fhir/ValueSet/drugs-baclofen", ["drugs-baclofen"]),
        ("ValueSet?code=http://loinc.org|2160-0", ["measurements-creatinine"]),
        ("ValueSet?code=http://snomed.info/sct|2160-0", []),
        ("CodeSystem?code=established-tolerated", ["gabaguard-override-reasons"]),
        ("PlanDefinition?status=active", []),
    ],
)
def test_search_finds_by_code_id_name_and_url(client: FlaskClient, query: str, ids: list[str]) -> None:
    bundle = _get(client, query)
    assert [entry["resource"]["id"] for entry in bundle.get("entry", ())] == ids
    assert bundle["total"] == len(ids)


def test_a_summary_is_shorter_and_says_so_and_a_count_brings_no_entries(client: FlaskClient) -> None:
    short = _get(client, "PlanDefinition?_id=baclofen-aki&_summary=true")["entry"][0]["resource"]
    assert "action" not in short
    assert short["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert "entry" not in _get(client, "PlanDefinition?_summary=count")
    assert _get(client, "PlanDefinition?_summary=count")["total"] == len(KNOWN.checks)


def test_unknown_parameters_are_ignored_unless_the_client_asks_for_strictness(client: FlaskClient) -> None:
    bundle = _get(client, "PlanDefinition?colour=red&_count=1")
    assert bundle["total"] == len(KNOWN.checks)
    assert "colour" not in bundle["link"][0]["url"]
    reply = client.get("/fhir/PlanDefinition?colour=red", headers={"Prefer": "handling=strict"})
    assert reply.status_code == 400
    assert reply.json["resourceType"] == "OperationOutcome"


def test_search_by_post_is_the_same_as_by_get(client: FlaskClient) -> None:
    posted = client.post("/fhir/PlanDefinition/_search", data={"code": "baclofen-aki"})
    assert posted.json == _get(client, "PlanDefinition?code=baclofen-aki")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("Patient/1", 404),
        ("Patient", 404),
        ("PlanDefinition/none-such", 404),
        ("PlanDefinition?_count=x", 400),
        ("PlanDefinition?name:missing=true", 400),
        ("PlanDefinition?_summary=maybe", 400),
        ("metadata?_format=xml", 406),
        ("ValueSet/none/$expand", 404),
        ("ValueSet/$expand", 400),
        ("ValueSet/drugs-opioid/$validate-code", 400),
        ("ValueSet/drugs-opioid/$validate-code?code=1", 400),
    ],
)
def test_what_cannot_be_answered_is_an_operation_outcome(client: FlaskClient, path: str, status: int) -> None:
    reply = client.get(f"/fhir/{path}")
    assert reply.status_code == status
    assert reply.json["resourceType"] == "OperationOutcome"


def test_only_json_is_spoken(client: FlaskClient) -> None:
    assert client.get("/fhir/metadata", headers={"Accept": "application/fhir+xml"}).status_code == 406
    for accept in ("application/fhir+json", "text/html, */*;q=0.8", "application/json; fhirVersion=4.0"):
        assert client.get("/fhir/metadata", headers={"Accept": accept}).status_code == 200


def test_a_resource_that_did_not_change_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/fhir/PlanDefinition/baclofen-aki")
    again = client.get("/fhir/PlanDefinition/baclofen-aki", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert not again.data


# -- terminology -----------------------------------------------------------------------------------------------------


def test_every_code_that_a_value_set_lists_is_a_member_by_the_checks_own_recognition(client: FlaskClient) -> None:
    """All codes of the knowledge: what is published is what the checks understand."""
    sets = Endpoint(engine_at(AS_OF)).published.value_sets
    listed = [(id, system, code) for id in sets.titles for system, code, _ in sets.codes(id)]
    wrong = [one for one in listed if not sets.member(*one)]
    assert len(listed) > 10_000
    assert not wrong, (len(wrong), wrong[:10])


def test_icd10_codes_are_listed_as_they_are_written(client: FlaskClient) -> None:
    """With the point after the third character: another server that expands the set finds "F103" nowhere."""
    sets = Endpoint(engine_at(AS_OF)).published.value_sets
    codes = {code for id in sets.titles for system, code, _ in sets.codes(id) if system.endswith("icd-10-cm")}
    assert {"G20", "F10.3", "N18.31"} <= codes
    assert [code for code in codes if not re.fullmatch(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?", code)] == []


@pytest.mark.parametrize(
    ("query", "result"),
    [
        ("drugs-baclofen/$validate-code?system=http://www.nlm.nih.gov/research/umls/rxnorm&code=1292", True),
        ("drugs-opioid/$validate-code?system=http://www.nlm.nih.gov/research/umls/rxnorm&code=1292", False),
        ("drugs-benzodiazepine/$validate-code?system=http://www.whocc.no/atc&code=N05BA12", True),
        ("drugs-benzodiazepine/$validate-code?system=http://www.whocc.no/atc&code=N05CF02", False),
        ("conditions-sleep-apnea/$validate-code?system=http://hl7.org/fhir/sid/icd-10-cm&code=G47.33", True),
        ("conditions-sleep-apnea/$validate-code?system=http://hl7.org/fhir/sid/icd-10-cm&code=G47.00", False),
        ("measurements-creatinine/$validate-code?system=http://loinc.org&code=2160-0", True),
        ("measurements-creatinine/$validate-code?system=http://loinc.org&code=2161-8", False),
    ],
)
def test_validate_code_answers_as_the_checks_would(client: FlaskClient, query: str, result: bool) -> None:
    parameters = _get(client, f"ValueSet/{query}")["parameter"]
    assert parameters[0] == {"name": "result", "valueBoolean": result}


def test_expansions_come_in_pages_and_by_words(client: FlaskClient) -> None:
    whole = _get(client, "ValueSet/drugs-benzodiazepine/$expand")["expansion"]
    assert whole["total"] == len(whole["contains"]) > 100
    second = _get(client, "ValueSet/drugs-benzodiazepine/$expand?count=10&offset=10")["expansion"]
    assert second["contains"] == whole["contains"][10:20]
    found = _get(client, "ValueSet/drugs-benzodiazepine/$expand?filter=lorazepam")["expansion"]["contains"]
    assert found
    assert all("lorazepam" in one["display"].lower() for one in found)


def test_operations_take_parameters_by_post_and_the_value_set_by_url(client: FlaskClient) -> None:
    coding = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1292"}
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "url", "valueUri": f"{BASE}/fhir/ValueSet/drugs-baclofen"},
            {"name": "codeableConcept", "valueCodeableConcept": {"coding": [{"system": "x", "code": "y"}, coding]}},
        ],
    }
    assert client.post("/fhir/ValueSet/$validate-code", json=body).json["parameter"][0]["valueBoolean"] is True
