"""What operators ask: metrics, readiness, the description of the interface."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient

from cds.knowledge.load import load_knowledge
from cds.knowledge.model import Knowledge
from hooks.app import create_app
from hooks.canaries import EXPECTED, Canaries
from hooks.engine import Engine
from hooks.openapi import openapi
from hooks.services import catalogue
from hooks.settings import Settings
from tests.support.cases import case_named
from tests.support.render import render_bytes

AS_OF = date(2026, 6, 10)


@pytest.fixture
def client() -> FlaskClient:
    return create_app(Settings(as_of=AS_OF)).test_client()


def _numbers(client: FlaskClient) -> dict[str, float]:
    text = client.get("/metrics").get_data(as_text=True)
    return {name: float(value) for name, value in re.findall(r"^(gabaguard_\S+) (\S+)$", text, re.MULTILINE)}


def test_calls_findings_and_what_was_not_checked_are_counted(client: FlaskClient) -> None:
    body = render_bytes(case_named("renal-egfr-29-start"), "R4")
    for _ in range(3):
        client.post("/cds-services/gabaguard-medication-prescribe", data=body, content_type="application/json")
    client.post("/cds-services/gabaguard-medication-prescribe", data=b"{}", content_type="application/json")
    found = _numbers(client)
    service = 'service="gabaguard-medication-prescribe"'
    assert found[f'gabaguard_calls_total{{{service},status="200"}}'] == 3
    assert found[f'gabaguard_calls_total{{{service},status="400"}}'] == 1
    assert found['gabaguard_findings_total{check="baclofen-renal-dose",indicator="critical",shown="yes"}'] == 3
    assert found[f"gabaguard_call_seconds_count{{{service}}}"] == 4


def test_metrics_hold_nothing_of_a_patient(client: FlaskClient) -> None:
    body = render_bytes(case_named("renal-egfr-29-start"), "R4")
    client.post("/cds-services/gabaguard-medication-prescribe", data=body, content_type="application/json")
    text = client.get("/metrics").get_data(as_text=True)
    for secret in ("pat-1", "d1", "29 mL", "baclofen 10 mg"):
        assert f'"{secret}' not in text


def test_the_workers_of_one_service_are_added_up(server_of_two: Any) -> None:
    """Thirty calls meet two workers; whichever is asked knows of all."""
    body = render_bytes(case_named("renal-egfr-29-start"), "R4")
    for _ in range(30):
        assert server_of_two.post("gabaguard-medication-prescribe", body).status == 200
    for _ in range(4):
        text = server_of_two.get("/metrics").body.decode()
        assert re.search(r'gabaguard_calls_total\{.*status="200"\} 30\.0', text), text


@pytest.fixture
def server_of_two(tmp_path: Any) -> Any:
    from tests.support.server import start, stop

    process, server = start(tmp_path, GABAGUARD_WORKERS="2")
    yield server
    stop(process)


# -- readiness ---------------------------------------------------------------------------------------------------------


def test_a_service_whose_canaries_sing_is_ready(client: FlaskClient) -> None:
    assert client.get("/health/ready").status_code == 200


@pytest.mark.parametrize("patient", [id for id in EXPECTED if EXPECTED[id]])
def test_knowledge_without_a_check_that_must_speak_is_not_ready(patient: str) -> None:
    """The check is there, but never finds anything: the drugs it is about are gone."""
    known = load_knowledge()
    missing = EXPECTED[patient].partition(" ")[0]
    engine = Engine(Settings(as_of=AS_OF), _without(known, missing))
    assert patient in Canaries(engine).silent()
    reply = create_app(engine=engine).test_client().get("/health/ready")
    assert reply.status_code == 503
    assert reply.headers["Retry-After"]


def _without(known: Knowledge, check: str) -> Knowledge:
    import msgspec

    left: Mapping[str, Any] = {id: one for id, one in known.checks.items() if id != check}
    by_ingredient = {id: tuple(one for one in ids if one != check) for id, ids in known.by_ingredient.items()}
    return msgspec.structs.replace(known, checks=left, by_ingredient=by_ingredient)


def test_canaries_are_asked_once_a_minute_at_most() -> None:
    engine = Engine(Settings(as_of=AS_OF))
    asked: list[float] = []
    now = [0.0]

    class Counting(Engine):
        def today(self) -> date:
            asked.append(now[0])
            return super().today()

    canaries = Canaries(Counting(engine.settings, engine.knowledge), lambda: now[0])
    for moment in (0.0, 1.0, 59.9, 60.0):
        now[0] = moment
        assert canaries.silent() == ()
    assert set(asked) == {0.0, 60.0}


# -- the description ---------------------------------------------------------------------------------------------------


def test_the_description_names_every_service_and_its_schemas_are_schemas(client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    assert document == openapi(Settings().base_url, load_knowledge().version)
    for id in catalogue():
        assert {"post"} == set(document["paths"][f"/cds-services/{id}"])
        assert f"/cds-services/{id}/feedback" in document["paths"]
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_reference_in_the_description_leads_somewhere(client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    for reference in _references(document):
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    return [found for item in node for found in _references(item)] if isinstance(node, list) else []


def test_what_is_described_exists(client: FlaskClient) -> None:
    """Each path and method of the description is a route; none of them is a 404 or 405."""
    document = client.get("/openapi.json").json
    for path, methods in document["paths"].items():
        for method in methods.keys() - {"parameters"}:
            reply = client.open(
                path.replace("{id}", "not-checked"), method=method.upper(), data=b"{}", content_type="application/json"
            )
            assert reply.status_code not in (405, 500), (path, method)
            if not path.endswith(("/feedback", "/{hookInstance}")):  # nothing is kept here
                assert reply.status_code != 404, (path, method)
