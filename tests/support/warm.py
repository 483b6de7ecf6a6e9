"""A process that has loaded and collected all, and from which each mutant gets a child: pytest for the proof.

As a plugin of pytest it takes the place of the loop over tests. First one child runs every test and keeps which lines
of ``cds/`` each runs (coverage's contexts) and how long it takes. Then each mutant has a child of its own that runs
the tests of its lines, pointed ones first, until one fails, all were asked, or the time is up.

The cases are asked without pytest (``CASE`` and their id): bytes to report, compared as tests/cases/test_cases.py
compares them, in a few milliseconds each.
"""

from __future__ import annotations

import gc
import importlib
import os
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
from cds.arithmetic.rules import using
from cds.checks.registry import CHECKS
from cds.knowledge.load import load_knowledge
from cds.knowledge.profiles import profile_ids
from hooks.respond import judge
from hooks.services import service_for_hook
from tests.support.cases import Case, all_cases, case_named
from tests.support.mutants import ROOT, Mutant, Source, files, module_of, plant
from tests.support.render import render_bytes
from tests.support.run import Mismatch, engine_at, mismatches
from tests.support.sound import sound, whole

# The tests that may notice; those that run all cases in one, or other processes, are too slow to be asked each time.
TESTS = [
    "tests/cases/test_cases.py::test_the_answer_carries_what_the_report_found",
    "tests/cases/test_suggestions.py",
    "tests/failure/test_never_silent.py::test_a_damaged_input_is_never_silence",
    "tests/failure/test_one_check_fails.py",
    "tests/failure/test_the_large_patient.py",
    "tests/fhir/test_check.py",
    "tests/fhir/test_published.py",
    "tests/knowledge/test_codes_conditions.py",
    "tests/knowledge/test_codes_drugs.py",
    "tests/knowledge/test_fit.py",
    "tests/knowledge/test_languages.py",
    "tests/knowledge/test_published_tables.py",
    "tests/knowledge/test_reviews.py",
    "tests/store/test_repeats.py",
    "tests/unit",
    "tests/generative/test_directions.py",
    "tests/generative/test_doses.py",
    "tests/generative/test_kidney.py",
    "tests/generative/test_readers.py",
    "tests/generative/test_reconcile.py",
    "tests/generative/test_taper.py",
]
CASE = "case "
NEVER_SILENT = "tests/failure/test_never_silent.py"  # asked of a check's own file, without looking at lines
ANSWERS = "tests/cases/"  # run once more the journey of a case: after the cases themselves
NEAR = 150  # cases asked before anything else, and as many quick tests
QUICK = 0.1  # seconds
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
    """What became of a mutant: killed, survived, timeout, unreached (no test runs the line), invalid; by which test.

    ``unasked``: how many of its tests were not run before the time was up.
    """

    what: str
    by: str = ""
    asked: int = 0
    unasked: int = 0


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
        for case in all_cases():
            mismatches_of(case, case.releases[:1])
        for case in filter(whole, all_cases()):
            sound(case.id)  # what the never-silent tests hold the damaged ones against
        self.forget = forgetter()
        gc.freeze()
        self._work(self)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed = report.nodeid

    @property
    def names(self) -> list[str]:
        """Of all that can be asked."""
        return [*(CASE + case.id for case in all_cases()), *self.items]

    def run(self, names: list[str], releases: int, before: Callable[[], bool]) -> str:
        """Run tests until one fails, whose name is the answer; ``before`` each it is asked whether to go on.

        ``releases``: in how many a case is told at most.
        """
        for name in names:
            if not before():
                break
            if name.startswith(CASE):
                case = case_named(name.removeprefix(CASE))
                try:
                    if mismatches_of(case, in_releases(case, releases)):
                        return name
                except Exception:  # a call that is answered with nothing
                    return name
                continue
            item = self.items[name]
            params: dict[str, Any] = item.callspec.params if hasattr(item, "callspec") else {}
            case = params.get("case")
            if isinstance(case, Case):
                params["case"] = msgspec.structs.replace(case, releases=in_releases(case, releases))
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            if self._failed:
                return self._failed
        return ""


def in_releases(case: Case, number: int) -> tuple[str, ...]:
    """So many of the releases a case can be told in, R4 first."""
    return tuple(sorted(case.releases, key=lambda release: release != "R4"))[:number]


