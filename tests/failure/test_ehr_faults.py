"""Whatever the EHR's FHIR server does, the answer is in time, keeps what was found, and says what was not checked."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from hooks.breaker import Breaker
from hooks.ehr import Ehr
from hooks.engine import Engine
from hooks.outbound import Outbound
from hooks.respond import Answer
from hooks.settings import Settings
from tests.support.answers import check_answer, report, told
from tests.support.bad_fhir import BOMB, FAULTS, BadFhir, bad_fhir
from tests.support.fetched import AS_OF, TOKEN, answer_to, engine, offered, resources_of
from tests.support.tls import self_signed, tls_proxy

DEADLINE_MS = 400
SMALL = 1.0  # seconds beyond the deadline: 10 to 30 ms on a quiet machine, but tests may share theirs with others
PARTS = {"endless", "self-next", "next-away"}  # something came, and is used
SLOW = {"hung", "drip", "drip-head"}
FULL = {"opioid-baclofen:critical", "baclofen-renal-dose:critical"}
RELEASES = ["dstu2", "stu3", "r4"]
FAULTY = sorted(FAULTS.keys() - {"none", "ignoring", "exchanged"})


@pytest.fixture(scope="module")
def bad() -> Iterator[BadFhir]:
    with bad_fhir() as server:
        yield server


def deadline(fault: str) -> int:
    """Milliseconds. What answers, however badly, gets the usual time: so that a busy machine is not taken for it."""
    return DEADLINE_MS if fault in SLOW else 2500


def asked(bad: BadFhir, release: str, fault: str, types: str) -> tuple[Any, float, Any]:
    """The answer with everything fetched, how long it took in seconds, and the one with all prefetched."""
    offer = offered(f"{release}-order-sign")
    bad.resources = offer.resources
    by = engine(deadline(fault))
    full = json.loads(answer_to(offer, json.dumps(offer.document).encode(), by).body)
    began = time.perf_counter()
    answer = answer_to(offer, offer.body(bad.base(fault, types)), by)
    took = time.perf_counter() - began
    assert answer.status == 200, answer.body
    found = json.loads(answer.body)
    check_answer(found)
    return found, took, full


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("fault", FAULTY)
def test_a_server_that_fails_altogether_costs_its_data_and_is_told(bad: BadFhir, release: str, fault: str) -> None:
    answer, took, full = asked(bad, release, fault, "*")
    assert took < deadline(fault) / 1000 + SMALL
    assert took > DEADLINE_MS / 1000 - 0.05 or fault not in SLOW
    reasons = {item["reason"] for item in report(answer)["notChecked"]}
    assert reasons & {"truncated" if fault in PARTS else "fetch-failed"}
    if fault in PARTS:  # what came is used
        assert told(answer) >= FULL <= told(full)
    assert answer["cards"][-1]["source"]["topic"]["code"] == "not-checked"


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("fault", FAULTY)
def test_a_server_that_fails_for_one_type_costs_only_that(bad: BadFhir, release: str, fault: str) -> None:
    """Without creatinine the kidneys are known from the problem list only, but the opioid beside it is found."""
    answer, took, _ = asked(bad, release, fault, "Observation")
    assert took < deadline(fault) / 1000 + SMALL
    assert "opioid-baclofen:critical" in told(answer)
    if fault not in PARTS:
        said = [item for item in report(answer)["notChecked"] if item["reason"] == "fetch-failed"]
        assert any("creatinine" in item["detail"] for item in said)


@pytest.mark.parametrize("fault", FAULTY)
def test_what_the_orders_alone_show_is_kept_whatever_the_server_does(bad: BadFhir, fault: str) -> None:
    """Oxycodone and alprazolam in one basket need no chart."""
    offer = offered("basket-without-chart")
    bad.resources = []
    began = time.perf_counter()
    answer = json.loads(answer_to(offer, offer.body(bad.base(fault)), engine(deadline(fault))).body)
    assert time.perf_counter() - began < deadline(fault) / 1000 + SMALL
    assert "opioid-benzodiazepine:critical" in told(answer)
    assert answer["cards"][-1]["source"]["topic"]["code"] == "not-checked"


@pytest.mark.parametrize("release", RELEASES)
def test_the_patient_of_somebody_else_is_not_taken_for_ours(bad: BadFhir, release: str) -> None:
    offer = offered(f"{release}-order-sign")
    patient = next(one for one in offer.resources if one["resourceType"] == "Patient")
    bad.resources = [{**patient, "id": "kidney-72"} if one is patient else one for one in offer.resources]
    bad.sent_instead = {**patient, "id": "somebody-else"}
    try:
        answer = json.loads(answer_to(offer, offer.body(bad.base("exchanged", "Patient")), engine()).body)
    finally:
        bad.sent_instead = {}
    assert "wrong-patient" in {item["reason"] for item in report(answer)["notChecked"]}
    assert "elderly-baclofen:warning" not in told(answer)


@pytest.mark.parametrize("release", RELEASES)
def test_a_good_server_gives_the_findings_of_prefetch(bad: BadFhir, release: str) -> None:
    answer, _, full = asked(bad, release, "none", "*")
    assert told(answer) == told(full) != set()


@pytest.mark.parametrize("release", RELEASES)
def test_resources_of_others_are_dropped_and_said(bad: BadFhir, release: str) -> None:
    """A server that ignores parameters sends the orders of other patients as well."""
    offer = offered(f"{release}-order-sign")
    stranger = json.loads(json.dumps(offer.resources).replace("kidney-72", "somebody-else"))
    for number, one in enumerate(stranger):
        one["id"] = f"other-{number}"
    bad.resources = [*stranger, *offer.resources]
    by = engine()
    full = json.loads(answer_to(offer, json.dumps(offer.document).encode(), by).body)
    answer = json.loads(answer_to(offer, offer.body(bad.base("ignoring")), by).body)
    assert told(full) >= FULL
    assert told(answer) >= FULL
    said = [item for item in report(answer)["notChecked"] if item["reason"] == "wrong-patient"]
    assert any("of another patient was left out" in item["detail"] for item in said)
    only_others = json.loads(json.dumps(stranger))
    bad.resources = only_others
    alone = json.loads(answer_to(offer, offer.body(bad.base("ignoring")), by).body)
    assert not FULL & told(alone)


def test_the_bomb_is_one() -> None:
    assert len(BOMB) < 61_000


def test_a_server_that_is_not_there_is_told_at_once(bad: BadFhir) -> None:
    offer = offered("r4-order-sign")
    began = time.perf_counter()
    answer = json.loads(answer_to(offer, offer.body("http://127.0.0.1:1/fhir"), engine()).body)
    assert time.perf_counter() - began < 2.4
    assert {"fetch-failed"} <= {item["reason"] for item in report(answer)["notChecked"]}
    assert "could not be reached" in answer["cards"][-1]["detail"]


def test_any_subset_of_keys_may_be_missing(bad: BadFhir) -> None:
    """Each key alone, each key left out, halves: what is missing is asked for, what was sent is not."""
    offer = offered("r4-order-sign")
    bad.resources = offer.resources
    by = engine()
    keys = list(offer.document["prefetch"])
    full = told(json.loads(answer_to(offer, json.dumps(offer.document).encode(), by).body))
    subsets = [
        [],
        keys,
        keys[::2],
        keys[1::2],
        *([key] for key in keys),
        *([k for k in keys if k != key] for key in keys),
    ]
    service = by.services[offer.service]
    for subset in subsets:
        bad.seen.clear()
        answer = answer_to(offer, offer.body(bad.base(), subset), by)
        assert told(json.loads(answer.body)) == full
        assert len(bad.seen) == len(service.prefetch.keys() - set(subset))


def test_a_list_sent_as_the_first_of_several_pages_is_fetched_whole(bad: BadFhir) -> None:
    offer = offered("r4-order-sign")
    bad.resources = offer.resources
    whole = offer.document["prefetch"]["medications"]
    first = {**whole, "entry": whole["entry"][:0], "link": [{"relation": "next", "url": bad.base() + "?page=2"}]}
    cut = offer._replace(document={**offer.document, "prefetch": {**offer.document["prefetch"], "medications": first}})
    full = told(json.loads(answer_to(offer, json.dumps(offer.document).encode(), engine()).body))
    bad.seen.clear()
    answer = json.loads(answer_to(cut, cut.body(bad.base(), list(cut.document["prefetch"])), engine()).body)
    assert told(answer) == full
    assert sum("/MedicationRequest?" in path for _, path, _ in bad.seen) >= 1
    broken = json.loads(answer_to(cut, cut.body(bad.base("500"), list(cut.document["prefetch"])), engine()).body)
    assert "truncated" in {item["reason"] for item in report(broken)["notChecked"]}


def test_what_the_caller_says_is_none_or_has_failed_is_not_asked_for_again(bad: BadFhir) -> None:
    offer = offered("r4-order-sign")
    failed = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
    prefetch = {**dict.fromkeys(engine().services[offer.service].prefetch), "medications": failed}
    prefetch["patient"] = offer.document["prefetch"]["patient"]
    call = offer._replace(document={**offer.document, "prefetch": prefetch})
    bad.seen.clear()
    answer_to(call, call.body(bad.base(), list(prefetch)), engine())
    assert not bad.seen


def draft(drug: str = "", **elements: str) -> dict[str, Any]:
    """An order of this patient."""
    order = {"resourceType": "MedicationRequest", "id": "x", "status": "draft", "intent": "order", **elements}
    named = {"medicationCodeableConcept": {"text": drug}} if drug else {}
    return {**order, **named, "subject": {"reference": "Patient/kidney-72"}}


def ordering(bad: BadFhir, order: dict[str, Any]) -> Answer:
    """The answer to one draft, nothing of the prefetch sent; ``bad.seen`` is what it made us fetch."""
    offer = offered("r4-order-sign")
    context = {**offer.document["context"], "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order}]}}
    call = offer._replace(document={**offer.document, "context": context})
    bad.seen.clear()
    return answer_to(call, call.body(bad.base()), engine())


def test_an_order_that_no_check_is_about_fetches_nothing(bad: BadFhir) -> None:
    answer = ordering(bad, draft("Amoxicillin 500 mg oral capsule"))
    assert json.loads(answer.body)["cards"] == []
    assert not bad.seen


def test_a_stop_that_names_no_medicine_makes_the_lists_be_fetched(bad: BadFhir) -> None:
    """It may be the stop of any order on them."""
    ordering(bad, draft(status="stopped"))
    assert [path for _, path, _ in bad.seen if "/MedicationRequest" in path]


def test_an_order_that_could_only_meet_our_drugs_asks_for_the_lists_first(bad: BadFhir) -> None:
    """Ibuprofen matters to kidneys that clear baclofen: without baclofen on the list no laboratory value is read."""
    bad.resources = [one for one in offered("r4-order-sign").resources if one["resourceType"] == "Patient"]
    ibuprofen = draft("Ibuprofen 400 mg oral tablet")
    ordering(bad, ibuprofen)
    assert bad.seen
    assert not [path for _, path, _ in bad.seen if "/Observation" in path or "/Condition" in path]
    bad.resources = [*bad.resources, draft("Baclofen 10 mg oral tablet", id="y", status="active")]
    ordering(bad, ibuprofen)
    assert [path for _, path, _ in bad.seen if "/Observation" in path]


def test_a_chart_that_is_opened_without_our_drugs_shows_us_no_results(bad: BadFhir) -> None:
    """Its lists are read, and what tells of a pump; no laboratory value, no weight, no pregnancy."""
    offer = offered("r4-patient-view")
    bad.resources = [one for one in resources_of(offer.document["prefetch"]) if one["resourceType"] == "Patient"]
    bad.seen.clear()
    answer = answer_to(offer, offer.body(bad.base()), engine())
    assert json.loads(answer.body)["cards"] == []
    assert not [path for _, path, _ in bad.seen if "/Observation" in path or "/AllergyIntolerance" in path]


@pytest.mark.parametrize("release", RELEASES)
def test_the_token_goes_with_each_request_and_into_no_log(
    bad: BadFhir, release: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    offer = offered(f"{release}-order-sign")
    bad.resources = offer.resources
    bad.seen.clear()
    for fault in ("none", "500", "truncated", "redirect", "half"):
        answer = answer_to(offer, offer.body(bad.base(fault)), engine())
        assert TOKEN not in answer.body.decode()
        assert str(bad.port) not in answer.body.decode()
    assert bad.seen
    assert {authorization for _, _, authorization in bad.seen} == {f"Bearer {TOKEN}"}
    said = caplog.text + "".join(capfd.readouterr())
    assert TOKEN not in said
    assert "kidney-72" not in said
    assert "/fhir/" not in said


def test_an_open_server_is_asked_without_a_token(bad: BadFhir) -> None:
    offer = offered("r4-order-sign")
    bad.resources = offer.resources
    document = json.loads(offer.body(bad.base()))
    del document["fhirAuthorization"]
    bad.seen.clear()
    answer = answer_to(offer, json.dumps(document).encode(), engine())
    assert "opioid-baclofen:critical" in told(json.loads(answer.body))
    assert {authorization for _, _, authorization in bad.seen} == {""}


@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "a b", "tökén", "\x00", "x" * 9000])
def test_a_token_that_is_no_token_is_not_sent(bad: BadFhir, token: str) -> None:
    offer = offered("r4-order-sign")
    bad.seen.clear()
    answer = json.loads(answer_to(offer, offer.body(bad.base(), access_token=token), engine()).body)
    assert not bad.seen
    assert "the access token cannot be used" in answer["cards"][-1]["detail"]


@pytest.mark.parametrize("id_", ["../../admin", "a/b", "a?b", "..", ".", "p&_id=q", "p%2f", "p q", "x" * 200])
def test_an_id_that_is_none_goes_into_no_address(bad: BadFhir, id_: str) -> None:
    offer = offered("r4-order-sign")
    call = offer._replace(document={**offer.document, "context": {**offer.document["context"], "patientId": id_}})
    bad.seen.clear()
    answer_to(call, call.body(bad.base()), engine())
    expected = id_.rpartition("/")[2]  # "Patient/x" is how some send "x"
    asked_for = [path for _, path, _ in bad.seen if "/Encounter/" not in path]
    assert all(f"={expected}" in path or f"/{expected}" in path for path in asked_for)
    assert not asked_for or expected.isalnum()


def test_by_form_no_id_stands_in_an_address_but_of_reads(bad: BadFhir) -> None:
    offer = offered("r4-order-sign")
    bad.resources = offer.resources
    bad.seen.clear()
    by = engine(2500, fhir_search="post")
    answer = json.loads(answer_to(offer, offer.body(bad.base()), by).body)
    assert told(answer) == told(json.loads(answer_to(offer, json.dumps(offer.document).encode(), by).body))
    searches = [(method, path) for method, path, _ in bad.seen if "/Patient/" not in path and "/Encounter/" not in path]
    assert searches
    assert all(method == "POST" and path.endswith("/_search") and "?" not in path for method, path in searches)


def test_many_calls_at_once_on_a_hung_server_all_end_in_time(bad: BadFhir) -> None:
    """More requests than there are connections: who gets none is told so, and nobody waits longer."""
    from concurrent.futures import ThreadPoolExecutor

    offer = offered("r4-order-sign")
    by = engine(DEADLINE_MS)

    def one(_: int) -> float:
        began = time.perf_counter()
        assert answer_to(offer, offer.body(bad.base("hung")), by).status == 200
        return time.perf_counter() - began

    with ThreadPoolExecutor(12) as crowd:
        took = list(crowd.map(one, range(12)))
    assert max(took) < DEADLINE_MS / 1000 + 3 * SMALL


@pytest.mark.parametrize(
    ("certified", "trusted", "reached"),
    [("localhost", True, True), ("localhost", False, False), ("other", True, False)],
)
def test_the_token_goes_only_to_a_server_whose_certificate_is_right(
    bad: BadFhir, tmp_path: Path, certified: str, trusted: bool, reached: bool
) -> None:
    """By the authorities of the system or of ``GABAGUARD_CA_FILE``, and for the name that was registered."""
    offer = offered("r4-order-sign")
    bad.resources = offer.resources
    bad.seen.clear()
    certificate, key = self_signed(tmp_path, host=certified)
    by = engine(2500, ca_file=str(certificate) if trusted else "")
    with tls_proxy(certificate, key, bad.port) as port:
        answer = json.loads(answer_to(offer, offer.body(f"https://localhost:{port}/none/*/fhir"), by).body)
        by.ehr.close()
    assert bool(bad.seen) is reached
    assert ("opioid-baclofen:critical" in told(answer)) is reached


def test_a_hanging_server_is_let_rest_and_asked_again(bad: BadFhir) -> None:
    """Else each call to it holds a thread for a whole deadline, and the calls of other hospitals wait."""
    offer = offered("r4-order-sign")
    bad.resources = offer.resources
    by = Engine(Settings(as_of=AS_OF, fhir_deadline_ms=DEADLINE_MS))
    by.ehr = Ehr(
        Outbound([ip_network("127.0.0.0/8")]), seconds=DEADLINE_MS / 1000, breaker=Breaker(in_a_row=2, rest=60)
    )
    body = offer.body(bad.base("hung", "*"))

    def reasons() -> str:
        return json.dumps(report(json.loads(answer_to(offer, body, by).body))["notChecked"])

    assert "left alone" not in reasons() + reasons()
    before = len(bad.seen)
    assert "left alone" in reasons()
    assert len(bad.seen) == before  # nothing was sent to it
    well = json.loads(answer_to(offer, offer.body(bad.base()), by).body)
    assert told(well) >= FULL  # another address is asked as ever
