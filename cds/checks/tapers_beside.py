"""What is worth a word beside a taper: steps nobody can make, a seizure risk, and which of two drugs comes first."""

from __future__ import annotations

from itertools import pairwise

import msgspec

from cds.arithmetic.makeable import makeable, parts
from cds.case import Action, DailyDose, Drug, Known, Order, Reason, Unknown
from cds.checks.falls import Fall, Lowered, lowered
from cds.checks.levels import holds, level, unknown_for
from cds.checks.numbers import MILLIGRAMS
from cds.checks.pairs import list_gaps
from cds.checks.registry import CHECKS, check
from cds.checks.stopped import steps_down, stopped_items
from cds.checks.stopping import stop_seen
from cds.checks.words import dose_words, seen
from cds.findings import Finding, Indicator, NotChecked, Outcome
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check, Side
from cds.view import Present, View, joined, number

LIQUIDS = frozenset({"solution", "suspension", "syrup", "liquid", "granules"})
RISKS = ("seizure-disorder", "alcohol-use", "withdrawal-before", "seizure-threshold-drug")
# The checks whose finding this one stands beside.
STOPS = ("baclofen-abrupt-stop", "benzo-abrupt-stop", "transition-omission")
TAPERS = ("baclofen-rapid-reduction", "baclofen-taper-too-fast", "benzo-taper-too-fast")
HALF = 50.0  # as `end_part` of the taper checks; here it only tells that something is lowered at all


# -- steps that cannot be made ----------------------------------------------------------------------------------------


@check("taper-step-rounding")
def step_rounding(view: View, check: Check) -> Outcome:
    """Daily doses of an ordered, falling schedule that no marketed tablets add up to; liquids can make any."""
    ours = ingredients_of(check.applies_to, view.knowledge.terminology)
    tapers = [
        (order, item.id, dose.value)
        for order in view.case.orders
        if order.selected and order.action is not Action.STOP and not _liquid(order.drug)
        for item, dose in zip(order.drug.ingredients, order.doses, strict=True)
        if item.id in ours and isinstance(dose, Known) and _goes_down(dose.value)
    ]
    findings, said = [], []
    for order, id, dose in tapers:
        if not parts(id):
            said.append(NotChecked(check.id, Reason.ABSENT, f"strengths of {view.name(id)} not listed", False))
        odd = [step.high for step in dose.steps if makeable(id, step.high * MILLIGRAMS[dose.unit]) is False]
        if odd:
            findings.append(_odd_steps(view, check, order, id, odd))
    looked = tuple(f"{view.name(id)}: {len(dose.steps)} steps" for _, id, dose in tapers)
    why = "steps that no tablets add up to" if findings else "every step can be made" if tapers else "no ordered taper"
    return Outcome(check.id, tuple(findings), tuple(said), looked, why)


def _liquid(drug: Drug) -> bool:
    by_volume = any(item.strength is not None and item.strength.per == "mL" for item in drug.ingredients)
    return by_volume or drug.form in LIQUIDS


def _goes_down(dose: DailyDose) -> bool:
    return dose.unit in MILLIGRAMS and any(after.high < before.high for before, after in pairwise(dose.steps))


def _odd_steps(view: View, check: Check, order: Order, id: str, odd: list[float]) -> Finding:
    doses = joined(number(dose) for dose in odd)
    return Finding(
        check=check.id,
        indicator=check.levels.base,
        wording="default",
        values={"one": view.name(id), "doses": doses, "drugs": [id]},
        about=(order.ref or order.path,),
        evidence=check.evidence,
        seen=(f"{view.name(id)}: steps of {doses} mg/day",),
        because=(f"{doses} mg/day",),
    )


# -- a seizure risk ---------------------------------------------------------------------------------------------------


