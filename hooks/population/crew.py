"""Worker processes, or none: jobs are done in turn, a few ahead of who takes their results."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from types import TracebackType
from typing import TypeVar, TypeVarTuple

from hooks.population.gather import InterruptedReplayError

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
_AHEAD = 4  # jobs per worker that may wait: more would only take memory


class Crew:
    """So many workers; with one, all is done here."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Crew:
        if self._processes > 1:
            context = get_context("spawn")  # DuckDB has threads here, which a fork would not survive
            self._pool = ProcessPoolExecutor(self._processes, context, initializer=_end_with_parent)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def each(self, job: Callable[[*Ts], T], tasks: Iterable[tuple[*Ts]]) -> Iterator[T]:
        """The results of a job done with each of the arguments, in their order."""
        if self._pool is None:
            for task in tasks:
                yield job(*task)
            return
        waiting: deque[Future[T]] = deque()
        try:
            for task in tasks:
                waiting.append(self._pool.submit(job, *task))
                if len(waiting) >= self._processes * _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise InterruptedReplayError(
                "a worker process was ended from outside (was memory short?); --resume goes on"
            ) from error


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for more work for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the parent decides
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
