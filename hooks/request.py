"""Bytes -> HookRequest, or Refused(status, path, problem, remedy).

Read are calls of CDS Hooks 1.0, 1.1 and 2.0, and the shapes of before 1.0 that are still sent: user, patient and
encounter at the root, ``context`` as an array of orders, orders as an array, a Bundle or one bare resource,
"Patient/x" for "x", nulls for what is left out, and prefetch values beside ``prefetch`` instead of in it.

Resources stay undecoded here; what is not needed to find them is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import orjson
from msgspec import UNSET, Raw, UnsetType

from hooks.access import Access, read_access
from hooks.body import check_text, is_whole, members
from hooks.errors import Issue, Refused, refused
from hooks.explain import faults
from hooks.services import Service

_DRAFT_FIELDS = ("draftOrders", "medications", "orders", "medication")
_OLD_HOOKS = frozenset({"medication-prescribe", "order-review"})  # deprecated before 2.0
_LONGEST_ID = 256
_MOST_MEMBERS = 200  # of the request and of prefetch: each is a resource to look into


class Draft(msgspec.Struct, frozen=True):
    """Where orders stand in the request, and their JSON: a Bundle, a list of resources or one resource."""

    path: str
    raw: bytes


class HookRequest(msgspec.Struct, frozen=True):
    """One call, as far as it is about transport. ``prefetch`` holds undecoded values, by key.

    ``access``: the FHIR server that the caller offers, with its token; None when it offers none.
    ``selections`` is None when the call names none: then all drafts are meant.
    """

    hook: str
    hook_instance: str
    patient_id: str
    drafts: tuple[Draft, ...]
    prefetch: Mapping[str, bytes]
    prefetch_paths: Mapping[str, str]
    selections: tuple[str, ...] | None = None
    user_id: str = ""
    encounter_id: str = ""
    access: Access | None = None
    old: bool = False  # CDS Hooks 1.0 or before, told from the hook and the shape: the call names no version


class _Envelope(msgspec.Struct):
    """The usual call: every member undecoded, in one pass over the bytes."""

    hook: Raw
    hookInstance: Raw  # noqa: N815
    context: dict[str, Raw]
    prefetch: dict[str, Raw] | UnsetType = UNSET
    fhirServer: Raw | UnsetType = UNSET  # noqa: N815
    fhirAuthorization: Raw | UnsetType = UNSET  # noqa: N815
    extension: Raw | UnsetType = UNSET


class _Parts(msgspec.Struct, frozen=True):
    """The members of the three objects of an envelope. ``orders``: the context when it is an array of orders."""

    root: Mapping[str, Raw]
    context: Mapping[str, Raw]
    prefetch: Mapping[str, Raw]
    orders: Raw | None = None


_envelope = msgspec.json.Decoder(_Envelope)
_any = msgspec.json.Decoder()
_strings = msgspec.json.Decoder(list[str])


def read_request(body: bytes, service: Service) -> HookRequest:
    """The call as sent to one service. Raises ``Refused`` (400) naming everything that is wrong with its shape."""
    check_text(body)
    try:
        return _request(_parts(body), service)
    except Refused as refusal:
        raise Refused(refusal.status, *_all_faults(body, service, refusal)) from None


def _parts(body: bytes) -> _Parts:
    try:
        found = _envelope.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # no JSON, or not the usual shape
        return _unusual_parts(body)
    root = {name: value for name in _Envelope.__struct_fields__ if isinstance(value := getattr(found, name), Raw)}
    if isinstance(found.prefetch, UnsetType):
        whole = is_whole(body, {**root, "context": _NOTHING}, found.context)
        return _Parts(root, found.context, {}) if whole else _unusual_parts(body)
    whole = is_whole(body, {**root, "context": _NOTHING, "prefetch": _NOTHING}, found.context, found.prefetch)
    return _Parts(root, found.context, found.prefetch) if whole else _unusual_parts(body)


_NOTHING = Raw(b"")


def _unusual_parts(body: bytes) -> _Parts:
    root = members(body)
    raw = root.get("context")
    if raw is None:
        raise refused(400, "context", "is missing", "Send the context of the hook", "required")
    prefetch = root.get("prefetch")
    values = {} if prefetch is None or bytes(prefetch) == b"null" else members(prefetch, "prefetch")
    if bytes(raw)[:1] == b"[":
        return _Parts(root, {}, values, raw)
    return _Parts(root, members(raw, "context"), values)


def _request(parts: _Parts, service: Service) -> HookRequest:
    root, context = parts.root, parts.context
    hook = _text(root, "hook", "the name of the hook")
    if hook not in service.hooks:
        words = " or ".join(f'"{name}"' for name in service.hooks)
        raise refused(400, "hook", "is not the hook of this service", f"Send {words}, or call another service", "value")
    instance = _text(root, "hookInstance", "a UUID for this call")
    prefetch, paths = _prefetch(parts)
    encounter = _last(_optional(root, context, "encounterId", "encounter"))
    if service.phase == "discharge" and not encounter:
        remedy = "Send the id of the encounter that is ending"
        raise refused(400, "context.encounterId", "is missing", remedy, "required")
    return HookRequest(
        hook=hook,
        hook_instance=instance,
        patient_id=_patient(root, context),
        drafts=_drafts(parts, service),
        prefetch=prefetch,
        prefetch_paths=paths,
        selections=_selections(context),
        user_id=_optional(root, context, "userId", "user"),
        encounter_id=encounter,
        access=_access(root),
        old=hook in _OLD_HOOKS or parts.orders is not None or "user" in root,
    )


def _value(raw: Raw | None) -> Any:
    """A small member, decoded; ``None`` when it is not there."""
    return None if raw is None else _any.decode(raw)


def _text(found: Mapping[str, Raw], name: str, what: str) -> str:
    raw = found.get(name)
    if raw is None:
        raise refused(400, name, "is missing", f"Send {what}", "required")
    value = _value(raw)
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_ID:
        raise refused(400, name, "is not a text of 1 to 256 characters", f"Send {what}", "value")
    return value


def _optional(root: Mapping[str, Raw], context: Mapping[str, Raw], name: str, legacy: str) -> str:
    """An id that may be left out: in the context under its name or its old name, or at the root (before 1.0)."""
    for found, key, path in (
        (context, name, f"context.{name}"),
        (context, legacy, f"context.{legacy}"),
        (root, legacy, legacy),
    ):
        value = _value(found.get(key)) if key in found else None
        if isinstance(value, str):
            return value
        if value is not None and key == name:
            raise refused(400, path, "is not a text", "Send the id as text, or leave it out", "value")
    return ""


def _patient(root: Mapping[str, Raw], context: Mapping[str, Raw]) -> str:
    value = _last(_optional(root, context, "patientId", "patient"))
    if not value or len(value) > _LONGEST_ID:
        raise refused(400, "context.patientId", "is missing", "Send the id of the patient", "required")
    return value


def _last(reference: str) -> str:
    """ "x" of "x", "Patient/x" and "https://ehr.example/fhir/Patient/x"."""
    return reference.strip().rsplit("/", 1)[-1]


def _drafts(parts: _Parts, service: Service) -> tuple[Draft, ...]:
    """The orders of the call: the field of the hook, else whatever field holds orders. None for hooks without any."""
    if not service.draft_fields:
        if parts.orders is not None:
            raise refused(400, "context", "is an array", "Send the context of this hook as an object", "structure")
        return ()
    if parts.orders is not None:
        return (Draft("context", bytes(parts.orders)),)
    names = dict.fromkeys((*service.draft_fields, *_DRAFT_FIELDS))
    for name in names:
        raw = bytes(parts.context.get(name, b"null"))
        if raw == b"null":
            continue
        if raw[:1] not in b"{[":
            raise refused(400, f"context.{name}", "is not a Bundle", "Send the draft orders as a Bundle", "structure")
        return (Draft(f"context.{name}", raw),)
    path = f"context.{service.draft_fields[0]}"
    raise refused(400, path, "is missing", "Send the draft orders as a Bundle", "required")


def _selections(context: Mapping[str, Raw]) -> tuple[str, ...] | None:
    raw = context.get("selections")
    if raw is None or bytes(raw) == b"null":
        return None
    try:
        return tuple(_strings.decode(raw)) or None
    except msgspec.ValidationError:
        remedy = 'Send an array of references such as "MedicationRequest/103"'
        raise refused(400, "context.selections", "is not an array of texts", remedy, "value") from None


def _access(root: Mapping[str, Raw]) -> Access | None:
    """The FHIR server that the caller offers. Whether it may be asked is decided where it is asked."""
    server = _value(root.get("fhirServer"))
    if server is not None and not isinstance(server, str):
        raise refused(400, "fhirServer", "is not a text", "Send the base URL of the FHIR server", "value")
    access = _value(root.get("fhirAuthorization"))
    if access is None:
        return read_access(server, None) if server else None
    if not isinstance(access, dict):
        raise refused(
            400, "fhirAuthorization", "is not an object", "Send a complete fhirAuthorization, or none", "value"
        )
    if not isinstance(token := access.get("access_token"), str) or not token:
        path = "fhirAuthorization.access_token"
        raise refused(400, path, "is missing", "Send a complete fhirAuthorization, or none", "required")
    if not server:
        raise refused(400, "fhirServer", "is missing", "Send it together with fhirAuthorization", "required")
    return read_access(server, access)


def _prefetch(parts: _Parts) -> tuple[dict[str, bytes], dict[str, str]]:
    """Prefetch values and where they stand; some callers send them beside ``prefetch``."""
    for path, found in (("", parts.root), ("prefetch", parts.prefetch)):
        if len(found) > _MOST_MEMBERS:
            problem = f"has more than {_MOST_MEMBERS} members"
            raise refused(400, path, problem, "Send only the keys of the prefetch templates", "too-long")
    values = {key: bytes(raw) for key, raw in parts.prefetch.items()}
    paths = {key: f"prefetch.{key}" for key in values}
    for key, raw in parts.root.items():
        text = bytes(raw)
        if key not in _MEMBERS and key not in values and text[:1] == b"{" and b'"resourceType"' in text:
            values[key], paths[key] = text, key
    return values, paths


_MEMBERS = frozenset((*_Envelope.__struct_fields__, "user", "encounter", "redirect"))


def _all_faults(body: bytes, service: Service, refusal: Refused) -> tuple[Issue, ...]:
    """The refusal, and whatever else the request schema has to say (the slow path: only for calls already refused)."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return refusal.issues
    told = {issue.path for issue in refusal.issues}
    return refusal.issues + tuple(issue for issue in faults(document, service.hook) if issue.path not in told)
