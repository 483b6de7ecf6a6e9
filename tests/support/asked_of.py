"""What an EHR does with our prefetch templates: it asks its own FHIR server, and sends what comes."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from hooks.services import Service
from tests.support.real_fhir import RealFhir

Json = dict[str, Any]


def prefetched(server: RealFhir, room: str, service: Service, context: Json, token: str = "") -> tuple[Json, int]:
    """The prefetch of a call as this server fills it (an outcome where a query fails), and how many queries it took."""
    found: Json = {}
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    count = 0
    for key, template in service.prefetch.items():
        query = template
        for field in ("patientId", "encounterId"):
            query = query.replace("{{context." + field + "}}", quote(str(context.get(field, ""))))
        if query.endswith("/"):  # no encounter: there is none
            found[key] = None
            continue
        status, body = server.ask("GET", f"/{room}/fhir/{query}", **headers)
        count += 1
        assert status in (200, 404)
        found[key] = json.loads(body)
    return found, count
