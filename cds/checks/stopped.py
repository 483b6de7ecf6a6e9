"""The drugs that the orders of this call stop: how much was taken, since when, and what goes on in their place."""

from __future__ import annotations

from itertools import pairwise

import msgspec

from cds.case import DailyDose, DrugUse, Known, Maybe, Order, Reason, Unknown
from cds.view import LISTS, Present, View


class Stopped(msgspec.Struct, frozen=True):
    """What of one check's drugs is stopped. ``days``: the longest time on it that the dates allow; None is unknown.

    ``items`` are the stopped drugs as the facts look at them: the order is the stop, the use what it ends.
    """

    items: tuple[Present, ...]
    days: int | None
    list_gaps: tuple[Unknown, ...] = ()


def stopped_items(view: View, ingredients: frozenset[str], *, omitted: bool = False) -> tuple[Present, ...]:
    """Every ingredient of the set in a stopping order, once per use that the order ends; single doses left out.

    ``omitted``: instead those that nobody stopped, but that the discharge list has lost.
    """
    uses = {name: use for use in view.case.uses for name in use.names}
    found: list[Present] = []
    for order in view.stops:
        if order.omitted is not omitted:
            continue
        ended = list(dict.fromkeys(uses[ref] for ref in order.replaces if ref in uses))
        taken: list[DrugUse | None] = [*ended] or [None]
        found += [item for use in taken for item in _of(order, use, view) if item.ingredient in ingredients]
    return tuple(item for item in dict.fromkeys(found) if item.systemic and not _once(item))


def _of(order: Order, use: DrugUse | None, view: View) -> list[Present]:
    """The ingredients of one stop, with the dose that was taken: of the use if it tells, else of the order."""
    doses = dict(zip((item.id for item in order.drug.ingredients), order.doses, strict=True))
    if use is not None:
        for ingredient, dose in zip(use.drug.ingredients, use.doses, strict=True):
            if isinstance(dose, Known):
                doses[ingredient.id] = dose
    return [
        Present(
            ingredient=id,
            drug=order.drug if use is None else use.drug,
            dose=dose_now(dose, use, view),
            ref=order.ref or order.path,
            order=order,
            use=use,
            subject=True,
            settled_days=Unknown(Reason.ABSENT),
        )
        for id, dose in doses.items()
    ]


def _once(item: Present) -> bool:
    return (item.order is not None and item.order.single_dose) or (item.use is not None and item.use.single_dose)


def dose_now(dose: Maybe[DailyDose], use: DrugUse | None, view: View) -> Maybe[DailyDose]:
    """The dose of a stepped schedule as of today, if it can be told at which step the patient is; else as it is."""
    step = _step(dose, use, view)
    if step is None or not isinstance(dose, Known):
        return dose
    at = dose.value.steps[step]
    return Known(msgspec.structs.replace(dose.value, low=at.low, high=at.high))


def _step(dose: Maybe[DailyDose], use: DrugUse | None, view: View) -> int | None:
    """Which step of the schedule today is in; None without steps, or when it cannot be told."""
    if not isinstance(dose, Known) or not dose.value.steps or use is None or isinstance(use.unchanged_since, Unknown):
        return None
    left = float((view.case.as_of - use.unchanged_since.value.last).days)
    for index, step in enumerate(dose.value.steps):
        if step.days is None or left < step.days:
            return index
        left -= step.days
    return len(dose.value.steps) - 1


def tapered(view: View, item: Present) -> bool:
    """Whether the schedule being stopped stepped down all the way, and today is in (or after) its last step."""
    use = item.use
    if use is None:
        return False
    for ingredient, dose in zip(use.drug.ingredients, use.doses, strict=True):
        if ingredient.id == item.ingredient and isinstance(dose, Known) and dose.value.steps:
            return _falling(dose.value) and _step(dose, use, view) == len(dose.value.steps) - 1
    return False


def _falling(dose: DailyDose) -> bool:
    """Lower at the end than at the start and never up: a taper may hold a dose for a step."""
    steps = dose.steps
    never_up = all(after.high <= before.high for before, after in pairwise(steps))
    return bool(steps) and never_up and steps[-1].high < steps[0].high


def steps_down(item: Present) -> bool:
    """Whether a schedule lowers its dose, at each step or holding it at some."""
    return isinstance(item.dose, Known) and _falling(item.dose.value)


def stopped(view: View, ingredients: frozenset[str], *, omitted: bool = False) -> Stopped:
    """What this call stops of some ingredients, leaving out schedules that had stepped down to their end."""
    found = stopped_items(view, ingredients, omitted=omitted)
    items = tuple(item for item in found if not tapered(view, item))
    return Stopped(items, longest_days(view, items), view.gaps(*LISTS))


def longest_days(view: View, items: tuple[Present, ...]) -> int | None:
    """Days on the drug at most, over all uses that end; None when of one of them nobody can tell."""
    found = [_days(view, item) for item in items]
    known = [days for days in found if days is not None]
    return max(known) if known and len(known) == len(found) else None


def _days(view: View, item: Present) -> int | None:
    """From the list; for an order that the list no longer holds, from its own start, if the list could be read."""
    if item.use is not None:
        started = item.use.started
        return (view.case.as_of - started.value.first).days if isinstance(started, Known) else None
    own = item.order.starts if item.order is not None else None
    return None if own is None or view.gaps(*LISTS) else max(0, (view.case.as_of - own.first).days)


def continuing(view: View, ingredients: frozenset[str]) -> tuple[Present, ...]:
    """What is present of some ingredients after the orders of this call, single doses and skin products left out."""
    return tuple(
        item for item in view.present if item.ingredient in ingredients and item.systemic and not item.single_dose
    )
