"""What cannot be answered is refused at once, as an OperationOutcome that names path, problem and remedy."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome

from tests.support.calls import Call, calls
from tests.support.server import MAX_BODY, PLANTED, Reply, Server

HOSTILE = calls("hostile")
GOOD = next(call for call in calls("requests") if call.name == "r4-order-sign")


def outcome(reply: Reply) -> list[dict[str, Any]]:
    """The issues of a refusal, which is a valid OperationOutcome and leaks nothing."""
    assert reply.headers["content-type"] == "application/fhir+json"
    body = reply.json()
    OperationOutcome.model_validate(body)
    text = reply.body.decode()
    assert not [planted for planted in PLANTED if planted in text]
    assert "Traceback" not in text
    assert "<script" not in text
    assert reply.headers["x-request-id"] in text
    issues: list[dict[str, Any]] = body["issue"]
    return issues


@pytest.mark.parametrize("call", HOSTILE, ids=lambda call: call.name)
def test_each_hostile_call_is_refused(server: Server, call: Call) -> None:
    headers = {name.replace("-", "_"): value for name, value in call.expected.get("headers", {}).items()}
    reply = server.post(call.service, call.body, **headers)
    assert reply.status == call.expected["status"], reply.body
    first = outcome(reply)[0]
    assert first.get("expression", [""]) == [call.expected["path"]]
    problem = first["details"]["text"]
    remedy = first["diagnostics"].removeprefix(problem)
    assert problem
    assert len(remedy.split(" (request")[0]) > 10


@pytest.mark.parametrize("size", [MAX_BODY, MAX_BODY + 1])
def test_the_body_limit_is_exact(server: Server, size: int) -> None:
    body = GOOD.body.rstrip()
    reply = server.post(GOOD.service, body + b" " * (size - len(body)))
    assert reply.status == (200 if size <= MAX_BODY else 413)
    if reply.status == 413:
        assert outcome(reply)[0]["code"] == "too-long"


def test_the_body_limit_holds_for_chunked_bodies(server: Server) -> None:
    """A body sent without a length is read whole or refused; it is never cut silently."""
    head = (
        f"POST /cds-services/{GOOD.service} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    for body, expected in ((GOOD.body, 200), (GOOD.body + b" " * MAX_BODY, 413)):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
            wire.sendall(head.encode() + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")
            status = int(wire.makefile("rb").readline().split()[1])
        assert status == expected


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/cds-services/gabaguard-order-sign", 405),
        ("PUT", "/cds-services", 405),
        ("DELETE", "/health/live", 405),
        ("GET", "/checks/nothing", 404),
        ("GET", "/checks/..%2f..%2fetc%2fpasswd", 404),
        ("POST", "/cds-services/nothing/feedback", 404),
        ("GET", "/cds-services/%00", 405),
    ],
)
def test_paths_that_are_not_there(server: Server, method: str, path: str, status: int) -> None:
    reply = server.ask(method, path)
    assert reply.status == status
    outcome(reply)
    assert ("allow" in reply.headers) is (status == 405)


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "application/fhir+json", ""])
def test_json_by_any_of_its_names_is_read(server: Server, kind: str) -> None:
    headers = {"Content_Type": kind} if kind else {}
    path = f"/cds-services/{GOOD.service}"
    assert server.ask("POST", path, GOOD.body, **headers).status == 200


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html", "application/fhir+xml"])
def test_what_the_caller_accepts_does_not_matter(server: Server, accept: str) -> None:
    reply = server.post(GOOD.service, GOOD.body, Accept=accept, Accept_Language="de")
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"


def test_a_token_and_patient_words_are_not_echoed_or_logged(server: Server) -> None:
    """Planted here; the session's server fixture searches the whole log for them at the end."""
    document = json.loads(GOOD.body)
    document["fhirServer"] = "https://ehr.example/planted-mrn-5512"
    document["fhirAuthorization"] = {"access_token": "planted-token-7c1f", "token_type": "Bearer"}
    document["prefetch"]["patient"]["name"] = [{"family": "Planted Family"}]
    document["prefetch"]["patient"]["identifier"] = [{"value": "planted-mrn-5512"}]
    reply = server.post(GOOD.service, json.dumps(document).encode(), Authorization="Bearer planted-token-7c1f")
    assert reply.status == 200
    assert b"lanted" not in reply.body
    reply = server.ask("POST", "/cds-services/Jane Roe".replace(" ", "%20"), b"{}")
    assert reply.status == 404
    assert b"Jane" not in reply.body
