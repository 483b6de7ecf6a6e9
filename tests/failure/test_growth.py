"""Cost grows with the request, never with its square: counted in calls of functions, so that no clock is asked.

A body of 8 MiB holds thousands of orders. Compared each with each they would keep a worker busy for minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, timedelta
from types import FrameType
from typing import Any

import msgspec
import pytest

from cds.case import Reason
from cds.findings import Indicator
from cds.uses import MOST_AT_ONCE
from hooks.engine import Engine
from hooks.respond import Judged, judge
from hooks.services import service_for_hook
from hooks.settings import Settings

TODAY = date(2026, 6, 10)
FEW, MANY = 300, 1200
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
BACLOFEN, OXYCODONE = ("197391", "baclofen 10 MG Oral Tablet"), ("1049621", "oxycodone hydrochloride 5 MG Oral Tablet")
ENGINE = Engine(Settings(as_of=TODAY))

Json = dict[str, Any]


def _medicine(type_: str, id: str, drug: tuple[str, str] = BACLOFEN, **elements: Any) -> Json:
    code, display = drug
    return {
        "resourceType": type_,
        "id": id,
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p"},
        "identifier": [{"system": "urn:x", "value": id}],
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": code, "display": display}]},
        **elements,
    }


def _doses(milligrams: float) -> list[Json]:
    quantity = {"value": milligrams, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    timing = {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}}
    return [{"timing": timing, "doseAndRate": [{"doseQuantity": quantity}]}]


def _ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def _order(number: int, *, dose: float = 10, prefix: str = "m", **elements: Any) -> Json:
    own = {"authoredOn": _ago(number % 300 + 1), "dosageInstruction": _doses(dose), **elements}
    return _medicine("MedicationRequest", f"{prefix}{number}", **own)


def _draft(number: int, **elements: Any) -> Json:
    return _order(number, prefix="d", status=elements.pop("status", "draft"), **elements)


def _statement(number: int) -> Json:
    own = {"effectiveDateTime": _ago(number % 300 + 1), "dosage": _doses(5 + number % 40)}
    return _medicine("MedicationStatement", f"s{number}", **own)


def _dispense(number: int) -> Json:
    given = {"whenHandedOver": _ago(number % 300 + 1), "quantity": {"value": 90, "unit": "tablet"}}
    return _medicine("MedicationDispense", f"x{number}", **given, status="completed")


def _administration(number: int) -> Json:
    given = {"effectiveDateTime": _ago(number % 300 + 1), "status": "completed"}
    return _medicine("MedicationAdministration", f"a{number}", **given)


def _creatinine(number: int) -> Json:
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
        "effectiveDateTime": _ago(number % 300 + 1),
        "valueQuantity": {"value": 1 + number % 7 / 10, "unit": "mg/dL", "code": "mg/dL"},
    }


def _condition(number: int) -> Json:
    return {
        "resourceType": "Condition",
        "id": f"c{number}",
        "subject": {"reference": "Patient/p"},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "N18.4"}]},
    }


def _bundle(resources: list[Json]) -> Json:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources]}


def _call(drafts: list[Json] | None = None, **lists: list[Json]) -> bytes:
    patient = {"resourceType": "Patient", "id": "p", "birthDate": "1953-11-20", "gender": "male"}
    keys = ("medications", "statements", "conditions", "creatinine")
    return msgspec.json.encode(
        {
            "hook": "order-sign",
            "hookInstance": "7a1b0c7e-0f0e-4a0e-9a53-0c6d0c9a3c11",
            "context": {"userId": "Practitioner/x", "patientId": "p", "draftOrders": _bundle(drafts or [_draft(0)])},
            "prefetch": {"patient": patient} | {key: _bundle(lists.get(key, [])) for key in keys},
        }
    )


def _judged(body: bytes) -> Judged:
    service = service_for_hook("order-sign")
    assert service is not None
    return judge(body, service, ENGINE)


def _calls_of(job: Callable[[], object]) -> int:
    """How many calls of functions, Python's and built-in ones, a job makes."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        job()
    finally:
        sys.setprofile(before)
    return count


