"""FHIR Timing (any release) -> administrations per day.

Rules (formulas.md 3, FHIR Timing): frequency over period, an interval of more than a day is averaged; ``frequencyMax``
raises and ``periodMax`` lowers; a period without frequency is once per period; ``timeOfDay`` and ``when`` are one
administration each, per day unless a longer period is given (AC, C, PC: each of three meals). ``dayOfWeek``: low is
the mean over the week, high is the dose on a day it is taken, which is what limits are about.
"""

from __future__ import annotations

import math
from collections import Counter

from cds.arithmetic.regimen import Pace
from cds.arithmetic.rules import numbers
from cds.arithmetic.units import find_unit, number_text
from cds.case import Known, Maybe, Reason, Unknown
from cds.chart import Timing
from cds.memo import remember

MAX_PER_DAY = numbers("directions")["most_per_day"]

# v3-GTSAbbreviation and the abbreviations vendors use: (per day, words, parts of the day).
# JB, JE, JH (business days, weekends, holidays) are no dosing frequency and are left out.
CODES: dict[str, Pace] = {
    "QD": Pace(1, 1, "once per day"),
    "OD": Pace(1, 1, "once per day"),
    "DAILY": Pace(1, 1, "once per day"),
    "AM": Pace(1, 1, "once per day, morning", slots=("morning",)),
    "QAM": Pace(1, 1, "once per day, morning", slots=("morning",)),
    "PM": Pace(1, 1, "once per day, evening", slots=("evening",)),
    "QPM": Pace(1, 1, "once per day, evening", slots=("evening",)),
    "BED": Pace(1, 1, "once per day, bedtime", slots=("night",)),
    "HS": Pace(1, 1, "once per day, bedtime", slots=("night",)),
    "QHS": Pace(1, 1, "once per day, bedtime", slots=("night",)),
    "BID": Pace(2, 2, "2 per day"),
    "BD": Pace(2, 2, "2 per day"),
    "TID": Pace(3, 3, "3 per day"),
    "TDS": Pace(3, 3, "3 per day"),
    "QID": Pace(4, 4, "4 per day"),
    "QDS": Pace(4, 4, "4 per day"),
    "QOD": Pace(0.5, 0.5, "once every 2 days"),
    "EOD": Pace(0.5, 0.5, "once every 2 days"),
    **{f"Q{hours}H": Pace(24 / hours, 24 / hours, f"every {hours} h") for hours in (1, 2, 3, 4, 6, 8, 12, 24)},
    "Q48H": Pace(0.5, 0.5, "every 48 h"),
    "Q72H": Pace(1 / 3, 1 / 3, "every 72 h"),
    "WK": Pace(1 / 7, 1 / 7, "once per week"),
    "MO": Pace(24 / 730.5, 24 / 730.5, "once per month"),
}

# FHIR EventTiming and v3-TimingEvent: how many administrations, and which part of the day.
_MEALS = {"C", "AC", "PC"}
WHEN: dict[str, tuple[int, str]] = {
    "MORN": (1, "morning"),
    "MORN.early": (1, "morning"),
    "MORN.late": (1, "morning"),
    "NOON": (1, "noon"),
    "AFT": (1, "afternoon"),
    "AFT.early": (1, "afternoon"),
    "AFT.late": (1, "afternoon"),
    "EVE": (1, "evening"),
    "EVE.early": (1, "evening"),
    "EVE.late": (1, "evening"),
    "NIGHT": (1, "night"),
    "HS": (1, "night"),
    "WAKE": (1, "morning"),
    "PHS": (1, "night"),
    "IMD": (1, ""),
    "C": (3, ""),
    "AC": (3, ""),
    "PC": (3, ""),
    **{f"{prefix}{meal}": (1, slot)
       for prefix in ("", "A", "P")
       for meal, slot in (("CM", "morning"), ("CD", "noon"), ("CV", "evening"))},
}  # fmt: skip


@remember(2048)
def pace_of(timing: Timing) -> Maybe[Pace] | None:
    """How often per day. None when the Timing says nothing about it (empty, or only bounds or a total count)."""
    sent = (timing.frequency, timing.frequency_max, timing.period, timing.period_max, timing.count)
    if any(number is not None and not (math.isfinite(number) and number > 0) for number in sent):
        return Unknown(Reason.UNREADABLE, "frequency or period is no positive number")
    repeat = _repeat(timing)
    coded = _coded(timing)
    if isinstance(repeat, Pace):
        repeat = _on_days(repeat, timing.day_of_week)
        if coded is not None and not _agree(repeat, coded, timing):
            return Unknown(Reason.CONFLICT, "timing code and timing repeat disagree")
    found = repeat if repeat is not None else coded
    if timing.count == 1 and timing.count_max in (None, 1) and not isinstance(found, Unknown):
        slots = found.slots if found is not None else ()
        return Known(Pace(1, 1, "one single dose", once=True, slots=slots))
    if found is None:
        return None
    if isinstance(found, Pace):
        if not 0 < found.low <= found.high <= MAX_PER_DAY:
            return Unknown(Reason.UNREADABLE, "more often per day than can be meant")
        return Known(found)
    return found


def _repeat(timing: Timing) -> Pace | Unknown | None:
    """What ``repeat`` and ``event`` say."""
    events = _events_per_day(timing)
    if isinstance(events, Unknown):
        return events
    period = timing.period
    if period is None:
        return _without_period(timing, events)
    return _with_period(timing, period, events)


