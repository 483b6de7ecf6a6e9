"""One row per call, written by a thread of its own: advice neither waits for the database nor depends on it.

When the rows come faster than the database takes them, the newest are dropped and counted; after a failure the thread
keeps what it holds and tries again.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from cds.findings import Finding, Outcome
from hooks.errors import StoreUnavailable
from hooks.observe import fault, log
from hooks.respond import Answer
from hooks.settings import Settings

if TYPE_CHECKING:
    from hooks.store import Row, Store

MOST_WAITING = 2000
_BATCH = 200
_PAUSE = 2.0  # seconds between tries while the database is away
_HASTE = 0.2  # the same, of a worker that stops
_LAST_WORDS = 6.0  # seconds that a stopping worker may take to write what it holds
_TIDY_EVERY = timedelta(hours=6)


class Noted(msgspec.Struct, frozen=True):
    """What a call leaves behind, before it is made a row."""

    at: datetime
    request_id: str
    client: str
    service: str
    ms: float
    answer: Answer


class Audit:
    """Writes calls to the store of the settings. Its thread is started by the first call, and so is the database."""

    def __init__(self, settings: Settings) -> None:
        self.dropped = 0
        self._settings = settings
        self._waiting: queue.Queue[Noted | None] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._until = 0.0  # when stopping: how long to try
        self._tidied: datetime | None = None

    def note(self, request_id: str, client: str, service: str, ms: float, answer: Answer) -> None:
        """Note a call. Never waits and never fails."""
        if self._thread is None:
            self._start()
        try:
            self._waiting.put_nowait(Noted(datetime.now(UTC), request_id, client, service, ms, answer))
        except queue.Full:
            self.dropped += 1

    @cached_property
    def store(self) -> Store:
        """The store; the libraries for databases are loaded only now."""
        from hooks.store import Store

        return Store(self._settings.database_url, comments=self._settings.feedback_comments)

    @property
    def waiting(self) -> int:
        """Calls that are not yet written."""
        return self._waiting.qsize()

    def flush(self, seconds: float = _LAST_WORDS) -> bool:
        """Write what waits, for at most so long; whether all was written. The thread ends."""
        thread = self._thread
        if thread is None:
            return True
        self._until = time.monotonic() + seconds
        self._stopping.set()
        with suppress(queue.Full):
            self._waiting.put_nowait(None)
        thread.join(seconds)
        return not thread.is_alive() and self._waiting.empty()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
                self._thread.start()
                # When the process ends; atexit is not run by the forked workers of a service.
                Finalize(None, self.flush, exitpriority=10)

    def _run(self) -> None:
        while True:
            batch = self._next()
            if batch and not self._write(batch):
                self.dropped += len(batch)  # stopping, and the database is away
            if self._stopping.is_set() and self._waiting.empty():
                return
            self._tidy()

    def _next(self) -> list[Noted]:
        found = [self._waiting.get()]
        while len(found) < _BATCH:
            try:
                found.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return [one for one in found if one is not None]

    def _write(self, batch: list[Noted]) -> bool:
        """Write, trying again until it works or the worker stops."""
        told = False
        while True:
            try:
                self.store.keep_calls(*self._rows(batch))
                return True
            except StoreUnavailable:
                if not told:
                    log().error("calls cannot be noted: the database is away")
                    told = True
                if self._stopping.is_set():
                    if time.monotonic() >= self._until:
                        return False
                    time.sleep(_HASTE)
                else:
                    self._stopping.wait(_PAUSE)

    def _rows(self, batch: Iterable[Noted]) -> tuple[list[Row], list[Row]]:
        """The rows of a batch, and those of what it showed. One that cannot be made costs itself only."""
        rows: list[Row] = []
        seen: list[Row] = []
        for noted in batch:
            try:
                row = row_of(noted, self.store)
                seen += shown_of(noted, row, self.store)
                rows.append(row)
            except StoreUnavailable:
                raise
            except Exception as error:
                self.dropped += 1
                log().error("a call cannot be noted", request_id=noted.request_id, **fault(error))
        return rows, seen

    def _tidy(self) -> None:
        now = datetime.now(UTC)
        if self._tidied is not None and now - self._tidied < _TIDY_EVERY:
            return
        self._tidied = now
        kept = self._settings
        with suppress(StoreUnavailable):
            self.store.forget_tokens(time.time())
            self.store.purge(
                calls_before=now - timedelta(kept.calls_days) if kept.calls_days else None,
                feedback_before=now - timedelta(kept.feedback_days) if kept.feedback_days else None,
            )


def row_of(noted: Noted, store: Store) -> Row:
    """The row of a call: ids of checks, levels and reasons; nothing that a request said of a patient."""
    answer = noted.answer
    judged = answer.judged
    row: Row = {
        "at": noted.at,
        "request_id": noted.request_id,
        "client": noted.client,
        "service": noted.service,
        "status": answer.status,
        "ms": round(noted.ms, 3),
        "hook": "",
        "hook_instance": "",
        "patient": "",
        "knowledge": "",
    }
    findings: list[Any] = []
    unchecked: list[Any] = []
    explained: list[Any] = []
    if judged is not None:
        report = judged.report
        row |= {
            "hook": judged.request.hook,
            "hook_instance": judged.request.hook_instance,
            "patient": store.patient_mark(judged.request.patient_id),
            "knowledge": report.knowledge_version,
        }
        findings = [[f.check, f.indicator.name.lower(), _shown(f)] for f in report.findings]
        unchecked = [[item.check, item.reason.value] for item in report.not_checked]
        explained = list(_explained(report.outcomes))
    cards = orjson.loads(answer.body).get("cards", []) if answer.status == 200 else []
    return row | {
        "findings": _json(findings),
        "not_checked": _json(unchecked),
        "cards": _json([_card(card) for card in cards]),
        "explained": _json(explained),
    }


def shown_of(noted: Noted, row: Row, store: Store) -> list[Row]:
    """What a call showed to a site that does not want it twice: a keyed hash each, and the card it stood on."""
    judged = noted.answer.judged
    if judged is None or not judged.shown:
        return []
    cards = {check: card for card, _, checks, _ in orjson.loads(row["cards"]) for check in checks}
    return [
        {
            "at": noted.at,
            "client": noted.client,
            "hook": judged.request.hook,
            "card": cards[check],
            "level": level,
            "mark": store.patient_mark(f"{judged.request.patient_id}|{about}"),
        }
        for check, level, about in judged.shown
        if check in cards
    ]


def _shown(finding: Finding) -> bool | str:
    """Whether it was on a card; "silent" or "repeat" when only the site kept it off."""
    if finding.repeated:
        return "repeat"
    return "silent" if finding.silenced else finding.shown and finding.indicator > 0


def _card(card: dict[str, Any]) -> list[Any]:
    checks = [finding["check"] for finding in card.get("extension", {}).get("org.gabaguard.findings", ())]
    suggestions = [one["uuid"] for one in card.get("suggestions", ()) if "uuid" in one]
    return [card.get("uuid", ""), card.get("indicator", ""), checks, suggestions]


def _explained(outcomes: Iterable[Outcome]) -> Iterable[list[str]]:
    """How each check ended, without a value of the patient."""
    for one in outcomes:
        if one.mode == "off":
            yield [one.check, "off", ""]
        elif one.failed is not None:
            yield [one.check, "failed", ""]
        elif one.findings:
            yield [one.check, "found", ",".join(finding.wording for finding in one.findings)]
        elif one.not_checked:
            yield [one.check, "not-checked", ",".join(dict.fromkeys(item.reason.value for item in one.not_checked))]
        else:
            yield [one.check, "nothing", ""]


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
