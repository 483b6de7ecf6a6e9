"""A hook request as a client without CDS Hooks would send it: one Bundle of everything, in Parameters of ``$check``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]


def as_parameters(request: Json, *, bundle_name: str = "bundle") -> Json:
    """The Parameters. A key that held null or a list is named complete: that is what sending it said."""
    context, prefetch = request["context"], request["prefetch"]
    drafts = context.get("draftOrders") or context.get("medications")
    usable = {key: value for key, value in prefetch.items() if _readable(value)}
    entries = [entry for value in usable.values() for entry in _entries(value)]
    found: list[Json] = [
        {"name": bundle_name, "resource": {"resourceType": "Bundle", "type": "collection", "entry": entries}},
        {"name": "hook", "valueCode": request["hook"]},
        *({"name": "complete", "valueString": key} for key in usable),
        *({"name": "selection", "valueString": one} for one in context.get("selections", ())),
    ]
    if drafts is not None:
        found.append({"name": "draftOrders", "resource": drafts})
    if "encounterId" in context:
        found.append({"name": "encounter", "valueString": context["encounterId"]})
    if "userId" in context:
        found.append({"name": "user", "valueString": context["userId"]})
    return {"resourceType": "Parameters", "parameter": found}


def _readable(value: Any) -> bool:
    return value is None or (isinstance(value, dict) and value.get("resourceType") not in (None, "OperationOutcome"))


def _entries(value: Any) -> Iterable[Json]:
    if value is None:
        return []
    return value.get("entry", []) if value["resourceType"] == "Bundle" else [{"resource": value}]
