"""Two replays held against each other: who gets a different card, by check, with examples."""

from __future__ import annotations

import csv
import random
import shutil
from pathlib import Path

import msgspec
import orjson
import pytest
from click.testing import CliRunner, Result

from cds.knowledge.load import load_knowledge
from hooks.cli import cli
from hooks.population.diff import CHANGES, Difference, compare
from hooks.population.diff_report import page
from hooks.population.edited import FILE, Edit, between, said
from hooks.population.edited_report import NO_EFFECT
from hooks.population.gather import CannotReplayError
from hooks.population.run import Wanted, replay
from hooks.population.which import Which
from tests.population.test_known import story
from tests.population.test_replay import rows
from tests.support.stories import KIDNEY, Story, write

KNOWLEDGE = Path(__file__).resolve().parents[2] / "cds" / "knowledge"
KEY = b"0123456789abcdef"


def diff(*words: object) -> Result:
    return CliRunner().invoke(cli, ["replay", "diff", *map(str, words)])


def replayed(folder: Path, name: str, egfr: int, **more: bool) -> Path:
    """The replay of one patient who gets baclofen with this eGFR; the export is as long whatever it is."""
    at = story()
    at.egfr(-10, egfr)
    at.order("baclofen", 0)
    source = folder / f"{name}-export"
    source.mkdir()
    (source / "a.ndjson").write_bytes(b"\n".join(map(orjson.dumps, at.resources)))
    replay(Wanted((source,), folder / name, key=KEY, **more))
    return folder / name


def changes(found: Difference) -> dict[str, str]:
    """What became of each check."""
    return {one.check: next(name for name in CHANGES if one.changes[name]) for one in found.by_check}


