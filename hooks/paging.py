"""What came of one search: the pages of a searchset, whether they are enough, and one Bundle of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec
from msgspec import Raw

from cds.chart import Coded
from hooks.body import MAX_DEPTH, deeper_than
from hooks.outbound import Failed, Why

MOST_PAGES = 10
MOST_ENTRIES = 500
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_CODES = re.compile(r"[?&]code=([^&]{1,2000})")


class _Link(msgspec.Struct):
    relation: str | None = None
    url: str | None = None


class Page(msgspec.Struct):
    """One page. ``entry`` undecoded."""

    resourceType: str | None = None  # noqa: N815 - FHIR's name
    total: Raw = Raw(b"")
    link: list[_Link] | None = None
    entry: list[Raw] | None = None
    raw: bytes = b""  # all of it, as it came

    @property
    def next(self) -> str:
        """The address of the next page; "" on the last one."""
        return next((link.url or "" for link in self.link or () if link.relation == "next"), "")


class _Meta(msgspec.Struct):
    lastUpdated: str = ""  # noqa: N815


class _Span(msgspec.Struct):
    start: str = ""


class _Item(msgspec.Struct):
    """What is looked at of a resource: its code, and the dates by which we ask for the newest."""

    resourceType: str = ""  # noqa: N815
    code: Coded | None = None
    meta: _Meta | None = None
    effectiveDateTime: str = ""  # noqa: N815
    effectivePeriod: _Span | None = None  # noqa: N815
    performedDateTime: str = ""  # noqa: N815
    performedPeriod: _Span | None = None  # noqa: N815
    occurrenceDateTime: str = ""  # noqa: N815
    occurrencePeriod: _Span | None = None  # noqa: N815
    whenHandedOver: str = ""  # noqa: N815

    def day(self) -> str:
        """The date it is sorted by, as far as it was written; "" if none."""
        spans = (self.effectivePeriod, self.performedPeriod, self.occurrencePeriod)
        own = (self.effectiveDateTime, self.performedDateTime, self.occurrenceDateTime, self.whenHandedOver)
        found = next(filter(None, (*own, *(span.start for span in spans if span is not None))), "")
        if not found and self.resourceType.startswith("Medication") and self.meta is not None:
            found = self.meta.lastUpdated
        return found[:10]


class _Entry(msgspec.Struct):
    resource: _Item | None = None


_page = msgspec.json.Decoder(Page)
_whole = msgspec.json.Decoder(dict[str, Raw])
_entry = msgspec.json.Decoder(_Entry)


def _check(body: bytes) -> None:
    """What the decoder lets pass in parts that it only skips."""
    try:
        if deeper_than(body, MAX_DEPTH) or (not body.isascii() and not body.decode()):
            raise Failed(Why.CONTENT)
    except UnicodeDecodeError:
        raise Failed(Why.CONTENT) from None


def read_page(body: bytes) -> Page:
    """A page of a searchset. Raises ``Failed`` for whatever else it is: HTML, half a JSON, another resource."""
    _check(body)
    try:
        page = _page.decode(body)
    except _FAULTS:
        raise Failed(Why.CONTENT) from None
    if page.resourceType != "Bundle":
        raise Failed(Why.STATUS if page.resourceType == "OperationOutcome" else Why.CONTENT)
    page.raw = body
    return page


def read_resource(body: bytes, type_: str) -> bytes:
    """The body of a read, if it is a resource of this type. Raises ``Failed``."""
    _check(body)
    try:
        found = msgspec.json.decode(_whole.decode(body).get("resourceType", Raw(b"null")))
    except _FAULTS:
        raise Failed(Why.CONTENT) from None
    if found != type_:
        raise Failed(Why.STATUS if found == "OperationOutcome" else Why.CONTENT)
    return body


def is_part(body: bytes) -> bool:
    """Whether a value that was sent is a searchset of which more is to be had."""
    try:
        page = _page.decode(body)
        total = msgspec.json.decode(page.total) if bytes(page.total) else None
    except _FAULTS:
        return False
    more = isinstance(total, int | float) and total > len(page.entry or ())
    return page.resourceType == "Bundle" and (bool(page.next) or more)


def asked_codes(template: str) -> frozenset[str]:
    """The codes that a query template asks for; empty when it asks for all."""
    found = _CODES.search(template)
    return frozenset(found[1].split(",")) if found else frozenset()


def are_newest(pages: Iterable[Page], count: int, codes: frozenset[str]) -> bool:
    """Whether these are the newest ``count`` that were asked for, so that no further page is needed.

    A server that ignores the codes sends other things as well, one that ignores the order sends them unsorted: then
    the pages are not enough, however many.
    """
    items = [item for page in pages for entry in page.entry or () if (item := _item(entry)) is not None]
    mine = [item for item in items if not codes or _has_code(item, codes)]
    days = [day for item in items if (day := item.day())]
    return len(mine) >= count and all(_not_before(a, b) for a, b in pairwise(days))


def _item(entry: Raw) -> _Item | None:
    try:
        return _entry.decode(entry).resource
    except _FAULTS:
        return None


def _has_code(item: _Item, codes: frozenset[str]) -> bool:
    return item.code is not None and any(coding.code in codes for coding in item.code.codings)


def _not_before(day: str, next_day: str) -> bool:
    shared = min(len(day), len(next_day))
    return day[:shared] >= next_day[:shared]


def joined(pages: Sequence[Page], *, more: bool) -> bytes:
    """All pages as one searchset; with a ``next`` link if there is ``more``, which the readers take for a part."""
    if len(pages) == 1:
        return pages[0].raw
    bundle: dict[str, object] = {"resourceType": "Bundle", "type": "searchset"}
    if bytes(pages[-1].total):
        bundle["total"] = pages[-1].total
    if more:
        bundle["link"] = [{"relation": "next", "url": "urn:more"}]
    bundle["entry"] = [entry for page in pages for entry in page.entry or ()]
    return msgspec.json.encode(bundle)
