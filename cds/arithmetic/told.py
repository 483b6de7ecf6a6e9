"""One resource's word about a medicine, interpreted: which drug, how much, from when to when, whether it still holds.

Several resources may tell of one treatment; ``cds.uses`` joins them, ``exposure`` reads time from them.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

import msgspec

from cds.arithmetic.dates import days_after, on
from cds.arithmetic.dose import daily_doses
from cds.arithmetic.liquid import liquid_doses
from cds.arithmetic.rules import numbers
from cds.arithmetic.units import amount_hours, dose_unit
from cds.case import Concept, DailyDose, Drug, Known, LiquidDose, Maybe, When
from cds.chart import Coded, DosageFact, MedicationFact
from cds.memo import remember
from cds.terminology import Terminology

MAX_TEXT = 500

# Kinds of resources, in the order in which they are believed about the dose.
ORDER, STATEMENT, DISPENSE, ADMINISTRATION = "order", "statement", "dispense", "administration"

NOT_REAL = frozenset(
    {"entered-in-error", "draft", "proposed", "preparation", "declined", "not-taken", "not-done", "intended"}
)
NOT_A_USE = frozenset({"proposal", "plan", "option"})
OVER = frozenset({"stopped", "completed", "ended"})
INSTANCES = frozenset({"instance-order", "reflex-order", "filler-order"})


class Standing(StrEnum):
    """Whether what a resource tells of is going on."""

    CURRENT = "current"
    PAST = "past"
    NOTHING = "nothing"  # no treatment at all: entered in error, proposed, cancelled, not taken


class Told(msgspec.Struct, frozen=True):
    """A medication resource, interpreted. ``started``/``ended``/``planned_end`` are as this resource tells it."""

    fact: MedicationFact
    drug: Drug
    doses: tuple[Maybe[DailyDose], ...]
    ref: str
    standing: Standing
    started: When | None = None
    ended: When | None = None
    planned_end: When | None = None
    supply_days: float | None = None  # of one fill
    supply_total: float | None = None  # of all fills
    single_dose: bool = False
    reasons: tuple[Concept, ...] = ()
    ingredients: frozenset[str] = frozenset()  # what the medicine holds of our drugs
    liquids: tuple[LiquidDose, ...] = ()

    @property
    def on_hold(self) -> bool:
        """Ordered or listed, but paused."""
        return self.fact.status == "on-hold"

    @property
    def supply_end(self) -> date | None:
        """The day on which all that was supplied is used up; None when nothing says."""
        if self.started is None or self.supply_total is None:
            return None
        return days_after(self.started.last, self.supply_total)


def tell(fact: MedicationFact, terminology: Terminology, as_of: date) -> Told:
    """Interpret one medication resource. Never raises; what is not understood stays Unknown."""
    drug = recognise(fact, terminology)
    ref = f"{fact.resource_type}/{fact.id}" if fact.id else ""
    if not drug.ingredients:
        return Told(fact, drug, (), ref, _standing(fact, None, as_of), _started(fact))
    fill = _stated_days(fact)
    doses = daily_doses(fact.dosages, drug, supply_days=fill)
    fill = fill if fill is not None else _counted_days(fact, drug, doses)
    started = _started(fact)
    planned = _planned_end(fact, doses, started)
    return Told(
        fact=fact,
        drug=drug,
        doses=doses,
        ref=ref,
        standing=_standing(fact, planned, as_of),
        started=started,
        ended=fact.effective_end,
        planned_end=planned,
        supply_days=fill,
        supply_total=None if fill is None else fill * (1 + max(0.0, fact.repeats or 0.0)),
        single_dose=_single(fact),
        reasons=tuple(terminology.recognise_condition(reason) for reason in fact.reasons),
        ingredients=frozenset(ingredient.id for ingredient in drug.ingredients),
        liquids=liquid_doses(fact.dosages, drug),
    )


def recognise(fact: MedicationFact, terminology: Terminology) -> Drug:
    """The medicine of a resource; route and site come from the first dosage that names one."""
    route = site = Coded()
    for dosage in fact.dosages:
        route = route if route.codings or route.text else dosage.route
        site = site if site.codings or site.text else dosage.site
    return terminology.recognise_drug(fact.drug, form=fact.form, route=route, ingredients=fact.ingredients, site=site)


# -- does it hold? --------------------------------------------------------------------------------------------------


def _standing(fact: MedicationFact, planned: When | None, as_of: date) -> Standing:
    status = fact.status
    if status in NOT_REAL or status == "cancelled" or fact.do_not_perform:
        return Standing.NOTHING
    if fact.intent in NOT_A_USE and not (fact.intent == "plan" and fact.reported):
        return Standing.NOTHING  # US Core writes what patients take on their own account as a reported plan
    if fact.taken == "n" and status not in ("on-hold", "stopped"):
        return Standing.NOTHING
    if fact.kind == DISPENSE:
        return _dispensed(fact, as_of)
    if fact.kind == ADMINISTRATION:
        return _administered(fact, as_of)
    ends = [when.last for when in (fact.effective_end, planned) if when is not None]
    over = status in OVER or any(end < as_of for end in ends)
    return Standing.PAST if over else Standing.CURRENT


def _dispensed(fact: MedicationFact, as_of: date) -> Standing:
    """In use while what was handed over lasts; a dispense not yet completed counts once it was handed over."""
    if fact.status in ("on-hold", "stopped") or (fact.status == "in-progress" and fact.effective_start is None):
        return Standing.NOTHING
    given = fact.effective_start or fact.written
    if given is None:
        return Standing.CURRENT
    stated = _stated_days(fact)
    limits = numbers("exposure")
    lasts = limits["unknown_supply_days"] if stated is None else stated
    return Standing.CURRENT if days_after(given.last, lasts + limits["gap_days"]) >= as_of else Standing.PAST


def _administered(fact: MedicationFact, as_of: date) -> Standing:
    last = fact.effective_end or fact.effective_start
    if fact.status not in ("completed", "in-progress", "on-hold", "stopped", "unknown", "") or last is None:
        return Standing.NOTHING
    recent = days_after(last.last, numbers("exposure")["administered_days"]) >= as_of
    return Standing.CURRENT if recent else Standing.PAST


# -- from when to when ----------------------------------------------------------------------------------------------


def _started(fact: MedicationFact) -> When | None:
    """The first day it was to be, or was, taken: what the timing says, else the resource's own start or date."""
    if fact.kind == ORDER:
        bounds = [dosage.timing.bounds_start for dosage in fact.dosages if dosage.timing and dosage.timing.bounds_start]
        if bounds:
            return min(bounds, key=lambda when: (when.first, when.last))
        return fact.effective_start or fact.written or fact.validity_start
    return fact.effective_start or fact.written


