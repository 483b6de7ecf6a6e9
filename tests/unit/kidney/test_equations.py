"""The equations give the published figures, to the digits given."""

from __future__ import annotations

import pytest

from cds.arithmetic.kidney_equations import (
    body_surface,
    ckd_epi_2021,
    ckd_epi_2021_cystatin,
    cockcroft_gault,
    deindex,
    dosing_weight,
    ideal_weight,
    round_half_up,
    schwartz,
)


@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "exact", "banded"),
    [
        (0.9, 55, "female", 75.50, 75),
        (1.0, 50, "male", 91.69, 92),
        (0.7, 70, "female", 92.98, 93),
        (1.5, 68, "female", 37.72, 38),
        (1.8, 72, "male", 39.50, 39),
        (2.5, 75, "male", 26.14, 26),
        (3.96, 64, "female", 12.06, 12),
        (0.6, 34, "female", 120.72, 121),
    ],
)
def test_ckd_epi_2021_gives_the_worked_examples(
    creatinine: float, age: int, sex: str, exact: float, banded: int
) -> None:
    value = ckd_epi_2021(creatinine, age, sex)
    assert value == pytest.approx(exact, abs=0.0051)
    assert round_half_up(value) == banded


@pytest.mark.parametrize(
    ("age", "sex", "last_above", "limit", "first_below", "value_below"),
    [
        (70, "male", 1.292, 60, 1.293, 59.483),
        (70, "male", 2.319, 30, 2.320, 29.493),
        (70, "female", 1.015, 60, 1.016, 59.463),
        (50, "male", 1.433, 60, 1.434, 59.494),
    ],
)
def test_the_last_creatinine_before_a_band_and_the_first_in_it(
    age: int, sex: str, last_above: float, limit: int, first_below: float, value_below: float
) -> None:
    assert round_half_up(ckd_epi_2021(last_above, age, sex)) >= limit
    below = ckd_epi_2021(first_below, age, sex)
    assert below == pytest.approx(value_below, abs=0.0006)
    assert round_half_up(below) < limit


@pytest.mark.parametrize(
    ("value", "rounded"), [(59.49999, 59), (59.5, 60), (60.5, 61), (29.5, 30), (0.4, 0), (59.4999999999, 60)]
)
def test_halves_are_rounded_upwards_once(value: float, rounded: int) -> None:
    assert round_half_up(value) == rounded


@pytest.mark.parametrize(
    ("creatinine", "cystatin", "age", "sex", "expected"),
    [
        # at both knots only the constant, the age term and the sex factor remain
        (0.7, 0.8, 60, "female", 135 * 0.9961**60 * 0.963),
        (0.9, 0.8, 60, "male", 135 * 0.9961**60),
        # doubling creatinine above the knot multiplies by 2 ** -0.544, doubling cystatin C by 2 ** -0.778
        (1.8, 0.8, 60, "male", 135 * 0.9961**60 * 2**-0.544),
        (0.9, 1.6, 60, "male", 135 * 0.9961**60 * 2**-0.778),
        # below the knots the other exponents hold
        (0.45, 0.8, 60, "male", 135 * 0.9961**60 * 0.5**-0.144),
        (0.35, 0.8, 60, "female", 135 * 0.9961**60 * 0.963 * 0.5**-0.219),
        (0.9, 0.4, 60, "male", 135 * 0.9961**60 * 0.5**-0.323),
    ],
)
def test_creatinine_with_cystatin_c_follows_the_published_exponents(
    creatinine: float, cystatin: float, age: int, sex: str, expected: float
) -> None:
    assert ckd_epi_2021_cystatin(creatinine, cystatin, age, sex) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "kg", "cm", "ideal", "used", "kind", "clearance", "with_actual"),
    [
        (1.5, 68, "female", 70, 160, 52.4, 52.4, "ideal", 29.7, 39.7),
        (1.8, 72, "male", 95, 170, 65.9, 77.6, "adjusted", 40.7, 49.8),
        (1.0, 50, "male", 80, 180, 75.0, 75.0, "ideal", 93.7, 100.0),
        (0.9, 80, "female", 45, 155, 47.9, 45.0, "actual", 35.4, 35.4),
    ],
)
def test_cockcroft_gault_with_its_choice_of_weight(
    creatinine: float,
    age: int,
    sex: str,
    kg: float,
    cm: float,
    ideal: float,
    used: float,
    kind: str,
    clearance: float,
    with_actual: float,
) -> None:
    weight = dosing_weight(kg, cm, sex)
    assert ideal_weight(cm, sex) == pytest.approx(ideal, abs=0.051)
    assert (weight.kg, weight.kind) == (pytest.approx(used, abs=0.051), kind)
    assert cockcroft_gault(creatinine, age, weight.kg, sex) == pytest.approx(clearance, abs=0.051)
    assert cockcroft_gault(creatinine, age, kg, sex) == pytest.approx(with_actual, abs=0.051)


@pytest.mark.parametrize(
    ("cm", "mg_dl", "expected", "from_moles"),
    [(100, 0.4, 103.25, 103.20), (115, 0.5, 94.99, 94.94), (130, 1.1, 48.81, 48.79)],
)
def test_bedside_schwartz(cm: float, mg_dl: float, expected: float, from_moles: float) -> None:
    assert schwartz(mg_dl, cm) == pytest.approx(expected, abs=0.0051)
    # The form for umol/L, 36.5 x height / creatinine, agrees to 0.05 %.
    assert 36.5 * cm / (mg_dl * 88.42) == pytest.approx(from_moles, abs=0.0051)


@pytest.mark.parametrize(
    ("kg", "cm", "surface", "absolute"), [(45, 155, 1.392, 48.3), (70, 170, 1.818, 63.1), (120, 185, 2.483, 86.1)]
)
def test_an_egfr_of_60_in_ml_per_minute_of_this_body(kg: float, cm: float, surface: float, absolute: float) -> None:
    assert body_surface(kg, cm) == pytest.approx(surface, abs=0.00051)
    assert deindex(60, body_surface(kg, cm)) == pytest.approx(absolute, abs=0.051)
