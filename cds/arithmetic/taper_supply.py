"""How many tablets and mL a plan needs: per step, per supply, in all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from cds.arithmetic.taper_types import TABLET, Amount, Product, Supply, Take, TaperStep


def per_day(takes: Iterable[Take]) -> tuple[Amount, ...]:
    """All administrations of a day together."""
    return _sum((amount, 1) for take in takes for amount in take.amounts)


def total(steps: Iterable[TaperStep]) -> tuple[Amount, ...]:
    """What all closed steps need; an open last step (the floor) has no end, and is not counted."""
    return _sum((amount, step.days) for step in steps if step.days is not None for amount in step.per_day)


def supplies(steps: Sequence[TaperStep], days: int) -> tuple[Supply, ...]:
    """Stretches of ``days`` from the first day on; the last may be shorter. What is left over is carried on."""
    closed = [step for step in steps if step.end is not None]
    if not closed:
        return ()
    last = max(step.end for step in closed if step.end is not None)
    found: list[Supply] = []
    start = closed[0].start
    needed_so_far: dict[Product, float] = {}
    while start <= last:
        end = min(last, start + timedelta(days=days - 1))
        needed = _sum(
            (amount, count) for step in closed if (count := _shared(step, start, end)) for amount in step.per_day
        )
        dispense = tuple(Amount(amount.product, _whole(amount, needed_so_far)) for amount in needed)
        for amount in needed:
            needed_so_far[amount.product] = needed_so_far.get(amount.product, 0.0) + amount.count
        found.append(Supply(start, end, (end - start).days + 1, needed, dispense))
        start = end + timedelta(days=1)
    return tuple(found)


def _whole(amount: Amount, before: dict[Product, float]) -> float:
    if amount.product.kind != TABLET:
        return amount.count
    earlier = before.get(amount.product, 0.0)
    return float(math.ceil(earlier + amount.count) - math.ceil(earlier))


def _shared(step: TaperStep, start: date, end: date) -> int:
    """Days of a step that lie in a stretch."""
    if step.end is None:  # pragma: no cover (only closed steps are asked; mypy cannot see it)
        return 0
    return max(0, (min(step.end, end) - max(step.start, start)).days + 1)


def _sum(parts: Iterable[tuple[Amount, int]]) -> tuple[Amount, ...]:
    counts: dict[Product, float] = {}
    for amount, times in parts:
        counts[amount.product] = round(counts.get(amount.product, 0.0) + amount.count * times, 6)
    ordered = sorted(counts.items(), key=lambda item: (item[0].kind != TABLET, -item[0].mg))
    return tuple(Amount(product, count) for product, count in ordered)
