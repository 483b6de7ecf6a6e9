"""Patients and values for the kidney tests, in a few words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from cds.case import Concept, Known, Lab, Patient, PatientCase, Problem, Procedure, Reason, Unknown, When

TODAY = date(2026, 6, 10)
NO_BIRTH = Patient(Unknown(Reason.ABSENT, "no birth date"), Known("male"))


def day(days_ago: float) -> When:
    """A day that lies some days back (negative: ahead)."""
    then = TODAY - timedelta(days=days_ago)
    return When(then, then)


def at(hours_ago: float) -> When:
    """An instant, counted back from noon of today."""
    then = datetime(2026, 6, 10, 12, tzinfo=UTC) - timedelta(hours=hours_ago)
    return When(then.date(), then.date(), then)


def born(first: date, last: date | None = None, sex: str | None = "male") -> Patient:
    """A patient by birth date; sex None is unknown."""
    known = Known(sex) if sex else Unknown(Reason.ABSENT, "no sex")
    return Patient(Known(When(first, last or first)), known)


def aged(years: int, sex: str | None = "male") -> Patient:
    """A patient of so many completed years."""
    return born(date(TODAY.year - years, 1, 15), sex=sex)


def lab(kind: str, value: float, when: When | None = None, **more: str) -> Lab:
    """A final value; ``when`` left out: a week ago."""
    return Lab(kind, Known(value), when or day(7), f"{value:g}", **more)


def creatinine(value: float, when: When | None = None, **more: str) -> Lab:
    """A serum creatinine in mg/dL."""
    return lab("creatinine", value, when, **more)


def egfr(value: float, when: When | None = None, **more: str) -> Lab:
    """A reported eGFR."""
    return lab("egfr", value, when, **more)


def has(concept: str, status: str = "active") -> Problem:
    """A problem of one of our concepts."""
    return Problem(Concept((concept,), concept), status)


def done(concept: str, when: When | None, status: str = "done") -> Procedure:
    """A procedure of one of our concepts."""
    return Procedure(Concept((concept,), concept), when, status)


def case(patient: Patient, *labs: Lab, problems: tuple[Problem, ...] = (), **more: object) -> PatientCase:
    """A case with these values."""
    return PatientCase(TODAY, "sign", patient, labs=labs, problems=problems, **more)  # type: ignore[arg-type]
