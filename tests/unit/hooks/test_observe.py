"""Logs hold only what is on the list."""

from __future__ import annotations

import io
import json

import pytest

from hooks.observe import configure, fault, log


def test_fields_that_are_not_on_the_list_are_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    log().info("request", status=200, patient="Jane Roe", token="secret", body={"a": 1})
    line = json.loads(capsys.readouterr().err)
    assert set(line) == {"event", "level", "timestamp", "status"}


def test_the_level_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    configure("error")
    log().info("request")
    assert capsys.readouterr().err == ""


def test_a_log_that_cannot_be_written_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("sys.stderr", closed)
    configure()
    log().info("request", status=200)


def test_a_fault_tells_type_and_place_but_not_the_words() -> None:
    try:
        raise ValueError("Jane Roe")
    except ValueError as error:
        told = fault(error)
    assert told["error"] == "ValueError"
    assert told["at"].startswith("test_observe.py:")
    assert "Jane" not in str(told)