def _planned_end(fact: MedicationFact, doses: tuple[Maybe[DailyDose], ...], started: When | None) -> When | None:
    """The last day of treatment that the dosages themselves set; None for an open end."""
    if fact.kind == ADMINISTRATION:
        return None
    ends = [dosage.timing.bounds_end for dosage in fact.dosages if dosage.timing and dosage.timing.bounds_end]
    if ends and len(ends) == len(fact.dosages):
        return max(ends, key=lambda when: (when.last, when.first))
    days = _course_days(fact, doses)
    if days is None or days <= 0 or started is None:
        return None
    return on(days_after(started.last, days - 1))


def _course_days(fact: MedicationFact, doses: tuple[Maybe[DailyDose], ...]) -> float | None:
    """The length of a course: its steps one after the other, or the longest of what is taken side by side."""
    for dose in doses:
        if isinstance(dose, Known) and dose.value.steps:
            steps = [step.days for step in dose.value.steps if step.days is not None]
            return sum(steps) if len(steps) == len(dose.value.steps) else None
    lengths = [length for dosage in fact.dosages if (length := _bounds_days(dosage)) is not None]
    if not lengths or len(lengths) < len(fact.dosages):
        return None
    in_turn = len({dosage.sequence for dosage in fact.dosages if dosage.sequence is not None}) == len(lengths) > 1
    return sum(lengths) if in_turn else max(lengths)


