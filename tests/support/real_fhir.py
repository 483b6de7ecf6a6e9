"""The real FHIR server of the tests (``tests/real_fhir``), in a process of its own.

Without Node.js or its packages the tests that need it do not run: in CI that is a failure, elsewhere a skip that the
end of the test run tells of in its own section.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "real_fhir"
NOT_RUN = "REAL FHIR SERVER NOT AVAILABLE"
_INSTALL = ("npm", "install", "--silent", "--fetch-retries=1", "--fetch-timeout=30000")


class RealFhir:
    """A running server. Each room is a server of its own."""

    def __init__(self, port: int) -> None:
        self.port = port

    def base(self, room: str) -> str:
        """The base URL of a room."""
        return f"http://127.0.0.1:{self.port}/{room}/fhir"

    def furnish(self, room: str, resources: list[Any]) -> None:
        """Fill a room with resources; what was in it is gone."""
        assert self.ask("PUT", f"/{room}", json.dumps(resources).encode())[0] == 204

    def log(self) -> list[dict[str, str]]:
        """The FHIR requests since the last look."""
        found: list[dict[str, str]] = json.loads(self.ask("GET", "/log")[1])
        return found

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """One request, not by our own client."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def real_fhir(token: str = "") -> Iterator[RealFhir]:
    """Start a server, with or without a bearer token, and stop it at the end."""
    _make_ready()
    process = subprocess.Popen(
        ["node", "server.mjs"], cwd=FOLDER, stdout=subprocess.PIPE, env=os.environ | {"TOKEN": token}
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.strip().isdigit(), "the real FHIR server did not start"
        yield RealFhir(int(line))
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def _make_ready() -> None:
    """Install its packages, once, if they are not there."""
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if missing:
        _give_up(f"{' and '.join(missing)} not found")
    with (FOLDER / ".installing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (FOLDER / "node_modules" / ".package-lock.json").exists():
            return
        began = time.monotonic()
        try:
            subprocess.run(_INSTALL, cwd=FOLDER, check=True, timeout=300, capture_output=True)
        except (subprocess.SubprocessError, OSError) as error:
            took = time.monotonic() - began
            _give_up(f"npm install in tests/real_fhir failed after {took:.0f} s ({type(error).__name__})")


def _give_up(why: str) -> None:
    said = f"{NOT_RUN}: {why}. It needs Node.js 20 or newer with npm; then run: cd tests/real_fhir && npm install"
    if os.environ.get("CI"):
        pytest.fail(said, pytrace=False)
    pytest.skip(said)
