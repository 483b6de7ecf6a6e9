"""From the values that count to one estimate of eGFR: reported or calculated, by which equation, and how sure."""

from __future__ import annotations

import math
from datetime import date

import msgspec

from cds.arithmetic.dates import age_range
from cds.arithmetic.kidney_choice import Choice, Reading
from cds.arithmetic.kidney_equations import (
    FEMALE,
    MALE,
    ckd_epi_2021,
    ckd_epi_2021_cystatin,
    round_half_up,
    schwartz,
)
from cds.arithmetic.kidney_size import Body
from cds.arithmetic.rules import numbers
from cds.case import Known, Lab, Maybe, PatientCase, Reason, Unknown

CALCULATED = "calculated"
REPORTED = "reported by the laboratory"
CLEARANCE = "creatinine clearance reported by the laboratory"

COMBINED = "CKD-EPI 2021, creatinine and cystatin C"


class Estimate(msgspec.Struct, frozen=True):
    """One estimate. ``low``/``high``: inclusive bounds of the rounded eGFR; ``exact`` when both are one number."""

    low: int
    high: int | None
    exact: float | None
    source: str
    method: str
    when: date
    reported: Lab | None = None
    cystatin: Lab | None = None
    notes: tuple[str, ...] = ()
    problems: tuple[Unknown, ...] = ()


def best_estimate(
    case: PatientCase, body: Body, creatinine: Choice, cystatin: Choice, reported: Choice, measured: Choice
) -> Maybe[Estimate]:
    """The estimate that counts; Unknown when no current value gives one.

    A reported eGFR of the newest creatinine's day, or of a later day, is preferred, unless its equation is MDRD or
    race-adjusted; creatinine with cystatin C goes before either. Without a creatinine any reported eGFR counts, and
    without that a clearance.
    """
    serum = creatinine.newest
    lab = _from_laboratory(reported)
    if serum is None:
        return lab if isinstance(lab, Known) else _from_clearance(measured)
    pair = _paired(serum, cystatin)
    own = calculate(case, body, serum, pair)
    if isinstance(own, Unknown):
        if isinstance(lab, Known):
            return _noting(lab.value, own.detail)
        other = _from_clearance(measured)
        return other if isinstance(other, Known) else own
    fitting = _fitting(reported, serum, own.value)
    if fitting is None:
        return own
    return Known(_reconciled(own.value, fitting, serum))


def calculate(case: PatientCase, body: Body, serum: Reading, cystatin: Reading | None) -> Maybe[Estimate]:
    """Our own calculation from a creatinine (and a cystatin C), by the equation for the patient's age.

    Sex not known: both are computed and the lower is used. A birth date of month or year: the age that gives less.
    """
    birth = case.patient.birth
    if isinstance(birth, Unknown):
        return Unknown(birth.reason, "age not known: eGFR not calculated")
    ages = sorted(set(age_range(birth.value, case.as_of)))
    sexes = (case.patient.sex.value,) if isinstance(case.patient.sex, Known) else (FEMALE, MALE)
    found: dict[tuple[int, str], float] = {}
    for age in ages:
        for sex in sexes:
            value = _equation(age, sex, serum.value, cystatin.value if cystatin else None, body)
            if isinstance(value, Unknown):
                return value
            found[age, sex] = value.value
    (age, _), worst = min(found.items(), key=lambda item: item[1])
    adult = age >= numbers("kidney")["adult_from"]
    method = "bedside Schwartz" if not adult else COMBINED if cystatin else "CKD-EPI 2021"
    low, high, exact = _bounds(worst, max(found.values()), serum.lab.comparator)
    return Known(
        Estimate(
            low=low,
            high=high,
            exact=exact,
            source=CALCULATED,
            method=method,
            when=serum.day,
            cystatin=cystatin.lab if cystatin and adult else None,
            notes=_notes(found),
        )
    )


def _equation(age: int, sex: str, creatinine: float, cystatin: float | None, body: Body) -> Maybe[float]:
    limits = numbers("kidney")
    if age < limits["child_from"]:
        return Unknown(Reason.ABSENT, "no equation for a child under 1 year")
    if age < limits["adult_from"]:
        if isinstance(body.height, Unknown):
            return Unknown(body.height.reason, "eGFR of a child needs a recent height")
        return Known(schwartz(creatinine, body.height.value))
    if cystatin is not None:
        return Known(ckd_epi_2021_cystatin(creatinine, cystatin, age, sex))
    return Known(ckd_epi_2021(creatinine, age, sex))


def _bounds(worst: float, best: float, comparator: str) -> tuple[int, int | None, float | None]:
    """Bounds of eGFR; a creatinine "below x" leaves eGFR at least, one "above x" at most, that of x."""
    if comparator in ("<", "<="):
        return round_half_up(worst), None, None
    if comparator in (">", ">="):
        return 0, round_half_up(best), None
    return round_half_up(worst), round_half_up(worst), worst


