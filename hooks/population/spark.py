"""The same replay on Apache Spark: what brings the lines together is Spark, what judges a patient is ``work.rows_of``.

Two passes over the files. The first surveys: what there is, what is rejected, and which patients have an order of ours.
The second reads again, keeps the lines of those patients, brings each patient's lines to one place, and judges. Nothing
but the survey's names and the results is kept, so that any worker may be lost and its part be done again.

Rows come back to the driver, which makes the same tables, figures and report of them as without Spark.
How to submit it to a cluster: SPARK.md beside this file.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import msgspec
import orjson

from hooks.population.gather import CannotReplayError, Gathered, connect
from hooks.population.job import Job
from hooks.population.lines import files_of
from hooks.population.results import Summary
from hooks.population.run import Batch, Progress, Replay, Wanted, told
from hooks.population.which import Which, pack
from hooks.population.work import Given
from hooks.whole import write_whole

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from hooks.population.spark_tasks import Block

_NAMES = "*.{ndjson,jsonl,ndjson.gz,jsonl.gz}"
_LOCAL = ("local",)
_PART = 16 << 20  # bytes of the sources per part that is judged in one piece
_PARTS_PER_CORE = 3  # at least: so that one long part does not keep the others waiting
# What this job needs whatever the cluster's defaults; --spark changes it.
_DEFAULTS = {
    "spark.sql.execution.arrow.maxRecordsPerBatch": "2000",
    "spark.sql.execution.arrow.maxBytesPerBatch": str(16 << 20),
}
# On this machine alone: nothing listens beyond loopback, and no page is served.
_HERE = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@contextmanager
def session(options: Mapping[str, str]) -> Iterator[SparkSession]:
    """A Spark session, ended afterwards. ``options``: Spark's own, by name; ``spark.master`` says where it runs.

    Without ``spark.master`` here, in spark-defaults.conf or from spark-submit, it runs on this machine.
    Raises ``CannotReplayError`` when Spark is not installed, or does not start.
    """
    try:
        import pyarrow  # noqa: F401 (the workers need it)
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise CannotReplayError("--engine spark needs gabaguard installed with its extra `spark`") from error
    wanted = {**_DEFAULTS, **options}
    if wanted.get("spark.master", "").startswith(_LOCAL):
        wanted = {**_HERE, **_as_here(), **wanted}
    builder = SparkSession.builder.appName("gabaguard replay")
    for name, value in wanted.items():
        builder = builder.config(name, value)
    try:
        spark = builder.getOrCreate()
    except Exception as error:  # no Java, a master that does not answer, an option that is wrong: py4j's and others
        raise CannotReplayError(f"Spark does not start: {_first_line(error)}") from error
    try:
        yield spark
    except PySparkException as error:
        raise CannotReplayError(f"Spark stopped: {_reason(error)}") from error
    finally:
        spark.stop()


def _as_here() -> dict[str, str]:
    """Workers on this machine run this Python with the modules of this process."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    path = os.environ.get("PYTHONPATH")
    return {"spark.executorEnv.PYTHONPATH": path} if path else {}


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _reason(error: BaseException) -> str:
    """What a worker said last, where it was a worker that stopped; never its whole stack."""
    said = [line.strip() for line in str(error).splitlines() if "Error: " in line and not line.startswith(" ")]
    return said[-1] if said else _first_line(error)


class Survey(msgspec.Struct):
    """What the first pass found: the figures, what is rejected, bytes by file, and the frame with its names."""

    gathered: Gathered
    rejected: list[bytes]
    sizes: list[int]
    frame: Any


def read(spark: SparkSession, files: Iterable[Path], addresses: Iterable[str]) -> DataFrame:
    """The lines of the sources as bytes, with the file and the byte at which Spark began to read it."""
    from pyspark.sql import functions as f

    paths = [*addresses, *(_address(path) for path in files)]
    reader = spark.read.option("lineSep", "\n").option("pathGlobFilter", _NAMES).option("recursiveFileLookup", "true")
    return reader.text(paths).select(
        f.col("value").cast("binary").alias("value"),
        f.col("_metadata.file_path").alias("path"),
        f.col("_metadata.file_block_start").alias("start"),
    )


def _address(path: Path) -> str:
    """A file as Spark is told of it: what it would take for a pattern is escaped."""
    return "file://" + re.sub(r"([][*?{}\\])", r"\\\1", str(path.resolve()))


def survey(text: DataFrame, files: Iterable[Path], which: Which, *, with_text: bool) -> Survey:
    """The first pass. Raises ``CannotReplayError`` when a file on this machine was passed over."""
    from pyspark.sql import functions as f

    from hooks.population import spark_tasks as tasks

    todo = partial(tasks.survey, which=msgspec.msgpack.encode(which), with_text=with_text)
    frame = text.mapInArrow(todo, tasks.SURVEYED).persist()
    told = frame.where(f.col("what") == tasks.BLOCK).select("body").collect()
    blocks = [msgspec.msgpack.decode(row.body, type=tasks.Block) for row in told]
    blocks.sort(key=lambda block: (Path(unquote(urlsplit(block.path).path)), block.start))
    _all_read(blocks, files)
    gathered = Gathered(Counter(), Counter(), Counter())
    rejected: list[bytes] = []
    before, path = 0, ""
    for block in blocks:
        before, path = (before if block.path == path else 0), block.path
        gathered.counted.update(block.counted)
        gathered.counted.update(lines=block.lines, rejected=len(block.rejected))
        gathered.types.update(block.types)
        gathered.passed.update(block.passed)
        for one in block.rejected:
            told_of = msgspec.structs.replace(one, line=one.line + before)
            rejected.append(orjson.dumps(msgspec.to_builtins(told_of)) + b"\n")
        before += block.lines
    gathered.counted["used"] = sum(gathered.types.values())
    named = frame.where(f.col("what") == tasks.PATIENT).select("patient").distinct()
    gathered.counted["patients"] = named.count()
    sizes: Counter[str] = Counter()
    for block in blocks:
        sizes[block.path] += block.counted["bytes"]
    return Survey(gathered, rejected, list(sizes.values()), frame)


