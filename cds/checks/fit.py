"""Whether a set of knowledge can be used by this code: what the code asks for by name must be there.

The schema of a file cannot say this. Functions of checks look up numbers, wordings, facts and other checks by their
names; the set that ships with this version has every one of them, so another set must have them too. It may say other
things and add to them. What is to be left out is left out by a new version, or switched off by a site.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import cds.checks.all  # noqa: F401  (registers the function checks and facts)
from cds.checks.registry import CHECKS, FACTS
from cds.knowledge.model import Check, Fact, Knowledge
from cds.knowledge.tables import COMPILED

Named = Mapping[str, Any]


def misfits(knowledge: Knowledge, shipped: Knowledge) -> list[str]:
    """What this code could not do with a set of knowledge, as "file: key: fault" lines; both in one profile."""
    return [*_functions(knowledge), *_dropped(knowledge, shipped), *_tables(knowledge, shipped)]


def _functions(knowledge: Knowledge) -> Iterator[str]:
    for id, check in knowledge.checks.items():
        if check.kind == "function" and id not in CHECKS:
            yield f"checks/{id}.toml: kind: this version has no function for it; install the version it was written for"
    for id, fact in knowledge.facts.items():
        if fact.kind == "function" and id not in FACTS:
            yield f"facts.toml: {id}: this version has no function for it; install the version it was written for"


def _dropped(knowledge: Knowledge, shipped: Knowledge) -> Iterator[str]:
    yield from _missing("checks", knowledge.checks, shipped.checks)
    yield from _missing("facts.toml", knowledge.facts, shipped.facts)
    yield from _missing("orderables.toml", knowledge.orderables, shipped.orderables)
    yield from _missing("topics.toml", knowledge.topics, shipped.topics)
    yield from _missing("drugs/ingredients.tsv", knowledge.terminology.ingredients, shipped.terminology.ingredients)
    yield from _missing("drugs/classes.toml", knowledge.terminology.classes, shipped.terminology.classes)
    yield from _missing("codes/conditions.toml", knowledge.terminology.concepts, shipped.terminology.concepts)
    for id, check in knowledge.checks.items():
        if (ours := shipped.checks.get(id)) is not None:
            yield from _parts(id, check, ours)
    for id, fact in knowledge.facts.items():
        if (known := shipped.facts.get(id)) is not None:
            yield from _fact(id, fact, known)


def _parts(id: str, check: Check, ours: Check) -> Iterator[str]:
    """What a function may look up in its check."""
    file = f"checks/{id}.toml"
    if check.kind != ours.kind:
        yield f"{file}: kind: is {check.kind!r}; this version judges it as {ours.kind!r}"
    if ours.kind == "function":
        yield from _missing(f"{file}: numbers", check.numbers, ours.numbers)
        yield from _missing(f"{file}: wording", check.wording, ours.wording)
        yield from _units(f"{file}: numbers", check.numbers, ours.numbers)


def _fact(id: str, fact: Fact, ours: Fact) -> Iterator[str]:
    if fact.kind != ours.kind:
        yield f"facts.toml: {id}: kind: is {fact.kind!r}; this version judges it as {ours.kind!r}"
    yield from _missing(f"facts.toml: {id}.numbers", fact.numbers, ours.numbers)
    yield from _units(f"facts.toml: {id}.numbers", fact.numbers, ours.numbers)


def _units(where: str, theirs: Named, ours: Named) -> Iterator[str]:
    """Code computes in the units it was written for: 5 g is not 5 mg."""
    for name in sorted(set(theirs) & set(ours)):
        if theirs[name].unit != ours[name].unit:
            yield f"{where}.{name}: unit: is {theirs[name].unit!r}; this version computes in {ours[name].unit!r}"


def _missing(where: str, theirs: Named, ours: Named) -> Iterator[str]:
    for name in sorted(set(ours) - set(theirs)):
        yield f"{where}: {name!r} is missing; this version asks for it"


def _tables(knowledge: Knowledge, shipped: Knowledge) -> Iterator[str]:
    """The tables of the arithmetic: the same names all the way down, and the vocabulary that this code was built on."""
    for name, ours in shipped.tables.files.items():
        theirs = knowledge.tables.files.get(name)
        where = f"arithmetic/{name}.toml"
        if theirs is None:
            yield f"{where}: the file is missing"
        elif name == COMPILED:
            if dict(theirs) != dict(ours):
                yield f"{where}: differs; free text is read by the one of this version: it changes with a new version"
        else:
            yield from _shape(where, theirs, ours)


def _shape(where: str, theirs: Named, ours: Named) -> Iterator[str]:
    """Keys that are missing or hold another kind of thing; at the unit of a number, another unit."""
    for key, value in ours.items():
        found = theirs.get(key)
        at = f"{where}: {key}"
        if found is None:
            yield f"{at}: is missing; this version asks for it"
        elif isinstance(value, Mapping):
            if isinstance(found, Mapping):
                yield from _shape(at, found, value)
            else:
                yield f"{at}: must be a table"
        elif key == "unit" and found != value:
            yield f"{at}: is {found!r}; this version computes in {value!r}"