def _notes(found: dict[tuple[int, str], float]) -> tuple[str, ...]:
    notes = []
    if len({sex for _, sex in found}) > 1:
        notes.append("sex not known: computed for both, the lower is used")
    by_age: dict[int, set[int]] = {}
    for (age, _), value in found.items():
        by_age.setdefault(age, set()).add(round_half_up(value))
    if len(by_age) > 1 and len({min(values) for values in by_age.values()}) > 1:
        notes.append("birth date not exact: the age that gives less is used")
    return tuple(notes)


def _paired(serum: Reading, cystatin: Choice) -> Reading | None:
    """The newest cystatin C taken close enough to the creatinine; none with a bound instead of a value."""
    if serum.lab.comparator:
        return None
    days = numbers("kidney")["cystatin_pair_days"]
    for reading in cystatin.current:
        if not reading.lab.comparator and abs((reading.day - serum.day).days) <= days:
            return reading
    return None


# -- what the laboratory reported -----------------------------------------------------------------------------------


def superseded(method: str) -> bool:
    """Whether a reported eGFR's equation is one that a calculation from creatinine replaces."""
    words = method.lower()
    return "mdrd" in words or "race" in words or "cockcroft" in words


def _from_laboratory(reported: Choice) -> Maybe[Estimate]:
    """The newest reported eGFR; of one day's values the one by a current equation, then the lower."""
    newest = reported.newest
    if newest is None:
        return Unknown(Reason.ABSENT, "no eGFR")
    same_day = [reading for reading in reported.current if reading.day == newest.day]
    return Known(_as_estimate(min(same_day, key=lambda reading: superseded(reading.lab.method))))


def _as_estimate(reading: Reading) -> Estimate:
    low, high, exact = _reported_bounds(reading.value, reading.lab.comparator)
    method = reading.lab.method or "equation not said"
    return Estimate(low, high, exact, REPORTED, method, reading.day, reported=reading.lab)


def _reported_bounds(value: float, comparator: str) -> tuple[int, int | None, float | None]:
    """ ">60" is at least 60 for banding, "<15" is at most 14."""
    if comparator in (">", ">="):
        return round_half_up(value), None, None
    if comparator == "<":
        return 0, max(0, math.ceil(value) - 1), None
    if comparator == "<=":
        return 0, round_half_up(value), None
    return round_half_up(value), round_half_up(value), value


def _from_clearance(measured: Choice) -> Maybe[Estimate]:
    newest = measured.newest
    if newest is None:
        return Unknown(Reason.ABSENT, "no creatinine or eGFR")
    low, high, _ = _reported_bounds(newest.value, newest.lab.comparator)
    note = "banded by creatinine clearance in mL/min: no eGFR was sent"
    return Known(Estimate(low, high, None, CLEARANCE, "creatinine clearance", newest.day, newest.lab, notes=(note,)))


def _fitting(reported: Choice, serum: Reading, own: Estimate) -> Reading | None:
    """The reported eGFR to hold against our calculation: of the creatinine's day or later, by a current equation.

    One by a superseded equation counts only when it is newer than the creatinine. Creatinine with cystatin C is
    displaced only by a reported value that used cystatin C too, or by a newer one.
    """
    for reading in reported.current:
        if reading.day < serum.day:
            return None
        newer = reading.day > serum.day
        if superseded(reading.lab.method) and not newer:
            continue
        if own.method == COMBINED and not newer and "cystatin" not in reading.lab.method.lower():
            continue
        return reading
    return None


def _reconciled(own: Estimate, reading: Reading, serum: Reading) -> Estimate:
    lab = _as_estimate(reading)
    if reading.day > serum.day:
        if superseded(reading.lab.method) and _upper(own) < _upper(lab):
            return _say(own, f"a newer eGFR by {reading.lab.method} is higher; the lower one is used")
        return lab
    if lab.exact is None:
        inside = own.exact is not None and lab.low <= own.low and (lab.high is None or own.low <= lab.high)
        if inside:
            return own
    if own.exact is not None and _contradicts(own.exact, lab):
        conflict = Unknown(Reason.CONFLICT, "reported eGFR and the creatinine of the same day disagree")
        noted = _say(own, "the reported eGFR is higher than this creatinine allows; the lower one is used")
        return msgspec.structs.replace(noted, problems=(*own.problems, conflict))
    return lab


def _contradicts(own: float, lab: Estimate) -> bool:
    """Whether our value lies so far below the reported one that rounding and equations do not explain it."""
    limits = numbers("kidney")
    if lab.exact is None:
        return own < lab.low
    far = lab.exact - own >= limits["reported_conflict_difference"]
    return far and own < lab.exact * (1 - limits["reported_conflict_percent"] / 100)


def _upper(estimate: Estimate) -> float:
    return math.inf if estimate.high is None else estimate.high


def _say(estimate: Estimate, note: str) -> Estimate:
    return msgspec.structs.replace(estimate, notes=(*estimate.notes, note))


def _noting(estimate: Estimate, note: str) -> Known[Estimate]:
    return Known(_say(estimate, note))
