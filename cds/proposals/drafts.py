"""Which drafts of a call may be changed, removed or taken up again, and what they look like when they are."""

from __future__ import annotations

import re

import msgspec

from cds.arithmetic.writable import piece_of
from cds.case import Action, Known, Order, PatientCase, Route
from cds.chart import Amount, Chart, Coded, Coding, DosageFact, MedicationFact, Timing
from cds.findings import DoseToWrite
from cds.knowledge.model import Orderable
from cds.reconcile import STOPPING

_REF = re.compile(r"Medication(Request|Order)/[A-Za-z0-9\-.]{1,64}\Z")
_WHILE_WRITING = frozenset({"draft", ""})
UCUM = "http://unitsofmeasure.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


class Draft(msgspec.Struct, frozen=True, eq=False):
    """A draft order of the call with the resource it was read from.

    ``recorded``: that resource itself is one of the patient's treatments, running or over.
    """

    order: Order
    fact: MedicationFact
    recorded: bool

    @property
    def ordered(self) -> DoseToWrite:
        """The dose as ordered. Raises ``ValueError`` when it is not known: ask ``changeable`` first."""
        dose = self.order.doses[0]
        if not isinstance(dose, Known) or not dose.value.single_high or not dose.value.times_per_day:
            raise ValueError("the ordered dose is not known")
        return DoseToWrite(self.order.drug.ingredients[0].id, dose.value.single_high, round(dose.value.times_per_day))

    def with_dose(self, dose: DoseToWrite) -> MedicationFact:
        """The resource with another dose, as it would be read after the change."""
        was = self.fact.dosages[0]
        timing = Timing(
            frequency=float(dose.times),
            period=1.0,
            period_unit="d",
            bounds_start=was.timing.bounds_start if was.timing else None,
            bounds_end=was.timing.bounds_end if was.timing else None,
            bounds_duration=was.timing.bounds_duration if was.timing else None,
        )
        now = DosageFact(
            timing=timing,
            as_needed=was.as_needed,
            route=was.route,
            method=was.method,
            site=was.site,
            dose=Amount(dose.single, "mg", "mg", UCUM),
        )
        quantity = self.fact.quantity
        if quantity is not None and quantity.value is not None:
            less = quantity.value * dose.daily / self.ordered.daily
            quantity = msgspec.structs.replace(quantity, value=float(-(-less // 1)))
        return msgspec.structs.replace(self.fact, dosages=(now,), quantity=quantity)

    def going_on(self) -> MedicationFact:
        """The resource of a stopped order as one that runs."""
        return msgspec.structs.replace(self.fact, status="active", effective_end=None)


def drafts_of(chart: Chart, case: PatientCase) -> tuple[Draft, ...]:
    """The selected drafts that can be named from outside, each with its resource."""
    facts = {fact.path: fact for fact in chart.medications if fact.draft}
    known = recorded(case)
    return tuple(
        Draft(order, facts[order.path], order.ref in known)
        for order in case.orders
        if order.selected and order.path in facts and _REF.match(order.ref)
    )


def recorded(case: PatientCase) -> frozenset[str]:
    """What every treatment of the record goes by: a long one has hundreds, and each proposal asks about each draft."""
    return frozenset(name for use in (*case.uses, *case.past_uses) for name in use.names)


def removable(case: PatientCase, draft: Draft) -> bool:
    """Whether taking the draft away leaves everything as it was before: a start, or a raise of what goes on anyway.

    Never one that is a running order itself, and never a renewal: without it the supply would end.
    """
    return draft.fact.status in _WHILE_WRITING and not draft.recorded and _brings_more(case, draft)


def changeable(case: PatientCase, draft: Draft) -> bool:
    """Whether the draft holds one plain daily dose by mouth that may be written smaller."""
    if not removable(case, draft) or len(draft.fact.dosages) != 1 or len(draft.order.doses) != 1:
        return False
    order, dose = draft.order, draft.order.doses[0]
    if order.single_dose or order.drug.route not in (Route.ORAL, Route.UNKNOWN) or not isinstance(dose, Known):
        return False
    found = dose.value
    if found.steps or found.caveat or found.unit != "mg/d" or not found.single_high or not found.times_per_day:
        return False
    regular = found.times_per_day == round(found.times_per_day)
    same = abs(found.single_high * found.times_per_day - found.high) < 1e-6
    return regular and same and piece_of(order.drug, order.drug.ingredients[0].id) is not None


def stopped(_: PatientCase, draft: Draft) -> bool:
    """Whether the draft is a running order itself, sent as stopped, cancelled or on hold."""
    return draft.order.action is Action.STOP and draft.fact.status in STOPPING and draft.recorded


def ordered_instead(item: Orderable, was: MedicationFact) -> MedicationFact:
    """The order of a medicine in the place of a draft, as it will be read."""
    dosage = DosageFact(text=item.directions, as_needed=True, dose=Amount(item.dose, item.unit, item.unit, UCUM))
    return MedicationFact(
        kind="order",
        resource_type=was.resource_type,
        id="",
        path=was.path,
        draft=True,
        status="draft",
        intent="order",
        drug=Coded((Coding(RXNORM, item.code, item.display),), item.text),
        dosages=(dosage,),
        written=was.written,
    )


def running_mg(case: PatientCase, order: Order) -> float | None:
    """mg per day of its own drug that the order takes the place of; 0 for nothing, None when it is not known in mg."""
    total = 0.0
    ours = {ingredient.id for ingredient in order.drug.ingredients}
    for use in case.uses:
        same = any(ingredient.id in ours for ingredient in use.drug.ingredients)
        if not same or not set(use.names).intersection(order.replaces):
            continue
        dose = use.doses[0] if len(use.doses) == 1 else None
        if not isinstance(dose, Known) or dose.value.unit != "mg/d":
            return None
        total += dose.value.high
    return total


def _brings_more(case: PatientCase, draft: Draft) -> bool:
    order = draft.order
    if order.action is Action.START:
        return True
    if order.action is not Action.CHANGE or not order.linked or len(order.doses) != 1:
        return False
    before, after = running_mg(case, order), order.doses[0]
    return before is not None and isinstance(after, Known) and after.value.high > before
