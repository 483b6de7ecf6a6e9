"""Answers remembered between calls, and forgotten again before what they hold grows.

A memo has a bounded number of entries, but an entry is as large as the text it was asked about, and that text comes
from outside: a few thousand calls, each with one medicine whose name fills the body, would fill the memory. So whoever
takes in text says how much, and after ``MOST_HEARD`` of it all memos start anew. What they hold can then never be more
than a small multiple of that; a call that finds them empty costs a few milliseconds more.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar, cast
from weakref import WeakSet

P = ParamSpec("P")
T = TypeVar("T")

MOST_HEARD = 32 * 1024 * 1024  # bytes

_memos: WeakSet[Any] = WeakSet()
_heard = 0


def remember(maxsize: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Remember the answers of a pure function of text from outside, up to so many; for immutable arguments only."""

    def keep(job: Callable[P, T]) -> Callable[P, T]:
        memo = lru_cache(maxsize=maxsize)(job)
        _memos.add(memo)
        return cast(Callable[P, T], memo)

    return keep


def heard(size: int) -> None:
    """So many bytes from outside are about to be read. When it has been much since the last time, forget everything."""
    global _heard
    _heard += size
    if _heard > MOST_HEARD:
        _heard = size
        forget()


def forget() -> None:
    """Start all memos anew."""
    for memo in list(_memos):
        memo.cache_clear()
