"""Spark against DuckDB: rows that differ (must be none), and the time at N, 2N and 4N patients.

Without pyspark or Java it says so and proves nothing. ``PATIENTS`` sets N.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from hooks.population.invented.write import Population, write
from hooks.population.rows import TABLES

CLUSTER = ("--engine", "spark", "--spark", "spark.master=local-cluster[2,1,1024]")
PATIENTS = int(os.environ.get("PATIENTS", "1000"))


def cost(source: Path, out: Path, *more: str) -> tuple[float, float]:
    """Seconds of one replay, and processor seconds of all its processes (Java's, executors', Python workers')."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "hooks.cli", "replay", str(source), "--out", str(out), "--identified", *more]
    with tempfile.TemporaryFile() as said:
        done = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)
        spent: dict[int, float] = {}
        while done.poll() is None:
            for pid, seconds in spent_by(done.pid):
                spent[pid] = max(seconds, spent.get(pid, 0.0))
            time.sleep(0.1)
        if done.returncode not in (0, 1):
            said.seek(0)
            raise SystemExit(said.read()[-2000:].decode("utf-8", "replace"))
    return time.monotonic() - begun, sum(spent.values())


def spent_by(session: int) -> Iterator[tuple[int, float]]:
    """Processor seconds so far of each process of a session (Linux)."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            yield int(path.parent.name), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def differ(one: Path, other: Path) -> int:
    """Rows of all tables that only one of two replays has."""
    rows = 0
    for table in TABLES:
        a, b = ((out / f"{table}.csv").read_bytes().splitlines() for out in (one, other))
        rows += len(set(a) ^ set(b)) + abs(len(a) - len(b))
    return rows


def main() -> None:
    """Prove it."""
    missing = [name for name in ("pyspark", "pyarrow") if find_spec(name) is None]
    if missing or not shutil.which("java"):
        print("Spark: NOT PROVED, pyspark, pyarrow or Java are not here (make install-spark)")
        return
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for times in (1, 2, 4):
            source = Path(folder) / f"export-{times}"
            write(source, Population(PATIENTS * times, 5, files=4))
            for number, more in enumerate(((), ("--as-of", "2024-09-01")) if times == 1 else ((),)):
                duckdb, spark = (Path(folder) / f"{engine}-{times}-{number}" for engine in ("duckdb", "spark"))
                one = cost(source, duckdb, "--processes", "2", *more)
                other = cost(source, spark, *CLUSTER, *more)
                wrong += (rows := differ(duckdb, spark))
                what = f"{PATIENTS * times} patients {' '.join(more)}".strip()
                told = [
                    f"{name} {wall:.0f} s ({cpu:.0f} s of processor)"
                    for name, (wall, cpu) in (("DuckDB", one), ("Spark", other))
                ]
                print(f"Spark, {what}: {rows} rows differ; {', '.join(told)}", flush=True)
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
