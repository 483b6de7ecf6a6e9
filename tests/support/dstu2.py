"""A small table of DSTU2, for which no Python models exist: the elements our fixtures use, and what they may hold.

From the DSTU2 (1.0.2) resource definitions. Only what the renderer can write is listed; anything else is a mistake.
"""

from __future__ import annotations

from tests.support.words import Json

ELEMENTS: dict[str, set[str]] = {
    "Patient": {"gender", "birthDate", "deceasedBoolean", "identifier", "name"},
    "MedicationOrder": {
        "identifier", "dateWritten", "status", "dateEnded", "reasonEnded", "patient", "prescriber", "encounter",
        "reasonCodeableConcept", "note", "medicationCodeableConcept", "medicationReference", "dosageInstruction",
        "dispenseRequest", "priorPrescription",
    },
    "MedicationStatement": {
        "identifier", "patient", "dateAsserted", "status", "wasNotTaken", "reasonForUseCodeableConcept",
        "effectiveDateTime", "effectivePeriod", "note", "medicationCodeableConcept", "medicationReference", "dosage",
    },
    "MedicationDispense": {
        "identifier", "status", "patient", "authorizingPrescription", "quantity", "daysSupply", "whenHandedOver",
        "medicationCodeableConcept", "medicationReference", "dosageInstruction", "note",
    },
    "MedicationAdministration": {
        "identifier", "status", "patient", "prescription", "encounter", "effectiveTimeDateTime", "effectiveTimePeriod",
        "medicationCodeableConcept", "medicationReference", "dosage", "note",
    },
    "Medication": {"code", "product"},
    "Condition": {
        "patient", "code", "category", "clinicalStatus", "verificationStatus", "onsetDateTime", "abatementDateTime",
    },
    "Observation": {
        "status", "code", "subject", "effectiveDateTime", "valueQuantity", "valueString",
        "valueCodeableConcept", "valueDateTime", "dataAbsentReason", "method",
        "specimen",
    },
    "Procedure": {"subject", "status", "code", "performedDateTime"},
    "Encounter": {"status", "class", "patient", "period", "reason"},
    "AllergyIntolerance": {"patient", "substance", "status", "criticality", "type", "onset", "reaction"},
    "Device": {"type", "note", "status", "identifier", "patient"},
    "ProcedureRequest": {"subject", "code", "scheduledDateTime", "status", "notes"},
    "DeviceUseRequest": {"subject", "device", "status", "timingDateTime", "notes"},
    "DiagnosticOrder": {
        "subject", "orderer", "identifier", "encounter", "reason", "supportingInformation", "specimen", "status",
        "priority", "event", "item", "note",
    },
    "Appointment": {
        "identifier", "status", "type", "reason", "priority", "description", "start", "end", "minutesDuration", "slot",
        "comment", "participant",
    },
    "CommunicationRequest": {
        "identifier", "category", "sender", "recipient", "payload", "medium", "requester", "status", "encounter",
        "scheduledDateTime", "scheduledPeriod", "reason", "requestedOn", "subject", "priority",
    },
    "List": {"code", "subject", "encounter", "date", "status", "mode", "entry", "emptyReason"},
}  # fmt: skip
REQUIRED: dict[str, set[str]] = {
    "MedicationStatement": {"patient", "status", "medicationCodeableConcept|medicationReference"},
    "MedicationDispense": {"medicationCodeableConcept|medicationReference"},
    "MedicationAdministration": {"status", "patient", "effectiveTimeDateTime|effectiveTimePeriod"},
    "Condition": {"patient", "code", "verificationStatus"},
    "Observation": {"status", "code"},
    "Procedure": {"subject", "status", "code"},
    "Encounter": {"status"},
    "AllergyIntolerance": {"patient", "substance"},
    "List": {"status", "mode"},
    "DiagnosticOrder": {"subject"},
    "Device": {"type"},
    "ProcedureRequest": {"subject", "code"},
    "DeviceUseRequest": {"subject", "device"},
    "Appointment": {"status", "participant"},
}
STATUS: dict[str, set[str]] = {
    "MedicationOrder": {"active", "on-hold", "completed", "entered-in-error", "stopped", "draft"},
    "MedicationStatement": {"active", "completed", "entered-in-error", "intended"},
    "MedicationDispense": {"in-progress", "on-hold", "completed", "entered-in-error", "stopped"},
    "MedicationAdministration": {"in-progress", "on-hold", "completed", "entered-in-error", "stopped"},
    "Observation": {"registered", "preliminary", "final", "amended", "cancelled", "entered-in-error", "unknown"},
    "AllergyIntolerance": {
        "active",
        "unconfirmed",
        "confirmed",
        "inactive",
        "resolved",
        "refuted",
        "entered-in-error",
    },
    "Procedure": {"in-progress", "aborted", "completed", "entered-in-error"},
    "Encounter": {"planned", "arrived", "in-progress", "onleave", "finished", "cancelled"},
}
STATUS["DiagnosticOrder"] = {
    "proposed", "draft", "planned", "requested", "received", "accepted", "in-progress", "review", "completed",
    "cancelled", "suspended", "rejected", "failed", "entered-in-error",
}  # fmt: skip
STATUS["Device"] = {"available", "not-available", "entered-in-error"}
STATUS["ProcedureRequest"] = {
    "proposed", "draft", "requested", "received", "accepted", "in-progress", "completed", "suspended", "rejected",
    "aborted",
}  # fmt: skip
STATUS["DeviceUseRequest"] = STATUS["ProcedureRequest"]
STATUS["Appointment"] = {"proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow"}
STATUS["CommunicationRequest"] = {
    "proposed", "planned", "requested", "received", "accepted", "in-progress", "completed", "suspended", "rejected",
    "failed",
}  # fmt: skip
CLINICAL_STATUS = {"active", "relapse", "remission", "resolved"}
VERIFICATION_STATUS = {"provisional", "differential", "confirmed", "refuted", "entered-in-error", "unknown"}
ORDER_DOSAGE = {
    "text", "additionalInstructions", "timing", "asNeededBoolean", "siteCodeableConcept", "route", "method",
    "doseQuantity", "doseRange", "rateRatio", "rateRange", "maxDosePerPeriod",
}  # fmt: skip
STATEMENT_DOSAGE = (ORDER_DOSAGE - {"doseQuantity", "doseRange"}) | {"quantityQuantity", "quantityRange"}
ADMINISTRATION_DOSAGE = {"text", "siteCodeableConcept", "route", "method", "quantity", "rateRatio", "rateRange"}
REPEAT = {
    "boundsQuantity", "boundsRange", "boundsPeriod", "count", "duration", "durationMax", "durationUnits", "frequency",
    "frequencyMax", "period", "periodMax", "periodUnits", "when",
}  # fmt: skip
ALWAYS = {"resourceType", "id", "contained", "text", "meta", "extension"}