def mismatches_of(case: Case, releases: Iterable[str]) -> list[Mismatch]:
    """What a case says wrongly when it is read, screened and compared anew."""
    found = []
    engine = engine_at(case.as_of, case.profile)
    service = service_for_hook(case.hook)
    assert service is not None
    with using(engine.knowledge.tables):
        for release in releases:
            report = judge(render_bytes(case, release), service, engine).report
            found += mismatches(case, report, release)
    return found


def forgetter() -> Callable[[], None]:
    """What empties the memos of the code and of the tests, but not what was loaded."""
    ours = []
    for one in gc.get_objects():
        if isinstance(one, _lru_cache_wrapper):
            home = getattr(one, "__module__", "") or ""
            if (home == "tests.support.run" and one.__wrapped__.__name__ != "engine_at") or (
                home.startswith("cds.") and not home.startswith(STAYS)
            ):
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
        failed: set[str] = set()
        watch.start()
        for name in warm.names:
            if name.startswith(NEVER_SILENT):
                continue
            if not name.startswith(
                ANSWERS
            ):  # they are about what comes after, and cost too much with nothing remembered
                warm.forget()
            watch.switch_context(name)
            began = time.process_time()
            if warm.run([name], 4 if name.startswith(CASE) else 1, lambda: True):
                failed.add(name)
                warm._failed = ""
            seconds[name] = time.process_time() - began
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


def chosen(map: Map, mutant: Mutant, known: Iterable[str]) -> list[str]:
    """The tests of a mutant's lines: near cases, quick tests, all other cases, slower tests, whole answers."""
    ran = map.lines.get(mutant.file, {})
    found = {test for line in range(mutant.lines[0], mutant.lines[1] + 1) for test in ran.get(line, ())}
    if not found:
        found = {test for line in range(mutant.statement[0], mutant.statement[1] + 1) for test in ran.get(line, ())}
    near = map.nearness(mutant.file, mutant.within)
    asked = sorted((test for test in found if map.seconds[test] < SLOW), key=lambda test: -near.get(test, 0.0))
    cases = [test for test in asked if map.tests[test].startswith(CASE)]
    answers = [test for test in asked if map.tests[test].startswith(ANSWERS)]
    units = sorted({*asked} - {*cases} - {*answers}, key=lambda test: -near.get(test, 0.0))
    quick = [test for test in units if map.seconds[test] < QUICK]
    slower = sorted((test for test in units if map.seconds[test] >= QUICK), key=lambda test: map.seconds[test])
    first = [*cases[:NEAR], *quick[:NEAR], *cases[NEAR:], *quick[NEAR:], *slower, *answers]
    known = list(known)
    old = {*map.tests, *map.unfit}
    new = [name for name in known if name not in old and not name.startswith(NEVER_SILENT)]
    return [*new, *(map.tests[test] for test in first), *_silences(mutant.file, known)]


def _silences(file: str, known: list[str]) -> list[str]:
    """The tests of the checks of a file with damaged inputs."""
    own = {id for id, function in CHECKS.items() if function.__module__ == module_of(file)}
    return [name for name in known if name.startswith(NEVER_SILENT) and name.partition("[")[2].removesuffix("]") in own]


def tried(warm: Warm, source: Source | None, mutant: Mutant, tests: list[str], seconds: float) -> Callable[[], Outcome]:
    """Plant a mutant in a child and run the tests; the answer waits for the outcome. Without a source: plant none."""
    if not tests:
        return lambda: Outcome("unreached")

    def job() -> bytes:
        code = source.changed(mutant) if source else None
        if source and (code is None or not plant(mutant, code)):
            return msgspec.json.encode(Outcome("invalid"))
        warm.forget()
        # What reads no FHIR does not know the release.
        releases = 4 if mutant.file.startswith("cds/fhir/") else 1
        count = 0

        def before() -> bool:
            nonlocal count
            goes_on = time.process_time() - began < seconds
            count += goes_on
            return goes_on

        began = time.process_time()
        by = warm.run(tests, releases, before)
        return msgspec.json.encode(Outcome("killed" if by else "survived", by, count, 0 if by else len(tests) - count))

    wait = in_child(job, seconds * 2)

    def outcome() -> Outcome:
        told = wait()
        return Outcome("timeout") if told is None else msgspec.json.decode(told, type=Outcome)

    return outcome


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
