"""A case built again from changed facts is the case that those facts alone make, whatever was kept from before."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from cds.build import build_case
from cds.case import PatientCase
from cds.chart import Chart, Coded, Coding, MedicationFact, PatientFact, ProblemFact
from tests.unit.reconcile.facts import BACLOFEN, LORAZEPAM, TODAY, ago, draft, medicine, taking, terminology

ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
LIST = [
    medicine(BACLOFEN, "m1", written=ago(90), dosages=(taking(1, 3),)),
    medicine(LORAZEPAM, "m2", status="stopped", written=ago(200), effective_end=ago(20), dosages=(taking(1),)),
]
DRAFT = draft(BACLOFEN, dosages=(taking(2, 3),))


def _chart(*medications: MedicationFact, conditions: tuple[str, ...] = ("N18.4",)) -> Chart:
    problems = [
        ProblemFact(f"c{code}", f"c.{code}", Coded((Coding(ICD10, code, ""),)), "active") for code in conditions
    ]
    return Chart(patient=PatientFact(id="p", birth=ago(25_000)), medications=list(medications), problems=problems)


def _built(chart: Chart, days_on: int = 0, phase: str = "sign") -> PatientCase:
    return build_case(chart, as_of=TODAY + timedelta(days=days_on), phase=phase, terminology=terminology())


CHANGES: dict[str, list[MedicationFact]] = {
    "another dose ordered": [*LIST, draft(BACLOFEN, dosages=(taking(1, 3),))],
    "nothing ordered": LIST,
    "something else ordered": [*LIST, draft(LORAZEPAM, dosages=(taking(1),))],
    "one less on the list": [LIST[0], DRAFT],
    "a stop on the list": [msgspec.structs.replace(LIST[0], status="stopped"), LIST[1], DRAFT],
    "the same in another order": [LIST[1], LIST[0], DRAFT],
    "an empty list": [DRAFT],
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("phase", ["sign", "refill", "discharge", "view"])
def test_with_other_medicines(change: str, phase: str) -> None:
    chart = _chart(*LIST, DRAFT)
    _built(chart, phase=phase)
    again = msgspec.structs.replace(chart, medications=CHANGES[change])
    assert _built(again, phase=phase) == _built(_chart(*CHANGES[change]), phase=phase)


def test_on_another_day() -> None:
    chart = _chart(*LIST, DRAFT)
    first = _built(chart)
    assert _built(chart, 400) == _built(_chart(*LIST, DRAFT), 400) != first


def test_with_other_problems() -> None:
    chart = _chart(*LIST, DRAFT)
    _built(chart)
    others = _chart(*LIST, DRAFT, conditions=("G40.909", "N18.6")).problems
    again = msgspec.structs.replace(chart, problems=others)
    assert _built(again) == _built(_chart(*LIST, DRAFT, conditions=("G40.909", "N18.6")))