def _without_period(timing: Timing, events: Pace | None) -> Pace | Unknown | None:
    if events is not None:
        frequency = timing.frequency
        if frequency is not None and frequency > 1 and not events.low <= frequency <= events.high:
            return Unknown(Reason.CONFLICT, "frequency and times of day disagree")
        return events
    if timing.period_unit and timing.frequency is not None:
        return Unknown(Reason.DOSE_UNKNOWN, "frequency without a period")
    if timing.events:
        return _dated(timing)
    if timing.day_of_week:
        if timing.frequency is None:
            return Pace(1, 1, "once on the day")
        return Unknown(Reason.DOSE_UNKNOWN, "frequency without a period")
    if timing.frequency is not None and timing.count != 1:
        return Unknown(Reason.DOSE_UNKNOWN, "frequency without a period")
    return None


def _with_period(timing: Timing, period: float, events: Pace | None) -> Pace | Unknown | None:
    if not timing.period_unit:
        return Unknown(Reason.UNIT, "period without a unit")
    unit = find_unit(timing.period_unit, "time")
    if unit is None:
        return Unknown(Reason.UNIT, "unit of the period not known")
    longest = max(timing.period_max or period, period)
    low_times = timing.frequency if timing.frequency is not None else 1.0
    high_times = max(timing.frequency_max or low_times, low_times)
    if timing.frequency is None and timing.frequency_max is not None:
        low_times = min(1.0, timing.frequency_max)
        high_times = timing.frequency_max
    slots: tuple[str, ...] = ()
    if events is not None:
        slots = events.slots
        low_times, high_times = _reconcile(low_times, high_times, events)
    low = low_times * 24 * unit.div / (longest * unit.mul)
    high = high_times * 24 * unit.div / (period * unit.mul)
    return Pace(low, high, _words(low_times, high_times, period, longest, unit.name), slots=slots)


def _reconcile(low: float, high: float, events: Pace) -> tuple[float, float]:
    """Times per period from both frequency and a list of times.

    A frequency of 1 beside a list means "each of these, every period". Otherwise the frequency counts if it lies
    within what the list allows (3 per day "with meals"), and if it does not, both are kept as low and high.
    """
    if low == high == 1:
        return (1.0, 1.0) if events.high == 3 and len(events.slots) == 0 else (events.low, events.high)
    if events.low <= low and high <= events.high:
        return low, high
    return min(low, events.low), max(high, events.high)


def _events_per_day(timing: Timing) -> Pace | Unknown | None:
    """Administrations a day by ``timeOfDay`` and ``when``, each distinct one counted once."""
    if timing.time_of_day:
        times = len(set(timing.time_of_day))
        return Pace(times, times, f"{times} per day (times of day)", slots=tuple(sorted(set(timing.time_of_day))))
    if not timing.when:
        return None
    codes = list(dict.fromkeys(timing.when))
    if any(code not in WHEN for code in codes):
        return Unknown(Reason.DOSE_UNKNOWN, "a timing event that is not known")
    count = sum(WHEN[code][0] for code in codes)
    slots = tuple(dict.fromkeys(slot for code in codes if (slot := WHEN[code][1])))
    named = "with meals" if _MEALS.intersection(codes) else ", ".join(slots)
    return Pace(count, count, f"{count} per day ({named})" if named else f"{count} per day", slots=slots)


def _dated(timing: Timing) -> Pace:
    """``event``: dates and instants; as many a day as fall on one day."""
    if len(timing.events) == 1:
        return Pace(1, 1, "one single dose", once=True)
    per_date = Counter(event.first for event in timing.events)
    return Pace(min(per_date.values()), max(per_date.values()), f"{max(per_date.values())} per day (dated)")


def _on_days(pace: Pace, days: tuple[str, ...]) -> Pace:
    """Only on some days of the week: low is the mean over the week, high the dose on a day it is taken."""
    count = len({day.lower()[:3] for day in days})
    if not 0 < count < 7 or pace.once or pace.high < 1:  # less than daily already: the days only say which
        return pace
    words = f"{pace.words} on {count} days of the week" if count > 1 else f"{pace.words} on 1 day of the week"
    return Pace(pace.low * count / 7, pace.high, words, slots=pace.slots)


def _coded(timing: Timing) -> Pace | None:
    """A known abbreviation among the codes or as their text; words ("twice a day") are for the sig parser."""
    for coding in timing.codes.codings:
        pace = CODES.get(coding.code.strip().upper()) or CODES.get(coding.display.strip().upper())
        if pace is not None:
            return pace
    return CODES.get(timing.codes.text.strip().upper())


def _agree(repeat: Pace, coded: Pace, timing: Timing) -> bool:
    """A code summarises its repeat: it must lie between repeat's ends (dayOfWeek beside "QD" thins it out)."""
    if timing.day_of_week or repeat.once:
        return True
    return repeat.low * 0.99 <= coded.high and coded.low <= repeat.high * 1.01


def _words(low: float, high: float, period: float, longest: float, unit: str) -> str:
    """ "3 per day", "every 4–6 h", "2 per week", "1 per 3 days"."""
    times = number_text(high) if low == high else f"{number_text(low)}–{number_text(high)}"
    span = number_text(period) if period == longest else f"{number_text(period)}–{number_text(longest)}"
    short = unit in ("h", "min", "s")
    if short and times == "1":
        return f"every {span} {unit}"
    if span == "1":
        return f"{times} per {unit}"
    return f"{times} per {span} {unit if short else unit + 's'}"
