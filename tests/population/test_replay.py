"""A replay from files to tables, summary and report."""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hooks.cli import cli
from tests.support.stories import population, write

TABLES = ("calls", "cards", "findings", "not_checked")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(each) for each in arguments])


def replay(source: Path, out: Path, *more: object, processes: int = 1, exit_code: int = 0) -> Path:
    result = run("replay", source, "--out", out, "--processes", processes, *more)
    assert result.exit_code == exit_code, result.output
    return out


def tables(out: Path) -> dict[str, bytes]:
    return {name: (out / f"{name}.csv").read_bytes() for name in TABLES}


def rows(out: Path, name: str) -> list[dict[str, str]]:
    with (out / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def summary(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "summary.json").read_bytes())
    return found


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    write(folder, 200, 1)
    return folder


@pytest.fixture(scope="module")
def replayed(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return replay(export, tmp_path_factory.mktemp("out") / "one", "--identified")


def test_every_order_gets_the_answer_it_must_get(replayed: Path) -> None:
    """Of 200 invented patients: what each order must find is found, and what it must not is not."""
    shown = {
        (row["patient"], row["moment"][:16], row["check"])
        for row in rows(replayed, "findings")
        if row["shown"] == "true"
    }
    moments = {(row["patient"], row["moment"][:16]) for row in rows(replayed, "calls")}
    _, expected = population(200, 1)
    assert len(expected) == len(moments) == 200
    for one in expected:
        at = (one.patient, one.at[:16])
        assert at in moments
        assert all((*at, check) in shown for check in one.must), one
        assert not any((*at, check) in shown for check in one.never), one


def test_two_processes_give_the_same_rows_as_one(export: Path, replayed: Path, tmp_path: Path) -> None:
    """Rows do not depend on how many processes judged."""
    assert tables(replay(export, tmp_path / "two", "--identified", processes=2)) == tables(replayed)


def test_the_order_of_files_and_lines_makes_no_difference(export: Path, replayed: Path, tmp_path: Path) -> None:
    """One file per type, or several mixed ones with shuffled lines, plain or gzip: the same rows."""
    lines = [line for path in sorted(export.glob("*.ndjson")) for line in path.read_bytes().splitlines()]
    random.Random(3).shuffle(lines)
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    half = len(lines) // 2
    (mixed / "b.ndjson").write_bytes(b"\r\n".join(lines[:half]))
    (mixed / "a.ndjson.gz").write_bytes(gzip.compress(b"\n\n".join(lines[half:]) + b"\n"))
    assert tables(replay(mixed, tmp_path / "out", "--identified")) == tables(replayed)


def test_of_two_versions_of_a_resource_the_later_counts(tmp_path: Path) -> None:
    """A resource that was exported twice is one resource, whichever line comes first."""
    results = []
    for turn in (1, -1):
        resources, _ = population(1, 5)
        order = next(one for one in resources if one["resourceType"] == "MedicationRequest")
        newer = {**order, "status": "entered-in-error", "meta": {"lastUpdated": "2030-01-01T00:00:00Z"}}
        source = tmp_path / f"s{turn}.ndjson"
        source.write_text("\n".join(json.dumps(one) for one in [*resources, newer][::turn]), encoding="utf-8")
        results.append(summary(replay(source, tmp_path / f"o{turn}"))["orders"])
    assert results == [0, 0]


def test_a_broken_line_costs_itself(export: Path, replayed: Path, tmp_path: Path) -> None:
    """Each broken line is named by file and number; everything else gives the same rows."""
    folder = tmp_path / "broken"
    folder.mkdir()
    for path in export.glob("*.ndjson"):
        (folder / path.name).write_bytes(path.read_bytes())
    whole = (folder / "Observation.ndjson").read_bytes()
    nobodys = b'{"resourceType":"Observation","id":"x"}'
    broken = [b'{"resourceType": "Observation", "id"', b"\xff\xfe{}", b"[1]", nobodys, b'{"id":"y"}']
    (folder / "Observation.ndjson").write_bytes(b"\n".join(broken) + b"\n" + whole)
    (folder / "cut.ndjson.gz").write_bytes(gzip.compress(whole)[:-20])
    out = replay(folder, tmp_path / "out", "--identified", exit_code=1)
    rejected = [json.loads(line) for line in (out / "rejected.ndjson").read_bytes().splitlines()]
    assert [(one["file"], one["line"]) for one in rejected][:5] == [("Observation.ndjson", at) for at in range(1, 6)]
    assert rejected[5]["file"] == "cut.ndjson.gz"
    assert [one["problem"] for one in rejected[:2]] == ["is not JSON", "is not UTF-8"]
    assert summary(out)["read"]["rejected"] == 6
    assert tables(out) == tables(replayed)


def test_patients_are_hashed_unless_they_are_asked_for(export: Path, replayed: Path, tmp_path: Path) -> None:
    """Nothing in the folder tells who it is; the same key gives the same hashes, another key others."""
    (tmp_path / "key").write_bytes(b"0123456789abcdef")
    bad = tmp_path / "in"
    bad.mkdir()
    (bad / "Bad.ndjson").write_text('{"resourceType":"Patient","name":"s1-000000"\n', encoding="utf-8")
    for path in export.glob("*.ndjson"):
        (bad / path.name).write_bytes(path.read_bytes())
    one = replay(bad, tmp_path / "one", "--key-file", tmp_path / "key", exit_code=1)
    for path in one.iterdir():
        assert b"s1-0" not in path.read_bytes(), path.name
    two = replay(export, tmp_path / "two", "--key-file", tmp_path / "key")
    assert tables(one) == tables(two)
    assert all(re.fullmatch("[0-9a-f]{32}", row["patient"]) for row in rows(one, "calls"))
    other = replay(export, tmp_path / "other")
    assert {row["patient"] for row in rows(other, "calls")}.isdisjoint({row["patient"] for row in rows(one, "calls")})
    assert b"s1-0" in (replayed / "calls.csv").read_bytes()


def test_parquet_holds_the_rows_of_the_csv(replayed: Path) -> None:
    """Both are the same table."""
    duckdb = pytest.importorskip("duckdb")
    for name in TABLES:
        query = f"SELECT count(*) FROM '{replayed / name}.parquet'"
        ((count,),) = duckdb.connect().execute(query).fetchall()
        assert count == len(rows(replayed, name)) > 0


def test_the_report_has_its_numbers(replayed: Path) -> None:
    """The figures of the report are those of the rows; it loads and runs nothing."""
    page = (replayed / "report.html").read_text(encoding="utf-8")
    calls = rows(replayed, "calls")
    cards = sum(int(row["cards"]) for row in calls)
    told = summary(replayed)
    assert (told["cards"], told["orders"]) == (cards, sum(int(row["orders"]) for row in calls))
    assert f"<b>{round(100 * cards / told['orders'], 1)}</b>cards per 100 orders" in page
    shown = [row for row in rows(replayed, "findings") if row["shown"] == "true"]
    kidney = [row for row in shown if (row["check"], row["indicator"]) == ("baclofen-renal-dose", "critical")]
    named = "<small>baclofen-renal-dose</small></td>"
    assert f'{named}<td>critical</td><td class="n">{len(kidney)}</td>' in page
    assert sum(number for _, number in told["per_indicator"]) == len(shown)
    assert sum(row[3] for row in told["per_month"]) == cards
    assert len(told["situations"]) <= 10
    assert "<svg" in page
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="', page)


def test_a_snapshot_opens_every_chart(export: Path, tmp_path: Path) -> None:
    """--as-of is patient-view of everybody, with at most one card each."""
    out = replay(export, tmp_path / "out", "--as-of", "2024-09-01", "--identified")
    calls = rows(out, "calls")
    assert len(calls) == 200
    assert {row["hook"] for row in calls} == {"patient-view"}
    assert max(int(row["cards"]) for row in calls) == 1
    assert "cards per 100 patients" in (out / "report.html").read_text(encoding="utf-8")


def test_without_duckdb_a_plain_message(export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named, and the exit code is that of a wrong command."""
    monkeypatch.setitem(sys.modules, "duckdb", None)
    result = run("replay", export, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "extra `batch`" in result.output


def test_a_folder_without_export_and_a_full_output_are_told(export: Path, tmp_path: Path) -> None:
    """Nothing is overwritten, and nothing is made of nothing."""
    (tmp_path / "empty").mkdir()
    assert run("replay", tmp_path / "empty", "--out", tmp_path / "out").exit_code == 2
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep")
    result = run("replay", export, "--out", tmp_path / "full")
    assert result.exit_code == 2
    assert "not empty" in result.output


def test_the_population_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    """A seed names its population; another seed gives another."""
    for name, seed in (("a", 4), ("b", 4), ("c", 5)):
        assert run("fixtures", "population", "--patients", 7, "--seed", seed, "--out", tmp_path / name).exit_code == 0
    read = {name: {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in "abc"}
    assert read["a"] == read["b"]
    assert read["a"] != read["c"]
