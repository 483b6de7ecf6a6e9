"""The strict verdict: what ``fhir.resources`` says of each resource, by release.

gabaguard itself reads tolerantly; this is for integrators who want to know whether what they send is FHIR. It imports
pydantic models (slow) and is used by ``gabaguard check --strict`` only, never on the way of a request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from fhir.resources import get_fhir_model_class as r5
from fhir.resources.R4B import get_fhir_model_class as r4b
from fhir.resources.STU3 import get_fhir_model_class as stu3
from pydantic import ValidationError

MODELS = {"STU3": stu3, "R4": r4b, "R5": r5}
MAX_FAULTS = 10  # per resource; the rest is counted


class Verdict(msgspec.Struct, frozen=True):
    """What one release's models say of one resource. ``faults`` are "element: problem"; ``judged`` False: no model."""

    path: str
    what: str
    faults: tuple[str, ...] = ()
    judged: bool = True


def verdicts(request: Mapping[str, Any], release: str) -> list[Verdict]:
    """A verdict on every resource of a hook request. ``release`` is "DSTU2", "STU3", "R4" (judged as R4B) or "R5"."""
    return [judge(resource, release, path) for path, resource in resources(request)]


def resources(node: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each resource with its path; a Bundle is opened, contained resources stay part of theirs."""
    if isinstance(node, Mapping):
        if "resourceType" in node and node["resourceType"] != "Bundle":
            yield path, node
            return
        for key, child in node.items():
            yield from resources(child, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from resources(child, f"{path}[{index}]")


def judge(resource: Mapping[str, Any], release: str, path: str = "") -> Verdict:
    """The verdict on one resource."""
    kind = str(resource.get("resourceType"))
    what = f"{kind}/{resource['id']}" if resource.get("id") else kind
    find = MODELS.get(release)
    if find is None:
        return Verdict(path, what, judged=False)
    try:
        model = find(kind)
    except (KeyError, ValueError):
        return Verdict(path, what, (f"resourceType: {kind} is no resource of {release}",))
    try:
        model.model_validate(dict(resource))
    except ValidationError as refusal:
        return Verdict(path, what, tuple(_faults(refusal)))
    return Verdict(path, what)


def _faults(refusal: ValidationError) -> Iterator[str]:
    found = refusal.errors(include_url=False, include_input=False, include_context=False)
    for fault in found[:MAX_FAULTS]:
        where = ".".join(str(part) for part in fault["loc"]) or "(resource)"
        yield f"{where}: {fault['msg'].removeprefix('Value error, ')}"
    if len(found) > MAX_FAULTS:
        yield f"and {len(found) - MAX_FAULTS} more"
