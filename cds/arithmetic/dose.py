"""Dosage and timing facts -> how much of each ingredient in 24 hours, low and high, with the working shown.

How ends are chosen (formulas.md 3): a range keeps both; as-needed doses count from 0 to their most; an interval of more
than a day is averaged (``single_high`` keeps the single dose); steps in time give their lowest and highest; what is
taken side by side is added. Coded numbers win over the text; where the two give doses more than 1 % apart the dose is
Unknown (``conflict``). What cannot be computed is Unknown, never guessed.
"""

from __future__ import annotations

from collections.abc import Sequence

from cds.arithmetic.part import Part, add
from cds.arithmetic.reading import NOTHING_SAID, Outcome, Reading, outcome_of, read
from cds.arithmetic.schedule import arrange
from cds.arithmetic.sigwords import name_words
from cds.arithmetic.units import tidy
from cds.case import DailyDose, DoseStep, Drug, Ingredient, Known, Maybe, Reason, Route, Unknown
from cds.chart import DosageFact
from cds.memo import remember

MAX_DAILY_MG = 1_000_000.0


def daily_doses(
    dosages: Sequence[DosageFact], drug: Drug, *, supply_days: float | None = None
) -> tuple[Maybe[DailyDose], ...]:
    """The daily dose of each of ``drug.ingredients``, in their order.

    Units: "mg/d"; intrathecal "ug/d"; patches "ug/h". ``supply_days`` (expectedSupplyDuration) closes the last step of
    a stepped schedule. Unknown: ``dose-unknown`` (something is not said, or depends on weight), ``unit`` (no unit that
    we know), ``unreadable`` (no credible number), ``conflict`` (codes, text or strength disagree). Never raises.
    """
    return _daily_doses(tuple(dosages), drug, supply_days)


@remember(2048)
def _daily_doses(
    dosages: tuple[DosageFact, ...], drug: Drug, supply_days: float | None
) -> tuple[Maybe[DailyDose], ...]:
    if not drug.ingredients:
        return ()
    names = name_words(drug.label, tuple(ingredient.id for ingredient in drug.ingredients))
    readings = [read(fact, names) for fact in dosages]
    if len(readings) > 1:
        readings = [reading for reading in readings if not reading.beside_the_point] or readings[:1]
    if not readings:
        return (NOTHING_SAID,) * len(drug.ingredients)
    groups = arrange(readings)
    if isinstance(groups, Unknown):
        return (groups,) * len(drug.ingredients)
    return tuple(_daily_dose(groups, ingredient, drug, supply_days) for ingredient in drug.ingredients)


def _daily_dose(
    groups: tuple[tuple[Reading, ...], ...], ingredient: Ingredient, drug: Drug, supply_days: float | None
) -> Maybe[DailyDose]:
    stretches: list[tuple[float | None, Part]] = []
    outcomes: list[Outcome] = []
    for group in groups:
        members: list[Outcome] = []
        for reading in group:
            outcome = outcome_of(reading, ingredient, drug)
            if isinstance(outcome, Unknown):
                return outcome
            members.append(outcome)
        together = _together(members)
        if isinstance(together, Unknown):
            return together
        stretches.extend(together)
        outcomes.extend(members)
    if len(stretches) > 1 and len({part.patch for _, part in stretches}) > 1:
        return Unknown(Reason.CONFLICT, "a patch and a counted dose in one order")
    for _, part in stretches:
        if not (0 <= part.low <= part.high <= MAX_DAILY_MG and part.high > 0):
            return Unknown(Reason.UNREADABLE, "no credible daily dose")
    return Known(_answer(stretches, outcomes, drug, supply_days))


def _together(members: list[Outcome]) -> list[tuple[float | None, Part]] | Unknown:
    """Side by side: stepped texts of several entries lose their steps, not their ends."""
    if len(members) == 1:
        return list(members[0].stretches)
    parts: list[Part] = []
    for member in members:
        only = [part for _, part in member.stretches]
        parts.append(only[0] if len(only) == 1 else _span(only))
    total = add(parts)
    if isinstance(total, Unknown):
        return total
    lengths = {member.stretches[0][0] for member in members}
    return [(lengths.pop() if len(lengths) == 1 else None, total)]


def _span(parts: list[Part]) -> Part:
    """Steps in one: from the lowest to the highest."""
    top = max(parts, key=lambda part: part.high)
    return Part(
        low=min(part.low for part in parts),
        high=top.high,
        working="; then ".join(part.working for part in parts),
        single=None if any(part.single is None for part in parts) else max(part.single or 0.0 for part in parts),
        times=top.times,
        prn=any(part.prn for part in parts),
        capped=all(part.capped for part in parts if part.prn) and any(part.prn for part in parts),
        patch=top.patch,
    )


def _answer(
    stretches: list[tuple[float | None, Part]], outcomes: list[Outcome], drug: Drug, supply_days: float | None
) -> DailyDose:
    parts = [part for _, part in stretches]
    whole = parts[0] if len(parts) == 1 else _span(parts)
    unit, factor = "mg/d", 1
    if whole.patch:
        unit, factor = "ug/h", 1000
    elif drug.route is Route.INTRATHECAL:
        unit, factor = "ug/d", 1000
    changes = len(parts) > 1 and len({(part.low, part.high) for part in parts}) > 1
    return DailyDose(
        low=tidy(whole.low * factor),
        high=tidy(whole.high * factor),
        unit=unit,
        working=whole.working,
        confidence="text" if any(outcome.confidence == "text" for outcome in outcomes) else "coded",
        single_high=None if whole.single is None else tidy(whole.single * factor),
        times_per_day=whole.times,
        prn=whole.prn,
        prn_max_given=whole.capped,
        steps=_steps(stretches, factor, supply_days) if changes else (),
        caveat=next((outcome.caveat for outcome in outcomes if outcome.caveat), ""),
    )


def _steps(stretches: list[tuple[float | None, Part]], factor: int, supply_days: float | None) -> tuple[DoseStep, ...]:
    """The schedule; the supply closes its last step when all before it have an end."""
    lengths = [days for days, _ in stretches]
    before = lengths[:-1]
    if lengths[-1] is None and supply_days is not None and None not in before:
        left = supply_days - sum(days for days in before if days is not None)
        lengths[-1] = tidy(left) if left > 0 else None
    return tuple(
        DoseStep(tidy(part.low * factor), tidy(part.high * factor), days)
        for (_, part), days in zip(stretches, lengths, strict=True)
    )
