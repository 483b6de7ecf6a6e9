"""Files instead of calls: what ``gabaguard check`` judges.

A file holds a hook request, or a FHIR Bundle of one patient's resources; the latter is told as an ``order-sign``
request when it holds draft orders, else as ``patient-view``. Kinds of resources that the Bundle does not hold are not
claimed to be empty: their prefetch keys are left out, so that what rests on them is "not checked".
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import orjson

from hooks.services import service_for_hook

ORDERS = {"MedicationRequest", "MedicationOrder"}
KEYS = {
    "AllergyIntolerance": "allergies",
    "Appointment": "appointments",
    "Condition": "conditions",
    "Device": "devices",
    "DeviceRequest": "requests",
    "DeviceUseRequest": "requests",
    "DeviceUseStatement": "procedures",
    "Encounter": "encounter",
    "List": "discharge",
    "Medication": "products",
    "MedicationAdministration": "administrations",
    "MedicationDispense": "dispenses",
    "MedicationOrder": "medications",
    "MedicationRequest": "medications",
    "MedicationStatement": "statements",
    "Observation": "observations",  # no key of ours: the service finds the creatinine in it
    "Procedure": "procedures",
    "ProcedureRequest": "requests",
    "ServiceRequest": "requests",
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
        request = request_of_bundle(content, Told(), text)
        return request["hook"], orjson.dumps(request)
    raise BadFileError(
        "is neither a hook request nor a FHIR Bundle",
        'A hook request has "hook", "context" and "prefetch"; a Bundle has "resourceType": "Bundle".',
    )


class Told(msgspec.Struct, frozen=True):
    """What may be said of a Bundle besides its content.

    ``drafts``: a Bundle of the draft orders, where their status does not tell (a stop, a revision). ``complete``:
    prefetch keys for which the Bundle holds all there is, so that what is not in it does not exist.
    """

    hook: str = ""
    drafts: Mapping[str, Any] | None = None
    complete: tuple[str, ...] = ()
    selections: tuple[str, ...] = ()
    encounter_id: str = ""
    user_id: str = ""


def request_of_bundle(bundle: Mapping[str, Any], told: Told, text: bytes) -> dict[str, Any]:
    """The hook request that a Bundle of one patient's resources stands for. ``text`` names it: same bytes, same call.

    With draft orders it is ``order-sign``, else ``patient-view``, unless ``told`` names the hook. Raises
    ``BadFileError``.
    """
    entries = list(_entries(bundle))
    drafts = list(_entries(told.drafts)) if told.drafts is not None else [one for one in entries if _is_draft(one)]
    hook = told.hook or ("order-sign" if drafts else "patient-view")
    service = service_for_hook(hook)
    field = service.draft_fields[0] if service is not None and service.draft_fields else ""
    patients = [entry["resource"] for entry in entries if entry["resource"].get("resourceType") == "Patient"]
    if len(patients) > 1:
        raise BadFileError(f"the Bundle holds {len(patients)} patients", "Give one file per patient.")
    context: dict[str, Any] = {
        "userId": told.user_id or "Practitioner/offline",
        "patientId": _patient_id(patients, [entry["resource"] for entry in drafts or entries]),
    }
    if field:
        context[field] = _bundle(drafts)
    if told.selections:
        context["selections"] = list(told.selections)
    if encounter := told.encounter_id or _encounter_id(entries):
        context["encounterId"] = encounter
    kept = [entry for entry in entries if not (field and told.drafts is None and _is_draft(entry))]
    kept = [entry for entry in kept if entry["resource"].get("resourceType") != "Patient"]
    asked = service.prefetch if service is not None else {}
    whole = {key: _all_of(key, asked[key], kept) for key in told.complete if key in asked}
    return {
        "hook": hook,
        "hookInstance": str(uuid.uuid5(NAMESPACE, text.decode("utf-8", "replace"))),
        "context": context,
        "prefetch": _by_key(kept) | whole | ({"patient": patients[0]} if patients else {}),
    }


def _all_of(key: str, template: str, entries: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """What of the entries a key may mean: those of its template's type, and those that go there. None for none."""
    kinds = {template.partition("?")[0].partition("/")[0], *(kind for kind, home in KEYS.items() if home == key)}
    found = [entry for entry in entries if entry["resource"].get("resourceType") in kinds]
    return _bundle(found) if found else None


def _encounter_id(entries: Iterable[Mapping[str, Any]]) -> str:
    """The encounter, when the Bundle holds one only."""
    found = [entry["resource"].get("id") for entry in entries if entry["resource"].get("resourceType") == "Encounter"]
    return str(found[0]) if len(found) == 1 and found[0] else ""


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


def _is_draft(entry: Mapping[str, Any]) -> bool:
    resource = entry["resource"]
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
    raise BadFileError("no patient is named", "Give the Patient an id, or an order a subject.")
