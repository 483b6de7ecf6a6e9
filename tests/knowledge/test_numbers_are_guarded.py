"""No number of the knowledge can be changed without a case failing.

Here all numbers of checks and facts and a sample of those of the arithmetic; ``tests/prove/numbers.py`` does all.
"""

from __future__ import annotations

import pytest

from tests.support.mutate import Slip, all_slips, noticed_by, step

CLINICAL = [slip for slip in all_slips() if slip.where != "arithmetic"]
ARITHMETIC = [slip for slip in all_slips() if slip.where == "arithmetic"]
SAMPLE = [pytest.param(slip, id=slip.words) for slip in (*CLINICAL, *ARITHMETIC[:: len(ARITHMETIC) // 8 + 1])]


@pytest.mark.parametrize("slip", SAMPLE)
def test_a_number_moved_by_its_last_digit_makes_a_case_fail(slip: Slip) -> None:
    assert noticed_by(slip), f"no case notices {slip.words}: write one just at that number"


@pytest.mark.parametrize(("value", "expected"), [(80, 1), (0.3, 0.1), (88.42, 0.01), (100.0, 1), (1.5, 0.1), (90, 1)])
def test_a_step_is_one_unit_of_the_last_digit(value: float, expected: float) -> None:
    assert step(value) == pytest.approx(expected)


def test_nothing_is_noticed_when_nothing_moves() -> None:
    """The judge itself: a step of zero fails no case."""
    slip = all_slips()[0]
    assert noticed_by(Slip(slip.where, slip.owner, slip.path, slip.value, 0.0)) == ""
