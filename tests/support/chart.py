"""Patient, conditions, measurements, procedures and the stay of a case in the shape of each release."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from tests.support.cases import Deed, Diagnosis, LabValue, Person, Stay
from tests.support.dosage import UnsayableError
from tests.support.words import Json, amount, codeable, coding, day

CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
ACT = {"STU3": "http://hl7.org/fhir/v3/ActCode", "R4": "http://terminology.hl7.org/CodeSystem/v3-ActCode"}
CLASSES = {"inpatient": "IMP", "outpatient": "AMB", "emergency": "EMER", "home": "HH", "observation": "OBSENC"}


def render_patient(person: Person, as_of: date, patient_id: str) -> Json:
    """The Patient; ``age`` becomes a birthday half a year ago."""
    made: Json = {"resourceType": "Patient", "id": patient_id}
    if person.sex:
        made["gender"] = person.sex
    if person.born:
        made["birthDate"] = person.born
    elif person.age is not None:
        birthday = as_of - timedelta(days=182)
        made["birthDate"] = birthday.replace(year=birthday.year - person.age, day=min(birthday.day, 28)).isoformat()
    if person.deceased:
        made["deceasedBoolean"] = True
    return made


def coded(group: str, name: str, code: str, text: str) -> Json:
    """A concept by its name in concepts.toml, by its codes, or in words only."""
    if name:
        return codeable(group, name)
    made: Json = {"coding": [coding(one) for one in code.split(" + ")]} if code else {}
    if text:
        made["text"] = text
    if not made:
        raise ValueError(f"a {group} needs name, code or text")
    return made


def render_problem(problem: Diagnosis, release: str, as_of: date, number: int, patient: str) -> Json:
    """A Condition."""
    made: Json = {"resourceType": "Condition", "id": f"c{number}"}
    made["patient" if release == "DSTU2" else "subject"] = {"reference": patient}
    made["code"] = coded("problem", problem.name, problem.code, problem.text)
    status, verification = problem.status, problem.verification
    if release == "DSTU2":
        status = {"recurrence": "relapse", "inactive": "resolved"}.get(status, status)
    if release in ("DSTU2", "STU3"):
        verification = {"unconfirmed": "provisional"}.get(verification, verification)
        if release == "DSTU2" and not verification:
            verification = "unknown"  # required there
        made |= {"clinicalStatus": status} if status else {}
        made |= {"verificationStatus": verification} if verification else {}
    else:
        if not status and release == "R5":
            status = "unknown"  # required there
        if status and not (release == "R4" and verification == "entered-in-error"):  # invariant con-5
            made["clinicalStatus"] = {"coding": [{"system": CLINICAL, "code": status}]}
        if verification:
            made["verificationStatus"] = {"coding": [{"system": VERIFICATION, "code": verification}]}
    if problem.category:
        category = {"coding": [{"system": _category_system(release), "code": problem.category}]}
        made["category"] = category if release == "DSTU2" else [category]
    if problem.since:
        made["onsetDateTime"] = day(problem.since, as_of)
    if problem.until:
        made["abatementDateTime"] = day(problem.until, as_of)
    return made


def _category_system(release: str) -> str:
    if release in ("DSTU2", "STU3"):
        return "http://hl7.org/fhir/condition-category"
    return "http://terminology.hl7.org/CodeSystem/condition-category"


def render_lab(lab: LabValue, release: str, as_of: date, number: int, patient: str) -> Json:
    """An Observation."""
    made: Json = {"resourceType": "Observation", "id": f"o{number}", "status": _lab_status(lab.status, release)}
    made |= {"code": codeable("lab", lab.kind), "subject": {"reference": patient}}
    when = _lab_time(lab, as_of)
    if when:
        made["effectiveDateTime"] = when
    if lab.value:
        made["valueQuantity"] = amount(lab.value)[0]
    if lab.text:
        made["valueString"] = lab.text
    if lab.answer:
        made["valueCodeableConcept"] = codeable("answer", lab.answer)
    if lab.day:
        made["valueDateTime"] = day(lab.day, as_of)
    if lab.absent:
        made["dataAbsentReason"] = {"coding": [{"code": lab.absent}]}
    if lab.method:
        made["method"] = {"text": lab.method}
    if lab.specimen:
        made["specimen"] = {"display": lab.specimen}
    return made


def _lab_status(status: str, release: str) -> str:
    return "amended" if release == "DSTU2" and status == "corrected" else status


def _lab_time(lab: LabValue, as_of: date) -> str:
    if lab.undated:
        return ""
    if lab.on:
        return lab.on
    noon = datetime.combine(as_of, time(12), tzinfo=UTC)
    if lab.hours_ago is not None:
        return (noon - timedelta(hours=lab.hours_ago)).isoformat().replace("+00:00", "Z")
    if lab.days_ago is None:
        raise ValueError(f"a {lab.kind} needs days_ago, hours_ago, on or undated")
    return (noon - timedelta(days=lab.days_ago, hours=4)).isoformat().replace("+00:00", "Z")


def render_procedure(deed: Deed, release: str, as_of: date, number: int, patient: str) -> Json:
    """A Procedure."""
    status = {"done": "completed", "planned": "preparation"}.get(deed.status, deed.status)
    if status == "preparation" and release == "DSTU2":
        raise UnsayableError("DSTU2 procedures are never planned")
    made: Json = {"resourceType": "Procedure", "id": f"p{number}", "status": status}
    made |= {"code": coded("procedure", deed.name, deed.code, deed.text), "subject": {"reference": patient}}
    when = deed.on or ((as_of - timedelta(days=deed.days_ago)).isoformat() if deed.days_ago is not None else "")
    if when:
        made["occurrenceDateTime" if release == "R5" else "performedDateTime"] = when
    return made


def render_encounter(stay: Stay, release: str, as_of: date, encounter_id: str, patient: str) -> Json:
    """The current Encounter, begun yesterday unless the case says otherwise; ``since = ""``: nobody says."""
    if stay.cls == "observation" and release == "DSTU2":
        raise UnsayableError("DSTU2 encounters have no observation class")
    made: Json = {"resourceType": "Encounter", "id": encounter_id, "status": "in-progress"}
    code = {"system": ACT.get(release, ACT["R4"]), "code": CLASSES[stay.cls]}
    made["class"] = {"DSTU2": stay.cls, "STU3": code, "R4": code, "R5": [{"coding": [code]}]}[release]
    made["patient" if release == "DSTU2" else "subject"] = {"reference": patient}
    if stay.since:
        made["actualPeriod" if release == "R5" else "period"] = {"start": day(stay.since, as_of)}
    if stay.reason:
        reason = codeable("problem", stay.reason)
        made |= {
            "DSTU2": {"reason": [reason]},
            "STU3": {"reason": [reason]},
            "R4": {"reasonCode": [reason]},
            "R5": {"reason": [{"value": [{"concept": reason}]}]},
        }[release]
    return made
