"""What a site need not be shown again: by what its calls and feedback left in the database, read by a thread.

Advice never waits for it: what the thread has not read yet, or cannot read because the database is away, is shown. Only
sites that ask for it (``[repeats]`` in their file) are remembered so, each row as a keyed hash of patient and subject.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from cds.repeats import subject, without_repeats
from cds.site import Site
from hooks.audit import Audit
from hooks.errors import StoreUnavailable
from hooks.observe import fault, log
from hooks.respond import Judged
from hooks.services import Service

if TYPE_CHECKING:
    from hooks.store import Store

LOOK_EVERY = 1.0  # seconds
SELECTED = "shown when the medicine was chosen"
OVERRIDDEN = "overridden with a reason"

_Known = Mapping[tuple[str, str], tuple[tuple[datetime, int, str], ...]]  # client and mark -> until when, level, why


class Repeats:
    """Made once per process; the thread begins with the first call of a site that asks for it."""

    def __init__(self, memory: Audit, site: Callable[[str], Site | None]) -> None:
        """``site``: what a client has otherwise, as it is now."""
        self._memory = memory
        self._site = site
        self._clients: set[str] = set()
        self._known: _Known = {}
        self._mark: Callable[[str], str] | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def once(self, client: str, service: Service, judged: Judged) -> Judged:
        """The call without what need not be shown again, and with what it shows, to be remembered."""
        self._watch(client)
        now = datetime.now(UTC)
        mark, known = self._mark, self._known

        def why(about: str, level: int) -> str:
            if mark is None:
                return ""
            for until, most, reason in known.get((client, mark(f"{judged.request.patient_id}|{about}")), ()):
                asked = reason == OVERRIDDEN or service.hook == "order-sign"
                if asked and now < until and level <= most:
                    return reason
            return ""

        report = without_repeats(judged.report, judged.case, why)
        shown = tuple(
            (finding.check, int(finding.indicator), subject(finding, judged.case))
            for finding in report.findings
            if finding.shown and finding.indicator > 0
        )
        return msgspec.structs.replace(judged, report=report, shown=shown)

    def look(self) -> None:
        """Read what there is. Nothing is known when the database is away."""
        found: dict[tuple[str, str], tuple[tuple[datetime, int, str], ...]] = {}
        try:
            store = self._memory.store
            store.patient_mark("")  # reads the key, so that nobody who is answered has to
            for client in sorted(self._clients):
                site = self._site(client)
                for row, until, reason in _rows(store, client, site) if site is not None else ():
                    key = (client, row["mark"])
                    found[key] = (*found.get(key, ()), (until, row["level"], reason))
        except StoreUnavailable:
            self._known, self._mark = {}, None
            return
        self._known, self._mark = found, store.patient_mark

    def _watch(self, client: str) -> None:
        self._clients.add(client)
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="repeats", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            try:
                self.look()
            except Exception as error:  # whatever it is: show, and look again
                self._known, self._mark = {}, None
                log().error("what was shown cannot be read", **fault(error))
            pause.wait(LOOK_EVERY)


def _rows(store: Store, client: str, site: Site) -> Iterator[tuple[dict[str, Any], datetime, str]]:
    """What a client was shown or overrode, until when that counts, and which of the two it was."""
    now = datetime.now(UTC)
    if site.select_minutes:
        lasts = timedelta(minutes=site.select_minutes)
        for row in store.shown_lately(client, now - lasts, "order-select"):
            yield row, _utc(row["at"]) + lasts, SELECTED
    if site.override_hours:
        lasts = timedelta(hours=site.override_hours)
        for row in store.overridden_lately(client, now - lasts):
            yield row, _utc(row["received"]) + lasts, OVERRIDDEN


def _utc(when: datetime) -> datetime:
    """SQLite gives back times without their zone."""
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)