def _all_read(blocks: Iterable[Block], files: Iterable[Path]) -> None:
    """Spark passes over files by their names (``_hidden``, ``.hidden``), and says nothing."""
    met = {Path(unquote(urlsplit(block.path).path)) for block in blocks}
    given = {path.resolve() for path in files}
    if missed := sorted(path for path in given - met if path.stat().st_size):
        raise CannotReplayError(*(f"Spark does not read {path}; give it another name" for path in missed))


def rows(text: DataFrame, found: Survey, given: Given) -> Iterator[Batch]:
    """The second pass: rows as CSV by table, and what could not be judged, of some patients at a time."""
    from hooks.population import spark_tasks as tasks

    whole = text.sparkSession.sparkContext.defaultParallelism * _PARTS_PER_CORE
    parts = max(whole, found.gathered.counted["bytes"] // _PART)
    gathered = _gathered(text, found.frame, everybody=given.as_of is not None)
    together = gathered.repartition(int(parts), "patient").sortWithinPartitions("patient")
    todo = partial(tasks.judge, given=msgspec.msgpack.encode(given))
    results = together.mapInArrow(todo, tasks.RESULTS).persist()
    results.count()  # all parts at once; the iterator below would ask for one after the other
    for row in results.toLocalIterator():
        tables, left, after, size = msgspec.msgpack.decode(row.body)
        yield tables, Counter(left), after, size
    results.unpersist()
    found.frame.unpersist()


def _gathered(text: DataFrame, surveyed: DataFrame, *, everybody: bool) -> DataFrame:
    """All lines of the patients to judge, with the Medications that each refers to."""
    from pyspark.sql import functions as f

    from hooks.population import spark_tasks as tasks

    def told(what: str) -> DataFrame:
        return surveyed.where(f.col("what") == what)

    products = told(tasks.PRODUCT).select(
        f.col("medication"),
        f.lit("Medication").alias("kind"),
        f.col("medication").alias("id"),
        "updated",
        f.col("body").cast("string").alias("text"),
        (f.col("patient") == tasks.OURS).alias("ours"),
    )
    refers = told(tasks.REFERS)
    lines = text.select("value").mapInArrow(tasks.lines, tasks.LINES)
    if everybody:
        pairs = refers.select("patient", "medication").distinct()
    else:
        of_products = refers.where(f.col("updated") == tasks.OURS).join(
            products.where("ours").select("medication").distinct(), "medication", "left_semi"
        )
        people = told(tasks.OURS).select("patient").union(of_products.select("patient")).distinct()
        lines = lines.join(people, "patient", "left_semi")
        pairs = refers.select("patient", "medication").distinct().join(people, "patient", "left_semi")
    theirs = pairs.join(products.drop("ours").distinct(), "medication")
    return lines.union(theirs.select("patient", "kind", "id", "updated", "text"))


class _SparkReplay(Replay):
    """A replay whose files are read, and whose patients are judged, by Spark."""

    def run_spark(self, files: list[Path]) -> Summary:
        """From the files to the report."""
        wanted = self._wanted
        which = pack(wanted.which)
        with ExitStack() as stack:
            base = connect(self._folder, wanted.memory, wanted.processes)
            stack.callback(base.close)
            spark = stack.enter_context(session(wanted.options))
            self._progress("Spark reads", 0, 0)
            text = read(spark, files, wanted.addresses)
            found = survey(text, files, which, with_text=wanted.identified)
            write_whole(wanted.out / "rejected.ndjson", b"".join(found.rejected))
            gathered = found.gathered
            if not gathered.counted["patients"]:
                raise CannotReplayError("no line names a patient; rejected.ndjson says what is wrong with each")
            self._progress("Spark judges", 0, 0)
            given = msgspec.structs.replace(self._given(tuple(sorted(gathered.types))), which=which)
            left = self._written(rows(text, found, given), "patients", 0)
            gathered.counted["people"] = self._job.judged().patients
            self._progress("writing", 0, 0)
            sizes = found.sizes if wanted.addresses else [path.stat().st_size for path in files]
            return self._write(base, gathered, left, sizes)


def replay(wanted: Wanted, progress: Progress) -> Summary:
    """As ``run.replay``, by Spark. Spark itself repeats what is lost; a job that ended is begun anew."""
    files = files_of(wanted.sources)
    if not files and not wanted.addresses:
        raise CannotReplayError("Spark replays exports, and the sources hold no file that ends in .ndjson or .jsonl")
    job = Job(wanted.out, told(wanted, files), resume=False)
    try:
        return _SparkReplay(wanted, job, progress).run_spark(files)
    finally:
        job.close(remove=True)
