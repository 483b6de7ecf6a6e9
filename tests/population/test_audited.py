"""What the service said live stands beside a replay: the audit store is counted, its rows cannot be judged again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from hooks.cli import cli
from hooks.feedback import Feedback
from hooks.store import Store
from tests.population.test_replay import summary
from tests.support.stories import KIDNEY, PAIR, write

AT = datetime(2026, 6, 10, 12, tzinfo=UTC)


def call(knowledge: str, **more: Any) -> dict[str, Any]:
    row = dict.fromkeys(("request_id", "service", "hook", "patient", "hook_instance"), "x")
    lists: dict[str, Any] = {name: [] for name in ("findings", "not_checked", "cards", "explained")}
    given = {name: orjson.dumps(value).decode() for name, value in (lists | more).items()}
    return row | {"at": AT, "client": "", "status": 200, "ms": 1.0, "knowledge": knowledge} | given


def replay(folder: Path) -> Result:
    words = ("replay", folder / "export", "--out", folder / "out", "--processes", 1, "--audit")
    return CliRunner().invoke(cli, [str(word) for word in words])


def test_live_figures_stand_beside_the_replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All knowledge versions together: fired, shown, could not look, accepted, overridden."""
    url = f"sqlite:///{tmp_path / 'audit.sqlite'}"
    store = Store(url)
    store.keep_calls(
        [
            call("A", findings=[[KIDNEY, "critical", True]], cards=[["c1", "critical", [KIDNEY], []]]),
            call("B", findings=[[KIDNEY, "critical", True]], cards=[["c2", "critical", [KIDNEY], []]]),
            call("B", findings=[[PAIR, "info", False]], not_checked=[[KIDNEY, "absent"]]),
        ]
    )
    store.keep_feedback([Feedback("c1", "accepted", AT, reason_code="")], client="", service="s")
    store.keep_feedback([Feedback("c2", "overridden", AT, reason_code="")], client="", service="s")
    store.close()
    write(tmp_path / "export", 7, 1)
    monkeypatch.setenv("GABAGUARD_DATABASE_URL", url)
    result = replay(tmp_path)
    assert result.exit_code == 0, result.output
    audited = summary(tmp_path / "out")["audited"]
    assert (audited["calls"], audited["cards"]) == (3, 2)
    assert audited["by_check"] == [[KIDNEY, 2, 2, 1, 1, 1], [PAIR, 1, 0, 0, 0, 0]]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    cells = "".join(f'<td class="n">{number}</td>' for number in (1, 2, 2, 1, 1, 1))
    assert f"<small>{KIDNEY}</small></td>{cells}" in page


def test_without_a_store_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is replayed instead."""
    write(tmp_path / "export", 7, 1)
    monkeypatch.setenv("GABAGUARD_DATABASE_URL", "off")
    result = replay(tmp_path)
    assert result.exit_code == 2
    assert "GABAGUARD_DATABASE_URL" in result.output
    assert not (tmp_path / "out").exists()
