"""The taper planner over HTTP: a plan, or an OperationOutcome that says why not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cds.knowledge.load import load_knowledge
from hooks.explain import schema
from tests.support.server import Reply, Server

BACLOFEN = {"drug": "baclofen", "dose": 60, "times": 3, "takenDays": 200}
DIAZEPAM = {"drug": "Valium", "dose": 20, "times": 2, "takenDays": 200}


def ask(server: Server, question: object, **headers: str) -> Reply:
    body = question if isinstance(question, bytes) else json.dumps(question).encode()
    return server.ask("POST", "/taper", body, **{"Content_Type": "application/json"} | headers)


def problems(reply: Reply) -> list[tuple[str, str]]:
    outcome = reply.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert reply.headers["content-type"] == "application/fhir+json"
    return [(issue["code"], "".join(issue.get("expression", []))) for issue in outcome["issue"]]


def test_the_published_schemas_are_schemas() -> None:
    for name in ("taper-request", "taper-response"):
        Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize(
    "question",
    [
        {"drugs": [BACLOFEN]},
        {"drugs": [BACLOFEN | {"pauses": [{"afterStep": 2, "days": 14}], "floor": 20, "pace": "slow"}]},
        {"drugs": [BACLOFEN, DIAZEPAM], "start": "2026-12-01", "supplyDays": 30},
        {"drugs": [{"drug": "Xanax", "dose": 4, "times": 4, "takenDays": None}], "risks": ["seizure-disorder"]},
        {"drugs": [DIAZEPAM | {"strengths": [{"mg": 2}, {"mg": 1, "kind": "liquid"}]}], "beside": ["OxyContin"]},
        {"drugs": [{"drug": "lorazepam", "dose": 3, "times": 2}], "againstDiazepam": ["copd"]},
    ],
)
def test_an_answer_fits_the_published_schema_and_is_stable(server: Server, question: dict[str, Any]) -> None:
    Draft202012Validator(schema("taper-request")).validate(question)
    reply = ask(server, question)
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    Draft202012Validator(schema("taper-response")).validate(reply.json())
    assert reply.body == ask(server, question).body
    assert reply.json()["knowledgeVersion"] == load_knowledge().version
    assert len(reply.json()["plans"]) == len(question["drugs"])


def test_a_plan_begins_today_unless_a_day_is_named(server: Server) -> None:
    assert ask(server, {"drugs": [BACLOFEN]}).json()["plans"][0]["start"] == "2026-06-10"
    later = ask(server, {"drugs": [BACLOFEN], "start": "2027-01-02"}).json()["plans"][0]
    assert later["start"] == later["steps"][0]["start"] == "2027-01-02"


def test_brands_and_listed_tablets_are_known(server: Server) -> None:
    found = ask(server, {"drugs": [DIAZEPAM | {"strengths": [{"mg": 2}, {"mg": 5}]}]}).json()["plans"][0]
    assert found["drug"] == "diazepam"
    assert found["steps"][-2]["dose"] == 1  # half of a listed 2 mg tablet
    whole = ask(server, {"drugs": [DIAZEPAM | {"strengths": [{"mg": 2, "parts": 1}, {"mg": 5, "parts": 1}]}]})
    assert whole.json()["plans"][0]["floor"] > 0  # from 2 mg to nothing is no allowed step


def test_what_can_be_asked_is_listed(server: Server) -> None:
    offered = server.get("/taper").json()
    drugs = {item["drug"]: item["strengths"] for item in offered["drugs"]}
    assert {"baclofen", "diazepam", "alprazolam"} <= set(drugs)
    assert {"mg": 2.0, "kind": "tablet", "parts": 2} in drugs["diazepam"]
    assert "seizure-disorder" in {risk["id"] for risk in offered["risks"]}
    for risk in offered["risks"]:
        assert ask(server, {"drugs": [BACLOFEN], "risks": [risk["id"]]}).status == 200
    for condition in offered["againstDiazepam"]:
        lorazepam = {"drug": "lorazepam", "dose": 3, "times": 2}
        reply = ask(server, {"drugs": [lorazepam], "againstDiazepam": [condition]})
        assert reply.json()["plans"][0]["switch"]["blocked"]


@pytest.mark.parametrize(
    ("drugs", "more", "place"),
    [
        ([{"drug": "oxycodone", "dose": 20, "times": 2}], {}, "drugs.0"),
        ([BACLOFEN | {"drug": "no such drug"}], {}, "drugs.0"),
        ([BACLOFEN | {"route": "intrathecal"}], {}, "drugs.0"),
        ([{"drug": "Xanax XR", "dose": 3, "times": 1}], {}, "drugs.0"),
        ([BACLOFEN | {"dose": 0}], {}, "drugs.0"),
        ([BACLOFEN | {"times": 9}], {}, "drugs.0"),
        ([BACLOFEN, {"drug": "oxycodone", "dose": 20, "times": 2}], {}, "drugs.1"),
        ([DIAZEPAM], {"taperedBeside": ["oxycodone"]}, "drugs.0"),
        ([DIAZEPAM], {"taperedBeside": ["no such drug"]}, "taperedBeside.0"),
        ([DIAZEPAM], {"risks": ["red-hair"]}, "drugs.0"),
    ],
)
def test_what_has_no_plan_is_refused_whole_and_says_why(
    server: Server, drugs: list[dict[str, Any]], more: dict[str, Any], place: str
) -> None:
    reply = ask(server, {"drugs": drugs, **more})
    assert reply.status == 422
    assert ("business-rule", place) in problems(reply)


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ([], ""),
        ({}, "drugs"),
        ({"drugs": []}, "drugs"),
        ({"drugs": [{"drug": "baclofen", "times": 3}]}, "drugs.0.dose"),
        ({"drugs": [BACLOFEN | {"dose": "60"}]}, "drugs.0.dose"),
        ({"drugs": [BACLOFEN | {"pace": "wild"}]}, "drugs.0.pace"),
        ({"drugs": [BACLOFEN | {"doze": 1}]}, "drugs.0"),
        ({"drugs": [BACLOFEN], "start": "tomorrow"}, "start"),
        ({"drugs": [BACLOFEN], "start": "2026-02-30"}, "start"),
        ({"drugs": [DIAZEPAM], "againstDiazepam": ["red-hair"]}, "againstDiazepam"),
        (b"not json", ""),
        (b"", ""),
        (b'{"drugs": [{"drug": "baclofen", "dose": NaN, "times": 3}]}', ""),
    ],
)
def test_a_question_that_does_not_fit_is_400_with_its_place(server: Server, question: object, place: str) -> None:
    reply = ask(server, question)
    assert reply.status == 400
    assert place in {where for _, where in problems(reply)}


def test_other_media_types_methods_and_large_bodies_are_refused(server: Server) -> None:
    assert ask(server, {"drugs": [BACLOFEN]}, Content_Type="text/plain").status == 415
    assert server.ask("DELETE", "/taper").status == 405
    large = ask(server, {"drugs": [BACLOFEN], "beside": ["x" * 100_000]})
    assert large.status == 413
    assert problems(large)


def test_nothing_of_a_refused_question_comes_back(server: Server) -> None:
    reply = ask(server, {"drugs": [BACLOFEN | {"drug": "<script>Jane Roe</script>"}]})
    assert reply.status == 422
    assert b"script" not in reply.body
