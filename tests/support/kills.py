"""Processes of a real service killed (SIGKILL) while feedback is sent to it, and what of it is found afterwards."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import msgspec
import orjson

from hooks.store import Store
from tests.support.load import ANSWERED, DROPPED, load, post, workers_of
from tests.support.server import Server, start

PATH = "/cds-services/gabaguard-order-sign/feedback"
_ITEM = {"outcome": "overridden", "outcomeTimestamp": "2026-06-10T12:00:00Z"}
_SENDERS = 4
_SEEN = 2  # acknowledged items before the first kill of a block: the service writes


class Figures(msgspec.Struct):
    """What happened. ``doubtful``: the caller got no answer, and so sent the same item again."""

    kills: int = 0
    acknowledged: int = 0
    doubtful: int = 0
    found: int = 0
    lost: int = 0
    duplicates: int = 0

    def add(self, other: Figures) -> None:
        """Add up."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def __str__(self) -> str:
        return ", ".join(f"{getattr(self, name)} {name}" for name in self.__struct_fields__)


class Sender:
    """Sends items one after the other; one without an answer, or with 503, is sent again until it is acknowledged."""

    def __init__(self, port: int, prefix: str) -> None:
        self.port = port
        self.acknowledged: list[str] = []
        self._prefix = prefix
        self._numbers = count()
        self._lock = threading.Lock()
        self._own = threading.local()

    def __call__(self) -> tuple[str, int]:
        card = getattr(self._own, "card", "")
        if not card:
            with self._lock:
                card = self._own.card = f"{self._prefix}-{next(self._numbers)}"
        became, status = post(self.port, PATH, orjson.dumps({"feedback": [_ITEM | {"card": card}]}), 20)
        if status == 200:
            self._own.card = ""
            with self._lock:
                self.acknowledged.append(card)
        return became, status


@contextmanager
def service(tmp: Path, database: str) -> Iterator[tuple[subprocess.Popen[bytes], Server]]:
    """A service of two workers; nothing of it is left at the end."""
    process, server = start(tmp, GABAGUARD_WORKERS="2", GABAGUARD_DATABASE_URL=database, GABAGUARD_LOG_LEVEL="error")
    try:
        yield process, server
    finally:
        kill_all(process)


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """Kill a service: the main process first, so that it starts no worker again."""
    children = workers_of(process.pid) if process.poll() is None else []
    process.kill()
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    process.wait()


def kill(tmp: Path, database: str, workers: int, chance: random.Random, prefix: str) -> Figures:
    """Kill a worker so many times, then the whole service, at random moments while feedback is sent.

    The workers come back by themselves. ``prefix`` marks the items of this service.
    """
    with service(tmp, database) as (process, server):
        sender = Sender(server.port, prefix)
        with load(sender, _SENDERS) as sending:
            sending.wait_for(_SEEN)
            for number in range(workers):
                time.sleep(chance.uniform(0.0, 0.25))
                victim = workers_of(process.pid)[0]  # the oldest: one that dies young twice ends the service
                os.kill(victim, signal.SIGKILL)
                _until_two(process, victim, number)
            sending.wait_for(sending.count[ANSWERED] + _SEEN)
            time.sleep(chance.uniform(0.0, 0.25))
            kill_all(process)
    return _figures(database, sender, sending.count, workers + 1, prefix)


def _until_two(process: subprocess.Popen[bytes], victim: int, number: int) -> None:
    """Wait until the killed worker has been replaced."""
    end = time.monotonic() + 20
    while len(now := workers_of(process.pid)) < 2 or victim in now:
        assert process.poll() is None, f"the service ended after kill {number}"
        assert time.monotonic() < end, f"the worker was not started again after kill {number}"
        time.sleep(0.01)


def _figures(database: str, sender: Sender, became: Counter[str], kills: int, prefix: str) -> Figures:
    store = Store(database)
    kept = Counter(row["card"] for row in store.feedback_rows() if row["card"].startswith(f"{prefix}-"))
    store.close()
    given = set(sender.acknowledged)
    return Figures(
        kills=kills,
        acknowledged=len(given),
        doubtful=became[DROPPED] + sum(n for name, n in became.items() if name.startswith("status")),
        found=sum(1 for card in given if kept[card]),
        lost=sum(1 for card in given if not kept[card]),
        duplicates=sum(n - 1 for n in kept.values()),
    )
