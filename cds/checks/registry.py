"""Where function checks and facts are found by their ids."""

from __future__ import annotations

from collections.abc import Callable

from cds.case import Maybe
from cds.findings import Outcome
from cds.knowledge.model import Check, Fact
from cds.view import Present, View

CheckFunction = Callable[[View, Check], Outcome]
FactFunction = Callable[[View, tuple[Present, ...], Fact], Maybe[bool]]

TellFunction = Callable[[View], tuple[str, ...]]

CHECKS: dict[str, CheckFunction] = {}
FACTS: dict[str, FactFunction] = {}
TELLS: dict[str, TellFunction] = {}  # what a fact of the patient was read from, in a card's words


def check(id: str) -> Callable[[CheckFunction], CheckFunction]:
    """Register the function of the check with this id (kind "function" in its knowledge file)."""

    def register(function: CheckFunction) -> CheckFunction:
        if id in CHECKS:
            raise ValueError(f"check {id!r} is registered twice")
        CHECKS[id] = function
        return function

    return register


def fact(id: str) -> Callable[[FactFunction], FactFunction]:
    """Register the function of the fact with this id (kind "function" in facts.toml)."""

    def register(function: FactFunction) -> FactFunction:
        if id in FACTS:
            raise ValueError(f"fact {id!r} is registered twice")
        FACTS[id] = function
        return function

    return register


def tells(*ids: str) -> Callable[[TellFunction], TellFunction]:
    """Register what a card shows as seen when one of these facts made a risk hold."""

    def register(function: TellFunction) -> TellFunction:
        TELLS.update(dict.fromkeys(ids, function))
        return function

    return register
