"""Profiles: what a region's texts say otherwise, laid over the knowledge when it is loaded.

A profile names checks, facts and tables of the arithmetic, and for each the values that differ, why, and by which
sources. Tables are merged key by key; any other value takes the place of the one it differs from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec

DEFAULT = "us"
PARTS = ("checks", "facts", "arithmetic")


def profile_ids() -> tuple[str, ...]:
    """The profiles that ship with this version."""
    return tuple(sorted(path.stem for path in (Path(__file__).parent / "profiles").glob("*.toml")))


class Difference(msgspec.Struct, frozen=True):
    """What differs in one file, in one sentence, and the sources that say so."""

    differs: str
    evidence: tuple[str, ...]


class Profile(msgspec.Struct, frozen=True):
    """``differences``: by part and id, "checks/peptic-ulcer-baclofen"."""

    id: str
    title: str
    meaning: str
    differences: Mapping[str, Difference] = {}


def profile_of(data: Mapping[str, Any]) -> Profile:
    """One profile file, without its values."""
    found = {
        f"{part}/{id}": Difference(item["differs"], tuple(item["evidence"]))
        for part in PARTS
        for id, item in data.get(part, {}).items()
    }
    return Profile(data["id"], data["title"], data["meaning"], found)


def applied(knowledge: Mapping[str, Mapping[str, Any]], data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The parts of the knowledge with a profile laid over them; what it does not name is shared, not copied."""
    return {
        part: {
            **knowledge[part],
            **{id: _merged(knowledge[part].get(id, {}), item["with"]) for id, item in own.items()},
        }
        for part in PARTS
        if (own := data.get(part, {}))
    }


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(base)
    for key, value in changes.items():
        old = base.get(key)
        both = isinstance(value, Mapping) and isinstance(old, Mapping)
        found[key] = _merged(old, value) if both and old is not None else deepcopy(value)
    return found


def profile_faults(
    name: str, knowledge: Mapping[str, Mapping[str, Any]], data: Mapping[str, Any], evidence: Mapping[str, Any]
) -> Iterator[str]:
    """Differences about nothing, that are none, or whose sources are unknown, as "file: key: fault" lines."""
    for part in PARTS:
        for id, item in data.get(part, {}).items():
            key = f"{name}: {part}.{id}"
            base = knowledge[part].get(id)
            if base is None:
                yield f"{key}: there is no {part}/{id} to differ from"
                continue
            yield from (f"{key}.with.{path}: is the same; leave it out" for path in _same(base, item["with"]))
            yield from (
                f"{key}: evidence: {one!r} is not in evidence.toml" for one in item["evidence"] if one not in evidence
            )


def _same(base: Mapping[str, Any], changes: Mapping[str, Any], at: str = "") -> Iterator[str]:
    for key, value in changes.items():
        old = base.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            yield from _same(old, value, f"{at}{key}.")
        elif key in base and old == value:
            yield f"{at}{key}"
