"""One case as the checks look at it: what the patient will be taking, and what else is known, computed once.

``View`` joins the case with the knowledge. Everything derived from the case that more than one check needs lives here
and is computed at most once per call: the drugs present after the orders take effect, age, kidney function.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cached_property

import msgspec

from cds.arithmetic.dates import age_range
from cds.arithmetic.kidney import Kidney, assess_kidney
from cds.case import (
    Action,
    Concept,
    DailyDose,
    Drug,
    DrugUse,
    Known,
    Maybe,
    Order,
    PatientCase,
    Problem,
    Reason,
    Route,
    Unknown,
    When,
)
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Knowledge, Side
from cds.memo import remember

LISTS = ("medications", "statements")


class Present(msgspec.Struct, frozen=True, eq=False):
    """One ingredient the patient will be taking once the orders of this call take effect.

    Each is made once per call and equal to itself only: comparing and hashing all that hangs on it was the greatest
    cost of a call.

    ``order`` is the draft that brings, changes or renews it; ``use`` the running use (for an order: the one it takes
    the place of). ``subject``: this call's cards may be about it. ``settled_days``: for how many days it has neither
    been started nor raised, as of today (0 for a start or a raise; Unknown when it cannot be told).
    """

    ingredient: str
    drug: Drug
    dose: Maybe[DailyDose]
    ref: str
    order: Order | None
    use: DrugUse | None
    subject: bool
    settled_days: Maybe[int]
    reduced: bool = False  # an order that surely does not raise the dose of the running drug it replaces

    @property
    def systemic(self) -> bool:
        """Whether enough reaches the brain to matter: everything but what stays on skin, eye or ear."""
        return self.drug.route is not Route.LOCAL

    @property
    def single_dose(self) -> bool:
        """Given once only: a procedure, a premedication, a test dose."""
        holder = self.order or self.use
        return holder is not None and holder.single_dose

    @property
    def reasons(self) -> tuple[Concept, ...]:
        """What it is ordered for, or taken for where no order of this call brings it."""
        holder = self.order or self.use
        return holder.reasons if holder is not None else ()


class View:
    """The case and the knowledge, with what checks derive from both. Read-only; lives for one call."""

    def __init__(self, case: PatientCase, knowledge: Knowledge, hook: str) -> None:
        self.case = case
        self.knowledge = knowledge
        self.hook = hook
        self._sides: dict[Side, tuple[Present, ...]] = {}
        self._unseen: dict[tuple[str, ...], tuple[Unknown, ...]] = {}
        self._none: dict[tuple[str, ...], tuple[Unknown, ...]] = {}
        # What a named fact is for some drugs, and how a drug is put into words: asked by many checks, found once.
        self.answers: dict[tuple[str, tuple[Present, ...]], Maybe[bool]] = {}
        self.words: dict[Present, str] = {}
        self.kidney_words: tuple[str, ...] | None = None

    # -- the orders of this call ------------------------------------------------------------------------------------

    @cached_property
    def looks_only(self) -> bool:
        """Whether a chart was opened and nothing ordered: then everything that is taken is looked at."""
        return self.case.phase == "view"

    @cached_property
    def subjects(self) -> tuple[Order, ...]:
        """The orders that cards of this call are about; when only looking, what is taken, as if renewed."""
        if self.looks_only:
            return tuple(_as_it_runs(use) for use in self.case.uses if not use.on_hold)
        return tuple(order for order in self.case.orders if order.selected)

    @cached_property
    def stops(self) -> tuple[Order, ...]:
        """The selected orders that stop a running drug."""
        return tuple(order for order in self.subjects if order.action is Action.STOP)

    # -- what the patient will be taking ----------------------------------------------------------------------------

    @cached_property
    def present(self) -> tuple[Present, ...]:
        """Every recognised ingredient present after the orders, orders first."""
        orders = self.case.orders
        gone = {ref for order in orders for ref in order.replaces}
        uses = {name: use for use in self.case.uses for name in use.names}
        kept = [use for use in self.case.uses if not gone.intersection(use.names) and not use.on_hold]
        found = [item for order in orders if order.action is not Action.STOP for item in self._from_order(order, uses)]
        found += [item for use in kept for item in self._from_use(use)]
        return tuple(found)

    def _from_order(self, order: Order, uses: dict[str, DrugUse]) -> Iterable[Present]:
        replaced = next((uses[ref] for ref in order.replaces if ref in uses), None)
        for ingredient, dose in zip(order.drug.ingredients, order.doses, strict=True):
            yield Present(
                ingredient=ingredient.id,
                drug=order.drug,
                dose=dose,
                ref=order.ref or order.path,
                order=order,
                use=replaced,
                subject=order.selected,
                settled_days=self._settled(order, ingredient.id, dose, replaced),
                reduced=replaced is not None
                and not replaced.on_hold  # what is paused runs at no dose
                and _is_reduction(dose, _dose_of(replaced, ingredient.id)),
            )

    def _from_use(self, use: DrugUse) -> Iterable[Present]:
        for ingredient, dose in zip(use.drug.ingredients, use.doses, strict=True):
            yield Present(
                ingredient=ingredient.id,
                drug=use.drug,
                dose=dose,
                ref=use.ref or use.path,
                order=None,
                use=use,
                subject=self.looks_only,
                settled_days=self._days_since(use.unchanged_since),
            )

    def _settled(self, order: Order, ingredient: str, dose: Maybe[DailyDose], replaced: DrugUse | None) -> Maybe[int]:
        if order.action is Action.START or replaced is None:
            return Known(0)
        if order.action is Action.RENEW or _is_reduction(dose, _dose_of(replaced, ingredient)):
            return self._days_since(replaced.unchanged_since)
        return Known(0)

    def _days_since(self, when: Maybe[When]) -> Maybe[int]:
        if isinstance(when, Unknown):
            return when
        return Known((self.case.as_of - when.value.last).days)

    def of_class(self, name: str) -> tuple[Present, ...]:
        """Those present whose ingredient is in a class of ``drugs/classes.toml``, systemic ones only."""
        return self._by_class.get(name, ())

    @cached_property
    def _by_class(self) -> Mapping[str, tuple[Present, ...]]:
        """An index, so that a question about drugs that are not there costs one look-up however many questions."""
        found: dict[str, list[Present]] = {}
        for item in self.present:
            info = self.knowledge.terminology.ingredient(item.ingredient)
            for name in info.classes if info is not None and item.systemic else ():
                found.setdefault(name, []).append(item)
        return {name: tuple(items) for name, items in found.items()}

    def on_side(self, side: Side) -> tuple[Present, ...]:
        """Those present that one side of a pair means, each once."""
        known = self._sides.get(side)
        if known is None:
            known = self._sides[side] = self._find_side(side)
        return known

    def _find_side(self, side: Side) -> tuple[Present, ...]:
        if self._systemic.isdisjoint(ingredients_of(side, self.knowledge.terminology)):
            return ()  # of most questions no drug is there
        found = [item for name in side.classes for item in self.of_class(name)]
        if side.ingredients:
            found += [item for item in self.present if item.ingredient in side.ingredients and item.systemic]
        return tuple(dict.fromkeys(item for item in found if item.ingredient not in side.without))

    @cached_property
    def _systemic(self) -> frozenset[str]:
        """The ingredients of which enough reaches the brain."""
        return frozenset(item.ingredient for item in self.present if item.systemic)

    # -- the patient ------------------------------------------------------------------------------------------------

    @cached_property
    def age(self) -> Maybe[tuple[int, int]]:
        """Completed years today, youngest and oldest the birth date allows."""
        birth = self.case.patient.birth
        return birth if isinstance(birth, Unknown) else Known(age_range(birth.value, self.case.as_of))

    @cached_property
    def kidney(self) -> Kidney:
        """Kidney function as of today."""
        return assess_kidney(self.case)

    def problems(self, concepts: Collection[str], *, history: bool = False) -> tuple[Problem, ...]:
        """Active (or unconfirmed) problems of any of the concepts; with ``history`` past ones too."""
        index = self._problems_by_concept
        if index.keys().isdisjoint(concepts):
            return ()
        places = {place for concept in concepts for place in index.get(concept, ())}
        found = (self.case.problems[place] for place in sorted(places))
        return tuple(problem for problem in found if history or problem.status != "history")

    @cached_property
    def _problems_by_concept(self) -> Mapping[str, list[int]]:
        """Where on the problem list each concept stands: lists are long, and many questions are about conditions."""
        places: dict[str, list[int]] = {}
        for place, problem in enumerate(self.case.problems):
            for concept in problem.concept.ids:
                places.setdefault(concept, []).append(place)
        return places

    def past(self, ingredients: Iterable[str]) -> tuple[DrugUse, ...]:
        """What was taken of any of the ingredients and has ended."""
        index = self._past_by_ingredient
        places = {place for id in ingredients for place in index.get(id, ())}
        return tuple(self.case.past_uses[place] for place in sorted(places))

    @cached_property
    def _past_by_ingredient(self) -> Mapping[str, list[int]]:
        """Where among the ended uses each ingredient stands: of a long record they are most."""
        places: dict[str, list[int]] = {}
        for place, use in enumerate(self.case.past_uses):
            for ingredient in use.drug.ingredients:
                places.setdefault(ingredient.id, []).append(place)
        return places

    # -- what could not be seen -------------------------------------------------------------------------------------

    def gaps(self, *keys: str) -> tuple[Unknown, ...]:
        """What of these inputs could not be seen, the caller's word "there is none" left out."""
        found = self._unseen.get(keys)
        if found is None:
            found = tuple(gap for gap in self._all_gaps(keys) if gap.reason is not Reason.REPORTED_EMPTY)
            self._unseen[keys] = found
        return found

    def reported_empty(self, *keys: str) -> tuple[Unknown, ...]:
        """The inputs of which the caller said there is none."""
        found = self._none.get(keys)
        if found is None:
            found = tuple(gap for gap in self._all_gaps(keys) if gap.reason is Reason.REPORTED_EMPTY)
            self._none[keys] = found
        return found

    def _all_gaps(self, keys: Iterable[str]) -> Iterable[Unknown]:
        gaps = self.case.gaps
        return (gap for key in keys if key in gaps for gap in gaps[key]) if gaps else ()

    @cached_property
    def unnamed_drugs(self) -> int:
        """How many medicines on the list could not be named at all."""
        return sum(1 for use in self.case.uses if not use.drug.readable)

    # -- words ------------------------------------------------------------------------------------------------------

    def name(self, ingredient: str) -> str:
        """The ingredient's name as a prescriber writes it."""
        info = self.knowledge.terminology.ingredient(ingredient)
        return info.name if info is not None else ingredient


