"""What differs between two sets of knowledge, part by part, as a pharmacist would say it.

Each replay keeps in ``knowledge.json`` what its knowledge says: by check (or other part), what is said -> its value.
Long texts and lists are kept as a digest: of them it is only told that they changed. Left out: codes of drugs, of
products and of conditions, and the vocabulary of free-text directions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from cds.findings import Indicator
from cds.knowledge.model import Check, Knowledge, Levels, Number, Pairing, Risk, Shift

FILE = "knowledge.json"
Said = dict[str, dict[str, str]]
_DIGEST = "sha256:"  # how a value begins that is too long to be shown
_LONGEST = 160  # characters that still fit into a cell
_ABSENT = "–"
_APART = {"id", "numbers", "levels", "wording", "bands", "pairings", "risks"}  # are told apart
_NOT_SAID = {"created", "changed", "owner", "review"}  # no card depends on them


class Edit(msgspec.Struct, frozen=True):
    """One difference. ``part``: a check's id, or what else of the knowledge it is. "changed" where it is too long.

    ``before``, ``after``: "–" where there is no such thing.
    """

    part: str
    what: str
    before: str
    after: str


def edits(a: Path, b: Path) -> list[Edit] | None:
    """What differs between the knowledge of two replays; None when one of them did not keep what it says."""
    if not all((folder / FILE).exists() for folder in (a, b)):
        return None
    one, other = (msgspec.json.decode((folder / FILE).read_bytes(), type=Said) for folder in (a, b))
    return between(one, other)


def between(one: Said, other: Said) -> list[Edit]:
    """The same of what two sets say."""
    return [edit for part in {**one, **other} for edit in _of_part(part, one.get(part), other.get(part))]


def _of_part(part: str, one: Mapping[str, str] | None, other: Mapping[str, str] | None) -> Iterator[Edit]:
    if one is None or other is None:
        yield Edit(part, "all of it", *("there" if side is not None else _ABSENT for side in (one, other)))
        return
    for what in {**one, **other}:
        before, after = one.get(what, _ABSENT), other.get(what, _ABSENT)
        if before != after:
            yield Edit(part, what, *_readable(before, after))


def _readable(before: str, after: str) -> tuple[str, str]:
    if before.startswith(_DIGEST) and after.startswith(_DIGEST):
        return "", "changed"
    long = [one.startswith(_DIGEST) for one in (before, after)]
    return ("there" if long[0] else before), ("there" if long[1] else after)


def keep(knowledge: Knowledge, folder: Path) -> None:
    """Write down what the knowledge of a replay says."""
    (folder / FILE).write_bytes(msgspec.json.encode(said(knowledge)))


# -- what a set of knowledge says --------------------------------------------------------------------------------------


def said(knowledge: Knowledge) -> Said:
    """What cards depend on, but for codes: each check by its id, then what many checks share."""
    found = {id: dict(_of_check(check, knowledge)) for id, check in sorted(knowledge.checks.items())}
    for name in ("limits", "starts", "orderables", "overrides", "topics", "evidence", "frame"):
        found[name] = {id: _value(one) for id, one in sorted(getattr(knowledge, name).items())}
    found["facts"] = dict(_facts(knowledge))
    found["terminology"] = dict(_terms(knowledge))
    for name, table in sorted(knowledge.tables.files.items()):
        found[f"arithmetic: {name}"] = dict(_table(table))
    return found


def _of_check(check: Check, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    for name, number in check.numbers.items():
        yield from _number(name, number)
    yield from _levels(check.levels)
    for at, band in enumerate(check.bands, 1):
        yield f"level {at}", f"{_word(band.to)} above {band.above} ({band.wording})"
    yield from _groups("pairing", check.pairings)
    yield from _groups("risk", check.risks)
    for name, words in check.wording.items():
        yield f'headline of wording "{name}"', words.headline
        yield f'rest of wording "{name}"', _digest((words.why, words.do))
    for field in check.__struct_fields__:
        if field not in _APART | _NOT_SAID:
            yield field.replace("_", " "), _value(getattr(check, field))
    yield "at this site", _at_site(check.id, knowledge)


def _groups(name: str, groups: Iterable[Pairing | Risk]) -> Iterator[tuple[str, str]]:
    for at, one in enumerate(groups, 1):
        yield f"level of {name} {at}", _word(one.to)
        yield f"rule of {name} {at}", _digest(msgspec.structs.replace(one, to=Indicator.SILENT))


def _at_site(check: str, knowledge: Knowledge) -> str:
    if check in knowledge.off:
        return "off"
    if check in knowledge.silent:
        return "silent"
    return f"at most {_word(knowledge.caps[check])}" if check in knowledge.caps else "as usual"


def _number(name: str, number: Number) -> Iterator[tuple[str, str]]:
    yield f"number {name}", f"{number.value:g} {number.unit}"
    yield f"basis and sources of number {name}", _digest((number.basis, number.evidence, number.meaning, number.site))


def _levels(levels: Levels) -> Iterator[tuple[str, str]]:
    yield "level", _word(levels.base)
    yield "level of a renewal", _word(levels.renewal) if levels.renewal is not None else "as otherwise"
    yield "level raised", _shifts(levels.raised)
    yield "level lowered", _shifts(levels.lowered)


def _shifts(shifts: Iterable[Shift]) -> str:
    return "; ".join(map(_shift, shifts)) or "never"


def _shift(shift: Shift) -> str:
    groups = (("all of", shift.all), ("any of", shift.any))
    told = " and ".join(f"{word} {', '.join(facts)}" for word, facts in groups if facts)
    return f"to {_word(shift.to)} by {told}{' (firmly)' if shift.firm else ''}"


def _facts(knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    for id, fact in sorted(knowledge.facts.items()):
        for name, number in fact.numbers.items():
            yield f"{id}, number {name}", f"{number.value:g} {number.unit}"
        yield f"{id}, words", fact.words
        yield f"{id}, rest", _digest(fact)


def _terms(knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """What classes and conditions stand for, as far as the checks name them."""
    known = knowledge.terminology
    names = {name for check in knowledge.checks.values() for name in _classes(check)}
    for name in sorted(names):
        yield f"drugs of class {name}", ", ".join(sorted(known.ingredients_of_class(name)))
    for id, concept in sorted(known.concepts.items()):
        yield f"meaning of {id}", _digest(concept)


def _classes(check: Check) -> Iterator[str]:
    sides = [check.applies_to, check.one, check.other, *(risk.one for risk in check.risks)]
    for pairing in check.pairings:
        sides += [pairing.one, pairing.other]
    for side in sides:
        yield from side.classes


def _table(table: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    """Each entry of a file: what has a value and a unit is a number."""
    for key, value in table.items():
        name = f"{within}{key}"
        if isinstance(value, Mapping) and "value" in value:
            yield name.removeprefix("numbers."), f"{value['value']} {value.get('unit', '')}".strip()
            yield f"basis and sources of {name.removeprefix('numbers.')}", _digest({**value, "value": None})
        elif isinstance(value, Mapping):
            yield from _table(value, f"{name}.")
        else:
            yield name, _value(value)


def _value(value: Any) -> str:
    """As it is where it is a word or a few, else its digest."""
    if isinstance(value, Indicator):
        return _word(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list) and all(isinstance(one, str) for one in value):
        value = ", ".join(value) or "none"
    text = str(value) if isinstance(value, str | int | float) else ""
    return text if 0 < len(text) <= _LONGEST else _digest(value)


def _word(indicator: Indicator) -> str:
    return indicator.name.lower()


def _digest(value: Any) -> str:
    return _DIGEST + hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:16]