def test_nothing_changed(tmp_path: Path) -> None:
    """The same twice: nobody gets a different card, and the exit code says so."""
    a, b = (replayed(tmp_path, name, 24) for name in "ab")
    found = compare(a, b)
    assert (found.moments, found.different, found.by_check, found.examples) == (1, 0, [], [])
    assert diff(a, b).exit_code == 0


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [(95, 24, "gained"), (24, 95, "lost"), (40, 24, "stronger"), (24, 40, "weaker"), (24, 23, "text")],
)
def test_what_became_of_a_check(tmp_path: Path, before: int, after: int, change: str) -> None:
    """Gained, lost, stronger, weaker, or only another number in the text."""
    a, b = replayed(tmp_path, "a", before), replayed(tmp_path, "b", after)
    found = compare(a, b, tmp_path / "changes.csv")
    assert changes(found)[KIDNEY] == change
    assert (found.moments, found.different, found.patients) == (1, 1, 1)
    with (tmp_path / "changes.csv").open(encoding="utf-8", newline="") as file:
        told = {(row["check"], row["change"]) for row in csv.DictReader(file)}
    assert told == set(changes(found).items())
    example = next(one for one in found.examples if one.check == KIDNEY)
    assert (example.change, example.ordered) == (change, "baclofen")
    assert bool(example.before) is (change != "gained")
    assert bool(example.after) is (change != "lost")
    result = diff(a, b, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert KIDNEY in result.output
    assert KIDNEY in (tmp_path / "out" / "diff.html").read_text(encoding="utf-8")


def test_an_order_in_place_of_another_is_changed_not_stopped(tmp_path: Path) -> None:
    """Stopped and written anew at one moment: who reads "stopped" would wonder about a dose."""
    for name, egfr in (("a", 24), ("b", 23)):
        at = story()
        at.egfr(-10, egfr)
        at.order("baclofen", -5, ended=20)
        at.order("baclofen", 20, times=4, ended=40)
        source = tmp_path / f"{name}-export"
        source.mkdir()
        (source / "a.ndjson").write_bytes(b"\n".join(map(orjson.dumps, at.resources)))
        replay(Wanted((source,), tmp_path / name, key=KEY))
    compare(tmp_path / "a", tmp_path / "b", tmp_path / "changes.csv")
    with (tmp_path / "changes.csv").open(encoding="utf-8", newline="") as file:
        ordered = {row["ordered"] for row in csv.DictReader(file)}
    assert ordered == {"baclofen", "baclofen (changed)"}
    stops = [row["actions"] for row in rows(tmp_path / "a", "calls")]
    assert stops == ["written", "stop written", "stop"]


def test_what_cannot_be_compared_is_told(tmp_path: Path) -> None:
    """Another key, other files, or no replay at all."""
    a = replayed(tmp_path, "a", 24)
    with pytest.raises(CannotReplayError, match="key"):
        compare(a, replayed(tmp_path, "named", 24, identified=True))
    with pytest.raises(CannotReplayError, match="same files"):
        compare(a, replayed(tmp_path, "longer", 124))
    assert diff(a, tmp_path).exit_code == 2
    assert "--source" in diff("us", "eu").output
    assert "two of one kind" in diff(a, "eu", "--source", tmp_path, "--out", tmp_path / "x").output


def test_two_profiles_in_one_go(tmp_path: Path) -> None:
    """Both are replayed with one key, and every change is one of a card that differs."""
    write(tmp_path / "export", 14, 1)
    result = diff("us", "eu", "--source", tmp_path / "export", "--out", tmp_path / "out", "--processes", 1)
    assert result.exit_code == 1, result.output
    found = compare(tmp_path / "out" / "A", tmp_path / "out" / "B")
    assert (found.moments, found.only_a, found.only_b) == (14, 0, 0)
    assert found.different > 0
    assert "<script" not in page(found)


def with_other_limit(folder: Path) -> Path:
    """A copy of the knowledge in which baclofen is to be reduced below an eGFR of 50, not 60."""
    shutil.copytree(KNOWLEDGE, folder, ignore=shutil.ignore_patterns("__pycache__", ".seal", "*.py"))
    path = folder / "checks" / "baclofen-renal-dose.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count("value = 60\n") == 1
    path.write_text(text.replace("value = 60\n", "value = 50\n"), encoding="utf-8")
    return folder


def test_two_versions_of_the_knowledge(tmp_path: Path) -> None:
    """A pharmacist moves one limit in a copy: whoever crosses it gets a different card, nobody else."""
    source = tmp_path / "export.ndjson"
    resources = []
    for egfr in (49, 50, 59, 60):
        at = Story(f"egfr{egfr}", random.Random(7))
        at.egfr(-10, egfr)
        at.order("baclofen", 0)
        resources += at.resources
    source.write_bytes(b"\n".join(map(orjson.dumps, resources)))
    out, changed = tmp_path / "out", with_other_limit(tmp_path / "changed")
    result = diff(KNOWLEDGE, changed, "--source", source, "--out", out, "--processes", 1)
    assert result.exit_code == 1, result.output
    with (out / "changes.csv").open(encoding="utf-8", newline="") as file:
        told = [(row["check"], row["change"], row["kidney"]) for row in csv.DictReader(file)]
    assert [one for one in told if one[0] == KIDNEY] == [(KIDNEY, "lost", "eGFR 45–59")] * 2
    found = compare(out / "A", out / "B")
    assert found.different == 2
    assert found.a != found.b
    assert found.edits == [Edit(KIDNEY, "number reduced", "60 mL/min/1.73 m2", "50 mL/min/1.73 m2")]
    assert "number reduced: 60 mL/min/1.73 m2 → 50 mL/min/1.73 m2; 2 moments" in " ".join(result.output.split())
    told = (out / "diff.html").read_text(encoding="utf-8")
    assert "<td>number reduced</td><td>60 mL/min/1.73 m2</td><td>50 mL/min/1.73 m2</td><td>2 moments</td>" in told


def edited(path: Path, *pairs: tuple[str, str]) -> None:
    """Somebody writes something else into a file, where it stands first."""
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def test_each_change_of_the_knowledge_is_told(tmp_path: Path) -> None:
    """A level, a headline, an advice, a table of the arithmetic: also where nobody here gets another card."""
    at = story()
    at.egfr(-10, 95)
    at.order("baclofen", 0)
    source, out, folder = tmp_path / "export.ndjson", tmp_path / "out", with_other_limit(tmp_path / "changed")
    source.write_bytes(b"\n".join(map(orjson.dumps, at.resources)))
    edited(folder / "checks" / "beers-benzo-elderly.toml", ('base = "warning"', 'base = "info"'))
    edited(
        folder / "checks" / "benzo-duration.toml",
        ("days in all with", "days together with"),
        ('why = "European', 'why = "As European'),
    )
    edited(folder / "arithmetic" / "kidney.toml", ("value = 12\n", "value = 6\n"))
    result = diff(KNOWLEDGE, folder, "--source", source, "--out", out, "--processes", 1)
    assert result.exit_code == 0, result.output
    assert [(one.part, one.what, one.after) for one in compare(out / "A", out / "B").edits or ()] == [
        (KIDNEY, "number reduced", "50 mL/min/1.73 m2"),
        ("beers-benzo-elderly", "level", "info"),
        (
            "benzo-duration",
            'headline of wording "default"',
            "{one}: {days} days together with this order, above {limit} days; dependence begins within weeks",
        ),
        ("benzo-duration", 'rest of wording "default"', "changed"),
        ("arithmetic: kidney", "current_months", "6 months"),
    ]
    told = " ".join(result.output.split())
    assert told.count(NO_EFFECT) == (out / "diff.html").read_text(encoding="utf-8").count(f"<td>{NO_EFFECT}</td>") == 5
    assert "level: warning → info" in told
    assert 'rest of wording "default": changed' in told


def test_replays_that_did_not_keep_what_their_knowledge_says(tmp_path: Path) -> None:
    """Those of an earlier version: that is said, instead of that nothing changed."""
    a, b = (replayed(tmp_path, name, 24) for name in "ab")
    assert "changed in the knowledge: Nothing" in diff(a, b).output
    (a / FILE).unlink()
    assert compare(a, b).edits is None
    assert "Only the versions are known" in " ".join(diff(a, b).output.split())
    assert "Only the versions are known" in page(compare(a, b))


def shown_by(wording: str, level: str) -> dict[str, dict[str, str]]:
    return {"x": {"number most": wording, "level": level}}


def test_what_there_is_only_in_one_set_is_told() -> None:
    """A check, or a number of it, that is new or gone; a text that is too long to be shown."""
    one, other = shown_by("3 d", "info"), {"x": {"level": "info", "asks": "sha256:1"}, "new": {"level": "critical"}}
    assert between(one, other) == [
        Edit("x", "number most", "3 d", "–"),
        Edit("x", "asks", "–", "there"),
        Edit("new", "all of it", "–", "there"),
    ]


def test_another_condition_beside_those_that_must_all_hold_is_a_change() -> None:
    known = load_knowledge()
    check = known.checks["benzo-abrupt-stop"]
    *others, last = check.levels.raised
    assert last.all
    levels = msgspec.structs.replace(check.levels, raised=(*others, msgspec.structs.replace(last, any=("cpap",))))
    checks = {**known.checks, check.id: msgspec.structs.replace(check, levels=levels)}
    (edit,) = between(said(known), said(msgspec.structs.replace(known, checks=checks)))
    assert (edit.part, edit.what) == (check.id, "level raised")
    assert edit.before.endswith("and any of seizure-disorder, alcohol-use, withdrawal-before, seizure-threshold-drug")
    assert edit.after.endswith("and any of cpap")


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (24, 24, "Whatever A shows as critical, B shows as critical, too, and no warning is lost."),
        (40, 95, "Whatever A shows as critical, B shows as critical, too, but"),
        (24, 95, "At 1 moment B hides what A shows as critical, or shows it as less:"),
    ],
)
def test_the_verdict_goes_on_with_what_is_lost(tmp_path: Path, before: int, after: int, verdict: str) -> None:
    """At the terminal and on the page: critical findings first, then how many warnings are lost, and whose."""
    a, b = replayed(tmp_path, "a", before), replayed(tmp_path, "b", after)
    said, told = " ".join(diff(a, b).output.split()), page(compare(a, b))
    assert verdict in said
    assert verdict in told
    if before == 40:
        assert "warning of 1 patient is lost" in said
        assert "warning of 1 patient is lost" in told


