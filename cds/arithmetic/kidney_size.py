"""Body size as the kidney equations need it: current weight and height, Cockcroft-Gault, body surface."""

from __future__ import annotations

import msgspec

from cds.arithmetic.dates import age_range
from cds.arithmetic.kidney_choice import Choice, Reading, choose
from cds.arithmetic.kidney_equations import FEMALE, MALE, bmi, body_surface, cockcroft_gault, dosing_weight
from cds.arithmetic.rules import numbers
from cds.case import Known, Maybe, PatientCase, Reason, Unknown


class Body(msgspec.Struct, frozen=True):
    """Weight in kg, height in cm, surface in m2 (Mosteller), body mass index in kg/m2."""

    weight: Maybe[float] = Unknown(Reason.ABSENT, "no weight")
    height: Maybe[float] = Unknown(Reason.ABSENT, "no height")
    surface: Maybe[float] = Unknown(Reason.ABSENT, "no weight or height")
    bmi: Maybe[float] = Unknown(Reason.ABSENT, "no weight or height")


class Clearance(msgspec.Struct, frozen=True):
    """Cockcroft-Gault creatinine clearance in mL/min and the weight it was given ("52.4 kg (ideal)")."""

    crcl: Maybe[float]
    weight: str = ""


def body_of(case: PatientCase) -> Body:
    """Current weight and height. A child's height must be recent, an adult's may be of any age."""
    limits = numbers("kidney")
    birth = case.patient.birth
    child = isinstance(birth, Known) and age_range(birth.value, case.as_of)[0] < limits["adult_from"]
    weights = choose(case.labs, "body-weight", case.as_of, limits["weight_months"])
    heights = choose(case.labs, "body-height", case.as_of, limits["child_height_months"] if child else None)
    weight, height = _value(weights, "weight"), _value(heights, "height")
    if isinstance(weight, Unknown) or isinstance(height, Unknown):
        missing = weight if isinstance(weight, Unknown) else height
        assert isinstance(missing, Unknown)  # noqa: S101  (for the type checker)
        return Body(weight, height, missing, missing)
    return Body(
        weight,
        height,
        Known(body_surface(weight.value, height.value)),
        Known(bmi(weight.value, height.value)),
    )


def _value(choice: Choice, name: str) -> Maybe[float]:
    newest = choice.newest
    if newest is not None:
        return Known(newest.value)
    if choice.stale:
        return Unknown(Reason.STALE, f"{name} too old")
    return choice.refused[0].why if choice.refused else Unknown(Reason.ABSENT, f"no {name}")


def clearance(case: PatientCase, body: Body, creatinine: Reading | None) -> Clearance:
    """Cockcroft-Gault for an adult. Of two sexes or two ages that are possible the lower result is given."""
    if creatinine is None or creatinine.lab.comparator:
        return Clearance(Unknown(Reason.ABSENT, "no exact creatinine that counts"))
    birth = case.patient.birth
    if isinstance(birth, Unknown):
        return Clearance(Unknown(birth.reason, "age not known"))
    if isinstance(body.weight, Unknown):
        return Clearance(body.weight)
    if isinstance(body.height, Unknown):
        return Clearance(body.height)
    youngest, oldest = age_range(birth.value, case.as_of)
    if youngest < numbers("kidney")["adult_from"]:
        return Clearance(Unknown(Reason.ABSENT, "Cockcroft-Gault is for adults"))
    sexes = (case.patient.sex.value,) if isinstance(case.patient.sex, Known) else (FEMALE, MALE)
    found = []
    for sex in sexes:
        weight = dosing_weight(body.weight.value, body.height.value, sex, numbers("kidney")["obese_bmi"])
        if weight.kg <= 0 or oldest >= 140:
            return Clearance(Unknown(Reason.UNREADABLE, "height or age outside the equation"))
        value = cockcroft_gault(creatinine.value, oldest, weight.kg, sex)
        found.append((value, f"{weight.kg:.1f} kg ({weight.kind})"))
    value, words = min(found)
    return Clearance(Known(value), words)
