"""Baclofen or a benzodiazepine stopped without a taper (``baclofen-abrupt-stop``, ``benzo-abrupt-stop``).

A stop is what the reconciler says: stopped, cancelled, put on hold, or ended by today. Where the same drug goes on in
another order the dose is lowered, not stopped; a benzodiazepine may be replaced by another one.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cds.arithmetic.equivalents import Dosed, Load, diazepam_per_day
from cds.case import Action, Known, Maybe, Route, Unknown
from cds.checks.baclofen import dose_text, total_dose
from cds.checks.levels import Level, level, unknown_for
from cds.checks.registry import check
from cds.checks.stopped import Stopped, continuing, longest_days, steps_down, stopped
from cds.checks.words import dose_words
from cds.findings import Finding, Indicator, NotChecked, Outcome, Value
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, day, joined, number

ON_HOLD = "on hold"  # how the reconciler marks a drug put on hold


@check("baclofen-abrupt-stop")
def baclofen_abrupt_stop(view: View, check: Check) -> Outcome:
    """By time on it and daily dose; a stop of intrathecal baclofen is the question of itb-interruption."""
    ours = ingredients_of(check.applies_to, view.knowledge.terminology)
    what = _not_by_pump(view, stopped(view, ours))
    if not what.items:
        return Outcome(check.id, (), perhaps(view, check, ours), why="no order of this call stops baclofen being taken")
    return baclofen_stop(view, check, what, ours)


def _not_by_pump(view: View, what: Stopped) -> Stopped:
    """What is stopped without the intrathecal part: that is itb-interruption's, so that one finding speaks."""
    rest = tuple(item for item in what.items if item.drug.route is not Route.INTRATHECAL)
    return Stopped(rest, longest_days(view, rest), what.list_gaps)


def baclofen_stop(view: View, check: Check, what: Stopped, ours: frozenset[str]) -> Outcome:
    """What the rules of a check say to baclofen that ends, however it came to that; a pump's is another question."""
    looked = tuple(stop_seen(view, item) for item in what.items)
    if any(item.drug.route is not Route.INTRATHECAL for item in continuing(view, ours)):
        return Outcome(check.id, (), (), looked, "other baclofen goes on: a lower dose, not a stop")
    finding, said, why = _oral(view, check, what)
    return Outcome(check.id, (finding,) if finding is not None else (), said, looked, why)


def _oral(view: View, check: Check, what: Stopped) -> tuple[Finding | None, tuple[NotChecked, ...], str]:
    """Short use makes no finding; what is unknown counts as long, and as enough."""
    short = _short(view, check, what, check.number("days_floor"))
    if short is not None:
        return None, short, f"taken for less than {number(check.number('days_floor'))} days"
    total = total_dose(view, what.items)
    under_60 = what.days is not None and what.days < view.knowledge.facts["taken-60-days"].numbers["days"].value
    if under_60 and not total.missing and total.milligrams < check.number("small_dose"):
        said = list_said(view, check, what)
        return None, said, f"short use of less than {number(check.number('small_dose'))} mg/day"
    at = level(view, check, what.items)
    values: dict[str, Value] = {"dose": dose_text(total), "drugs": ["baclofen"]}
    if not total.missing:
        values["total"] = round(total.milligrams, 3)
    finding = stop_finding(view, check, what, at, values)
    return finding, (*at.not_checked, *_no_problems(view, check)), f"stopped, {', '.join(finding.because)}"


@check("benzo-abrupt-stop")
def benzo_abrupt_stop(view: View, check: Check) -> Outcome:
    """By the ASAM table: time, days a week and dose band; not when enough of another benzodiazepine takes its place."""
    ours = ingredients_of(check.applies_to, view.knowledge.terminology)
    what = stopped(view, ours)
    if not what.items:
        why = "no order of this call stops a benzodiazepine being taken"
        return Outcome(check.id, (), perhaps(view, check, ours), why=why)
    return benzodiazepine_stop(view, check, what, ours)


