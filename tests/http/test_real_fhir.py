"""Against a real FHIR server in a process of its own: fetched and prefetched give the same bytes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hooks.app import create_app
from hooks.origins import Allowed
from hooks.respond import Answer, respond
from hooks.services import service_for_hook
from hooks.settings import Settings
from tests.support.answers import report, told
from tests.support.asked_of import prefetched
from tests.support.cases import Case, all_cases, case_named
from tests.support.fetched import AS_OF, TOKEN, answer_to, engine, offered, resources_of
from tests.support.real_fhir import RealFhir, real_fhir
from tests.support.render import render
from tests.support.run import engine_at
from tests.support.server import start, stop
from tests.support.tokens import ADDRESS, DISCOVERY, ISSUER, jwk, mint

Json = dict[str, Any]
FULL = {"opioid-baclofen:critical", "baclofen-renal-dose:critical"}
LOOPBACK = Allowed(loopback=True)
# All of them with HYPOTHESIS_PROFILE=prove; every 20th otherwise.
_EVERY = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "prove" else 20
CASES = [case for case in all_cases() if "R4" in case.releases][::_EVERY]
CASES += [case for case in (case_named("bs-do-not-give"),) if case not in CASES]  # an order only once the list is seen


@pytest.fixture(scope="module")
def open_server() -> Iterator[RealFhir]:
    with real_fhir() as server:
        yield server


@pytest.fixture(scope="module")
def guarded_server() -> Iterator[RealFhir]:
    with real_fhir(TOKEN) as server:
        yield server


def both(case: Case, server: RealFhir, token: str = "") -> tuple[Answer, Answer]:
    """The answers to a case: with the prefetch that this server gives, and with nothing but the server."""
    document, by, service = render(case, "R4"), engine_at(case.as_of), service_for_hook(case.hook)
    assert service is not None
    server.furnish("room", resources_of(document.pop("prefetch")))
    prefetch, _ = prefetched(server, "room", service, document["context"], token)
    offer: Json = {"fhirServer": server.base("room")}
    if token:
        offer["fhirAuthorization"] = {"access_token": token, "token_type": "Bearer", "scope": "patient/*.rs"}
    sent = respond(json.dumps(document | {"prefetch": prefetch}).encode(), service, by)
    fetched = respond(json.dumps(document | offer).encode(), service, by, permitted=LOOPBACK)
    return sent, fetched


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
def test_fetched_and_prefetched_give_the_same_bytes(open_server: RealFhir, case: Case) -> None:
    sent, fetched = both(case, open_server)
    assert (fetched.status, fetched.body) == (sent.status, sent.body)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES[::10]])
def test_so_they_do_where_a_token_is_needed(guarded_server: RealFhir, case: Case) -> None:
    sent, fetched = both(case, guarded_server, TOKEN)
    assert (fetched.status, fetched.body) == (sent.status, sent.body)


def test_without_the_right_token_everything_is_said_to_be_denied(guarded_server: RealFhir) -> None:
    offer = offered("r4-order-sign")
    guarded_server.furnish("room", offer.resources)
    answer = json.loads(answer_to(offer, offer.body(guarded_server.base("room"), access_token="old"), engine()).body)
    assert "the FHIR server denied access" in answer["cards"][-1]["detail"]
    assert "fetch-failed" in {item["reason"] for item in report(answer)["notChecked"]}


def test_each_key_may_be_missing(open_server: RealFhir) -> None:
    """None, each alone, and each left out: only what is missing is asked for."""
    offer = offered("r4-order-sign")
    open_server.furnish("room", offer.resources)
    keys = list(offer.document["prefetch"])
    asked_for = engine().services[offer.service].prefetch.keys()
    for subset in ([], *([key] for key in keys), *([key for key in keys if key != left_out] for left_out in keys)):
        open_server.log()
        answer = answer_to(offer, offer.body(open_server.base("room"), subset), engine())
        assert told(json.loads(answer.body)) >= FULL
        assert len(open_server.log()) == len(asked_for - set(subset))


@pytest.mark.parametrize("how", ["get", "post"])
def test_a_list_of_several_pages_is_read_to_its_end(open_server: RealFhir, how: str) -> None:
    """The server gives 20 a page; the opioid is the 45th order."""
    offer = offered("r4-order-sign")
    opioid = next(one for one in offer.resources if one["resourceType"] == "MedicationRequest")
    others = [
        {**opioid, "id": f"other-{number}", "medicationCodeableConcept": {"text": "Amoxicillin 500 mg capsule"}}
        for number in range(44)
    ]
    rest = [one for one in offer.resources if one is not opioid]
    open_server.furnish("room", [*others, opioid, *rest])
    open_server.log()
    by = engine(2500, fhir_search=how)
    answer = json.loads(answer_to(offer, offer.body(open_server.base("room")), by).body)
    assert told(answer) >= FULL
    assert "truncated" not in {item["reason"] for item in report(answer)["notChecked"]}
    seen = open_server.log()
    further = [one for one in seen if "status=active" in one["query"] and "_offset" in one["query"]]
    assert len(further) == 2
    first = [one for one in seen if "_offset" not in one["query"] and "/" not in one["path"]]
    assert bool(first) is (how == "get")


@pytest.mark.parametrize(
    ("scope", "types"),
    [
        ("launch openid patient/Patient.read patient/MedicationRequest.read", {"Patient", "MedicationRequest"}),
        (
            "patient/Patient.r patient/MedicationRequest.rs user/Condition.s",
            {"Patient", "MedicationRequest", "Condition"},
        ),
        ("patient/Patient.s patient/MedicationRequest.r", set()),
        ("patient/*.write", set()),
        ("patient/*.cud", set()),
        ("patient/MedicationStatement.*", {"MedicationStatement"}),
    ],
)
def test_what_the_scope_does_not_open_is_not_asked_for_and_said(
    open_server: RealFhir, scope: str, types: set[str]
) -> None:
    offer = offered("r4-order-sign")
    open_server.furnish("room", offer.resources)
    open_server.log()
    answer = json.loads(answer_to(offer, offer.body(open_server.base("room"), scope=scope), engine()).body)
    assert {one["path"].partition("/")[0] for one in open_server.log()} == types
    said = [item["detail"] for item in report(answer)["notChecked"] if item["reason"] == "absent"]
    assert any("the access given does not open it" in detail for detail in said)


@pytest.mark.parametrize("scope", ["", "openid launch", "patient/*.read", "user/*.rs", "system/*.cruds", "words"])
def test_a_scope_that_opens_all_or_names_no_resource_asks_for_all(open_server: RealFhir, scope: str) -> None:
    offer = offered("r4-order-sign")
    open_server.furnish("room", offer.resources)
    answer = json.loads(answer_to(offer, offer.body(open_server.base("room"), scope=scope), engine()).body)
    assert told(answer) >= FULL


def test_a_scope_that_opens_only_a_part_is_said(open_server: RealFhir) -> None:
    """Laboratory values are whole under a scope for just them; a list of orders confined to a category is not."""
    offer = offered("r4-order-sign")
    open_server.furnish("room", offer.resources)
    lab = "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
    scope = f"patient/Patient.r patient/MedicationRequest.rs?category=community {lab}"
    answer = json.loads(answer_to(offer, offer.body(open_server.base("room"), scope=scope), engine()).body)
    said = {item["detail"] for item in report(answer)["notChecked"] if item["reason"] == "truncated"}
    assert any("medication list: the access given opens only a part" in detail for detail in said)
    assert not any("creatinine" in detail for detail in said)


def test_scopes_of_another_patient_are_worth_nothing(open_server: RealFhir) -> None:
    offer = offered("r4-order-sign")
    open_server.furnish("room", offer.resources)
    open_server.log()
    answer_to(offer, offer.body(open_server.base("room"), scope="patient/*.read", patient="somebody-else"), engine())
    assert open_server.log() == []


def test_over_http_too_and_nothing_of_it_is_logged(open_server: RealFhir, tmp_path: Path) -> None:
    """The whole service as it is served, with the real server: the log tells how fetching ended, by keys."""
    offer = offered("r4-order-sign")
    open_server.furnish("kidney-72-room", offer.resources)
    body = offer.body(open_server.base("kidney-72-room"))
    process, service = start(tmp_path, GABAGUARD_LOG_LEVEL="debug")
    try:
        reply = service.post(offer.service, body)
        assert told(reply.json()) >= FULL
    finally:
        stop(process)
    text = service.log.read_text()
    assert '"fetched"' in text
    for planted in (TOKEN, "kidney-72", "/fhir/", str(open_server.port)):
        assert planted not in text


def test_a_registered_client_leads_only_to_its_own_servers(open_server: RealFhir, tmp_path: Path) -> None:
    """With trust, loopback is no exception: a client's FHIR origins are those it was registered with."""
    offer = offered("r4-order-sign")
    open_server.furnish("room", offer.resources)
    body = offer.body(open_server.base("room"))
    for origin, found in ((f"http://127.0.0.1:{open_server.port}", True), ("https://ehr.example", False)):
        file = tmp_path / "clients.toml"
        public = ", ".join(f'{name} = "{value}"' for name, value in jwk("es384-a").items())
        file.write_text(
            f'[clients.main]\nissuer = "{ISSUER}"\nkeys = [{{ {public} }}]\nfhir_origins = ["{origin}"]\n',
            encoding="utf-8",
        )
        app = create_app(Settings(as_of=AS_OF, clients=str(file), public_url=ADDRESS))
        open_server.log()
        token = mint(aud=f"{DISCOVERY}/{offer.service}", jku=None)
        reply = app.test_client().post(
            f"/cds-services/{offer.service}",
            data=body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert reply.status_code == 200, reply.data
        assert (told(reply.json) >= FULL) is found
        assert bool(open_server.log()) is found
