"""Since when a drug has been taken without a break, and since when unchanged, from all that tells of it.

Orders, statements, dispenses and administrations are laid out as spans of days; spans with no more than an allowed gap
between them are one run of continuous use; the run that reaches today counts. A record that is merely old and active
tells nothing of a start (``knowledge/arithmetic/exposure.toml`` holds the limits).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from cds.arithmetic.dates import days_after
from cds.arithmetic.rules import numbers
from cds.arithmetic.sameness import same_schedule
from cds.arithmetic.told import ADMINISTRATION, DISPENSE, ORDER, Standing, Told
from cds.case import Known, Maybe, Reason, Unknown, When


class Span(msgspec.Struct, frozen=True):
    """A stretch of days for which one resource vouches. ``gap``: how long a pause after it is still no break."""

    told: Told
    start: When
    end: date
    gap: float


class History(msgspec.Struct, frozen=True):
    """All that is told of one drug and route up to a day, laid out once for every treatment of it.

    ``run``: the continuous use that reaches ``as_of``, oldest first; ``newest_first``: the same, by start.
    """

    as_of: date
    spans: tuple[Span, ...]
    run: tuple[Span, ...]
    newest_first: tuple[Span, ...]


class Exposure(msgspec.Struct, frozen=True):
    """Start of the continuous use that reaches today, and since when drug, dose and schedule have stood."""

    started: Maybe[When]
    unchanged_since: Maybe[When]


def history(all_told: Iterable[Told], as_of: date) -> History:
    """The spans of everything told of one drug and route, and the run of them that reaches ``as_of``."""
    spans = tuple(span for told in all_told if (span := _span(told, as_of)) is not None)
    run = tuple(_run_to(spans, as_of))
    newest = sorted(run, key=lambda span: (span.start.first, span.end, span.told.ref), reverse=True)
    return History(as_of, spans, run, tuple(newest))


def exposure(head: Told, past: History, known_refs: frozenset[str] = frozenset()) -> Exposure:
    """Exposure to the drug of ``head``, from the history of the same drug and route (``head`` among it).

    ``known_refs``: references of everything in the chart, to see whether an order continues one that was not sent.
    """
    if head.started is not None and head.started.first > past.as_of:
        return Exposure(Known(head.started), Known(head.started))
    if not past.run:
        why = _why_no_run(head, past.spans)
        return Exposure(why, why)
    first = min(past.run, key=lambda span: (span.start.first, span.start.last))
    started: Maybe[When] = Known(first.start)
    unchanged = _unchanged(head, past)
    if _continues_unseen(first, past.as_of, known_refs):
        why = Unknown(Reason.ABSENT, "continues an earlier order that was not sent")
        started = why
        if unchanged == Known(first.start):
            unchanged = why
    return Exposure(started, unchanged)


def _span(told: Told, as_of: date) -> Span | None:
    """What one resource vouches for; None when it is undated, begins after today, or is too old to vouch."""
    start = told.started
    if start is None or start.first > as_of or told.standing is Standing.NOTHING:
        return None
    limits = numbers("exposure")
    if told.fact.kind == ADMINISTRATION:
        end = told.fact.effective_end or start
        return Span(told, start, min(end.last, as_of), limits["administration_gap_days"])
    end_day = _end(told, start, as_of)
    return Span(told, start, min(max(end_day, start.first), as_of), limits["gap_days"])


def _end(told: Told, start: When, as_of: date) -> date:
    limits = numbers("exposure")
    ends = [when.last for when in (told.ended, told.planned_end) if when is not None]
    lasts = told.supply_total if told.supply_total is not None else limits["unknown_supply_days"]
    supplied = days_after(start.last, lasts)
    if told.standing is Standing.PAST or told.fact.kind == DISPENSE:
        return min(ends) if ends else supplied
    if told.supply_total is not None and told.fact.kind == ORDER:
        return supplied
    vouched = told.fact.written or start
    if (as_of - max(start.last, vouched.last)).days <= limits["trusted_days"]:
        return as_of
    return start.last  # old, active, and nothing since: it vouches for its first day only


def _run_to(spans: Iterable[Span], as_of: date) -> list[Span]:
    """The spans of the continuous use that reaches today (or came to its last gap); [] when none does."""
    run: list[Span] = []
    reach: date | None = None
    for span in sorted(spans, key=lambda span: (span.start.first, span.end)):
        if reach is not None and span.start.first > reach:
            run, reach = [], None
        run.append(span)
        end = days_after(span.end, span.gap)
        reach = end if reach is None else max(reach, end)
    return run if reach is not None and reach >= as_of else []


def _unchanged(head: Told, past: History) -> Maybe[When]:
    """The earliest start, going back from ``head``, of what tells the same schedule without another in between."""
    if head.started is None:
        return Unknown(Reason.UNREADABLE, "the start of the present dose has no date")
    since = head.started
    for span in past.newest_first:
        if span.start.first > head.started.first or span.told == head:
            continue
        if span.told.fact.kind in (DISPENSE, ADMINISTRATION) and not span.told.fact.dosages:
            continue  # says nothing of the dose
        if span.told.fact.kind == ADMINISTRATION:
            continue  # tells one administration, not a schedule
        if not same_schedule(span.told, head):
            break
        since = span.start
    if not any(span.told == head for span in past.run):
        return Unknown(Reason.STALE, "no supply or refill seen for the present dose")
    return Known(since)


def _continues_unseen(first: Span, as_of: date, known_refs: frozenset[str]) -> bool:
    """Whether the earliest order of the run says that it continues another, which was not sent, and is itself young."""
    fact = first.told.fact
    if fact.kind != ORDER or not fact.prior:
        return False
    young = (as_of - first.start.first).days < numbers("exposure")["prior_matters_days"]
    return young and not known_refs.intersection(fact.prior)


def _why_no_run(head: Told, spans: Sequence[Span]) -> Unknown:
    if not spans:
        return Unknown(Reason.UNREADABLE, "no date says since when it is taken")
    if head.fact.kind == ORDER and head.supply_total is not None:
        return Unknown(Reason.STALE, "listed as active, but its supply ran out long ago")
    return Unknown(Reason.STALE, "listed as active since long ago, with no supply or refill since")
