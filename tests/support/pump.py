"""The dates of a pump, as each release keeps them: devices, appointments, requests, observations."""

from __future__ import annotations

from datetime import date

from tests.support.cases import PumpFact
from tests.support.medicines import UnsayableError
from tests.support.words import Json, day

KEY = {
    "device": "devices",
    "appointment": "appointments",
    "service": "requests",
    "device-request": "requests",
    "observation": "vitals",
}
_STATUS = {"device": "active", "appointment": "booked", "service": "active", "device-request": "active"}
# The words of a case in each release's own.
_WORDS = {
    ("DSTU2", "service"): {"active": "requested", "cancelled": "aborted"},
    ("DSTU2", "device"): {"active": "available", "inactive": "not-available"},
    ("R4", "service"): {"cancelled": "revoked"},
}
_WORDS |= {("DSTU2", "device-request"): _WORDS["DSTU2", "service"], ("R5", "service"): _WORDS["R4", "service"]}
_TYPES = {
    ("service", "DSTU2"): "ProcedureRequest",
    ("service", "STU3"): "ProcedureRequest",
    ("device-request", "DSTU2"): "DeviceUseRequest",
}
_NAMES = {"device": "Device", "appointment": "Appointment", "service": "ServiceRequest"}
_NAMES |= {"device-request": "DeviceRequest", "observation": "Observation"}


def render_pump(fact: PumpFact, release: str, as_of: date, number: int, patient: str) -> Json:
    """One resource that tells of the pump."""
    kind = _TYPES.get((fact.kind, release), _NAMES[fact.kind])
    status = fact.status or _STATUS.get(fact.kind, "final")
    status = _WORDS.get((release, fact.kind), {}).get(status, status)
    made: Json = {"resourceType": kind, "id": f"pump{number}", "status": status}
    if fact.kind == "device":
        return made | _device(fact, release, as_of, patient)
    if fact.kind == "appointment":
        made |= {"description": fact.words, "participant": [{"actor": {"reference": patient}, "status": "accepted"}]}
        return made | ({"start": f"{day(fact.on, as_of)}T09:00:00Z"} if fact.on else {})
    if fact.kind == "observation":
        return made | _observation(fact, as_of, patient)
    return made | _request(fact, release, kind, as_of, patient)


def _device(fact: PumpFact, release: str, as_of: date, patient: str) -> Json:
    """In R5 a Device belongs to nobody: whose it is only the search tells."""
    note: Json = {"text": fact.note} | ({"time": day(fact.noted, as_of)} if fact.noted else {})
    made: Json = {"type": {"text": fact.words}} | ({"note": [note]} if fact.note else {})
    if release == "R5":
        if fact.wrong_patient:
            raise UnsayableError("an R5 Device has no patient")
        return made | {"type": [made["type"]]}
    return made | {"patient": {"reference": patient}}


def _observation(fact: PumpFact, as_of: date, patient: str) -> Json:
    made: Json = {"code": {"text": fact.words}, "subject": {"reference": patient}}
    made |= {"valueDateTime": day(fact.on, as_of)} if fact.on else {"valueString": fact.text}
    return made | ({"effectiveDateTime": day(fact.said, as_of)} if fact.said else {})


def _request(fact: PumpFact, release: str, kind: str, as_of: date, patient: str) -> Json:
    what: Json = {"text": fact.words}
    intent = {"coding": [{"code": "order"}]} if kind == "DeviceRequest" and release == "STU3" else "order"
    made: Json = {"intent": intent, "subject": {"reference": patient}}
    if kind == "DeviceUseRequest":
        made = {"subject": {"reference": patient}, "device": {"display": fact.words}}
        return made | ({"timingDateTime": day(fact.on, as_of)} if fact.on else {})
    if release == "DSTU2":
        made = {"subject": {"reference": patient}, "code": what}
        return made | ({"scheduledDateTime": day(fact.on, as_of)} if fact.on else {})
    if kind == "DeviceRequest" and release in ("STU3", "R4"):
        made["codeCodeableConcept"] = what
    else:
        made["code"] = {"concept": what} if release == "R5" else what
    return made | ({"occurrenceDateTime": day(fact.on, as_of)} if fact.on else {})
