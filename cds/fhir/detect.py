"""Which FHIR release a call speaks, told from the elements it uses; no field of CDS Hooks says so.

Each resource votes for the releases that only its elements can come from. The drafts decide; if they leave it open,
the other resources do; if those do too, it is R4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cds.fhir.clinical_views import AllergyIntolerance, Condition, Encounter, Procedure
from cds.fhir.dosage import dosage_views, sent_dosages
from cds.fhir.medication_views import (
    Medication,
    MedicationAdministration,
    MedicationDispense,
    MedicationEvent,
    MedicationOrder,
    MedicationRequest,
    MedicationStatement,
    Requester,
)
from cds.fhir.shapes import Codeable, DosageView, Owned, Resource

DEFAULT = "R4"
_SINCE_R4 = "R4 or R5"
_ORDER = ("DSTU2", "R5", "STU3", "R4")  # of equals the first wins
_ENOUGH = 12  # resources that tell; a chart does not change its release half-way


def release_of(drafts: Iterable[Resource], others: Iterable[Resource]) -> str:
    """ "DSTU2", "STU3", "R4" or "R5"."""
    return _winner(drafts) or _winner(others) or DEFAULT


def _winner(views: Iterable[Resource]) -> str:
    votes = dict.fromkeys((*_ORDER, _SINCE_R4), 0)
    heard = 0
    for view in views:
        witness = _WITNESSES.get(type(view))
        if witness is None:
            continue
        said = set(witness(view))
        for release in said:
            votes[release] += 1
        heard += bool(said)
        if heard >= _ENOUGH:
            break
    votes["R5" if votes["R5"] else "R4"] += votes[_SINCE_R4]
    best = max(_ORDER, key=lambda release: votes[release])
    return best if votes[best] else ""


def _only_patient(view: Owned) -> bool:
    """``patient`` where every later release says ``subject``."""
    return view.patient is not None and view.subject is None


def _of_medication(view: Medication) -> Iterator[str]:
    if view.product is not None:
        yield "DSTU2"
    if view.doseForm is not None:
        yield "R5"


def _of_medication_event(view: MedicationEvent) -> Iterator[str]:
    if _only_patient(view):
        yield "DSTU2"
    if type(view.medication) is Codeable or view.reason is not None or view.renderedDosageInstruction:
        yield "R5"
    if view.reasonCodeableConcept is not None:
        yield "DSTU2"
    for dosage in dosage_views(sent_dosages(view.dosageInstruction, view.dosage))[:5]:
        if type(dosage) is DosageView:
            yield from _of_dosage(dosage, view)


def _of_order(view: MedicationRequest) -> Iterator[str]:
    yield from _of_medication_event(view)
    if type(view) is MedicationOrder or view.dateWritten or view.dateEnded or view.prescriber is not None:
        yield "DSTU2"
    if view.context is not None or _has_agent(view):
        yield "STU3"
    if view.statusReason is not None or view.doNotPerform is not None:
        yield _SINCE_R4


def _of_dispense(view: MedicationDispense) -> Iterator[str]:
    yield from _of_medication_event(view)
    if view.notDone is not None:
        yield "STU3"


def _has_agent(view: MedicationRequest) -> bool:
    return type(view.requester) is Requester and view.requester.agent is not None


def _of_statement(view: MedicationStatement) -> Iterator[str]:
    yield from _of_medication_event(view)
    if view.wasNotTaken is not None or view.reasonForUseCodeableConcept is not None or view.reasonForUseReference:
        yield "DSTU2"
    if view.taken:
        yield "STU3"
    if view.adherence is not None or view.status == "recorded":
        yield "R5"


def _of_administration(view: MedicationAdministration) -> Iterator[str]:
    yield from _of_medication_event(view)
    if view.wasNotGiven is not None or view.effectiveTimeDateTime or view.effectiveTimePeriod:
        yield "DSTU2"
    if view.notGiven is not None:
        yield "STU3"
    if view.occurenceDateTime or view.occurencePeriod:
        yield "R5"


def _of_dosage(dosage: DosageView, view: MedicationEvent) -> Iterator[str]:
    repeat = dosage.timing.repeat if dosage.timing is not None else None
    if repeat is not None and (repeat.periodUnits or repeat.durationUnits or repeat.boundsQuantity is not None):
        yield "DSTU2"
    if dosage.additionalInstructions is not None or dosage.quantityQuantity is not None or dosage.siteCodeableConcept:
        yield "DSTU2"
    if dosage.asNeededFor is not None or dosage.asNeeded is not None:
        yield "R5"
    old_form = dosage.doseQuantity is not None or dosage.doseRange is not None
    if old_form and type(view) is MedicationRequest:
        yield "STU3"
    if dosage.doseAndRate is not None:
        split = view.medicationCodeableConcept is not None or view.medicationReference is not None
        yield "R4" if split else _SINCE_R4


def _of_condition(view: Condition) -> Iterator[str]:
    if _only_patient(view):
        yield "DSTU2"
    if view.dateRecorded:
        yield "DSTU2"
    if view.assertedDate:
        yield "STU3"
    if view.subject is not None and type(view.clinicalStatus) is str:
        yield "STU3"
    if view.recordedDate or type(view.clinicalStatus) is Codeable:
        yield _SINCE_R4


def _of_allergy(view: AllergyIntolerance) -> Iterator[str]:
    if view.status or view.substance is not None:
        yield "DSTU2"
    if view.assertedDate or type(view.clinicalStatus) is str:
        yield "STU3"
    if type(view.type) is Codeable:
        yield "R5"
    if type(view.clinicalStatus) is Codeable:
        yield _SINCE_R4


def _of_encounter(view: Encounter) -> Iterator[str]:
    if _only_patient(view):
        yield "DSTU2"
    if type(view.cls) is str:
        yield "DSTU2"
    if type(view.cls) is list or view.actualPeriod is not None:
        yield "R5"


def _of_procedure(view: Procedure) -> Iterator[str]:
    if view.notPerformed is not None:
        yield "DSTU2"
    if view.notDone is not None:
        yield "STU3"
    if view.occurrenceDateTime or view.occurrencePeriod is not None:
        yield "R5"


_WITNESSES: dict[type[Resource], Callable[[Any], Iterator[str]]] = {
    MedicationRequest: _of_order,
    MedicationOrder: _of_order,
    MedicationStatement: _of_statement,
    MedicationDispense: _of_dispense,
    MedicationAdministration: _of_administration,
    Condition: _of_condition,
    AllergyIntolerance: _of_allergy,
    Encounter: _of_encounter,
    Procedure: _of_procedure,
    Medication: _of_medication,
}
