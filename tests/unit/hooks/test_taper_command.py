"""``gabaguard taper``: a table for people, the JSON of POST /taper for scripts, and exit codes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from hooks.cli import cli
from hooks.explain import schema


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["taper", *arguments], env={"GABAGUARD_AS_OF": "2026-06-10"})


def words_of(result: Result) -> str:
    return " ".join(result.output.split())


def test_the_table_shows_dates_doses_tablets_rules_and_supply() -> None:
    result = run("baclofen", "60", "3", "--taken", "200")
    assert result.exit_code == 0
    said = words_of(result)
    assert said.startswith("baclofen 60 mg/day to nothing in 7 weeks")
    for part in ("2026-06-10 2026-06-16 50 16.7 %", "1×20 mg", "in all 7×20 mg + 28×15 mg", "Not reviewed by"):
        assert part in said


def test_options_reach_the_plan() -> None:
    strengths = ("--strength", "2", "--strength", "1/mL")
    more = ("--risk", "seizure-disorder", "--start", "2027-01-01", "--pause", "1:7", "--beside", "oxycodone")
    said = words_of(run("diazepam", "20", "2", "--taken", "200", *strengths, *more))
    for part in ("Pace: slowest", "2027-01-01 2027-02-04", "1 mg/mL", "Seizure disorder", "naloxone"):
        assert part in said


def test_the_switch_is_shown_with_its_sources_and_why_it_is_blocked() -> None:
    assert "diazepam 40 to 80 mg/day, by source" in words_of(run("alprazolam", "4", "4"))
    assert "Not offered: age 65 or over" in words_of(run("alprazolam", "4", "4", "--risk", "age-65-or-over"))


def test_json_is_what_the_endpoint_answers() -> None:
    result = run("baclofen", "60", "3", "diazepam", "20", "2", "--strength", "diazepam:2", "--json")
    assert result.exit_code == 0
    found = json.loads(result.output)
    Draft202012Validator(schema("taper-response")).validate(found)
    assert [plan["drug"] for plan in found["plans"]] == ["baclofen", "diazepam"]
    assert {amount["mg"] for amount in found["plans"][1]["total"]} == {2}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("oxycodone", "20", "2"), 1, "never tapered together"),
        (("baclofen", "60", "3", "--route", "intrathecal"), 1, "never tapered by a schedule"),
        (("baclofen", "0", "3"), 1, "must be above 0"),
        (("diazepam", "20", "2", "--tapered-beside", "oxycodone"), 1, "an opioid is being lowered"),
        (("baclofen", "60"), 2, "name each drug with its mg"),
        (("baclofen", "x", "3"), 2, "must be a number"),
        (("baclofen", "nan", "3"), 2, "out of range"),
        (("baclofen", "60", "3", "--strength", "big"), 2, "must be a number"),
        (("baclofen", "60", "3", "--pace", "wild"), 2, "none of the values"),
        (("baclofen", "60", "3", "diazepam", "20", "2", "--strength", "2"), 2, "begins with its drug"),
    ],
)
def test_what_cannot_be_planned_is_a_message_and_an_exit_code(
    arguments: tuple[str, ...], code: int, words: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == code
    assert words in words_of(result)
    assert "Traceback" not in result.output
