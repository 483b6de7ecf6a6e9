"""The whole replay: files in, tables, summary and report out. Reading and judging are done in worker processes."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import date
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec
import orjson

from hooks.population.calls import calls_of, rows_of_calls
from hooks.population.crew import Crew
from hooks.population.edited import keep
from hooks.population.effect import with_effect
from hooks.population.gather import (
    CannotReplayError,
    Gathered,
    InterruptedReplayError,
    collect,
    connect,
    gather,
    patients,
)
from hooks.population.job import REJECTED, WORK, Job, Written
from hooks.population.lines import Part, files_of, parts_of
from hooks.population.report import write_report
from hooks.population.results import About, Audited, Summary, schema, summarise, write_tables
from hooks.population.rows import TABLES, WITHOUT, Rows, names_of
from hooks.population.scan import look, people_of, scan
from hooks.population.which import Which, at_site, knowledge_of, knowledge_without, name_of, reviewed
from hooks.population.work import Given, Person, rows_of
from hooks.whole import write_whole

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BATCH = 20  # patients that go to a worker at once
_NOTE = 1.0  # seconds between notes of how far it is


class Wanted(msgspec.Struct, frozen=True):
    """What to replay, and how. ``key``: of the hash of patients, None draws one; ``memory``: the limit of DuckDB.

    ``which``: the knowledge, and what a site has otherwise. ``resume``: go on with what stands in ``out``, if anything
    does. ``audited``: to be shown beside it.
    ``engine``: duckdb or spark; for Spark alone ``addresses`` (sources that are no paths here, as s3a://), ``options``.
    """

    sources: tuple[Path, ...]
    out: Path
    as_of: date | None = None
    identified: bool = False
    key: bytes | None = None
    processes: int = 1
    memory: str = "1GB"
    which: Which = Which()
    resume: bool = False
    audited: Audited | None = None
    engine: str = "duckdb"
    addresses: tuple[str, ...] = ()
    options: dict[str, str] = {}


T = TypeVar("T")
# Rows as CSV by table, what could not be judged, the last patient, and how many they were.
Batch = tuple[dict[str, bytes], Counter[str], str, int]
Progress = Callable[[str, int, int], None]  # what is counted, so many, of so many


def _silent(what: str, done: int, of: int) -> None:
    """Tell nobody."""


def replay(wanted: Wanted, progress: Progress = _silent) -> Summary:
    """Replay the sources into the folder ``out``. Raises ``CannotReplayError`` when they, or it, are of no use.

    Whenever it ends too early, ``resume`` goes on: what was read is not read again, and no row is lost or doubled.
    """
    if wanted.resume and (finished := _finished(wanted.out)) is not None:
        return finished
    if wanted.engine == "spark":
        from hooks.population import spark

        return spark.replay(wanted, progress)
    files, calls = files_of(wanted.sources), calls_of(wanted.sources)
    if bool(files) is bool(calls):
        raise CannotReplayError(_MIXED if files else _NOTHING)
    files = files or calls
    job = Job(wanted.out, told(wanted, files), resume=wanted.resume)
    of_use = True
    try:
        summary = Replay(wanted, job, progress).run(files, calls=bool(calls))
        of_use = False
    except InterruptedReplayError:
        raise
    except CannotReplayError:
        of_use = False
        raise
    finally:
        job.close(remove=not of_use)
    return summary


_NOTHING = (
    "the sources hold no .ndjson or .jsonl file (an export) and no .json file (recorded calls), plain or with .gz"
)
_MIXED = "the sources hold both an export (.ndjson, .jsonl) and recorded calls (.json): replay one at a time"


def _finished(out: Path) -> Summary | None:
    """The summary of a replay that was finished; what its end could not tidy up any more is tidied up."""
    path = out / "summary.json"
    if not path.exists():
        return None
    shutil.rmtree(out / WORK, ignore_errors=True)
    return msgspec.json.decode(path.read_bytes(), type=Summary)


def told(wanted: Wanted, files: Iterable[Path]) -> dict[str, object]:
    """All that the rows depend on."""
    stats = [(str(path.resolve()), path.stat()) for path in files]
    return {
        "version of gabaguard": version("gabaguard"),
        "knowledge": knowledge_of(wanted.which).version,
        "--engine": wanted.engine,
        "--as-of": wanted.as_of,
        "--identified": wanted.identified,
        "--key-file": hashlib.sha256(wanted.key).hexdigest() if wanted.key else "",
        "sources": _hash([(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]),
    }


_PRETTY = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


class Replay:
    """One replay, from its files to its report."""

    def __init__(self, wanted: Wanted, job: Job, progress: Progress) -> None:
        self._wanted = wanted
        self._job = job
        self._folder = job.folder
        self._progress = progress

    def run(self, files: list[Path], *, calls: bool) -> Summary:
        """From the files to the report."""
        wanted = self._wanted
        with ExitStack() as stack:
            base = connect(self._folder, wanted.memory, wanted.processes)
            stack.callback(base.close)
            crew = stack.enter_context(Crew(wanted.processes))
            if calls:
                gathered, left = self._calls(files, crew)
            else:
                gathered = self._export(files, base, crew)
                left = self._judge(base, gathered, crew)
            self._progress("writing", 0, 0)
            return self._write(base, gathered, left, [path.stat().st_size for path in files])

    def _calls(self, files: list[Path], crew: Crew) -> tuple[Gathered, dict[str, int]]:
        """Judge recorded calls; what they came to, and what could not be judged."""
        sizes = sum(path.stat().st_size for path in files)
        gathered = Gathered(Counter(calls=len(files), bytes=sizes), Counter(), Counter())
        given = self._given(())
        after = Written(self._job)
        after.close()
        rest = files[after.state.patients :]  # they are sorted
        jobs = ((given, list(batch)) for batch in _batches(rest))
        left = self._written(crew.each(judge_calls, jobs), "calls", len(files))
        bad = (self._folder / f"{REJECTED}.csv").read_bytes()
        write_whole(self._wanted.out / "rejected.ndjson", bad)
        gathered.counted["rejected"] = bad.count(b"\n")
        gathered.counted["used"] = len(files) - gathered.counted["rejected"] - sum(left.values())
        return gathered, left

    def _export(self, files: list[Path], base: DuckDBPyConnection, crew: Crew) -> Gathered:
        """Read the files; each patient's lines are brought together."""
        wanted = self._wanted
        parts = parts_of(files)
        scanned = self._read(parts, crew)
        gathered = collect(parts, scanned, wanted.out / "rejected.ndjson", with_text=wanted.identified)
        self._progress("sorting", 0, 0)
        gather(base, self._folder, gathered)
        if not gathered.counted["patients"]:
            raise CannotReplayError("no line names a patient; rejected.ndjson says what is wrong with each")
        return gathered

    def _read(self, parts: list[Part], crew: Crew) -> list[Path]:
        """Both looks at all parts; the answer is what the second came to, part by part."""
        people = self._people(parts, crew) if self._wanted.as_of is None else None
        jobs = ((part, number, self._folder, people) for number, part in enumerate(parts))
        return self._counted("reading", parts, crew.each(scan, jobs))

    def _people(self, parts: list[Part], crew: Crew) -> Path:
        path = self._folder / "people"
        if not path.exists():
            jobs = ((part, number, self._folder, self._wanted.which) for number, part in enumerate(parts))
            looks = self._counted("looking for orders", parts, crew.each(look, jobs))
            write_whole(path, msgspec.msgpack.encode(people_of(looks)))
        return path

    def _counted(self, what: str, parts: list[Part], found: Iterable[Path]) -> list[Path]:
        sizes = [part.size if part.size >= 0 else part.path.stat().st_size for part in parts]
        done, paths = 0, []
        for size, path in zip(sizes, found, strict=True):
            done += size
            paths.append(path)
            self._progress(what, done, sum(sizes))
        return paths

    def _judge(self, base: DuckDBPyConnection, gathered: Gathered, crew: Crew) -> dict[str, int]:
        """Judge all patients that are left; the answer is what could not be judged."""
        given = self._given(tuple(sorted(gathered.types)))
        people = patients(base, self._job.judged().after)
        jobs = ((given, batch) for batch in _batches(people))
        return self._written(crew.each(judge_batch, jobs), "patients", gathered.counted["people"])

    def _given(self, types: tuple[str, ...]) -> Given:
        wanted = self._wanted
        return Given(types, wanted.which, wanted.as_of, self._key())

    def _key(self) -> bytes | None:
        return None if self._wanted.identified else self._wanted.key or self._job.key()

    def _written(self, batches: Iterable[Batch], what: str, whole: int) -> dict[str, int]:
        """Write the rows of all batches as CSV files in the folder; the answer is what could not be judged."""
        written = Written(self._job, names_of(self._wanted.which))
        state = written.state
        try:
            if not state.complete:
                noted = time.monotonic()
                for rows, left, after, size in batches:
                    written.add(rows, left, after, size)
                    self._progress(what, state.patients, whole)
                    if time.monotonic() - noted > _NOTE:
                        written.note()
                        noted = time.monotonic()
                written.note(complete=True)
        finally:
            written.close()
        return state.left

    def _about(self, sizes: Iterable[int]) -> About:
        wanted = self._wanted
        which = wanted.which
        version = knowledge_of(which).version
        at = at_site(which)
        key = self._key()
        return About(
            knowledge=version,
            profile=which.profile,
            chosen=name_of(which),
            site=at.file if at is not None else "",
            reviewed=reviewed(which),
            titles={id: check.title for id, check in knowledge_of(which).checks.items()},
            as_of=wanted.as_of.isoformat() if wanted.as_of else "",
            sources=_hash(sorted(sizes)),
            key="named" if key is None else _hash(key.hex()),
        )

    def _write(self, base: DuckDBPyConnection, gathered: Gathered, left: dict[str, int], sizes: list[int]) -> Summary:
        """Each file of the results appears whole, the summary last."""
        wanted, drafts = self._wanted, self._folder / "results"
        shutil.rmtree(drafts, ignore_errors=True)
        drafts.mkdir()
        about = self._about(sizes)
        without = self._write_without(base, gathered, left, about, drafts) if wanted.which.site else None
        write_tables(base, self._folder, drafts)
        summary = summarise(base, gathered, left, about, wanted.audited)
        if without is not None:
            summary = with_effect(base, drafts, without, summary, wanted.which)
        write_report(summary, drafts / "report.html")
        keep(knowledge_of(wanted.which), drafts)
        for path in drafts.iterdir():
            if path.is_dir():
                shutil.rmtree(wanted.out / path.name, ignore_errors=True)
            path.replace(wanted.out / path.name)
        write_whole(wanted.out / "summary.json", _json(summary))
        return summary

    def _write_without(
        self, base: DuckDBPyConnection, gathered: Gathered, left: dict[str, int], about: About, drafts: Path
    ) -> Summary:
        """A folder of results of its own: what there would have been without the site's file."""
        out = drafts / WITHOUT
        out.mkdir()
        knowledge = knowledge_without(self._wanted.which)
        version = knowledge.version if knowledge is not None else ""
        if knowledge is not None:
            keep(knowledge, out)
        with schema(base, WITHOUT):
            write_tables(base, self._folder, out, before=f"{WITHOUT}.")
            told = msgspec.structs.replace(about, knowledge=version, site="")
            summary = summarise(base, gathered, left, told)
        write_report(summary, out / "report.html")
        (out / "summary.json").write_bytes(_json(summary))
        return summary


def _json(summary: Summary) -> bytes:
    return orjson.dumps(msgspec.to_builtins(summary), option=_PRETTY)


def _hash(value: object) -> str:
    return hashlib.sha256(f"gabaguard replay {value}".encode()).hexdigest()[:16]


def _batches(each: Iterable[T]) -> Iterator[list[T]]:
    turn = iter(each)
    while batch := list(islice(turn, _BATCH)):
        yield batch


def judge_batch(given: Given, batch: list[Person]) -> Batch:
    """Judge some patients."""
    whole = Rows({name: [] for name in TABLES}, Counter())
    for patient, entries in batch:
        whole.add(rows_of(given, patient, entries))
    return _batch(whole, batch[-1][0], len(batch))


def judge_calls(given: Given, batch: list[Path]) -> Batch:
    """Judge some recorded calls."""
    rows, rejected = rows_of_calls(given, batch)
    told = b"".join(orjson.dumps(msgspec.to_builtins(one)) + b"\n" for one in rejected)
    return _batch(rows, batch[-1].name, len(batch), told)


def _batch(rows: Rows, after: str, size: int, rejected: bytes = b"") -> Batch:
    files = {name: _as_csv(each) for name, each in rows.tables.items()}
    return {**files, REJECTED: rejected}, rows.left, after, size


def _as_csv(rows: list[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def cores() -> int:
    """How many processes make sense here."""
    return os.cpu_count() or 1
