"""The engine that answers now. Each request takes it once, at its beginning, and keeps it to its end."""

from __future__ import annotations

import msgspec
from flask import g

from hooks.engine import Engine


class Refusal(msgspec.Struct, frozen=True):
    """A set that was chosen and is not served, and why."""

    name: str
    faults: tuple[str, ...]


class Current:
    """``engine`` is replaced whole, in one assignment: no request sees half of a change."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.refused: Refusal | None = None

    def switch(self, engine: Engine) -> None:
        """From now on new requests are answered with this one; those that have begun finish with theirs."""
        self.engine = engine
        self.refused = None


def engine() -> Engine:
    """The engine of the request that is being answered."""
    found: Engine = g.engine
    return found
