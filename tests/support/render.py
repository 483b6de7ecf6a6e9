"""A case as a whole CDS Hooks request, in four FHIR releases and in the several ways EHRs write the same thing."""

from __future__ import annotations

import copy
import random
import uuid

import msgspec

from tests.support.allergies import render_allergy
from tests.support.cases import ASKED_BY, EXTRA_KEYS, KEYS, Case, Medicine
from tests.support.chart import render_encounter, render_lab, render_patient, render_problem, render_procedure
from tests.support.medicines import drug_element, is_rescue, medication, reference, reference_element, render_medicine
from tests.support.pump import KEY as PUMP_KEY
from tests.support.pump import render_pump
from tests.support.words import SYSTEMS, Json, concepts

PATIENT, OTHER_PATIENT, ENCOUNTER = "pat-1", "pat-2", "enc-1"
_KEY_OF = {
    "order": "medications",
    "statement": "statements",
    "dispense": "dispenses",
    "administration": "administrations",
}


class Variant(msgspec.Struct, frozen=True):
    """Another way of writing the same.

    ``drug``: "both" (code, display and text), "code", "text", "contained" (a Medication inside), "bundled" (a
    Medication in the same Bundle). ``shuffle``: seed by which entries are put in another order.
    """

    drug: str = "both"
    shuffle: int | None = None
    absolute_references: bool = False


PLAIN = Variant()


def render(case: Case, release: str, variant: Variant = PLAIN) -> Json:
    """The whole request as a JSON object; the same case and variant give the same request."""
    if variant.drug not in ("both", "code", "text", "contained", "bundled"):
        raise ValueError(f"unknown variant {variant.drug!r}")
    return {
        "hook": case.hook,
        "hookInstance": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{case.id}/{release}")),
        "context": _context(case, release, variant),
        "prefetch": _prefetch(case, release, variant),
    }


def render_bytes(case: Case, release: str, variant: Variant = PLAIN) -> bytes:
    """The whole request as it goes over the wire."""
    return msgspec.json.encode(render(case, release, variant))


def drafts(case: Case) -> list[Medicine]:
    """The orders of the call with their ids and status filled in."""
    return [_filled(one, f"d{number}", "draft") for number, one in enumerate(case.order, 1)]


def taken(case: Case) -> list[Medicine]:
    """What the patient takes with ids and status filled in."""
    made = []
    for number, one in enumerate(case.takes, 1):
        made.append(_filled(one, f"m{number}", "active" if one.kind in ("order", "statement") else "completed"))
    return made


def on_list(case: Case) -> list[Medicine]:
    """The medicines of the discharge list with their ids and status filled in."""
    return [_filled(one, f"dc{number}", "active") for number, one in enumerate(case.discharge, 1) if not one.same_as]


def _filled(medicine: Medicine, name: str, status: str) -> Medicine:
    filled = copy.copy(medicine)
    filled.id = medicine.id or name
    filled.status = medicine.status or status
    return filled


def _subject(wrong: bool, variant: Variant) -> str:
    base = "https://ehr.example.org/fhir/" if variant.absolute_references else ""
    return f"{base}Patient/{OTHER_PATIENT if wrong else PATIENT}"


def _medicine_entries(medicines: list[Medicine], case: Case, release: str, variant: Variant) -> list[Json]:
    stay = f"Encounter/{ENCOUNTER}" if case.encounter else ""
    made = []
    for one in medicines:
        own = "" if case.hook == "encounter-discharge" and one.setting == "community" else stay
        resource = render_medicine(one, release, case.as_of, _subject(one.wrong_patient, variant), own)
        separate = None
        if variant.drug in ("both", "code", "text"):
            resource |= drug_element(one, release, variant.drug)
        else:
            separate = medication(one, release, "both")
        if separate is not None and variant.drug == "contained":
            resource |= {"contained": [separate]} | reference_element(f"#{separate['id']}", release)
        elif separate is not None:
            url = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, one.id)}"
            resource |= reference_element(url, release)
            made.append({"fullUrl": url, "resource": separate})
        made.append(_entry(resource))
    return made


def _entry(resource: Json) -> Json:
    url = f"https://ehr.example.org/fhir/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": url, "resource": resource}


def _shuffled(entries: list[Json], variant: Variant) -> list[Json]:
    if variant.shuffle is not None:
        entries = list(entries)
        random.Random(variant.shuffle).shuffle(entries)
    return entries


def _context(case: Case, release: str, variant: Variant) -> Json:
    context: Json = {"patientId": PATIENT} | ({"userId": case.user} if case.user else {})
    if case.encounter:
        context["encounterId"] = ENCOUNTER
    if case.hook in ("patient-view", "encounter-discharge"):
        return context
    medicines = drafts(case)
    bundle: Json = {"resourceType": "Bundle", "type": "collection"}
    bundle["entry"] = _shuffled(_medicine_entries(medicines, case, release, variant), variant)
    if case.hook == "order-select":
        context["selections"] = [reference(one, release) for one in medicines if one.selected]
    context["medications" if case.hook in ("medication-prescribe", "medication-refill") else "draftOrders"] = bundle
    return context


