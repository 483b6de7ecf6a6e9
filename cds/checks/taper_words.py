"""How a reduction is put into words, and the finding about it, the same for all checks of reductions and tapers."""

from __future__ import annotations

from collections.abc import Mapping

from cds.case import Known
from cds.checks.falls import UNSURE, Fall
from cds.checks.levels import Level, unknown_for
from cds.checks.stopping import stop_seen
from cds.findings import Finding, NotChecked, Value
from cds.knowledge.model import Check
from cds.view import LISTS, View, number


def plan_words(fall: Fall) -> str:
    """The schedule as a card shows it: "60 to 40 (7 days), 20 (7 days) mg/day"."""
    steps = [
        number(stage.dose) + (f" ({number(stage.days)} day{'s' if stage.days != 1 else ''})" if stage.days else "")
        for stage in fall.stages
    ]
    return f"{number(fall.before)} to {', '.join(steps)} mg/day"


def since_words(fall: Fall) -> str:
    """For how long it has been taken, in words."""
    return "an unknown time" if fall.days is None else f"{fall.days} days"


def too_short(view: View, check: Check, fall: Fall) -> tuple[NotChecked, ...] | None:
    """What to say when the time on the drug is too short for withdrawal; None when it is long enough, or not known."""
    if fall.days is None or fall.days >= check.number("days_floor"):
        return None
    return unknown_for(check, view.gaps(*LISTS)) + unknown_for(check, view.reported_empty("medications"))


def level_said(view: View, check: Check, at: Level) -> tuple[NotChecked, ...]:
    """What the level rests on and was not seen, the caller's word "there is none" too."""
    return at.not_checked + unknown_for(check, view.reported_empty("conditions"))


def fall_finding(
    view: View, check: Check, fall: Fall, at: Level, wording: str, because: tuple[str, ...], more: Mapping[str, Value]
) -> Finding:
    """One finding about one ingredient whose dose goes down too fast, or that is worth a word while it does."""
    values: dict[str, Value] = {
        "one": view.name(fall.ingredient),
        "before": round(fall.before, 3),
        "after": round(fall.stages[0].dose, 3),
        "plan": plan_words(fall),
        "since": since_words(fall),
        "drugs": [fall.ingredient],
    }
    if fall.days is not None:
        values["days"] = fall.days
    as_needed = any(isinstance(item.dose, Known) and item.dose.value.prn for item in fall.items)
    unsure = (
        *(("since when it is taken",) if fall.days is None else ()),
        *(("how often it was really taken (as needed)",) if as_needed else ()),
        *((UNSURE,) if not fall.linked else ()),
    )
    refs = [order.ref or order.path for order in fall.orders]
    refs += [name for item in fall.items for name in (item.ref, item.use.ref if item.use is not None else "") if name]
    return Finding(
        check=check.id,
        indicator=at.indicator,
        wording=wording,
        values={**values, **more},
        about=tuple(dict.fromkeys(refs)),
        evidence=check.evidence,
        seen=(*(stop_seen(view, item) for item in fall.items), f"ordered: {plan_words(fall)}"),
        because=(*because, *at.because),
        unknown=(*at.unknown, *unsure),
        shown=at.shown,
    )