def test_an_example_tells_what_changed_together(tmp_path: Path) -> None:
    """The other checks of the same moment: a finding that is gained often explains one that is lost."""
    a, b = replayed(tmp_path, "a", 95), replayed(tmp_path, "b", 24)
    found = compare(a, b)
    became = set(changes(found).items())
    assert len(became) > 1
    for example in found.examples:
        assert set(example.also) == became - {(example.check, example.change)}
    check, change = found.examples[0].also[0]
    assert f"with it {found.titles[check]}: {change}" in page(found)


def test_an_example_shows_both_headlines_where_patients_are_named(tmp_path: Path) -> None:
    """Otherwise no text of a card is kept, and it only says that the headline is other."""
    named = [replayed(tmp_path, f"named{egfr}", egfr, identified=True) for egfr in (24, 23)]
    example = next(one for one in compare(*named).examples if one.check == KIDNEY)
    assert ("24" in example.before, "23" in example.after) == (True, True)
    hashed = [replayed(tmp_path, f"hashed{egfr}", egfr) for egfr in (24, 23)]
    example = next(one for one in compare(*hashed).examples if one.check == KIDNEY)
    assert example.after == f"{example.before}, other headline"


def test_the_arithmetic_is_that_of_the_folder(tmp_path: Path) -> None:
    """Its tables, too: with creatinine and eGFR current for a month only, a value of three months ago is too old."""
    folder = with_other_limit(tmp_path / "changed")
    path = folder / "arithmetic" / "kidney.toml"
    text = path.read_text(encoding="utf-8")
    months = text.index("value", text.index("[numbers.current_months]"))
    end = text.index("\n", months)
    path.write_text(f"{text[:months]}value = 1{text[end:]}", encoding="utf-8")
    at = story()
    at.egfr(-90, 24)
    at.order("baclofen", 0)
    source = tmp_path / "a.ndjson"
    source.write_bytes(b"\n".join(map(orjson.dumps, at.resources)))
    bands = []
    for name, knowledge in (("with-shipped", ""), ("with-changed", str(folder))):
        replay(Wanted((source,), tmp_path / name, key=KEY, which=Which(folder=knowledge)))
        bands.append(rows(tmp_path / name, "calls")[0]["kidney"])
    assert bands == ["eGFR 15–29", "not known"]
