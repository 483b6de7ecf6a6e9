"""Knowledge and code name each other: no question without an answerer, no answerer without a question."""

from __future__ import annotations

import cds.screen  # noqa: F401  (registers every check and fact)
from cds.checks.registry import CHECKS, FACTS
from cds.knowledge.load import load_knowledge


def test_every_function_check_has_its_function_and_every_function_its_check() -> None:
    """A check of kind "function" without code would be "not checked" for every patient."""
    wanted = {check.id for check in load_knowledge().checks.values() if check.kind == "function"}
    assert wanted == set(CHECKS)


def test_every_function_fact_has_its_function_and_every_function_its_fact() -> None:
    """A fact without code would fail every check that names it."""
    wanted = {fact.id for fact in load_knowledge().facts.values() if fact.kind == "function"}
    assert wanted == set(FACTS)
