"""New signs of withdrawal after baclofen or a benzodiazepine was stopped or lowered (``withdrawal-signs``).

What ended a short while ago, and is not taken again in the same amount; what this very call stops; and signs that began
after that. Withdrawal looks like sepsis or the neuroleptic malignant syndrome, and is missed when nobody thinks of it.
"""

from __future__ import annotations

import msgspec

from cds.case import DailyDose, DrugUse, Known, Maybe, Problem, Reason, Route, Unknown
from cds.checks.levels import holds, unknown_for
from cds.checks.registry import check
from cds.checks.stopped import stopped_items
from cds.checks.words import dose_words
from cds.findings import Finding, Indicator, NotChecked, Outcome, Value
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, day, joined

_EXCUSES = ("stopped-for-harm", "not-taking")


class Ended(msgspec.Struct, frozen=True):
    """A drug that was stopped or lowered, and when; ``how`` is the wording: "stopped", "reduced" or "now"."""

    ingredient: str
    use: DrugUse
    dose: Maybe[DailyDose]
    how: str
    ref: str


@check("withdrawal-signs")
def withdrawal_signs(view: View, check: Check) -> Outcome:
    """A sign that began since the drug ended: critical. One of unknown start, or a stop by this call: warning."""
    ours = ingredients_of(check.applies_to, view.knowledge.terminology)
    ended, undated = _ended(view, check, ours)
    signs = _signs(view, check)
    looked = tuple(_ended_words(view, item) for item in ended) + tuple(_sign_words(sign) for sign in signs)
    if not ended:
        said = undated if signs else ()
        said += _unseen(view, check, makes_card=False) if signs or view.gaps("conditions") else ()
        if view.gaps("medications"):  # something may have ended: that there are no signs rests on the caller's word
            said += unknown_for(check, view.reported_empty("conditions"))
        return Outcome(check.id, (), said, looked, "nothing of ours was stopped or lowered lately")
    problems = unknown_for(check, view.gaps("conditions")) + unknown_for(check, view.reported_empty("conditions"))
    matched = [(item, sign) for item in ended for sign in signs if _after(item, sign)]
    if not matched:
        return Outcome(check.id, (), problems, looked, "no new sign of withdrawal on the problem list")
    return Outcome(check.id, (_finding(view, check, matched),), problems, looked, "stopped or lowered, and a new sign")


# -- what ended -------------------------------------------------------------------------------------------------------


def _ended(view: View, check: Check, ours: frozenset[str]) -> tuple[list[Ended], tuple[NotChecked, ...]]:
    """Stopped or lowered lately, or by this call; what ended on a day nobody tells, or may have been lowered."""
    past = view.past(ours)
    found = [item for use in past for item in _one(view, check, use, ours)]
    undated = tuple(said for use in past for said in _without_day(view, check, use, ours))
    undated += tuple(said for use in past for said in _not_compared(view, check, use, ours))
    for item in stopped_items(view, ours) + stopped_items(view, ours, omitted=True):
        excused = any(holds(view, fact, (item,)) == Known(True) for fact in _EXCUSES)
        if item.use is not None and not excused and _long_enough(view, check, item.use):
            found.append(Ended(item.ingredient, item.use, item.dose, "now", item.ref))
    return found, undated


def _lately(view: View, check: Check, use: DrugUse) -> bool:
    """Whether it ended a short while ago, after long enough."""
    if use.single_dose or use.ended is None or use.drug.route is Route.LOCAL:
        return False
    days = (view.case.as_of - use.ended.last).days
    return 0 <= days <= check.number("days") and _long_enough(view, check, use)


def _one(view: View, check: Check, use: DrugUse, ours: frozenset[str]) -> list[Ended]:
    if not _lately(view, check, use):
        return []
    return [
        Ended(ingredient.id, use, dose, how, use.ref or use.path)
        for ingredient, dose in zip(use.drug.ingredients, use.doses, strict=True)
        if ingredient.id in ours and (how := _how(view, use, ingredient.id, dose))
    ]


def _not_compared(view: View, check: Check, use: DrugUse, ours: frozenset[str]) -> tuple[NotChecked, ...]:
    """A drug that goes on, of which nobody can tell whether its dose was lowered."""
    if not _lately(view, check, use):
        return ()
    gaps = [
        Unknown(Reason.DOSE_UNKNOWN, f"whether {view.name(ingredient.id)} was lowered")
        for ingredient, dose in zip(use.drug.ingredients, use.doses, strict=True)
        if ingredient.id in ours
        and (same := _same(view, use, ingredient.id))
        and any(isinstance(each, Unknown) for each in (dose, *(item.dose for item in same)))
    ]
    return unknown_for(check, tuple(gaps), makes_card=False)


def _same(view: View, use: DrugUse, ingredient: str) -> list[Present]:
    """The same drug as it goes on; what is given into the spine is apart from the rest."""
    spinal = use.drug.route is Route.INTRATHECAL
    return [
        item
        for item in view.present
        if item.systemic
        and not item.single_dose
        and item.ingredient == ingredient
        and (item.drug.route is Route.INTRATHECAL) is spinal
    ]