def _as_it_runs(use: DrugUse) -> Order:
    """A running use in the shape of an order, for checks that go through the orders of a call."""
    return Order(
        ref=use.ref,
        action=Action.RENEW,
        drug=use.drug,
        doses=use.doses,
        replaces=(use.name,) if use.name else (),
        planned_end=use.planned_end,
        supply_days=use.supply_days,
        setting=use.setting,
        single_dose=use.single_dose,
        reasons=use.reasons,
        path=use.path,
        liquids=use.liquids,
    )


def _dose_of(use: DrugUse, ingredient: str) -> Maybe[DailyDose]:
    for item, dose in zip(use.drug.ingredients, use.doses, strict=True):
        if item.id == ingredient:
            return dose
    return Unknown(Reason.DOSE_UNKNOWN, "dose of the running order not known")


def _is_reduction(new: Maybe[DailyDose], old: Maybe[DailyDose]) -> bool:
    """Whether the new daily dose is surely not above the old one."""
    if isinstance(new, Unknown) or isinstance(old, Unknown) or new.value.unit != old.value.unit:
        return False
    return new.value.high <= old.value.high and (new.value.single_high or 0) <= (old.value.single_high or 0)


@remember(1024)
def day(when: date | When | None) -> str:
    """A date as a card shows it: "3 June 2026"; a month or year when no more is known; "" for None."""
    if when is None:
        return ""
    if isinstance(when, When):
        if when.first == when.last:
            return day(when.first)
        return f"{when.first:%B %Y}" if (when.last - when.first).days < 31 else f"{when.first:%Y}"
    return f"{when.day} {when:%B %Y}"


@remember(1024)
def number(value: float) -> str:
    """A number as a card shows it: no trailing zeros, at most three decimals, "0.125", "2.5", "30"."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def joined(words: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c", each once, in order."""
    items = list(dict.fromkeys(words))
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""
