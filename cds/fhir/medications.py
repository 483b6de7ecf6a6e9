"""Orders, statements, dispenses and administrations as ``MedicationFact``.

Status words are those of R4, so that the same fact reads the same from every release: DSTU2's wasNotGiven and STU3's
notGiven become "not-done", R5's "recorded" statement becomes what its adherence says, R5's "ended" becomes "completed".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from cds.case import When
from cds.chart import EVERYTHING, Coded, MedicationFact
from cds.fhir.codes import EMPTY, all_coded, dated_words, each_coded, merged, referenced, words
from cds.fhir.dates import ends, starts, when
from cds.fhir.dosage import dosage_facts, sent_dosages
from cds.fhir.drug import IngredientFact, drug_fields
from cds.fhir.medication_views import (
    MedicationAdministration,
    MedicationDispense,
    MedicationEvent,
    MedicationOrder,
    MedicationRequest,
    MedicationStatement,
)
from cds.fhir.references import Index, identifiers, pointer, pointers
from cds.fhir.shapes import amount, number

# R5 adherence, as (taken, the R4 status that says the same)
_ADHERENCE = {
    "taking": ("y", "active"),
    "taking-as-directed": ("y", "active"),
    "taking-not-as-directed": ("y", "active"),
    "not-taking": ("n", "not-taken"),
    "on-hold": ("n", "on-hold"),
    "on-hold-as-directed": ("n", "on-hold"),
    "on-hold-not-as-directed": ("n", "on-hold"),
    "stopped": ("n", "stopped"),
    "stopped-as-directed": ("n", "stopped"),
    "stopped-not-as-directed": ("n", "stopped"),
    "unknown": ("unk", "unknown"),
}


ENDED = frozenset({"stopped", "completed", "cancelled"})  # statuses whose date is the end of the treatment

WantedMedicine = Callable[[Coded, tuple[IngredientFact, ...]], bool]


class Place(msgspec.Struct, frozen=True):
    """Where a medicine stands in the call."""

    path: str
    draft: bool = False
    selected: bool = True


def _common(view: MedicationEvent, kind: str, place: Place, index: Index, wanted: WantedMedicine) -> dict[str, Any]:
    """The fields that all four kinds share; what was not sent, or nobody wants, is left to its default."""
    facts: dict[str, Any] = {
        "kind": kind,
        "resource_type": type(view).__name__,
        "id": view.id or "",
        "path": place.path,
        "draft": place.draft,
        "selected": place.selected,
        "status": view.status.lower() if view.status else "",
        "reasons": (),
    }
    facts.update(drug_fields(view, index))
    if place.draft or wanted(facts["drug"], facts.get("ingredients", ())):
        facts["reasons"] = _reasons(view, index)
        sent = sent_dosages(view.dosageInstruction, view.dosage)
        if sent or view.renderedDosageInstruction:
            facts["dosages"] = dosage_facts(sent, view.renderedDosageInstruction)
    if view.category is not None:
        facts["category"] = all_coded(view.category)
    if view.statusReason is not None:
        facts["status_reason"] = all_coded(view.statusReason)
    if view.note is not None:
        facts["notes"] = words(view.note)
        facts["dated_notes"] = dated_words(view.note)
    if view.identifier is not None:
        facts["identifiers"] = identifiers(view.identifier)
    encounter = view.encounter if view.encounter is not None else view.context
    if encounter is not None:
        facts["encounter"] = pointer(encounter, "Encounter")
    return facts


def _add_status_reason(facts: dict[str, Any], reason: Coded) -> None:
    facts["status_reason"] = merged((facts.get("status_reason", EMPTY), reason))


def _reasons(view: MedicationEvent, index: Index) -> tuple[Coded, ...]:
    found: tuple[Coded, ...] = ()
    if view.reasonCode is not None or view.reason is not None:
        found = (*each_coded(view.reasonCode), *each_coded(view.reason, index))
    if view.reasonCodeableConcept is not None:
        found += (view.reasonCodeableConcept,)
    if view.reasonReference is not None:
        found += _if_it_says_something(referenced(view.reasonReference, index, "Condition", view.contained))
    return found


def _if_it_says_something(reason: Coded) -> tuple[Coded, ...]:
    return (reason,) if reason.codings or reason.text else ()


def _order(view: MedicationRequest, place: Place, index: Index, wanted: WantedMedicine) -> MedicationFact:
    facts = _common(view, "order", place, index, wanted)
    facts["status"] = "completed" if facts["status"] == "ended" else facts["status"]
    facts["intent"] = view.intent.lower() if view.intent else ("order" if type(view) is MedicationOrder else "")
    facts["do_not_perform"] = view.doNotPerform is True
    facts["reported"] = bool(view.reportedBoolean or view.reported) or view.reportedReference is not None
    facts["written"] = when(view.authoredOn or view.dateWritten)
    facts["effective_end"] = when(view.dateEnded)
    if facts["effective_end"] is None and facts["status"] in ENDED:
        facts["effective_end"] = when(view.statusChanged)
    facts["prior"] = pointers((view.priorPrescription, view.replaces, view.basedOn), type(view).__name__)
    if view.reasonEnded is not None:
        _add_status_reason(facts, view.reasonEnded)
    supply = view.dispenseRequest
    if supply is not None:
        facts["validity_start"] = starts(supply.validityPeriod)
        facts["validity_end"] = ends(supply.validityPeriod)
        facts["supply"] = amount(supply.expectedSupplyDuration)
        facts["quantity"] = amount(supply.quantity)
        facts["repeats"] = number(supply.numberOfRepeatsAllowed)
    return MedicationFact(**facts)


def _statement(view: MedicationStatement, place: Place, index: Index, wanted: WantedMedicine) -> MedicationFact:
    facts = _common(view, "statement", place, index, wanted)
    facts["taken"], facts["status"] = _taken(view, facts["status"])
    facts["written"] = when(view.dateAsserted)
    facts["effective_start"] = when(view.effectiveDateTime) or starts(view.effectivePeriod)
    facts["effective_end"] = ends(view.effectivePeriod)
    facts["prior"] = pointers((view.basedOn, view.derivedFrom))
    if view.reasonForUseCodeableConcept is not None:
        facts["reasons"] += (view.reasonForUseCodeableConcept,)
    if view.reasonForUseReference is not None:
        reason = referenced(view.reasonForUseReference, index, "Condition", view.contained)
        facts["reasons"] += _if_it_says_something(reason)
    if view.reasonNotTaken is not None:
        _add_status_reason(facts, all_coded(view.reasonNotTaken))
    return MedicationFact(**facts)


def _taken(view: MedicationStatement, status: str) -> tuple[str, str]:
    """Whether it is taken, and the status in R4's words."""
    if view.adherence is not None:
        taken, says = _ADHERENCE.get(_adherence(view.adherence.code), ("unk", "unknown"))
        return taken, says if status in ("recorded", "") else status
    if view.taken:
        return view.taken.lower(), status
    if view.wasNotTaken is not None:
        return ("n" if view.wasNotTaken else "y"), status
    if status == "not-taken":
        return "n", status
    return "", "active" if status == "recorded" else status


