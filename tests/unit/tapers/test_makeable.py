"""Which doses can be put together of marketed tablets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.arithmetic.makeable import makeable, smallest_part
from cds.arithmetic.rules import numbers, table
from cds.arithmetic.taper_products import Makeable
from cds.arithmetic.taper_types import LIQUID, Product

# Entered a second time, from the sources: mg of tablets and capsules, and how they may be divided.
STRENGTHS = """
baclofen     halved 5 10 15 20
diazepam     halved 2 5 10
clonazepam   halved 0.5 1 2       whole 0.125 0.25
lorazepam    halved 0.5 1 2
alprazolam   halved 0.25 0.5 1 2
temazepam    quartered 10         halved 20          whole 7.5 15 22.5 30
"""


def _entered() -> dict[str, dict[str, list[float]]]:
    found: dict[str, dict[str, list[float]]] = {}
    for line in STRENGTHS.split("\n"):
        how = ""
        name, *words = line.split() or [""]
        for word in words:
            if word.isalpha():
                how = word
            else:
                found.setdefault(name, {}).setdefault(how, []).append(float(word))
    return found


def test_the_strengths_are_those_of_the_sources() -> None:
    assert table("tablets")["tablets"] == _entered()


@pytest.mark.parametrize(
    ("drug", "mg", "can"),
    [
        ("baclofen", 7.5, True),
        ("baclofen", 7.0, False),
        ("baclofen", 2.5, True),
        ("baclofen", 1.0, False),
        ("diazepam", 1.0, True),
        ("diazepam", 0.5, False),
        ("diazepam", 1.5, False),
        ("diazepam", 2.5, True),
        ("diazepam", 3.5, True),
        ("clonazepam", 0.375, True),
        ("clonazepam", 0.3, False),
        ("lorazepam", 0.75, True),
        ("lorazepam", 0.6, False),
        ("temazepam", 2.5, True),
        ("temazepam", 3.0, False),
        ("baclofen", 0.0, True),
    ],
)
def test_a_dose_is_makeable_when_pieces_of_tablets_add_up_to_it(drug: str, mg: float, can: bool) -> None:
    assert makeable(drug, mg) is can


def test_a_drug_whose_strengths_were_not_looked_up_is_not_judged() -> None:
    assert makeable("oxazepam", 10.0) is None
    assert smallest_part("oxazepam") is None
    assert makeable("baclofen", 100_000.0) is None


@given(st.lists(st.sampled_from([2.5, 5.0, 7.5, 10.0, 15.0, 20.0]), max_size=8))
def test_every_handful_of_pieces_is_makeable(pieces: list[float]) -> None:
    assert makeable("baclofen", sum(pieces))


def test_the_smallest_piece() -> None:
    drugs = {"baclofen": 2.5, "diazepam": 1, "clonazepam": 0.125, "lorazepam": 0.25, "temazepam": 2.5}
    assert {drug: smallest_part(drug) for drug in drugs} == drugs


def test_what_tablets_leave_over_is_measured_even_if_it_takes_one_piece_less() -> None:
    """2.8 mg: after 2.5 mg of tablets 0.3 mg are left, which steps of 0.4 mg do not make; after 2 mg they do."""
    step = numbers("taper")["liquid_step"]
    made = Makeable((Product(5), Product(2), Product(0.4 / step, LIQUID)), most=10)
    (take,) = made.takes(2.8, 1)
    assert take.mg == pytest.approx(2.8)
    assert {(amount.product.mg, amount.count) for amount in take.amounts} == {(2, 1), (0.4 / step, 2 * step)}
