"""From the JSON text of one source to the resources in it.

The whole text is decoded in one typed pass. Only if something in it has an unexpected form is it taken apart entry by
entry, and only the odd entries are salvaged: one bad entry costs that entry.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec

from cds.fhir.resources import (
    BY_TYPE,
    AnyResource,
    Bundle,
    BundleFirst,
    Entry,
    Link,
    OneResource,
    OperationIssue,
    OperationOutcome,
)
from cds.fhir.salvage import clean, loads, salvage, salvage_as
from cds.fhir.shapes import Resource

_MOST_NESTED = 4  # a Bundle in a Bundle in a wrapper; deeper is nobody's record
_HARMLESS = frozenset({"information", "success"})
# An order, result or problem without a readable code says nothing, and without a readable owner nobody's.
_ESSENTIAL = frozenset({"code", "subject", "patient"})
_TYPE_FIRST = b'{"resourceType"'
_FAULTS = (msgspec.DecodeError, RecursionError, ValueError)

_as_bundle = msgspec.json.Decoder(BundleFirst, strict=False)
_as_resource: msgspec.json.Decoder[Resource] = msgspec.json.Decoder(OneResource, strict=False)
_as_entry = msgspec.json.Decoder(Entry, strict=False)
_as_list = msgspec.json.Decoder(list[AnyResource], strict=False)
_as_items = msgspec.json.Decoder(list[msgspec.Raw])


class Shell(msgspec.Struct):
    """Any JSON object, with its parts still undecoded."""

    resourceType: Any = None  # noqa: N815 - FHIR's name
    total: Any = None
    link: Any = None
    fullUrl: Any = None  # noqa: N815
    entry: msgspec.Raw = msgspec.Raw(b"")
    resource: msgspec.Raw = msgspec.Raw(b"")
    response: Any = None
    search: Any = None


_as_shell = msgspec.json.Decoder(Shell)


class Found(msgspec.Struct):
    """One resource, where it stands, and the ``fullUrl`` of its entry."""

    view: Resource
    path: str
    full_url: str = ""


class Opened(msgspec.Struct):
    """All that one source held.

    ``seen`` is False while nothing but emptiness was met; ``unreadable`` has one word (a resource type, or "resource")
    for each that could not be read.
    """

    found: list[Found] = []
    unreadable: list[str] = []
    seen: bool = False
    failed: bool = False
    truncated: bool = False


def open_source(raw: bytes, path: str) -> Opened:
    """Read a resource, Bundle, list, wrapper, null or anything else; never raises."""
    opened = Opened()
    text = bytes(raw).strip()
    if text == b"null":
        return opened
    try:
        _open(text, path, opened, 0)
    except _FAULTS:
        _start_again(text, path, opened)
    return opened


def _start_again(text: bytes, path: str, opened: Opened) -> None:
    """Once more with the JSON cleaned of what the decoder refuses outright."""
    opened.found.clear()
    opened.unreadable.clear()
    try:
        _open(clean(text), path, opened, 0)
    except _FAULTS:
        opened.found.clear()
        opened.unreadable.append("resource")
        opened.seen = True


def _open(text: bytes, path: str, opened: Opened, depth: int) -> None:
    if depth > _MOST_NESTED:
        _give_up(opened, "resource")
    elif text.startswith(b"{"):
        if not _open_typed(text, path, opened):
            _open_object(text, path, opened, depth)
    elif text.startswith(b"["):
        _open_list(text, path, opened, depth)
    elif text.startswith(b'"'):
        _open_string(text, path, opened, depth)
    elif text != b"null":
        _give_up(opened, "resource")


def _open_typed(text: bytes, path: str, opened: Opened) -> bool:
    """The usual way: everything has the form it should have."""
    try:
        if text.startswith(_TYPE_FIRST) and b'"Bundle"' not in text[:40]:
            _take(_as_resource.decode(text), path, "", opened)
            return True
        bundle = _as_bundle.decode(text)
        if any(entry is not None and entry.resourceType is not None for entry in bundle.entry or ()):
            return False  # resources where entries should be
        if bundle.entry is not None or bundle.resourceType == "Bundle":
            _take_bundle(bundle, path, opened)
            return True
        _take(_as_resource.decode(text), path, "", opened)
    except msgspec.ValidationError:
        return False
    return True


def _take_bundle(bundle: Bundle | BundleFirst, path: str, opened: Opened) -> None:
    entries = bundle.entry or ()
    sent = sum(map(_is_match, entries)) if bundle.total is not None else 0
    _note_pages(bundle.total, bundle.link, sent, opened)
    found = opened.found
    for at, entry in enumerate(entries):
        if entry is None:
            opened.seen = True
        elif entry.resource is None:
            _without_resource(entry.fullUrl or entry.resourceType, opened)
        elif type(entry.resource) in _AROUND:
            _take(entry.resource, f"{path}.entry[{at}].resource", entry.fullUrl or "", opened)
        else:
            found.append(Found(entry.resource, f"{path}.entry[{at}].resource", entry.fullUrl or ""))
    opened.seen = opened.seen or bool(found)


_AROUND = frozenset({Bundle, OperationOutcome})  # what is no resource of the patient


def _take(view: Resource, path: str, full_url: str, opened: Opened) -> None:
    kind = type(view)
    if kind is Bundle:
        _take_bundle(cast(Bundle, view), path, opened)
    elif kind is OperationOutcome:
        _take_outcome(cast(OperationOutcome, view), path.endswith("].resource"), opened)
    else:
        opened.seen = True
        opened.found.append(Found(view, path, full_url))


def _take_outcome(outcome: OperationOutcome, in_bundle: bool, opened: Opened) -> None:
    """An outcome in place of a resource is a failure; beside results only if it is more than information."""
    issues = outcome.issue or [OperationIssue()]
    if not in_bundle or any(issue.severity not in _HARMLESS for issue in issues):
        opened.failed = True


def _without_resource(named: object, opened: Opened) -> None:
    """An entry that names a resource but does not hold it has not been seen."""
    opened.seen = True
    if named:
        opened.unreadable.append("resource")


def _is_match(entry: Entry | None) -> bool:
    """Whether an entry counts in the total of a searchset: not what came along with the matches."""
    return entry is None or entry.search is None or entry.search.mode not in ("include", "outcome")


def _note_pages(total: float | None, links: list[Link] | None, sent: int, opened: Opened) -> None:
    if links and any(link.relation == "next" for link in links):
        opened.truncated = True
    if total is not None and total > sent:
        opened.truncated = True


def _give_up(opened: Opened, what: str) -> None:
    opened.seen = True
    opened.unreadable.append(what if what in BY_TYPE else "resource")


# --- the slow way ---------------------------------------------------------------------------------------------------


def _open_list(text: bytes, path: str, opened: Opened, depth: int) -> None:
    try:
        views = _as_list.decode(text)
    except msgspec.ValidationError:
        for at, item in enumerate(_as_items.decode(text)):
            _open_item(bytes(item), f"{path}[{at}]", opened, depth)
        return
    for at, view in enumerate(views):
        if view is not None:
            _take(view, f"{path}[{at}]", "", opened)


def _open_item(text: bytes, path: str, opened: Opened, depth: int) -> None:
    """One of several: what is wrong with it stays with it."""
    try:
        _open(text, path, opened, depth + 1)
    except _FAULTS:
        _give_up(opened, "resource")


def _open_string(text: bytes, path: str, opened: Opened, depth: int) -> None:
    """A resource sent as JSON text inside a string; any other string (an HTML error page) is no resource."""
    inside = str(loads(text)).strip()
    if inside[:1] not in ("{", "["):
        _give_up(opened, "resource")
        return
    try:
        _open(inside.encode("utf-8", "replace"), path, opened, depth + 1)
    except _FAULTS:
        _give_up(opened, "resource")


def _open_object(text: bytes, path: str, opened: Opened, depth: int) -> None:
    shell = _as_shell.decode(text)
    if shell.resourceType == "Bundle" or (shell.resourceType is None and bytes(shell.entry)):
        _open_bundle(shell, path, opened, depth)
    elif shell.resourceType is None and (bytes(shell.resource) or shell.response is not None):
        _open_wrapped(shell, path, opened, depth)
    else:
        _open_odd(text, path, opened)


def _open_wrapped(shell: Shell, path: str, opened: Opened, depth: int) -> None:
    """{resource, response}: the prefetch of CDS Hooks before 1.0, and entries without their Bundle."""
    inside = bytes(shell.resource)
    if inside not in (b"", b"null"):
        _open(inside, f"{path}.resource", opened, depth + 1)
        return
    status = shell.response.get("status") if isinstance(shell.response, dict) else shell.response
    if status is not None and not str(status).startswith("2"):
        opened.failed = True


def _open_bundle(shell: Shell, path: str, opened: Opened, depth: int) -> None:
    entries = _items(bytes(shell.entry))
    sent = sum(map(_may_match, entries))
    _note_pages(salvage_as(shell.total, float), salvage_as(shell.link, list[Link]), sent, opened)
    for at, item in enumerate(entries):
        _open_entry(bytes(item), f"{path}.entry[{at}]", opened, depth)


def _may_match(item: msgspec.Raw) -> bool:
    """The same as ``_is_match`` of an entry that may have any form."""
    try:
        search = _as_shell.decode(item).search
    except msgspec.ValidationError:
        return True
    return not isinstance(search, dict) or search.get("mode") not in ("include", "outcome")


def _items(text: bytes) -> list[msgspec.Raw]:
    if text.startswith(b"["):
        return _as_items.decode(text)
    return [] if text in (b"", b"null") else [msgspec.Raw(text)]


def _open_entry(text: bytes, path: str, opened: Opened, depth: int) -> None:
    try:
        entry = _as_entry.decode(text)
        if entry.resource is not None:
            _take(entry.resource, f"{path}.resource", entry.fullUrl or "", opened)
            return
    except msgspec.ValidationError:
        pass
    opened.seen = True
    if not text.startswith(b"{"):
        _open_item(text, path, opened, depth)
        return
    shell = _as_shell.decode(text)
    inside = bytes(shell.resource)
    if shell.resourceType is not None:  # a resource where an entry should be
        _open_item(text, path, opened, depth)
    elif inside in (b"", b"null"):
        _without_resource(shell.fullUrl, opened)
    else:
        before = len(opened.found)
        _open_item(inside, f"{path}.resource", opened, depth)
        if len(opened.found) == before + 1 and isinstance(shell.fullUrl, str):
            opened.found[before].full_url = shell.fullUrl


def _open_odd(text: bytes, path: str, opened: Opened) -> None:
    """One resource with something unexpected in it."""
    value = loads(clean(text))
    name = value.get("resourceType")
    view = BY_TYPE.get(name) if isinstance(name, str) else None
    if view is None:
        _give_up(opened, "resource")
        return
    found, lost = salvage(value, view)
    if lost & _ESSENTIAL:
        _give_up(opened, view.__name__)
    else:
        _take(found, path, "", opened)