def _adherence(code: Coded | None) -> str:
    codes = [coding.code.lower() for coding in code.codings] if code is not None else []
    return next((known for known in codes if known in _ADHERENCE), "")


def _dispense(view: MedicationDispense, place: Place, index: Index, wanted: WantedMedicine) -> MedicationFact:
    facts = _common(view, "dispense", place, index, wanted)
    facts["status"] = "declined" if view.notDone else facts["status"]
    facts["written"] = when(view.whenPrepared)
    facts["effective_start"] = when(view.whenHandedOver)
    facts["quantity"] = amount(view.quantity)
    facts["supply"] = amount(view.daysSupply)
    facts["prior"] = pointers((view.authorizingPrescription, view.basedOn), "MedicationRequest")
    if view.statusReasonCodeableConcept is not None:
        _add_status_reason(facts, view.statusReasonCodeableConcept)
    return MedicationFact(**facts)


def _administration(
    view: MedicationAdministration, place: Place, index: Index, wanted: WantedMedicine
) -> MedicationFact:
    facts = _common(view, "administration", place, index, wanted)
    if view.wasNotGiven or view.notGiven:
        facts["status"], facts["taken"] = "not-done", "n"
    facts["effective_start"], facts["effective_end"] = _given(view)
    facts["written"] = when(view.recorded)
    facts["prior"] = pointers((view.request, view.prescription), "MedicationRequest")
    if view.reasonNotGiven is not None:
        _add_status_reason(facts, all_coded(view.reasonNotGiven))
    return MedicationFact(**facts)


def _given(view: MedicationAdministration) -> tuple[When | None, When | None]:
    moment = view.effectiveDateTime or view.effectiveTimeDateTime or view.occurenceDateTime
    if moment:
        return when(moment), None
    period = view.effectivePeriod or view.effectiveTimePeriod or view.occurencePeriod
    return starts(period), ends(period)


_READERS: dict[type[MedicationEvent], Callable[[Any, Place, Index, WantedMedicine], MedicationFact]] = {
    MedicationRequest: _order,
    MedicationOrder: _order,
    MedicationStatement: _statement,
    MedicationDispense: _dispense,
    MedicationAdministration: _administration,
}


def medication_fact(
    view: MedicationEvent, place: Place, index: Index, wanted: WantedMedicine = EVERYTHING.medicine
) -> MedicationFact:
    """One medication resource of any release as a fact; doses and reasons only of a draft or a ``wanted`` medicine."""
    return _READERS[type(view)](view, place, index, wanted)
