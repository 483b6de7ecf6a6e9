"""Search over what is published: by id, url, name, title, status, version and code, with ``_summary`` and paging."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from cds.fhir.publish import Published
from hooks.errors import refused
from hooks.fhir.asked import Asked

Json = dict[str, Any]

PAGE, MOST = 50, 500
_SUMMARY = frozenset(
    "resourceType id meta url identifier version name title type status experimental date publisher description "
    "content count caseSensitive kind abstract fhirVersion baseDefinition derivation".split()
)
_MUST = frozenset("resourceType id meta status content url kind abstract type".split())


def _exactly(member: str) -> Callable[[Json, str, str], bool]:
    return lambda resource, value, modifier: str(resource.get(member, "")) == value


def _words(member: str) -> Callable[[Json, str, str], bool]:
    def matches(resource: Json, value: str, modifier: str) -> bool:
        text = str(resource.get(member, ""))
        if modifier == "exact":
            return text == value
        if modifier == "contains":
            return value.lower() in text.lower()
        return text.lower().startswith(value.lower())

    return matches


def _code(resource: Json, value: str, modifier: str) -> bool:
    """A code that the resource defines or lists; for a PlanDefinition the id of its check. "system|code" as well."""
    system, _, code = value.rpartition("|")
    return any(code == one and system in ("", where) for where, one in _codes(resource))


def _codes(resource: Json) -> Iterable[tuple[str, str]]:
    for action in resource.get("action", ()):
        yield from ((coding["system"], coding["code"]) for coding in action["code"][0]["coding"])
    if resource["resourceType"] == "CodeSystem":
        yield from ((resource["url"], concept["code"]) for concept in resource["concept"])
    for include in resource.get("compose", {}).get("include", ()):
        yield from ((include["system"], concept["code"]) for concept in include["concept"])
    for group in resource.get("group", ()):
        yield from ((group["source"], element["code"]) for element in group["element"])


PARAMETERS: Mapping[str, Callable[[Json, str, str], bool]] = {
    "_id": _exactly("id"),
    "url": _exactly("url"),
    "status": _exactly("status"),
    "version": _exactly("version"),
    "name": _words("name"),
    "title": _words("title"),
    "code": _code,
}
_CONTROLS = frozenset({"_summary", "_count", "_offset", "_format", "_pretty", "_total"})


def search(published: Published, kind: str, asked: Asked, address: str, *, strict: bool) -> Json:
    """The searchset. ``strict``: parameters that are not known are refused (400), else they are ignored and left out of
    the link "self".
    """
    filters = _filters(asked, strict=strict)
    every = (published.resource(kind, id) for id in published.ids(kind))
    found = [one for one in every if one is not None and all(_holds(one, *each) for each in filters)]
    summary = asked.text("_summary")
    if summary not in ("", "true", "false", "text", "data", "count"):
        raise refused(400, "_summary", "is not known", "Send true, false, text, data or count", "value")
    start, count = asked.whole("_offset", 0, len(found)), asked.whole("_count", PAGE, MOST)
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    own = [(name, value) for name in asked.names if name in _CONTROLS or _known(name) for value in asked.texts(name)]
    bundle["link"] = [{"relation": "self", "url": _link(address, own, start if start else None)}]
    if summary == "count" or count == 0:
        return bundle
    if start + count < len(found):
        bundle["link"].append({"relation": "next", "url": _link(address, own, start + count)})
    page = found[start : start + count]
    if page:
        bundle["entry"] = [
            {"fullUrl": one["url"], "resource": shortened(one, summary), "search": {"mode": "match"}} for one in page
        ]
    return bundle


def _known(name: str) -> bool:
    return name.partition(":")[0] in PARAMETERS


def _filters(asked: Asked, *, strict: bool) -> list[tuple[str, str, list[str]]]:
    found = []
    for name in asked.names:
        plain, _, modifier = name.partition(":")
        if plain in PARAMETERS:
            if modifier not in ("", "exact", "contains"):
                raise refused(400, name, "has a modifier that is not known", "Use :exact or :contains", "not-supported")
            found.append((plain, modifier, asked.texts(name)))
        elif name not in _CONTROLS and strict:
            raise refused(400, name, "is no search parameter here", "See /fhir/metadata", "not-supported")
    return found


def _holds(resource: Json, name: str, modifier: str, values: list[str]) -> bool:
    return any(PARAMETERS[name](resource, value, modifier) for value in values)


def _link(address: str, pairs: Iterable[tuple[str, str]], offset: int | None) -> str:
    kept = [(name, value) for name, value in pairs if name != "_offset"]
    if offset is not None:
        kept.append(("_offset", str(offset)))
    return f"{address}?{urlencode(kept)}" if kept else address


def shortened(resource: Json, summary: str) -> Json:
    """A resource as ``_summary`` asks for it; a shortened one says so."""
    if summary not in ("true", "text"):
        return resource
    keep = _SUMMARY if summary == "true" else _MUST
    tag = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
    return {name: value for name, value in resource.items() if name in keep} | {"meta": {"tag": [tag]}}
