"""What a schedule lowers: every step down is found once, in order, and nothing else."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.checks.falls import Fall, Stage

DOSES = st.sampled_from([0.5, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0])
STAGES = st.lists(st.builds(Stage, DOSES, st.sampled_from([1.0, 7.0, 14.0])), min_size=1, max_size=8)


def _fall(before: float, stages: list[Stage]) -> Fall:
    return Fall("baclofen", (), (), before, tuple(stages), (), None, None, True)


@given(DOSES, STAGES)
def test_every_drop_goes_down_and_they_come_in_order(before: float, stages: list[Stage]) -> None:
    drops = _fall(before, stages).drops(50)
    assert all(drop.size > 0 and 0 < drop.percent <= 100 for drop in drops)
    assert [drop.at for drop in drops] == sorted(drop.at for drop in drops)


@given(DOSES, STAGES)
def test_drops_and_rises_lead_from_the_present_dose_to_the_end(before: float, stages: list[Stage]) -> None:
    fall = _fall(before, stages)
    doses = [before, *(stage.dose for stage in stages), *([0.0] if fall.ends(50) else [])]
    rises = sum(max(0.0, after - now) for now, after in pairwise(doses))
    assert sum(drop.size for drop in fall.drops(50)) == pytest.approx(before + rises - doses[-1])


def test_a_schedule_with_an_open_end_does_not_end_in_nothing() -> None:
    assert not _fall(40, [Stage(20, 7), Stage(10, None)]).ends(50)
    assert _fall(40, [Stage(20, 7), Stage(10, 7)]).ends(50)


def test_a_schedule_that_ends_above_half_is_a_part_of_a_longer_one() -> None:
    assert not _fall(40, [Stage(35, 7), Stage(30, 7)]).ends(50)


def test_one_lower_dose_is_no_schedule() -> None:
    assert not _fall(40, [Stage(10, 7)]).planned
