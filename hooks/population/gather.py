"""DuckDB brings each patient's lines together, spilling to disk beyond its memory limit.

Lines are written to a spool first, so that any number of files in any order costs little memory here. The order of
files and lines makes no difference: lines are sorted, and of two lines of one resource the later updated counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from hooks.population.lines import Line, Passed, read_file
from hooks.population.work import Entry

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_COLUMNS = ("patient", "kind", "id", "medication", "updated", "line")
_LINES = """
    CREATE TABLE lines AS SELECT * FROM read_csv(?, delim = '\t', quote = '', escape = '', header = false,
    auto_detect = false, new_line = '\\n', nullstr = '\x01', max_line_size = 2200000, columns = {columns})
"""
# Medications are nobody's: each patient gets those that an order, statement, dispense or administration refers to.
_PATIENTS = """
    WITH mine AS (SELECT patient, kind, id, updated, line FROM lines WHERE kind <> 'Medication'),
    products AS (
        SELECT DISTINCT lines.patient, product.kind, product.id, product.updated, product.line
        FROM lines JOIN lines product ON product.kind = 'Medication' AND product.id = lines.medication
        WHERE lines.medication <> ''
    )
    SELECT patient, kind, id, updated, line FROM (SELECT * FROM mine UNION ALL SELECT * FROM products)
    ORDER BY patient
"""


class CannotReplayError(Exception):
    """The command or its files are wrong. ``faults`` says how, for the person who gave it."""

    def __init__(self, *faults: str) -> None:
        super().__init__(*faults)
        self.faults = faults


class Gathered(msgspec.Struct):
    """What reading the files came to. ``counted``: lines, bytes, used, rejected, patients; ``passed``: other types."""

    counted: Counter[str]
    types: Counter[str]
    passed: Counter[str]


def connect(folder: Path, memory: str) -> DuckDBPyConnection:
    """A database in a folder of its own. Raises ``CannotReplayError`` when DuckDB is not installed."""
    try:
        import duckdb
    except ImportError as error:
        raise CannotReplayError("replay needs DuckDB: install gabaguard with its extra `batch`") from error
    base = duckdb.connect(str(folder / "lines.duckdb"))
    try:
        base.execute("SET memory_limit = ?", [memory])
    except duckdb.Error as error:
        base.close()
        raise CannotReplayError(f"{memory!r} is no amount of memory; write it as 2GB") from error
    base.execute("SET temp_directory = ?", [str(folder / "spill")])
    base.execute("SET enable_progress_bar = false")
    return base


def gather(
    base: DuckDBPyConnection, files: Iterable[Path], folder: Path, rejected: Path, *, with_text: bool = False
) -> Gathered:
    """Read all files into the table ``lines``; what cannot be used goes to ``rejected``, an NDJSON file.

    ``with_text``: with the beginning of each rejected line, which may tell who it is about.
    """
    found = Gathered(Counter(), Counter(), Counter())
    spool = folder / "lines.tsv"
    with spool.open("w", encoding="utf-8", newline="\n") as out, rejected.open("wb") as refused:
        for path in files:
            for item in read_file(path, found.counted):
                if isinstance(item, Line):
                    found.types[item.kind] += 1
                    out.write("\t".join(_fields(item)) + "\n")
                elif isinstance(item, Passed):
                    found.passed[item.kind] += 1
                else:
                    found.counted["rejected"] += 1
                    told = msgspec.structs.replace(item, text=item.text if with_text else "")
                    refused.write(orjson.dumps(msgspec.to_builtins(told)) + b"\n")
    columns = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in _COLUMNS) + "}"
    base.execute(_LINES.format(columns=columns), [str(spool)])
    spool.unlink()
    found.counted["used"] = sum(found.types.values())
    counted = base.execute("SELECT count(DISTINCT patient) FROM lines WHERE patient <> ''").fetchone()
    found.counted["patients"] = counted[0] if counted else 0
    return found


def _fields(line: Line) -> tuple[str, ...]:
    named = (line.patient, line.kind, line.id, line.medication, line.updated)
    return (*(" ".join(text.split()) for text in named), line.text)


def patients(base: DuckDBPyConnection) -> Iterator[tuple[str, list[Entry]]]:
    """Every patient with their lines, by id. The result is streamed, not held."""
    cursor: Any = base.cursor().execute(_PATIENTS)
    whose = ""
    entries: list[Entry] = []
    while rows := cursor.fetchmany(2000):
        for patient, *line in rows:
            if patient != whose:
                if whose:
                    yield whose, entries
                whose, entries = patient, []
            if patient:
                entries.append(Entry(*line))
    if whose:
        yield whose, entries