@check("taper-seizure-risk")
def seizure_risk(view: View, check: Check) -> Outcome:
    """Named beside the finding about a stop or reduction, whose level it raises; alone only in the report."""
    ours = ingredients_of(check.applies_to, view.knowledge.terminology)
    ended = (*stopped_items(view, ours), *stopped_items(view, ours, omitted=True))
    falls = [fall for fall in lowered(view, check, ours).falls if fall.drops(HALF)]
    items = (*ended, *(item for fall in falls for item in fall.items))
    if not items:
        return Outcome(check.id, (), _maybe_lowered(view, check, ours), (), "nothing is stopped or lowered")
    answers = {fact: holds(view, fact, items) for fact in RISKS}
    said = tuple(
        NotChecked(check.id, answer.reason, answer.detail, makes_card=False)
        for answer in dict.fromkeys(answer for answer in answers.values() if isinstance(answer, Unknown))
    )
    said += unknown_for(check, view.reported_empty("conditions", "medications", "statements"))
    words = tuple(view.knowledge.facts[fact].words for fact, answer in answers.items() if answer == Known(True))
    looked = tuple(stop_seen(view, item) for item in items)
    if not words:
        return Outcome(check.id, (), said, looked, "no seizure risk on record")
    beside = _spoken(view, STOPS if ended else ()) or _spoken(view, TAPERS if falls else ())
    names = list(dict.fromkeys(item.ingredient for item in items))
    finding = Finding(
        check=check.id,
        indicator=check.levels.base if beside else Indicator.SILENT,
        wording="default",
        values={"one": joined(view.name(name) for name in names), "reason": joined(words), "drugs": names},
        about=tuple(dict.fromkeys(item.ref for item in items)),
        evidence=check.evidence,
        seen=looked,
        because=words,
        shown=beside,
    )
    return Outcome(check.id, (finding,), said, looked, joined(words))


def _spoken(view: View, ids: tuple[str, ...]) -> bool:
    """Whether one of these checks has a finding that is shown."""
    checks = view.knowledge.checks
    return any(
        finding.shown
        for id in ids
        if id in CHECKS and id in checks
        for finding in CHECKS[id](view, checks[id]).findings
    )


def _maybe_lowered(view: View, check: Check, ours: frozenset[str]) -> tuple[NotChecked, ...]:
    return _quietly(lowered(view, check, ours).said)


def _quietly(said: tuple[NotChecked, ...]) -> tuple[NotChecked, ...]:
    return tuple(dict.fromkeys(msgspec.structs.replace(one, makes_card=False) for one in said))


# -- an opioid and a benzodiazepine -----------------------------------------------------------------------------------


class _Half(msgspec.Struct, frozen=True):
    """One class of the pair: what is lowered or stopped of it now, what is tapering already, what just goes on."""

    falls: tuple[Fall, ...]
    ended: tuple[Present, ...]
    tapering: tuple[Present, ...]
    going_on: tuple[Present, ...]
    said: tuple[NotChecked, ...]

    @property
    def changed(self) -> bool:
        return bool(self.falls or self.ended)


@check("opioid-benzo-taper-order")
def taper_order(view: View, check: Check) -> Outcome:
    """A taper of one while the other is established too: information; both lowered at once: a warning."""
    one, other = _half(view, check, check.one), _half(view, check, check.other)
    if not (one.changed or other.changed):
        return Outcome(check.id, (), _quietly((*one.said, *other.said)), (), "neither is lowered or stopped")
    both = (one.changed and (other.changed or other.tapering)) or (other.changed and one.tapering)
    if both:
        return _both(view, check, one, other)
    moving, still = (one, other) if one.changed else (other, one)
    begun = [fall for fall in moving.falls if fall.planned or _first_time(check, fall)]
    if not still.going_on:
        return Outcome(check.id, (), _quietly(list_gaps(view, check)), (), "only one of the two is taken")
    if not begun:
        return Outcome(check.id, (), (), (), "a later step of a taper, or a stop")
    items = (*(item for fall in begun for item in fall.items), *still.going_on)
    return _ordered(view, check, items, Indicator.INFO, "one")


def _half(view: View, check: Check, side: Side) -> _Half:
    ours = ingredients_of(side, view.knowledge.terminology)
    what: Lowered = lowered(view, check, ours)
    falls = tuple(fall for fall in what.falls if fall.drops(HALF) and _long(check, fall.days))
    running = [item for item in view.present if item.ingredient in ours and item.systemic and not item.single_dose]
    waiting = [item for item in running if item.order is None and _long(check, _days_on(view, item))]
    tapering = tuple(item for item in waiting if steps_down(item))
    ended = tuple(item for item in stopped_items(view, ours) if _long(check, _days_on(view, item)))
    return _Half(falls, ended, tapering, tuple(waiting) + _renewed(view, check, running), what.said)


def _renewed(view: View, check: Check, running: list[Present]) -> tuple[Present, ...]:
    orders = [item for item in running if item.order is not None and item.order.action is Action.RENEW]
    return tuple(item for item in orders if _long(check, _days_on(view, item)))


