"""A liquid dose told as volume and mass is set beside the strength of the product, whatever the words around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.arithmetic.liquid import liquid_doses
from cds.case import Drug, Ingredient, LiquidDose, Strength
from cds.chart import Amount, DosageFact


def syrup(per_ml: float | None, form: str = "solution") -> Drug:
    strength = Strength(per_ml, "mg", "mL") if per_ml is not None else None
    return Drug("baclofen oral solution", (Ingredient("baclofen", strength),), form=form)


@given(st.integers(1, 40), st.integers(1, 100), st.sampled_from([1.0, 2.0, 5.0, 10.0]))
def test_volume_and_mass_are_found_whichever_stands_first(ml: int, mg: int, per_ml: float) -> None:
    wanted = (LiquidDose(float(ml), float(mg), None, per_ml),)
    for text in (f"Take {ml} mL ({mg} mg) three times daily", f"Take {mg} mg ({ml} mL) three times daily"):
        assert liquid_doses((DosageFact(text=text),), syrup(per_ml)) == wanted


@given(st.text(max_size=600))
def test_no_text_breaks_the_reading(text: str) -> None:
    for dose in liquid_doses((DosageFact(text=text),), syrup(5.0)):
        assert dose.product == 5.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zqx 5 mg (5 mL) zqx", LiquidDose(5.0, 5.0, None, 1.0)),
        ("zqx 0.5 mL = 500 mcg zqx", LiquidDose(0.5, 0.5, None, 1.0)),
        ("zqx dispense 25 mg/5 mL zqx", LiquidDose(None, None, 5.0, 1.0)),
        ("zqx dispense 5 mg/0 mL zqx", None),
        ("zqx 5 mg (2 tablets) zqx", None),
        ("zqx 5 mg (5 mg) zqx", None),
    ],
)
def test_words_that_are_not_understood_still_tell_of_mg_and_ml(text: str, expected: LiquidDose | None) -> None:
    assert liquid_doses((DosageFact(text=text),), syrup(1.0)) == ((expected,) if expected else ())


def test_codes_and_text_complete_each_other() -> None:
    """5 mL in codes, 5 mg in words: one dose told twice."""
    fact = DosageFact(text="5 mg by mouth three times daily", dose=Amount(5.0, "mL", "mL"))
    assert liquid_doses((fact,), syrup(5.0)) == (LiquidDose(5.0, 5.0, None, 5.0),)


def test_what_is_no_liquid_of_one_drug_is_left_alone() -> None:
    fact = (DosageFact(text="Take 5 mL (5 mg) three times daily"),)
    assert liquid_doses(fact, syrup(5.0, form="tablet")) == ()
    assert liquid_doses(fact, Drug("baclofen/other", (Ingredient("baclofen"), Ingredient("diazepam")))) == ()


def test_tablets_are_not_measured_in_ml() -> None:
    said = (DosageFact(text="Take 5 mL (5 mg) three times daily"),)
    assert liquid_doses(said, syrup(5.0)) != ()
    tablet = Ingredient("baclofen", Strength(10, "mg", "each"))
    for form in ("tablet", ""):  # "baclofen 10 mg", no form told: 10 mg each is no 10 mg/mL
        assert liquid_doses(said, Drug("baclofen 10 mg", (tablet,), form=form)) == ()


def test_of_a_combination_nobody_knows_which_drug_the_milligrams_are_of() -> None:
    said = (DosageFact(text="Take 5 mL (10 mg) three times daily"),)
    held = (Ingredient("codeine", Strength(2, "mg", "mL")),)  # the other name was not recognised
    assert liquid_doses(said, Drug("codeine 10 mg/5 mL syrup", held, form="solution")) != ()
    assert liquid_doses(said, Drug("codeine / guaifenesin 10 mg/5 mL syrup", held, form="solution")) == ()
