"""What is newly ordered, as a complete resource of the asked release: DSTU2, STU3, R4 or R5.

Every element here is in that release's definition; tests hold each against ``fhir.resources`` (DSTU2: a table of ours).
Resources are plain dictionaries: nothing here imports models, so that it costs microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec

from cds.knowledge.model import Orderable

Json = dict[str, Any]

UCUM = "http://unitsofmeasure.org"
SYSTEMS = {
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "loinc": "http://loinc.org",
    "snomed": "http://snomed.info/sct",
}
ROUTES = {"nasal": ("46713006", "Nasal route"), "oral": ("26643006", "Oral route")}  # SNOMED CT
_DISCHARGE = {
    "STU3": "http://hl7.org/fhir/medication-request-category",
    "R4": "http://terminology.hl7.org/CodeSystem/medicationrequest-category",
    "R5": "http://terminology.hl7.org/CodeSystem/medicationrequest-admin-location",
}
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}\Z")


class Subject(msgspec.Struct, frozen=True):
    """Whom and what a new resource is for: release, ids of patient and encounter, the day, and whether at discharge."""

    release: str
    patient_id: str
    encounter_id: str
    as_of: date
    discharge: bool = False

    @property
    def patient(self) -> Json:
        """The reference to the patient."""
        return {"reference": f"Patient/{self.patient_id}"}

    @property
    def usable(self) -> bool:
        """Whether the patient's id can stand in a reference."""
        return bool(_ID.match(self.patient_id))

    def encounter(self, name: str) -> Json:
        """The element that refers to the encounter, where there is one."""
        return {name: {"reference": f"Encounter/{self.encounter_id}"}} if _ID.match(self.encounter_id) else {}


def created(item: Orderable, to: Subject) -> Json:
    """The resource that orders an item. ``to.usable`` must hold."""
    return _WRITERS[item.kind](item, to)


def coding(system: str, code: str, display: str) -> Json:
    """A Coding of one of the systems we write."""
    return {"system": SYSTEMS[system], "code": code, "display": display}


def _concept(item: Orderable) -> Json:
    return {"coding": [coding(item.system, item.code, item.display)], "text": item.text}


def quantity(value: float, unit: str) -> Json:
    """A Quantity in a UCUM unit."""
    number = int(value) if value == int(value) else value
    return {"value": number, "unit": unit, "system": UCUM, "code": unit}


# -- a medicine -------------------------------------------------------------------------------------------------------


def _medication(item: Orderable, to: Subject) -> Json:
    today = to.as_of.isoformat()
    concept = _concept(item)
    supply = {"quantity": {"value": int(item.quantity), "unit": item.quantity_unit}}
    rest: Json = {"dosageInstruction": [_directions(item, to.release)], "dispenseRequest": supply}
    if to.release == "DSTU2":
        own: Json = {"resourceType": "MedicationOrder", "dateWritten": today, "status": "draft", "patient": to.patient}
        return own | to.encounter("encounter") | {"medicationCodeableConcept": concept} | rest
    own = {"resourceType": "MedicationRequest", "status": "draft", "intent": "order"}
    own |= discharge_category(to)
    own |= {"medication": {"concept": concept}} if to.release == "R5" else {"medicationCodeableConcept": concept}
    own |= {"subject": to.patient} | to.encounter("context" if to.release == "STU3" else "encounter")
    return own | {"authoredOn": today} | rest


def discharge_category(to: Subject) -> Json:
    """The element that says that an order is for after the stay; nothing elsewhere."""
    if not to.discharge:
        return {}
    made = {"coding": [{"system": _DISCHARGE[to.release], "code": "discharge"}]}
    return {"category": made if to.release == "STU3" else [made]}


def _directions(item: Orderable, release: str) -> Json:
    dose = quantity(item.dose, item.unit)
    code, display = ROUTES[item.route]
    made: Json = {"text": item.directions, "asNeeded" if release == "R5" else "asNeededBoolean": True}
    made["route"] = {"coding": [coding("snomed", code, display)]}
    return made | ({"doseAndRate": [{"doseQuantity": dose}]} if release in ("R4", "R5") else {"doseQuantity": dose})


# -- a test, a visit, a message, a task -------------------------------------------------------------------------------


def _service(item: Orderable, to: Subject) -> Json:
    if to.release == "DSTU2":
        own: Json = {"resourceType": "DiagnosticOrder", "subject": to.patient} | to.encounter("encounter")
        return own | {"status": "draft", "item": [{"code": _concept(item)}]}
    kind = "ProcedureRequest" if to.release == "STU3" else "ServiceRequest"
    code = {"concept": _concept(item)} if to.release == "R5" else _concept(item)
    own = {"resourceType": kind, "status": "draft", "intent": "order", "code": code, "subject": to.patient}
    own |= to.encounter("context" if to.release == "STU3" else "encounter")
    return own | {"authoredOn": to.as_of.isoformat()}


def _appointment(item: Orderable, to: Subject) -> Json:
    own: Json = {"resourceType": "Appointment", "status": "proposed", "description": item.text}
    if to.release == "R5":
        own["subject"] = to.patient
    return own | {"participant": [{"actor": to.patient, "status": "needs-action"}]}


def _message(item: Orderable, to: Subject) -> Json:
    own: Json = {"resourceType": "CommunicationRequest"}
    own["status"] = "proposed" if to.release == "DSTU2" else "draft"
    if to.release == "R5":
        own["intent"] = "proposal"
    own |= {"subject": to.patient} | to.encounter("context" if to.release == "STU3" else "encounter")
    said = {"contentCodeableConcept": {"text": item.text}} if to.release == "R5" else {"contentString": item.text}
    return own | {"payload": [said]}


def _task(item: Orderable, to: Subject) -> Json:
    if to.release == "DSTU2":  # which has no Task
        return _message(item, to)
    own: Json = {"resourceType": "Task", "status": "draft", "intent": "proposal", "description": item.text}
    own |= {"for": to.patient} | to.encounter("context" if to.release == "STU3" else "encounter")
    return own | {"authoredOn": to.as_of.isoformat()}


_WRITERS: dict[str, Callable[[Orderable, Subject], Json]] = {
    "medication": _medication,
    "service": _service,
    "appointment": _appointment,
    "message": _message,
    "task": _task,
}
