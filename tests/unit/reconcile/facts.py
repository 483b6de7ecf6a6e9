"""Facts as readers make them, in a few words; and the case that is built of them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

from cds.build import build_case
from cds.case import Action, DailyDose, DrugUse, Known, Maybe, Order, PatientCase, Unknown, When
from cds.chart import Amount, Chart, Coded, DosageFact, MedicationFact, PatientFact, Timing
from cds.terminology import Terminology, load_terminology

TODAY = date(2026, 6, 10)
TYPES = {
    "order": "MedicationRequest",
    "statement": "MedicationStatement",
    "dispense": "MedicationDispense",
    "administration": "MedicationAdministration",
}


@cache
def terminology() -> Terminology:
    """The terminology that ships."""
    return load_terminology()


def ago(days: int) -> When:
    """A day so many days back (negative: ahead)."""
    day = TODAY - timedelta(days=days)
    return When(day, day)


def words(text: str) -> Coded:
    """A concept that is text only."""
    return Coded((), text)


def taking(tablets: float, times: float = 1, **timing: Any) -> DosageFact:
    """So many tablets, so many times a day."""
    return DosageFact(
        timing=Timing(frequency=times, period=1, period_unit="d", **timing), dose=Amount(tablets, "tablet")
    )


def days(number: float) -> Amount:
    """A length of time."""
    return Amount(number, "days", "d")


def medicine(drug: str, id: str = "", kind: str = "order", status: str = "active", **more: Any) -> MedicationFact:
    """Something on the list: an active order of the drug unless said otherwise."""
    more.setdefault("path", f"{kind}.{id}")
    more.setdefault("intent", "order" if kind == "order" else "")
    return MedicationFact(kind=kind, resource_type=TYPES[kind], id=id, status=status, drug=words(drug), **more)


def draft(drug: str, id: str = "d1", status: str = "draft", **more: Any) -> MedicationFact:
    """A draft order of this call."""
    more.setdefault("written", ago(0))
    return medicine(drug, id, "order", status, draft=True, **more)


def build(*medications: MedicationFact, gaps: dict[str, list[Unknown]] | None = None, **more: Any) -> PatientCase:
    """The case of these medications."""
    person = PatientFact(id="p", birth=When(date(1956, 1, 15), date(1956, 1, 15)), gender="male")
    chart = Chart(patient=person, medications=list(medications), gaps=gaps or {}, **more)
    return build_case(chart, as_of=TODAY, phase="sign", terminology=terminology())


def one_use(*medications: MedicationFact) -> DrugUse:
    """The only treatment these tell of."""
    (use,) = build(*medications).uses
    return use


def one_order(*medications: MedicationFact, **more: Any) -> Order:
    """The only order of the case."""
    (order,) = build(*medications, **more).orders
    return order


def high(dose: Maybe[DailyDose]) -> float | None:
    """The high end of a known dose."""
    return dose.value.high if isinstance(dose, Known) else None


def action(*medications: MedicationFact, **more: Any) -> tuple[Action, tuple[str, ...], bool]:
    """What the only order does, to which treatments, and whether by a link."""
    order = one_order(*medications, **more)
    return order.action, order.replaces, order.linked


BACLOFEN = "baclofen 10 mg oral tablet"
LORAZEPAM = "lorazepam 1 mg oral tablet"
