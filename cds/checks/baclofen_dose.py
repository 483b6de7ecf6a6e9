"""Baclofen: the first dose, the next step, how it is spread over the day, and doses for alcohol use disorder.

``baclofen-start-dose``, ``baclofen-titration-speed``, ``baclofen-frequency``, ``baclofen-aud-high-dose``. Children's
first doses are another question (``baclofen-pediatric-dose``).
"""

from __future__ import annotations

from cds.case import Action, DailyDose, Known, Maybe, Reason, Unknown
from cds.checks.baclofen import raises, systemic_baclofen, total_dose
from cds.checks.dose_history import Before, Now, before, begins_with, first_order, mg, running_now, single_mg
from cds.checks.dose_words import dose_finding, is_reduction, is_settled, one_lower_if_settled
from cds.checks.levels import holds, level, unknown_for
from cds.checks.numbers import dose_unknown
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, Indicator, NotChecked, Outcome, Value
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, number

NO_ORDER = "no order of this call brings baclofen"


def surely_below(view: View, years: float) -> bool:
    """Whether the patient is surely younger than that."""
    return isinstance(view.age, Known) and view.age.value[1] < years


@check("baclofen-start-dose")
def baclofen_start_dose(view: View, check: Check) -> Outcome:
    """The first order of an adult: per day and at a time, lower limits from 65 on and below eGFR 60."""
    items = tuple(item for item in systemic_baclofen(view, check) if item.subject and not item.single_dose)
    if not items or surely_below(view, check.number("adult")):
        return Outcome(check.id, why="a child's first dose is another question" if items else NO_ORDER)
    looked = tuple(seen(view, item) for item in items)
    answers = [first_order(view, item, ("baclofen", "arbaclofen"), check.number("days")) for item in items]
    unsure = tuple(answer for answer in answers if isinstance(answer, Unknown))
    if not any(answer == Known(True) for answer in answers):
        why = "whether it is the first order is not known" if unsure else "baclofen was taken in the last days"
        high = any((begins_with(item) or 0) > check.number("frail") for item in items)
        said = unknown_for(check, unsure, makes_card=high)
        return Outcome(check.id, (), said, looked, why)
    said = unknown_for(check, view.reported_empty(*LISTS))
    said += tuple(dose_unknown(view, check, item) for item in items if begins_with(item) is None)
    finding, more = _start(view, check, items)
    found = (finding,) if finding is not None else ()
    return Outcome(check.id, found, said + more, looked, "above a first dose" if found else "within a first dose")


def _start(view: View, check: Check, items: tuple[Present, ...]) -> tuple[Finding | None, tuple[NotChecked, ...]]:
    total = sum(begins_with(item) or 0.0 for item in items)
    single = max((single_mg(item) or 0.0 for item in items if not _stepped(item)), default=0.0)
    values: dict[str, Value] = {"total": round(total, 3), "single": round(single, 3)}
    aud = all(_for_alcohol(item) for item in items)
    daily = check.number("alcohol_daily" if aud else "daily")

    def finding(to: Indicator, wording: str, limit: float, because: str) -> tuple[Finding, tuple[NotChecked, ...]]:
        return dose_finding(view, check, items, to, wording, {**values, "limit": limit}, (because,)), ()

    frail, unsure = _frail(view, check, items, total)
    least = check.number("frail") if frail else daily
    if total >= check.number("critical"):
        return finding(Indicator.CRITICAL, "high", least, f"at least {number(check.number('critical'))} mg/day")
    if frail:  # before the others: whoever is frail is told the lower limit, however far above it
        return dose_finding(view, check, items, Indicator.WARNING, "frail", {**values, "limit": least}, frail), ()
    if total > daily:
        return finding(Indicator.WARNING, "daily", daily, f"above {number(daily)} mg/day")
    if single > check.number("single") and not aud:
        limit = check.number("single")
        return finding(Indicator.WARNING, "single", limit, f"above {number(limit)} mg at a time")
    return None, unsure


def _frail(
    view: View, check: Check, items: tuple[Present, ...], total: float
) -> tuple[list[str], tuple[NotChecked, ...]]:
    """Why the lower limit of older people and failing kidneys is crossed; what of them is not known, if it may be."""
    if total <= check.number("frail"):
        return [], ()
    facts = {id: holds(view, id, items) for id in ("age-65-or-over", "egfr-below-60")}
    true = [view.knowledge.facts[id].words for id, answer in facts.items() if answer == Known(True)]
    missing = tuple(answer for answer in facts.values() if isinstance(answer, Unknown))
    return true, unknown_for(check, missing, makes_card=False)


