"""What became of the advice: per knowledge version and check, how often it fired, was shown, accepted, overridden.

Read from the rows of calls and of feedback (``store``), which hold nothing of a patient. Reasons that are none of ours
are counted together: what a caller wrote as a code is not repeated.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING, Any, TextIO

import msgspec
import orjson

if TYPE_CHECKING:
    from hooks.store import Row, Store

OTHER, NONE = "other", "none"  # a reason that is none of ours; no reason given


class Line(msgspec.Struct):
    """One check under one knowledge version; all but ``reasons`` and ``why`` count calls or cards.

    ``accepted`` and ``overridden``: cards with a finding of the check of which that was said. ``not_checked``: calls in
    which at least one of its questions could not be answered; ``why`` counts these calls by reason. ``silent``:
    calls in which it would have been shown, had its site not tried it in silence.
    """

    fired: int = 0
    shown: int = 0
    silent: int = 0
    accepted: int = 0
    overridden: int = 0
    not_checked: int = 0
    reasons: Counter[str] = msgspec.field(default_factory=Counter)
    why: Counter[str] = msgspec.field(default_factory=Counter)


class Version(msgspec.Struct):
    """All calls answered with one knowledge version. ``cards``: those shown; ``times``: ms of each call."""

    calls: int = 0
    cards: int = 0
    times: list[float] = msgspec.field(default_factory=list)
    checks: dict[str, Line] = msgspec.field(default_factory=dict)

    def line(self, check: str) -> Line:
        """The line of a check."""
        return self.checks.setdefault(check, Line())

    @property
    def median_ms(self) -> float:
        """The median time of a call, in ms."""
        return median(self.times) if self.times else 0.0

    @property
    def p95_ms(self) -> float:
        """The time that 95 % of the calls did not exceed, in ms."""
        return sorted(self.times)[max(0, -(-len(self.times) * 95 // 100) - 1)] if self.times else 0.0


class Insights(msgspec.Struct):
    """``versions`` by knowledge version, oldest call first. ``unknown``: feedback for cards of no call that is kept."""

    versions: dict[str, Version] = msgspec.field(default_factory=dict)
    unknown: int = 0


def insights_of(
    store: Store, reasons: Collection[str], *, since: datetime | None = None, client: str | None = None
) -> Insights:
    """Count what is kept. ``reasons``: our codes; ``client``: only its calls. Raises ``StoreUnavailable``."""
    found = Insights()
    cards: dict[str, tuple[str, list[str]]] = {}
    for row in store.each_call(since, client):
        if row["knowledge"]:
            _count_call(found.versions.setdefault(row["knowledge"], Version()), row, cards)
    seen: set[tuple[str, str]] = set()
    for row in store.each_feedback(since, client):
        if (row["card"], row["outcome"]) in seen:  # said again, with another time or reason: the first counts
            continue
        seen.add((row["card"], row["outcome"]))
        if row["card"] not in cards:
            found.unknown += 1
            continue
        version, checks = cards[row["card"]]
        for check in checks:
            _count_feedback(found.versions[version].line(check), row, reasons)
    return found


def _count_call(version: Version, row: Row, cards: dict[str, tuple[str, list[str]]]) -> None:
    version.calls += 1
    version.times.append(row["ms"])
    findings: list[Any] = orjson.loads(row["findings"])
    for check in {check for check, _, _ in findings}:
        version.line(check).fired += 1
    for check in {check for check, _, shown in findings if shown is True}:
        version.line(check).shown += 1
    for check in {check for check, _, shown in findings if shown == "silent"}:
        version.line(check).silent += 1
    unchecked: list[Any] = orjson.loads(row["not_checked"])
    for check in {check for check, _ in unchecked}:
        version.line(check).not_checked += 1
    for check, reason in {(check, reason) for check, reason in unchecked}:
        version.line(check).why[reason] += 1
    for uuid, _, checks, _ in orjson.loads(row["cards"]):
        version.cards += 1
        cards[uuid] = (row["knowledge"], list(dict.fromkeys(checks)))


def _count_feedback(line: Line, row: Row, reasons: Collection[str]) -> None:
    if row["outcome"] == "accepted":
        line.accepted += 1
        return
    line.overridden += 1
    code = row["reason_code"]
    line.reasons[NONE if not code else code if code in reasons else OTHER] += 1


COLUMNS = (
    *("knowledge", "check", "calls", "fired", "shown", "silent", "accepted", "overridden", "not_checked"),
    *("reasons", "why"),
)


def write_csv(found: Insights, file: TextIO) -> None:
    """One row per version and check."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for name, version in found.versions.items():
        for check, line in sorted(version.checks.items()):
            counts = (line.fired, line.shown, line.silent, line.accepted, line.overridden, line.not_checked)
            writer.writerow((name, check, version.calls, *counts, listed(line.reasons, 99), listed(line.why, 99)))


def listed(count: Counter[str], most: int = 3) -> str:
    """The most frequent, as in: "monitored 4, other 1"."""
    return ", ".join(f"{name} {number}" for name, number in count.most_common(most))


class Change(msgspec.Struct, frozen=True):
    """A check under two versions; shares are of the calls, in percent."""

    check: str
    before: Line
    after: Line
    before_share: float
    after_share: float

    @property
    def moved(self) -> float:
        """By how many percentage points its firing moved."""
        return self.after_share - self.before_share


def compared(before: Version, after: Version) -> Sequence[Change]:
    """Every check that fired or was overridden under either version; what moved most comes first."""
    found = [
        Change(check, one, other, _share(one.fired, before.calls), _share(other.fired, after.calls))
        for check in sorted({*before.checks, *after.checks})
        for one, other in [(before.checks.get(check, Line()), after.checks.get(check, Line()))]
        if one.fired or other.fired
    ]
    return sorted(found, key=lambda change: -abs(change.moved))


def _share(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def busiest(version: Version, most: int | None = None) -> Iterable[tuple[str, Line]]:
    """The checks of a version, those that fired most first."""
    order = sorted(version.checks.items(), key=lambda item: (-item[1].fired, -item[1].not_checked, item[0]))
    return order[:most]
