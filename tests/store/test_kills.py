"""Processes killed, and processes stopped, under load: what was acknowledged is kept, what was accepted is answered."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hooks.store import Store
from tests.support.cases import case_named
from tests.support.kills import kill
from tests.support.load import ANSWERED, DROPPED, REFUSED, load, post, workers_of
from tests.support.render import render_bytes
from tests.support.server import start

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds worker processes in /proc")

PRESCRIBE = "/cds-services/gabaguard-medication-prescribe"


def test_feedback_outlives_killed_workers_and_a_killed_service_and_is_kept_once(tmp_path: Path, database: str) -> None:
    """make prove kills many more."""
    found = kill(tmp_path, database, 3, random.Random(1), "kills")
    assert found.acknowledged > 0
    assert (found.lost, found.duplicates, found.found) == (0, 0, found.acknowledged)


def test_a_killed_worker_costs_the_calls_that_had_reached_it_and_no_others(tmp_path: Path) -> None:
    body = render_bytes(case_named("renal-egfr-29-start"), "R4")
    process, server = start(tmp_path, GABAGUARD_WORKERS="2", GABAGUARD_LOG_LEVEL="error")
    try:
        with load(lambda: post(server.port, PRESCRIBE, body)) as calling:
            calling.wait_for(40)
            os.kill(workers_of(process.pid)[0], signal.SIGKILL)
            calling.wait_for(calling.count[ANSWERED] + 80)
        assert set(calling.count) <= {ANSWERED, DROPPED, REFUSED}, calling.count
        # One of each of the four callers; on a busy machine a second, as the kernel frees the memory of the dead before
        # it closes its port, and what connects in between is lost with it.
        assert calling.count[DROPPED] <= 8, calling.count
    finally:
        _end(process)


def test_a_stop_under_load_answers_what_was_accepted_and_notes_it(tmp_path: Path, database: str) -> None:
    body = render_bytes(case_named("renal-egfr-29-start"), "R4")
    process, server = start(
        tmp_path, GABAGUARD_WORKERS="2", GABAGUARD_LOG_LEVEL="error", GABAGUARD_DATABASE_URL=database
    )
    store = Store(database)
    try:
        with load(lambda: post(server.port, PRESCRIBE, body)) as calling:
            end = time.monotonic() + 30
            while not store.counts()["calls"] and time.monotonic() < end:
                time.sleep(0.05)  # on a busy machine opening the database may take longer than a stop may
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        assert set(calling.count) <= {ANSWERED, REFUSED, DROPPED}, calling.count
        # On a busy machine a connection may wait unaccepted when the port closes: no service can answer that one.
        assert calling.count[DROPPED] <= 1, calling.count
        assert store.counts()["calls"] == calling.count[ANSWERED]
    finally:
        store.close()
        _end(process)


def test_workers_do_not_outlive_the_service(tmp_path: Path) -> None:
    """Left behind, they would go on answering beside those of the next start: two sets of knowledge on one port."""
    process, server = start(tmp_path, GABAGUARD_WORKERS="2", GABAGUARD_LOG_LEVEL="error")
    workers = workers_of(process.pid)
    process.kill()
    process.wait()
    end = time.monotonic() + 10
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < end, "workers go on without their service"
        time.sleep(0.05)
    assert post(server.port, PRESCRIBE, b"{}")[0] == REFUSED


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
