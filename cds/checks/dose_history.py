"""What was taken of a drug before this order: whether at all of late, how much, and since when."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cds.case import Action, DailyDose, DrugUse, Known, Maybe, Reason, Route, Unknown
from cds.checks.numbers import MILLIGRAMS
from cds.view import LISTS, Present, View


class Before(msgspec.Struct, frozen=True):
    """The treatment an order follows: its dose, and for how many days that has stood (Unknown if nobody can tell)."""

    use: DrugUse
    dose: Maybe[DailyDose]
    days: Maybe[int]


def first_order(view: View, item: Present, ingredients: Iterable[str], days: float) -> Maybe[bool]:
    """Whether this order starts a drug of which nothing was taken in the last ``days`` days.

    Unknown when the list of medicines could not be seen, or when an ended use has no date.
    """
    order = item.order
    if order is None or not item.subject or order.action is not Action.START:
        return Known(False)
    wanted = set(ingredients)
    uses = [use for use in view.case.uses if wanted.intersection(each.id for each in use.drug.ingredients)]
    if uses:
        return Known(False)
    ages = [_days_since_end(view, use) for use in _past(view, wanted)]
    if any(age is not None and age <= days for age in ages):
        return Known(False)
    if None in ages:
        return Unknown(Reason.UNREADABLE, "an earlier order has no date of its end")
    gaps = view.gaps(*LISTS)
    return gaps[0] if gaps else Known(True)


def before(view: View, item: Present, days: float) -> Before | None:
    """What an order changes, or follows within ``days`` days of its end; None when it follows nothing that is known.

    What goes into the spine is no dose by mouth: micrograms there do as much as tens of milligrams here.
    """
    if item.use is not None and _holds(item.use, item):  # an order may take the place of another drug
        return _as_before(view, item.use, item.ingredient)
    ages = [(age, use) for use in _past(view, {item.ingredient}) if (age := _days_since_end(view, use)) is not None]
    recent = [(age, use) for age, use in ages if age <= days and use.drug.route is item.drug.route]
    if not recent:
        return None
    _, last = min(recent, key=lambda pair: pair[0])
    return _as_before(view, last, item.ingredient)


def _as_before(view: View, use: DrugUse, ingredient: str) -> Before:
    since = use.unchanged_since
    stood = since if isinstance(since, Unknown) else Known((view.case.as_of - since.value.last).days)
    doses = zip(use.drug.ingredients, use.doses, strict=True)
    return Before(use, next(dose for each, dose in doses if each.id == ingredient), stood)


def _holds(use: DrugUse, item: Present) -> bool:
    same_way = (use.drug.route is Route.INTRATHECAL) == (item.drug.route is Route.INTRATHECAL)
    return same_way and any(each.id == item.ingredient for each in use.drug.ingredients)


class Now(msgspec.Struct, frozen=True):
    """The daily mg that may run today, low to high, and for how many days at least and at most (None: no date tells).

    Both ends differ where nobody can tell at which step of a schedule the patient is, or where the date of the last
    change is only a month or a year.
    """

    low: float
    high: float
    least: int | None = None
    most: int | None = None


def running_now(view: View, was: Before) -> Now | None:
    """The dose of an earlier order as of today; None when it is not known in mg."""
    if isinstance(was.dose, Unknown) or was.dose.value.unit not in MILLIGRAMS:
        return None
    dose, since = was.dose.value, was.use.unchanged_since
    amounts = [high * MILLIGRAMS[dose.unit] for high in [step.high for step in dose.steps] or [dose.high]]
    if isinstance(since, Unknown):
        return Now(min(amounts), max(amounts))
    least = (view.case.as_of - since.value.last).days
    most = (view.case.as_of - since.value.first).days
    if least < 0:  # it is still to begin, or may be
        return Now(min(amounts), max(amounts))
    if not dose.steps:
        return Now(amounts[0], amounts[0], least, most)
    if least != most:
        return Now(min(amounts), max(amounts))
    left = float(least)
    for step, amount in zip(dose.steps, amounts, strict=True):
        if step.days is None or left < step.days:
            return Now(amount, amount, int(left), int(left))
        left -= step.days
    return Now(amounts[-1], amounts[-1], least, least)


def mg(value: float, dose: DailyDose) -> float | None:
    """An amount of a dose in mg; None for patches."""
    return value * MILLIGRAMS[dose.unit] if dose.unit in MILLIGRAMS else None


def begins_with(item: Present) -> float | None:
    """The daily mg an order begins with: the first step of a schedule, else its highest credible dose."""
    if isinstance(item.dose, Unknown):
        return None
    dose = item.dose.value
    return mg(dose.steps[0].high if dose.steps else dose.high, dose)


def single_mg(item: Present) -> float | None:
    """The largest single administration in mg, when the directions tell it."""
    if isinstance(item.dose, Unknown) or item.dose.value.single_high is None:
        return None
    return mg(item.dose.value.single_high, item.dose.value)


def _past(view: View, wanted: set[str]) -> list[DrugUse]:
    return [use for use in view.past(wanted) if not use.single_dose]


def _days_since_end(view: View, use: DrugUse) -> int | None:
    started = use.started.value if isinstance(use.started, Known) else None
    last = use.ended or use.planned_end or started
    return None if last is None else (view.case.as_of - last.last).days
