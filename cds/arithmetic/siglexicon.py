"""The words of free-text directions and what each means, from ``knowledge/arithmetic/directions.toml``."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from cds.arithmetic.rules import table
from cds.arithmetic.units import DOSE_UNITS, TIME_UNITS, Unit


class Item(msgspec.Struct, frozen=True, gc=False):
    """One meaningful piece of a sig: ``tag`` is its role; numbers, ``unit`` or ``word`` its content."""

    tag: str
    low: float = 0.0
    high: float = 0.0
    unit: Unit | None = None
    word: str = ""


_WORDS = table("directions")
DANGER: frozenset[str] = frozenset(_WORDS["danger"]["phrases"])
"""Words that may mean another dose: never passed over."""
CHANGE: frozenset[str] = frozenset(_WORDS["change"]["phrases"])
"""Words that say the dose does not stay what it is."""

# Words of English that are also units: "a" (UCUM year) is an article, "second" an ordinal, "each" means every.
_NO_TIMES = ("a", "s", "w", "second", "seconds")
_NO_UNITS = ("unit", "dose", "doses", "each")


def lexicon() -> dict[str, Item]:
    """Every word and phrase, as written, with its meaning; where two lists name the same, the later one counts."""
    return dict(_entries())


def _units() -> Iterator[tuple[str, Item]]:
    for spelling, unit in TIME_UNITS.items():
        if spelling not in _NO_TIMES:
            hours = unit.mul / unit.div
            yield spelling, Item("TIME", hours, hours, word=unit.name)
    for spelling, unit in DOSE_UNITS.items():
        if spelling.isalpha() and spelling not in _NO_UNITS:
            yield spelling, Item("UNIT", unit=unit, word=unit.name)


def _numbered(tag: str, group: str, key: str) -> Iterator[tuple[str, Item]]:
    for entry in _WORDS[group]:
        for phrase in entry["phrases"]:
            yield phrase, Item(tag, float(entry[key]), float(entry[key]), word=phrase)


def _entries() -> Iterator[tuple[str, Item]]:
    yield from _units()
    yield from (("dose", Item("DOSES", word="dose")), ("doses", Item("DOSES", word="doses")))
    for phrase in _WORDS["nothing"]["phrases"]:
        yield phrase, Item("FILL", word=phrase)
    for word, value in _WORDS["number_words"].items():
        yield word, Item("NUM", float(value), float(value))
    for tag, role in _WORDS["role"].items():
        for phrase in role["phrases"]:
            yield phrase, Item(tag, word=phrase)
    yield from _numbered("ADV", "adverb", "times")
    yield from _numbered("DAILY", "interval", "hours")
    yield from _numbered("FREQ", "frequency", "per_day")
    for entry in _WORDS["part_of_day"]:
        for phrase in entry["phrases"]:
            yield phrase, Item("SLOT", 1.0, 1.0, word=entry["name"])
