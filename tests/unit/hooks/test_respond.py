"""The whole journey: whatever is sent, the answer is proper or a refusal, and 412 is kept for the blind."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.chart import Coded, Coding
from hooks.engine import Engine
from hooks.respond import Answer, respond
from hooks.services import BODY, DIALYSIS, KIDNEY, NALOXONE, NEWEST
from hooks.settings import Settings
from tests.support.answers import check_answer, report, told
from tests.support.calls import Call, calls

ENGINE = Engine(Settings(as_of=date(2026, 6, 10)))
REQUESTS = {call.name: call for call in calls("requests")}
TERMS = ENGINE.knowledge.terminology


def sent(document: Any, service: str = "gabaguard-order-sign") -> Answer:
    return respond(json.dumps(document).encode(), ENGINE.services[service], ENGINE, "request-1")


def document(name: str = "r4-order-sign") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(REQUESTS[name].body)
    return found


@pytest.mark.parametrize("call", REQUESTS.values(), ids=lambda call: call.name)
def test_the_release_is_told_from_the_content(call: Call) -> None:
    answer = respond(call.body, ENGINE.services[call.service], ENGINE)
    assert answer.judged is not None
    assert answer.judged.chart.release == call.expected["release"]


# -- 200, 400, 412 --------------------------------------------------------------------------------------------------


def test_a_relevant_order_without_any_data_is_412() -> None:
    call = document()
    del call["prefetch"]
    answer = sent(call)
    assert answer.status == 412
    assert json.loads(answer.body)["issue"][0]["code"] == "incomplete"


@pytest.mark.parametrize("value", [None, {"resourceType": "Bundle", "type": "searchset"}])
@pytest.mark.parametrize("key", ["medications", "conditions", "creatinine", "body", "procedures"])
def test_one_word_of_the_ehr_is_enough_for_200(key: str, value: Any) -> None:
    """ "There is none" is data: the query ran, the record has nothing."""
    answer = sent(document() | {"prefetch": {key: value}})
    assert answer.status == 200
    check_answer(json.loads(answer.body))


def test_access_is_enough_for_200_and_not_checked() -> None:
    call = document() | {"fhirServer": "https://ehr.example/fhir"}
    del call["prefetch"]
    answer = json.loads(sent(call).body)
    assert [card["source"]["topic"]["code"] for card in check_answer(answer)] == ["not-checked"]


def test_an_order_of_another_patient_is_said_and_not_used() -> None:
    call = document()
    call["context"]["draftOrders"]["entry"][0]["resource"]["subject"]["reference"] = "Patient/somebody-else"
    answer = json.loads(sent(call).body)
    (card,) = check_answer(answer)
    assert card["source"]["topic"]["code"] == "not-checked"
    assert "wrong-patient" in {item["reason"] for item in report(answer)["notChecked"]}


def test_a_page_that_we_asked_for_is_no_gap() -> None:
    """We ask for the newest few: a full page with a further one is whole; a short one with a further one is not."""
    call = document()
    bundle = call["prefetch"]["creatinine"]
    bundle["link"] = [{"relation": "next", "url": "https://ehr.example/fhir/page2"}]
    bundle["total"] = 200
    judged = sent(call).judged
    assert judged is not None
    assert [gap.reason for gap in judged.chart.gaps["creatinine"]] == ["truncated"]
    one = bundle["entry"][0]["resource"]
    bundle["entry"] = [{"resource": one | {"id": f"o{n}"}} for n in range(NEWEST["creatinine"])]
    judged = sent(call).judged
    assert judged is not None
    assert not judged.chart.gaps.get("creatinine")


def test_what_could_not_be_seen_is_named() -> None:
    call = document()
    call["prefetch"]["conditions"] = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
    del call["prefetch"]["medications"]
    answer = json.loads(sent(call).body)
    details = " ".join(item["detail"] for item in report(answer)["notChecked"])
    assert "problem list: the server answered with an error" in details
    assert "medication list not sent" in details


# -- hooks that bring no orders --------------------------------------------------------------------------------------


def test_an_opened_chart_without_a_usable_patient_is_412() -> None:
    call = document("r4-patient-view")
    for patient in (None, {"resourceType": "OperationOutcome"}, {"resourceType": "Patient", "id": "somebody-else"}):
        call["prefetch"]["patient"] = patient
        answer = sent(call, "gabaguard-patient-view")
        assert (answer.status, json.loads(answer.body)["issue"][0]["expression"]) == (412, ["prefetch.patient"])


def test_an_opened_chart_has_one_card_at_most() -> None:
    cards = check_answer(json.loads(sent(document("r4-patient-view"), "gabaguard-patient-view").body))
    assert [card["indicator"] for card in cards] == ["critical"]


@pytest.mark.parametrize("user", ["Patient/p", "RelatedPerson/r", "https://ehr.example/fhir/Patient/p/"])
@pytest.mark.parametrize("hook", ["patient-view", "medication-refill"])
def test_patients_and_relatives_get_nothing_that_is_meant_for_clinicians(user: str, hook: str) -> None:
    call = document(f"r4-{hook}")
    call["context"]["userId"] = user
    answer = json.loads(sent(call, f"gabaguard-{hook}").body)
    assert check_answer(answer) == []
    assert set(report(answer)) == {"knowledgeVersion", "asOf"}


@pytest.mark.parametrize("user", ["Practitioner/p", "PractitionerRole/Patient", "Patient", "", None])
def test_everybody_else_gets_the_cards(user: str | None) -> None:
    call = document("r4-patient-view")
    call["context"]["userId"] = user
    assert check_answer(json.loads(sent(call, "gabaguard-patient-view").body))


def test_whoever_signs_gets_the_cards() -> None:
    """A user of the wrong kind on a hook of prescribers is a slip; nothing is kept back for it."""
    call = document()
    call["context"]["userId"] = "Patient/p"
    assert check_answer(json.loads(sent(call).body))


def test_a_discharge_without_any_data_is_412() -> None:
    call = document("r4-encounter-discharge")
    del call["prefetch"]
    assert sent(call, "gabaguard-encounter-discharge").status == 412
    call["fhirServer"] = "https://ehr.example/fhir"
    assert sent(call, "gabaguard-encounter-discharge").status == 200


def test_a_list_under_another_key_is_read() -> None:
    """An EHR that calls its discharge list something else."""
    call = document("encounter-discharge-list")
    call["prefetch"]["takeHome"] = call["prefetch"].pop("discharge")
    answer = json.loads(sent(call, "gabaguard-encounter-discharge").body)
    assert "transition-omission" in {finding.split(":")[0] for finding in told(answer)}


# -- the templates ask for what is recognised --------------------------------------------------------------------------


@pytest.mark.parametrize("code", KIDNEY.split(","))
def test_kidney_codes_are_recognised(code: str) -> None:
    kind = TERMS.lab_kind(Coded((Coding("http://loinc.org", code),)))
    assert kind in {"creatinine", "egfr", "cystatin-c"}


@pytest.mark.parametrize("code", BODY.split(","))
def test_body_codes_are_recognised(code: str) -> None:
    assert TERMS.lab_kind(Coded((Coding("http://loinc.org", code),))) in {"body-weight", "body-height"}


@pytest.mark.parametrize("code", DIALYSIS.split(","))
def test_dialysis_codes_are_recognised(code: str) -> None:
    assert "dialysis" in TERMS.recognise_procedure(Coded((Coding("http://snomed.info/sct", code),))).ids


@pytest.mark.parametrize("code", NALOXONE.split(","))
def test_naloxone_codes_are_recognised(code: str) -> None:
    drug = TERMS.recognise_drug(Coded((Coding("http://www.nlm.nih.gov/research/umls/rxnorm", code),)))
    assert [ingredient.id for ingredient in drug.ingredients] == ["naloxone"]


# -- anything at all --------------------------------------------------------------------------------------------------

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["<script>alert(1)</script>", "[x](https://evil.example)", "2026-02-31", "1e999", "a" * 5000]),
    st.lists(st.none() | st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, by path."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, item in items for deeper in places(item, (*path, key)))]


@given(st.data())
def test_damage_anywhere_is_survived(data: st.DataObject) -> None:
    """One to three places of a whole request replaced by anything: a proper answer or a refusal, never a fault."""
    name = data.draw(st.sampled_from(sorted(REQUESTS)))
    call = document(name)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(call)[1:]))
        parent: Any = call
        for key in path[:-1]:
            parent = parent[key]
        if data.draw(st.booleans()):
            parent[path[-1]] = data.draw(ODD)
        else:
            del parent[path[-1]]
    answer = sent(call, REQUESTS[name].service)
    assert answer.status in {200, 400, 412}
    if answer.status == 200:
        check_answer(json.loads(answer.body))


@given(st.data())
def test_hostile_words_in_a_drugs_name_do_nothing(data: st.DataObject) -> None:
    words = data.draw(
        st.sampled_from(["<script>x</script>", "[a](http://evil.example)", "\u202e", "![i](http://e.vil)"])
    )
    call = document()
    for entry in (*call["context"]["draftOrders"]["entry"], *call["prefetch"]["medications"]["entry"]):
        concept = entry["resource"]["medicationCodeableConcept"]
        concept["text"] = concept["coding"][0]["display"] = f"{concept['coding'][0]['display']} {words}"
    answer = sent(call)
    check_answer(json.loads(answer.body))
    text = answer.body.decode()
    assert "](http" not in text
    assert "\u202e" not in text
    assert told(json.loads(answer.body)) == told(json.loads(sent(document()).body))
