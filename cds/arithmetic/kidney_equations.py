"""The published equations of kidney function and body size, and nothing else.

Creatinine in mg/dL, cystatin C in mg/L, age in completed years, weight in kg, height in cm. Full precision: results are
rounded once, by ``round_half_up``, when they are banded. Sources: CKD-EPI 2021 (Inker, NEJM 2021), Cockcroft-Gault
(1976) with ideal and adjusted weight, bedside Schwartz (2009), Mosteller (1987).
"""

from __future__ import annotations

import math

import msgspec

FEMALE = "female"
MALE = "male"


def round_half_up(value: float) -> int:
    """To the nearest integer, halves upwards, as laboratories report: 59.5 is 60, 59.4999 is 59.

    The ninth decimal is dropped first, so that a half that floating point misses by a hair is still a half.
    """
    return math.floor(round(value, 9) + 0.5)


def ckd_epi_2021(creatinine: float, age: int, sex: str) -> float:
    """eGFR from creatinine, mL/min/1.73 m2, for adults: CKD-EPI 2021, the equation without race."""
    kappa, alpha, factor = (0.7, -0.241, 1.012) if sex == FEMALE else (0.9, -0.302, 1.0)
    ratio = creatinine / kappa
    return float(142 * min(ratio, 1) ** alpha * max(ratio, 1) ** -1.200 * 0.9938**age * factor)


def ckd_epi_2021_cystatin(creatinine: float, cystatin: float, age: int, sex: str) -> float:
    """eGFR from creatinine and cystatin C together, mL/min/1.73 m2, for adults: CKD-EPI 2021."""
    kappa, alpha, factor = (0.7, -0.219, 0.963) if sex == FEMALE else (0.9, -0.144, 1.0)
    ratio, cystatin_ratio = creatinine / kappa, cystatin / 0.8
    from_creatinine = min(ratio, 1) ** alpha * max(ratio, 1) ** -0.544
    from_cystatin = min(cystatin_ratio, 1) ** -0.323 * max(cystatin_ratio, 1) ** -0.778
    return float(135 * from_creatinine * from_cystatin * 0.9961**age * factor)


def schwartz(creatinine: float, height: float) -> float:
    """eGFR of a child of 1 to 17 years, mL/min/1.73 m2: bedside Schwartz 2009."""
    return 0.413 * height / creatinine


def ideal_weight(height: float, sex: str) -> float:
    """Ideal body weight in kg (Devine)."""
    return (45.5 if sex == FEMALE else 50.0) + 2.3 * (height / 2.54 - 60)


def bmi(weight: float, height: float) -> float:
    """Body mass index, kg/m2."""
    return weight / (height / 100) ** 2


class DosingWeight(msgspec.Struct, frozen=True):
    """The weight that Cockcroft-Gault is given: ``kind`` is "actual", "ideal" or "adjusted"."""

    kg: float
    kind: str


def dosing_weight(weight: float, height: float, sex: str, obese_bmi: float = 30.0) -> DosingWeight:
    """Actual weight if below ideal; adjusted (ideal + 0.4 of the excess) if obese; otherwise ideal."""
    ideal = ideal_weight(height, sex)
    if weight < ideal:
        return DosingWeight(weight, "actual")
    if bmi(weight, height) >= obese_bmi:
        return DosingWeight(ideal + 0.4 * (weight - ideal), "adjusted")
    return DosingWeight(ideal, "ideal")


def cockcroft_gault(creatinine: float, age: int, weight: float, sex: str) -> float:
    """Creatinine clearance, mL/min, for adults; ``weight`` in kg as chosen by ``dosing_weight``."""
    return (140 - age) * weight / (72 * creatinine) * (0.85 if sex == FEMALE else 1.0)


def body_surface(weight: float, height: float) -> float:
    """Body surface area in m2 (Mosteller)."""
    return math.sqrt(weight * height / 3600)


def deindex(egfr: float, surface: float) -> float:
    """Absolute filtration in mL/min from eGFR per 1.73 m2 and the patient's own body surface."""
    return egfr * surface / 1.73