def _days_on(view: View, item: Present) -> int | None:
    started = item.use.started if item.use is not None else None
    return (view.case.as_of - started.value.first).days if isinstance(started, Known) else None


def _long(check: Check, days: int | None) -> bool:
    """Established, or for an unknown time."""
    return days is None or days >= check.number("established_days")


def _first_time(check: Check, fall: Fall) -> bool:
    """The first step: the dose has stood for long, and no higher one came before it."""
    return _long(check, fall.steady_days) and not any(
        -drop.at < check.number("established_days") for drop in fall.earlier
    )


def _both(view: View, check: Check, one: _Half, other: _Half) -> Outcome:
    items = (
        *(item for half in (one, other) for fall in half.falls for item in fall.items),
        *(item for half in (one, other) for item in (*half.ended, *half.tapering)),
    )
    return _ordered(view, check, items, Indicator.WARNING, "both")


def _ordered(view: View, check: Check, items: tuple[Present, ...], indicator: Indicator, wording: str) -> Outcome:
    items = tuple(dict.fromkeys(items))
    names = list(dict.fromkeys(item.ingredient for item in items))
    finding = Finding(
        check=check.id,
        indicator=indicator,
        wording=wording,
        values={"names": joined(view.name(name) for name in names), "drugs": names},
        about=tuple(dict.fromkeys(item.ref for item in items)),
        evidence=check.evidence,
        seen=tuple(f"{view.name(item.ingredient)} {dose_words(item.dose)}" for item in items),
        because=("both lowered at once" if wording == "both" else "both taken for long",),
    )
    return Outcome(check.id, (finding,), (), finding.seen, finding.because[0])


# -- baclofen in benzodiazepine dependence ----------------------------------------------------------------------------


@check("baclofen-for-benzo-dependence")
def for_dependence(view: View, check: Check) -> Outcome:
    """Baclofen whose reason is sedative dependence, or which has none while the patient is dependent or tapering."""
    items = tuple(item for item in view.on_side(check.applies_to) if item.subject and item.order is not None)
    items = tuple(item for item in items if item.drug.route.value in check.routes)
    if not items:
        return Outcome(check.id, why="no order of this call brings baclofen")
    found = [(item, why) for item in items if (why := _for_it(view, check, item))]
    said: tuple[NotChecked, ...] = ()
    if not found and any(not item.order.reasons for item in items if item.order is not None):
        said = _gaps(view, check)
    looked = tuple(seen(view, item) for item in items)
    if not found:
        return Outcome(check.id, (), said, looked, "another reason, or none that points to dependence")
    at = level(view, check, tuple(item for item, _ in found))
    finding = Finding(
        check=check.id,
        indicator=at.indicator,
        wording="default",
        values={"one": view.name(found[0][0].ingredient), "reason": found[0][1], "drugs": [found[0][0].ingredient]},
        about=tuple(item.ref for item, _ in found),
        evidence=check.evidence,
        seen=looked,
        because=(*(why for _, why in found), *at.because),
        shown=at.shown,
    )
    return Outcome(check.id, (finding,), (), looked, finding.because[0])


def _gaps(view: View, check: Check) -> tuple[NotChecked, ...]:
    unseen = view.gaps("conditions", "medications", "statements")
    said = unknown_for(check, unseen, makes_card=False)
    return said + unknown_for(check, view.reported_empty("conditions", "medications", "statements"))


def _for_it(view: View, check: Check, item: Present) -> str:
    """Why this baclofen seems to be for dependence, in words; "" when it does not."""
    reasons = item.order.reasons if item.order is not None else ()
    wanted = view.knowledge.facts["sedative-dependence"].concepts
    if reasons:
        return next((reason.label for reason in reasons if set(wanted).intersection(reason.ids)), "")
    if view.problems(check.conditions):
        return ""  # a labelled use is on the problem list
    problems = view.problems(wanted)
    if problems:
        return problems[0].concept.label
    started = item.order is not None and item.order.action is Action.START
    return "a benzodiazepine is being tapered" if started and _benzodiazepine_tapered(view, check) else ""


def _benzodiazepine_tapered(view: View, check: Check) -> bool:
    ours = view.knowledge.terminology.ingredients_of_class("benzodiazepine")
    running = any(steps_down(item) for item in view.of_class("benzodiazepine") if item.use is not None)
    return running or any(fall.drops(HALF) for fall in lowered(view, check, ours).falls)
