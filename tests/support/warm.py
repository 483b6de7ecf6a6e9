"""A process that has loaded and collected all, and from which each mutant gets a child: pytest for the proof.

As a plugin of pytest it takes the place of the loop over tests. First one child runs every test and keeps which lines
of ``cds/`` each runs (coverage's contexts) and how long it takes. Then each mutant has a child of its own that runs
the tests of its lines, quick and pointed ones first, until one fails or the time is up.
"""

from __future__ import annotations

import gc
import importlib
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterable
from functools import _lru_cache_wrapper
from pathlib import Path
from typing import Any

import coverage
import msgspec
import pytest

from cds import memo
from cds.knowledge.load import load_knowledge
from cds.knowledge.profiles import profile_ids
from tests.support.mutants import ROOT, Mutant, Source, files, module_of, plant

# The tests that may notice; those that run all cases in one, or other processes, are too slow to be asked each time.
TESTS = [
    "tests/cases/test_cases.py::test_the_case_gives_exactly_what_it_expects_in_every_release",
    "tests/cases/test_suggestions.py",
    "tests/unit",
    "tests/knowledge/test_published_tables.py",
    "tests/generative/test_directions.py",
    "tests/generative/test_doses.py",
    "tests/generative/test_kidney.py",
    "tests/generative/test_readers.py",
    "tests/generative/test_reconcile.py",
    "tests/generative/test_taper.py",
]
NEAR = 150  # cases asked before the tests of Hypothesis
SLOW = 5.0  # seconds; a test that takes longer is not asked
STAYS = ("cds.knowledge", "cds.terminology.load", "cds.arithmetic.rules")  # memos of what was loaded
WALL = 8  # times the allowed seconds of work, on a busy machine


class Map(msgspec.Struct):
    """Which tests run a line: ``lines[file][line]`` are numbers in ``tests``."""

    digest: str
    tests: list[str]
    seconds: list[float]
    lines: dict[str, dict[int, list[int]]]
    unfit: list[str]  # tests that fail here without any mutant: they would notice everything

    def nearness(self, file: str, within: tuple[int, int]) -> dict[int, float]:
        """How much each test is about some lines of a file: it runs some of them that few others run."""
        near: dict[int, float] = {}
        for line, tests in self.lines.get(file, {}).items():
            for test in tests if within[0] <= line <= within[1] else ():
                near[test] = near.get(test, 0.0) + 1 / len(tests)
        return near


class Outcome(msgspec.Struct, frozen=True):
    """What became of a mutant: killed, survived, timeout, unreached (no test runs the line), invalid; by which test."""

    what: str
    by: str = ""
    asked: int = 0


class Warm:
    """The plugin. ``work`` is called with it when all is loaded."""

    def __init__(self, work: Callable[[Warm], None]) -> None:
        self._work = work
        self._failed = ""
        self.forget: Callable[[], None] = lambda: None
        self.items: dict[str, pytest.Item] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.items = {item.nodeid: item for item in items}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for profile in profile_ids():
            load_knowledge(profile)
        for file in files():
            importlib.import_module(module_of(file))
        self.forget = forgetter()
        gc.freeze()
        self._work(self)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed = report.nodeid

    def run(self, items: list[pytest.Item], before: Callable[[pytest.Item], bool]) -> str:
        """Run tests until one fails, whose name is the answer; ``before`` each it is asked whether to go on."""
        for item, after in zip(items, [*items[1:], None], strict=True):
            if not before(item):
                break
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if self._failed:
                return self._failed
        return ""


def forgetter() -> Callable[[], None]:
    """What empties the memos of the code and of the tests, but not what was loaded."""
    ours = []
    for one in gc.get_objects():
        if isinstance(one, _lru_cache_wrapper):
            home = getattr(one, "__module__", "") or ""
            if home == "tests.support.run" or (home.startswith("cds.") and not home.startswith(STAYS)):
                ours.append(one)

    def forget() -> None:
        memo.forget()
        for one in ours:
            one.cache_clear()

    return forget


