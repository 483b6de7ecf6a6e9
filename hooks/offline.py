"""Files instead of calls: what ``gabaguard check`` judges.

A file holds a hook request, or a FHIR Bundle of one patient's resources with at least one draft order; the latter is
told as an ``order-sign`` request. Kinds of resources that the Bundle does not hold are not claimed to be empty: their
prefetch keys are left out, so that what rests on them is "not checked".
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

ORDERS = {"MedicationRequest", "MedicationOrder"}
KEYS = {
    "Appointment": "procedures",
    "Condition": "conditions",
    "Device": "procedures",
    "DeviceRequest": "procedures",
    "DeviceUseStatement": "procedures",
    "Encounter": "encounter",
    "Medication": "products",
    "MedicationAdministration": "administrations",
    "MedicationDispense": "dispenses",
    "MedicationOrder": "medications",
    "MedicationRequest": "medications",
    "MedicationStatement": "statements",
    "Observation": "observations",  # no key of ours: the service finds the creatinine in it
    "Procedure": "procedures",
    "ServiceRequest": "procedures",
}
NAMESPACE = uuid.UUID("6a4f2b53-0f0a-5a39-9d3c-3a3d6a1b0c57")  # of hookInstances made here: same file, same answer


class BadFileError(Exception):
    """A file that cannot be judged. ``problem`` and ``remedy`` are for the person who wrote it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


def request_of(text: bytes) -> tuple[str, bytes]:
    """The hook and the hook request that a file holds. Raises ``BadFileError``."""
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadFileError(f"is not JSON: {error}", "Give a hook request or a FHIR Bundle as JSON.") from error
    if isinstance(content, Mapping) and isinstance(content.get("hook"), str):
        return content["hook"], text
    if isinstance(content, Mapping) and content.get("resourceType") == "Bundle":
        return "order-sign", orjson.dumps(_request_of_bundle(content, text))
    raise BadFileError(
        "is neither a hook request nor a FHIR Bundle",
        'A hook request has "hook", "context" and "prefetch"; a Bundle has "resourceType": "Bundle".',
    )


def _request_of_bundle(bundle: Mapping[str, Any], text: bytes) -> dict[str, Any]:
    entries = list(_entries(bundle))
    drafts = [entry for entry in entries if _is_draft(entry["resource"])]
    if not drafts:
        raise BadFileError(
            "the Bundle holds no draft order",
            'Add the order to be judged as MedicationRequest (DSTU2: MedicationOrder) with "status": "draft".',
        )
    patients = [entry["resource"] for entry in entries if entry["resource"].get("resourceType") == "Patient"]
    if len(patients) > 1:
        raise BadFileError(f"the Bundle holds {len(patients)} patients", "Give one file per patient.")
    prefetch: dict[str, Any] = {"patient": patients[0]} if patients else {}
    prefetch |= _by_key(entry for entry in entries if not _is_draft(entry["resource"]))
    return {
        "hook": "order-sign",
        "hookInstance": str(uuid.uuid5(NAMESPACE, text.decode("utf-8", "replace"))),
        "context": {
            "userId": "Practitioner/offline",
            "patientId": _patient_id(patients, [entry["resource"] for entry in drafts]),
            "draftOrders": _bundle(drafts),
        },
        "prefetch": prefetch,
    }


def _entries(bundle: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """The entries that hold a resource, with the fullUrl by which others refer to it; Bundles within are opened."""
    for entry in bundle.get("entry") or ():
        resource = entry.get("resource") if isinstance(entry, Mapping) else None
        if not isinstance(resource, dict):
            continue
        if resource.get("resourceType") == "Bundle":
            yield from _entries(resource)
        else:
            yield {key: entry[key] for key in ("fullUrl", "resource") if key in entry}


def _is_draft(resource: Mapping[str, Any]) -> bool:
    return resource.get("resourceType") in ORDERS and resource.get("status") == "draft"


def _by_key(entries: Iterable[dict[str, Any]]) -> dict[str, Any]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        if key := KEYS.get(str(entry["resource"].get("resourceType"))):
            groups.setdefault(key, []).append(entry)
    return {key: _bundle(group) for key, group in groups.items()}


def _bundle(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _patient_id(patients: list[dict[str, Any]], drafts: list[dict[str, Any]]) -> str:
    if patients and patients[0].get("id"):
        return str(patients[0]["id"])
    for draft in drafts:
        subject = draft.get("subject") or draft.get("patient") or {}
        if reference := str(subject.get("reference", "")):
            return reference.removeprefix("Patient/")
    raise BadFileError("no patient is named", "Give the Patient an id, or the draft order a subject.")
