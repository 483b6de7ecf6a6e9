"""What a site does not want twice: for how long, of which urgency, and what is shown all the same."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import orjson
import pytest

from cds.findings import Finding, Indicator
from cds.repeats import subject, without_repeats
from cds.site import Site
from hooks.audit import Audit, Noted, row_of, shown_of
from hooks.engine import Engine
from hooks.feedback import Feedback
from hooks.repeats import OVERRIDDEN, SELECTED, Repeats
from hooks.respond import Answer, respond
from hooks.services import service_for_hook
from hooks.settings import Settings
from hooks.store import Store
from tests.support.cases import case_named
from tests.support.render import render_bytes

CASE = case_named("rd-50-20-mg")
CHECK = "baclofen-renal-dose"
SITE = Site("default", select_minutes=30, override_hours=24)
ENGINE = Engine(Settings(as_of=CASE.as_of, database_url="off"))
Change = Callable[[bytes], bytes]


def called(repeats: Repeats, hook: str, client: str = "", body: bytes = b"", change: Change = bytes) -> Answer:
    service = service_for_hook(hook)
    assert service is not None
    sent = change((body or render_bytes(CASE, "R4")).replace(b"medication-prescribe", hook.encode()))
    return respond(sent, service, ENGINE, once=lambda judged: repeats.once(client, service, judged))


def keep(store: Store, answer: Answer, at: datetime, client: str = "") -> list[str]:
    """Note a call as the thread does; the cards it showed."""
    noted = Noted(at, str(uuid.uuid4()), client, "s", 1.0, answer)
    row = row_of(noted, store)
    store.keep_calls([row], shown_of(noted, row, store))
    return [card["uuid"] for card in orjson.loads(answer.body)["cards"]]


def on_cards(answer: Answer) -> set[str]:
    found: set[str] = set()
    for card in orjson.loads(answer.body)["cards"]:
        found |= {one["check"] for one in card.get("extension", {}).get("org.gabaguard.findings", ())}
    return found


def not_again(answer: Answer) -> dict[str, str]:
    about = orjson.loads(answer.body)["extension"]["org.gabaguard.report"]
    return {one["check"]: one["because"] for one in about.get("notShownAgain", ())}


class Memory(Audit):
    """The memory of a service on a database of the tests."""

    def __init__(self, database: str) -> None:
        super().__init__(Settings(database_url=database))


@pytest.fixture
def repeats(database: str) -> Iterator[Repeats]:
    """Looks when told to; its thread is left out."""
    memory = Memory(database)
    made = Repeats(memory, lambda client: SITE if client != "other" else None)
    made._watch = made._clients.add  # type: ignore[method-assign]
    yield made
    memory.store.close()


@pytest.mark.parametrize(("minutes", "again"), [(29, False), (31, True)])
def test_what_was_shown_at_the_choice_is_not_shown_again_at_the_signature_for_so_long(
    store: Store, repeats: Repeats, minutes: int, again: bool
) -> None:
    first = called(repeats, "order-select")
    assert CHECK in on_cards(first)
    keep(store, first, datetime.now(UTC) - timedelta(minutes=minutes))
    repeats.look()
    signed = called(repeats, "order-sign")
    assert (CHECK in on_cards(signed)) is again
    assert not_again(signed).get(CHECK) == (None if again else SELECTED)
    assert CHECK in on_cards(called(repeats, "order-select")), "the choice itself is answered alike, however often"


@pytest.mark.parametrize(
    ("hours", "code", "again"), [(23, "monitored", False), (25, "monitored", True), (23, "", True)]
)
def test_what_was_overridden_with_a_reason_is_not_shown_again_for_so_long(
    store: Store, repeats: Repeats, hours: int, code: str, again: bool
) -> None:
    then = datetime.now(UTC) - timedelta(hours=hours)
    cards = keep(store, called(repeats, "order-sign"), then)
    _overridden(store, cards, code, then)
    repeats.look()
    signed = called(repeats, "order-sign")
    assert (CHECK in on_cards(signed)) is again
    assert not_again(signed).get(CHECK) == (None if again else OVERRIDDEN)


def _overridden(store: Store, cards: list[str], code: str, received: datetime) -> None:
    from sqlalchemy import update

    from hooks.store.database import transaction
    from hooks.store.tables import feedback

    items = [Feedback(card=card, outcome="overridden", at=received, reason_code=code) for card in cards]
    store.keep_feedback(items, client="", service="s")
    with transaction(store.engine) as connection:
        connection.execute(update(feedback).values(received=received))


def more(body: bytes) -> bytes:
    """The same order of a higher dose."""
    request = orjson.loads(body)
    for entry in request["context"]["draftOrders" if "draftOrders" in request["context"] else "medications"]["entry"]:
        for line in entry["resource"]["dosageInstruction"]:
            line["doseAndRate"][0]["doseQuantity"]["value"] *= 1.5
    return orjson.dumps(request)


def test_another_dose_another_patient_and_another_client_are_told_all_the_same(store: Store, repeats: Repeats) -> None:
    keep(store, called(repeats, "order-select"), datetime.now(UTC))
    repeats.look()
    assert CHECK not in on_cards(called(repeats, "order-sign"))
    assert CHECK in on_cards(called(repeats, "order-sign", change=more))
    patient = orjson.loads(render_bytes(CASE, "R4"))["context"]["patientId"].encode()
    assert CHECK in on_cards(called(repeats, "order-sign", change=lambda body: body.replace(patient, b"somebody-else")))
    assert CHECK in on_cards(called(repeats, "order-sign", client="other"))


def test_what_is_critical_is_always_shown(store: Store, repeats: Repeats) -> None:
    body = render_bytes(case_named("suggest-last-resort"), "R4")
    first = called(repeats, "order-select", body=body)
    assert CHECK in on_cards(first)
    keep(store, first, datetime.now(UTC))
    repeats.look()
    assert CHECK in on_cards(called(repeats, "order-sign", body=body))


def test_what_has_become_more_urgent_is_shown() -> None:
    case, levels = _judged()
    known = {"warning": 2, "info": 1}
    for most, shown in (("warning", False), ("info", True)):
        report = without_repeats(case.report, case.case, lambda _, level, m=most: "why" if level <= known[m] else "")
        found = [f for f in report.findings if f.check == CHECK]
        assert [f.shown for f in found] == [shown], levels


def _judged() -> tuple[Any, list[Indicator]]:
    service = service_for_hook(CASE.hook)
    assert service is not None
    judged = respond(render_bytes(CASE, "R4"), service, ENGINE).judged
    assert judged is not None
    return judged, [finding.indicator for finding in judged.report.findings]


def test_a_subject_names_check_wording_drugs_and_doses_and_nothing_of_the_patient() -> None:
    judged, _ = _judged()
    finding: Finding = next(f for f in judged.report.findings if f.check == CHECK)
    text = subject(finding, judged.case)
    assert text.startswith(f"{CHECK}|{finding.wording}|baclofen=20")
    assert judged.request.patient_id not in text
    other = msgspec.structs.replace(finding, wording="other")
    assert subject(other, judged.case) != text


def judged_of(body: bytes) -> Any:
    service = service_for_hook(CASE.hook)
    assert service is not None
    judged = respond(body, service, ENGINE).judged
    assert judged is not None
    return judged


def subject_of(body: bytes) -> str:
    judged = judged_of(body)
    return subject(next(one for one in judged.report.findings if one.check == CHECK), judged.case)


def beside(body: bytes) -> bytes:
    """The same call for a patient who takes something besides that the finding is not about."""
    request = orjson.loads(body)
    other = {"resourceType": "MedicationRequest", "id": "other", "status": "active", "intent": "order"}
    other |= {"medicationCodeableConcept": {"text": "lorazepam 1 mg tablet"}, "authoredOn": "2026-01-05"}
    other |= {"subject": {"reference": f"Patient/{request['context']['patientId']}"}}
    other |= {"dosageInstruction": [{"text": "1 mg twice daily"}]}
    request["prefetch"]["medications"] = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": other}]}
    return orjson.dumps(request)


def test_what_is_taken_besides_makes_no_finding_a_new_one() -> None:
    body = render_bytes(CASE, "R4")
    with_another = beside(body)
    assert {i.id for use in judged_of(with_another).case.uses for i in use.drug.ingredients} == {"lorazepam"}
    assert subject_of(with_another) == subject_of(body)


def undosed(body: bytes) -> bytes:
    """The same order, its directions left open."""
    request = orjson.loads(body)
    for entry in request["context"]["medications"]["entry"]:
        entry["resource"]["dosageInstruction"] = [{"text": "as directed"}]
    return orjson.dumps(request)


def test_a_finding_about_a_dose_nobody_told_is_another_once_it_is_told() -> None:
    """Remembered as unknown: who then writes a dose is told of it."""
    body = render_bytes(CASE, "R4")
    assert subject_of(undosed(body)).endswith("|baclofen=?")
    assert subject_of(undosed(body)) != subject_of(body)


def test_while_the_database_is_away_everything_is_shown(store: Store, repeats: Repeats, tmp_path: Any) -> None:
    keep(store, called(repeats, "order-select"), datetime.now(UTC))
    repeats.look()
    assert CHECK not in on_cards(called(repeats, "order-sign"))
    (tmp_path / "folder").mkdir()
    repeats._memory = Memory(str(tmp_path / "folder"))
    repeats.look()
    assert CHECK in on_cards(called(repeats, "order-sign"))


def test_nothing_is_remembered_of_a_site_that_did_not_ask(store: Store) -> None:
    service = service_for_hook(CASE.hook)
    assert service is not None
    answer = respond(render_bytes(CASE, "R4"), service, ENGINE)
    keep(store, answer, datetime.now(UTC))
    assert store.shown_lately("", datetime(2020, 1, 1, tzinfo=UTC), CASE.hook) == []


def test_what_was_shown_is_purged_with_its_calls(store: Store, repeats: Repeats) -> None:
    keep(store, called(repeats, "order-select"), datetime.now(UTC) - timedelta(days=3))
    store.purge(calls_before=datetime.now(UTC) - timedelta(days=2))
    assert store.shown_lately("", datetime(2020, 1, 1, tzinfo=UTC), "order-select") == []
