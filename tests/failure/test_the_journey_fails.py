"""A fault of ours while a call is judged is told to the prescriber on a card; an error 500 would reach nobody."""

from __future__ import annotations

import json

import pytest

from cds.knowledge.load import load_knowledge
from cds.screen import unjudged
from hooks import respond as journey
from tests.support.cases import case_named
from tests.support.render import render_bytes
from tests.support.run import answer_to


@pytest.mark.parametrize("stage", ["case_of", "screen"])
@pytest.mark.parametrize("fault", [ValueError("boom of Mrs Doe"), MemoryError(), RecursionError()])
def test_a_fault_of_ours_is_one_card_that_says_so(
    stage: str, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(journey, stage, fail)
    case = case_named("alprazolam-on-oxycodone")
    answer = answer_to(render_bytes(case, "R4"), case.as_of)
    body = json.loads(answer.body)
    assert answer.status == 200
    assert [card["indicator"] for card in body["cards"]] == ["info"]
    assert "fault is ours" in body["cards"][0]["detail"]
    assert "Doe" not in answer.body.decode()
    reasons = {item["reason"] for item in body["extension"]["org.gabaguard.report"]["notChecked"]}
    assert reasons == {"internal"}


def test_the_operator_is_told_which_fault() -> None:
    """The log names type and place; the report carries the exception to it."""
    fault = KeyError("x")
    assert [outcome.failed for outcome in unjudged(load_knowledge(), fault).outcomes] == [fault]


@pytest.mark.parametrize("stage", ["propose", "Subject"])
def test_a_fault_in_the_suggestions_costs_no_card(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cards are those of the same call, only without what could be done instead; the operator is told."""
    case = case_named("alprazolam-on-oxycodone")
    whole = json.loads(answer_to(render_bytes(case, "R4"), case.as_of).body)
    assert any("suggestions" in card for card in whole["cards"])

    def fail(*_: object, **__: object) -> None:
        raise ValueError("boom")

    monkeypatch.setattr(journey, stage, fail)
    answer = answer_to(render_bytes(case, "R4"), case.as_of)
    for card in whole["cards"]:
        card.pop("suggestions", None)
        card.pop("selectionBehavior", None)
    assert answer.status == 200
    assert json.loads(answer.body) == whole
    assert isinstance(answer.unoffered, ValueError)
