"""A drug that must not be broken off and whose supply has run out, or is refilled long before (``supply-gap``)."""

from __future__ import annotations

from cds.case import Action, Known, Reason, Setting, Unknown
from cds.checks.levels import unknown_for
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, NotChecked, Outcome, Value
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, day

PHASES = ("refill", "view")


@check("supply-gap")
def supply_gap(view: View, check: Check) -> Outcome:
    """The longest supply of each ingredient counts; drugs as needed, on hold or of the ward have none to run out."""
    if view.case.phase not in PHASES:
        return Outcome(check.id, why="a question for refills and opened charts")
    ours = ingredients_of(check.applies_to, view.knowledge.terminology)
    items = [item for item in view.present if item.ingredient in ours and item.subject and _lasting(view, check, item)]
    findings: list[Finding] = []
    said: tuple[NotChecked, ...] = ()
    for id in dict.fromkeys(item.ingredient for item in items):
        finding, more = _one(view, check, [item for item in items if item.ingredient == id])
        findings += [finding] if finding is not None else []
        said += more
    if not findings:
        said += _unseen(view, check)
    looked = tuple(f"{seen(view, item)}, supplied until {_until_words(item)}" for item in items)
    why = "supply ran out, or is renewed early" if findings else "no supply that ran out"
    return Outcome(check.id, tuple(findings), tuple(dict.fromkeys(said)), looked, why)


def _lasting(view: View, check: Check, item: Present) -> bool:
    """Whether it is taken daily, at home, and for so long that a break matters; an unknown time counts as long."""
    use = item.use
    if use is None or item.single_dose or not item.systemic or use.setting is Setting.INPATIENT or use.on_hold:
        return False
    if isinstance(item.dose, Known) and item.dose.value.prn:
        return False
    if isinstance(use.started, Unknown):
        return True
    return (view.case.as_of - use.started.value.first).days >= check.number("taken_days")


def _one(view: View, check: Check, items: list[Present]) -> tuple[Finding | None, tuple[NotChecked, ...]]:
    ends = [item.use.supplied_until for item in items if item.use is not None]
    known = [end for end in ends if end is not None]
    if len(known) < len(ends):
        detail = f"how long the supply of {view.name(items[0].ingredient)} lasts"
        return None, (NotChecked(check.id, Reason.ABSENT, detail, makes_card=False),)
    left = (max(known) - view.case.as_of).days
    refilled = items[0].order is not None
    if -check.number("longest_days") <= left < -check.number("grace_days"):
        return _finding(view, check, items, "late" if refilled else "gap", left), ()
    again = refilled and items[0].order is not None and items[0].order.action in (Action.RENEW, Action.CHANGE)
    if again and left > check.number("early_days"):
        return _finding(view, check, items, "early", left), ()
    return None, ()


def _finding(view: View, check: Check, items: list[Present], wording: str, left: int) -> Finding:
    first = items[0]
    values: dict[str, Value] = {
        "one": view.name(first.ingredient),
        "days": abs(left),
        "until": _until_words(first),
        "drugs": [first.ingredient],
    }
    uses = [item.use for item in items if item.use is not None]
    unsure = () if all(use.last_supplied is not None for use in uses) else ("what was dispensed",)
    return Finding(
        check=check.id,
        indicator=check.levels.base,
        wording=wording,
        values=values,
        about=tuple(dict.fromkeys([*(item.ref for item in items), *(use.ref for use in uses if use.ref)])),
        evidence=check.evidence,
        seen=tuple(f"{seen(view, item)}, supplied until {_until_words(item)}" for item in items),
        unknown=unsure,
    )


def _unseen(view: View, check: Check) -> tuple[NotChecked, ...]:
    keys = (*LISTS, "dispenses")
    return unknown_for(check, view.gaps(*keys), makes_card=False) + unknown_for(check, view.reported_empty(*keys))


def _until_words(item: Present) -> str:
    until = item.use.supplied_until if item.use is not None else None
    return day(until) if until is not None else "an unknown day"
