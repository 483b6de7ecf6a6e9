"""May these bytes be read as JSON at all? Limits and oddities that no decoder refuses by itself.

All work is linear and done by C loops over the bytes, so that the check costs little beside the reading itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from hooks.errors import Refused, refused

MAX_DEPTH = 64
_STRETCH = 64  # brackets looked at together: FHIR is a dozen levels deep, and a stretch seldom opens more than half

_BOM = b"\xef\xbb\xbf"
_CURLY = bytes.maketrans(b"[]", b"{}")  # both kinds of brackets are one for us
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"{}[]")
_NOT_STRUCTURE = bytes(byte for byte in range(256) if byte not in b'"{}[]')
_ESCAPE = re.compile(rb"\\.", re.DOTALL)

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


def check_text(body: bytes) -> None:
    """Refuse what is empty, not UTF-8, starts with a byte order mark, or is nested deeper than 64."""
    if not body or body.isspace():
        raise refused(400, "", "the body is empty", "Send a CDS Hooks request as JSON", "required")
    if body.startswith(_BOM):
        raise refused(400, "", "the body starts with a byte order mark", "Send UTF-8 without one", "structure")
    if not body.isascii():
        try:
            body.decode("utf-8")
        except UnicodeDecodeError as error:
            problem = f"the body is not UTF-8 (byte {error.start})"
            raise refused(400, "", problem, "Send JSON in UTF-8", "structure") from None
    if deeper_than(body, MAX_DEPTH):
        problem = f"the body is nested deeper than {MAX_DEPTH} levels"
        raise refused(400, "", problem, "Send FHIR resources, which are never nested so deeply", "structure")


def deeper_than(body: bytes, limit: int) -> bool:
    """Whether objects and arrays are nested deeper than ``limit``.

    The quick answers count brackets inside strings too: when all of them cancel out within ``limit`` levels, the body
    is taken as it is (whoever hides depth in strings meets the decoder's own limit). Else strings are left out.
    """
    brackets = body.translate(_CURLY, _NOT_BRACKETS)
    if _surely_flat(brackets, limit):
        return False
    return bool(_peeled(brackets, limit)) and _exactly_deeper(body, limit)


def _surely_flat(brackets: bytes, limit: int) -> bool:
    """Whether a balanced row of brackets stays within ``limit``: a stretch of it cannot open more than it holds."""
    level = 0
    for at in range(0, len(brackets), _STRETCH):
        stretch = brackets[at : at + _STRETCH]
        opened = stretch.count(b"{")
        if level < 0 or level + opened > limit:
            return False
        level += 2 * opened - len(stretch)
    return level == 0


def _exactly_deeper(body: bytes, limit: int) -> bool:
    many = body.count(b"\\") * 50 > len(body)
    if many:  # each way is linear; this one does not mind how many there are
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    else:
        body = _ESCAPE.sub(b"", body)
    shape = body.translate(_CURLY, _NOT_STRUCTURE).replace(b'""', b"")
    if b'"' in shape:  # what is left are strings with brackets in them
        shape = b"".join(shape.split(b'"')[::2])
    left = _peeled(shape, limit)
    return b"{" * (limit + 1) in left or b"{}" in left


def _peeled(brackets: bytes, rounds: int) -> bytes:
    """What is left of a row of brackets when the innermost level is taken away ``rounds`` times."""
    too_deep = b"{" * (rounds + 1)
    for _ in range(rounds):
        if too_deep in brackets:
            break
        peeled = brackets.replace(b"{}", b"")
        if len(peeled) == len(brackets):
            break  # nothing left, or unbalanced: the decoder says so
        brackets = peeled
    return brackets


def members(raw: bytes | msgspec.Raw, path: str = "") -> dict[str, msgspec.Raw]:
    """The members of a JSON object, undecoded. Refuses what is no JSON, no object, or has a member twice."""
    try:
        found = _members.decode(raw)
    except msgspec.ValidationError:
        raise refused(400, path, "a JSON object is expected here", "Send an object", "structure") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_json(error) from None
    if _may_repeat(raw, found) and (name := _repeated(bytes(raw))) is not None:
        at = f"{path}.{name}" if path else name
        raise refused(400, at, "this member is there twice", "Send each member once", "duplicate")
    return found


def not_json(error: Exception) -> Refused:
    """The refusal for bytes that are no JSON; of the decoder's words only the position is told."""
    said = str(error)
    position = said[said.rindex("(byte ") + 6 : -1] if said.endswith(")") and "(byte " in said else ""
    at = f" (byte {position})" if position.isdigit() else ""
    remedy = "Send strict JSON: no NaN or Infinity, no comments, no trailing commas, one value only"
    return refused(400, "", f"the body is not JSON{at}", remedy, "structure")


def _may_repeat(raw: bytes | msgspec.Raw, found: Mapping[str, msgspec.Raw]) -> bool:
    return bool(found) and not is_whole(bytes(raw), found)


def is_whole(text: bytes, *objects: Mapping[str, msgspec.Raw]) -> bool:
    """Whether these members are all there is in ``text``: a decoder silently drops a member whose name comes twice.

    The first object is the outermost; further ones are the members of objects inside it (of which it holds no value).
    True is certain; False means that a slower look is needed.
    """
    names = sum(len(name.encode()) + 4 for members in objects for name in members)
    if names + len(objects) + sum(len(memoryview(value)) for o in objects for value in o.values()) == len(text):
        return True  # nothing but these members and the commas between them
    quotes = sum(bytes(value).count(b'"') for o in objects for value in o.values())
    return quotes + 2 * sum(map(len, objects)) == text.count(b'"')


def _repeated(text: bytes) -> str | None:
    """The outermost member that is there twice; ``None`` if none is. Slow: only for what looks suspicious."""
    last: list[str | None] = [None]

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        last[0] = next((name for name in names if names.count(name) > 1), None)
        return {}

    try:
        json.loads(text, object_pairs_hook=note)  # the outermost object is finished last
    except (ValueError, RecursionError):
        return None
    name = last[0]
    return name if name is None or (name.isidentifier() and len(name) <= 40) else "(member)"