def in_child(job: Callable[[], bytes], seconds: float) -> Callable[[], bytes | None]:
    """Start a job in a forked child; the answer waits for it: its bytes, or None if it died or ran out of time."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(job, writing, seconds)
    os.close(writing)

    def wait() -> bytes | None:
        with os.fdopen(reading, "rb") as answer:
            told = answer.read()
        os.waitpid(child, 0)
        return told or None

    return wait


def _child(job: Callable[[], bytes], writing: int, seconds: float) -> None:
    try:
        os.setsid()
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        signal.alarm(int(seconds * WALL) + 1)
        told = job()
        with os.fdopen(writing, "wb") as answer:
            answer.write(told)
    finally:
        os._exit(0)


def mapped(warm: Warm, digest: str) -> Map:
    """Run every test once, in a child, and keep which lines each runs."""

    def job() -> bytes:
        watch = coverage.Coverage(data_file=None, config_file=False, include=[f"{ROOT}/cds/*"])
        seconds: dict[str, float] = {}
        items = list(warm.items.values())
        failed: set[str] = set()
        watch.start()
        for item in items:
            warm.forget()
            watch.switch_context(item.nodeid)
            began = time.process_time()
            if warm.run([item], lambda _: True):
                failed.add(item.nodeid)
                warm._failed = ""
            seconds[item.nodeid] = time.process_time() - began
        watch.stop()
        return msgspec.msgpack.encode(_read(watch, digest, seconds, failed))

    told = in_child(job, 3600)()
    assert told is not None, "the tests did not come to an end"
    return msgspec.msgpack.decode(told, type=Map)


def _read(watch: coverage.Coverage, digest: str, seconds: dict[str, float], failed: set[str]) -> Map:
    tests = [name for name in seconds if name not in failed]
    number = {name: at for at, name in enumerate(tests)}
    lines: dict[str, dict[int, list[int]]] = {}
    data = watch.get_data()
    for path in data.measured_files():
        file = Path(path).relative_to(ROOT).as_posix()
        lines[file] = {}
        for line, names in data.contexts_by_lineno(path).items():
            ran = sorted(number[name] for name in names if name in number)
            lines[file][line] = ran
    return Map(digest, tests, [seconds[name] for name in tests], lines, sorted(failed))


def chosen(map: Map, mutant: Mutant, known: Iterable[str], limit: int) -> list[str]:
    """The tests of a mutant's lines: those new to the map, then the pointed, then cases in a fixed disorder."""
    ran = map.lines.get(mutant.file, {})
    found = {test for line in range(mutant.lines[0], mutant.lines[1] + 1) for test in ran.get(line, ())}
    if not found:
        found = {test for line in range(mutant.statement[0], mutant.statement[1] + 1) for test in ran.get(line, ())}
    quick = [test for test in found if map.seconds[test] < SLOW]
    units = sorted((test for test in quick if not _is_case(map.tests[test])), key=lambda test: map.seconds[test])
    near = map.nearness(mutant.file, mutant.within)
    cases = sorted((test for test in quick if _is_case(map.tests[test])), key=lambda test: -near.get(test, 0.0))
    first, rest = cases[:NEAR], cases[NEAR:]
    random.Random(mutant.name).shuffle(rest)
    # The quick tests, the near cases, then all else; a test of Hypothesis' costs as much as a hundred cases.
    light = [test for test in units if map.seconds[test] < 0.1]
    heavy = [test for test in units if map.seconds[test] >= 0.1]
    old = {*map.tests, *map.unfit}
    new = [name for name in known if name not in old]
    return new + [map.tests[test] for test in [*light, *first, *rest[:300], *heavy, *rest[300:]]][:limit]


def _is_case(name: str) -> bool:
    return name.startswith("tests/cases/test_cases.py")


def tried(warm: Warm, source: Source | None, mutant: Mutant, tests: list[str], seconds: float) -> Callable[[], Outcome]:
    """Plant a mutant in a child and run the tests; the answer waits for the outcome. Without a source: plant none."""
    if not tests:
        return lambda: Outcome("unreached")

    def job() -> bytes:
        code = source.changed(mutant) if source else None
        if source and (code is None or not plant(mutant, code)):
            return msgspec.json.encode(Outcome("invalid"))
        warm.forget()
        items = [warm.items[name] for name in tests if name in warm.items]
        if not mutant.file.startswith("cds/fhir/"):
            _in_one_release(items)
        count = 0

        def before(_: pytest.Item) -> bool:
            nonlocal count
            count += 1
            return time.process_time() - began < seconds

        began = time.process_time()
        by = warm.run(items, before)
        return msgspec.json.encode(Outcome("killed" if by else "survived", by, count))

    wait = in_child(job, seconds * 2)

    def outcome() -> Outcome:
        told = wait()
        return Outcome("timeout") if told is None else msgspec.json.decode(told, type=Outcome)

    return outcome


def _in_one_release(items: list[pytest.Item]) -> None:
    """Cases in R4 only (or the first they are told in): what reads no FHIR does not know the release."""
    for item in items:
        params: dict[str, Any] = item.callspec.params if hasattr(item, "callspec") else {}
        case = params.get("case")
        if case is not None and hasattr(case, "releases") and _is_case(item.nodeid):
            only = "R4" if "R4" in case.releases else case.releases[0]
            params["case"] = msgspec.structs.replace(case, releases=(only,))


def pytest_main(warm: Warm) -> int:
    """Collect the tests and let the work begin."""
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--capture=no",
        "-o",
        "addopts=--import-mode=importlib",
    ]
    return int(pytest.main([*options, *TESTS], plugins=[warm]))


if __name__ == "__main__":
    sys.exit("run python -m tests.prove.mutants")
