"""A set that its schemas allow and this code could not judge with is refused, and the fault names file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds.checks.fit import misfits
from cds.knowledge.load import KnowledgeFaults, load_knowledge
from hooks.knowledge.examine import read_whole
from tests.support.sets import edited

FACT = """[on-the-moon]
words = "on the Moon"
kind = "function"
meaning = "The patient lives on the Moon."
basis = "house"
evidence = []
asks = ["conditions"]

[dialysis]"""
# (file, old text, new text) and the one fault to be told of
MISFITS = {
    "a fact of another version": (
        ("facts.toml", "[dialysis]", FACT),
        "facts.toml: on-the-moon: this version has no function for it; install the version it was written for",
    ),
    "a computed fact turned into a list of problems": (
        (
            "facts.toml",
            'words = "on dialysis"\nkind = "function"',
            'words = "on dialysis"\nkind = "condition"\nconcepts = ["dialysis"]',
        ),
        "facts.toml: dialysis: kind: is 'condition'; this version judges it as 'function'",
    ),
    "a computed check turned into a list of problems": (
        ("checks/benzo-hepatic.toml", 'kind = "function"', 'kind = "drug-condition"'),
        "checks/benzo-hepatic.toml: kind: is 'drug-condition'; this version judges it as 'function'",
    ),
    "a dose in grams": (
        ("checks/baclofen-titration-speed.toml", 'value = 15\nunit = "mg/d"', 'value = 15\nunit = "g/d"'),
        "checks/baclofen-titration-speed.toml: numbers.step: unit: is 'g/d'; this version computes in 'mg/d'",
    ),
    "an age in months": (
        ("facts.toml", 'numbers.years = { value = 65, unit = "a"', 'numbers.years = { value = 65, unit = "months"'),
        "facts.toml: age-65-or-over.numbers.years: unit: is 'months'; this version computes in 'a'",
    ),
    "an opioid without its factor": (
        ("arithmetic/opioids.toml", "codeine = 0.15\n", ""),
        "arithmetic/opioids.toml: factors: codeine: is missing; this version asks for it",
    ),
    "one factor for all opioids": (
        ("arithmetic/opioids.toml", "[factors]\n", "factors = 1.5\n[dropped]\n"),
        "arithmetic/opioids.toml: factors: must be a table",
    ),
}


def faults_of(folder: Path) -> tuple[str, ...]:
    with pytest.raises(KnowledgeFaults) as refusal:
        read_whole(folder)
    return refusal.value.faults


@pytest.mark.parametrize("what", MISFITS)
def test_what_this_code_cannot_use_is_told_once_with_file_and_key(tmp_path: Path, what: str) -> None:
    edit, says = MISFITS[what]
    assert faults_of(edited(tmp_path / "set", edit)) == (says,)


def test_a_table_of_the_arithmetic_that_is_not_there_is_named(tmp_path: Path) -> None:
    (edited(tmp_path / "set") / "arithmetic" / "weight.toml").unlink()
    assert faults_of(tmp_path / "set") == ("arithmetic/weight.toml: the file is missing",)


def test_a_set_may_say_more_and_other_numbers(tmp_path: Path) -> None:
    folder = edited(
        tmp_path / "set",
        ("arithmetic/opioids.toml", "codeine = 0.15", "codeine = 0.25\nlevorphanol = 11"),
        ("checks/baclofen-titration-speed.toml", "value = 15", "value = 10"),
    )
    found = read_whole(folder)[0]["us"]
    assert list(misfits(found, load_knowledge("us"))) == []
    assert found.tables.files["opioids"]["factors"]["levorphanol"] == 11
