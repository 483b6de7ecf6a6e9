"""Discovery, health, pages, headers, and browser pages that call us."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds.knowledge.load import load_knowledge
from hooks.app import create_app
from hooks.services import catalogue, discovery
from hooks.settings import Settings
from tests.support.answers import empties
from tests.support.calls import calls
from tests.support.server import Server

GOOD = next(call for call in calls("requests") if call.name == "r4-order-sign")
SANDBOX = "https://sandbox.example"


@pytest.fixture(scope="module")
def guarded() -> FlaskClient:
    """The application as bound to all addresses, with one allowed origin; no port is opened for it."""
    settings = Settings(host="0.0.0.0", public_url="https://cds.example.org", cors_origins=("https://ehr.example",))
    return create_app(settings).test_client()


@pytest.mark.parametrize("path", ["/cds-services", "/cds-services/"])
def test_discovery_needs_nothing_and_is_stable(server: Server, path: str) -> None:
    reply = server.get(path, Authorization="Bearer anything")
    assert reply.status == 200
    assert reply.body == discovery(catalogue().values())
    assert not list(empties(reply.json()))


def test_health(server: Server) -> None:
    assert server.get("/health/live").json() == {"status": "live"}
    ready = server.get("/health/ready").json()
    assert ready == {"status": "ready", "knowledgeVersion": load_knowledge().version}


def test_every_check_has_an_evidence_page(server: Server) -> None:
    for id, check in load_knowledge().checks.items():
        reply = server.get(f"/checks/{id}")
        assert reply.status == 200
        assert reply.headers["content-type"].startswith("text/html")
        text = reply.body.decode()
        assert check.clinical_review.replace("'", "&#39;") in text
        assert all(source in text for source in check.evidence)
    assert server.get("/checks/not-checked").status == 200


def test_an_evidence_page_tells_where_the_check_speaks_and_where_it_stays_quiet(server: Server) -> None:
    """In the words of the cases that are its tests; every number with its basis; a print sheet of its own."""
    text = server.get("/checks/baclofen-renal-dose").body.decode()
    assert "eGFR 59 at 50, 15 mg a day: info" in text
    assert "Where it stays quiet (" in text
    assert "none: our own rule" in text
    sheet = server.get("/static/evidence.css")
    assert sheet.status == 200
    assert "@media print" in sheet.body.decode()


def test_the_front_page_leads_to_discovery_and_checks(server: Server) -> None:
    text = server.get("/").body.decode()
    assert 'href="cds-services"' in text
    assert all(f'href="checks/{id}"' in text for id in load_knowledge().checks)


@pytest.mark.parametrize("path", ["/", "/cds-services", "/nothing", "/health/live"])
def test_every_answer_has_security_headers(server: Server, path: str) -> None:
    headers = server.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["strict-transport-security"]
    assert len(headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/cds-services"),
        ("POST", f"/cds-services/{GOOD.service}"),
        ("POST", f"/cds-services/{GOOD.service}/feedback"),
    ],
)
def test_any_page_may_call_a_loopback_service(server: Server, method: str, path: str) -> None:
    preflight = server.ask(
        "OPTIONS",
        path,
        Origin=SANDBOX,
        Access_Control_Request_Method=method,
        Access_Control_Request_Headers="authorization,content-type",
        Access_Control_Request_Private_Network="true",
    )
    assert preflight.status in (200, 204)
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert method in preflight.headers["access-control-allow-methods"]
    assert {"authorization", "content-type"} <= set(
        preflight.headers["access-control-allow-headers"].lower().replace(" ", "").split(",")
    )
    assert preflight.headers["access-control-allow-private-network"] == "true"
    assert "access-control-allow-credentials" not in preflight.headers


def test_errors_can_be_read_by_a_page_too(server: Server) -> None:
    reply = server.post(GOOD.service, b"{}", Origin=SANDBOX)
    assert reply.status == 400
    assert reply.headers["access-control-allow-origin"] == "*"


def post(client: FlaskClient, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(f"/cds-services/{GOOD.service}", data=GOOD.body, content_type="application/json", headers=named)


def test_elsewhere_only_listed_origins_may_call(guarded: FlaskClient) -> None:
    allowed = post(guarded, Origin="https://ehr.example")
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://ehr.example"
    assert allowed.headers["Vary"] == "Origin"
    for origin in (SANDBOX, "null", "https://ehr.example.evil", "http://ehr.example"):
        other = post(guarded, Origin=origin)
        assert other.status_code == 200
        assert "Access-Control-Allow-Origin" not in other.headers


def test_the_address_on_cards_is_ours_not_the_host_header(guarded: FlaskClient) -> None:
    reply = post(guarded, Host="evil.example", X_Forwarded_Host="evil.example")
    assert b"evil.example" not in reply.data
    assert b"https://cds.example.org/checks/" in reply.data
