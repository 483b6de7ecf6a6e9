"""Which tokens have been used: each is good for one call.

A token is noted only after its signature was verified: otherwise anybody could use up the jti of a client's next call.
"""

from __future__ import annotations

import hashlib
import heapq
import threading
from typing import Protocol

MOST_PER_CLIENT = 200_000  # used and unexpired at once: 500 calls a second, each token good for 6 minutes


class SeenUnavailable(Exception):
    """The memory of used tokens cannot be asked or is full: a call that needs it cannot be admitted now."""


class SeenTokens(Protocol):
    """The memory of used tokens. One that processes share must note and answer in one step, as this one does."""

    def first_use(self, client: str, jti: str, until: float, now: float) -> bool:
        """Note the use of a token until it has expired (Unix seconds); False when it had been used before.

        Raises ``SeenUnavailable``.
        """


class SeenHere:
    """The memory of one process. It is lost on restart, and other processes do not see it."""

    def __init__(self, most: int = MOST_PER_CLIENT) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._seen: dict[str, set[bytes]] = {}
        self._expiry: dict[str, list[tuple[float, bytes]]] = {}

    def first_use(self, client: str, jti: str, until: float, now: float) -> bool:
        """Note the use of a token. A client that fills its share is refused; no other client is touched by it."""
        mark = hashlib.blake2b(jti.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        with self._lock:
            seen = self._seen.setdefault(client, set())
            expiry = self._expiry.setdefault(client, [])
            while expiry and expiry[0][0] <= now:
                seen.discard(heapq.heappop(expiry)[1])
            if mark in seen:
                return False
            if len(seen) >= self._most:
                raise SeenUnavailable
            seen.add(mark)
            heapq.heappush(expiry, (until, mark))
            return True
