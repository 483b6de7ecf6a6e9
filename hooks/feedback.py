"""What became of a card: reading the body of a feedback call (CDS Hooks 2.0).

Both shapes of an override reason are read that clients have sent: ``overrideReason.reason`` as a Coding (2.0), and the
code beside it (``overrideReason.code``, or ``reason`` as a text), as an older public sandbox does.

What is taken is what ``schema/feedback.schema.json`` allows, which ``/openapi.json`` publishes: its limits and its
pattern are read from there, and a test holds the two to each other. A general validator would take 0.8 ms an item.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import orjson

from hooks.body import check_text
from hooks.errors import Issue, Refused, refused
from hooks.explain import schema

_SCHEMA = schema("feedback")
MOST_ITEMS: int = _SCHEMA["properties"]["feedback"]["maxItems"]
_LONGEST: int = _SCHEMA["$defs"]["uuid"]["maxLength"]
_MOMENT = re.compile(_SCHEMA["$defs"]["moment"]["pattern"])
_LONGEST_COMMENT = 2000


class Feedback(msgspec.Struct, frozen=True):
    """One outcome of one card. ``at`` is the caller's time in UTC. ``comment`` is free text: see the settings."""

    card: str
    outcome: str
    at: datetime
    suggestions: tuple[str, ...] = ()
    reason_code: str = ""
    reason_system: str = ""
    comment: str = ""

    def mark(self, client: str, service: str) -> str:
        """What makes it the same item when it is sent again."""
        parts = (
            client,
            service,
            self.card,
            self.outcome,
            self.at.isoformat(),
            *sorted(self.suggestions),
            self.reason_code,
            self.reason_system,
            self.comment,
        )
        return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def read_feedback(body: bytes) -> tuple[Feedback, ...]:
    """Every item of a call. Raises ``Refused`` (400) with every fault; then nothing of the call is to be stored."""
    check_text(body)
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise refused(400, "", "the body is not JSON", 'Send {"feedback": [...]}', "structure") from None
    items = content.get("feedback") if isinstance(content, dict) else None
    if not isinstance(items, list) or not items:
        raise refused(400, "feedback", "is not a list of items", 'Send {"feedback": [...]}', "required")
    if len(items) > MOST_ITEMS:
        raise refused(400, "feedback", f"has more than {MOST_ITEMS} items", "Send it in several calls", "too-long")
    faults: list[Issue] = []
    found = [_item(item, f"feedback[{number}]", faults) for number, item in enumerate(items)]
    if faults:
        raise Refused(400, *faults)
    return tuple(item for item in found if item is not None)


def _item(item: Any, path: str, faults: list[Issue]) -> Feedback | None:
    if not isinstance(item, dict):
        faults.append(Issue(path, "is not an object", "Send card, outcome and outcomeTimestamp", "structure"))
        return None
    before = len(faults)
    card = _text(item, "card", path, faults, "Send the uuid of the card")
    outcome = str(item.get("outcome"))
    if outcome not in ("accepted", "overridden"):
        outcome = ""
        faults.append(Issue(f"{path}.outcome", "is neither accepted nor overridden", "Send one of them", "value"))
    at = _moment(item.get("outcomeTimestamp"), path, faults)
    suggestions = _suggestions(item, path, faults) if outcome == "accepted" else ()
    code, system, comment = _reason(item, path, faults) if outcome == "overridden" else ("", "", "")
    if len(faults) > before or at is None:
        return None
    return Feedback(card, outcome, at, suggestions, code, system, comment)


def _text(item: Mapping[str, Any], name: str, path: str, faults: list[Issue], remedy: str) -> str:
    value = item.get(name)
    if isinstance(value, str) and value.strip() and len(value) <= _LONGEST:
        return value.strip()
    problem = "is missing" if value is None else "is not a text of 1 to 256 characters"
    faults.append(Issue(f"{path}.{name}", problem, remedy, "required" if value is None else "value"))
    return ""


def _moment(value: Any, path: str, faults: list[Issue]) -> datetime | None:
    """RFC 3339 with an offset; without one it would mean another moment in every zone."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) and _MOMENT.search(value) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        remedy = "Send it in UTC, as 2026-11-24T12:00:00Z"
        faults.append(Issue(f"{path}.outcomeTimestamp", "is not a time with its zone", remedy, "value"))
        return None
    try:
        return found.astimezone(UTC)
    except OverflowError:
        faults.append(Issue(f"{path}.outcomeTimestamp", "is out of range", "Send the time of the outcome", "value"))
        return None


def _suggestions(item: Mapping[str, Any], path: str, faults: list[Issue]) -> tuple[str, ...]:
    found = item.get("acceptedSuggestions")
    where = f"{path}.acceptedSuggestions"
    if not isinstance(found, list) or not found:
        faults.append(Issue(where, "is missing", "Name the accepted suggestions", "required"))
        return ()
    if len(found) > MOST_ITEMS:
        faults.append(Issue(where, "is too long", "Name the accepted suggestions", "too-long"))
        return ()
    ids = []
    for number, one in enumerate(found):
        place = f"{where}[{number}]"
        if not isinstance(one, dict):
            faults.append(Issue(place, "is not an object", 'Send {"id": uuid of the suggestion}', "structure"))
            continue
        ids.append(_text(one, "id", place, faults, "Send the uuid of the suggestion"))
    return tuple(ids)


def _reason(item: Mapping[str, Any], path: str, faults: list[Issue]) -> tuple[str, str, str]:
    """Code, system and comment of an override; a reason need not be given, but one that is given must say something."""
    given = item.get("overrideReason")
    if given is None:
        return "", "", ""
    where = f"{path}.overrideReason"
    if not isinstance(given, dict):
        faults.append(Issue(where, "is not an object", "Send reason, userComment or both", "structure"))
        return "", "", ""
    reason = given.get("reason")
    shapes = (reason if isinstance(reason, dict) else {}, given, {"code": reason})
    coding = next((one for one in shapes if _short(one.get("code"))), {})
    code, system = _short(coding.get("code")), _short(coding.get("system"))
    comment = str(given["userComment"])[:_LONGEST_COMMENT] if _short(given.get("userComment")) else ""
    if not code and not comment:
        faults.append(Issue(where, "says neither reason nor comment", "Send reason, userComment or both", "required"))
    return code, system, comment


def _short(value: Any) -> str:
    return value.strip()[:_LONGEST] if isinstance(value, str) else ""
