"""Conditions and allergies as facts."""

from __future__ import annotations

from datetime import date, timedelta

from cds.case import When
from cds.chart import AllergyFact, Amount, Coded, PatientFact, ProblemFact
from cds.fhir.clinical_views import AllergyIntolerance, Condition
from cds.fhir.codes import code_list, each_coded, first_code, shortened
from cds.fhir.dates import ends, starts, when
from cds.fhir.shapes import Range, number

_CLINICAL = frozenset({"active", "recurrence", "relapse", "inactive", "remission", "resolved", "unknown"})
_VERIFICATION = frozenset(
    {"unconfirmed", "provisional", "differential", "confirmed", "refuted", "presumed", "entered-in-error", "unknown"}
)
_YEARS = frozenset({"a", "y", "yr", "yrs", "year", "years"})
_SEVERITY = ("severe", "moderate", "mild")
_CRITICALITY = {"crith": "high", "critl": "low", "critu": "unable-to-assess"}  # DSTU2


def problem_fact(view: Condition, path: str, patient: PatientFact | None) -> ProblemFact:
    """A Condition of any release as a fact; ages become the years they fell in when the date of birth is known."""
    birth = patient.birth if patient is not None else None
    ended, stated = _abatement(view, birth)
    return ProblemFact(
        view.id or "",
        path,
        shortened(view.code),
        first_code(view.clinicalStatus, _CLINICAL),
        first_code(view.verificationStatus, _VERIFICATION),
        code_list(view.category),
        _onset(view, birth),
        ended,
        stated and ended is None,
        when(view.recordedDate or view.assertedDate or view.dateRecorded),
    )


def _onset(view: Condition, birth: When | None) -> When | None:
    if view.onsetDateTime:
        return when(view.onsetDateTime)
    return (
        starts(view.onsetPeriod)
        or _at_age(view.onsetAge or view.onsetQuantity, birth)
        or _between_ages(view.onsetRange, birth)
        or when(view.onsetString)
    )


_UNSAID = (None,) * 6


def _abatement(view: Condition, birth: When | None) -> tuple[When | None, bool]:
    """When it ended, and whether anything was said of an end."""
    age = view.abatementAge or view.abatementQuantity
    said = (
        view.abatementDateTime,
        view.abatementPeriod,
        age,
        view.abatementRange,
        view.abatementString,
        view.abatementBoolean,
    )
    if said == _UNSAID:
        return None, False
    ended = (
        when(view.abatementDateTime)
        or ends(view.abatementPeriod)
        or _at_age(age, birth)
        or _between_ages(view.abatementRange, birth)
        or when(view.abatementString)
    )
    return ended, any(one not in (None, "", False) for one in said)


def _at_age(age: Amount | None, birth: When | None) -> When | None:
    """The year of life in which something happened."""
    years = _years(age)
    return _years_after(birth, years, years) if birth is not None and years is not None else None


def _between_ages(ages: Range | None, birth: When | None) -> When | None:
    if ages is None or birth is None:
        return None
    low, high = _years(ages.low), _years(ages.high)
    first = low if low is not None else high
    last = high if high is not None else low
    return _years_after(birth, first, last) if first is not None and last is not None else None


def _years(age: Amount | None) -> int | None:
    value = number(age.value) if age is not None else None
    if age is None or value is None or not 0 <= value <= 130:
        return None
    return int(value) if (age.code or age.unit).lower() in _YEARS else None


def _years_after(birth: When, first: int, last: int) -> When:
    return When(_shifted(birth.first, first), _shifted(birth.last, last + 1) - timedelta(days=1))


def _shifted(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # born on 29 February
        return day.replace(year=day.year + years, day=28)


def allergy_fact(view: AllergyIntolerance, path: str) -> AllergyFact:
    """An AllergyIntolerance of any release as a fact."""
    clinical, verification = _allergy_status(view)
    criticality = (view.criticality or "").lower()
    return AllergyFact(
        id=view.id or "",
        path=path,
        substances=_substances(view),
        clinical_status=clinical,
        verification_status=verification,
        criticality=_CRITICALITY.get(criticality, criticality),
        kind=first_code(view.type),
        severity=_worst(view),
        when=when(view.onsetDateTime) or when(view.onset) or when(view.recordedDate) or when(view.assertedDate),
        reactions=_reactions(view),
    )


def _allergy_status(view: AllergyIntolerance) -> tuple[str, str]:
    """DSTU2 has one status for both questions."""
    if view.clinicalStatus is not None or view.verificationStatus is not None or not view.status:
        return first_code(view.clinicalStatus, _CLINICAL), first_code(view.verificationStatus, _VERIFICATION)
    status = view.status.lower()
    if status in ("active", "inactive", "resolved"):
        return status, ""
    return ("active" if status in ("confirmed", "unconfirmed") else ""), status


def _substances(view: AllergyIntolerance) -> tuple[Coded, ...]:
    own = (view.code,) if view.code is not None else ()
    reacted = (one for reaction in view.reaction or () for one in each_coded(reaction.substance))
    return tuple(dict.fromkeys((*own, *each_coded(view.substance), *reacted)))


def _reactions(view: AllergyIntolerance) -> tuple[Coded, ...]:
    found: dict[Coded, None] = {}
    for reaction in view.reaction or ():
        found.update(dict.fromkeys(each_coded(reaction.manifestation)))
        if reaction.description:
            found[Coded((), reaction.description)] = None
    return tuple(found)


def _worst(view: AllergyIntolerance) -> str:
    said = {(reaction.severity or "").lower() for reaction in view.reaction or ()}
    return next((severity for severity in _SEVERITY if severity in said), "")
