"""DuckDB brings each patient's lines together, spilling to disk beyond its memory limit.

It reads the spools that ``scan`` wrote. The order of files and lines makes no difference to what comes of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from hooks.population.lines import Part, Rejected
from hooks.population.scan import Scanned
from hooks.population.work import Entry, by_patient

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_COLUMNS = ("patient", "kind", "id", "medication", "updated", "line")
_READ = """
    read_csv(?, delim = '\t', quote = '', escape = '', header = false, auto_detect = false, new_line = '\\n',
    nullstr = '\x01', max_line_size = 2200000, columns = {columns})
"""
# Medications are nobody's: each patient gets those that an order, statement, dispense or administration refers to.
_PATIENTS = """
    WITH mine AS (SELECT patient, kind, id, updated, line FROM lines WHERE patient > ?),
    products AS (
        SELECT DISTINCT lines.patient, product.kind, product.id, product.updated, product.line
        FROM lines JOIN lines product ON product.kind = 'Medication' AND product.id = lines.medication
        WHERE lines.medication <> '' AND lines.patient > ?
    )
    SELECT patient, kind, id, updated, line FROM (SELECT * FROM mine UNION ALL SELECT * FROM products)
    ORDER BY patient
"""


class CannotReplayError(Exception):
    """The command or its files are wrong. ``faults`` says how, for the person who gave it."""

    def __init__(self, *faults: str) -> None:
        super().__init__(*faults)
        self.faults = faults


class InterruptedReplayError(CannotReplayError):
    """It ended too early by no fault of the command, and can be gone on with."""


class Gathered(msgspec.Struct):
    """What reading the files came to.

    ``counted``: lines, bytes, used, rejected, patients (of all lines), people (whose lines are to be judged).
    ``types``: lines by resource type; ``passed``: those of types that no check looks at.
    """

    counted: Counter[str]
    types: Counter[str]
    passed: Counter[str]


def connect(folder: Path, memory: str, threads: int) -> DuckDBPyConnection:
    """A database in a folder of its own. Raises ``CannotReplayError`` when DuckDB is not installed."""
    try:
        import duckdb
    except ImportError as error:
        raise CannotReplayError("replay needs DuckDB: install gabaguard with its extra `batch`") from error
    for one in folder.glob("lines.duckdb*"):
        one.unlink()  # of a replay that was interrupted: it is made anew from the spools
    base = duckdb.connect(str(folder / "lines.duckdb"))
    base.execute("SET threads = ?", [threads])
    try:
        base.execute("SET memory_limit = ?", [memory])
    except duckdb.Error as error:
        base.close()
        raise CannotReplayError(f"{memory!r} is no amount of memory; write it as 2GB") from error
    base.execute("SET temp_directory = ?", [str(folder / "spill")])
    base.execute("SET enable_progress_bar = false")
    return base


def collect(parts: Iterable[Part], scanned: Iterable[Path], rejected: Path, *, with_text: bool) -> Gathered:
    """Add up what the parts came to; what could not be used is written to ``rejected``, an NDJSON file.

    ``with_text``: with the beginning of each rejected line, which may tell who it is about.
    """
    found = Gathered(Counter(), Counter(), Counter())
    before = 0  # lines of the same file in earlier parts
    draft = rejected.with_name(f"{rejected.name}.part")
    with draft.open("wb") as refused:
        for part, path in zip(parts, scanned, strict=True):
            met = msgspec.msgpack.decode(path.read_bytes(), type=Scanned)
            before = before if part.start else 0
            found.counted.update({**met.counted, "lines": met.lines})
            found.types.update(met.types)
            found.passed.update(met.passed)
            with path.with_suffix(".bad").open("rb") as bad:
                refused.writelines(_told(line, before, with_text=with_text) for line in bad)
            before += met.lines
    draft.replace(rejected)
    found.counted["used"] = sum(found.types.values())
    return found


def _told(line: bytes, before: int, *, with_text: bool) -> bytes:
    one = msgspec.json.decode(line, type=Rejected)
    told = msgspec.structs.replace(one, line=one.line + before, text=one.text if with_text else "")
    return orjson.dumps(msgspec.to_builtins(told)) + b"\n"


def gather(base: DuckDBPyConnection, folder: Path, found: Gathered) -> None:
    """Read the spools of a folder into the table ``lines``, and count patients."""
    for name, ending, columns in (("lines", "tsv", _COLUMNS), ("named", "ids", ("patient",))):
        typed = "{" + ", ".join(f"'{column}': 'VARCHAR'" for column in columns) + "}"
        query = f"SELECT * FROM {_READ.format(columns=typed)}"  # noqa: S608 (names are ours)
        base.execute(f"CREATE TABLE {name} AS {query}", [str(folder / f"scan-*.{ending}")])
    found.counted["patients"] = _count(base, "SELECT count(DISTINCT patient) FROM named")
    found.counted["people"] = _count(base, "SELECT count(DISTINCT patient) FROM lines WHERE patient <> ''")


def _count(base: DuckDBPyConnection, query: str) -> int:
    row = base.execute(query).fetchone()
    return int(row[0]) if row else 0


def patients(base: DuckDBPyConnection, after: str = "") -> Iterator[tuple[str, list[Entry]]]:
    """Every patient with their lines, by id, from the one after ``after``. The result is streamed, not held."""
    cursor: Any = base.cursor().execute(_PATIENTS, [after, after])
    return by_patient(row for rows in iter(lambda: cursor.fetchmany(1000), []) for row in rows)
