"""Feedback, notes of calls and explanations over HTTP: stored before acknowledged, never a false 200."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from hooks.app import create_app
from hooks.audit import Audit
from hooks.respond import Answer
from hooks.settings import Settings
from tests.support.cases import case_named
from tests.support.render import render, render_bytes

AS_OF = date(2026, 6, 10)
ITEM = {"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-06-10T12:00:00Z"}
SIGN = "/cds-services/gabaguard-order-sign/feedback"
PRESCRIBE = "/cds-services/gabaguard-medication-prescribe"


class Service:
    """An application with a memory."""

    def __init__(self, url: str, **more: Any) -> None:
        self.settings = Settings(as_of=AS_OF, database_url=url, **more)
        self.memory = Audit(self.settings)
        self.client: FlaskClient = create_app(self.settings, memory=self.memory).test_client()

    def give(self, *items: Any) -> Any:
        """Send feedback."""
        return self.client.post(SIGN, data=orjson.dumps({"feedback": list(items)}), content_type="application/json")

    def prescribe(self, case_id: str) -> Any:
        """Make a call."""
        body = render_bytes(case_named(case_id), "R4")
        return self.client.post(PRESCRIBE, data=body, content_type="application/json")

    def noted(self, count: int = 1) -> list[dict[str, Any]]:
        """The rows, once so many are written."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if len(rows := self.memory.store.call_rows()) >= count:
                return rows
            time.sleep(0.02)
        raise AssertionError("the call was not noted")


@pytest.fixture
def service(database: str) -> Iterator[Service]:
    """One on each kind of database."""
    found = Service(database)
    yield found
    found.memory.flush()
    found.memory.store.close()


def test_feedback_is_stored_before_it_is_acknowledged(service: Service) -> None:
    assert service.give(ITEM).status_code == 200
    assert service.give(ITEM, ITEM | {"card": "d"}).status_code == 200
    assert [row["card"] for row in service.memory.store.feedback_rows()] == ["c", "d"]


def test_a_batch_with_a_fault_is_refused_whole(service: Service) -> None:
    assert service.give(ITEM, {"card": "d"}).status_code == 400
    assert service.memory.store.feedback_rows() == []


def test_feedback_for_no_service_is_404_and_the_old_analytics_are_gone(service: Service) -> None:
    assert service.client.post("/cds-services/none/feedback", json={"feedback": [ITEM]}).status_code == 404
    reply = service.client.post("/analytics/3f0b9e7a", json={})
    assert reply.status_code == 410
    assert reply.json["resourceType"] == "OperationOutcome"


def test_a_call_leaves_one_row_without_anything_of_the_patient(service: Service) -> None:
    reply = service.prescribe("renal-egfr-29-start")
    (row,) = service.noted()
    assert row["hook"] == "medication-prescribe"
    assert row["status"] == 200
    assert ["baclofen-renal-dose", "critical", True] in orjson.loads(row["findings"])
    cards = orjson.loads(row["cards"])
    assert [card[0] for card in cards] == [card["uuid"] for card in reply.json["cards"]]
    assert "baclofen-renal-dose" in cards[0][2]
    request = render(case_named("renal-egfr-29-start"), "R4")
    kept = "\n".join(str(value) for value in row.values())
    for secret in (
        "pat-1",
        request["prefetch"]["patient"]["birthDate"],
        "eGFR",
        "mL/min",
        "10 mg",
        "MedicationRequest",
    ):
        assert secret not in kept


def test_a_refused_call_is_noted_too(service: Service) -> None:
    assert service.client.post(PRESCRIBE, data=b"{}", content_type="application/json").status_code == 400
    (row,) = service.noted()
    assert (row["status"], row["findings"], row["patient"]) == (400, "[]", "")


def test_why_each_check_did_or_did_not_fire_is_told_without_values(service: Service) -> None:
    service.prescribe("renal-egfr-29-start")
    instance = service.noted()[0]["hook_instance"]
    (call,) = service.client.get(f"/explanations/{instance}").json["calls"]
    told = {one["check"]: one for one in call["checks"]}
    assert told["baclofen-renal-dose"]["outcome"] == "found something"
    assert told["baclofen-renal-dose"]["findings"] == [{"indicator": "critical", "shown": True}]
    assert told["benzo-renal"]["outcome"] in (
        "does not concern the orders of this call",
        "nothing to report, having seen all it needed",
    )
    assert service.client.get("/explanations/unknown").status_code == 404


def test_without_a_memory_nothing_is_claimed_to_be_kept() -> None:
    client = create_app(Settings(as_of=AS_OF)).test_client()
    assert client.post(SIGN, json={"feedback": [ITEM]}).status_code == 404
    assert client.get("/explanations/x").status_code == 404


# -- when the database fails -----------------------------------------------------------------------------------------


def _locked(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def test_a_locked_database_costs_no_advice_and_feedback_is_told_to_come_again(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite"
    service = Service(str(path))
    assert service.give(ITEM).status_code == 200
    lock = _locked(path)
    assert service.prescribe("renal-egfr-29-start").json["cards"]
    reply = service.give(ITEM | {"card": "d"})
    assert reply.status_code == 503
    assert reply.headers["Retry-After"]
    assert reply.json["resourceType"] == "OperationOutcome"
    lock.execute("ROLLBACK")
    lock.close()
    assert service.give(ITEM | {"card": "d"}).status_code == 200
    assert len(service.noted()) == 1, "the call is noted when the database is back"
    service.memory.flush()
    service.memory.store.close()


def test_a_database_that_is_gone_read_only_or_full_is_503_never_a_false_200(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite"
    for spoil in ("PRAGMA query_only=ON", "PRAGMA max_page_count=1"):
        service = Service(str(path))
        assert service.give(ITEM).status_code == 200

        @_on_connect(service)
        def spoilt(connection: Any, words: str = spoil) -> None:
            connection.execute(words)

        size = "x" * 200
        replies = [service.give(ITEM | {"card": f"{size}{number}"}).status_code for number in range(200)]
        assert replies[-1] == 503
        acknowledged = replies.count(200)
        with sqlite3.connect(path) as other:
            assert other.execute("SELECT count(*) FROM feedback").fetchone()[0] == 1 + acknowledged
        assert service.prescribe("renal-egfr-29-start").json["cards"]
        service.memory.flush(0.1)
        service.memory.store.close()
        path.unlink()
    gone = Service("postgresql://nobody@127.0.0.1:1/none")
    assert gone.give(ITEM).status_code == 503
    assert gone.prescribe("renal-egfr-29-start").json["cards"]
    gone.memory.flush(0.1)


def _on_connect(service: Service) -> Any:
    """Spoil every connection of a store from now on."""
    from sqlalchemy import event

    engine = service.memory.store.engine

    def register(act: Any) -> Any:
        event.listen(engine, "connect", lambda connection, _record: act(connection))
        engine.dispose()
        return act

    return register


def test_notes_beyond_what_the_memory_holds_are_dropped_and_counted() -> None:
    memory = Audit(Settings(database_url="postgresql://nobody@127.0.0.1:1/none"))
    for _ in range(5000):
        memory.note("r", "", "s", 1.0, Answer(200, b'{"cards": []}'))
    assert memory.dropped >= 2000
    assert memory.waiting <= 2000
    memory.flush(0.1)
