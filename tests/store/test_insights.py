"""What became of the advice is counted rightly, shown only to whom it may be, and forgotten when it should be."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result
from werkzeug.test import TestResponse

from hooks.app import create_app
from hooks.audit import Audit
from hooks.cli import cli
from hooks.feedback import Feedback
from hooks.insights import NONE, OTHER, insights_of
from hooks.settings import Settings
from hooks.store import Store
from tests.support.tokens import ISSUER, jwk

AT = datetime(2026, 6, 10, 12, tzinfo=UTC)
REASONS = ("established-tolerated",)
RENAL, OPIOID = "baclofen-renal-dose", "opioid-benzodiazepine"


def _call(number: int, knowledge: str = "A", *, client: str = "", at: datetime = AT, **more: Any) -> dict[str, Any]:
    row = dict.fromkeys(("request_id", "service", "hook", "patient", "hook_instance"), "x")
    lists: dict[str, Any] = {name: [] for name in ("findings", "not_checked", "cards", "explained")}
    given = {name: orjson.dumps(value).decode() for name, value in (lists | more).items()}
    return row | {"at": at, "client": client, "status": 200, "ms": float(number), "knowledge": knowledge} | given


def _said(card: str, outcome: str, reason: str = "") -> Feedback:
    return Feedback(card, outcome, AT, reason_code=reason)


@pytest.fixture
def filled(store: Store) -> Store:
    """Two versions: under A renal fires in 2 of 4 calls, under B in 1 of 1."""
    both = [[RENAL, "critical", True], [RENAL, "warning", True], [OPIOID, "info", False]]
    store.keep_calls(
        [
            _call(1, findings=both, cards=[["c1", "critical", [RENAL, OPIOID, RENAL], []]]),
            _call(2, findings=[[RENAL, "warning", False]], not_checked=[[OPIOID, "missing"], [OPIOID, "missing"]]),
            _call(3, not_checked=[[OPIOID, "missing"], [OPIOID, "stale"]]),
            _call(100),
            _call(5, "B", client="ehr", findings=[[RENAL, "critical", True]], cards=[["c2", "critical", [RENAL], []]]),
        ]
    )
    said = [_said("c1", "overridden", REASONS[0]), _said("c1", "overridden", "=HYPERLINK(1)"), _said("c9", "accepted")]
    store.keep_feedback(said, client="", service="s")
    store.keep_feedback([_said("c2", "accepted"), _said("c2", "overridden")], client="ehr", service="s")
    return store


def test_each_call_counts_once_and_feedback_finds_its_checks_by_the_card(filled: Store) -> None:
    found = insights_of(filled, REASONS)
    a, b = found.versions["A"], found.versions["B"]
    assert (a.calls, a.cards, a.median_ms, a.p95_ms) == (4, 1, 2.5, 100.0)
    renal = a.checks[RENAL]
    assert (renal.fired, renal.shown, renal.accepted, renal.overridden, renal.not_checked) == (2, 1, 0, 1, 0)
    assert renal.reasons == {REASONS[0]: 1}
    opioid = a.checks[OPIOID]
    assert (opioid.fired, opioid.shown, opioid.overridden, opioid.not_checked) == (1, 0, 1, 2)
    assert opioid.why == {"missing": 2, "stale": 1}
    assert (b.checks[RENAL].accepted, b.checks[RENAL].overridden, b.checks[RENAL].reasons) == (1, 1, {NONE: 1})
    assert found.unknown == 1


def test_a_client_sees_its_own_calls_and_since_leaves_out_what_came_before(filled: Store) -> None:
    assert list(insights_of(filled, REASONS, client="ehr").versions) == ["B"]
    assert not insights_of(filled, REASONS, since=AT + timedelta(days=1)).versions


def test_a_reason_that_is_none_of_ours_is_not_repeated(store: Store) -> None:
    store.keep_calls([_call(1, findings=[[RENAL, "info", True]], cards=[["c", "info", [RENAL], []]])])
    store.keep_feedback([_said("c", "overridden", "Jane Roe")], client="", service="s")
    assert insights_of(store, REASONS).versions["A"].checks[RENAL].reasons == {OTHER: 1}


# -- the command -------------------------------------------------------------------------------------------------------


def _run(database: str, *words: str) -> Result:
    return CliRunner().invoke(cli, list(words), env={"GABAGUARD_DATABASE_URL": database})


def test_insights_as_tables_as_csv_and_compared(database: str, filled: Store, tmp_path: Path) -> None:
    shown = _run(database, "insights").output
    assert "Knowledge A" in shown
    assert RENAL in shown
    rows = list(csv.DictReader(io.StringIO(_run(database, "insights", "--csv", "-").stdout)))
    (row,) = [row for row in rows if (row["knowledge"], row["check"]) == ("A", RENAL)]
    assert (row["calls"], row["fired"], row["overridden"], row["reasons"]) == ("4", "2", "1", f"{REASONS[0]} 1")
    file = tmp_path / "insights.csv"
    assert _run(database, "insights", "--csv", str(file)).exit_code == 0
    assert len(list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))) == len(rows)
    compared = _run(database, "insights", "--compare", "A", "B").output
    assert re.search(rf"{RENAL} +2 +1 +50\.0 +100\.0 +\+50\.0", compared)
    assert _run(database, "insights", "--compare", "A", "C").exit_code == 2


def test_purge_says_first_and_then_forgets_what_is_older(database: str, store: Store) -> None:
    now = datetime.now(UTC)
    store.keep_calls([_call(1, at=now - timedelta(days=9)), _call(2, at=now)])
    assert "1 of 2 are older" in _run(database, "purge", "--calls-days", "5", "--dry-run").output
    assert store.counts()["calls"] == 2
    assert "calls: 1 older than 5 days forgotten; 1 kept" in _run(database, "purge", "--calls-days", "5").output
    assert store.counts()["calls"] == 1
    assert "calls: kept for ever" in _run(database, "purge", "--calls-days", "0").output


def test_both_say_what_is_wrong_with_the_database() -> None:
    for command in ("purge", "insights"):
        assert "is off" in _run("off", command).output
        away = _run("postgresql://nobody@127.0.0.1:1/none", command)
        assert away.exit_code == 1
        assert "cannot be reached" in away.output


# -- the page ----------------------------------------------------------------------------------------------------------


def _page(url: str, **more: Any) -> TestResponse:
    settings = Settings(as_of=date(2026, 6, 10), database_url=url, **more)
    memory = Audit(settings)
    app = create_app(settings, memory=memory)
    reply = app.test_client().get("/insights")
    memory.store.close()
    return reply


def test_the_page_shows_what_the_command_shows_and_runs_nothing(database: str, filled: Store) -> None:
    reply = _page(database)
    assert reply.status_code == 200
    assert "script-src" not in reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    text = reply.get_data(as_text=True)
    assert text.count("<svg") == 2
    assert RENAL in text
    assert not re.search(r"<script|style=|\son[a-z]+=", text)
    assert "HYPERLINK" not in text


def test_the_page_is_not_there_for_strangers(database: str, filled: Store, tmp_path: Path) -> None:
    """Beyond loopback it needs a token, even where anybody may call."""
    assert _page(database, host="192.0.2.1", insecure=True).status_code == 403
    clients = tmp_path / "clients.toml"
    key = ", ".join(f'{name} = "{value}"' for name, value in jwk("es384-a").items())
    clients.write_text(f'[clients.main]\nissuer = "{ISSUER}"\nkeys = [{{ {key} }}]\n', encoding="utf-8")
    assert _page(database, clients=str(clients), public_url="https://cds.example.org").status_code == 401
