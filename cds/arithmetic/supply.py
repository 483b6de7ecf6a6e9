"""Until when a medicine lasts, from what was ordered and what was handed over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cds.arithmetic.dates import days_after
from cds.arithmetic.told import DISPENSE, ORDER, Told


def supplied_until(members: Sequence[Told]) -> date | None:
    """The day on which the supply of one treatment is used up; None when nothing tells how long it lasts.

    With dispenses on record the last of them counts, or an order written after it (for one fill: what of its repeats
    was handed over would be a dispense). Without any, the order with all its repeats.
    """
    handed = [item for item in members if item.fact.kind == DISPENSE and item.started is not None]
    orders = [item for item in members if item.fact.kind == ORDER and item.started is not None]
    last_handed = _newest(handed)
    if last_handed is None:
        return _until(_newest(orders), repeats=True)
    later = [item for item in orders if _day(item) > _day(last_handed)]
    if not later:
        same_day = [_until(item, repeats=False) for item in handed if _day(item) == _day(last_handed)]
        known = [day for day in same_day if day is not None]
        return max(known) if len(known) == len(same_day) else None
    return _until(_newest(later), repeats=False)


def _day(item: Told) -> date:
    return item.started.last if item.started is not None else date.min


def _newest(items: Sequence[Told]) -> Told | None:
    return max(items, key=_day, default=None)


def _until(item: Told | None, *, repeats: bool) -> date | None:
    if item is None:
        return None
    days = item.supply_total if repeats else item.supply_days
    return None if days is None else days_after(_day(item), days)
