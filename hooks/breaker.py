"""Servers that do not answer are let rest, so that one of them does not use up the time of everybody else's calls.

Each call that asks a hanging server waits for its whole deadline and holds a thread that other hospitals' calls need.
After a few such calls in a row the server is not asked for some seconds: what it would have told is "not checked" at
once. Then one call tries it again, and the others follow when that one was answered.
"""

from __future__ import annotations

import threading

import msgspec

IN_A_ROW = 3  # calls that nothing at all came back to
REST = 10.0  # seconds
MOST = 1000  # servers remembered; only those that fail are


class _Silent(msgspec.Struct):
    calls: int = 0
    until: float = 0.0


class Breaker:
    """Remembers, per process, which servers were silent. Times are seconds of one clock that only goes forward."""

    def __init__(self, in_a_row: int = IN_A_ROW, rest: float = REST) -> None:
        self._in_a_row = in_a_row
        self._rest = rest
        self._silent: dict[str, _Silent] = {}
        self._lock = threading.Lock()

    def may_ask(self, server: str, now: float) -> bool:
        """Whether to ask; of the calls after a rest, only the first: the others wait for what becomes of it."""
        with self._lock:
            found = self._silent.get(server)
            if found is None or found.calls < self._in_a_row:
                return True
            if now < found.until:
                return False
            found.until = now + self._rest
            return True

    def heard(self, server: str, answered: bool, now: float) -> None:
        """Tell how a call went: whether anything came back, an error included."""
        with self._lock:
            if answered:
                self._silent.pop(server, None)
                return
            if len(self._silent) >= MOST and server not in self._silent:
                self._silent.pop(next(iter(self._silent)))
            found = self._silent.setdefault(server, _Silent())
            found.calls += 1
            found.until = now + self._rest
