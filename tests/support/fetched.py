"""Calls whose data stand on a FHIR server instead of in prefetch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from hooks.engine import Engine
from hooks.respond import Answer, respond
from hooks.settings import Settings
from tests.support.calls import calls

Json = dict[str, Any]
AS_OF = date(2026, 6, 10)
TOKEN = "planted-token-7c1f"


class Offered(NamedTuple):
    """A call, and the resources that its prefetch held."""

    service: str
    document: Json
    resources: list[Json]

    def body(self, server: str, keys: Sequence[str] = (), **authorization: Any) -> bytes:
        """The call with an offer of this server, and with only these keys of its prefetch."""
        prefetch = {key: value for key, value in self.document.get("prefetch", {}).items() if key in keys}
        access: Json = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.read"}
        document = {**self.document, "prefetch": prefetch, "fhirServer": server}
        return json.dumps(document | {"fhirAuthorization": access | authorization}).encode()


def offered(name: str) -> Offered:
    """A call of ``fixtures/requests`` as an offer; its prefetch is complete."""
    call = next(call for call in calls("requests") if call.name == name)
    document = json.loads(call.body)
    return Offered(call.service, document, resources_of(document.get("prefetch", {})))


def resources_of(prefetch: Json) -> list[Json]:
    """Every resource in prefetch values."""
    found = []
    for value in prefetch.values():
        if value and value["resourceType"] == "Bundle":
            found += [entry["resource"] for entry in value.get("entry", ())]
        elif value:
            found.append(value)
    return found


@lru_cache(maxsize=8)
def engine(deadline_ms: int = 2500, **settings: Any) -> Engine:
    """An engine with the today of the fixtures."""
    return Engine(Settings(as_of=AS_OF, fhir_deadline_ms=deadline_ms, **settings))


def answer_to(offer: Offered, body: bytes, by: Engine) -> Answer:
    """The answer to a call, made in this process."""
    return respond(body, by.services[offer.service], by)
