"""A plan as dosage instructions, the same for every FHIR release, and in words a patient can read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from cds.arithmetic.taper_types import TABLET, Amount, Direction, Take, TaperPlan, TaperStep
from cds.arithmetic.units import number_text

_MONTHS = "January February March April May June July August September October November December".split()
_PARTS = {0.25: "a quarter of a", 0.5: "half a", 0.75: "three quarters of a"}


def directions(plan: TaperPlan) -> tuple[Direction, ...]:
    """Sequenced dosage instructions, in order; the end, or that the last dose goes on, stands in the words.

    Administrations of one step that differ in dose become entries with the same ``sequence`` (taken together).
    """
    taken = [step for step in plan.steps if step.takes]
    found: list[Direction] = []
    for at, step in enumerate(taken, start=1):
        whole = step_text(plan.name, step, ends=at == len(taken) and step.end is not None)
        for group in _groups(step.takes):
            found.append(
                Direction(
                    sequence=at,
                    text=f"{_when(step)}: {_group_words(group)}",
                    patient=whole,
                    dose=group[0].mg,
                    frequency=len(group),
                    starts=step.start,
                    ends=step.end,
                    days=step.days,
                    slots=tuple(take.slot for take in group),
                    amounts=group[0].amounts,
                )
            )
    return tuple(found)


def step_text(name: str, step: TaperStep, *, ends: bool = False) -> str:
    """One step for the patient: dates, what to take when, and the total a day."""
    if not step.takes:
        return f"{_when(step)}: no more {name}."
    each = "; ".join(_group_words(group) for group in _groups(step.takes))
    total = f"{number_text(step.mg_per_day)} mg a day in all"
    return f"{_when(step)}: {name}, {each} ({total})." + (" Then stop." if ends else "")


def _when(step: TaperStep) -> str:
    return f"From {day_words(step.start)}" + (f" to {day_words(step.end)}" if step.end else " on")


def _group_words(group: list[Take]) -> str:
    slots = [take.slot for take in group]
    said = slots[0] if len(slots) == 1 else f"{', '.join(slots[:-1])} and {slots[-1]}"
    return f"{said} {amount_words(group[0].amounts)}"


def amount_words(amounts: Iterable[Amount]) -> str:
    """ "1 and a half tablets of 10 mg", "half a tablet of 2 mg and 0.5 mL of the 1 mg/mL liquid"."""
    return " and ".join(_one(amount) for amount in amounts)


def _one(amount: Amount) -> str:
    strength = number_text(amount.product.mg)
    if amount.product.kind != TABLET:
        return f"{number_text(amount.count)} mL of the {strength} mg/mL liquid"
    whole, part = int(amount.count), amount.count - int(amount.count)
    if not part:
        return f"{whole} tablet{'s' if whole > 1 else ''} of {strength} mg"
    if not whole:
        return f"{_PARTS[part]} tablet of {strength} mg"
    return f"{whole} and {_PARTS[part].removesuffix(' of a').replace('half a', 'a half')} tablets of {strength} mg"


def day_words(day: date | None) -> str:
    """ "3 June 2026", the same in every locale."""
    return "" if day is None else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _groups(takes: tuple[Take, ...]) -> list[list[Take]]:
    """Administrations of the same dose, made of the same, together; in the order of the day."""
    found: list[list[Take]] = []
    for take in takes:
        same = next((group for group in found if (group[0].mg, group[0].amounts) == (take.mg, take.amounts)), None)
        if same is None:
            found.append([take])
        else:
            same.append(take)
    return found
