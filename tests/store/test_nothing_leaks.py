"""What identifies a patient, or lets somebody in, is found nowhere after calls of every kind: not in the log, not in
the metrics, not in any byte of the database, not in an answer that refuses.
"""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest

from tests.support.calls import Call, calls
from tests.support.server import Reply, Server, start, stop
from tests.support.tokens import ADDRESS, DISCOVERY, ISSUER, jwk, mint

FAMILY, RECORD, PATIENT = "Plantedfamily-4c1", "planted-mrn-7731", "pat-planted-5590"
NOTE, TOKEN, COMMENT = "planted note: sister of Jane Roe", "planted-access-token-19", "planted comment about Jane Roe"
PLANTED = (FAMILY, RECORD, PATIENT, NOTE, TOKEN, COMMENT, "Jane Roe")


class Seen:
    """The answers that refuse, the tokens that were sent, and what is counted."""

    def __init__(self) -> None:
        self.refusals: list[bytes] = []
        self.tokens: list[str] = []
        self.statuses: list[int] = []

    def token(self, path: str, **changes: Any) -> str:
        """A token for a path, to be looked for later."""
        self.tokens.append(mint(**{"aud": ADDRESS + path} | changes))
        return f"Bearer {self.tokens[-1]}"

    def note(self, reply: Reply) -> None:
        """Keep what a caller was told, if it was refused."""
        self.statuses.append(reply.status)
        if reply.status >= 400:
            self.refusals.append(reply.body)


def _planted(call: Call, port: int) -> bytes:
    """A good request in which every secret is planted, and that has to fetch from a server that is not there."""
    text = call.body.decode()
    request: dict[str, Any] = json.loads(text)
    before = str(request["context"]["patientId"])
    request = json.loads(text.replace(f'"{before}"', f'"{PATIENT}"').replace(f"Patient/{before}", f"Patient/{PATIENT}"))
    patient = request["prefetch"]["patient"]
    patient["name"] = [{"family": FAMILY, "given": ["Jane"]}]
    patient["identifier"] = [{"system": "urn:mrn", "value": RECORD}]
    for name in ("draftOrders", "medications"):
        orders = request["context"].get(name, {})
        for entry in orders if isinstance(orders, list) else orders.get("entry", []):
            entry.get("resource", entry)["note"] = [{"text": NOTE}]
    request["prefetch"] = {"patient": patient}
    request["fhirServer"] = f"http://127.0.0.1:{port}/{PATIENT}"
    request["fhirAuthorization"] = {
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.rs",
        "subject": "gabaguard",
        "patient": PATIENT,
    }
    return json.dumps(request).encode()


def _act(server: Server, seen: Seen, port: int) -> None:
    for call in calls("requests"):
        path = f"/cds-services/{call.service}"
        seen.note(server.post(call.service, call.body, Authorization=seen.token(path)))
        given = json.loads(call.body)
        if isinstance(given["context"], dict) and "resourceType" in given.get("prefetch", {}).get("patient", {}):
            body = _planted(call, port)
            seen.note(server.post(call.service, body, Authorization=seen.token(path)))
            seen.note(server.post(call.service, body[: len(body) * 2 // 3], Authorization=seen.token(path)))
            seen.note(server.post(call.service, body, Authorization=seen.token(path, aud=f"{path}/{PATIENT}")))
    for call in calls("hostile"):
        body = call.body.replace(b"kidney-72", PATIENT.encode())
        path = f"/cds-services/{call.service}"
        seen.note(server.post(call.service, body, Authorization=seen.token(path)))
    feedback = "/cds-services/gabaguard-order-sign/feedback"
    item = {"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-06-10T12:00:00Z"}
    item |= {"overrideReason": {"reason": {"code": "other"}, "userComment": COMMENT}}
    for given in (item, item | {"outcome": COMMENT}, item | {"outcomeTimestamp": NOTE}, item | {"card": [FAMILY]}):
        body = json.dumps({"feedback": [given]}).encode()
        told = {"Content_Type": "application/json", "Authorization": seen.token(feedback)}
        seen.note(server.ask("POST", feedback, body, **told))
    for path in (f"/cds-services/{PATIENT}", f"/Patient/{PATIENT}", f"/explanations/{PATIENT}", f"/checks/{PATIENT}"):
        seen.note(server.get(f"{path}?patient={RECORD}", Authorization=seen.token(path)))
        seen.note(server.get(path, Authorization=f"Bearer {TOKEN}", X_Request_Id=RECORD, User_Agent=FAMILY))


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Everything that is left after the calls, by where it is left."""
    folder = tmp_path_factory.mktemp("leaks")
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = int(nobody.getsockname()[1])
    key = ", ".join(f'{name} = "{value}"' for name, value in jwk("es384-a").items())
    clients = folder / "clients.toml"
    clients.write_text(
        f'[clients.main]\nissuer = "{ISSUER}"\nkeys = [{{ {key} }}]\nfhir_origins = ["http://127.0.0.1:{port}"]\n'
    )
    process, server = start(
        folder, GABAGUARD_CLIENTS=str(clients), GABAGUARD_PUBLIC_URL=ADDRESS, GABAGUARD_LOG_LEVEL="debug"
    )
    seen = Seen()
    try:
        _act(server, seen, port)
        metrics = server.get("/metrics").body
        time.sleep(0.1)
    finally:
        stop(process)
    (database,) = folder.glob("*.sqlite")
    rows = b"".join(path.read_bytes() for path in folder.glob(f"{database.name}*"))
    assert {200, 400, 401, 404} <= set(seen.statuses), set(seen.statuses)
    assert not [status for status in seen.statuses if status >= 500]
    found = {"log": server.log.read_bytes(), "metrics": metrics, "database": rows}
    found |= {"refusals": b"\n".join(seen.refusals), "tokens": "\n".join(seen.tokens).encode()}
    return found


PLACES = ("log", "metrics", "database", "refusals")


@pytest.mark.parametrize("place", PLACES)
def test_nothing_planted_is_left(left: dict[str, bytes], place: str) -> None:
    assert left[place]
    assert [word for word in PLANTED if word.encode() in left[place]] == []


@pytest.mark.parametrize("place", PLACES)
def test_no_token_and_no_part_of_one_is_left(left: dict[str, bytes], place: str) -> None:
    parts = {part for token in left["tokens"].split() for part in token.split(b".")[1:]}
    assert len(parts) > 20
    assert [part for part in parts if part in left[place]] == []


def test_the_calls_did_leave_something(left: dict[str, bytes]) -> None:
    """Else nothing could have leaked."""
    assert left["log"].count(b'"event": "request"') > 30
    assert b'"not admitted"' in left["log"]
    assert b'"fetched"' in left["log"]
    assert b"gabaguard-order-sign" in left["database"]
    assert b"gabaguard_calls_total" in left["metrics"]
    assert DISCOVERY.startswith(ADDRESS)
