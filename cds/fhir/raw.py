"""One resource of the call as it came, byte for byte, found by its path; and parts of it replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import orjson

LONGEST = 64 * 1024  # a draft order is a few KB; nothing larger is given back
_STEP = re.compile(r"\.([A-Za-z]{1,64})|\[(\d{1,6})\]")
# HTML, a Markdown link, and signs that are invisible or turn the direction of reading.
_MARKUP = re.compile(r"<[A-Za-z/!?]|\]\(|[\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_EMPTY = re.compile(rb"null|[:\[,]\s{0,20}(?:\"\"|\[\s{0,20}\]|\{\s{0,20}\})")
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items = msgspec.json.Decoder(list[msgspec.Raw])


def raw_at(text: bytes, path: str) -> bytes | None:
    """What stands at a path (".entry[0].resource") of a JSON text; None when nothing does, or it is very long."""
    found = text
    at = 0
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            return None
        at = step.end()
        try:
            found = bytes(_members.decode(found)[step[1]] if step[1] else _items.decode(found)[int(step[2])])
        except (msgspec.MsgspecError, KeyError, IndexError, RecursionError):
            return None
    return found if found[:1] == b"{" and len(found) <= LONGEST else None


def changed(resource: bytes, elements: Mapping[str, Any]) -> bytes | None:
    """The resource with some elements replaced (None: taken out) and every other as it came.

    The narrative goes: it would still tell what was ordered before. None when something in the resource could be
    markup, or is null or empty, which FHIR does not know and is not given back; and when it is no JSON.
    """
    try:
        kept: dict[str, Any] = {**_members.decode(resource)}
        for name, value in {"text": None, **elements}.items():
            if value is None:
                kept.pop(name, None)
                kept.pop(f"_{name}", None)
            else:
                kept[name] = msgspec.Raw(orjson.dumps(value))
        return clean(msgspec.json.encode(kept))
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None


def clean(made: bytes) -> bytes | None:
    """A resource as it is; None when something in it could be markup, or is null or empty, and when it is no JSON."""
    try:
        read = orjson.loads(made)  # which refuses what is no JSON in the parts that were not looked at
        if _may_have_markup(made) and _has_markup(read):
            return None
        return None if _EMPTY.search(made) and _has_empty(read) else made
    except (orjson.JSONDecodeError, RecursionError, ValueError):
        return None


def _has_empty(value: Any) -> bool:
    if isinstance(value, dict):
        return not value or any(map(_has_empty, value.values()))
    if isinstance(value, list):
        return not value or any(map(_has_empty, value))
    return value is None or value == ""


def _may_have_markup(made: bytes) -> bool:
    """Whether it is worth looking at every text: most orders hold none of the signs at all."""
    return not made.isascii() or b"<" in made or b"](" in made or b"\\u" in made


def _has_markup(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_MARKUP.search(value))
    if isinstance(value, dict):
        return any(_MARKUP.search(key) or _has_markup(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_has_markup, value))
