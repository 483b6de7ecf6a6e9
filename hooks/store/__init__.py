"""What the service remembers: feedback, one row per call, used tokens.

Advice neither waits for it nor depends on it: calls are noted by a thread of their own (``audit.py``). Feedback is
stored before it is acknowledged.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from hooks.errors import StoreUnavailable
from hooks.feedback import Feedback
from hooks.store.database import open_database, transaction
from hooks.store.tables import calls, feedback, keys, shown, used_tokens

__all__ = ["Store", "StoreUnavailable"]

Row = dict[str, Any]
_MOST_SHOWN = 50_000  # rows that are looked at, the newest
_AGAIN = timedelta(seconds=2)  # after a failed opening the next is tried no sooner


class Store:
    """One database, opened when first needed; safe to share between threads. Every method may raise
    ``StoreUnavailable``.
    """

    def __init__(self, url: str, *, comments: bool = False) -> None:
        self._url = url
        self._comments = comments
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._failed_at: datetime | None = None
        self._key: bytes | None = None

    # -- feedback -----------------------------------------------------------------------------------------------------

    def keep_feedback(self, items: Sequence[Feedback], *, client: str, service: str) -> None:
        """Store all items of a call, or none. What was stored before is not stored again."""
        now = datetime.now(UTC)
        rows = [self._feedback_row(item, client, service, now) for item in items]
        with transaction(self.engine) as connection:
            connection.execute(self._insert(feedback).on_conflict_do_nothing(index_elements=["mark"]), rows)

    def _feedback_row(self, item: Feedback, client: str, service: str, now: datetime) -> Row:
        return {
            "received": now,
            "client": client,
            "service": service,
            "card": item.card,
            "outcome": item.outcome,
            "outcome_at": item.at,
            "suggestions": orjson.dumps(item.suggestions).decode(),
            "reason_code": item.reason_code,
            "reason_system": item.reason_system,
            "comment": item.comment if self._comments else "",
            "mark": item.mark(client, service),
        }

    def feedback_rows(self, limit: int = 100_000) -> list[Row]:
        """What is kept, oldest first."""
        return self._rows(select(feedback).order_by(feedback.c.id).limit(limit))

    # -- calls --------------------------------------------------------------------------------------------------------

    def keep_calls(self, rows: Sequence[Row], seen: Sequence[Row] = ()) -> None:
        """Note calls, and what they showed to sites that do not want it twice (``audit.py`` makes the rows)."""
        if rows:
            with transaction(self.engine) as connection:
                connection.execute(calls.insert(), list(rows))
                if seen:
                    connection.execute(shown.insert(), list(seen))

    def shown_lately(self, client: str, since: datetime, hook: str) -> list[Row]:
        """What a hook showed a client since then: ``at``, ``level``, ``mark``; the newest, if they are very many."""
        wanted = (shown.c.client == client) & (shown.c.hook == hook) & (shown.c.at >= since)
        rows = select(shown.c.at, shown.c.level, shown.c.mark).where(wanted).order_by(shown.c.id.desc())
        return self._rows(rows.limit(_MOST_SHOWN))

    def overridden_lately(self, client: str, since: datetime) -> list[Row]:
        """What a client overrode with a reason since then: ``received``, ``level``, ``mark``."""
        same = (shown.c.card == feedback.c.card) & (shown.c.client == feedback.c.client)
        wanted = (feedback.c.client == client) & (feedback.c.received >= since)
        wanted &= (feedback.c.outcome == "overridden") & (feedback.c.reason_code != "")
        rows = select(feedback.c.received, shown.c.level, shown.c.mark).join(shown, same).where(wanted)
        return self._rows(rows.order_by(feedback.c.id.desc()).limit(_MOST_SHOWN))

    def call_rows(self, limit: int = 100_000) -> list[Row]:
        """What is kept, oldest first."""
        return self._rows(select(calls).order_by(calls.c.id).limit(limit))

    def each_call(self, since: datetime | None = None, client: str | None = None) -> Iterator[Row]:
        """What insights need of each call, oldest first, without holding all."""
        wanted = select(calls.c.knowledge, calls.c.ms, calls.c.findings, calls.c.not_checked, calls.c.cards)
        return self._each(wanted.order_by(calls.c.id), calls.c.at, calls.c.client, since, client)

    def each_feedback(self, since: datetime | None = None, client: str | None = None) -> Iterator[Row]:
        """The same of each item of feedback."""
        wanted = select(feedback.c.card, feedback.c.outcome, feedback.c.reason_code).order_by(feedback.c.id)
        return self._each(wanted, feedback.c.received, feedback.c.client, since, client)

    def _each(self, wanted: Any, at: Any, by: Any, since: datetime | None, client: str | None) -> Iterator[Row]:
        if since is not None:
            wanted = wanted.where(at >= since)
        if client is not None:
            wanted = wanted.where(by == client)
        with transaction(self.engine, reads=True) as connection:
            for row in connection.execution_options(yield_per=1000).execute(wanted).mappings():
                yield dict(row)

    def calls_of(self, hook_instance: str, client: str) -> list[Row]:
        """The calls of one hook instance that a client made, oldest first."""
        wanted = (calls.c.hook_instance == hook_instance) & (calls.c.client == client)
        return self._rows(select(calls).where(wanted).order_by(calls.c.id).limit(100))

    def patient_mark(self, patient_id: str) -> str:
        """A patient as a keyed hash: the same for the same id, and of no use without the key of this database."""
        if self._key is None:
            self._key = self._read_key()
        return hmac.new(self._key, patient_id.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]

    def _read_key(self) -> bytes:
        with transaction(self.engine) as connection:
            made = {"name": "patients", "value": secrets.token_hex(32)}
            connection.execute(self._insert(keys).on_conflict_do_nothing(index_elements=["name"]), made)
            found = connection.execute(select(keys.c.value).where(keys.c.name == "patients")).scalar_one()
        return bytes.fromhex(found)

    # -- used tokens --------------------------------------------------------------------------------------------------

    def first_use(self, client: str, mark: str, until: float) -> bool:
        """Note a used token in one step; False when it had been used before, by whatever process."""
        row = {"client": client, "mark": mark, "until": until}
        with transaction(self.engine) as connection:
            statement = self._insert(used_tokens).on_conflict_do_nothing(index_elements=["client", "mark"])
            return connection.execute(statement.returning(used_tokens.c.mark), row).first() is not None

    def forget_tokens(self, now: float) -> int:
        """Forget expired tokens; how many."""
        with transaction(self.engine) as connection:
            return connection.execute(delete(used_tokens).where(used_tokens.c.until <= now)).rowcount

    # -- keeping and forgetting ---------------------------------------------------------------------------------------

    def purge(self, *, calls_before: datetime | None = None, feedback_before: datetime | None = None) -> dict[str, int]:
        """Delete what is older; how many rows of each."""
        gone = {"calls": 0, "feedback": 0}
        with transaction(self.engine) as connection:
            if calls_before is not None:
                gone["calls"] = connection.execute(delete(calls).where(calls.c.at < calls_before)).rowcount
                connection.execute(delete(shown).where(shown.c.at < calls_before))
            if feedback_before is not None:
                older = feedback.c.received < feedback_before
                gone["feedback"] = connection.execute(delete(feedback).where(older)).rowcount
        return gone

    def older(self, *, calls_before: datetime | None = None, feedback_before: datetime | None = None) -> dict[str, int]:
        """How many rows of each ``purge`` would delete."""
        wanted = {
            "calls": (calls, calls.c.at, calls_before),
            "feedback": (feedback, feedback.c.received, feedback_before),
        }
        with transaction(self.engine, reads=True) as connection:
            return {
                name: 0
                if before is None
                else int(connection.execute(select(func.count()).select_from(table).where(at < before)).scalar_one())
                for name, (table, at, before) in wanted.items()
            }

    def counts(self) -> dict[str, int]:
        """Rows of each table."""
        with transaction(self.engine, reads=True) as connection:
            tables = {"calls": calls, "feedback": feedback, "used_tokens": used_tokens}
            return {
                name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
                for name, table in tables.items()
            }

    def _rows(self, statement: Any) -> list[Row]:
        with transaction(self.engine, reads=True) as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def _insert(self, table: Any) -> Any:
        make = insert_postgresql if self.engine.dialect.name == "postgresql" else insert_sqlite
        return make(table)

    # -- the database -------------------------------------------------------------------------------------------------

    @property
    def engine(self) -> Engine:
        """The open database; its tables are up to date."""
        if self._engine is not None:
            return self._engine
        with self._lock:
            if self._engine is None:
                now = datetime.now(UTC)
                if self._failed_at is not None and now - self._failed_at < _AGAIN:
                    raise StoreUnavailable
                try:
                    self._engine = open_database(self._url)
                except StoreUnavailable:
                    self._failed_at = now
                    raise
            return self._engine

    def close(self) -> None:
        """Let go of the database."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None


def decoded(rows: Iterable[Row], *names: str) -> list[Row]:
    """Rows with their JSON columns read."""
    return [row | {name: orjson.loads(row[name]) for name in names} for row in rows]
