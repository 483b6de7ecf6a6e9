"""Used tokens that several processes share, in the database.

A token is first looked up in the memory of this process, then noted in the database. When the database is away the
memory of the process decides alone: a replay may then be met by another process once, but no prescriber goes without
advice because a disk is full. The log says so.
"""

from __future__ import annotations

import hashlib

from hooks.audit import Audit
from hooks.errors import StoreUnavailable
from hooks.observe import log
from hooks.replay import SeenHere
from hooks.settings import Settings


def is_shared(settings: Settings) -> bool:
    """Whether others than this process meet the same tokens."""
    return settings.database_url != "off" and (
        settings.workers > 1 or settings.database_url.startswith(("postgresql", "postgres"))
    )


class SeenTogether:
    """The memory of all processes on one database. See ``SeenTokens``."""

    def __init__(self, memory: Audit) -> None:
        self._memory = memory
        self._here = SeenHere()

    def first_use(self, client: str, jti: str, until: float, now: float) -> bool:
        """Note the use of a token until it has expired; False when it had been used before."""
        if not self._here.first_use(client, jti, until, now):
            return False
        mark = hashlib.sha256(jti.encode("utf-8", "surrogatepass")).hexdigest()
        try:
            return self._memory.store.first_use(client, mark, until)
        except StoreUnavailable:
            log().error("used tokens are remembered by this process only: the database is away")
            return True
