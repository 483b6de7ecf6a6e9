"""Which FHIR release a call speaks, told from the elements it uses; no field of CDS Hooks says so.

Each resource votes for the releases that only its elements can come from. The drafts decide; if they leave it open,
the other resources do; if those do too, it is R4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from cds.fhir.clinical_views import AllergyIntolerance, Condition, Done, Encounter, Observation, Procedure
from cds.fhir.medication_views import (
    Medication,
    MedicationAdministration,
    MedicationDispense,
    MedicationEvent,
    MedicationOrder,
    MedicationRequest,
    MedicationStatement,
)
from cds.fhir.shapes import Codeable, DosageView, Owned, Resource, many_or_text

DEFAULT = "R4"
_SINCE_R4 = "R4 or R5"
_ORDER = ("DSTU2", "R5", "STU3", "R4")  # of equals the first wins
_ENOUGH = 200  # resources asked; a chart does not change its release half-way


def release_of(drafts: Iterable[Resource], others: Iterable[Resource]) -> str:
    """ "DSTU2", "STU3", "R4" or "R5"."""
    return _winner(drafts) or _winner(others) or DEFAULT


def _winner(views: Iterable[Resource]) -> str:
    votes: Counter[str] = Counter()
    for _, view in zip(range(_ENOUGH), views, strict=False):
        votes.update(set(_evidence(view)))
    newer = votes.pop(_SINCE_R4, 0)
    if newer:
        votes["R5" if votes["R5"] else "R4"] += newer
    best = max(_ORDER, key=lambda release: votes[release])
    return best if votes[best] else ""


def _evidence(view: Resource) -> Iterator[str]:
    if _only_patient(view):
        yield "DSTU2"
    for kind, witness in _WITNESSES:
        if isinstance(view, kind):
            yield from witness(view)


def _only_patient(view: Resource) -> bool:
    """``patient`` where every later release says ``subject``."""
    if not isinstance(view, Owned) or isinstance(view, AllergyIntolerance | Done):
        return False
    return view.patient is not None and view.subject is None


def _of_medication(view: Medication) -> Iterator[str]:
    if view.product is not None:
        yield "DSTU2"
    if view.doseForm is not None:
        yield "R5"


def _of_observation(view: Observation) -> Iterator[str]:
    if view.context is not None:
        yield "STU3"


def _of_medication_event(view: MedicationEvent) -> Iterator[str]:
    if isinstance(view.medication, Codeable) or view.reason is not None or view.renderedDosageInstruction:
        yield "R5"
    if view.reasonCodeableConcept is not None:
        yield "DSTU2"
    if isinstance(view, MedicationRequest):
        yield from _of_order(view)
    elif isinstance(view, MedicationStatement):
        yield from _of_statement(view)
    elif isinstance(view, MedicationDispense):
        if view.notDone is not None:
            yield "STU3"
    elif isinstance(view, MedicationAdministration):
        yield from _of_administration(view)
    dosages = [*many_or_text(view.dosageInstruction), *many_or_text(view.dosage)]
    for dosage in dosages[:5]:
        if isinstance(dosage, DosageView):
            yield from _of_dosage(dosage, view)


def _of_order(view: MedicationRequest) -> Iterator[str]:
    if isinstance(view, MedicationOrder) or view.dateWritten or view.dateEnded or view.prescriber is not None:
        yield "DSTU2"
    if view.context is not None or _has_agent(view):
        yield "STU3"
    if view.statusReason is not None or view.doNotPerform is not None:
        yield _SINCE_R4


def _has_agent(view: MedicationRequest) -> bool:
    return view.requester is not None and not isinstance(view.requester, str) and view.requester.agent is not None


def _of_statement(view: MedicationStatement) -> Iterator[str]:
    if view.wasNotTaken is not None or view.reasonForUseCodeableConcept is not None or view.reasonForUseReference:
        yield "DSTU2"
    if view.taken:
        yield "STU3"
    if view.adherence is not None or view.status == "recorded":
        yield "R5"


def _of_administration(view: MedicationAdministration) -> Iterator[str]:
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
    if old_form and isinstance(view, MedicationRequest) and not isinstance(view, MedicationOrder):
        yield "STU3"
    if dosage.doseAndRate is not None:
        split = view.medicationCodeableConcept is not None or view.medicationReference is not None
        yield "R4" if split else _SINCE_R4


def _of_condition(view: Condition) -> Iterator[str]:
    if view.dateRecorded:
        yield "DSTU2"
    if view.assertedDate:
        yield "STU3"
    if view.subject is not None and isinstance(view.clinicalStatus, str):
        yield "STU3"
    if view.recordedDate or isinstance(view.clinicalStatus, Codeable):
        yield _SINCE_R4


def _of_allergy(view: AllergyIntolerance) -> Iterator[str]:
    if view.status or view.substance is not None:
        yield "DSTU2"
    if view.assertedDate or isinstance(view.clinicalStatus, str):
        yield "STU3"
    if isinstance(view.type, Codeable):
        yield "R5"
    if isinstance(view.clinicalStatus, Codeable):
        yield _SINCE_R4


def _of_encounter(view: Encounter) -> Iterator[str]:
    if isinstance(view.cls, str):
        yield "DSTU2"
    if isinstance(view.cls, list) or view.actualPeriod is not None:
        yield "R5"


def _of_procedure(view: Procedure) -> Iterator[str]:
    if view.notPerformed is not None:
        yield "DSTU2"
    if view.notDone is not None:
        yield "STU3"
    if view.occurrenceDateTime or view.occurrencePeriod is not None:
        yield "R5"


_WITNESSES: tuple[tuple[type[Resource], Callable[..., Iterator[str]]], ...] = (
    (MedicationEvent, _of_medication_event),
    (Condition, _of_condition),
    (Observation, _of_observation),
    (AllergyIntolerance, _of_allergy),
    (Encounter, _of_encounter),
    (Procedure, _of_procedure),
    (Medication, _of_medication),
)
