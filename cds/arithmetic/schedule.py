"""Several dosages of one order: one after the other (steps) or side by side.

FHIR: different ``sequence`` numbers are steps, equal or missing ones are taken together. Practice knows two exceptions:
numbered entries for different parts of one day are taken together, and unnumbered entries that each last some days and
change either only the dose or only the frequency are a titration.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from cds.arithmetic.reading import Reading
from cds.case import Reason, Unknown

_UNCLEAR = Unknown(Reason.DOSE_UNKNOWN, "several directions: in steps or side by side is not said")


def arrange(readings: Sequence[Reading]) -> tuple[tuple[Reading, ...], ...] | Unknown:
    """Groups in order of time; the members of a group are taken together."""
    if len(readings) == 1:
        return (tuple(readings),)
    numbers = [reading.fact.sequence for reading in readings]
    if len(set(numbers)) > 1:
        return _numbered(readings)
    dated = _dated(readings)
    if dated is not None:
        return dated
    if numbers[0] is None and any(reading.view.days is not None for reading in readings):
        return _unnumbered(readings)
    return (tuple(readings),)


def _numbered(readings: Sequence[Reading]) -> tuple[tuple[Reading, ...], ...] | Unknown:
    groups: dict[int, list[Reading]] = {}
    for reading in readings:
        if reading.fact.sequence is None:
            return _UNCLEAR
        groups.setdefault(reading.fact.sequence, []).append(reading)
    unbounded = all(reading.view.days is None for reading in readings)
    if unbounded and _different_parts_of_day(readings):
        return (tuple(readings),)
    return tuple(tuple(groups[number]) for number in sorted(groups))


def _unnumbered(readings: Sequence[Reading]) -> tuple[tuple[Reading, ...], ...] | Unknown:
    """Some last a number of days, and no sequence says how they stand to each other."""
    views = [reading.view for reading in readings]
    if _different_parts_of_day(readings) or any(view.prn != views[0].prn for view in views):
        return (tuple(readings),)
    bounded_first = all(view.days is not None for view in views[:-1]) and views[-1].days is None
    titration = all(one.dose == other.dose or one.pace == other.pace for one, other in pairwise(views))
    return tuple((reading,) for reading in readings) if bounded_first and titration else _UNCLEAR


def _different_parts_of_day(readings: Sequence[Reading]) -> bool:
    seen: set[str] = set()
    for reading in readings:
        pace = reading.view.pace
        slots = set(pace.slots) if pace is not None else set()
        if not slots or slots & seen:
            return False
        seen |= slots
    return True


def _dated(readings: Sequence[Reading]) -> tuple[tuple[Reading, ...], ...] | None:
    """Periods with dates that do not overlap are steps; what has the very same period is taken together."""
    spans: dict[tuple[date, date | None], list[Reading]] = {}
    for reading in readings:
        timing = reading.fact.timing
        if timing is None or timing.bounds_start is None:
            return None
        ends = timing.bounds_end.last if timing.bounds_end is not None else None
        spans.setdefault((timing.bounds_start.first, ends), []).append(reading)
    in_order = sorted(spans, key=lambda span: (span[0], span[1] is None, span[1]))
    if any(ends is None or ends > starts for (_, ends), (starts, _) in pairwise(in_order)):
        return None
    return tuple(tuple(spans[span]) for span in in_order) if len(in_order) > 1 else None
