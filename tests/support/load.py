"""Load on a real service, by threads that note what became of every request: answered, never accepted, or dropped."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

# A connection that is refused was never accepted: the caller knows at once, and nothing was lost on the way.
ANSWERED, REFUSED, DROPPED = "answered", "refused", "dropped"
_BREATH = 0.02  # seconds before a refused caller tries again


def workers_of(pid: int) -> list[int]:
    """The process ids of the workers of a service (Linux), oldest first."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"worker" in _command(int(child))]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def post(port: int, path: str, body: bytes, seconds: float = 30) -> tuple[str, int]:
    """One request on a connection of its own: what became of it, and the status (0 without an answer)."""
    connection = HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.connect()
    except OSError:
        connection.close()
        return REFUSED, 0
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json", "Connection": "close"})
        response = connection.getresponse()
        response.read()
        return ANSWERED, response.status
    except (OSError, HTTPException):
        return DROPPED, 0
    finally:
        connection.close()


class Load:
    """Threads that call without a pause until stopped; ``count`` holds what became of the calls."""

    def __init__(self, call: Callable[[], tuple[str, int]], threads: int) -> None:
        self.count: Counter[str] = Counter()
        self._call = call
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]

    def _run(self) -> None:
        while not self._ended.is_set():
            became, status = self._call()
            with self._lock:
                self.count[became if became != ANSWERED or status == 200 else f"status {status}"] += 1
            if became == REFUSED:
                time.sleep(_BREATH)

    def wait_for(self, answered: int, seconds: float = 30) -> None:
        """Wait until so many calls were answered."""
        end = time.monotonic() + seconds
        while self.count[ANSWERED] < answered:
            assert time.monotonic() < end, f"the load does not get through: {self.count}"
            time.sleep(0.005)


@contextmanager
def load(call: Callable[[], tuple[str, int]], threads: int = 4) -> Iterator[Load]:
    """Calls all the while that the block runs."""
    found = Load(call, threads)
    for thread in found._threads:
        thread.start()
    try:
        yield found
    finally:
        found._ended.set()
        for thread in found._threads:
            thread.join(60)
