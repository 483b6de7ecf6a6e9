"""Patients for whom it is known what must be said. A service that does not say it is not ready to advise anybody.

They go the whole way of a call: when a worker has started, every minute, and when a set of knowledge is chosen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import orjson

from hooks.engine import Engine
from hooks.respond import respond
from hooks.sandbox.compose import request_for
from hooks.sandbox.people import people
from hooks.services import service_for_hook

EVERY = 60.0  # seconds
# Patient -> the finding that must be there ("" for none: no card at all).
EXPECTED = {
    "kidney": "baclofen-renal-dose critical",
    "triple": "opioid-benzodiazepine critical",
    "stop": "baclofen-abrupt-stop critical",
    "child": "baclofen-pediatric-dose critical",
    "quiet": "",
}


class Canaries:
    """The last result, and when it was made."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = threading.Lock()
        self._at: float | None = None
        self._silent: tuple[str, ...] = ()

    def silent(self) -> tuple[str, ...]:
        """The patients for whom the wrong thing is said; none when all is well."""
        with self._lock:
            now = self._clock()
            if self._at is None or now - self._at >= EVERY:
                self._silent = tuple(id for id in EXPECTED if not _sings(id, self._engine))
                self._at = now
            return self._silent


def _sings(id: str, engine: Engine) -> bool:
    """Whether what is said of a patient is what must be said."""
    person = people()[id]
    service = service_for_hook("order-sign")
    if service is None:
        return False
    try:
        request = request_for(person, person.order, service, "R4", engine.today())
        answer = respond(orjson.dumps(request), service, engine)
        body = orjson.loads(answer.body)
        cards = body["cards"]
        found = {
            f"{one['check']} {one['indicator']}"
            for card in cards
            for one in card.get("extension", {}).get("org.gabaguard.findings", ())
        }
    except Exception:
        return False
    return EXPECTED[id] in found if EXPECTED[id] else not cards