def _stepped(item: Present) -> bool:
    return isinstance(item.dose, Known) and bool(item.dose.value.steps)


def _for_alcohol(item: Present) -> bool:
    reasons = item.order.reasons if item.order is not None else ()
    return any("alcohol-use-disorder" in reason.ids for reason in reasons)


# -- the next step ----------------------------------------------------------------------------------------------------


@check("baclofen-titration-speed")
def baclofen_titration_speed(view: View, check: Check) -> Outcome:
    """Each rise, from the running dose to the order and within its schedule: how much, and how soon after the last."""
    items = tuple(item for item in systemic_baclofen(view, check) if item.subject and not item.single_dose)
    if not items:
        return Outcome(check.id, why=NO_ORDER)
    looked = tuple(seen(view, item) for item in items)
    findings: list[Finding] = []
    said: tuple[NotChecked, ...] = ()
    for item in items:
        finding, more = _speed(view, check, item)
        findings += [finding] if finding is not None else []
        said += more
    return Outcome(check.id, tuple(findings[:1]), said, looked, "too fast" if findings else "no rise that is too fast")


def _speed(view: View, check: Check, item: Present) -> tuple[Finding | None, tuple[NotChecked, ...]]:
    if isinstance(item.dose, Unknown):
        return None, (dose_unknown(view, check, item),)
    earlier = before(view, item, check.number("pause")) if _may_rise(item) else None
    interval = check.number("child_interval" if surely_below(view, check.number("adult")) else "interval")
    rises, said = _from_before(view, check, item, earlier, interval) if earlier is not None else ([], ())
    if earlier is None and _may_rise(item):
        said = unknown_for(check, view.gaps(*LISTS), makes_card=False) + unknown_for(check, view.reported_empty(*LISTS))
    rises += _within(item.dose.value)
    for low, high, days in rises:
        values = {"was": round(low, 3), "total": round(high, 3), "step": round(high - low, 3)}
        if high - low > check.number("step"):
            because = (f"a step of more than {number(check.number('step'))} mg/day",)
            limit = {"limit": check.number("step")}
            return dose_finding(view, check, (item,), Indicator.WARNING, "step", {**values, **limit}, because), said
        if days is not None and days < interval:
            because = (f"{number(days)} days after the last change",)
            limit = {"days": days, "limit": interval}
            wording = "child" if interval == check.number("child_interval") else "interval"
            return dose_finding(view, check, (item,), Indicator.WARNING, wording, {**values, **limit}, because), said
    return None, said


def _may_rise(item: Present) -> bool:
    """A start, a rise, or a change of a schedule in steps, of which a lower one than the highest may be taken today."""
    if item.order is None or item.order.action not in (Action.START, Action.CHANGE):
        return False
    stepped = any(isinstance(dose, Known) and dose.value.steps for dose in (item.use.doses if item.use else ()))
    return raises(item) or item.order.action is Action.START or stepped


Rise = tuple[float, float, float | None]


def _from_before(
    view: View, check: Check, item: Present, was: Before, interval: float
) -> tuple[list[Rise], tuple[NotChecked, ...]]:
    """From the dose that runs today to the first of the order. What dates do not tell is no claim, but is said."""
    first, now = begins_with(item), running_now(view, was)
    if now is None or first is None:
        detail = "dose of the running order not known"
        return [], (NotChecked(check.id, Reason.DOSE_UNKNOWN, detail, makes_card=False),)
    if first <= now.low:
        return [], ()
    if first <= now.high:
        detail = "which step of the running schedule is taken today"
        return [], (NotChecked(check.id, Reason.ABSENT, detail, makes_card=False),)
    days, why = _since_change(view, item, now, was, interval)
    said = unknown_for(check, (why,), makes_card=False) if why is not None else ()
    return [(now.high, first, days)], said


def _since_change(
    view: View, item: Present, now: Now, was: Before, interval: float
) -> tuple[float | None, Unknown | None]:
    """Days from the last change to this one, if they are surely too few or surely enough; else why nobody can tell."""
    if now.least is None or now.most is None:
        stale = isinstance(was.days, Unknown) and was.days.reason is Reason.STALE
        missing = (
            was.days if isinstance(was.days, Unknown) else Unknown(Reason.ABSENT, "when the dose was last changed")
        )
        return None, None if stale else missing
    ahead = _days_ahead(view, item)
    if now.least + ahead >= interval:
        return now.least + ahead, None
    if now.most + ahead < interval:
        return now.most + ahead, None
    return None, Unknown(Reason.ABSENT, "the day on which the dose was last changed")


