"""Prefetch values, in their three states: missing, "there is none" (null), failed. And what else may stand in.

- A key that was left out is a gap ``absent``.
- An HTML page, a text, a number, true: ``fetch-failed``.
- Anything else goes to the readers: ``null`` is the caller's word that there is none (``reported-empty``), an
  OperationOutcome is ``fetch-failed``, and of Bundles they say what of them could not be read.

Keys we did not ask for are read too. When an essential key is missing and the content of such a key is what that key
would hold (an EHR that calls its list ``meds`` or ``egfr``), it stands in for it. A list of medicines stands in only if
it holds something besides the draft orders themselves: a caller may send just those again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from msgspec import Raw

from cds.case import Reason, Unknown
from cds.chart import Chart, Coded, Source
from hooks.request import Draft, HookRequest
from hooks.services import NEWEST, Service

Gaps = dict[str, Unknown]
LabKind = Callable[[Coded], str]

_TYPE_FIRST = re.compile(rb'\{\s{0,20}"resourceType"\s{0,20}:\s{0,20}"([A-Za-z]{1,64})"')

# What prescribers call what a key holds.
NAMES = {
    "patient": "patient",
    "medications": "medication list",
    "statements": "medication statements",
    "conditions": "problem list",
    "creatinine": "creatinine",
    "body": "weight and height",
    "procedures": "procedures",
    "encounter": "encounter",
    "naloxone": "earlier naloxone orders",
    "vitals": "vital signs",
    "alcohol": "recorded alcohol use",
    "liver": "liver tests",
    "stopped": "list of ended orders",
    "allergies": "allergy list",
    "devices": "devices",
    "appointments": "appointments",
    "requests": "ordered services",
    "pregnancy": "pregnancy and breastfeeding status",
    "dispenses": "dispensing record",
    "discharge": "discharge list",
}

_KEY_OF_TYPE = {
    "Patient": "patient",
    "MedicationRequest": "medications",
    "MedicationOrder": "medications",
    "MedicationStatement": "statements",
    "MedicationUsage": "statements",
    "Condition": "conditions",
    "MedicationDispense": "dispenses",
    "List": "discharge",
    "AllergyIntolerance": "allergies",
    "Device": "devices",
    "Appointment": "appointments",
    "ServiceRequest": "requests",
    "ProcedureRequest": "requests",
    "DeviceRequest": "requests",
    "DeviceUseRequest": "requests",
    "DiagnosticOrder": "requests",
}
_KEY_OF_LAB = {
    "creatinine": "creatinine",
    "egfr": "creatinine",
    "cystatin-c": "creatinine",
    "systolic-bp": "vitals",
    "systolic-bp-standing": "vitals",
    "audit-c": "alcohol",
    "alcohol-drinks-per-day": "alcohol",
    "alcohol-drinks-per-week": "alcohol",
    "bilirubin-total": "liver",
    "inr": "liver",
    "alt": "liver",
    "ast": "liver",
    "respiratory-rate": "vitals",
    "spo2": "vitals",
    "gcs": "vitals",
    "body-temperature": "vitals",
    "consciousness": "vitals",
    "pregnancy-status": "pregnancy",
    "pregnancy-test": "pregnancy",
    "pregnancy-intent": "pregnancy",
    "estimated-delivery-date": "pregnancy",
    "gestational-age": "pregnancy",
    "lactation-status": "pregnancy",
    "last-birth": "pregnancy",
}


class _Wrapped(msgspec.Struct):
    """Enough of a value to know what it is; before 1.0 resources came as {response, resource}."""

    resourceType: str | None = None  # noqa: N815
    resource: Raw = Raw(b"")


class _Resource(msgspec.Struct):
    """What is looked at of a resource to tell which key would hold it."""

    resourceType: str | None = None  # noqa: N815
    id: str | int | None = None
    code: Coded | None = None


class _Entry(msgspec.Struct):
    resource: Raw = Raw(b"")


class _Bundle(msgspec.Struct):
    entry: list[_Entry] | None = None


class _UsualEntry(msgspec.Struct):
    resource: _Resource | None = None


class _UsualBundle(msgspec.Struct):
    """A Bundle in which nothing is odd: its resources are looked at in the same pass."""

    entry: list[_UsualEntry] | None = None


_wrapped = msgspec.json.Decoder(_Wrapped)
_resource = msgspec.json.Decoder(_Resource)
_bundle = msgspec.json.Decoder(_Bundle)
_usual_bundle = msgspec.json.Decoder(_UsualBundle)
_list = msgspec.json.Decoder(list[Raw])
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def gather(request: HookRequest, service: Service, lab_kind: LabKind) -> tuple[list[Source], Gaps]:
    """Every place of the request that holds resources, drafts first, and the gaps that are known before reading."""
    sources = [Source("draft", draft.path, draft.raw, (), request.selections) for draft in request.drafts]
    gaps: Gaps = {}
    foreign: list[Source] = []
    for key, raw in request.prefetch.items():
        path = request.prefetch_paths[key]
        if key not in service.prefetch:
            foreign.append(Source(key, path, raw))
        elif _is_resource_or_null(raw):
            sources.append(Source(key, path, raw, (key,)))
        else:
            gaps[key] = Unknown(Reason.FETCH_FAILED, f"{NAMES[key]} could not be fetched by the EHR")
    missing = [key for key in service.prefetch if key not in request.prefetch]
    sources += _standing_in(foreign, missing, request.drafts, lab_kind)
    held = {key for source in sources for key in source.holds}
    gaps.update({key: Unknown(Reason.ABSENT, f"{NAMES[key]} not sent") for key in missing if key not in held})
    return sources, gaps


def _is_resource_or_null(raw: bytes) -> bool:
    """Whether a reader can make something of it. An EHR once sent its error page; a resource as JSON text is read."""
    return raw[:1] in (b"{", b"[") or raw == b"null" or raw[1:].lstrip()[:1] in (b"{", b"[")


# -- keys we did not ask for -------------------------------------------------------------------------------------------


def _standing_in(
    foreign: Iterable[Source], missing: Iterable[str], drafts: Iterable[Draft], lab_kind: LabKind
) -> Iterable[Source]:
    """The unasked values, each holding the missing keys whose content it brings."""
    wanted = set(missing)
    own = {ref for draft in drafts for ref, item in _contents(draft.raw) if item.id is not None} if wanted else set()
    for source in foreign:
        found = _held(source.raw, own, lab_kind) & wanted if wanted else set()
        yield Source(source.key, source.path, source.raw, tuple(sorted(found)))


def _held(raw: bytes, drafts: set[str], lab_kind: LabKind) -> set[str]:
    keys = set()
    for ref, resource in _contents(raw):
        kind = resource.resourceType or ""
        if kind == "Observation" and resource.code is not None and (key := _KEY_OF_LAB.get(lab_kind(resource.code))):
            keys.add(key)
        elif kind in _KEY_OF_TYPE and ref not in drafts:
            keys.add(_KEY_OF_TYPE[kind])
    return keys


def _contents(raw: bytes) -> list[tuple[str, _Resource]]:
    """Every resource of a value with its reference; what cannot be read is left out here (the readers tell of it)."""
    return [(f"{resource.resourceType}/{resource.id}", resource) for resource in _looked_at(raw)]


def _looked_at(raw: bytes) -> list[_Resource]:
    if _TYPE_FIRST.match(raw[:160]) and _type_of(raw) == "Bundle":
        try:  # in one pass, which is all that most values need
            entries = _usual_bundle.decode(raw).entry or []
            return [entry.resource for entry in entries if entry.resource is not None]
        except _FAULTS:
            pass
    found = []
    for item in resources(raw):
        try:
            found.append(_resource.decode(item))
        except _FAULTS:
            continue
    return found


def resources(raw: bytes) -> list[Raw]:
    """The resources of a Bundle, a list, or one bare resource, undecoded."""
    try:
        if raw[:1] == b"[":
            return [item for item in _list.decode(raw) if bytes(item)[:1] == b"{"]
        kind = _type_of(raw)
        if not kind:
            inner = bytes(_wrapped.decode(raw).resource)
            return resources(inner) if inner[:1] == b"{" else []
        if kind != "Bundle":
            return [Raw(raw)]
        entries = _bundle.decode(raw).entry or []
        return [entry.resource for entry in entries if bytes(entry.resource)[:1] == b"{"]
    except _FAULTS:
        return []


def _type_of(raw: bytes) -> str:
    first = _TYPE_FIRST.match(raw[:160])
    return first[1].decode() if first is not None else _wrapped.decode(raw).resourceType or ""


def has_readable_draft(drafts: Iterable[Draft]) -> bool:
    """Whether any draft is a resource at all, of whatever type."""
    return any(resource.resourceType for draft in drafts for _, resource in _contents(draft.raw))


def nothing_usable(gaps: Mapping[str, Sequence[Unknown]], service: Service) -> bool:
    """Whether no key told anything: each was left out or could not be fetched."""
    silent = (Reason.ABSENT, Reason.FETCH_FAILED)
    return all(any(gap.reason in silent for gap in gaps.get(key, ())) for key in service.prefetch)


def complete(chart: Chart, gaps: Gaps, sources: Iterable[Source]) -> None:
    """Put what reading could not know into the chart: the missing keys, and what each gap is about.

    A further page is no gap where we asked for the newest few only and got that many.
    """
    for key, found in chart.gaps.items():
        if key in NEWEST and any(gap.reason is Reason.TRUNCATED for gap in found) and _enough(key, sources):
            found[:] = [gap for gap in found if gap.reason is not Reason.TRUNCATED]
        if key in NAMES:
            found[:] = [Unknown(gap.reason, f"{NAMES[key]}: {gap.detail}") for gap in found]
    for key, gap in gaps.items():
        chart.gaps.setdefault(key, []).append(gap)


def _enough(key: str, sources: Iterable[Source]) -> bool:
    return sum(len(resources(source.raw)) for source in sources if key in source.holds) >= NEWEST[key]
