"""Knowledge is switched under a running service: every call is answered, wholly with one set, and a bad set changes
nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from tests.support.load import ANSWERED, DROPPED, load
from tests.support.server import Server, start, stop
from tests.support.sets import SEEN, edited, gabaguard, triple

SERVICE = "/cds-services/gabaguard-order-sign"


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set with another factor, another headline and another source."""
    return edited(tmp_path_factory.mktemp("sets") / "other", *SEEN)


def _ask(port: int, body: bytes) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", SERVICE, body, {"Content-Type": "application/json", "Connection": "close"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _version(server: Server) -> str:
    return str(server.get("/health/ready").json()["knowledgeVersion"])


def test_every_call_is_answered_wholly_with_one_set_while_it_is_switched(tmp_path: Path, other: Path) -> None:
    home = {"GABAGUARD_KNOWLEDGE": str(tmp_path / "home")}
    process, server = start(tmp_path, GABAGUARD_WORKERS="2", GABAGUARD_LOG_LEVEL="error", **home)
    seen: Counter[bytes] = Counter()
    body = triple()
    try:
        shipped = _ask(server.port, body)[1]
        code, words = gabaguard("knowledge", "use", str(other), **home)
        assert code == 0, words + server.log.read_text()
        switched = {_ask(server.port, body)[1] for _ in range(8)}
        assert len(switched) == 1, "after the command has ended no worker answers with the old set"
        switched_body = switched.pop()
        assert switched_body != shipped

        def call() -> tuple[str, int]:
            try:
                status, answer = _ask(server.port, body)
            except (OSError, HTTPException):
                return DROPPED, 0
            seen[answer] += 1
            return ANSWERED, status

        with load(call, threads=2) as calling:
            for wanted in ("previous", str(other), "previous"):
                code, words = gabaguard("knowledge", "use", wanted, **home)
                assert code == 0, words
                assert "2 workers have switched" in words
            calling.wait_for(calling.count[ANSWERED] + 50)
        assert set(calling.count) == {ANSWERED}, calling.count
        assert calling.count[ANSWERED] > 300
        assert set(seen) == {shipped, switched_body}
    finally:
        stop(process)


def test_a_bad_set_changes_nothing_and_a_good_one_outlives_a_restart(tmp_path: Path, other: Path) -> None:
    home = {"GABAGUARD_KNOWLEDGE": str(tmp_path / "home")}
    process, server = start(tmp_path, GABAGUARD_WORKERS="2", GABAGUARD_LOG_LEVEL="error", **home)
    try:
        before = _version(server)
        bad = edited(tmp_path / "bad", ("checks/baclofen-renal-dose.toml", 'kind = "function"', 'kind = "no-kind"'))
        code, words = gabaguard("knowledge", "use", str(bad), **home)
        assert code == 1
        assert "checks/baclofen-renal-dose.toml: kind" in words
        assert _version(server) == before
        assert gabaguard("knowledge", "use", str(other), **home)[0] == 0
        after = _version(server)
        assert after != before
        told = server.get("/metrics").body.decode()
        assert told.count(f'version="{after}"') == 2, "each worker tells"
        assert gabaguard("knowledge", "status", **home)[0] == 0
    finally:
        stop(process)
    process, server = start(tmp_path, GABAGUARD_LOG_LEVEL="error", **home)
    try:
        assert _version(server) == after
        _damage(tmp_path / "home" / "sets")
        assert _version(server) == after, "what is in memory is whole"
        # Chosen again, the damaged set is refused by the command, and again by a worker that is led to it all the same.
        code, words = gabaguard("knowledge", "use", after.rpartition(".")[0], **home)
        assert code == 1
        assert "differs from what was examined" in words
        chosen = tmp_path / "home" / "chosen.json"
        chosen.write_bytes(chosen.read_bytes().replace(b'"at":"', b'"at":"x'))
        end = time.monotonic() + 20
        while "knowledgeRefused" not in (ready := server.get("/health/ready").json()):
            assert time.monotonic() < end, ready
            time.sleep(0.1)
        assert ready["knowledgeVersion"] == after
        assert "topics.toml: differs" in ready["knowledgeRefused"]["faults"][0]
        assert "gabaguard_knowledge_refused" in (text := server.get("/metrics").body.decode())
        assert 'gabaguard_knowledge_refused{worker="' in text
        assert gabaguard("knowledge", "status", **home)[0] == 1
    finally:
        stop(process)
    code, words = gabaguard("serve", "--port", str(server.port), **home)
    assert code == 2, "a start with a damaged set is refused, and no other is taken in its place"
    assert "topics.toml: differs from what was examined" in words


def _damage(sets: Path) -> None:
    """Change one byte of the one set that is kept."""
    (path,) = sets.glob("*/topics.toml")
    content = path.read_bytes()
    at = content.index(b'title = "') + 10
    path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
