"""The unit table knows what it lists, in any spelling, and refuses everything else."""

from __future__ import annotations

import math

import pytest

from cds.arithmetic.units import (
    amount_hours,
    convert,
    dose_unit,
    number_text,
    rate_unit,
    tidy,
    to_hours,
    to_mg,
)
from cds.case import Known, Reason, Unknown
from cds.chart import Amount


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        ("mg", 10, 10), ("MG", 10, 10), ("milligrams", 2.5, 2.5), ("ug", 250, 0.25), ("mcg", 100, 0.1),
        ("MCG", 3, 0.003),
        ("\u00b5g", 50, 0.05), ("\u03bcg", 50, 0.05), ("microgram", 1, 0.001), ("g", 1, 1000), ("gram", 0.5, 500),
        ("GM", 2, 2000), ("ng", 1000, 0.001), (" mg ", 1, 1),
    ],
)  # fmt: skip
def test_a_mass_in_any_spelling_becomes_mg(unit: str, value: float, expected: float) -> None:
    assert to_mg(Amount(value, unit)) == Known(expected)


@pytest.mark.parametrize(
    "unit", ["", "mL", "{tbl}", "mg/kg", "mEq", "[iU]", "units", "[drp]", "gtt", "mgg", "mg.h", "%"]
)
def test_what_is_no_mass_never_becomes_mg(unit: str) -> None:
    answer = to_mg(Amount(5, unit))
    assert isinstance(answer, Unknown)
    assert answer.reason in (Reason.UNIT, Reason.DOSE_UNKNOWN)


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_a_mass_without_a_finite_number_is_unreadable(value: float | None) -> None:
    assert to_mg(Amount(value, "mg")) == Unknown(Reason.UNREADABLE, "no number")


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        ("mg/dL", 1.5, 1.5), ("MG/DL", 1.5, 1.5), ("umol/L", 88.42, 1.0), ("\u00b5mol/L", 133, 1.504184573),
        ("\u03bcmol/L", 221, 2.499434517), ("umol/l", 62, 0.701198824), ("mmol/L", 0.08842, 1.0),
        ("micromol/L", 88.42, 1.0),
    ],
)  # fmt: skip
def test_creatinine_becomes_mg_per_dl(unit: str, value: float, expected: float) -> None:
    answer = convert(value, unit, "creatinine")
    assert isinstance(answer, Known)
    assert answer.value == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("unit", ["", " ", "mg", "g/L", "mg/L", "nmol/L", "mol/L", "mL/min", "10*3/uL", "mg/g"])
def test_creatinine_in_any_other_unit_is_refused(unit: str) -> None:
    answer = convert(1.0, unit, "creatinine")
    assert isinstance(answer, Unknown)
    assert answer.reason is Reason.UNIT


INDEXED = [
    "mL/min/{1.73_m2}", "mL/min/1.73m2", "mL/min/1.73 m2", "mL/min/1.73m\u00b2", "mL/min/1.73 m\u00b2",
    "ml/min/1.73m^2",
    "mL/min/1.73 sq m", "mL/min/{1.73_m2}", "mL/min/1.73", "mL/min/1.73.m2", "mL/min/{1.73m2}", "mL/min/(1.73.m2)",
]  # fmt: skip


@pytest.mark.parametrize("unit", INDEXED)
def test_egfr_is_indexed_to_body_surface_and_never_taken_for_clearance(unit: str) -> None:
    assert convert(59, unit, "egfr") == Known(59.0)
    assert isinstance(convert(59, unit, "clearance"), Unknown)


def test_clearance_is_never_taken_for_egfr() -> None:
    assert convert(40, "mL/min", "clearance") == Known(40.0)
    assert convert(1, "mL/s", "clearance") == Known(60.0)
    assert convert(40, "mL/min", "egfr") == Unknown(Reason.UNIT, "unit not known")


@pytest.mark.parametrize(
    ("kind", "unit", "value", "expected"),
    [
        ("weight", "kg", 70, 70), ("weight", "[lb_av]", 220.462, 100), ("weight", "lbs", 220.462, 100),
        ("weight", "g", 3500, 3.5),
        ("height", "cm", 160, 160), ("height", "m", 1.6, 160), ("height", "[in_i]", 60, 152.4),
        ("height", "in", 10, 25.4),
        ("height", "mm", 1600, 160), ("cystatin-c", "mg/L", 0.8, 0.8), ("time", "wk", 1, 168), ("time", "min", 30, 0.5),
        ("volume", "tsp", 2, 10), ("volume", "ml", 5, 5), ("volume", "cc", 5, 5), ("mass", "ug", 5, 0.005),
        ("pressure", "mm[Hg]", 99, 99), ("pressure", "mmHg", 99, 99), ("pressure", "kPa", 13.3322, 100),
    ],
)  # fmt: skip
def test_measures_come_in_their_base_unit(kind: str, unit: str, value: float, expected: float) -> None:
    answer = convert(value, unit, kind)
    assert isinstance(answer, Known)
    assert answer.value == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        ("weight", "cm"),
        ("height", "kg"),
        ("weight", "stone"),
        ("height", ""),
        ("pressure", "cm"),
        ("mass", "mL"),
        ("nonsense", "mg"),
    ],
)  # fmt: skip
def test_a_unit_of_something_else_is_refused(kind: str, unit: str) -> None:
    assert isinstance(convert(1, unit, kind), Unknown)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_number_converts_to_no_number(value: float) -> None:
    assert convert(value, "kg", "weight") == Unknown(Reason.UNREADABLE, "no number")


