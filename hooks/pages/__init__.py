"""Evidence pages, where the links on cards lead: each check for a prescriber in doubt and a pharmacy committee.

Everything shown is our own knowledge, escaped by Jinja; nothing of a request is ever shown.
"""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from cds.knowledge.model import Check, Knowledge, Side
from hooks.pages.cases import cases_of

_pages = Environment(loader=PackageLoader("hooks.pages"), autoescape=True, undefined=StrictUndefined)


# UCUM as people write it.
_UNITS = {
    "1": "",
    "a": "years",
    "d": "days",
    "h": "hours",
    "mo": "months",
    "wk": "weeks",
    "mg/d": "mg/day",
    "ug/d": "mcg/day",
}


def evidence_page(check: Check, knowledge: Knowledge) -> str:
    """One check: its question, numbers, words, cases, sources and review status; fit to be printed."""

    def words(shift: Any) -> str:
        items = [knowledge.facts[id].words for id in (*shift.any, *shift.all)]
        return (" and " if shift.all else " or ").join(items)

    sides = [text for side in (check.applies_to, check.one, check.other) if (text := _side(side))]
    fires, quiet = cases_of(check.id)
    values: dict[str, Any] = {
        "units": _UNITS,
        "check": check,
        "knowledge": knowledge,
        "words": words,
        "sides": sides,
        "fires": fires,
        "quiet": quiet,
    }
    return _page("check", check.title, knowledge, **values)


def not_checked_page(knowledge: Knowledge) -> str:
    """What a "not checked" card means."""
    return _page("not-checked", "What could not be checked", knowledge)


def _page(name: str, title: str, known: Knowledge, **values: Any) -> str:
    return _pages.get_template(f"{name}.html").render(title=title, version=known.version, **values)


def _side(side: Side) -> str:
    names = [*side.classes, *side.ingredients]
    return f"Drugs: {', '.join(names)}." if names else ""
