"""A token is good once: until it has expired, whoever uses it, and never at the cost of another client."""

from __future__ import annotations

import threading

import pytest

from hooks.replay import SeenHere, SeenUnavailable


def test_a_jti_is_new_once_until_it_has_expired() -> None:
    seen = SeenHere()
    assert seen.first_use("a", "1", until=100, now=10)
    assert not seen.first_use("a", "1", until=100, now=99.9)
    assert seen.first_use("a", "1", until=300, now=100)
    assert seen.first_use("b", "1", until=300, now=100)


def test_one_of_many_threads_wins() -> None:
    seen = SeenHere()
    start = threading.Barrier(50)
    won: list[bool] = []

    def use() -> None:
        start.wait()
        won.append(seen.first_use("a", "same", until=100, now=0))

    threads = [threading.Thread(target=use) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 49 + [True]


def test_a_full_memory_refuses_its_client_and_forgets_nothing() -> None:
    """Forgetting would let a token be used again; the room comes back as tokens expire."""
    seen = SeenHere(most=3)
    for at in range(3):
        assert seen.first_use("a", str(at), until=100 + at, now=0)
    with pytest.raises(SeenUnavailable):
        seen.first_use("a", "3", until=200, now=0)
    assert not seen.first_use("a", "0", until=100, now=0)
    assert seen.first_use("b", "3", until=200, now=0)
    assert seen.first_use("a", "3", until=200, now=100)


def test_expired_tokens_leave_nothing_behind() -> None:
    seen = SeenHere()
    for at in range(1000):
        seen.first_use("a", str(at), until=at + 1, now=at)
    assert len(seen._seen["a"]) == len(seen._expiry["a"]) == 1