def benzodiazepine_stop(view: View, check: Check, what: Stopped, ours: frozenset[str]) -> Outcome:
    """What the rules of a check say to benzodiazepines that end, however it came to that."""
    looked = tuple(stop_seen(view, item) for item in what.items)
    kept = continuing(view, ours)
    gone = {item.ingredient for item in what.items} - {item.ingredient for item in kept}
    if not gone:
        return Outcome(check.id, (), (), looked, "the same drug goes on in another order: a lower dose, not a stop")
    frequent = tuple(
        item for item in what.items if item.ingredient in gone and not rare(check.number("days_a_week"), item)
    )
    instead = tuple(item for item in kept if substitute(item))
    if instead:
        enough = carried(view, [(item.ingredient, item.dose) for item in frequent], instead)
        if enough != Known(False):
            said = unknown_for(check, (enough,), makes_card=False) if isinstance(enough, Unknown) else ()
            return Outcome(check.id, (), said, looked, "another benzodiazepine takes its place, or a taper runs")
    if not frequent:
        days = number(check.number("days_a_week"))
        return Outcome(check.id, (), list_said(view, check, what), looked, f"taken on at most {days} days a week")
    stop = Stopped(frequent, longest_days(view, frequent), what.list_gaps)
    return _benzo(view, check, stop, instead, looked)


def _load(items: tuple[Present, ...]) -> Load:
    return diazepam_per_day((item.ingredient, item.dose) for item in items)


def carried(view: View, old: Iterable[Dosed], new: tuple[Present, ...]) -> Maybe[bool]:
    """Whether the drugs that take the place are, in diazepam equivalents, at least a share of what ends or goes down.

    Read in their favour: by the weakest equivalent of the old drug and the strongest of the new one. A taper that runs
    already is somebody's plan, and is left alone.
    """
    if any(item.order is None for item in new):
        return Known(True)
    before, after = diazepam_per_day(old), _load(new)
    missing = (*before.missing, *after.missing)
    if missing:
        return Unknown(missing[0].reason, f"whether enough takes its place: {missing[0].detail}")
    return Known(after.high >= least_share(view) * before.low)


def least_share(view: View) -> float:
    """The least share of a benzodiazepine that another one has to replace."""
    return view.knowledge.checks["benzo-abrupt-stop"].number("least_share")


def _benzo(view: View, check: Check, what: Stopped, instead: tuple[Present, ...], looked: tuple[str, ...]) -> Outcome:
    floor = check.number("days_floor")
    short = _short(view, check, what, floor)
    if short is not None:
        return Outcome(check.id, (), short, looked, f"taken for less than {number(floor)} days")
    at = level(view, check, what.items)
    load = _load(what.items)
    values: dict[str, Value] = {
        "one": joined(view.name(item.ingredient) for item in what.items),
        "what": _with_doses(view, what.items),
        "drugs": list(dict.fromkeys(item.ingredient for item in what.items)),
    }
    if load.complete:
        values |= {"diazepam_low": load.low, "diazepam_high": load.high}
    wording, extra = "", load.working
    if instead:
        wording = "" if _excused(view, at) else "less"
        at, extra = _by_less(view, at), (*extra, *_load(instead).working)
        values |= {"other": _with_doses(view, instead), "other_high": _load(instead).high}
        values["share"] = 100 * least_share(view)
    finding = stop_finding(view, check, what, at, values, wording=wording, extra=extra)
    said = (*at.not_checked, *_no_problems(view, check))
    return Outcome(check.id, (finding,), said, looked, f"stopped, {', '.join(finding.because)}")


def _with_doses(view: View, items: tuple[Present, ...]) -> str:
    return joined(f"{view.name(item.ingredient)} {dose_words(item.dose)}" for item in items)


def _by_less(view: View, at: Level) -> Level:
    """The level where something, though too little, takes the place: a warning at most."""
    because = (*at.because, less_words(view))
    return msgspec.structs.replace(at, indicator=min(at.indicator, Indicator.WARNING), because=because)


def less_words(view: View) -> str:
    """ "replaced by less than 50 % of it"."""
    return f"replaced by less than {number(100 * least_share(view))} % of it"


def substitute(item: Present) -> bool:
    """Whether another benzodiazepine carries the patient: begun or raised by this call, or stepping down already.

    Not one merely as needed, and not one that was taken all along beside the drug that is stopped.
    """
    if isinstance(item.dose, Known) and item.dose.value.prn:
        return False
    if item.order is None:
        return steps_down(item)
    return item.order.action is Action.START or (item.order.action is Action.CHANGE and not item.reduced)


def rare(limit: float, item: Present) -> bool:
    """Whether its directions, fixed or with a maximum, allow it on so few days a week."""
    if isinstance(item.dose, Unknown) or item.dose.value.times_per_day is None:
        return False
    dose = item.dose.value
    # The average was rounded when it was made, so that three a week is a hair off.
    bounded = not dose.prn or dose.prn_max_given
    return bounded and (dose.times_per_day or 0.0) * 7 <= limit + 1e-6


