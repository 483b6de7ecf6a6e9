"""The database: SQLite in a file, or PostgreSQL by a URL. Opened when first needed, brought up to date then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from hooks.errors import StoreUnavailable

WAIT = 2.0  # seconds for a lock or a connection, then the caller is told to try again
_MIGRATING_MS = 10_000  # tables being made may take longer than a statement, and so may waiting for it
_MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 5_390_172_011  # PostgreSQL advisory lock: one process migrates, the others wait


class BadDatabaseUrl(ValueError):
    """The setting names no database that can be used."""


def database_url(text: str) -> URL:
    """The URL of a setting: ``sqlite:///path``, ``postgresql://...``, or a path of an SQLite file."""
    if "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        url = make_url(text.replace("postgres://", "postgresql://", 1))
    except ArgumentError as error:
        raise BadDatabaseUrl("write a path, sqlite:///path or postgresql://user:password@host/name") from error
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite":
        return url
    raise BadDatabaseUrl("only SQLite and PostgreSQL are supported")


def open_database(text: str) -> Engine:
    """An engine whose tables are up to date. Raises ``StoreUnavailable``."""
    url = database_url(text)
    try:
        if url.get_backend_name() == "sqlite":
            Path(url.database or "").absolute().parent.mkdir(parents=True, exist_ok=True)
            engine = create_engine(url, connect_args={"timeout": WAIT}, pool_timeout=WAIT)
            _tune_sqlite(engine)
        else:
            connect = {"connect_timeout": int(WAIT), "options": f"-c statement_timeout={int(WAIT * 1000)}"}
            engine = create_engine(url, connect_args=connect, pool_timeout=WAIT, pool_pre_ping=True)
        _bring_up_to_date(engine)
    except (SQLAlchemyError, OSError) as error:
        raise StoreUnavailable from error
    return engine


def _tune_sqlite(engine: Engine) -> None:
    """What is acknowledged must survive a crash: a write-ahead log, synced at each commit. Begin where we say so."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _bring_up_to_date(engine: Engine) -> None:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {_MIGRATING_MS}")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
        if MigrationContext.configure(connection).get_current_revision() != newest:
            from alembic import command

            config.attributes["connection"] = connection
            command.upgrade(config, "head")


@contextmanager
def transaction(engine: Engine, *, reads: bool = False) -> Iterator[Connection]:
    """One transaction, committed at the end. Raises ``StoreUnavailable`` for every fault of the database.

    ``reads``: nothing is written, so that SQLite need not wait for writers.
    """
    try:
        with engine.execution_options(reads=reads).begin() as connection:
            yield connection
    except (SQLAlchemyError, OSError) as error:
        raise StoreUnavailable from error
