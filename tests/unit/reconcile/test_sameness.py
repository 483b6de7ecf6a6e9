"""Whether two resources tell of the same drug, dose and times: what decides since when a dose is unchanged."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from cds.arithmetic.sameness import same_schedule
from cds.arithmetic.told import Standing, Told
from cds.case import DailyDose, Drug, Ingredient, Known, Reason, Route, Strength, Unknown, When
from cds.chart import Amount, DosageFact, Timing
from tests.unit.reconcile.facts import days, medicine

TABLET = Drug("baclofen 10 mg", (Ingredient("baclofen", Strength(10, "mg", "each")),), route=Route.ORAL)
TEN = DailyDose(30, 30, "mg/d", "10 mg × 3 per day", "coded", 10, 3)
NOT_TOLD = Unknown(Reason.DOSE_UNKNOWN, "as the plan says")


def told(dose: DailyDose | Unknown, drug: Drug = TABLET, *dosages: DosageFact) -> Told:
    doses = (dose if isinstance(dose, Unknown) else Known(dose),)
    ours = frozenset(ingredient.id for ingredient in drug.ingredients)
    fact = medicine("baclofen", dosages=dosages)
    return Told(fact, drug, doses, "MedicationRequest/m1", Standing.CURRENT, ingredients=ours)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"working": "other words"}, True),
        ({"unit": "ug/d"}, False),
        ({"low": 15.0}, False),
        ({"high": 45.0}, False),
        ({"single_high": 15.0}, False),
        ({"single_high": None}, True),
        ({"times_per_day": 2.0}, False),
        ({"times_per_day": None}, True),
        ({"prn": True}, False),
    ],
)
def test_the_same_dose_is_the_same_amount_unit_and_times(change: dict[str, Any], same: bool) -> None:
    """Where one does not tell a single dose or how often, that is no difference."""
    five = Drug("baclofen 5 mg", (Ingredient("baclofen", Strength(5, "mg", "each")),), route=Route.ORAL)
    other = told(msgspec.structs.replace(TEN, **change), five)
    assert same_schedule(told(TEN), other) is same
    assert same_schedule(other, told(TEN)) is same


def in_words(text: str, **timing: Any) -> DosageFact:
    return DosageFact(text=text, timing=Timing(frequency=1, period=1, period_unit="d", **timing))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (in_words("as the plan says"), True),
        (in_words("as the plan says", bounds_start=When(date(2026, 6, 1), date(2026, 6, 1))), True),
        (in_words("as the plan says", bounds_duration=days(30)), True),
        (in_words("as the other plan says"), False),
        (in_words("as the plan says", frequency_max=3), False),
        (DosageFact(text="as the plan says"), False),
        (DosageFact(text="as the plan says", dose=Amount(1, "tablet")), False),
    ],
)
def test_doses_that_cannot_be_told_are_compared_word_for_word_without_their_dates(
    other: DosageFact, same: bool
) -> None:
    one = told(NOT_TOLD, TABLET, in_words("as the plan says"))
    assert same_schedule(one, told(NOT_TOLD, TABLET, other)) is same


def test_what_tells_no_dose_at_all_is_never_the_same() -> None:
    assert not same_schedule(told(NOT_TOLD), told(NOT_TOLD))