def faults(resource: Json) -> list[str]:
    """What is wrong with a DSTU2 resource, in words; empty: nothing."""
    kind = resource["resourceType"]
    if kind not in ELEMENTS:
        return [f"{kind} is not known in DSTU2"]
    found = [f"{kind}.{name} does not exist" for name in resource if name not in ELEMENTS[kind] | ALWAYS]
    for names in REQUIRED.get(kind, ()):
        if not any(name in resource for name in names.split("|")):
            found.append(f"{kind}.{names} is required")
    if kind in STATUS and resource.get("status") is not None and resource["status"] not in STATUS[kind]:
        found.append(f"{kind}.status {resource['status']}")
    if kind == "Condition":
        found += _words(resource, "clinicalStatus", CLINICAL_STATUS)
        found += _words(resource, "verificationStatus", VERIFICATION_STATUS)
    found += _dosages(resource, kind)
    found += _parts(resource, kind)
    for inner in resource.get("contained", ()):
        found += faults(inner)
    return found


# Elements that must be in each part of a resource, and all that may be.
PARTS: dict[tuple[str, str], tuple[set[str], set[str]]] = {
    ("DiagnosticOrder", "item"): ({"code"}, {"code", "specimen", "bodySite", "status", "event"}),
    ("Appointment", "participant"): ({"status"}, {"type", "actor", "required", "status"}),
    ("CommunicationRequest", "payload"): ({"contentString"}, {"contentString"}),
}


def _parts(resource: Json, kind: str) -> list[str]:
    found = []
    for (owner, name), (required, allowed) in PARTS.items():
        for part in resource.get(name, []) if owner == kind else []:
            found += [f"{kind}.{name}.{one} is required" for one in required - set(part)]
            found += [f"{kind}.{name}.{one} does not exist" for one in set(part) - allowed]
    return found


def _words(resource: Json, name: str, allowed: set[str]) -> list[str]:
    value = resource.get(name)
    return [] if value is None or value in allowed else [f"{name} {value!r}"]


def _dosages(resource: Json, kind: str) -> list[str]:
    allowed, dosages = {
        "MedicationStatement": (STATEMENT_DOSAGE, resource.get("dosage", [])),
        "MedicationAdministration": (ADMINISTRATION_DOSAGE, [resource["dosage"]] if "dosage" in resource else []),
    }.get(kind, (ORDER_DOSAGE, resource.get("dosageInstruction", [])))
    found = []
    for dosage in dosages:
        found += [f"{kind} dosage.{name} does not exist" for name in dosage if name not in allowed]
        repeat = dosage.get("timing", {}).get("repeat", {})
        found += [f"timing.repeat.{name} does not exist" for name in repeat if name not in REPEAT]
        if not isinstance(repeat.get("when", ""), str):
            found.append("timing.repeat.when is one code")
    return found