def _short(view: View, check: Check, what: Stopped, floor: float) -> tuple[NotChecked, ...] | None:
    """What to say when the time on the drug is too short for withdrawal; None when it is not, or not known."""
    if what.days is None or what.days >= floor:
        return None
    return list_said(view, check, what)


def _no_problems(view: View, check: Check) -> tuple[NotChecked, ...]:
    """The caller's word that there are no problems: the level rests on it."""
    return unknown_for(check, view.reported_empty("conditions"))


def list_said(view: View, check: Check, what: Stopped) -> tuple[NotChecked, ...]:
    """What of the list was not seen: an earlier order may be there."""
    return unknown_for(check, what.list_gaps) + unknown_for(check, view.reported_empty("medications"))


def perhaps(view: View, check: Check, ingredients: frozenset[str]) -> tuple[NotChecked, ...]:
    """An order that ends by today is a stop if it runs already; with the list unseen nobody can tell."""
    ending = any(
        order.planned_end is not None and order.planned_end.last <= view.case.as_of
        for order in view.subjects
        if order.action is not Action.STOP and any(item.id in ingredients for item in order.drug.ingredients)
    )
    if not ending:
        return ()
    return unknown_for(check, view.gaps(*LISTS)) + unknown_for(check, view.reported_empty("medications"))


def stop_seen(view: View, item: Present) -> str:
    """One stopped drug as a card shows it: "baclofen 30 mg/day, taken since 3 June 2025"."""
    dose = dose_words(item.dose)
    if isinstance(item.dose, Known) and item.dose.value.working not in ("", dose):
        dose = f"{item.dose.value.working} = {dose}"
    since = "since when is not known"
    if item.use is not None and isinstance(item.use.started, Known):
        since = f"taken since {day(item.use.started.value)}"
    elif item.use is None and item.order is not None and item.order.starts is not None:
        since = f"ordered {day(item.order.starts)}, not on the medication list"
    return f"{view.name(item.ingredient)} {dose}, {since}"


def held(items: tuple[Present, ...]) -> bool:
    """Whether every stop is a drug put on hold."""
    return all(item.order is not None and ON_HOLD in item.order.note_texts[:1] for item in items)


def _excused(view: View, at: Level) -> bool:
    """Whether the level is what it is because the drug is said not to be taken."""
    return at.indicator is Indicator.INFO and any(view.knowledge.facts[id].words in at.because for id in _EXCUSES)


def stop_finding(
    view: View,
    check: Check,
    what: Stopped,
    at: Level,
    values: dict[str, Value],
    *,
    wording: str = "",
    extra: tuple[str, ...] = (),
) -> Finding:
    """The finding about a stop: what was taken and since when, and what its level rests on."""
    items = what.items
    if not wording:
        wording = "excused" if _excused(view, at) else "hold" if held(items) else "stop"
    if what.days is not None:
        values["days"] = what.days
    values["since"] = f"{what.days} days" if what.days is not None else "an unknown time"
    unsure = ("since when it is taken",) if what.days is None else ()
    as_needed = any(isinstance(item.dose, Known) and item.dose.value.prn for item in items)
    refs = [item.ref for item in items] + [item.use.ref for item in items if item.use is not None and item.use.ref]
    return Finding(
        check=check.id,
        indicator=at.indicator,
        wording=wording,
        values=values,
        about=tuple(dict.fromkeys(refs)),
        evidence=check.evidence,
        seen=(*(stop_seen(view, item) for item in items), *extra),
        because=_because(view, at, f"taken for {values['since']}"),
        unknown=(*at.unknown, *unsure, *(("how often it was really taken (as needed)",) if as_needed else ())),
        shown=at.shown,
    )


_DURATIONS = ("taken-60-days", "taken-a-month", "taken-3-months")


def _because(view: View, at: Level, time: str) -> tuple[str, ...]:
    """What set the level, with the time on the drug as it is instead of the limit it passed."""
    limits = {view.knowledge.facts[id].words for id in _DURATIONS}
    return tuple(dict.fromkeys(time if words in limits else words for words in at.because)) or (time,)


_EXCUSES = ("stopped-for-harm", "acute-kidney-injury", "not-taking")
