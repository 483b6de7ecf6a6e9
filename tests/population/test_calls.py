"""Recorded hook calls as a source: each is judged by the journey of a live call, on its own day."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from hooks.engine import Engine
from hooks.population.calls import PATIENTS
from hooks.population.gather import CannotReplayError
from hooks.population.run import Wanted, replay
from hooks.respond import respond
from hooks.services import service_for_hook
from hooks.settings import Settings
from tests.population.test_replay import rows, tables

REQUESTS = Path(__file__).resolve().parents[2] / "fixtures" / "requests"
DAY = date(2026, 6, 10)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("calls") / "out"
    replay(Wanted((REQUESTS,), out, as_of=DAY, identified=True))
    return out


def live(path: Path) -> dict[str, Any] | None:
    """The answer that the service gives on that day; None when it refuses the call."""
    request = orjson.loads(path.read_bytes())
    service = service_for_hook(request["hook"])
    if service is None:
        return None
    answer = respond(path.read_bytes(), service, Engine(Settings(as_of=DAY)))
    return orjson.loads(answer.body) if answer.status == 200 else None


def test_every_card_is_that_of_the_live_call(replayed: Path) -> None:
    """As many calls as are answered live, with the very same summaries; the others are rejected, by name."""
    answers = {path.name: live(path) for path in sorted(REQUESTS.glob("*.json"))}
    answered = [answer for answer in answers.values() if answer is not None]
    patients = json.loads((replayed / "summary.json").read_bytes())["left"][PATIENTS]
    assert len(rows(replayed, "calls")) == len(answered) - patients > 20
    wanted = sorted(card["summary"] for answer in answered for card in answer["cards"])
    assert sorted(row["summary"] for row in rows(replayed, "cards")) == wanted
    rejected = [json.loads(line)["file"] for line in (replayed / "rejected.ndjson").read_bytes().splitlines()]
    assert rejected == [name for name, answer in answers.items() if answer is None]


def call(day: str | None) -> dict[str, Any]:
    """A signed order of baclofen for a kidney that cannot clear it, written that day."""
    order: dict[str, Any] = {
        "resourceType": "MedicationRequest",
        "id": "d1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/x1"},
        "medicationCodeableConcept": {"text": "Baclofen 10 mg tablet"},
        "dosageInstruction": [{"text": "1 tablet three times daily"}],
    }
    if day:
        order["authoredOn"] = day
    drafts = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": order}]}
    return {
        "hook": "order-sign",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/1", "patientId": "x1", "draftOrders": drafts},
        "prefetch": {"patient": {"resourceType": "Patient", "id": "x1", "birthDate": "1960-02-03", "gender": "male"}},
    }


def test_a_call_is_judged_on_the_day_of_its_draft(tmp_path: Path) -> None:
    """Plain or packed; one that nobody can date is counted, not judged; one that is no call is rejected."""
    folder = tmp_path / "calls"
    folder.mkdir()
    (folder / "a.json").write_bytes(orjson.dumps(call("2024-03-04T10:00:00Z")))
    (folder / "b.json.gz").write_bytes(gzip.compress(orjson.dumps(call("2025-01-02"))))
    (folder / "c.json").write_bytes(orjson.dumps(call(None)))
    (folder / "d.json").write_bytes(b'{"hook": "order-sign"')
    (folder / "e.json").write_bytes(b"[]")
    (folder / "f.json").write_bytes(orjson.dumps(call("2024-03-04") | {"hook": "appointment-book"}))
    summary = replay(Wanted((folder,), tmp_path / "out"))
    assert [row["as_of"] for row in rows(tmp_path / "out", "calls")] == ["2024-03-04", "2025-01-02"]
    assert summary.read == {"calls": 6, "bytes": summary.read["bytes"], "rejected": 3, "used": 2}
    assert summary.left == {"calls without a dated draft (give --as-of)": 1}
    assert [row[0] for row in summary.per_month] == ["2024-03", "2025-01"]
    rejected = [json.loads(line) for line in (tmp_path / "out" / "rejected.ndjson").read_bytes().splitlines()]
    assert [one["file"] for one in rejected] == ["d.json", "e.json", "f.json"]
    assert all(b"x1" not in path.read_bytes() for path in (tmp_path / "out").glob("*.csv")), "patients are hashed"


def test_recorded_calls_can_be_gone_on_with(replayed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted after the first files: the same rows, and the same rejected files, each once."""
    monkeypatch.setattr("hooks.population.run._NOTE", 0.0)

    class Interrupt(BaseException):
        pass

    def tell(what: str, done: int, of: int) -> None:
        if what == "calls" and done >= 40:
            raise Interrupt

    job = Wanted((REQUESTS,), tmp_path / "out", as_of=DAY, identified=True)
    with pytest.raises(Interrupt):
        replay(job, tell)
    replay(Wanted((REQUESTS,), tmp_path / "out", as_of=DAY, identified=True, resume=True, processes=2))
    assert tables(tmp_path / "out") == tables(replayed)
    assert (tmp_path / "out" / "rejected.ndjson").read_bytes() == (replayed / "rejected.ndjson").read_bytes()


def test_an_export_and_calls_are_not_mixed(tmp_path: Path) -> None:
    """One at a time: they answer different questions. What ends in .json within an export is its manifest."""
    (tmp_path / "a.json").write_bytes(orjson.dumps(call("2024-03-04")))
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "b.ndjson").write_bytes(b'{"resourceType":"Patient","id":"1"}')
    (folder / "manifest.json").write_bytes(b'{"transactionTime":"2024-01-01T00:00:00Z"}')
    with pytest.raises(CannotReplayError, match="one at a time"):
        replay(Wanted((folder, tmp_path / "a.json"), tmp_path / "out"))
    assert replay(Wanted((folder,), tmp_path / "out")).read["patients"] == 1


def test_months_without_any_card_are_months(tmp_path: Path) -> None:
    """A call about nothing of ours is counted; its month has no card, and the picture says 0."""
    lisinopril = call("2024-03-04")
    order = lisinopril["context"]["draftOrders"]["entry"][0]["resource"]
    order["medicationCodeableConcept"] = {"text": "Lisinopril 10 mg tablet"}
    (tmp_path / "a.json").write_bytes(orjson.dumps(lisinopril))
    summary = replay(Wanted((tmp_path / "a.json",), tmp_path / "out"))
    assert summary.per_month == [("2024-03", 0, 1, 0, 0, 0, 0)]
    assert "2024-03 0" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
