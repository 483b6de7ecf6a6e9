"""Ways in which an input of a request goes wrong between the EHR and us.

Each damage takes a rendered request (any release) and the prefetch key it is done to, and gives a damaged copy, or None
where it makes no sense (a Patient has no unit, a problem list is not stale).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

from tests.support.render import OTHER_PATIENT, operation_outcome, truncated
from tests.support.words import Json

Damage = Callable[[Json, str], Json | None]

MEASURED = ("creatinine", "body", "vitals", "alcohol", "liver", "pregnancy")
LISTS = ("medications", "statements", "conditions", "creatinine", "body", "procedures", "naloxone")
LISTS += ("vitals", "alcohol", "liver")
LISTS += ("stopped", "dispenses", "discharge", "allergies", "pregnancy", "devices", "appointments", "requests")
MEDICINES = ("medications", "statements", "naloxone", "dispenses", "administrations", "stopped")
KIND = {"medications": "MedicationRequest", "naloxone": "MedicationRequest", "statements": "MedicationStatement"}
KIND |= {"conditions": "Condition", "creatinine": "Observation", "body": "Observation", "procedures": "Procedure"}
KIND |= {
    "vitals": "Observation",
    "alcohol": "Observation",
    "liver": "Observation",
    "allergies": "AllergyIntolerance",
    "pregnancy": "Observation",
}


def resources(held: Json | None) -> Iterator[Json]:
    """The resources of one prefetch value."""
    if held is None:
        return
    if held.get("resourceType") == "Bundle":
        yield from (entry["resource"] for entry in held.get("entry", []))
    else:
        yield held


def absent(request: Json, key: str) -> Json | None:
    """The key was not sent."""
    damaged = copy.deepcopy(request)
    return damaged if damaged["prefetch"].pop(key, request) is not request else None


def null(request: Json, key: str) -> Json | None:
    """The key was sent as null: for a list the caller's word that there is none."""
    return _with(request, key, None)


def failed(request: Json, key: str) -> Json | None:
    """The EHR's own query failed."""
    return _with(request, key, operation_outcome())


def web_page(request: Json, key: str) -> Json | None:
    """A login page instead of an answer."""
    return _with(request, key, "<html><body>Please log in</body></html>")


def unreadable(request: Json, key: str) -> Json | None:
    """Every resource has lost what matters of it, and a list has one more that is no resource at all."""
    damaged = copy.deepcopy(request)
    held = damaged["prefetch"].get(key)
    for resource in resources(held):
        _spoil(resource, key)
    if isinstance(held, dict) and held.get("resourceType") == "Bundle":
        held.setdefault("entry", []).append({"resource": "MedicationRequest/??"})
        held["total"] = len(held["entry"])
    return damaged


def stale(request: Json, key: str) -> Json | None:
    """Every measurement is eleven years older than it was."""
    if key not in MEASURED:
        return None
    damaged = copy.deepcopy(request)
    for resource in resources(damaged["prefetch"].get(key)):
        when = resource.get("effectiveDateTime")
        if when:
            resource["effectiveDateTime"] = f"{int(when[:4]) - 11}{when[4:]}"
    return damaged


def wrong_unit(request: Json, key: str) -> Json | None:
    """Every value or dose has a unit that does not exist."""
    if key not in (*MEASURED, "medications", "statements"):
        return None
    damaged = copy.deepcopy(request)
    for resource in resources(damaged["prefetch"].get(key)):
        for quantity in _quantities(resource):
            quantity.pop("system", None)
            quantity.pop("code", None)
            quantity["unit"] = "furlong"
    return damaged


def wrong_patient(request: Json, key: str) -> Json | None:
    """Everything under the key belongs to somebody else."""
    damaged = copy.deepcopy(request)
    held = damaged["prefetch"].get(key)
    if held is None:
        return None
    for resource in resources(held):
        if resource["resourceType"] == "Patient":
            resource["id"] = OTHER_PATIENT
        for one in resource.get("participant", ()) if resource["resourceType"] == "Appointment" else ():
            one["actor"] = {"reference": f"Patient/{OTHER_PATIENT}"}
        for name in ("subject", "patient"):
            if name in resource:
                other = {"reference": f"Patient/{OTHER_PATIENT}"}
                resource[name] = [other] if isinstance(resource[name], list) else other
    return damaged


def cut_short(request: Json, key: str) -> Json | None:
    """Only the first page of the list was sent."""
    held = request["prefetch"].get(key)
    if key not in LISTS or not isinstance(held, dict):
        return None
    return _with(request, key, truncated(copy.deepcopy(held)))


