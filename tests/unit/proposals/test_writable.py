"""The dose to write: within its limits, never above what was ordered, and of tablets that can be made."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.arithmetic.writable import Limits, dose_within, piece_of, split
from cds.case import Drug, Ingredient, Route, Strength
from cds.findings import DoseToWrite


def tablet(strength: float, ingredient: str = "baclofen", form: str = "tablet") -> Drug:
    held = Ingredient(ingredient, Strength(strength, "mg", "each"))
    return Drug(f"{ingredient} {strength:g} mg {form}", (held,), Route.ORAL, form=form)


@pytest.mark.parametrize(
    ("ordered", "limits", "expected"),
    [
        ((10, 3), (15, 99), (5, 3)),  # half tablets, as often as ordered
        ((10, 3), (10, 99), (5, 2)),  # three times cannot be made: twice
        ((10, 3), (5, 99), (5, 1)),
        ((10, 3), (80, 5), (5, 3)),  # only the single dose was too large
        ((10, 3), (30, 10), None),  # within the limits: nothing to change
        ((10, 3), (4, 99), None),  # nothing so small can be made of 10 mg tablets
    ],
)
def test_the_largest_dose_that_keeps_the_schedule_where_it_can(
    ordered: tuple[float, int], limits: tuple[float, float], expected: tuple[float, int] | None
) -> None:
    dose = dose_within(tablet(10), DoseToWrite("baclofen", *ordered), Limits(*limits))
    assert (None if dose is None else (dose.single, dose.times)) == expected


def test_what_is_taken_already_is_the_least() -> None:
    assert dose_within(tablet(10), DoseToWrite("baclofen", 10, 4), Limits(20, 99, floor=30)) is None


def test_the_tablet_is_named() -> None:
    dose = dose_within(tablet(10), DoseToWrite("baclofen", 10, 3), Limits(15, 99))
    assert dose is not None
    assert dose.made_of == "half a tablet of 10 mg"


def test_a_liquid_is_named_by_its_millilitres() -> None:
    held = Ingredient("baclofen", Strength(5, "mg", "mL"))
    liquid = Drug("baclofen 5 mg/mL oral solution", (held,), Route.ORAL, form="solution")
    dose = dose_within(liquid, DoseToWrite("baclofen", 10, 3), Limits(15, 99))
    assert dose is not None
    assert (dose.single, dose.made_of) == (5, "1 mL")


def test_a_capsule_or_a_drug_of_unknown_tablets_is_not_divided() -> None:
    assert piece_of(tablet(0.25, "clonazepam"), "clonazepam") == 0.25  # orally disintegrating: whole
    assert piece_of(tablet(12, "baclofen"), "baclofen") == 12  # no such tablet is known


@pytest.mark.parametrize("form", ["patch", "injection", "suppository", "enema"])
def test_other_forms_get_no_dose(form: str) -> None:
    assert piece_of(tablet(10, form=form), "baclofen") is None


@given(
    strength=st.sampled_from([5.0, 10.0, 15.0, 20.0]),
    single=st.floats(0.5, 200),
    times=st.integers(1, 8),
    daily=st.floats(0.1, 300),
    most=st.floats(0.1, 300),
    floor=st.floats(0, 100),
)
def test_a_dose_is_never_raised_and_keeps_its_limits(
    strength: float, single: float, times: int, daily: float, most: float, floor: float
) -> None:
    ordered = DoseToWrite("baclofen", single, times)
    dose = dose_within(tablet(strength), ordered, Limits(daily, most, floor))
    if dose is None:
        return
    assert 0 < dose.single <= min(single, most) + 1e-6
    assert floor - 1e-6 <= dose.daily <= min(daily, ordered.daily) + 1e-6
    assert dose.single / (strength / 2) == pytest.approx(round(dose.single / (strength / 2)))
    assert (dose.single, dose.times) != (single, times)


@given(strength=st.sampled_from([5.0, 10.0, 20.0]), parts=st.integers(1, 60), times=st.integers(1, 3))
def test_a_split_dose_is_the_same_daily_dose_in_smaller_parts(strength: float, parts: int, times: int) -> None:
    ordered = DoseToWrite("baclofen", parts * strength / 2, times)
    dose = split(tablet(strength), ordered, single=20)
    if dose is not None:
        assert dose.daily == pytest.approx(ordered.daily)
        assert dose.single <= 20
        assert dose.times > times
        assert dose.single / (strength / 2) == pytest.approx(round(dose.single / (strength / 2)))


def test_a_dose_is_split_into_three_or_else_into_four_parts_that_can_be_made() -> None:
    """40 mg of 10 mg tablets: a third is no half tablet, a quarter is one tablet."""
    dose = split(tablet(10), DoseToWrite("baclofen", 40, 1), single=20)
    assert dose is not None
    assert (dose.single, dose.times) == (10, 4)
    assert split(tablet(10), DoseToWrite("baclofen", 35, 1), single=20) is None


def test_a_tablet_of_unknown_strength_counts_as_the_smallest_on_the_market() -> None:
    nameless = Drug("baclofen", (Ingredient("baclofen"),), Route.ORAL, form="tablet")
    assert piece_of(nameless, "baclofen") == 2.5
    dose = dose_within(nameless, DoseToWrite("baclofen", 10, 3), Limits(15, 99))
    assert dose is not None
    assert (dose.single, dose.made_of) == (5, "")
    solution = (Ingredient("baclofen", Strength(5, "mg", "mL")),)
    assert piece_of(Drug("baclofen", solution, Route.ORAL, form="tablet"), "baclofen") is None


def test_an_extended_release_product_or_a_combination_is_not_divided() -> None:
    slow = msgspec.structs.replace(tablet(10), extended_release=True)
    assert piece_of(slow, "baclofen") is None
    two = msgspec.structs.replace(tablet(10), ingredients=tablet(10).ingredients * 2)
    assert piece_of(two, "baclofen") is None
