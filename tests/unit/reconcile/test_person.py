"""Who the patient is and what is known of them, from facts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds.case import Known, Patient, Procedure, Reason, Setting, Unknown, When
from cds.chart import Coded, Coding, EncounterFact, PatientFact, ProblemFact, ProcedureFact
from cds.person import current_setting, encounter_setting, patient, problems, procedures, requested
from tests.unit.reconcile.facts import TODAY, ago, terminology, words

ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"


def person(**more: Any) -> Patient:
    """The patient of a fact."""
    return patient(PatientFact(**more), TODAY)


def test_birth_and_sex_are_taken_over() -> None:
    born = When(date(1956, 1, 1), date(1956, 12, 31))
    assert person(birth=born, gender="Female", deceased=True) == Patient(Known(born), Known("female"), True)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, Reason.ABSENT),
        ({"birth_raw": True}, Reason.UNREADABLE),
        ({"birth": ago(-1)}, Reason.UNREADABLE),
        ({"birth": When(date(1880, 1, 1), date(1880, 1, 1))}, Reason.UNREADABLE),
    ],
)
def test_a_birth_date_that_is_missing_or_cannot_be_right_is_unknown(more: dict[str, Any], reason: Reason) -> None:
    birth = person(**more).birth
    assert isinstance(birth, Unknown)
    assert birth.reason is reason


def test_a_birth_year_that_has_begun_is_a_birth_date() -> None:
    this_year = When(date(2026, 1, 1), date(2026, 12, 31))
    assert person(birth=this_year).birth == Known(this_year)


@pytest.mark.parametrize("gender", ["", "other", "unknown", "x"])
def test_any_other_gender_is_an_unknown_sex(gender: str) -> None:
    assert isinstance(person(gender=gender).sex, Unknown)


def test_no_patient_is_unknown_altogether() -> None:
    nobody = patient(None, TODAY)
    assert isinstance(nobody.birth, Unknown)
    assert isinstance(nobody.sex, Unknown)


def epilepsy(**more: Any) -> list[str]:
    """The statuses under which a condition "epilepsy" reaches the case."""
    fact = ProblemFact(id="c1", path="x", **({"code": Coded((Coding(ICD10, "G40.909"),))} | more))
    return [problem.status for problem in problems([fact], terminology())]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"clinical_status": "active"}, "active"),
        ({"clinical_status": "recurrence"}, "active"),
        ({"clinical_status": "relapse"}, "active"),
        ({"clinical_status": "active", "abatement": ago(9)}, "active"),
        ({"clinical_status": "active", "verification_status": "confirmed"}, "active"),
        ({}, "active"),
        ({"clinical_status": "unknown"}, "active"),
        ({"abatement": ago(9)}, "history"),
        ({"abated": True}, "history"),
        ({"clinical_status": "inactive"}, "history"),
        ({"clinical_status": "remission"}, "history"),
        ({"clinical_status": "resolved", "verification_status": "provisional"}, "history"),
        ({"clinical_status": "active", "verification_status": "unconfirmed"}, "unconfirmed"),
        ({"verification_status": "provisional"}, "unconfirmed"),
        ({"verification_status": "differential"}, "unconfirmed"),
    ],
    ids=str,
)
def test_the_status_of_a_condition(more: dict[str, Any], status: str) -> None:
    assert epilepsy(**more) == [status]


@pytest.mark.parametrize(
    "more",
    [
        {"verification_status": "refuted"},
        {"verification_status": "entered-in-error"},
        {"categories": ("family-history",)},
        {"code": Coded((Coding(ICD10, "G40.909", "Family history of epilepsy"),))},
        {"code": Coded((Coding(ICD10, "G40.909"),), "FH: epilepsy in mother")},
        {"code": words("ingrown toenail")},
    ],
    ids=str,
)
def test_what_is_not_so_not_the_patients_or_not_ours_never_reaches_the_case(more: dict[str, Any]) -> None:
    assert epilepsy(**more) == []


def test_onset_is_when_it_began_or_else_when_it_was_recorded() -> None:
    code = Coded((Coding(ICD10, "N17.9"),))
    facts = [
        ProblemFact("c1", "x", code, onset=ago(9), recorded=ago(3)),
        ProblemFact("", "x", code, recorded=ago(3)),
    ]
    assert [(item.onset, item.ref) for item in problems(facts, terminology())] == [
        (ago(9), "Condition/c1"),
        (ago(3), ""),
    ]


def dialysis(resource_type: str, status: str) -> list[str]:
    """The statuses under which a haemodialysis reaches the case."""
    fact = ProcedureFact(
        resource_type, "p1", "x", Coded((Coding("http://snomed.info/sct", "302497006"),)), status, ago(1)
    )
    return [item.status for item in procedures([fact], terminology())]


@pytest.mark.parametrize(
    ("resource_type", "status", "expected"),
    [
        ("Procedure", "completed", ["done"]),
        ("Procedure", "in-progress", ["in-progress"]),
        ("Procedure", "preparation", ["planned"]),
        ("Procedure", "entered-in-error", []),
        ("Procedure", "not-done", []),
        ("Procedure", "aborted", []),
        ("ServiceRequest", "active", ["planned"]),
        ("ServiceRequest", "completed", []),
        ("ServiceRequest", "revoked", []),
        ("Appointment", "booked", ["planned"]),
        ("Appointment", "fulfilled", ["done"]),
        ("Appointment", "noshow", []),
        ("Device", "active", ["in-progress"]),
        ("Device", "inactive", []),
    ],
)
def test_what_was_done_is_running_or_is_planned(resource_type: str, status: str, expected: list[str]) -> None:
    assert dialysis(resource_type, status) == expected


def test_a_procedure_that_is_none_of_ours_is_left_out() -> None:
    assert procedures([ProcedureFact("Procedure", "p", "x", words("haircut"), "completed")], terminology()) == ()
    nameless = ProcedureFact("Procedure", "", "x", words("hemodialysis"), "completed")
    assert [item.ref for item in procedures([nameless], terminology())] == [""]
    assert isinstance(procedures([nameless], terminology())[0], Procedure)


def stay(code: str, status: str = "in-progress", **more: Any) -> EncounterFact:
    """An encounter of one class."""
    return EncounterFact("e1", "x", cls=Coded((Coding("", code),)), status=status, **more)


@pytest.mark.parametrize(
    ("code", "setting"),
    [
        ("IMP", Setting.INPATIENT),
        ("inpatient", Setting.INPATIENT),
        ("ACUTE", Setting.INPATIENT),
        ("AMB", Setting.COMMUNITY),
        ("outpatient", Setting.COMMUNITY),
        ("HH", Setting.COMMUNITY),
        ("EMER", Setting.UNKNOWN),
        ("", Setting.UNKNOWN),
    ],
)
def test_the_class_of_an_encounter_says_where_the_patient_is(code: str, setting: Setting) -> None:
    assert encounter_setting(stay(code)) is setting
    assert encounter_setting(EncounterFact("e", "x", cls=words(code))) is setting


def test_the_encounter_that_goes_on_counts() -> None:
    over = stay("IMP", "finished", start=ago(9), end=ago(5))
    cancelled = stay("IMP", "cancelled")
    now = stay("AMB", start=ago(0))
    assert current_setting([over, cancelled], TODAY) is Setting.UNKNOWN
    assert current_setting([now, over, cancelled], TODAY) is Setting.COMMUNITY
    earlier = stay("IMP", start=ago(2))
    assert current_setting([now, earlier], TODAY) is current_setting([earlier, now], TODAY) is Setting.COMMUNITY


def test_an_encounter_finished_today_still_tells_the_setting() -> None:
    assert current_setting([stay("IMP", "finished", start=ago(3), end=ago(0))], TODAY) is Setting.INPATIENT


@pytest.mark.parametrize(
    ("status", "draft", "asked"),
    [
        ("active", True, True),
        ("", True, True),
        ("revoked", True, False),
        ("draft", False, True),
        ("proposed", False, True),
        ("active", False, False),
    ],
)
def test_a_test_is_being_asked_for_by_this_call_or_by_what_is_still_a_draft(
    status: str, draft: bool, asked: bool
) -> None:
    fact = ProcedureFact("ServiceRequest", "s1", "x", words("creatinine"), status, draft=draft)
    assert bool(requested([fact], terminology())) is asked
