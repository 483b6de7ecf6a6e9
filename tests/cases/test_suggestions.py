"""Suggestions do what they say. Here a sample of the cases; ``tests/prove/suggestions.py`` tries all."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.cases import Case, all_cases, case_named
from tests.support.fhir import invalid
from tests.support.loop import described, faults, suggestions
from tests.support.render import render
from tests.support.run import answer_to

PICKED = [case for at, case in enumerate(all_cases()) if at % 9 == 0 or case.file == "suggestions.toml"]
SAMPLE = [pytest.param(case, id=case.id) for case in PICKED]


def told(case: Case, release: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The call of a case and what is answered."""
    request = render(case, release)
    answer: dict[str, Any] = orjson.loads(answer_to(orjson.dumps(request), case.as_of, case.profile).body)
    return request, answer


@pytest.mark.parametrize("case", SAMPLE)
def test_every_suggestion_is_valid_fhir_and_answers_what_it_names(case: Case) -> None:
    """Applied to its own call and sent again: what it names is gone or lower, nothing else is higher."""
    for release in case.releases:
        request, answer = told(case, release)
        for one in suggestions(answer):
            assert invalid(one.suggestion, release) == [], described(one)
            assert faults(request, answer, one, case.as_of, case.profile) == [], (release, described(one))


def recommended(answer: dict[str, Any]) -> dict[str, set[str]]:
    """By draft, what the cards of one answer recommend doing with it."""
    found: dict[str, set[str]] = {}
    for one in suggestions(answer):
        for action in one.suggestion["actions"] if one.suggestion.get("isRecommended") else ():
            resource = action.get("resource")
            if isinstance(resource, dict) and action["type"] == "update":
                found.setdefault(f"{resource['resourceType']}/{resource['id']}", set()).add(one.suggestion["label"])
            elif action["type"] == "delete":
                found.setdefault(action["resourceId"], set()).add(one.suggestion["label"])
    return found


def test_no_two_cards_recommend_different_acts_for_one_order() -> None:
    """Nobody can follow both "remove" and "change to 5 mg"; the stronger card's word stands."""
    told_of = 0
    for case in all_cases():
        by_draft = recommended(told(case, "R4")[1]) if "R4" in case.releases else {}
        told_of += len(by_draft)
        assert all(len(labels) == 1 for labels in by_draft.values()), (case.id, by_draft)
    assert told_of > 100


README = Path(__file__).resolve().parents[2] / "README.md"


def readme_suggestion() -> Any:
    """The suggestion that the README shows, as it is made now."""
    body = (README.parent / "fixtures/demo/1-kidney.json").read_bytes()
    return orjson.loads(answer_to(body, date(2026, 6, 10)).body)["cards"][0]["suggestions"][1]


def test_the_suggestion_in_the_readme_is_a_real_one() -> None:
    shown = README.read_text("utf-8").partition("<!-- suggestion of:")[2].partition("```json")[2].partition("```")[0]
    assert json.loads(shown) == readme_suggestion()


def test_the_loop_can_fail() -> None:
    """A suggestion that names what it does not answer is found out."""
    case = case_named("rd-50-20-mg")
    request, answer = told(case, "R4")
    one = next(suggestions(answer))
    one.suggestion["extension"]["org.gabaguard.answers"].append("opioid-benzodiazepine")
    one.suggestion["actions"] = []
    assert faults(request, answer, one, case.as_of, case.profile)
