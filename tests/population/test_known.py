"""Time travel: an order is judged with what was known when it was written, whatever the record says today."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import orjson
import pytest

from cds.knowledge.load import load_knowledge
from hooks.population.judge import Call, Judge
from hooks.population.known import Moment, as_known, by, kept, moment
from tests.support.stories import KIDNEY, PAIR, STOP, Story

ALL = ("Patient", "MedicationRequest", "Observation", "Condition", "MedicationStatement", "Encounter")


@lru_cache(maxsize=1)
def judge() -> Judge:
    return Judge(load_knowledge(), ALL)


def calls(story: Story) -> list[Call]:
    return judge().patient(story.id, [orjson.dumps(one).decode() for one in story.resources]).calls


def found(call: Call) -> set[str]:
    assert call.report is not None
    return {finding.check for finding in call.report.findings if finding.shown}


def story() -> Story:
    return Story("p1", random.Random(7))


def known_of(at: Story, then: Moment) -> list[dict[str, Any]]:
    """The record as it was known then."""
    return [seen for _, seen in as_known(map(kept, at.resources), then)]


def later_creatinine_is_not_known(at: Story) -> None:
    at.egfr(-10, 95)
    at.order("baclofen", 0)
    at.egfr(2, 18)


def earlier_creatinine_counts_though_better_later(at: Story) -> None:
    at.egfr(-10, 18)
    at.order("baclofen", 0)
    at.egfr(2, 95)


def result_issued_after_the_order_is_not_known_though_drawn_before(at: Story) -> None:
    at.egfr(-30, 95)
    at.egfr(-1, 18, issued=at.at(1))
    at.order("baclofen", 0)


def result_of_the_same_day_but_a_later_hour_is_not_known(at: Story) -> None:
    at.egfr(-30, 95)
    at.egfr(0, 18, effectiveDateTime=at.at(0, 8), issued=at.at(0, 11))
    at.order("baclofen", 0)


def result_of_an_earlier_hour_is_known_in_whatever_zone(at: Story) -> None:
    at.egfr(-30, 95)
    at.egfr(0, 18, issued=at.at(0, 10).replace("Z", "+02:00"))  # 08:00 UTC
    at.order("baclofen", 0)


def corrected_result_counts_from_its_correction(at: Story) -> None:
    at.egfr(-30, 95)
    at.egfr(-3, 18, status="corrected", issued=at.at(4))
    at.order("baclofen", 0)


def opioid_stopped_later_ran_then(at: Story) -> None:
    at.order("oxycodone", -20, ended=15)
    at.order("diazepam", 0)


def opioid_completed_later_by_its_validity_ran_then(at: Story) -> None:
    validity = {"validityPeriod": {"start": at.at(-20), "end": at.at(20)}}
    at.order("oxycodone", -20, status="completed", dispenseRequest=validity)
    at.order("diazepam", 0)


def opioid_stopped_before_did_not_run(at: Story) -> None:
    at.order("oxycodone", -300, ended=-250)
    at.order("diazepam", 0)


def opioid_ordered_later_is_not_known(at: Story) -> None:
    at.order("diazepam", 0)
    at.order("oxycodone", 1)


def opioid_of_the_same_moment_is_in_the_basket(at: Story) -> None:
    at.order("diazepam", 0)
    at.order("oxycodone", 0)


def stop_is_judged_on_the_day_of_the_stop(at: Story) -> None:
    at.order("baclofen", -365, times=6, ended=0)


def order_is_no_stop_though_it_was_stopped_later(at: Story) -> None:
    at.order("baclofen", 0, times=6, ended=300)


def undated_order_is_left_out(at: Story) -> None:
    at.order("oxycodone", -20, authoredOn=None)
    at.order("diazepam", 0)


DATED: list[tuple[Callable[[Story], None], str, bool, int]] = [
    (later_creatinine_is_not_known, KIDNEY, False, 0),
    (earlier_creatinine_counts_though_better_later, KIDNEY, True, 0),
    (result_issued_after_the_order_is_not_known_though_drawn_before, KIDNEY, False, 0),
    (result_of_the_same_day_but_a_later_hour_is_not_known, KIDNEY, False, 0),
    (result_of_an_earlier_hour_is_known_in_whatever_zone, KIDNEY, True, 0),
    (corrected_result_counts_from_its_correction, KIDNEY, False, 0),
    (opioid_stopped_later_ran_then, PAIR, True, 0),
    (opioid_completed_later_by_its_validity_ran_then, PAIR, True, 0),
    (opioid_stopped_before_did_not_run, PAIR, False, 0),
    (opioid_ordered_later_is_not_known, PAIR, False, 0),
    (opioid_of_the_same_moment_is_in_the_basket, PAIR, True, 0),
    (stop_is_judged_on_the_day_of_the_stop, STOP, True, 1),
    (order_is_no_stop_though_it_was_stopped_later, STOP, False, 0),
    (undated_order_is_left_out, PAIR, False, 0),
]


@pytest.mark.parametrize(("told", "check", "there", "which"), DATED, ids=[row[0].__name__ for row in DATED])
def test_only_what_was_known_then_counts(told: Callable[[Story], None], check: str, there: bool, which: int) -> None:
    """The finding is there exactly when what was known at that moment asks for it."""
    at = story()
    told(at)
    assert (check in found(calls(at)[which])) is there


def test_a_problem_recorded_later_is_left_out_and_one_resolved_later_was_active() -> None:
    """Problems count from when they were recorded until they ended."""
    at = story()
    at.condition("90708001", "Kidney disease", 10)
    at.condition("38341003", "Hypertension", -10, abatementDateTime=at.at(5), clinicalStatus={"text": "resolved"})
    then = moment(at.at(0))
    assert then is not None
    (problem,) = [one for one in known_of(at, then) if one["resourceType"] == "Condition"]
    assert problem["clinicalStatus"]["coding"][0]["code"] == "active"
    assert "abatementDateTime" not in problem


def test_what_has_to_read_otherwise_is_copied() -> None:
    """The record itself stays as it was: the next moment reads it again."""
    at = story()
    at.order("oxycodone", -20, ended=15)
    before = orjson.dumps(at.resources)
    then = moment(at.at(0))
    assert then is not None
    assert known_of(at, then)[1]["status"] == "active"
    assert orjson.dumps(at.resources) == before


def test_a_patient_who_died_later_was_alive() -> None:
    """A later death is undone, so that the order is judged at all."""
    at = story()
    at.resources[0]["deceasedDateTime"] = at.at(50)
    then = moment(at.at(0))
    assert then is not None
    assert "deceasedDateTime" not in known_of(at, then)[0]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024", "2024-12-31"),
        ("2024-02", "2024-02-29"),
        ("2024-02-03", "2024-02-03"),
        ("2024-02-03T23:30:00-08:00", "2024-02-03"),
    ],
)
def test_an_imprecise_date_is_taken_at_its_end(text: str, day: str) -> None:
    """Only then is it sure that it was known."""
    when = moment(text)
    assert when is not None
    assert when.day.isoformat() == day


@pytest.mark.parametrize("text", [None, 7, "", "yesterday", "2024-13-01", {"a": 1}])
def test_what_is_no_date_is_none(text: object) -> None:
    """Nothing is guessed."""
    assert moment(text) is None


def test_where_one_has_no_time_of_day_days_are_compared() -> None:
    """A result of the same day is known to an order that names only its day."""
    day, hour = moment("2024-02-03"), moment("2024-02-03T23:00:00Z")
    assert day is not None
    assert hour is not None
    assert by(hour, day)
    assert by(day, hour)
    assert isinstance(day, Moment)


@pytest.mark.parametrize("name", ["status", "intent", "extension", "authoredOn", "meta", "dispenseRequest", "category"])
@pytest.mark.parametrize("value", [7, [], ["stopped"], {"a": 1}, "", True, [None]])
def test_an_odd_element_costs_no_patient(name: str, value: object) -> None:
    """Whatever stands in an element of one order, the other order of the patient is judged."""
    at = story()
    at.order("oxycodone", -20, **{name: value})
    at.order("baclofen", -10, **{name: value})
    at.order("diazepam", 0)
    judged = calls(at)
    assert judged[-1].at == at.at(0)
    assert all(call.report is not None for call in judged)


@pytest.mark.parametrize(
    "code", ["2823-3", "718-7"], ids=["potassium-which-checks-read", "haemoglobin-which-none-reads"]
)
def test_years_of_other_results_hide_none_of_ours(code: str) -> None:
    """Readers stop at 2000 resources; thousands of other values do not push the kidney function out."""
    at = story()
    for number in range(2500):
        at.egfr(-number, 4.1, code={"coding": [{"system": "http://loinc.org", "code": code}]})
    at.egfr(-10, 18)
    at.order("baclofen", 0)
    assert KIDNEY in found(calls(at)[0])


def test_a_stop_of_the_day_on_which_it_was_written_is_no_second_moment() -> None:
    """Dates with and without a time of day are compared by day."""
    at = story()
    at.order("baclofen", 0, status="stopped", statusChanged=at.at(0)[:10])
    assert [call.actions for call in calls(at)] == [("written",)]
