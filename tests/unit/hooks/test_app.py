"""When we fail ourselves, the caller gets a request id and the operator the place; nobody gets patient data."""

from __future__ import annotations

import json

import msgspec
import pytest
from flask.testing import FlaskClient

from cds.knowledge.load import load_knowledge
from hooks.app import create_app
from hooks.engine import Engine
from hooks.settings import Settings
from tests.support.calls import calls

CALL = next(call for call in calls("requests") if call.name == "r4-order-sign")


@pytest.fixture
def broken() -> FlaskClient:
    """A service whose knowledge has lost its topics after it was loaded: the first finding cannot be ranked."""
    knowledge = msgspec.structs.replace(load_knowledge(), topics={})
    return create_app(engine=Engine(Settings(), knowledge)).test_client()


def test_a_fault_while_judging_is_a_card_and_not_an_error(broken: FlaskClient) -> None:
    reply = broken.post(f"/cds-services/{CALL.service}", data=CALL.body, content_type="application/json")
    assert reply.status_code == 200
    assert "fault is ours" in json.loads(reply.data)["cards"][0]["detail"]
    assert b"KeyError" not in reply.data


def test_a_fault_of_ours_elsewhere_is_500_with_a_request_id_only() -> None:
    engine = Engine(Settings())
    del engine.cards  # an answer cannot be written without it
    client = create_app(Settings(), engine).test_client()
    reply = client.post(f"/cds-services/{CALL.service}", data=CALL.body, content_type="application/json")
    assert reply.status_code == 500
    issue = json.loads(reply.data)["issue"][0]
    assert issue["severity"] == "fatal"
    assert reply.headers["X-Request-Id"] in issue["diagnostics"]
    assert b"AttributeError" not in reply.data


def test_the_log_of_a_fault_tells_where(capsys: pytest.CaptureFixture[str], broken: FlaskClient) -> None:
    broken.post(f"/cds-services/{CALL.service}", data=CALL.body, content_type="application/json")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    fault = next(line for line in lines if line["event"] == "check failed")
    assert fault["error"] == "KeyError"
    assert fault["at"].startswith("screen.py:")
    assert "kidney-72" not in str(lines)


def test_the_log_line_of_a_call_tells_what_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    client = create_app(Settings()).test_client()
    client.post(f"/cds-services/{CALL.service}", data=CALL.body, content_type="application/json")
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert line["service"] == CALL.service
    assert line["release"] == "R4"
    assert "baclofen-renal-dose:critical" in line["findings"] or line["not_checked"]
    assert line["bytes_in"] == len(CALL.body)
