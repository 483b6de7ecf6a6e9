"""Doses by body weight: which weight counts, and mg per kg."""

from __future__ import annotations

from cds.arithmetic.dates import age_range
from cds.arithmetic.kidney_choice import Reading, choose
from cds.arithmetic.rules import numbers
from cds.arithmetic.units import tidy
from cds.case import Known, Maybe, PatientCase, Reason, Unknown


def dosing_weight_of(case: PatientCase) -> Maybe[Reading]:
    """The newest weight in kg that is not too old for the patient's age. Unknown: none, too old, or refused.

    An age that is not known, or may be below the limit, asks for the shorter time.
    """
    limits = numbers("weight")
    birth = case.patient.birth
    older = isinstance(birth, Known) and age_range(birth.value, case.as_of)[0] >= limits["infant_below"]
    months = limits["months"] if older else limits["infant_months"]
    found = choose(case.labs, "body-weight", case.as_of, months)
    if found.newest is not None and found.newest.value > 0:
        return Known(found.newest)
    if found.stale:
        return Unknown(Reason.STALE, "weight too old")
    return found.refused[0].why if found.refused else Unknown(Reason.ABSENT, "no weight")


def per_kg(mg: float, kg: float) -> float:
    """mg per kg of body weight, free of binary dust."""
    return tidy(mg / kg)
