"""``ValueSet/$expand`` and ``ValueSet/$validate-code``."""

from __future__ import annotations

import uuid
from typing import Any

from cds.fhir.publish import Published
from hooks.errors import refused
from hooks.fhir.asked import Asked

Json = dict[str, Any]
MOST = 2000


def value_set_id(published: Published, id: str, asked: Asked) -> str:
    """The value set an operation is about: the one in the path, else that of ``url``. 404 when there is none."""
    if not id:
        prefix = published.place.url("ValueSet", "")
        url = asked.text("url").partition("|")[0]
        if not url:
            raise refused(400, "url", "is missing", "Name the value set by its url", "required")
        id = url.removeprefix(prefix) if url.startswith(prefix) else ""
    if id not in published.value_sets.titles:
        raise refused(404, "url" if not id else "", "there is no such value set", "Search /fhir/ValueSet", "not-found")
    return id


def expand(published: Published, id: str, asked: Asked) -> Json:
    """The value set with its codes; ``filter`` by words, ``count`` and ``offset`` for pages."""
    resource = published.resource("ValueSet", id)
    if resource is None:
        raise refused(404, "", "there is no such value set", "Search /fhir/ValueSet", "not-found")
    words = asked.text("filter").lower()
    codes = [
        (system, code, display)
        for system, code, display in published.value_sets.codes(id)
        if not words or words in display.lower() or code.lower().startswith(words)
    ]
    start, count = asked.whole("offset", 0, len(codes)), asked.whole("count", MOST, MOST)
    page = codes[start : start + count]
    expansion: Json = {
        "identifier": "urn:uuid:"
        + str(uuid.uuid5(uuid.NAMESPACE_URL, f"{resource['url']}|{resource['version']}|{words}")),
        "timestamp": resource["date"],
        "total": len(codes),
        "offset": start,
        "parameter": [{"name": "count", "valueInteger": count}],
    }
    if page:
        expansion["contains"] = [
            {"system": system, "code": code} | ({"display": display} if display else {})
            for system, code, display in page
        ]
    return {name: value for name, value in resource.items() if name != "compose"} | {"expansion": expansion}


def validate_code(published: Published, id: str, asked: Asked) -> Json:
    """Whether a code is in the value set, as Parameters. Any coding of a CodeableConcept suffices."""
    codings = _codings(asked)
    for system, code in codings:
        if published.value_sets.member(id, system, code):
            shown = {(where, one): display for where, one, display in published.value_sets.codes(id)}
            return _answer(True, shown.get((system, code), ""), "")
    return _answer(False, "", "The checks do not take this code for a member of the value set.")


def _codings(asked: Asked) -> list[tuple[str, str]]:
    concept = asked.resource("codeableConcept")
    single = asked.resource("coding")
    given = list((concept or {}).get("coding") or ()) + ([single] if single else [])
    found = [(str(one.get("system", "")), str(one.get("code", ""))) for one in given if isinstance(one, dict)]
    if code := asked.text("code"):
        found.append((asked.text("system"), code))
    if not found:
        raise refused(400, "code", "is missing", "Send system and code, coding or codeableConcept", "required")
    if any(not system for system, _ in found):
        raise refused(400, "system", "is missing", "Send the code system with the code", "required")
    return found


def _answer(result: bool, display: str, message: str) -> Json:
    parameters: list[Json] = [{"name": "result", "valueBoolean": result}]
    if display:
        parameters.append({"name": "display", "valueString": display})
    if message:
        parameters.append({"name": "message", "valueString": message})
    return {"resourceType": "Parameters", "parameter": parameters}
