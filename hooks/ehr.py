"""What prefetch did not bring, asked of the caller's FHIR server: in parallel and under one deadline.

No call fails by it: whatever goes wrong becomes a gap ("not checked") of the key it concerns.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from cds.case import Reason, Unknown
from hooks.access import Access, opens
from hooks.breaker import Breaker
from hooks.observe import fault, log
from hooks.origins import Allowed, Base, read_base
from hooks.outbound import CONNECTIONS, WORDS, Errand, Failed, Outbound, Why
from hooks.paging import MOST_ENTRIES, MOST_PAGES, Page, are_newest, asked_codes, joined, read_page, read_resource
from hooks.request import HookRequest
from hooks.services import NEWEST
from hooks.tracing import context, header, span

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9\-._~]{1,128}\Z")
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]{1,8000}={0,4}\Z")  # RFC 6750
_GRACE = 0.05  # seconds; each worker ends itself at the deadline
_SILENT = frozenset({Why.TIME.value, Why.CONNECTION.value})
_NOT_ASKED = frozenset({Why.TOKEN.value, Why.BUSY.value, Why.FAULT.value, "scope"})
_NO_POST = frozenset({400, 404, 405, 415, 501})


class Wish(msgspec.Struct, frozen=True):
    """One key to be fetched. ``query`` is "" for a read by id; ``name`` is what prescribers call the key."""

    key: str
    path: str
    query: str
    name: str

    @property
    def type(self) -> str:
        """The resource type."""
        return self.path.partition("/")[0]


class Fetched(msgspec.Struct, frozen=True):
    """What became of a wish: a value as prefetch would have brought it, a gap, or (for a part of it) both."""

    key: str
    raw: bytes | None = None
    gap: Unknown | None = None
    outcome: str = "ok"


class Part(msgspec.Struct, frozen=True):
    """A value, and whether something of it that we wanted stayed behind."""

    raw: bytes
    cut: bool = False


def wish(key: str, template: str, name: str, request: HookRequest) -> Wish | None:
    """The query for a key; None when the call does not say about what (an encounter, where there is none)."""
    ids = {"patientId": request.patient_id, "encounterId": request.encounter_id}
    filled = template
    for field, value in ids.items():
        token = "{{context." + field + "}}"
        if token in filled:
            if not _ID.match(value):
                return None
            filled = filled.replace(token, quote(value, safe=""))
    path, _, query = filled.partition("?")
    return Wish(key, path, query, name)


class Ehr:
    """The way to FHIR servers, one per process. ``seconds`` is the deadline of a whole call."""

    def __init__(
        self, outbound: Outbound, *, seconds: float = 2.5, post: bool = False, breaker: Breaker | None = None
    ) -> None:
        self.seconds = seconds
        self._outbound = outbound
        self._post = post
        self._breaker = breaker or Breaker()
        self._lock = threading.Lock()
        self._workers: ThreadPoolExecutor | None = None

    def close(self) -> None:
        """End every worker and connection. Only tests need it."""
        with self._lock:
            workers, self._workers = self._workers, None
        if workers is not None:
            workers.shutdown(cancel_futures=True)
        self._outbound.close()

    def server(self, access: Access | None, permitted: Allowed) -> Base | None:
        """The server that a call offers, if it may be asked."""
        base = read_base(access.server) if access is not None else None
        return base if base is not None and permitted.permits(base) else None

    def fetch(
        self, access: Access, base: Base, wishes: Sequence[Wish], *, patient_id: str, ends: float
    ) -> list[Fetched]:
        """Everything wished for, or why not, in the order of the wishes and never later than ``ends``."""
        from concurrent.futures import wait  # not needed to start a service, nor by most calls

        began = time.monotonic()
        if not self._breaker.may_ask(base.url, began):
            return [_not_fetched(each, Why.RESTING) for each in wishes]
        usable = not access.token or bool(_TOKEN.match(access.token))
        answers: dict[str, Fetched | Future[Part]] = {}
        partial: set[str] = set()
        for each in wishes:
            may = opens(access, each.key, each.type, reading=not each.query, patient_id=patient_id)
            if not usable:
                answers[each.key] = _not_fetched(each, Why.TOKEN)
            elif not may.any:
                answers[each.key] = _closed(each)
            else:
                answers[each.key] = self._pool().submit(self._traced, Errand(base, access.token, ends), each, context())
                if not may.whole:
                    partial.add(each.key)
        wait(
            [item for item in answers.values() if not isinstance(item, Fetched)],
            timeout=max(0.0, ends - time.monotonic()) + _GRACE,
        )
        names = {each.key: each for each in wishes}
        told = [_told(names[key], item, partial=key in partial) for key, item in answers.items()]
        self._hear(base, told, patience=ends - began)
        return told

    def _hear(self, base: Base, told: Sequence[Fetched], patience: float) -> None:
        """Tell the breaker, unless nothing was asked or there was no time to wait for an answer."""
        asked = [each for each in told if each.outcome not in _NOT_ASKED]
        silent = all(each.outcome in _SILENT for each in asked)
        if asked and (not silent or patience > self.seconds / 2):
            self._breaker.heard(base.url, not silent, time.monotonic())

    def _pool(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._workers is None:
                from concurrent.futures import ThreadPoolExecutor

                self._workers = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="ehr")
            return self._workers

    def _traced(self, errand: Errand, each: Wish, parent: Any) -> Part:
        with span("fetch", "CLIENT", parent) as fetching:
            fetching.set(gabaguard__key=each.key)
            if told := header():
                errand = msgspec.structs.replace(errand, trace=told)
            try:
                part = self._one(errand, each)
            except Failed as failed:
                fetching.set(gabaguard__outcome=failed.why.value)
                raise
            fetching.set(gabaguard__outcome="cut" if part.cut else "ok")
            return part

    def _one(self, errand: Errand, each: Wish) -> Part:
        if not each.query:
            url = f"{errand.base.url}/{each.path}"
            return Part(read_resource(self._outbound.ask(errand, url), each.type))
        return self._search(errand, each)

    def _search(self, errand: Errand, each: Wish) -> Part:
        pages = [read_page(self._first(errand, each))]
        met: set[str] = set()
        newest, codes = NEWEST.get(each.key, 0), asked_codes(f"?{each.query}")
        while link := pages[-1].next:
            if newest and are_newest(pages, newest, codes):
                return Part(joined(pages, more=True))
            further = errand.base.further(link)
            count = sum(len(page.entry or ()) for page in pages)
            if further is None or further in met or len(pages) >= MOST_PAGES or count >= MOST_ENTRIES:
                return Part(joined(pages, more=True), cut=True)
            met.add(further)
            page = self._page(errand, further)
            if page is None:
                return Part(joined(pages, more=True), cut=True)
            pages.append(page)
        return Part(joined(pages, more=False))

    def _page(self, errand: Errand, url: str) -> Page | None:
        """A further page; None when it fails: what came before is kept."""
        try:
            return read_page(self._outbound.ask(errand, url))
        except Failed:
            return None

    def _first(self, errand: Errand, each: Wish) -> bytes:
        url = f"{errand.base.url}/{each.path}"
        if self._post:
            try:
                return self._outbound.ask(errand, f"{url}/_search", each.query)
            except Failed as failed:
                if failed.status not in _NO_POST:
                    raise
        return self._outbound.ask(errand, f"{url}?{each.query}")


def _told(each: Wish, item: Fetched | Future[Part], *, partial: bool) -> Fetched:
    if isinstance(item, Fetched):
        return item
    if not item.done():
        item.cancel()
        return _not_fetched(each, Why.TIME)
    error = item.exception()
    if isinstance(error, Failed):
        return _not_fetched(each, error.why)
    if error is not None:
        log().error("fetching failed", **fault(error))
        return _not_fetched(each, Why.FAULT)
    part = item.result()
    if part.cut:
        return Fetched(each.key, part.raw, _gap(each, Reason.TRUNCATED, "only a part of it was fetched"), "cut")
    if partial:
        said = "the access given opens only a part of it"
        return Fetched(each.key, part.raw, _gap(each, Reason.TRUNCATED, said), "part")
    return Fetched(each.key, part.raw)


def _gap(each: Wish, reason: Reason, said: str) -> Unknown:
    return Unknown(reason, f"{each.name}: {said}")


def _not_fetched(each: Wish, why: Why) -> Fetched:
    return Fetched(each.key, None, _gap(each, Reason.FETCH_FAILED, WORDS[why]), why.value)


def _closed(each: Wish) -> Fetched:
    said = Unknown(Reason.ABSENT, f"{each.name} not sent, and the access given does not open it")
    return Fetched(each.key, None, said, "scope")


def outcomes(fetched: Iterable[Fetched]) -> Mapping[str, list[str]]:
    """For the log: the keys by how fetching them ended."""
    found: dict[str, list[str]] = {}
    for each in fetched:
        found.setdefault(each.outcome, []).append(each.key)
    return found
