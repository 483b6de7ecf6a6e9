"""What CDS Hooks asks of an answer, as a judge that knows nothing of us: requirement ids with where they are broken.

The ids are those of ``tests/requirements.toml``. Written against the specification, not against our schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

_CARD = {
    "uuid", "summary", "detail", "indicator", "source", "suggestions", "selectionBehavior", "overrideReasons", "links",
    "extension",
}  # fmt: skip
_EMPTY_ALLOWED = {".cards", ".services"}


def violations(answer: Any, request: Any) -> list[str]:
    """Everything about a 200 answer that a client of CDS Hooks 1.0, 2.0 or 3.0 need not put up with."""
    if not isinstance(answer, dict) or not isinstance(answer.get("cards"), list):
        return ["RESP-1: no object with an array of cards"]
    found = [*_values(answer), *_extension(answer, "")]
    if "systemActions" in answer:
        found.append("SYS-1: systemActions without an agreement")
    for at, card in enumerate(answer["cards"]):
        where = f".cards[{at}]"
        if not isinstance(card, dict):
            found.append(f"RESP-1: {where}")
            continue
        found += [*_card(card, where), *_source(card, where), *_links(card, where), *_overrides(card, where)]
        found += _suggestions(card, where, request)
    ids = [str(item["uuid"]) for item in _with_uuid(answer["cards"])]
    if len(set(ids)) != len(ids):
        found.append("CARD-7: a uuid twice")
    return found


def _with_uuid(cards: list[Any]) -> Iterator[Mapping[str, Any]]:
    for card in cards:
        for item in (card, *card.get("suggestions", [])):
            if isinstance(item, dict) and "uuid" in item:
                yield item


def _values(value: Any, path: str = "") -> Iterator[str]:
    if value is None:
        yield f"JSON-2: {path}"
    elif (value in ([], {}) and path not in _EMPTY_ALLOWED) or (isinstance(value, str) and not value.strip()):
        yield f"JSON-3: {path}"
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _values(item, f"{path}.{name}")
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _values(item, f"{path}[{at}]")


def _extension(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        own = value.get("extension")
        if own is not None and path.count(".resource") == 0:  # inside a resource it is FHIR's, which is an array
            if not isinstance(own, dict):
                yield f"EXT-1: {path}"
            elif not all("." in name for name in own):
                yield f"EXT-4: {path} holds a name that is not reverse DNS"
        for name, item in value.items():
            if name not in ("resource", "extension"):
                yield from _extension(item, f"{path}.{name}")
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _extension(item, f"{path}[{at}]")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_uuid(value: Any) -> bool:
    try:
        return str(UUID(str(value))) == str(value).lower()
    except ValueError:
        return False


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and urlsplit(value).scheme in ("http", "https") and bool(urlsplit(value).netloc)


def _is_coding(value: Any, *, display: bool) -> bool:
    wanted = ("code", "system", "display") if display else ("code", "system")
    return isinstance(value, dict) and all(_is_text(value.get(name)) for name in wanted)


def _card(card: Mapping[str, Any], where: str) -> Iterator[str]:
    summary = card.get("summary")
    if not _is_text(summary):
        yield f"CARD-1: {where}"
    elif len(summary) >= 140:
        yield f"CARD-2: {where}"
    elif "\n" in summary or "\r" in summary:
        yield f"CARD-3: {where}"
    if card.get("indicator") not in ("info", "warning", "critical"):
        yield f"CARD-4: {where}"
    detail = card.get("detail", "x")
    if not isinstance(detail, str) or re.search(r"<[A-Za-z/!]", detail):
        yield f"CARD-5: {where}"
    if not _is_uuid(card.get("uuid")):
        yield f"CARD-6: {where}"
    if unknown := set(card) - _CARD:
        yield f"CARD-9: {where} has {sorted(unknown)}"


def _source(card: Mapping[str, Any], where: str) -> Iterator[str]:
    source = card.get("source")
    if not isinstance(source, dict) or not _is_text(source.get("label")):
        yield f"SRC-1: {where}"
        return
    for id, name in (("SRC-2", "url"), ("SRC-3", "icon")):
        if name in source and not _is_url(source[name]):
            yield f"{id}: {where}"
    if not _is_coding(source.get("topic"), display=False):
        yield f"SRC-4: {where}"


def _links(card: Mapping[str, Any], where: str) -> Iterator[str]:
    for link in card.get("links", []):
        if not _is_text(link.get("label")):
            yield f"LINK-1: {where}"
        if not _is_url(link.get("url")):
            yield f"LINK-2: {where}"
        if link.get("type") not in ("absolute", "smart"):
            yield f"LINK-3: {where}"
        if "appContext" in link and (link.get("type") != "smart" or not isinstance(link["appContext"], str)):
            yield f"LINK-4: {where}"
        if "autolaunchable" in link:
            yield f"LINK-5: {where}"


def _overrides(card: Mapping[str, Any], where: str) -> Iterator[str]:
    for reason in card.get("overrideReasons", []):
        if not _is_coding(reason, display=True):
            yield f"OVR-3: {where}"


def _suggestions(card: Mapping[str, Any], where: str, request: Any) -> Iterator[str]:
    suggestions = card.get("suggestions")
    if suggestions is None:
        return
    if not isinstance(suggestions, list) or not suggestions:
        yield f"SUG-1: {where}"
        return
    behaviour = card.get("selectionBehavior")
    if behaviour not in (("at-most-one",) if _is_old(request) else ("at-most-one", "any")):
        yield f"SUG-2: {where}"
    if behaviour != "any" and sum(bool(item.get("isRecommended")) for item in suggestions) > 1:
        yield f"SUG-7: {where}"
    for at, suggestion in enumerate(suggestions):
        place = f"{where}.suggestions[{at}]"
        yield from _suggestion(suggestion, place)
        actions = suggestion.get("actions", [])
        for number, action in enumerate(actions if isinstance(actions, list) else ()):
            yield from _action(action, f"{place}.actions[{number}]", request)


def _suggestion(suggestion: Mapping[str, Any], place: str) -> Iterator[str]:
    if not _is_text(suggestion.get("label")):
        yield f"SUG-3: {place}"
    if not _is_uuid(suggestion.get("uuid")):
        yield f"SUG-4: {place}"
    if not isinstance(suggestion.get("isRecommended", False), bool):
        yield f"SUG-6: {place}"
    if "actionSelectionBehavior" in suggestion:
        yield f"SUG-8: {place}"
    if not isinstance(suggestion.get("actions", []), list):
        yield f"SUG-10: {place}"


def _action(action: Mapping[str, Any], place: str, request: Any) -> Iterator[str]:
    kind, resource = action.get("type"), action.get("resource")
    if kind not in ("create", "update", "delete"):
        yield f"ACT-1: {place}"
    if not _is_text(action.get("description")):
        yield f"ACT-2: {place}"
    if kind in ("create", "update") and not (isinstance(resource, dict) and _is_text(resource.get("resourceType"))):
        yield f"ACT-3: {place}"
    named = action.get("resource" if _is_old(request) else "resourceId")
    if kind == "delete" and not (isinstance(named, str) and re.fullmatch(r"[A-Za-z]+/[A-Za-z0-9.\-]+", named)):
        yield f"ACT-4: {place}"
    target = str(named) if kind == "delete" else _name(resource)
    if kind in ("update", "delete") and target not in _known(request):
        yield f"ACT-5: {place} {target} is not in the call"
    if isinstance(resource, dict) and resource.get("resourceType") == _other_order(request):
        yield f"ACT-6: {place} {resource['resourceType']} in a call of another release"


def _is_old(request: Any) -> bool:
    """Whether only a client of 1.0 sends this hook: it knows no resourceId and no selection of any."""
    return isinstance(request, dict) and request.get("hook") in ("medication-prescribe", "order-review")


def _name(resource: Any) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}" if isinstance(resource, dict) else ""


def _known(request: Any) -> set[str]:
    """Every resource of the call, as Type/id."""
    found = set()
    if isinstance(request, dict):
        if "resourceType" in request and "id" in request:
            found.add(_name(request))
        for value in request.values():
            found |= _known(value)
    elif isinstance(request, list):
        for item in request:
            found |= _known(item)
    return found


def _other_order(request: Any) -> str:
    """The type of order that the release of this call does not have."""
    return "MedicationRequest" if '"MedicationOrder"' in json.dumps(request) else "MedicationOrder"