SHAPES: dict[str, Callable[[int], bytes]] = {
    "orders of one drug and dose": lambda n: _call(medications=[_order(i) for i in range(n)]),
    "orders of one drug in many doses": lambda n: _call(medications=[_order(i, dose=5 + i % 40) for i in range(n)]),
    "orders of two drugs": lambda n: _call(
        medications=[_order(i, drug=(BACLOFEN, OXYCODONE)[i % 2]) for i in range(n)]
    ),
    "ended orders": lambda n: _call(medications=[_order(i, status="completed") for i in range(n)]),
    "orders that cannot be named": lambda n: _call(
        medications=[_order(i, drug=("", "")) for i in range(n)],
    ),
    "statements": lambda n: _call(statements=[_statement(i) for i in range(n)]),
    "dispenses": lambda n: _call(medications=[_order(0)], statements=[_dispense(i) for i in range(n)]),
    "administrations": lambda n: _call(medications=[_order(0)], statements=[_administration(i) for i in range(n)]),
    "orders and dispenses": lambda n: _call(
        medications=[_order(i) for i in range(n // 2)], statements=[_dispense(i) for i in range(n // 2)]
    ),
    "drafts": lambda n: _call([_draft(i) for i in range(n)]),
    "stops and starts": lambda n: _call([_draft(i, status=("stopped", "draft")[i % 2]) for i in range(n)]),
    "drafts and orders": lambda n: _call(
        [_draft(i, dose=5 + i % 40) for i in range(n // 2)], medications=[_order(i) for i in range(n // 2)]
    ),
    "conditions": lambda n: _call(conditions=[_condition(i) for i in range(n)]),
    "creatinine values": lambda n: _call(creatinine=[_creatinine(i) for i in range(n)]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_four_times_as_much_costs_at_most_five_times_as_many_calls(shape: str) -> None:
    few, many = SHAPES[shape](FEW), SHAPES[shape](MANY)
    _judged(many), _judged(few)  # what is remembered between calls is not counted
    cost = _calls_of(lambda: _judged(few))
    assert _calls_of(lambda: _judged(many)) <= 5 * cost


def test_of_absurdly_many_orders_the_newest_are_counted_and_the_rest_is_said() -> None:
    orders = [_order(i, dose=5 + i % 40, authoredOn=_ago(i % 1000 + 1)) for i in range(2 * MOST_AT_ONCE)]
    case = _judged(_call(medications=orders)).case
    assert len(case.uses) <= MOST_AT_ONCE
    assert [gap.reason for gap in case.gaps["medications"]] == [Reason.TRUNCATED]
    assert "MedicationRequest/m0" in {ref for use in case.uses for ref in use.refs}


def test_as_many_orders_as_are_counted_leave_no_gap() -> None:
    orders = [_order(i, dose=5 + i % 40) for i in range(MOST_AT_ONCE)]
    assert "medications" not in _judged(_call(medications=orders)).case.gaps


def test_a_thousand_orders_of_one_drug_do_not_hide_another() -> None:
    orders = [_order(i, drug=OXYCODONE, authoredOn=_ago(1)) for i in range(1000)]
    report = _judged(_call(medications=[_order(5000, drug=BACLOFEN, authoredOn=_ago(900)), *orders])).report
    assert max(finding.indicator for finding in report.findings if finding.check == "opioid-baclofen") > Indicator.INFO
    uses = _judged(
        _call([_draft(0, drug=OXYCODONE)], medications=[*orders, _order(5000, authoredOn=_ago(900))])
    ).case.uses
    assert "baclofen" in {ingredient.id for use in uses for ingredient in use.drug.ingredients}


def test_of_absurdly_many_drafts_those_of_our_drugs_are_looked_at_and_the_rest_is_said() -> None:
    others = [_draft(i, drug=("314076", "lisinopril 10 MG Oral Tablet")) for i in range(150)]
    case = _judged(_call([*others, _draft(999)])).case
    assert "MedicationRequest/d999" in {order.ref for order in case.orders}
    assert [gap.reason for gap in case.unreadable_orders] == [Reason.TRUNCATED]


def test_ten_times_the_rules_cost_no_more_when_they_are_about_other_drugs() -> None:
    """The index by ingredient leads to the rules that an order concerns; others are not even looked at."""
    knowledge = ENGINE.knowledge
    copies = {
        f"{id}-{number}": msgspec.structs.replace(check, id=f"{id}-{number}")
        for id, check in knowledge.checks.items()
        for number in range(9)
    }
    more = msgspec.structs.replace(
        knowledge,
        checks={**knowledge.checks, **copies},
        by_ingredient={**knowledge.by_ingredient, "another-drug": tuple(copies)},
    )
    body = _call(medications=[_order(1), _order(2, drug=OXYCODONE)], creatinine=[_creatinine(1)])
    service = service_for_hook("order-sign")
    assert service is not None
    engines = ENGINE, Engine(Settings(as_of=TODAY), more)
    for engine in engines:
        judge(body, service, engine)
    few, many = (_calls_of(lambda engine=engine: judge(body, service, engine)) for engine in engines)
    assert many == few
