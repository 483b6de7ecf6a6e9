"""Calls as EHRs send them, over HTTP, to a real server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.answers import check_answer, report, told
from tests.support.calls import FIXTURES, Call, calls
from tests.support.server import PUBLIC_URL, Server

REQUESTS = calls("requests")
FULL = {"opioid-baclofen:critical", "baclofen-renal-dose:critical"}


def named(name: str) -> Call:
    return next(call for call in REQUESTS if call.name == name)


def answer_to(server: Server, call: Call, **headers: str) -> Any:
    reply = server.post(call.service, call.body, **headers)
    assert reply.status == 200, reply.body
    assert reply.headers["content-type"] == "application/json"
    return reply.json()


@pytest.mark.parametrize("call", REQUESTS, ids=lambda call: call.name)
def test_each_call_gets_the_cards_it_must(server: Server, call: Call) -> None:
    answer = answer_to(server, call)
    cards = check_answer(answer)
    expected = call.expected["as"]
    if expected == "full":
        assert told(answer) >= FULL
    elif expected == "quiet":
        assert not cards
        assert told(answer) == set(call.expected.get("silent", ()))
    elif expected == "not-checked":
        # what the order and the patient alone show may stand before it
        assert [card["source"]["topic"]["code"] == "not-checked" for card in cards].count(True) == 1
        assert cards[-1]["source"]["topic"]["code"] == "not-checked"
        assert cards[-1]["indicator"] == "info"
        assert report(answer)["notChecked"]
    else:
        assert told(answer)


@pytest.mark.parametrize("call", REQUESTS, ids=lambda call: call.name)
def test_the_same_call_gives_the_same_bytes(server: Server, call: Call) -> None:
    assert server.post(call.service, call.body).body == server.post(call.service, call.body).body


@pytest.mark.parametrize(
    "hook",
    [
        "medication-prescribe",
        "order-select",
        "order-sign",
        "medication-refill",
        "encounter-discharge",
        "patient-view",
    ],
)
def test_four_releases_say_the_same(server: Server, hook: str) -> None:
    answers = [answer_to(server, named(f"{release}-{hook}")) for release in ("dstu2", "stu3", "r4", "r5")]
    assert len({json.dumps([card["summary"] for card in answer["cards"]]) for answer in answers}) == 1
    assert all(told(answer) == told(answers[0]) for answer in answers)


def test_the_twin_answers_like_its_sibling(server: Server) -> None:
    call = named("r4-order-sign")
    assert server.post(call.service, call.body).body == server.post(f"{call.service}-dstu2", call.body).body


def test_another_hook_instance_gives_other_uuids_only(server: Server) -> None:
    call = named("r4-order-sign")
    document = json.loads(call.body)
    document["hookInstance"] = "another"
    mine = answer_to(server, call)
    other = server.post(call.service, json.dumps(document).encode()).json()
    assert {card["uuid"] for card in mine["cards"]}.isdisjoint(card["uuid"] for card in other["cards"])
    for card in (*mine["cards"], *other["cards"]):
        for one in (card, *card.get("suggestions", [])):
            del one["uuid"]
    assert mine == other


def test_a_card_is_complete(server: Server) -> None:
    """Indicator and topic are those of its strongest finding; reasons, link and source lead to the check."""
    answer = answer_to(server, named("r4-medication-prescribe"))
    assert report(answer)["asOf"] == "2026-06-10"
    for card in answer["cards"]:
        findings = card["extension"]["org.gabaguard.findings"]
        check = findings[0]["check"]
        assert card["indicator"] == findings[0]["indicator"]
        assert card["source"]["topic"]["code"] == check
        assert card["source"]["topic"]["system"] == f"{PUBLIC_URL}/fhir/CodeSystem/gabaguard-checks"
        assert card["links"] == [
            {"label": "Evidence and review status", "url": f"{PUBLIC_URL}/checks/{check}", "type": "absolute"}
        ]
        assert all(set(reason) == {"code", "system", "display"} for reason in card["overrideReasons"])
        assert card["detail"].startswith("**Seen** ")
        assert "**Why** " in card["detail"]
        assert "**Do** " in card["detail"]
        more = sum(finding["indicator"] != "info" for finding in findings[1:])  # notes are not counted
        assert ("more finding" in card["summary"]) == (more > 0)
        if more:
            assert card["summary"].endswith(f"{more} more finding{'s' * (more > 1)}")


def test_related_findings_share_a_card(server: Server) -> None:
    """One depressants card, not six: no check is the topic of two cards, and no finding is on two."""
    answer = answer_to(server, named("basket-without-chart"))
    assert "opioid-benzodiazepine:critical" in told(answer)
    on_cards = [
        finding["check"]
        for card in answer["cards"]
        for finding in card.get("extension", {}).get("org.gabaguard.findings", [])
    ]
    assert len(on_cards) == len(set(on_cards))


def test_what_was_not_sent_is_told_beside_what_was_found(server: Server) -> None:
    answer = answer_to(server, named("basket-without-chart"))
    assert {item["reason"] for item in report(answer)["notChecked"]} == {"absent"}
    assert answer["cards"][-1]["source"]["topic"]["code"] == "not-checked"


@pytest.mark.parametrize("key", ["patient", "medications", "statements", "conditions", "creatinine"])
def test_dropping_an_essential_key_is_never_silent(server: Server, key: str) -> None:
    """A client may fill any subset: what rests on the missing key is found anyway or told as not checked."""
    document = json.loads(named("r4-order-sign").body)
    del document["prefetch"][key]
    answer = server.post("gabaguard-order-sign", json.dumps(document).encode()).json()
    check_answer(answer)
    missing = FULL - told(answer)
    not_checked = {item["check"] for item in report(answer).get("notChecked", ())}
    assert {finding.split(":")[0] for finding in missing} - {
        finding.split(":")[0] for finding in told(answer)
    } <= not_checked


@pytest.mark.parametrize("path", sorted((FIXTURES / "demo").glob("*.json")), ids=lambda path: path.stem)
def test_the_demo_patients_show_what_they_are_for(server: Server, path: Any) -> None:
    body = path.read_bytes()
    answer = server.post(f"gabaguard-{json.loads(body)['hook']}", body).json()
    cards = check_answer(answer)
    expected = {
        "1-kidney": {"baclofen-renal-dose:critical", "opioid-baclofen:critical"},
        "2-triple": {"opioid-benzodiazepine:critical", "baclofen-benzodiazepine:critical"},
        "3-stop": {"baclofen-abrupt-stop:critical"},
        "4-quiet": set(),
    }[path.stem]
    assert told(answer) >= expected
    assert bool(cards) is bool(expected)