def _searchset(entries: list[Json], variant: Variant) -> Json:
    found = [entry | {"search": {"mode": "match"}} for entry in _shuffled(entries, variant)]
    made: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    return made | {"entry": found} if found else made


def _prefetch(case: Case, release: str, variant: Variant) -> Json:
    lists: dict[str, list[Json]] = {key: [] for key in (*KEYS, *EXTRA_KEYS)}
    medicines: dict[str, list[Medicine]] = {}
    for one in taken(case):
        medicines.setdefault(one.key or ("naloxone" if is_rescue(one) else _KEY_OF[one.kind]), []).append(one)
    for key, ones in medicines.items():
        lists[key] += _medicine_entries(ones, case, release, variant)
    lists["medications"] += _ordered_for_home(case, release, variant)
    lists["discharge"] += _discharge_list(case, release, variant)
    for number, problem in enumerate(case.problem, 1):
        subject = _subject(problem.wrong_patient, variant)
        lists["conditions"].append(_entry(render_problem(problem, release, case.as_of, number, subject)))
    for number, lab in enumerate(case.lab, 1):
        key = concepts()["lab-key"].get(lab.kind, "creatinine")
        subject = _subject(lab.wrong_patient, variant)
        lists[key].append(_entry(render_lab(lab, release, case.as_of, number, subject)))
    for number, deed in enumerate(case.procedure, 1):
        subject = _subject(deed.wrong_patient, variant)
        lists["procedures"].append(_entry(render_procedure(deed, release, case.as_of, number, subject)))

    for number, reaction in enumerate(case.allergy, 1):
        subject = _subject(reaction.wrong_patient, variant)
        lists["allergies"].append(_entry(render_allergy(reaction, release, case.as_of, number, subject)))

    _add_pump(lists, case, release, variant)

    prefetch: Json = {"patient": render_patient(case.patient, case.as_of, PATIENT)}
    for key in KEYS:
        if key not in ("patient", "encounter"):
            prefetch[key] = _searchset(lists[key], variant)
    for key in EXTRA_KEYS:
        if lists[key] or key in ASKED_BY.get(case.hook, ()):
            prefetch[key] = _searchset(lists[key], variant)
    prefetch["encounter"] = None
    if case.encounter:
        prefetch["encounter"] = render_encounter(
            case.encounter, release, case.as_of, ENCOUNTER, _subject(False, variant)
        )
    return _states(case, prefetch)


def _add_pump(lists: dict[str, list[Json]], case: Case, release: str, variant: Variant) -> None:
    for number, told in enumerate(case.pump, 1):
        subject = _subject(told.wrong_patient, variant)
        lists[PUMP_KEY[told.kind]].append(_entry(render_pump(told, release, case.as_of, number, subject)))


def _ordered_for_home(case: Case, release: str, variant: Variant) -> list[Json]:
    """The discharge list as orders: of category discharge, or in DSTU2 of this stay and of today."""
    medicines = on_list(case) if case.discharge_as == "orders" else []
    for one in medicines:
        one.setting = one.setting or "discharge"
    return _medicine_entries(medicines, case, release, variant)


def _discharge_list(case: Case, release: str, variant: Variant) -> list[Json]:
    """The discharge list as a List, after the resources that it refers to."""
    if case.discharge_as != "list" or case.no_discharge_list:
        return []
    medicines = on_list(case)
    entries = _medicine_entries(medicines, case, release, variant)
    own, known = iter(medicines), {one.id: one for one in taken(case)}
    listed = [known[one.same_as] if one.same_as else next(own) for one in case.discharge]
    made: Json = {
        "resourceType": "List",
        "id": "discharge-list",
        "status": "current",
        "mode": "snapshot",
        "code": {"coding": [{"system": SYSTEMS["LOINC"], "code": "10183-2"}]},
        "subject": {"reference": _subject(False, variant)},
        "encounter": {"reference": f"Encounter/{ENCOUNTER}"},
        "date": case.as_of.isoformat(),
    }
    if release == "R5":  # several subjects there
        made["subject"] = [made["subject"]]
    if listed:
        made["entry"] = [{"item": {"reference": reference(one, release)}} for one in listed]
    else:
        system = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
        made["emptyReason"] = {"coding": [{"system": system, "code": "nilknown"}]}
    return [*entries, _entry(made)]


def _states(case: Case, prefetch: Json) -> Json:
    """Keys that were not sent, sent as null, that failed, or that are only a part."""
    for key in case.missing:
        prefetch.pop(key, None)
    for key in case.null:
        prefetch[key] = None
    for key in case.failed:
        prefetch[key] = operation_outcome()
    for key in case.truncated:
        prefetch[key] = truncated(prefetch[key])
    return prefetch


def operation_outcome() -> Json:
    """What an EHR puts where its query failed."""
    issue = {"severity": "error", "code": "exception", "diagnostics": "search failed"}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def truncated(bundle: Json) -> Json:
    """The same searchset as the first page of several."""
    shown = len(bundle.get("entry", []))
    link = [{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]
    return bundle | {"total": shown + 20, "link": link}
