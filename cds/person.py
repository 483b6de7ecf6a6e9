"""Who the patient is, what ails them, what was done, and where they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from cds.arithmetic.dates import age_years
from cds.case import Known, Patient, Problem, Procedure, Reason, Requested, Setting, Unknown, When
from cds.chart import Coded, EncounterFact, PatientFact, ProblemFact, ProcedureFact
from cds.memo import remember
from cds.terminology import Terminology, systems

OLDEST = 130  # completed years; an older patient is a slip in the birth date

ACTIVE = frozenset({"active", "recurrence", "relapse"})
HISTORY = frozenset({"inactive", "remission", "resolved"})
NOT_TRUE = frozenset({"refuted", "entered-in-error"})
UNCONFIRMED = frozenset({"unconfirmed", "provisional", "differential"})

PROCEDURE_STATUS = {
    "completed": "done",
    "fulfilled": "done",
    "in-progress": "in-progress",
    "preparation": "planned",
    "planned": "planned",
    "booked": "planned",
    "pending": "planned",
    "proposed": "planned",
    "arrived": "in-progress",
    "unknown": "done",
    "": "done",
}
# What "active" means depends on the resource: a device is in place, a request is still to be carried out.
IN_PLACE = frozenset({"active", "available", "implanted"})


def patient(fact: PatientFact | None, as_of: date, gaps: Sequence[Unknown] = ()) -> Patient:
    """Birth and sex, each Known or Unknown with its reason; a birth in the future or too long ago is unreadable.

    ``gaps`` say why there is no Patient at all.
    """
    if fact is None:
        missing = gaps[0] if gaps else Unknown(Reason.ABSENT, "no patient")
        return Patient(missing, missing)
    if fact.birth is None:
        reason = Reason.UNREADABLE if fact.birth_raw else Reason.ABSENT
        birth: Known[When] | Unknown = Unknown(reason, "birth date is no date" if fact.birth_raw else "no birth date")
    elif fact.birth.first > as_of or age_years(fact.birth.last, as_of) > OLDEST:
        birth = Unknown(Reason.UNREADABLE, "birth date cannot be right")
    else:
        birth = Known(fact.birth)
    gender = fact.gender.lower()
    known = gender in ("female", "male")
    sex: Known[str] | Unknown = Known(gender) if known else Unknown(Reason.ABSENT, "sex not given as male or female")
    return Patient(birth, sex, fact.deceased)


def problems(facts: Iterable[ProblemFact], terminology: Terminology) -> tuple[Problem, ...]:
    """Conditions that are ours, without what was refuted, entered in error, or is about the family."""
    found = []
    for fact in facts:
        concept = terminology.recognise_condition(fact.code)
        if concept.ids and fact.verification_status not in NOT_TRUE and not of_family(fact):
            ref = f"Condition/{fact.id}" if fact.id else ""
            found.append(Problem(concept, problem_status(fact), fact.onset or fact.recorded, fact.abatement, ref))
    return tuple(found)


def problem_status(fact: ProblemFact) -> str:
    """ "active", "history" or "unconfirmed". A status not sent is active unless an end was sent."""
    if fact.clinical_status in HISTORY:
        return "history"
    if fact.clinical_status not in ACTIVE and (fact.abated or fact.abatement is not None):
        return "history"
    return "unconfirmed" if fact.verification_status in UNCONFIRMED else "active"


def of_family(fact: ProblemFact) -> bool:
    """Whether a Condition is about a relative."""
    if any("family" in category.lower() for category in fact.categories):
        return True
    return _code_of_family(fact.code)


@remember(2048)
def _code_of_family(code: Coded) -> bool:
    return any(_says_family(words) for words in (code.text, *(coding.display for coding in code.codings)))


def _says_family(words: str) -> bool:
    words = words[:500].lower()
    return "family history" in words or words.startswith(("fh:", "fhx", "fh of"))


def procedures(facts: Iterable[ProcedureFact], terminology: Terminology) -> tuple[Procedure, ...]:
    """Procedures, devices and services that are ours; what was not done, stopped or revoked is left out."""
    found = []
    for fact in facts:
        status = _procedure_status(fact)
        if not status:
            continue
        concept = terminology.recognise_procedure(fact.code)
        if concept.ids:
            found.append(Procedure(concept, fact.when, status, f"{fact.resource_type}/{fact.id}" if fact.id else ""))
    return tuple(found)


_REQUESTS = frozenset(
    {"ServiceRequest", "ProcedureRequest", "DiagnosticOrder", "Appointment", "CommunicationRequest", "Task"}
)
_NOT_ASKED = frozenset({"completed", "entered-in-error", "cancelled", "revoked", "stopped", "rejected", "fulfilled"})


def requested(facts: Iterable[ProcedureFact], terminology: Terminology) -> tuple[Requested, ...]:
    """Tests and visits that are being ordered: drafts of the call, and what elsewhere is still a draft."""
    return tuple(
        _requested(fact, terminology)
        for fact in facts
        if fact.resource_type in _REQUESTS
        and (fact.status not in _NOT_ASKED if fact.draft else fact.status in ("draft", "proposed"))
    )


def _requested(fact: ProcedureFact, terminology: Terminology) -> Requested:
    words = tuple(text for text in (fact.code.text, *fact.notes) if text)
    codes = tuple(code for kind, code, _ in systems.codings_of(fact.code) if kind == systems.LOINC)
    return Requested(terminology.lab_kind(fact.code), codes, words)


def _procedure_status(fact: ProcedureFact) -> str:
    if fact.resource_type == "Device":
        return "in-progress" if fact.status in IN_PLACE or not fact.status else ""
    if fact.resource_type in ("ServiceRequest", "ProcedureRequest", "DeviceRequest"):
        # A request that was carried out is told by its Procedure; the request alone stays a plan.
        return (
            "planned" if fact.status in ("active", "in-progress", "accepted", "requested", "draft", "proposed") else ""
        )
    return PROCEDURE_STATUS.get(fact.status, "")


# -- where the patient is -------------------------------------------------------------------------------------------

_INPATIENT = frozenset({"IMP", "ACUTE", "NONAC", "SS", "OBSENC", "INPATIENT"})
_COMMUNITY = frozenset({"AMB", "HH", "VR", "FLD", "OUTPATIENT", "AMBULATORY", "HOME", "FIELD", "DAYTIME", "VIRTUAL"})
_CATEGORIES = {
    "inpatient": Setting.INPATIENT,
    "outpatient": Setting.COMMUNITY,
    "community": Setting.COMMUNITY,
    "discharge": Setting.DISCHARGE,
}
_NOT_NOW = frozenset({"cancelled", "entered-in-error", "planned", "discontinued"})
_OVER = frozenset({"finished", "completed", "discharged"})


def encounter_setting(fact: EncounterFact) -> Setting:
    """Hospital bed or not, by the class of an encounter; an emergency department is neither."""
    for coding in fact.cls.codings:
        code = coding.code.upper()
        if code in _INPATIENT:
            return Setting.INPATIENT
        if code in _COMMUNITY:
            return Setting.COMMUNITY
    text = fact.cls.text.upper()
    return Setting.INPATIENT if text in _INPATIENT else Setting.COMMUNITY if text in _COMMUNITY else Setting.UNKNOWN


def current_setting(encounters: Iterable[EncounterFact], as_of: date) -> Setting:
    """The setting of the encounter that is going on; of several the latest."""
    going_on = [
        fact
        for fact in encounters
        if fact.status not in _NOT_NOW and not (fact.end is not None and fact.end.last < as_of)
    ]
    going_on.sort(key=lambda fact: (fact.status not in _OVER, fact.start.first if fact.start else date.min, fact.id))
    settings = [setting for fact in going_on if (setting := encounter_setting(fact)) is not Setting.UNKNOWN]
    return settings[-1] if settings else Setting.UNKNOWN


def category_setting(category: Coded) -> Setting:
    """Where an order is carried out, by its category."""
    for coding in category.codings:
        found = _CATEGORIES.get(coding.code.lower())
        if found is not None:
            return found
    return _CATEGORIES.get(category.text.strip().lower(), Setting.UNKNOWN)
