"""From an invented patient and an order to a hook request, in the FHIR release that is asked for."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from hooks.sandbox.people import Lab, Order, Person, Problem, Taken
from hooks.services import Service

Json = dict[str, Any]

_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_UCUM = "http://unitsofmeasure.org"
_ROUTES = {"oral": ("26643006", "Oral route"), "intrathecal": ("72607000", "Intrathecal route")}
_EGFR = ("98979-8", "eGFR (CKD-EPI 2021)")
_BODY = {"weight": ("29463-7", "Body weight", "kg"), "height": ("8302-2", "Body height", "cm")}
_UNITS = {"mg": "mg", "ug": "ug", "mL": "mL", "tablet": "{tablet}"}


def request_for(person: Person, order: Order, service: Service, release: str, today: date) -> Json:
    """The request as an EHR would send it. The same arguments give the same request."""
    write = _Writer(person, release, today)
    drafts = [write.draft(order)] if order.action != "none" else []
    context: Json = {
        "userId": "Practitioner/sandbox",
        "patientId": person.id,
        "encounterId": f"enc-{person.id}",
    }
    if service.draft_fields:
        context[service.draft_fields[0]] = _bundle(drafts, "collection")
    if service.hook == "order-select":
        context["selections"] = [f"{one['resourceType']}/{one['id']}" for one in drafts]
    prefetch: Json = dict.fromkeys(service.prefetch)
    prefetch |= {
        "patient": write.patient(),
        "medications": _bundle([write.running(one) for one in person.takes]),
        "conditions": _bundle([write.condition(one, number) for number, one in enumerate(person.problems, 1)]),
        "creatinine": _bundle([write.lab(one, number) for number, one in enumerate(person.labs, 1)]),
        "body": _bundle([write.body(kind) for kind in _BODY]),
    }
    name = f"{person.id}/{order}/{service.id}/{release}/{today}"
    return {
        "hook": service.hook,
        "hookInstance": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        "context": context,
        "prefetch": prefetch,
    }


def _bundle(resources: list[Json], kind: str = "searchset") -> Json:
    found: Json = {"resourceType": "Bundle", "type": kind}
    if kind == "searchset":
        found["total"] = len(resources)
    if resources:
        found["entry"] = [{"resource": one} for one in resources]
    return found


class _Writer:
    """Resources of one patient in one release."""

    def __init__(self, person: Person, release: str, today: date) -> None:
        self._person = person
        self._release = release
        self._today = today
        self._old = release == "DSTU2"

    def _ago(self, days: int) -> str:
        return (self._today - timedelta(days)).isoformat()

    def _owner(self, name: str = "subject") -> Json:
        return {"patient" if self._old and name == "subject" else name: {"reference": f"Patient/{self._person.id}"}}

    def patient(self) -> Json:
        """The Patient: a birthday that makes the age of the story."""
        born = self._today.replace(year=self._today.year - self._person.age, day=1) - timedelta(60)
        return {
            "resourceType": "Patient",
            "id": self._person.id,
            "name": [{"text": self._person.name}],
            "gender": self._person.sex,
            "birthDate": born.isoformat(),
        }

    # -- medicines ----------------------------------------------------------------------------------------------------

    def running(self, taken: Taken) -> Json:
        """A running order."""
        order = Order("start", taken.drug, taken.code, taken.dose, taken.unit, taken.times, route=taken.route)
        return self._medicine(taken.id, "active", order, self._ago(taken.days))

    def draft(self, order: Order) -> Json:
        """The order that is prescribed now; a stop is the running order with the status "stopped"."""
        before = next((one for one in self._person.takes if one.id == order.of), None)
        if order.action == "stop" and before is not None:
            return self.running(before) | {"status": "stopped"}
        made = self._medicine("draft-1", "draft", order, self._today.isoformat())
        if order.action == "change" and before is not None:
            kind = made["resourceType"]
            made["priorPrescription"] = {"reference": f"{kind}/{before.id}"}
        return made

    def _medicine(self, id: str, status: str, order: Order, written: str) -> Json:
        kind = "MedicationOrder" if self._old else "MedicationRequest"
        found: Json = {"resourceType": kind, "id": id, "status": status}
        if not self._old:
            found["intent"] = "order"
        found |= self._owner()
        concept: Json = {"text": order.drug}
        if order.code:
            concept["coding"] = [{"system": _RXNORM, "code": order.code, "display": order.drug}]
        if self._release == "R5":
            found["medication"] = {"concept": concept}
        else:
            found["medicationCodeableConcept"] = concept
        found["dateWritten" if self._old else "authoredOn"] = written
        return found | {"dosageInstruction": [self._dosage(order)]}

    def _dosage(self, order: Order) -> Json:
        repeat: Json = {"frequency": order.times, "period": 1}
        repeat["periodUnits" if self._old else "periodUnit"] = "d"
        words = f"{order.dose:g} {order.unit}, {order.times} per day{' as needed' if order.as_needed else ''}"
        code, display = _ROUTES.get(order.route, _ROUTES["oral"])
        found: Json = {
            "text": words,
            "timing": {"repeat": repeat},
            "route": {"coding": [{"system": "http://snomed.info/sct", "code": code, "display": display}]},
        }
        if order.as_needed:
            found["asNeeded" if self._release == "R5" else "asNeededBoolean"] = True
        quantity = {
            "value": order.dose,
            "unit": order.unit,
            "system": _UCUM,
            "code": _UNITS.get(order.unit, order.unit),
        }
        if self._release in ("R4", "R5"):
            found["doseAndRate"] = [{"doseQuantity": quantity}]
        else:
            found["doseQuantity"] = quantity
        return found

    # -- the patient's facts ------------------------------------------------------------------------------------------

    def condition(self, problem: Problem, number: int) -> Json:
        """A diagnosis, active and confirmed."""
        found: Json = {"resourceType": "Condition", "id": f"c{number}"}
        if self._release in ("R4", "R5"):
            base = "http://terminology.hl7.org/CodeSystem/condition-"
            found["clinicalStatus"] = {"coding": [{"system": f"{base}clinical", "code": "active"}]}
            found["verificationStatus"] = {"coding": [{"system": f"{base}ver-status", "code": "confirmed"}]}
        else:
            found |= {"clinicalStatus": "active", "verificationStatus": "confirmed"}
        coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": problem.code, "display": problem.name}
        found["code"] = {"coding": [coding], "text": problem.name}
        return found | self._owner() | {"onsetDateTime": self._ago(problem.days)}

    def lab(self, lab: Lab, number: int) -> Json:
        """An eGFR as the laboratory reports it."""
        unit = "mL/min/1.73m2"
        quantity = {"value": lab.value, "unit": unit, "system": _UCUM, "code": "mL/min/{1.73_m2}"}
        return self._observation(f"egfr-{number}", _EGFR, quantity, lab.days)

    def body(self, kind: str) -> Json:
        """Weight or height."""
        code, display, unit = _BODY[kind]
        value = getattr(self._person, kind)
        return self._observation(
            kind, (code, display), {"value": value, "unit": unit, "system": _UCUM, "code": unit}, 20
        )

    def _observation(self, id: str, what: tuple[str, str], quantity: Json, days: int) -> Json:
        code, display = what
        return {
            "resourceType": "Observation",
            "id": id,
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": display}]},
            "subject": {"reference": f"Patient/{self._person.id}"},
            "effectiveDateTime": self._ago(days),
            "valueQuantity": quantity,
        }
