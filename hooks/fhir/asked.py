"""Reading what a FHIR client asks: media type, operation parameters from a query or a Parameters resource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from hooks.body import check_text
from hooks.errors import refused

Json = dict[str, Any]

_JSON = frozenset({"application/fhir+json", "application/json", "application/*", "*/*", "json", "text/json"})


def refuse_other_formats(accept: str, wanted: str) -> None:
    """406 for a client that takes no JSON. ``wanted`` is ``_format``, which goes before the Accept header."""
    asked = [wanted] if wanted else [part.split(";")[0] for part in accept.split(",")]
    named = [item.strip().lower().replace(" ", "+") for item in asked if item.strip()]
    if named and not any(item in _JSON for item in named):
        raise refused(406, "", "only FHIR JSON is spoken here", "Ask for application/fhir+json", "not-supported")


def resource_of(body: bytes) -> Json:
    """The resource in a body. Raises ``Refused`` (400)."""
    check_text(body)
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise refused(400, "", "the body is not JSON", "Send a FHIR resource as JSON", "structure") from None
    if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
        raise refused(400, "", "the body is no FHIR resource", "Send an object with resourceType", "structure")
    return found


class Asked:
    """The parameters of an operation; each may be given several times."""

    def __init__(self, pairs: Iterable[tuple[str, Any]]) -> None:
        self._values: dict[str, list[Any]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    @classmethod
    def of_query(cls, query: Mapping[str, Iterable[str]]) -> Asked:
        """From the query of a GET, or a form."""
        return cls((name, value) for name, values in query.items() for value in values)

    @classmethod
    def of_parameters(cls, resource: Json) -> Asked:
        """From a Parameters resource: the value or the resource of each parameter."""
        pairs = []
        for item in resource.get("parameter") or ():
            if not isinstance(item, dict) or not isinstance(item.get("name"), str):
                raise refused(400, "parameter", "has no name", "Give every parameter a name", "structure")
            value = item.get("resource")
            if value is None:
                value = next((value for key, value in item.items() if key.startswith("value")), None)
            pairs.append((item["name"], value))
        return cls(pairs)

    def text(self, name: str) -> str:
        """One parameter as text; "" when it was not given. 400 when it is something else."""
        value = next(iter(self._values.get(name, ())), "")
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise refused(400, name, "is not a text", "Send a code or a text", "value")
        return str(value)

    def texts(self, name: str) -> list[str]:
        """Every value of a parameter that is a text; commas separate as well."""
        return [
            part for value in self._values.get(name, ()) if isinstance(value, str) for part in value.split(",") if part
        ]

    def whole(self, name: str, default: int, most: int) -> int:
        """A number from 0 to ``most``; larger ones are cut. 400 when it is none."""
        text = self.text(name)
        if not text:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise refused(400, name, "is not a whole number", "Send 0 or more", "value")
        return min(int(text), most)

    def resource(self, name: str) -> Json | None:
        """A parameter that is an object: a resource, a Coding ... None when it was not given."""
        value = next(iter(self._values.get(name, ())), None)
        if value is not None and not isinstance(value, dict):
            raise refused(400, name, "is not an object", "Send a resource or a complex value", "value")
        return value

    @property
    def names(self) -> list[str]:
        """The names that were given."""
        return list(self._values)