def _how(view: View, use: DrugUse, ingredient: str, dose: Maybe[DailyDose]) -> str:
    """ "stopped", "reduced", or "" when it goes on: the same drug as before, or another benzodiazepine in its place."""
    same = _same(view, use, ingredient)
    if same:
        return "reduced" if _lower(same, dose) else ""
    if use.drug.route is Route.INTRATHECAL:
        return "stopped"
    present = [item for item in view.present if item.systemic and not item.single_dose]
    members = view.knowledge.terminology.ingredients_of_class(
        "baclofen" if ingredient == "baclofen" else "benzodiazepine"
    )
    return "" if any(item.ingredient in members for item in present) else "stopped"


def _lower(now: list[Present], before: Maybe[DailyDose]) -> bool:
    if isinstance(before, Unknown) or any(isinstance(item.dose, Unknown) for item in now):
        return False
    doses = [item.dose.value for item in now if isinstance(item.dose, Known)]
    same_unit = all(dose.unit == before.value.unit for dose in doses)
    return same_unit and sum(dose.high for dose in doses) < before.value.high


def _long_enough(view: View, check: Check, use: DrugUse) -> bool:
    """Whether it was taken for so long that the body may depend on it; an unknown time counts as long."""
    if isinstance(use.started, Unknown):
        return True
    last = use.ended.last if use.ended is not None else view.case.as_of
    return (last - use.started.value.first).days >= check.number("taken_days")


def _without_day(view: View, check: Check, use: DrugUse, ours: frozenset[str]) -> tuple[NotChecked, ...]:
    """A drug whose end has no date, unless it is taken again or began so long ago that its end is too."""
    names = [ingredient.id for ingredient in use.drug.ingredients if ingredient.id in ours]
    if (
        use.ended is not None
        or use.single_dose
        or not names
        or not any(
            _how(view, use, id, dose)
            for id, dose in zip((i.id for i in use.drug.ingredients), use.doses, strict=True)
            if id in names
        )
    ):
        return ()
    began = use.started.value.last if isinstance(use.started, Known) else None
    if began is not None and (view.case.as_of - began).days > check.number("undated_days"):
        return ()
    return unknown_for(check, (Unknown(Reason.ABSENT, f"when {joined(view.name(n) for n in names)} was stopped"),))


def _unseen(view: View, check: Check, *, makes_card: bool) -> tuple[NotChecked, ...]:
    keys = (*LISTS, "stopped", "conditions")
    return unknown_for(check, view.gaps(*keys), makes_card=makes_card) + unknown_for(check, view.reported_empty(*keys))


# -- signs ------------------------------------------------------------------------------------------------------------


def _signs(view: View, check: Check) -> tuple[Problem, ...]:
    """Signs that are new, or of which nobody tells since when."""
    return tuple(
        sign
        for sign in view.problems(check.conditions)
        if sign.onset is None or (view.case.as_of - sign.onset.last).days <= check.number("days")
    )


def _after(item: Ended, sign: Problem) -> bool:
    """Whether the sign began on the day of the end or later; one without a date may have."""
    if item.how == "now" or sign.onset is None or item.use.ended is None:
        return True
    return sign.onset.last >= item.use.ended.first


def _finding(view: View, check: Check, matched: list[tuple[Ended, Problem]]) -> Finding:
    """The most certain of what matched leads; the card names every drug and every sign."""
    sure = [pair for pair in matched if pair[0].how != "now" and pair[1].onset is not None]
    pairs = sure or matched
    ended = list({id(item): item for item, _ in pairs}.values())
    signs = list({id(sign): sign for _, sign in pairs}.values())
    how = next((how for how in ("stopped", "reduced", "now") if any(item.how == how for item in ended)), "now")
    values: dict[str, Value] = {
        "what": joined(view.name(item.ingredient) for item in ended),
        "sign": joined(sign.concept.label for sign in signs),
        "drugs": list(dict.fromkeys(item.ingredient for item in ended)),
    }
    days = [(view.case.as_of - item.use.ended.last).days for item in ended if item.use.ended is not None]
    if days:
        values["days"] = min(days)
    undated = any(sign.onset is None for sign in signs)
    return Finding(
        check=check.id,
        indicator=check.levels.base if sure else Indicator.WARNING,
        wording=how,
        values=values,
        about=tuple(dict.fromkeys([*(item.ref for item in ended), *(sign.ref for sign in signs if sign.ref)])),
        evidence=check.evidence,
        seen=(*(_ended_words(view, item) for item in ended), *(_sign_words(sign) for sign in signs)),
        because=("the sign began after it",) if sure else (),
        unknown=("since when the sign is there",) if undated else (),
    )


def _ended_words(view: View, item: Ended) -> str:
    words = {"now": "stopped by this call", "reduced": "lowered", "stopped": "ended"}[item.how]
    when = f" {day(item.use.ended)}" if item.use.ended is not None and item.how != "now" else ""
    return f"{view.name(item.ingredient)} {dose_words(item.dose)} {words}{when}"


def _sign_words(sign: Problem) -> str:
    return f"{sign.concept.label} since {day(sign.onset)}" if sign.onset is not None else sign.concept.label
