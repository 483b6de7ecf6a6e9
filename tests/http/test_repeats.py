"""Two workers of a real service: what one showed at the choice, the other does not show again at the signature."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from tests.support.cases import case_named
from tests.support.render import render_bytes
from tests.support.server import Server, start, stop

CHECK = "baclofen-renal-dose"
BODY = render_bytes(case_named("rd-50-20-mg"), "R4")


def called(server: Server, hook: str) -> dict[str, Any]:
    reply = server.post(f"gabaguard-{hook}", BODY.replace(b"medication-prescribe", hook.encode()))
    assert reply.status == 200
    found: dict[str, Any] = reply.json()
    return found


def kept_back(answer: dict[str, Any]) -> dict[str, str]:
    about = answer["extension"]["org.gabaguard.report"]
    return {one["check"]: one["because"] for one in about.get("notShownAgain", ())}


def until_kept_back(server: Server, hook: str, times: int = 6) -> dict[str, str]:
    """Until both workers have read it: so many answers in a row keep it back."""
    end = time.monotonic() + 30
    row = 0
    while time.monotonic() < end:
        found = kept_back(called(server, hook))
        row = row + 1 if CHECK in found else 0
        if row >= times:
            return found
        time.sleep(0.1)
    raise AssertionError("it is shown again and again")


def test_two_workers_and_a_restart(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "default.toml").write_text(
        '[repeats]\nselect_minutes = 30\noverride_hours = 24\nwhy = "Decided by the pharmacy committee"\n', "utf-8"
    )
    settings = {
        "GABAGUARD_SITES": str(tmp_path / "sites"),
        "GABAGUARD_WORKERS": "2",
        "GABAGUARD_DATABASE_URL": str(tmp_path / "kept.sqlite"),
    }
    process, server = start(tmp_path, **settings)
    try:
        assert kept_back(called(server, "order-sign")) == {}
        cards = called(server, "order-select")["cards"]
        assert until_kept_back(server, "order-sign")[CHECK] == "shown when the medicine was chosen"
        item = {
            "card": cards[0]["uuid"],
            "outcome": "overridden",
            "overrideReason": {"reason": {"code": "monitored"}},
            "outcomeTimestamp": "2026-06-10T10:00:00Z",
        }
        sent = json.dumps({"feedback": [item]}).encode()
        assert server.post("gabaguard-order-select/feedback", sent).status == 200
        assert until_kept_back(server, "medication-prescribe")[CHECK] == "overridden with a reason"
    finally:
        stop(process)
    process, server = start(tmp_path, **settings)
    try:
        assert until_kept_back(server, "medication-prescribe")[CHECK] == "overridden with a reason"
    finally:
        stop(process)
