"""What the orders of this call lower: the daily dose now, and what it will be, step by step.

One ``Fall`` for each ingredient that runs and goes on. All its orders and running uses count together, so that a lower
second order is not taken for the whole; a drug that is stopped altogether is not a fall but a stop (``stopped.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from cds.case import Action, DailyDose, DrugUse, Maybe, Order, Reason, Route, Unknown
from cds.checks.levels import unknown_for
from cds.checks.numbers import MILLIGRAMS
from cds.checks.stopped import dose_now, longest_days
from cds.findings import NotChecked
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View

ELSEWHERE = (Route.LOCAL, Route.INTRATHECAL)  # routes whose doses are not counted with the others
UNSURE = "whether the order replaces the running one or adds to it"


class Stage(msgspec.Struct, frozen=True):
    """One stretch of what is ordered: mg/day at its highest, and for how many days (None: open end)."""

    dose: float
    days: float | None


class Drop(msgspec.Struct, frozen=True):
    """The dose goes down: ``at`` days from today (negative: in the past), from ``before`` to ``after`` mg/day."""

    at: float
    before: float
    after: float

    @property
    def size(self) -> float:
        """By how many mg/day."""
        return round(self.before - self.after, 6)

    @property
    def percent(self) -> float:
        """By what part of the dose before it."""
        return round(self.size / self.before * 100, 6)


class Fall(msgspec.Struct, frozen=True):
    """One ingredient that runs, and the schedule its orders bring.

    ``items``: the running uses as the facts look at them. ``before``: mg/day today. ``stages``: mg/day from now on.
    ``earlier``: reductions that came before today. ``days``: longest time on it (None: not known). ``steady_days``: for
    how long the present dose has stood (None: not known). ``linked`` is False when an order may add instead.
    """

    ingredient: str
    items: tuple[Present, ...]
    orders: tuple[Order, ...]
    before: float
    stages: tuple[Stage, ...]
    earlier: tuple[Drop, ...]
    days: int | None
    steady_days: int | None
    linked: bool

    @property
    def planned(self) -> bool:
        """Whether the orders bring a schedule that goes down at least once after its first step."""
        return any(after.dose < before.dose for before, after in pairwise(self.stages))

    def ends(self, part: float) -> bool:
        """Whether the schedule ends in nothing: its last step is bounded and at most ``part`` percent of today's dose.

        One that ends higher is taken for the first prescription of a longer taper.
        """
        last = self.stages[-1]
        return self.planned and last.days is not None and last.dose <= self.before * part / 100

    def drops(self, part: float) -> tuple[Drop, ...]:
        """Every time the dose goes down from today on, the end of the schedule too."""
        found, at, now = [], 0.0, self.before
        for stage in self.stages:
            if stage.dose < now:
                found.append(Drop(at, now, stage.dose))
            now = stage.dose
            at += stage.days or 0.0
        if self.ends(part) and now > 0:
            found.append(Drop(at, now, 0.0))
        return tuple(found)


class Lowered(msgspec.Struct, frozen=True):
    """The falls of one question, what could not be told, and why there is nothing (else)."""

    falls: tuple[Fall, ...] = ()
    said: tuple[NotChecked, ...] = ()
    why: str = "no order of this call changes the dose of a running drug of this question"


def lowered(view: View, check: Check, ingredients: frozenset[str]) -> Lowered:
    """What the selected orders do to the running doses of some ingredients; the spinal route is left out."""
    touched = sorted(
        {
            item.id
            for order in view.case.orders
            if order.selected and not order.single_dose and order.drug.route not in ELSEWHERE
            for item in order.drug.ingredients
            if item.id in ingredients
        }
    )
    if not touched:
        return Lowered()
    found: list[Fall] = []
    said: list[NotChecked] = []
    for id in touched:
        uses = [use for use in view.case.uses if _counts(use, id)]
        orders = [order for order in view.case.orders if _has(order, id) and _brings(order)]
        # A running order on the part of the list that was not seen could be what is lowered, or add to it.
        said += unknown_for(check, view.gaps(*LISTS), makes_card=not uses and bool(orders))
        said += unknown_for(check, view.reported_empty(*LISTS))
        if uses:
            fall = _fall(view, id, uses, orders)
            if fall is None:
                continue  # nothing of it goes on: a stop
            if isinstance(fall, Unknown):
                said.append(NotChecked(check.id, fall.reason, fall.detail, makes_card=False))
            else:
                found.append(fall)
    return Lowered(tuple(found), tuple(dict.fromkeys(said)), "nothing that runs is changed to a known lower dose")


def _has(order: Order, id: str) -> bool:
    return order.drug.route not in ELSEWHERE and any(i.id == id for i in order.drug.ingredients)


def _brings(order: Order) -> bool:
    return order.action is not Action.STOP and not order.single_dose


def _counts(use: DrugUse, id: str) -> bool:
    here = use.drug.route not in ELSEWHERE and not use.on_hold and not use.single_dose
    return here and any(item.id == id for item in use.drug.ingredients)


def _fall(view: View, id: str, uses: Sequence[DrugUse], orders: Sequence[Order]) -> Fall | Unknown | None:
    items = tuple(_item(view, id, use) for use in uses)
    taken = [mg_per_day(item.dose) for item in items]
    if None in taken:
        return Unknown(Reason.DOSE_UNKNOWN, f"the {view.name(id)} dose that runs is not known")
    gone = {ref for order in view.case.orders for ref in order.replaces}
    kept = [dose or 0.0 for use, dose in zip(uses, taken, strict=True) if not gone.intersection(use.names)]
    if not orders and not kept:
        return None
    stages = _schedule(id, orders) if orders else (Stage(0.0, None),)
    if stages is None:
        return Unknown(Reason.DOSE_UNKNOWN, f"the {view.name(id)} dose that is ordered is not known")
    steady = [_steady(view, use) for use in uses]
    return Fall(
        ingredient=id,
        items=items,
        orders=tuple(orders),
        before=round(sum(dose or 0.0 for dose in taken), 6),
        stages=tuple(Stage(round(stage.dose + sum(kept), 6), stage.days) for stage in stages),
        earlier=_earlier(view, id, items),
        days=longest_days(view, items),
        steady_days=None if None in steady else min(days for days in steady if days is not None),
        linked=all(order.linked for order in orders),
    )


def _item(view: View, id: str, use: DrugUse) -> Present:
    order = next((one for one in view.case.orders if set(use.names).intersection(one.replaces)), None)
    dose = next(dose for item, dose in zip(use.drug.ingredients, use.doses, strict=True) if item.id == id)
    return Present(
        ingredient=id,
        drug=use.drug,
        dose=dose_now(dose, use, view),
        ref=order.ref or order.path if order is not None else use.ref or use.path,
        order=order,
        use=use,
        subject=order is not None and order.selected,
        settled_days=Unknown(Reason.ABSENT),
    )


def mg_per_day(dose: Maybe[DailyDose]) -> float | None:
    """The highest credible daily dose in mg; None when it is not known."""
    if isinstance(dose, Unknown) or dose.value.unit not in MILLIGRAMS:
        return None
    return dose.value.high * MILLIGRAMS[dose.value.unit]


def _steady(view: View, use: DrugUse) -> int | None:
    since = use.unchanged_since
    return None if isinstance(since, Unknown) else (view.case.as_of - since.value.last).days


# -- what is ordered --------------------------------------------------------------------------------------------------


def _schedule(id: str, orders: Sequence[Order]) -> tuple[Stage, ...] | None:
    """Stages of one order; of several one after the other by their dates, or else taken together."""
    each = [_stages(id, order) for order in orders]
    if any(stages is None for stages in each):
        return None
    known = [stages for stages in each if stages is not None]
    if len(known) == 1:
        return known[0]
    if any(len(stages) > 1 for stages in known):
        return None
    return _chain(orders, known) or (Stage(sum(stages[0].dose for stages in known), None),)


def _stages(id: str, order: Order) -> tuple[Stage, ...] | None:
    dose = next(dose for item, dose in zip(order.drug.ingredients, order.doses, strict=True) if item.id == id)
    total = mg_per_day(dose)
    if total is None or isinstance(dose, Unknown):
        return None
    scale = MILLIGRAMS[dose.value.unit]
    steps = tuple(Stage(step.high * scale, step.days) for step in dose.value.steps)
    return steps or (Stage(total, None),)


def _chain(orders: Sequence[Order], stages: Sequence[tuple[Stage, ...]]) -> tuple[Stage, ...] | None:
    """Orders whose dates follow each other without overlap; None when they do not."""
    dated = [
        (order.starts.first, order.planned_end, parts[0].dose)
        for order, parts in zip(orders, stages, strict=True)
        if order.starts is not None
    ]
    if len(dated) < len(orders):
        return None
    dated.sort(key=lambda entry: entry[0])
    found = []
    for (start, end, dose), (following, _, _) in pairwise(dated):
        if end is None or following <= start or end.last > following:
            return None
        found.append(Stage(dose, float((following - start).days)))
    start, end, dose = dated[-1]
    return (*found, Stage(dose, None if end is None else float((end.last - start).days + 1)))


# -- what came before -------------------------------------------------------------------------------------------------


def _earlier(view: View, id: str, items: Iterable[Present]) -> tuple[Drop, ...]:
    """Higher doses of this ingredient that ended before today, each as a drop to what is taken now; newest first."""
    now = sum(mg_per_day(item.dose) or 0.0 for item in items)
    found = []
    for use in view.case.past_uses:
        if use.ended is None or not _counts(use, id):
            continue
        doses = zip(use.drug.ingredients, use.doses, strict=True)
        dose = next(mg_per_day(dose) for item, dose in doses if item.id == id)
        if dose is not None and dose > now:
            found.append(Drop(-float((view.case.as_of - use.ended.last).days), dose, now))
    return tuple(sorted(found, key=lambda drop: -drop.at))
