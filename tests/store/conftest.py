"""The same tests on SQLite and on a real PostgreSQL server, which the suite starts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from hooks.store import Store
from tests.support.postgres import postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own; it ends with the session."""
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'gabaguard.sqlite'}"
        return
    admin = create_engine(request.getfixturevalue("postgres"), isolation_level="AUTOCOMMIT")
    name = "t" + tmp_path.name.replace("-", "_").lower()[-40:]
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield admin.url.set(database=name).render_as_string(hide_password=False)
    admin.dispose()


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A store on it."""
    found = Store(database)
    yield found
    found.close()