def kind_of(unit: str = "", code: str = "") -> str | Unknown | None:
    found = dose_unit(Amount(1, unit, code))
    return found if found is None or isinstance(found, Unknown) else found.kind


@pytest.mark.parametrize(
    ("unit", "code", "kind"),
    [
        ("tablet", "{tbl}", "each"), ("tablet", "428673006", "each"), ("", "TAB", "each"),
        ("tablet(s)", "{tablet}", "each"),
        ("capsule", "", "each"), ("", "{pill}", "each"), ("patch", "{patch}", "patch"), ("ml", "mL", "volume"),
        ("", "", None), ("", "1", None), ("1", "1", None), ("tablet", "1", "each"), ("mg", "258684004", "mass"),
        ("dose", "{dose}", "dose"), ("1 TAB", "", "each"),
    ],
)  # fmt: skip
def test_a_dose_unit_is_found_by_code_or_by_word(unit: str, code: str, kind: str | None) -> None:
    assert kind_of(unit, code) == kind


def test_code_and_word_of_a_unit_that_disagree_are_a_conflict() -> None:
    answer = kind_of("mcg", "mg")
    assert isinstance(answer, Unknown)
    assert answer.reason is Reason.CONFLICT


@pytest.mark.parametrize(
    ("unit", "code"), [("mg/kg", "mg/kg"), ("mg/kg", "mg"), ("mg", "mg/kg"), ("mg/m2", ""), ("", "mg/kg/d")]
)
def test_a_dose_per_kg_or_surface_is_never_a_plain_dose(unit: str, code: str) -> None:
    answer = kind_of(unit, code)
    assert isinstance(answer, Unknown)
    assert answer.reason is Reason.DOSE_UNKNOWN


@pytest.mark.parametrize(
    ("text", "kind", "hours"),
    [
        ("mg/h", "mass", 1), ("mg/hr", "mass", 1), ("ug/d", "mass", 24), ("mcg/day", "mass", 24),
        ("mcg per hour", "mass", 1),
        ("mg/(24.h)", "mass", 24), ("mg/24 h", "mass", 24), ("mg/24h", "mass", 24), ("mL/h", "volume", 1),
        ("ug/min", "mass", 1 / 60),
    ],
)  # fmt: skip
def test_a_rate_unit_is_an_amount_per_time(text: str, kind: str, hours: float) -> None:
    found = rate_unit(text)
    assert not isinstance(found, Unknown)
    assert (found.amount.kind, found.hours) == (kind, pytest.approx(hours))


@pytest.mark.parametrize(("text", "reason"), [
    ("mg/kg/h", Reason.DOSE_UNKNOWN), ("ug/kg/min", Reason.DOSE_UNKNOWN), ("mg/m2/h", Reason.DOSE_UNKNOWN),
    ("mg/kg", Reason.DOSE_UNKNOWN),
    ("mg", Reason.UNIT), ("", Reason.UNIT), ("mg/mL", Reason.UNIT), ("foo/h", Reason.UNIT),
    ("mg/0 h", Reason.UNIT), ("mg/h/h", Reason.UNIT),
    ("dose/d", Reason.UNIT), ("patch/d", Reason.UNIT),
])  # fmt: skip
def test_no_other_rate_is_known(text: str, reason: Reason) -> None:
    found = rate_unit(text)
    assert isinstance(found, Unknown)
    assert found.reason is reason


def test_lengths_of_time() -> None:
    assert to_hours(2, "d") == Known(48.0)
    assert amount_hours(Amount(1, "week", "wk")) == Known(168.0)
    assert amount_hours(Amount(3, "days")) == Known(72.0)
    assert amount_hours(Amount(None, "d")) == Unknown(Reason.UNREADABLE, "no number")
    assert isinstance(to_hours(1, "fortnight"), Unknown)


def test_binary_dust_never_decides() -> None:
    assert 0.1 * 3 != 0.3
    assert tidy(0.1 * 3) == 0.3


@pytest.mark.parametrize(
    ("value", "shown"),
    [(10, "10"), (2.5, "2.5"), (0.3000000004, "0.3"), (1 / 3, "0.333"), (0.0125, "0.0125"), (1440, "1440")],
)
def test_numbers_are_shown_without_trailing_zeros(value: float, shown: str) -> None:
    assert number_text(value) == shown
