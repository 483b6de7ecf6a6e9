"""The whole replay: files in, tables, summary and report out. Patients are judged in worker processes."""

from __future__ import annotations

import csv
import os
import secrets
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from datetime import date
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import msgspec
import orjson

from cds.knowledge.load import load_knowledge
from hooks.population.gather import CannotReplayError, Gathered, connect, gather, patients
from hooks.population.lines import files_of
from hooks.population.report import write_report
from hooks.population.results import Summary, summarise, write_tables
from hooks.population.rows import TABLES, Rows
from hooks.population.work import Entry, Given, rows_of

_BATCH = 20  # patients that go to a worker at once
_WAITING = 4  # batches per worker that may wait: more would only take memory


class Wanted(msgspec.Struct, frozen=True):
    """What to replay, and how. ``key``: of the hash of patients, None draws one; ``memory``: the limit of DuckDB."""

    sources: tuple[Path, ...]
    out: Path
    as_of: date | None = None
    identified: bool = False
    key: bytes | None = None
    processes: int = 1
    memory: str = "1GB"
    profile: str = "us"


Person = tuple[str, list[Entry]]
Progress = Callable[[int, int], None]  # patients judged, of how many


def replay(wanted: Wanted, progress: Progress = lambda done, of: None) -> Summary:
    """Replay the sources into the folder ``out``. Raises ``CannotReplayError`` when they, or it, are of no use."""
    files = files_of(wanted.sources)
    if not files:
        raise CannotReplayError("the sources hold no file that ends in .ndjson or .jsonl (or the same with .gz)")
    if wanted.out.exists() and any(wanted.out.iterdir()):
        raise CannotReplayError(f"{wanted.out} is not empty; name a new folder")
    wanted.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=wanted.out, prefix=".work-") as work, ExitStack() as stack:
        folder = Path(work)
        base = connect(folder, wanted.memory)
        stack.callback(base.close)
        rejected = wanted.out / "rejected.ndjson"
        gathered = gather(base, files, folder, rejected, with_text=wanted.identified)
        if not gathered.counted["patients"]:
            raise CannotReplayError("no line names a patient; rejected.ndjson says what is wrong with each")
        left = _judge_all(wanted, gathered, patients(base), folder, progress)
        write_tables(base, folder, wanted.out)
        summary = summarise(base, gathered, left, knowledge=_version(wanted.profile), as_of=wanted.as_of)
        (wanted.out / "summary.json").write_bytes(orjson.dumps(msgspec.to_builtins(summary), option=_PRETTY))
        write_report(summary, wanted.out / "report.html")
    return summary


_PRETTY = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def _version(profile: str) -> str:
    return load_knowledge(profile).version


def _judge_all(
    wanted: Wanted, gathered: Gathered, people: Iterable[Person], folder: Path, progress: Progress
) -> Counter[str]:
    """Write the rows of all patients as CSV files in ``folder``; the answer is what could not be judged."""
    key = None if wanted.identified else wanted.key or secrets.token_bytes(32)
    given = Given(tuple(sorted(gathered.types)), wanted.profile, wanted.as_of, key)
    left: Counter[str] = Counter()
    done = 0
    with ExitStack() as stack:
        writers = {}
        for name in TABLES:
            file = stack.enter_context((folder / f"{name}.csv").open("w", encoding="utf-8", newline=""))
            writers[name] = csv.writer(file, lineterminator="\n")
        for size, rows in _judged(people, given, wanted.processes):
            for name, writer in writers.items():
                writer.writerows(rows.tables[name])
            left.update(rows.left)
            done += size
            progress(done, gathered.counted["patients"])
    return left


# -- in this process, or in several ------------------------------------------------------------------------------------


def _judged(people: Iterable[Person], given: Given, processes: int) -> Iterator[tuple[int, Rows]]:
    """The rows of each batch, in turn."""
    batches = _batches(people)
    if processes == 1:
        yield from ((len(batch), _work(given, batch)) for batch in batches)
        return
    context = get_context("spawn")  # DuckDB has threads here, which a fork would not survive
    with ProcessPoolExecutor(processes, context) as pool:
        waiting: deque[tuple[int, Future[Rows]]] = deque()
        for batch in batches:
            waiting.append((len(batch), pool.submit(_work, given, batch)))
            if len(waiting) >= processes * _WAITING:
                size, future = waiting.popleft()
                yield size, future.result()
        while waiting:
            size, future = waiting.popleft()
            yield size, future.result()


def _batches(people: Iterable[Person]) -> Iterator[list[Person]]:
    turn = iter(people)
    while batch := list(islice(turn, _BATCH)):
        yield batch


def _work(given: Given, batch: list[Person]) -> Rows:
    whole = Rows({name: [] for name in TABLES}, Counter())
    for patient, entries in batch:
        whole.add(rows_of(given, patient, entries))
    return whole


def cores() -> int:
    """How many processes make sense here."""
    return os.cpu_count() or 1