DAMAGES: dict[str, Damage] = {
    "absent": absent,
    "null": null,
    "unreadable": unreadable,
    "stale": stale,
    "wrong unit": wrong_unit,
    "wrong patient": wrong_patient,
    "OperationOutcome": failed,
    "web page": web_page,
    "truncated list": cut_short,
}


def _with(request: Json, key: str, value: object) -> Json | None:
    if key not in request["prefetch"]:
        return None
    damaged = copy.deepcopy(request)
    damaged["prefetch"][key] = value
    return damaged


def _spoil(resource: Json, key: str) -> None:
    """Replaces what the resource is about by something that cannot be read."""
    kind = resource["resourceType"]
    if kind == "Patient":
        resource |= {"birthDate": "in spring", "gender": "7"}
    elif kind == "Observation":
        for name in ("valueString", "valueCodeableConcept", "valueDateTime"):
            resource.pop(name, None)
        resource["valueQuantity"] = {"value": "two and a half", "unit": 7}
    elif kind in ("Condition", "Procedure") or kind == "AllergyIntolerance":
        resource["code"] = {"coding": [{"system": "urn:x", "code": "??"}]}
    elif kind in ("Device", "Appointment", "ServiceRequest", "DeviceRequest"):
        for name in ("type", "code", "codeCodeableConcept", "description", "start", "occurrenceDateTime", "note"):
            resource.pop(name, None)
    elif kind == "Encounter":
        resource["class"] = 7
    elif kind.startswith("Medication"):
        for name in ("medicationCodeableConcept", "medicationReference", "medication"):
            resource.pop(name, None)
        resource["medicationReference"] = {"reference": "Medication/gone"}


def _quantities(resource: Json) -> Iterator[Json]:
    if "valueQuantity" in resource:
        yield resource["valueQuantity"]
    dosages = resource.get("dosageInstruction") or resource.get("dosage") or []
    for dosage in dosages if isinstance(dosages, list) else [dosages]:
        for holder in (dosage, *dosage.get("doseAndRate", ())):
            for name in ("doseQuantity", "quantityQuantity", "rateQuantity"):
                if name in holder:
                    yield holder[name]


# -- the draft orders themselves ---------------------------------------------------------------------------------------


def _orders(request: Json) -> Iterator[Json]:
    for entry in _order_entries(request):
        yield entry["resource"]


def _order_entries(request: Json) -> list[Json]:
    """The drafts; at discharge what is on the discharge list; when a chart is only opened nothing."""
    context = request["context"]
    if "encounter" in request["hook"]:
        held = [request["prefetch"].get(key) or {} for key in ("medications", "discharge")]
        found = [entry for one in held for entry in one.get("entry", ())]
        return [entry for entry in found if str(entry["resource"]["id"]).startswith("dc")]
    bundle = context.get("medications") or context.get("draftOrders") or {"entry": []}
    entries: list[Json] = bundle["entry"]
    return entries


def order_without_drug(request: Json, key: str = "") -> Json:
    """The medicine of every draft is a reference that leads nowhere."""
    damaged = copy.deepcopy(request)
    for order in _orders(damaged):
        _spoil(order, "")
    return damaged


def order_without_dose(request: Json, key: str = "") -> Json:
    """No draft says how much."""
    damaged = copy.deepcopy(request)
    for order in _orders(damaged):
        order.pop("dosageInstruction", None)
    return damaged


def order_dose_unit(request: Json, key: str = "") -> Json:
    """Every dose of the drafts has a unit that does not exist."""
    damaged = copy.deepcopy(request)
    for order in _orders(damaged):
        for quantity in _quantities(order):
            quantity.pop("system", None)
            quantity.pop("code", None)
            quantity["unit"] = "furlong"
    return damaged


def order_timing(request: Json, key: str = "") -> Json:
    """Every timing of the drafts is beyond understanding."""
    damaged = copy.deepcopy(request)
    for order in _orders(damaged):
        for dosage in order.get("dosageInstruction", ()):
            dosage.pop("text", None)
            dosage["timing"] = {"code": {"text": "as the moon wanes"}}
    return damaged


def order_not_a_resource(request: Json, key: str = "") -> Json:
    """The drafts are no resources at all (one readable order of another kind is beside them)."""
    damaged = copy.deepcopy(request)
    for entry in _order_entries(damaged):
        entry["resource"] = {"resourceType": entry["resource"]["resourceType"], "id": 7, "medication": 7, "status": 7}
    return damaged


ORDER_DAMAGES: dict[str, Damage] = {
    "drug unreadable": order_without_drug,
    "dose absent": order_without_dose,
    "dose unit wrong": order_dose_unit,
    "timing unreadable": order_timing,
    "no resource": order_not_a_resource,
}
