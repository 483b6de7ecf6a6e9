"""What we publish: checks, codes, value sets and the knowledge version as FHIR R4 resources, derived from knowledge.

A resource is built when first asked for, validated by ``fhir.resources`` (imported only then) and kept as bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial

import orjson

from cds.fhir.publish.canonical import Json, Place
from cds.fhir.publish.codes import BRAND_MAP, code_systems, concept_map
from cds.fhir.publish.inputs import ATTRIBUTES_URL, attributes_definition
from cds.fhir.publish.plan import LIBRARY, library, plan
from cds.fhir.publish.valuesets import ValueSets
from cds.knowledge.model import Knowledge

__all__ = ["Json", "Place", "Published", "ValueSets"]

TYPES = ("CodeSystem", "ConceptMap", "Library", "PlanDefinition", "StructureDefinition", "ValueSet")


class Published:
    """The published resources of one knowledge version. Safe to share between threads."""

    def __init__(self, knowledge: Knowledge, *, base: str, pages: str) -> None:
        """``base``: the address of the FHIR endpoint; ``pages``: what the id of a check is appended to."""
        self.place = Place(base, knowledge.version)
        self.value_sets = ValueSets(knowledge, self.place)
        self._knowledge = knowledge
        self._pages = pages
        self._built: dict[tuple[str, str], Json] = {}
        self._bytes: dict[tuple[str, str], bytes] = {}

    def ids(self, kind: str) -> list[str]:
        """The ids of one type, in the order of the knowledge."""
        return list(self._makers(kind))

    def resource(self, kind: str, id: str) -> Json | None:
        """One resource, or None when there is none. The answer is shared: do not change it."""
        maker = self._makers(kind).get(id)
        if maker is None:
            return None
        if (kind, id) not in self._built:  # two threads may both build it: the same resource
            made = maker()
            validate(made)
            self._built[kind, id] = made
        return self._built[kind, id]

    def text(self, kind: str, id: str) -> bytes | None:
        """The same as bytes."""
        found = self.resource(kind, id)
        if found is None:
            return None
        if (kind, id) not in self._bytes:
            self._bytes[kind, id] = orjson.dumps(found)
        return self._bytes[kind, id]

    def _makers(self, kind: str) -> Mapping[str, Callable[[], Json]]:
        return self._all.get(kind, {})

    @cached_property
    def _all(self) -> Mapping[str, Mapping[str, Callable[[], Json]]]:
        known, place = self._knowledge, self.place
        systems = code_systems(known, place)
        return {
            "CodeSystem": {id: partial(systems.__getitem__, id) for id in systems},
            "ConceptMap": {BRAND_MAP: partial(concept_map, known, place)},
            "Library": {LIBRARY: partial(library, known, place)},
            "PlanDefinition": {id: partial(self._plan, id) for id in known.checks},
            "StructureDefinition": {ATTRIBUTES_URL: partial(attributes_definition, place)},
            "ValueSet": {id: partial(self.value_sets.resource, id) for id in self.value_sets.titles},
        }

    def _plan(self, id: str) -> Json:
        check = self._knowledge.checks[id]
        return plan(check, self._knowledge, self.place, f"{self._pages}{id}", self.value_sets.titles)


def validate(resource: Json) -> None:
    """Raise ``pydantic.ValidationError`` unless ``fhir.resources`` (R4B) takes the resource."""
    from importlib import import_module

    kind = resource["resourceType"]
    model = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
    model.model_validate(resource)
