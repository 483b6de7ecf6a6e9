"""The replay on Apache Spark: the rows of DuckDB, made by several executors; plain words where Spark is missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from hooks.cli import cli
from hooks.population.invented.write import Population, write
from hooks.population.rows import TABLES
from tests.support.sets import edited

WITHOUT = [name for name in ("pyspark", "pyarrow") if find_spec(name) is None]
WITHOUT += [] if shutil.which("java") else ["Java"]
spark_is_here = pytest.mark.skipif(bool(WITHOUT), reason=f"not here: {', '.join(WITHOUT)} (make install-spark)")


def run(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: Spark leaves threads and a Java machine behind it."""
    command = [sys.executable, "-m", "hooks.cli", "replay", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **more}, check=False)


OPTIONS = (
    "spark.master=local-cluster[2,1,900]",
    "spark.executor.memory=900m",
    f"spark.sql.files.maxPartitionBytes={1 << 19}",
)
CLUSTER = ("--engine", "spark", *(part for option in OPTIONS for part in ("--spark", option)))


@spark_is_here
def test_two_executors_give_the_rows_of_duckdb(tmp_path: Path) -> None:
    """Every table, every rejected line with its number, every figure: the same bytes, however Spark parts the files.

    Gzip and plain files, an odd name, versions and doubles, broken lines, Medications of their own, patients of whom
    nothing is to be judged.
    """
    export = tmp_path / "export [a] é"
    write(export, Population(120, 31, ours=0.6, noise=0.9, files=2))
    odd = export / "Observation 1%20.ndjson"
    (export / "Observation.001.ndjson").rename(odd)
    subprocess.run(["gzip", str(export / "Patient.001.ndjson")], check=True)
    plain = run(export, "--out", tmp_path / "duckdb", "--identified", "--processes", 1)
    assert plain.returncode == 1, plain.stderr
    spark = run(export, "--out", tmp_path / "spark", "--identified", *CLUSTER)
    assert spark.returncode == 1, spark.stderr[-2000:]
    for name in (*(f"{table}.csv" for table in TABLES), "rejected.ndjson", "summary.json"):
        assert (tmp_path / "spark" / name).read_bytes() == (tmp_path / "duckdb" / name).read_bytes(), name
    assert json.loads((tmp_path / "spark" / "summary.json").read_bytes())["orders"] > 100
    assert not (tmp_path / "spark" / ".work").exists()


@spark_is_here
def test_a_site_and_a_set_of_knowledge_travel_to_the_executors(tmp_path: Path) -> None:
    """They are sent along: a worker needs neither the site's file nor the folder of the set. The rows are the same."""
    export = tmp_path / "export"
    write(export, Population(40, 32, ours=0.8))
    knowledge = edited(tmp_path / "set", ("checks/baclofen-max-dose.toml", "value = 80", "value = 65"))
    site = tmp_path / "ward.toml"
    site.write_text('[checks.opioid-baclofen]\nmode = "silent"\nwhy = "Tried until the committee meets"\n')
    words = (export, "--identified", "--site", site, "--knowledge", knowledge)
    plain = run(*words, "--out", tmp_path / "duckdb", "--processes", 1)
    assert plain.returncode in (0, 1), plain.stderr
    spark = run(*words, "--out", tmp_path / "spark", *CLUSTER)
    assert spark.returncode == plain.returncode, spark.stderr[-2000:]
    for folder in (".", "without"):
        for name in (*(f"{table}.csv" for table in TABLES), "summary.json"):
            one, other = (tmp_path / engine / folder / name for engine in ("spark", "duckdb"))
            assert one.read_bytes() == other.read_bytes(), (folder, name)
    told = json.loads((tmp_path / "spark" / "summary.json").read_bytes())
    assert told["effect"]["findings"][0] > told["effect"]["findings"][1] > 0
    assert told["chosen"] == "folder set"


def test_without_spark_a_plain_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named, and the exit code is that of a wrong command."""
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.ndjson").write_text("{}")
    result = CliRunner().invoke(
        cli, ["replay", str(tmp_path / "a.ndjson"), "--out", str(tmp_path / "out"), "--engine", "spark"]
    )
    assert result.exit_code == 2
    assert "extra `spark`" in result.output


@pytest.mark.parametrize(
    "wrong",
    [
        ("hdfs://site/export", "--engine", "duckdb"),
        (".", "--spark", "spark.master=yarn"),
        (".", "--engine", "spark", "--resume"),
        (".", "--engine", "spark", "--spark", "yarn"),
    ],
    ids=" ".join,
)
def test_what_only_one_engine_can_do_is_said(tmp_path: Path, wrong: tuple[str, ...]) -> None:
    """Nothing is begun."""
    result = CliRunner().invoke(cli, ["replay", *wrong, "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()
