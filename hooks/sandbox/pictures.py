"""What the pictures of the sandbox page show, as numbers that a template can draw: no drawing here, no judgement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import msgspec

from cds.case import DailyDose, Drug, Known, PatientCase
from cds.knowledge.model import Knowledge

WIDTH, HEIGHT = 560, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 10, 26
EGFR_BANDS = ((0, 15, "g5"), (15, 30, "g4"), (30, 45, "g3b"), (45, 60, "g3a"), (60, 120, "g2"))


class Point(msgspec.Struct, frozen=True):
    """A value of a day, and where it stands in the picture."""

    x: float
    y: float
    label: str


class Picture(msgspec.Struct, frozen=True):
    """A curve: points, their line, bands behind it (top, height, name), marks of the axis (position, text)."""

    points: tuple[Point, ...]
    line: str
    bands: tuple[tuple[float, float, str, str], ...] = ()
    marks: tuple[tuple[float, str], ...] = ()
    days: tuple[tuple[float, str], ...] = ()


class Depressant(msgspec.Struct, frozen=True):
    """A medicine of the patient with its daily dose in words, and what it does to wakefulness and breath."""

    label: str
    dose: str
    new: bool
    sedating: bool
    breath: bool


def egfr_picture(case: PatientCase) -> Picture | None:
    """eGFR values as reported, over time, with the bands of KDIGO. None for fewer than two."""
    values = sorted(
        (lab.when.first, lab.value.value)
        for lab in case.labs
        if lab.kind == "egfr" and isinstance(lab.value, Known) and lab.when is not None
    )
    if len(values) < 2:
        return None
    first, last = values[0][0], max(values[-1][0], case.as_of)
    span = max((last - first).days, 1)
    points = [
        Point(_x((day - first).days / span), _y(value, 120), f"{value:g} on {day.isoformat()}") for day, value in values
    ]
    bands = tuple(
        (_y(high, 120), _y(low, 120) - _y(high, 120), name, f"{low}–{high}") for low, high, name in EGFR_BANDS
    )
    marks = tuple((_y(value, 120), f"{value}") for value in (15, 30, 45, 60, 90))
    return Picture(tuple(points), _line(points), bands, marks, ((_x(0), first.isoformat()), (_x(1), last.isoformat())))


def depressants(case: PatientCase, knowledge: Knowledge) -> list[Depressant]:
    """Every medicine taken or ordered now that sedates, ordered ones first."""
    replaced = {ref for order in case.orders for ref in order.replaces}
    ordered = [(order.drug, order.doses, True) for order in case.orders if order.action.value != "stop"]
    taken = [(use.drug, use.doses, False) for use in case.uses if use.ended is None and use.ref not in replaced]
    found = []
    for drug, doses, new in (*ordered, *taken):
        flags = [info for item in drug.ingredients if (info := knowledge.terminology.ingredient(item.id)) is not None]
        if any(info.sedating or info.respiratory_depressant for info in flags):
            breath = any(info.respiratory_depressant for info in flags)
            found.append(Depressant(_name(drug), _dose(doses), new, True, breath))
    return found


def _name(drug: Drug) -> str:
    return " / ".join(item.id for item in drug.ingredients) or drug.label


def _dose(doses: Sequence[Any]) -> str:
    known = [dose.value for dose in doses if isinstance(dose, Known)]
    return ", ".join(_amount(dose) for dose in known) or "dose not known"


def _amount(dose: DailyDose) -> str:
    low = f"{dose.low:g}–" if dose.low != dose.high else ""
    return f"{low}{dose.high:g} {dose.unit.replace('/d', '')}/day"


def steps_picture(steps: Iterable[tuple[float, float | None]], unit: str) -> Picture | None:
    """A dose that changes over time as stairs: (daily dose, days) of each step. None when there are fewer than two."""
    listed = [(dose, days) for dose, days in steps if days]  # the last, none at all, has no end
    if len(listed) < 2:
        return None
    total = sum(days for _, days in listed)
    most = max(dose for dose, _ in listed) or 1
    points, day = [], 0.0
    for dose, days in listed:
        label = f"{dose:g} {unit} from day {day + 1:g}"
        points += [
            Point(_x(day / total), _y(dose, most), label),
            Point(_x((day + days) / total), _y(dose, most), label),
        ]
        day += days
    points.append(Point(_x(1), _y(0, most), "end"))
    marks = tuple((_y(most * part, most), f"{most * part:g}") for part in (0, 0.5, 1))
    weeks = tuple((_x(part), f"week {round(total * part / 7)}") for part in (0, 0.5, 1))
    return Picture(tuple(points), _line(points), marks=marks, days=weeks)


def sequence_of(resource: Mapping[str, Any]) -> list[tuple[float, float]]:
    """(daily dose, days) of each stretch of an order whose dosages are dated; nothing when one of them is not."""
    parts = [_dated(dosage) for dosage in resource.get("dosageInstruction") or ()]
    if not parts or None in parts:
        return []
    dated = [part for part in parts if part is not None]
    edges = sorted({edge for start, end, _ in dated for edge in (start, end)})
    return [
        (sum(dose for start, end, dose in dated if start <= first and last <= end), (last - first).days)
        for first, last in pairwise(edges)
    ]


def _dated(dosage: Mapping[str, Any]) -> tuple[date, date, float] | None:
    """First day, day after the last, and daily dose of one dosage; None when it does not say them plainly."""
    repeat = (dosage.get("timing") or {}).get("repeat") or {}
    period = repeat.get("boundsPeriod") or {}
    dose = ((dosage.get("doseAndRate") or [dosage])[0].get("doseQuantity") or {}).get("value")
    times = repeat.get("frequency")
    try:
        first, last = date.fromisoformat(period["start"]), date.fromisoformat(period["end"])
    except (KeyError, TypeError, ValueError):
        return None
    if not isinstance(dose, (int, float)) or not isinstance(times, int) or first > last:
        return None
    return first, last + timedelta(1), dose * times / (repeat.get("period") or 1)


def _x(part: float) -> float:
    return round(_LEFT + part * (WIDTH - _LEFT - _RIGHT), 1)


def _y(value: float, most: float) -> float:
    return round(_TOP + (1 - min(value, most) / most) * (HEIGHT - _TOP - _BOTTOM), 1)


def _line(points: Iterable[Point]) -> str:
    return " ".join(f"{point.x:g},{point.y:g}" for point in points)
