"""Which baclofen an order brings, and how much of it there will be in a day."""

from __future__ import annotations

import msgspec

from cds.case import Action, Known, Maybe, Reason, Unknown
from cds.checks.conditions import on_route
from cds.checks.numbers import milligrams
from cds.findings import Value
from cds.knowledge.model import Check
from cds.view import Present, View, number


def systemic_baclofen(view: View, check: Check) -> tuple[Present, ...]:
    """All baclofen of the routes the check means, orders first; empty when no order of this call brings any."""
    items = tuple([item for item in view.on_side(check.applies_to) if on_route(item, check)])
    return items if any([item.subject for item in items]) else ()  # noqa: C419 (asked by a dozen checks of each call)


def raises(item: Present) -> bool:
    """Whether an order starts the drug, or does not surely leave its dose where it is or lower it."""
    order = item.order
    if order is None or not item.subject:
        return False
    return order.action is Action.START or (order.action is Action.CHANGE and not item.reduced)


class Total(msgspec.Struct, frozen=True):
    """The daily dose of one ingredient over all that will run together: what is known of it, and what is missing."""

    milligrams: float
    missing: tuple[Unknown, ...] = ()

    def at_least(self, limit: float) -> Maybe[bool]:
        """Whether the total reaches a limit. An unknown part leaves a lower total unknown."""
        if self.milligrams >= limit:
            return Known(True)
        return self.missing[0] if self.missing else Known(False)

    def above(self, limit: float) -> Maybe[bool]:
        """Whether the total is above a limit."""
        if self.milligrams > limit:
            return Known(True)
        return self.missing[0] if self.missing else Known(False)


def total_dose(view: View, items: tuple[Present, ...]) -> Total:
    """The highest credible daily dose of all items together, in mg."""
    doses = [(item, milligrams(item)) for item in items]
    missing = tuple(
        Unknown(Reason.DOSE_UNKNOWN, f"daily dose of {view.name(item.ingredient)} not known")
        for item, dose in doses
        if dose is None
    )
    return Total(sum(dose for _, dose in doses if dose is not None), tuple(dict.fromkeys(missing)))


def dose_text(total: Total) -> str:
    """ "30 mg/day", "at least 30 mg/day", "(dose not known)"."""
    if total.missing:
        return f"at least {number(total.milligrams)} mg/day" if total.milligrams else "(dose not known)"
    return f"{number(total.milligrams)} mg/day"


def dose_values(total: Total) -> dict[str, Value]:
    """The dose in words, and as a number when all of it is known."""
    values: dict[str, Value] = {"dose": dose_text(total), "drugs": ["baclofen"]}
    if not total.missing:
        values["total"] = round(total.milligrams, 3)
    return values
