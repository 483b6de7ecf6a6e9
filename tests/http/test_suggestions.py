"""Suggestions over HTTP, from a real server: accepted as an EHR would, sent again, and told of in feedback."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from tests.support.answers import check_answer
from tests.support.calls import Call, calls
from tests.support.fhir import faults
from tests.support.loop import Suggested, applied, entries, levels, spoken, suggestions
from tests.support.server import Server

CALLS = [call for call in calls("requests") if call.expected["as"] == "full"]
RELEASES = {"dstu2": "DSTU2", "stu3": "STU3", "r4": "R4", "r5": "R5"}


def answered(server: Server, call: Call, body: bytes | None = None) -> Any:
    reply = server.post(call.service, call.body if body is None else body)
    assert reply.status == 200, reply.body
    return reply.json()


def offered(server: Server, call: Call) -> list[Suggested]:
    return list(suggestions(answered(server, call)))


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_an_accepted_suggestion_answers_what_it_names(server: Server, call: Call) -> None:
    """Applied to the very call and sent again to the same server."""
    answer = answered(server, call)
    check_answer(answer)
    for one in suggestions(answer):
        request = json.loads(call.body)
        if entries(request) is None and "patient-view" not in call.name and "discharge" not in call.name:
            continue  # shapes of before 1.0, which this little EHR does not speak
        after = applied(request, one.suggestion)
        if entries(after) == []:
            continue
        later = answered(server, call, json.dumps(after).encode())
        assert all(levels(later).get(check, 0) < levels(answer)[check] for check in one.answers), one.suggestion[
            "label"
        ]
        assert all(levels(later)[check] <= levels(answer).get(check, 0) for check in spoken(later))


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_what_a_card_offers(server: Server, call: Call) -> None:
    """At most three, at most one recommended, each named once, each action complete."""
    answer = answered(server, call)
    seen: list[str] = []
    for card in answer["cards"]:
        made = card.get("suggestions", [])
        assert ("selectionBehavior" in card) is bool(made)
        assert card.get("selectionBehavior", "at-most-one") == "at-most-one"
        assert len(made) <= 3
        assert sum(one.get("isRecommended", False) for one in made) <= 1
        seen += [one["uuid"] for one in (card, *made)]
        for one in made:
            assert one["label"]
            assert all(action["description"] for action in one["actions"])
    assert len(set(map(UUID, seen))) == len(seen)


@pytest.mark.parametrize("release", RELEASES)
def test_the_fhir_is_of_the_calls_own_release(server: Server, release: str) -> None:
    found = [one for call in CALLS if call.name.startswith(release) for one in offered(server, call)]
    made = [a["resource"] for one in found for a in one.suggestion["actions"] if a["type"] != "delete"]
    assert made
    assert [fault for resource in made for fault in faults(resource, RELEASES[release])] == []


def test_a_caller_of_2_0_is_told_what_to_delete_by_reference(server: Server) -> None:
    call = next(call for call in CALLS if call.name == "r4-order-sign")
    deleted = [a for one in offered(server, call) for a in one.suggestion["actions"] if a["type"] == "delete"]
    assert deleted
    for action in deleted:
        assert set(action) == {"type", "description", "resourceId"}
        assert action["resourceId"].startswith("MedicationRequest/")


def test_a_caller_of_1_0_gets_only_what_1_0_knows(server: Server) -> None:
    call = next(call for call in CALLS if call.name == "r4-medication-prescribe")
    found = offered(server, call)
    assert found
    for one in found:
        assert set(one.suggestion) <= {"label", "uuid", "actions", "extension"}
        for action in one.suggestion["actions"]:
            assert set(action) <= {"type", "description", "resource"}
            assert isinstance(action["resource"], str) is (action["type"] == "delete")


@pytest.mark.parametrize("hook", ["patient-view", "encounter-discharge"])
def test_where_nothing_is_drafted_something_is_created_at_most(server: Server, hook: str) -> None:
    for call in CALLS:
        if hook in call.name:
            kinds = {action["type"] for one in offered(server, call) for action in one.suggestion["actions"]}
            assert kinds <= {"create"}


def test_feedback_takes_the_uuid_of_an_accepted_suggestion(server: Server) -> None:
    call = next(call for call in CALLS if call.name == "r4-order-sign")
    one = offered(server, call)[0]
    told = {
        "card": one.card["uuid"],
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": one.suggestion["uuid"]}],
        "outcomeTimestamp": "2026-06-10T10:00:00Z",
    }
    reply = server.post(f"{call.service}/feedback", json.dumps({"feedback": [told]}).encode())
    assert reply.status == 200, reply.body
