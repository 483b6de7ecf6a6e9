"""Answers are remembered between calls, but what outsiders send never fills the memory."""

from __future__ import annotations

from pathlib import Path

import pytest

import cds.memo
from cds.memo import MOST_HEARD, forget, heard, remember

ROOT = Path(__file__).resolve().parents[2]
# Their arguments are types of ours, names of ours, numbers and dates; no text from a request.
OURS = {"cds/memo.py", "cds/fhir/salvage.py", "cds/arithmetic/dates.py", "cds/arithmetic/makeable.py"}
OURS |= {"cds/checks/conditions.py"}  # levels of the knowledge
OURS |= {"cds/arithmetic/rules.py"}  # wraps functions of tables: their arguments are those of writable and makeable
# A replay's own processes, which end with it: settings, knowledge, days, and texts of at most 40 characters (dates).
OURS |= {f"hooks/population/{name}.py" for name in ("calls", "known", "scan", "spark_tasks", "which", "work")}
OURS |= {"hooks/insights_page.py", "hooks/pages/cases.py", "hooks/sandbox/people.py", "hooks/sandbox/show.py"}
OURS |= {"cds/knowledge/load.py", "cds/terminology/load.py", "hooks/services.py"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a function was really asked, each time it was not remembered; nothing was heard before."""
    monkeypatch.setattr(cds.memo, "_heard", 0)
    return []


def test_an_answer_is_remembered_until_so_much_was_heard(asked: list[str]) -> None:
    @remember(8)
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    for _ in range(3):
        assert length("baclofen") == 8
    assert asked == ["baclofen"]
    heard(MOST_HEARD)
    length("baclofen")
    assert asked == ["baclofen"]
    heard(1)
    length("baclofen")
    assert asked == ["baclofen"] * 2


def test_a_memo_that_nobody_holds_any_more_is_let_go(asked: list[str]) -> None:
    before = len(cds.memo._memos)

    def make() -> None:
        remember(8)(asked.append)

    make()
    assert len(cds.memo._memos) == before
    forget()


def test_whatever_may_hold_text_of_a_request_is_remembered_in_this_way_only() -> None:
    files = [path for folder in ("cds", "hooks") for path in (ROOT / folder).rglob("*.py")]
    found = {str(path.relative_to(ROOT)) for path in files if "lru_cache(" in path.read_text("utf-8")}
    assert found == OURS
