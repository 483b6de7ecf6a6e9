"""Whether a resource is FHIR of a release: by ``fhir.resources``, DSTU2 by the table of ``tests.support.dstu2``."""

from __future__ import annotations

import importlib

from tests.support import dstu2
from tests.support.words import Json

PACKAGES = {"STU3": "fhir.resources.STU3", "R4": "fhir.resources.R4B", "R5": "fhir.resources"}


def faults(resource: Json, release: str) -> list[str]:
    """What is wrong with a resource, as a list of words."""
    if release == "DSTU2":
        return dstu2.faults(resource)
    kind = resource["resourceType"]
    module = importlib.import_module(f"{PACKAGES[release]}.{kind.lower()}")
    try:
        getattr(module, kind).model_validate(resource)
    except ValueError as error:
        return [f"{kind}: {error}"]
    return []


def invalid(suggestion: Json, release: str) -> list[str]:
    """What is wrong with the resources of a suggestion; a resource without its subject is wrong as well."""
    found = []
    for action in suggestion["actions"]:
        if action["type"] == "delete":
            continue
        resource = action["resource"]
        found += faults(resource, release)
        named = [resource.get(name) for name in ("subject", "patient", "for")]
        named += [one.get("actor") for one in resource.get("participant", [])]
        if {"reference": "Patient/pat-1"} not in named:
            found.append(f"{resource['resourceType']} does not say whose it is")
    return found
