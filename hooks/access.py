"""The FHIR access that a call offers: server, token, and what the token's scopes open.

The token is held for the length of the call. It is written nowhere: ``repr`` hides it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

# As in: patient/Observation.rs?category=laboratory, user/*.read
_SCOPE = re.compile(
    r"(?P<whose>patient|user|system)/(?P<type>[A-Za-z]{1,64}|\*)\.(?P<may>read|write|\*|[cruds]{1,5})"
    r"(?P<only>\?.{1,300})?\Z"
)
_MOST_SCOPES = 300

# What a search for a key is confined to anyway: a scope for just this category leaves nothing out.
_CATEGORY = {
    "creatinine": "laboratory",
    "liver": "laboratory",
    "body": "vital-signs",
    "vitals": "vital-signs",
}


class Scope(msgspec.Struct, frozen=True):
    """One SMART scope, of version 1 ("patient/*.read") or 2 ("patient/Observation.rs?category=laboratory").

    ``only``: the query that confines it, "" if none.
    """

    whose: str
    type: str
    read: bool
    search: bool
    only: str = ""


class Access(msgspec.Struct, frozen=True):
    """What one call offers. ``token`` is "" for an open server; ``patient`` whom "patient/" scopes are about."""

    server: str
    token: str = ""
    scope: str = ""
    patient: str = ""

    def __repr__(self) -> str:
        return "Access(***)"


def read_access(server: str, authorization: Mapping[str, Any] | None) -> Access:
    """From ``fhirServer`` and ``fhirAuthorization``; of the latter every member but the token may be missing."""
    found = authorization or {}
    texts = {name: value for name, value in found.items() if isinstance(value, str)}
    return Access(server, texts.get("access_token", ""), texts.get("scope", ""), texts.get("patient", ""))


def scopes(text: str) -> tuple[Scope, ...]:
    """The scopes for FHIR resources in a ``scope`` text; others (launch, openid, words) are left out."""
    found = []
    for word in text.split()[:_MOST_SCOPES]:
        parts = _SCOPE.match(word[:500])
        if parts is not None:
            may = parts["may"]
            every = may in ("read", "*")
            only = parts["only"] or ""
            reads, searches = every or (may != "write" and "r" in may), every or (may != "write" and "s" in may)
            found.append(Scope(parts["whose"], parts["type"], reads, searches, only.lower()))
    return tuple(found)


class Open(msgspec.Struct, frozen=True):
    """What the scopes open of one key: nothing, only a part, or all of it."""

    any: bool
    whole: bool


def opens(access: Access, key: str, type_: str, *, reading: bool, patient_id: str) -> Open:
    """Whether a resource type may be read (by id) or searched with this access.

    An access that names no scope for resources at all is tried: the server then says. Scopes for a patient are worth
    nothing for another one.
    """
    known = scopes(access.scope)
    if not known:
        return Open(any=True, whole=True)
    strange = bool(access.patient) and access.patient.rpartition("/")[2] != patient_id
    fitting = [
        scope
        for scope in known
        if scope.type in ("*", type_)
        and (scope.read if reading else scope.search)
        and not (strange and scope.whose == "patient")
    ]
    category = _CATEGORY.get(key)
    whole = any(not scope.only or (category is not None and _is_only(scope.only, category)) for scope in fitting)
    return Open(any=bool(fitting), whole=whole)


def _is_only(query: str, category: str) -> bool:
    """Whether a confining query says nothing but this category."""
    name, _, value = query.removeprefix("?").partition("=")
    return name == "category" and value.rpartition("|")[2] == category