def _days_ahead(view: View, item: Present) -> float:
    starts = item.order.starts if item.order is not None else None
    return float(max(0, (starts.first - view.case.as_of).days)) if starts is not None else 0.0


def _within(dose: DailyDose) -> list[Rise]:
    """The rises of a schedule in steps."""
    pairs = zip(dose.steps, dose.steps[1:], strict=False)
    found: list[Rise] = []
    for one, then in pairs:
        low, high = mg(one.high, dose), mg(then.high, dose)
        if low is not None and high is not None and high > low:
            found.append((low, high, one.days))
    return found


# -- over the day -----------------------------------------------------------------------------------------------------


@check("baclofen-frequency")
def baclofen_frequency(view: View, check: Check) -> Outcome:
    """The largest single dose, and how many a day."""
    items = tuple(item for item in systemic_baclofen(view, check) if item.subject and not item.single_dose)
    if not items:
        return Outcome(check.id, why=NO_ORDER)
    looked = tuple(seen(view, item) for item in items)
    found = [finding for item in items if (finding := _spread(view, check, item)) is not None]
    said = tuple(dose_unknown(view, check, item) for item in items if isinstance(item.dose, Unknown))
    return Outcome(check.id, tuple(found[:1]), said, looked, "badly spread" if found else "well spread over the day")


def _spread(view: View, check: Check, item: Present) -> Finding | None:
    single, times = single_mg(item), None
    if isinstance(item.dose, Known):
        times = item.dose.value.times_per_day
    values = {"single": round(single or 0.0, 3), "times": round(times or 0.0, 3)}
    quiet = is_settled(view, (item,)) or is_reduction(view, (item,))
    to = Indicator.SILENT if quiet else Indicator.WARNING
    if single is not None and single > check.number("single"):
        wording = "once" if times is not None and times <= 1 else "single"
        limit = {"limit": check.number("single")}
        because = (f"above {number(check.number('single'))} mg at a time",)
        return dose_finding(view, check, (item,), to, wording, {**values, **limit}, because)
    if times is not None and times > check.number("times"):
        limit = {"limit": check.number("times")}
        because = (f"more than {number(check.number('times'))} times a day",)
        return dose_finding(view, check, (item,), to, "times", {**values, **limit}, because)
    return None


# -- alcohol use disorder ---------------------------------------------------------------------------------------------


@check("baclofen-aud-high-dose")
def baclofen_aud_high_dose(view: View, check: Check) -> Outcome:
    """More than the French ceiling for a patient who has, or had baclofen ordered for, an alcohol use disorder."""
    items = systemic_baclofen(view, check)
    if not items:
        return Outcome(check.id, why=NO_ORDER)
    looked = tuple(seen(view, item) for item in items)
    total = total_dose(view, items)
    above = total.above(check.number("ceiling"))
    lists = unknown_for(check, view.gaps(*LISTS)) + unknown_for(check, view.reported_empty(*LISTS))
    use = _alcohol_use(view, check, items)
    if use == Known(False):
        return Outcome(check.id, (), unknown_for(check, view.reported_empty("conditions")), looked, "no such use")
    if above == Known(False):
        return Outcome(check.id, (), lists, looked, "not above the ceiling")
    if isinstance(above, Unknown):
        said = tuple(dose_unknown(view, check, item) for item in items if begins_with(item) is None)
        return Outcome(check.id, (), lists + said, looked, "the dose is not known")
    if isinstance(use, Unknown):
        return Outcome(check.id, (), unknown_for(check, (use,)), looked, "whether there is such a use is not known")
    at = level(view, check, items)
    to = one_lower_if_settled(view, check, items, at.indicator)
    values: dict[str, Value] = {"total": round(total.milligrams, 3), "limit": check.number("ceiling")}
    because = (f"above {number(check.number('ceiling'))} mg/day", *at.because)
    return Outcome(check.id, (dose_finding(view, check, items, to, "default", values, because),), (), looked, "above")


def _alcohol_use(view: View, check: Check, items: tuple[Present, ...]) -> Maybe[bool]:
    """By the reason of an order or by the problem list."""
    concepts = set(check.conditions)
    if any(concepts.intersection(reason.ids) for item in items for reason in item.reasons):
        return Known(True)
    if view.problems(concepts):
        return Known(True)
    gaps = view.gaps("conditions")
    return gaps[0] if gaps else Known(False)
