"""Intrathecal baclofen within its labelled doses (``itb-dose-range``): screening bolus, daily dose, next step.

A dose so far out that it looks like a slip of the unit is the question of ``itb-unit-slip``; what that says already is
reported here, but not said on the card a second time.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cds.arithmetic.kidney_choice import Reading
from cds.arithmetic.weight import dosing_weight_of
from cds.case import Action, DailyDose, DrugUse, Known, Maybe, Reason, Route, Setting, Unknown
from cds.checks.levels import unknown_for
from cds.checks.numbers import dose_unknown
from cds.checks.pump import intrathecal_orders, is_bolus, may_be_intrathecal, micrograms, oral_product, running, slip_of
from cds.checks.registry import check
from cds.checks.words import dose_words, seen
from cds.findings import Finding, Indicator, NotChecked, Outcome, Value
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, number

SPINAL = ("ms", "spinal-cord-injury", "paraplegia")
CEREBRAL = ("cerebral-palsy", "stroke", "tbi")
ORIGIN_UNKNOWN = "whether the spasticity is of spinal or cerebral origin"


class Said(msgspec.Struct, frozen=True):
    """One thing to say about a dose: how urgent, in which words, with which values, and what set it."""

    to: Indicator
    wording: str
    values: dict[str, Value]
    because: str


Answer = tuple[Said | None, tuple[NotChecked, ...]]
NOTHING: Answer = (None, ())


@check("itb-dose-range")
def itb_dose_range(view: View, check: Check) -> Outcome:
    """Per order: the bolus, or else the strongest of the daily dose and the step up to it."""
    items = tuple(item for item in intrathecal_orders(view) if not oral_product(item))
    unsure = may_be_intrathecal(view, check)
    if not items:
        return Outcome(check.id, (), unsure, why="no order of this call brings intrathecal baclofen")
    findings: list[Finding] = []
    said = list(unsure)
    for item in items:
        dose = micrograms(item)
        if dose is None:
            said.append(dose_unknown(view, check, item))
            continue
        answers = [_bolus(view, check, item, dose)] if is_bolus(item) else _infusion(view, check, item, dose)
        found = [answer for answer, _ in answers if answer is not None]
        if found:
            findings.append(_finding(view, check, item, dose, max(found, key=lambda one: one.to)))
        said += [one for _, more in answers for one in more]
    looked = tuple(seen(view, item) for item in items)
    why = "outside the labelled doses" if findings else "within the labelled doses"
    return Outcome(check.id, tuple(findings), tuple(dict.fromkeys(said)), looked, why)


def _finding(view: View, check: Check, item: Present, dose: DailyDose, told: Said) -> Finding:
    doubled = slip_of(view.knowledge.checks["itb-unit-slip"], item, dose)
    shown = told.to is not Indicator.SILENT and (doubled is None or doubled.to < told.to)
    values: dict[str, Value] = {
        "one": view.name(item.ingredient),
        "dose": dose_words(item.dose),
        "total": round(dose.high, 3),
        "drugs": [item.ingredient],
    }
    return Finding(
        check=check.id,
        indicator=told.to,
        wording=told.wording,
        values=values | told.values,
        about=(item.ref,),
        evidence=check.evidence,
        seen=(seen(view, item),),
        because=(told.because,),
        shown=shown,
    )


# -- a screening bolus ------------------------------------------------------------------------------------------------


def _bolus(view: View, check: Check, item: Present, dose: DailyDose) -> Answer:
    """Above the highest bolus always; above the first one where no intrathecal baclofen came before."""
    amount = dose.single_high if dose.single_high is not None else dose.high
    values: dict[str, Value] = {"dose": f"{number(amount)} mcg", "total": round(amount, 3)}

    def above(name: str, to: Indicator, wording: str) -> Said:
        limit = check.number(name)
        return Said(to, wording, values | {"limit": limit}, f"above {number(limit)} mcg")

    if amount > check.number("bolus"):
        return above("bolus", Indicator.WARNING, "bolus"), ()
    if amount <= check.number("small_bolus"):
        return NOTHING
    first = _first_bolus(view)
    if first == Known(False):
        return NOTHING
    if amount > check.number("first_bolus"):
        if isinstance(first, Unknown):
            return None, unknown_for(check, (first,), makes_card=False)
        return above("first_bolus", Indicator.WARNING, "first-bolus"), unknown_for(check, view.reported_empty(*LISTS))
    return _small(view, check, above("small_bolus", Indicator.INFO, "small"))


def _first_bolus(view: View) -> Maybe[bool]:
    """Whether nothing intrathecal came before; unknown when the lists, or earlier orders on them, were not seen."""
    earlier = [use for use in (*view.case.uses, *view.case.past_uses) if use.drug.route is Route.INTRATHECAL]
    if any(each.id == "baclofen" for use in earlier for each in use.drug.ingredients):
        return Known(False)
    gaps = view.gaps(*LISTS, "stopped")
    return gaps[0] if gaps else Known(True)


def _small(view: View, check: Check, told: Said) -> Answer:
    """A very small child may be tried with half the first bolus; without a weight nobody can tell who is."""
    if isinstance(view.age, Unknown):
        return None, unknown_for(check, (view.age,), makes_card=False)
    if view.age.value[1] >= check.number("adult"):
        return NOTHING
    weight: Maybe[Reading] = dosing_weight_of(view.case)
    if isinstance(weight, Unknown):
        return None, unknown_for(check, (weight, *view.gaps("body")), makes_card=False)
    if weight.value.value >= check.number("small_weight"):
        return NOTHING
    values = told.values | {"weight": round(weight.value.value, 3)}
    return msgspec.structs.replace(told, values=values, because=f"weight {number(weight.value.value)} kg"), ()


# -- a continuous infusion --------------------------------------------------------------------------------------------


def _infusion(view: View, check: Check, item: Present, dose: DailyDose) -> list[Answer]:
    """The daily dose and the step; a renewal and a lower dose are nobody's step, and no news."""
    before = running(item)
    news = item.order is not None and item.order.action in (Action.START, Action.CHANGE) and not item.reduced
    return [_daily(view, check, item, dose, news=news), _step(view, check, item, dose, before) if news else NOTHING]


