"""A real server on loopback: granian in a process of its own, as ``gabaguard serve`` starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from socket import create_server
from ssl import SSLContext
from typing import Any, NamedTuple

PUBLIC_URL = "https://cds.example.org/gabaguard"
MAX_BODY = 200_000
PLANTED = ("planted-token-7c1f", "Planted Family", "planted-mrn-5512", "kidney-72", "Jane Roe")


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, parsed strictly: no NaN, no member twice."""
        return json.loads(self.body, object_pairs_hook=_once, parse_constant=_no_constant)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    assert len(found) == len(pairs), "a member is there twice"
    return found


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


class Server:
    """A running service."""

    def __init__(self, port: int, log: Path, tls: SSLContext | None = None) -> None:
        self.port = port
        self.log = log
        self.tls = tls

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
        """One request; header names are written with underscores."""
        if self.tls is None:
            connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        else:
            connection = HTTPSConnection("127.0.0.1", self.port, timeout=30, context=self.tls)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body or None, named)
            response = connection.getresponse()
            return Reply(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Reply:
        """GET."""
        return self.ask("GET", path, **headers)

    def post(self, service: str, body: bytes, **headers: str) -> Reply:
        """Post a call to a service."""
        return self.ask("POST", f"/cds-services/{service}", body, **{"Content_Type": "application/json"} | headers)


def start(tmp: Path, tls: SSLContext | None = None, **settings: str) -> tuple[subprocess.Popen[bytes], Server]:
    """Start a service with these settings and wait until it is ready. ``tls``: how to speak to it if it speaks TLS."""
    with create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GABAGUARD_")}
    environment |= {"GABAGUARD_PORT": str(port), "GABAGUARD_AS_OF": "2026-06-10"} | settings
    environment.setdefault("GABAGUARD_DATABASE_URL", str(tmp / f"server-{port}.sqlite"))
    environment.setdefault("GABAGUARD_KNOWLEDGE", str(tmp / f"knowledge-{port}"))
    environment.setdefault("GABAGUARD_SEAL", "warn")  # what is tested may be newer than its seal
    log = tmp / f"server-{port}.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-c", "from hooks.serve import serve; serve()"],
            env=environment,
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).resolve().parents[2],
        )
    server = Server(port, log, tls)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            if server.get("/health/ready").status == 200:
                return process, server
        except OSError:
            time.sleep(0.05)
    process.kill()
    raise AssertionError(f"the service did not become ready:\n{log.read_text()}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a service, gently at first."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
