"""One service for all HTTP tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.server import MAX_BODY, PLANTED, PUBLIC_URL, Server, start, stop


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service of its own process; at the end its log is searched for what the tests planted."""
    process, server = start(
        tmp_path_factory.mktemp("server"), GABAGUARD_PUBLIC_URL=PUBLIC_URL, GABAGUARD_MAX_BODY=str(MAX_BODY)
    )
    yield server
    stop(process)
    text = server.log.read_text()
    assert not [planted for planted in PLANTED if planted in text], "the log holds what it must not"
    assert '"event": "request"' in text or '"event":"request"' in text
