"""What must be true of every answer of a service, whatever the call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from hooks.explain import validator


def check_answer(answer: Any) -> list[dict[str, Any]]:
    """Assert that a 200 body is a proper CDS Hooks answer; its cards."""
    errors = [f"{list(error.absolute_path)}: {error.message}" for error in validator("response").iter_errors(answer)]
    assert not errors, errors
    assert not list(empties(answer))
    cards: list[dict[str, Any]] = answer["cards"]
    order = ["critical", "warning", "info"]
    ranks = [order.index(card["indicator"]) for card in cards]
    assert ranks == sorted(ranks)
    uuids = [UUID(card["uuid"]) for card in cards]
    assert len(set(uuids)) == len(uuids)
    reported = findings(answer)
    for card in cards:
        assert len(card["summary"]) <= 139
        assert "\n" not in card["summary"]
        assert all(finding in reported for finding in card.get("extension", {}).get("org.gabaguard.findings", []))
    on_cards = [finding for card in cards for finding in card.get("extension", {}).get("org.gabaguard.findings", [])]
    assert all(finding in on_cards for finding in reported if finding["indicator"] == "critical")
    assert sum(card["source"]["topic"]["code"] == "not-checked" for card in cards) <= 1
    assert not re.search(r"<[A-Za-z/!]", str(answer)), "raw HTML in an answer"
    return cards


def empties(value: Any, path: str = "") -> Iterator[str]:
    """Where an answer holds null, "", [] or {} (``cards`` may be empty)."""
    if value is None or value in ("", [], {}):
        if path != ".cards":
            yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from empties(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from empties(item, f"{path}[{index}]")


def report(answer: Any) -> dict[str, Any]:
    """The report extension of an answer."""
    found: dict[str, Any] = answer["extension"]["org.gabaguard.report"]
    return found


def findings(answer: Any) -> list[dict[str, Any]]:
    """All findings of an answer."""
    found: list[dict[str, Any]] = report(answer).get("findings", [])
    return found


def told(answer: Any) -> set[str]:
    """Findings as "check:indicator"."""
    return {f"{finding['check']}:{finding['indicator']}" for finding in findings(answer)}