def _bounds_days(dosage: DosageFact) -> float | None:
    if dosage.timing is None or dosage.timing.bounds_duration is None:
        return None
    hours = amount_hours(dosage.timing.bounds_duration)
    return hours.value / 24 if isinstance(hours, Known) else None


# -- supply ---------------------------------------------------------------------------------------------------------


def _stated_days(fact: MedicationFact) -> float | None:
    """Days that one fill lasts, as stated. A dispense's bare number is days: that is what the element means."""
    supply = fact.supply
    if supply is None or supply.value is None or supply.value <= 0:
        return None
    if fact.kind == DISPENSE and not supply.unit and not supply.code:
        return supply.value
    hours = amount_hours(supply)
    return hours.value / 24 if isinstance(hours, Known) else None


def _counted_days(fact: MedicationFact, drug: Drug, doses: tuple[Maybe[DailyDose], ...]) -> float | None:
    """Days that one fill lasts, from the number of tablets and the highest daily dose."""
    quantity = fact.quantity
    if quantity is None or not quantity.value or quantity.value <= 0 or not doses or not isinstance(doses[0], Known):
        return None
    unit, strength, dose = dose_unit(quantity), drug.ingredients[0].strength, doses[0].value
    countable = unit is None or getattr(unit, "kind", "") == "each"
    if not countable or strength is None or strength.per != "each" or dose.high <= 0 or dose.unit != "mg/d":
        return None
    milligrams = strength.value / (1000 if strength.unit == "ug" else 1)
    return quantity.value * milligrams / dose.high


# -- once only ------------------------------------------------------------------------------------------------------

_ONCE = re.compile(
    r"\b(single dose|one[- ]time|once only|stat|x ?1 dose|one dose only|pre-?medication|pre-?op(erative(ly)?)?"
    r"|(before|prior to) (the )?(procedure|surgery|mri|ct scan|scan|endoscopy|colonoscopy|dental appointment))\b",
    re.IGNORECASE,
)
# Words of a schedule: a text that has one of them is not about one dose only.
_OFTEN = re.compile(
    r"\b(daily|every|each|times|twice|thrice|nightly|bedtime|hs|morning|evening|night|noon|weekly|hourly|per day"
    r"|[bt]\.?i\.?d|q\.?i\.?d|q\.?d|q ?[\dhad]\w*|[oq]d|bd|tds|qds|then|continue)\b",
    re.IGNORECASE,
)
_ONCE_CODES = frozenset({"ONCE", "STAT", "X1", "1X", "ONETIME"})


def _single(fact: MedicationFact) -> bool:
    """Given once only, by every dosage: a count of one, a single date, a code or words for "once"."""
    if fact.kind == ADMINISTRATION or not fact.dosages:
        return False
    return all(map(_once, fact.dosages))


@remember(4096)
def _once(dosage: DosageFact) -> bool:
    timing = dosage.timing
    if timing is not None:
        if timing.count is not None or timing.count_max is not None:
            return (timing.count_max or timing.count or 0) == 1
        if any(coding.code.upper() in _ONCE_CODES for coding in timing.codes.codings):
            return True
        if timing.frequency is not None or timing.period is not None or timing.time_of_day or timing.when:
            return False
        if len(timing.events) == 1:
            return True
        if _says_once(timing.codes.text):
            return True
    return _says_once(dosage.text)


def _says_once(text: str) -> bool:
    text = text[:MAX_TEXT]
    return _ONCE.search(text) is not None and _OFTEN.search(text) is None
