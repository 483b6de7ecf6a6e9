"""The invented population: its answers are right, it is the same everywhere, every oddity does what is said."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hooks.cli import cli
from hooks.population.invented.noise import EFFECTS
from hooks.population.invented.write import Population, one, write

PATIENTS, SEED = 260, 11


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(each) for each in arguments])


def rows(out: Path, name: str) -> list[dict[str, str]]:
    with (out / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines(folder: Path) -> list[bytes]:
    """All lines of all files, sorted."""
    found: list[bytes] = []
    for path in folder.glob("*.ndjson*"):
        content = path.read_bytes()
        found += (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines()
    return sorted(found)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("invented") / "export"
    write(path, Population(PATIENTS, SEED, ours=0.9, noise=0.9, files=2, packed=True))
    return path


@pytest.fixture(scope="module")
def replayed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("replayed") / "out"
    result = run("replay", folder, "--out", out, "--identified", "--processes", 1)
    assert result.exit_code == 1, result.output  # some lines are broken on purpose
    return out


@pytest.fixture(scope="module")
def answers(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "answers.txt").read_bytes().splitlines()]


def test_there_is_a_moment_for_every_answer_and_no_other(answers: list[dict[str, Any]], replayed: Path) -> None:
    """Orders in error, undated ones, plans and stops without a day make none; neither do patients without our drugs."""
    told = Counter((each["patient"], each["at"], " ".join(sorted(each["actions"]))) for each in answers)
    met = Counter(
        (row["patient"], row["moment"][:16], " ".join(sorted(row["actions"].split())))
        for row in rows(replayed, "calls")
    )
    assert met == told
    assert max(told.values()) == 1


def test_what_must_be_found_is_shown_and_what_must_not_is_not(answers: list[dict[str, Any]], replayed: Path) -> None:
    """Of each order each check, where anything is promised; among them each check at least once either way."""
    shown: dict[tuple[str, str], set[str]] = defaultdict(set)
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows(replayed, "findings"):
        at = (row["patient"], row["moment"][:16])
        if row["indicator"] != "silent":
            found[at].add(row["check"])
        if row["shown"] == "true":
            shown[at].add(row["check"])
    wrong = [
        (each["patient"], each["at"], each["story"], each["noise"], missing, needless)
        for each in answers
        if (missing := set(each["must"]) - shown[each["patient"], each["at"]])
        | (needless := set(each["never"]) & found[each["patient"], each["at"]])
    ]
    assert not wrong
    must = {check for each in answers for check in each["must"]}
    never = {check for each in answers for check in each["never"]}
    assert must == never
    assert len(must) >= 19


def test_every_oddity_occurs_and_costs_what_is_said(folder: Path, replayed: Path) -> None:
    """Broken lines and nobody's are rejected, other types passed over, stops without a day counted."""
    about = json.loads((folder / "about.txt").read_bytes())
    summary = json.loads((replayed / "summary.json").read_bytes())
    assert {kind for kind, told in about["noise"].items() if told["records"]} == set(EFFECTS)
    assert summary["read"]["rejected"] == about["totals"]["rejected"] > 0
    assert summary["left"].get("stops without a date", 0) == about["totals"]["stops without a day"] > 0
    assert summary["read"]["patients"] == about["totals"]["patients"] == PATIENTS
    assert summary["passed"] == {"Immunization": about["lines"]["Immunization"]}
    assert summary["failed"] == 0
    assert "says nothing about any real population" in about["what"].replace("frequencies say", "says")


def test_a_patient_depends_on_the_seed_and_the_number_alone() -> None:
    """Ten patients are the first ten of a thousand, in whatever files."""
    few, many = Population(10, 3), Population(1000, 3, files=4)
    for number in range(10):
        (life, record, answer), (life2, record2, answer2) = one(number, few), one(number, many)
        assert (life.id, record.resources, answer) == (life2.id, record2.resources, answer2)


def test_files_hold_the_same_lines_however_many_and_however_packed(tmp_path: Path) -> None:
    """Three packed files per type hold the lines of one plain file, and patients stand in no order."""
    write(tmp_path / "one", Population(40, 5))
    write(tmp_path / "three", Population(40, 5, files=3, packed=True))
    assert lines(tmp_path / "one") == lines(tmp_path / "three")
    ids = [json.loads(line)["id"] for line in (tmp_path / "one" / "Patient.ndjson").read_bytes().splitlines()]
    assert ids != sorted(ids)


# A change of the generator changes this, on purpose; another Python or another process does not.
LINES = "7fb34ea5d52a19c4e100c6b91cd731fd8c8b152053986b996aeac8d6f68067c3"


def test_the_same_seed_gives_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    """In processes that hash differently, and on every Python: the lines are those of the day it was made."""
    for salt in ("1", "2"):
        command = ["-m", "hooks.cli", "fixtures", "population", "--patients", "60", "--seed", "9", "--out"]
        environment = {**os.environ, "PYTHONHASHSEED": salt}
        subprocess.run(
            [sys.executable, *command, str(tmp_path / salt)], check=True, capture_output=True, env=environment
        )
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / salt).iterdir()} for salt in ("1", "2"))
    assert one == two
    assert hashlib.sha256(b"\n".join(lines(tmp_path / "1"))).hexdigest() == LINES


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """A folder that holds something is left alone."""
    (tmp_path / "mine.txt").write_text("keep")
    result = run("fixtures", "population", "--patients", 1, "--out", tmp_path)
    assert result.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