def _daily(view: View, check: Check, item: Present, dose: DailyDose, *, news: bool) -> Answer:
    """Above what few patients ever need, and above what most need."""
    limit = check.number("unusual")
    if dose.high > limit:
        to = Indicator.WARNING if news else Indicator.SILENT
        return Said(to, "unusual", {"limit": limit}, f"above {number(limit)} mcg/day"), ()
    if not news or dose.high <= check.number("cerebral_usual"):
        return NOTHING
    cerebral = _cerebral(view, check, item)
    limit = check.number("cerebral_usual" if cerebral == Known(True) else "spinal_usual")
    if dose.high > limit:
        return Said(Indicator.INFO, "usual", {"limit": limit}, f"above {number(limit)} mcg/day"), ()
    return (None, _origin_unknown(view, check, cerebral)) if isinstance(cerebral, Unknown) else NOTHING


def _cerebral(view: View, check: Check, item: Present) -> Maybe[bool]:
    """Whether the lower limits hold: a child, or spasticity of cerebral and not of spinal origin."""
    if isinstance(view.age, Known) and view.age.value[1] < check.number("adult"):
        return Known(True)
    holders: Iterable[tuple[str, ...]] = [reason.ids for reason in (item.order.reasons if item.order else ())]
    reasons = {id for ids in holders for id in ids}
    spinal = bool(reasons.intersection(SPINAL)) or bool(view.problems(SPINAL))
    cerebral = bool(reasons.intersection(CEREBRAL)) or bool(view.problems(CEREBRAL))
    if spinal != cerebral:
        return Known(cerebral)
    return Unknown(Reason.ABSENT, ORIGIN_UNKNOWN)


def _origin_unknown(view: View, check: Check, why: Unknown) -> tuple[NotChecked, ...]:
    return unknown_for(check, view.gaps("conditions") or (why,), makes_card=False)


def _step(view: View, check: Check, item: Present, dose: DailyDose, before: DailyDose | None) -> Answer:
    """The rise over the running dose in percent: that of a titration in its first days, that of a refill later."""
    use = item.use
    if before is None or use is None or before.high <= 0:
        return None, _not_compared(view, check, item)
    rise = round((dose.high - before.high) / before.high * 100, 6)
    values: dict[str, Value] = {"was": f"{number(before.high)} mcg/day", "rise": round(rise, 1)}
    cerebral = _cerebral(view, check, item)
    titrating = _titrating(view, check, use)
    # What is not known is tried both ways: surely too much, surely not, or not to be told.
    limits = [
        _limit(check, low, early)
        for low in ((cerebral.value,) if isinstance(cerebral, Known) else (True, False))
        for early in ((titrating.value,) if isinstance(titrating, Known) else (True, False))
    ]
    if all(rise > check.number(name) for name in limits):
        name = max(limits, key=check.number)
        limit = check.number(name)
        told = Said(Indicator.WARNING, "step", values | {"limit": limit}, f"a step of more than {number(limit)} %")
        return told, ()
    if any(rise > check.number(name) for name in limits):
        said = _origin_unknown(view, check, cerebral) if isinstance(cerebral, Unknown) else ()
        return None, said + (
            unknown_for(check, (titrating,), makes_card=False) if isinstance(titrating, Unknown) else ()
        )
    return _soon(view, check, use, values)


def _limit(check: Check, cerebral: bool, titrating: bool) -> str:
    return ("cerebral_" if cerebral else "spinal_") + ("step" if titrating else "refill")


def _titrating(view: View, check: Check, use: DrugUse) -> Maybe[bool]:
    """Whether the pump is still being set: in hospital, or begun a short while ago."""
    if view.case.setting is Setting.INPATIENT:
        return Known(True)
    if isinstance(use.started, Unknown):
        return Unknown(use.started.reason, "since when the pump runs")
    return Known((view.case.as_of - use.started.value.first).days <= check.number("titration"))


def _soon(view: View, check: Check, use: DrugUse, values: dict[str, Value]) -> Answer:
    """A second step within a day. The day of an undated change is not known: then nothing is claimed."""
    since = use.unchanged_since
    if isinstance(since, Unknown):
        return None, unknown_for(check, (Unknown(since.reason, "when the dose was last changed"),), makes_card=False)
    days = (view.case.as_of - since.value.last).days
    if since.value.first != since.value.last or days >= check.number("interval"):
        return NOTHING
    limit = check.number("interval")
    return Said(Indicator.WARNING, "soon", values | {"limit": limit}, "changed today already"), ()


def _not_compared(view: View, check: Check, item: Present) -> tuple[NotChecked, ...]:
    """Why there is no running dose to compare with; a first infusion has none."""
    if item.use is not None or (item.order is not None and item.order.action is not Action.START):
        detail = f"running intrathecal dose of {view.name(item.ingredient)} not known"
        return (NotChecked(check.id, Reason.DOSE_UNKNOWN, detail, makes_card=False),)
    return unknown_for(check, view.gaps(*LISTS)) + unknown_for(check, view.reported_empty(*LISTS))
