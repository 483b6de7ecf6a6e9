"""The numbers that arithmetic itself needs, from ``knowledge/arithmetic`` of the set of knowledge that is being used.

Clinical thresholds of checks are not here; these are equations' limits, ages of values, and how far supply is trusted.
Each number in those files carries value, unit, basis, evidence and meaning; ``tests/knowledge`` holds them to it.

A service may switch to another set of knowledge while it answers. Whoever begins a piece of work names the set that it
is done with (``using``), so that all of it is done with one set; without, it is the set that ships with this version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from cds.knowledge.tables import Tables
from cds.terminology.load import read_toml

P = ParamSpec("P")
T = TypeVar("T")

ROOT = Path(__file__).parent.parent / "knowledge" / "arithmetic"

SHIPPED = Tables(lambda name: read_toml(ROOT / f"{name}.toml"))
_current: ContextVar[Tables] = ContextVar("tables", default=SHIPPED)


class using:  # noqa: N801 (a context manager: `with using(tables):`)
    """Do what follows, in this thread, with these tables."""

    __slots__ = ("_tables", "_token")

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def __enter__(self) -> None:
        self._token: Token[Tables] = _current.set(self._tables)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


def table(name: str) -> Mapping[str, Any]:
    """One file of ``knowledge/arithmetic`` as it stands."""
    return _current.get().files[name]


def numbers(name: str) -> Mapping[str, float]:
    """The values of the ``[numbers.*]`` tables of one file, by name."""
    return _current.get().numbers[name]


def per_set(maxsize: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Remember the answers of a function that reads tables, up to so many, each for the set it was found with."""

    def keep(job: Callable[P, T]) -> Callable[P, T]:
        @lru_cache(maxsize=maxsize)
        def known(_tables: Tables, *args: P.args, **kwargs: P.kwargs) -> T:
            return job(*args, **kwargs)

        @wraps(job)
        def ask(*args: P.args, **kwargs: P.kwargs) -> T:
            return known(_current.get(), *args, **kwargs)  # type: ignore[arg-type]

        return ask

    return keep
