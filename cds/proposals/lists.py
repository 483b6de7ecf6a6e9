"""A home drug that the discharge list has lost, put back on it in the directions it had."""

from __future__ import annotations

from collections.abc import Iterator

from cds.arithmetic.told import ORDER, STATEMENT
from cds.case import Known, Order, PatientCase, Setting, When
from cds.chart import Chart, Coded, Coding, MedicationFact
from cds.person import category_setting
from cds.proposals.drafts import Draft, recorded

_CATEGORY = Coded((Coding("", "discharge", ""),), "")


def lost_by_the_list(chart: Chart, case: PatientCase) -> Iterator[Draft]:
    """The home drugs of which nothing is on the discharge list, each with the resource that tells of it."""
    lost = [order for order in case.orders if order.omitted]
    if not lost:
        return
    facts = {fact.path: fact for fact in chart.medications if not fact.draft}
    known = recorded(case)
    for order in lost:
        fact = facts.get(order.path)
        if fact is not None and _can_be_ordered(fact, order, chart.release):
            yield Draft(order, fact, order.ref in known)


def _can_be_ordered(fact: MedicationFact, order: Order, release: str) -> bool:
    """Directions from home, of one known daily dose: a schedule in steps would begin anew, and nothing else is exact.

    A statement of DSTU2 has directions of another shape than an order.
    """
    if fact.kind not in ((ORDER,) if release == "DSTU2" else (ORDER, STATEMENT)):
        return False
    at_home = category_setting(fact.category) is not Setting.INPATIENT
    return at_home and all(isinstance(dose, Known) and not dose.value.steps for dose in order.doses)


def on_the_list(was: MedicationFact, encounter_id: str, case: PatientCase) -> MedicationFact:
    """The new order as it will be read; in DSTU2, without a category, one of the stay and of today."""
    return MedicationFact(
        kind=ORDER,
        resource_type="MedicationRequest",
        id="",
        path="",
        status="draft",
        intent="order",
        drug=was.drug,
        form=was.form,
        ingredients=was.ingredients,
        dosages=was.dosages,
        written=When(case.as_of, case.as_of),
        category=_CATEGORY,
        reasons=was.reasons,
        prior=(f"{was.resource_type}/{was.id}",) if was.id and was.kind == ORDER else (),
        encounter=encounter_id,
    )
