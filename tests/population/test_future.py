"""Time travel, counted: in each case the whole record of today would give another answer than what was known then.

The same order is judged twice: as a replay does, and with all that the record says today. Only the first may be right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hooks.population import judge as judging
from hooks.population.known import Kept
from tests.population.test_known import (
    DATED,
    calls,
    corrected_result_counts_from_its_correction,
    found,
    opioid_completed_later_by_its_validity_ran_then,
    opioid_ordered_later_is_not_known,
    opioid_stopped_later_ran_then,
    result_issued_after_the_order_is_not_known_though_drawn_before,
    result_of_the_same_day_but_a_later_hour_is_not_known,
    story,
)
from tests.support.stories import KIDNEY, PAIR, Story

ALLERGY, APNEA = (
    "allergy-hypersensitivity",
    "sleep-apnea-benzo",
)


def allergy(at: Story, recorded: int) -> None:
    told = {
        "resourceType": "AllergyIntolerance",
        "id": f"a{len(at.resources)}",
        "patient": {"reference": f"Patient/{at.id}"},
        "code": {"text": "baclofen"},
        "recordedDate": at.at(recorded),
    }
    at.resources.append(told)


def statement(at: Story, text: str, start: int, end: int) -> None:
    told = {
        "resourceType": "MedicationStatement",
        "id": f"s{len(at.resources)}",
        "subject": {"reference": f"Patient/{at.id}"},
        "status": "completed",
        "medicationCodeableConcept": {"text": text},
        "effectivePeriod": {"start": at.at(start), "end": at.at(end)},
    }
    at.resources.append(told)


def allergy_found_out_later(at: Story) -> None:
    at.order("baclofen", 0)
    allergy(at, 3)


def allergy_known_before(at: Story) -> None:
    at.order("baclofen", 0)
    allergy(at, -3)


def apnoea_diagnosed_later(at: Story) -> None:
    at.order("diazepam", 0)
    at.condition("78275009", "Obstructive sleep apnea syndrome", 30)


def apnoea_resolved_later(at: Story) -> None:
    gone: dict[str, Any] = {"abatementDateTime": at.at(60), "clinicalStatus": {"coding": [{"code": "resolved"}]}}
    at.condition("78275009", "Obstructive sleep apnea syndrome", -30, **gone)
    at.order("diazepam", 0)


def opioid_statement_ended_later(at: Story) -> None:
    statement(at, "Oxycodone 5 mg tablet", -60, 20)
    at.order("diazepam", 0)


def opioid_cancelled_later_without_a_date(at: Story) -> None:
    at.order("oxycodone", -10, status="stopped", meta={"lastUpdated": at.at(10)})
    at.order("diazepam", 0)


LATER: list[tuple[Callable[[Story], None], str, bool]] = [
    (allergy_found_out_later, ALLERGY, False),
    (apnoea_diagnosed_later, APNEA, False),
    (apnoea_resolved_later, APNEA, True),
    (opioid_statement_ended_later, PAIR, True),
    (opioid_cancelled_later_without_a_date, PAIR, True),
    (result_issued_after_the_order_is_not_known_though_drawn_before, KIDNEY, False),
    (result_of_the_same_day_but_a_later_hour_is_not_known, KIDNEY, False),
    (corrected_result_counts_from_its_correction, KIDNEY, False),
    (opioid_stopped_later_ran_then, PAIR, True),
    (opioid_completed_later_by_its_validity_ran_then, PAIR, True),
    (opioid_ordered_later_is_not_known, PAIR, False),
]


def everything(record: list[Kept], then: object) -> list[tuple[Kept, dict[str, Any]]]:
    """What a careless replay would take: the record of today."""
    return [(one, one.resource) for one in record]


@pytest.mark.parametrize(("told", "check", "there"), LATER, ids=[row[0].__name__ for row in LATER])
def test_the_future_would_have_changed_the_answer(
    told: Callable[[Story], None], check: str, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right with what was known then, wrong with what the record says today."""
    at = story()
    told(at)
    assert (check in found(calls(at)[0])) is there
    monkeypatch.setattr(judging, "as_known", everything)
    assert (check in found(calls(at)[0])) is not there


def test_what_was_known_then_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not everything is the future's: where nothing came later, both ways agree."""
    at = story()
    allergy_known_before(at)
    assert ALLERGY in found(calls(at)[0])
    monkeypatch.setattr(judging, "as_known", everything)
    assert ALLERGY in found(calls(at)[0])


@pytest.mark.parametrize(("years", "there"), [(65, False), (66, True)])
def test_the_age_is_that_of_the_day(years: int, there: bool) -> None:
    """64 on the day of the order, though 65 weeks later and today: the rule for older people is not for that order."""
    at = story()
    at.resources[0]["birthDate"] = f"{at.day.year - years}-12-31"
    at.order("diazepam", 0)
    assert ("beers-benzo-elderly" in found(calls(at)[0])) is there


def test_there_are_that_many_cases() -> None:
    """The number that notes quote."""
    assert len(LATER) == 11
    assert {row[0] for row in DATED} & {row[0] for row in LATER}
