"""Baclofen or a benzodiazepine that the discharge list has lost (``transition-omission``).

Exposure, dose and exemptions are those of the two abrupt-stop checks, whose numbers and levels are used; only the words
differ: nobody ordered a stop, so the first thing to do is to ask whether it was meant.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cds.case import DrugUse, Route
from cds.checks.levels import unknown_for
from cds.checks.registry import check
from cds.checks.stopped import Stopped, continuing, longest_days, stopped
from cds.checks.stopping import baclofen_stop, benzodiazepine_stop, stop_seen
from cds.checks.words import dose_words
from cds.findings import Finding, NotChecked, Outcome
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, joined

STOPS = {
    "baclofen": ("baclofen-abrupt-stop", baclofen_stop),
    "benzodiazepine": ("benzo-abrupt-stop", benzodiazepine_stop),
}


@check("transition-omission")
def transition_omission(view: View, check: Check) -> Outcome:
    """One finding per drug class; an intrathecal pump is no item of a list, so it is only asked about."""
    if view.case.phase != "discharge":
        return Outcome(check.id, why="nobody is discharged by this call")
    ours = ingredients_of(check.applies_to, view.knowledge.terminology)
    said = _unseen(view, check, ours)
    found = stopped(view, ours, omitted=True)
    if not found.items:
        quiet = "the discharge list was not seen whole" if view.gaps("discharge") else "nothing is missing on the list"
        return Outcome(check.id, (), said, _looked(view, ours), quiet)
    pump = tuple(item for item in found.items if item.drug.route is Route.INTRATHECAL)
    rest = tuple(item for item in found.items if item not in pump)
    findings = [_pump(view, check, pump)] if pump and not _still_given(view) else []
    why: list[str] = ["an intrathecal pump is not on the list"] if findings else []
    for name in STOPS:
        members = view.knowledge.terminology.ingredients_of_class(name)
        items = tuple(item for item in rest if item.ingredient in members)
        if items:
            outcome = _as_stop(view, check, name, Stopped(items, longest_days(view, items), found.list_gaps))
            findings += outcome.findings
            said += outcome.not_checked
            why.append(outcome.why)
    looked = tuple(stop_seen(view, item) for item in found.items)
    return Outcome(check.id, tuple(findings), said, looked, "; ".join(why))


def _as_stop(view: View, check: Check, name: str, what: Stopped) -> Outcome:
    """Judged by the stop check of the class, told in the words of this one."""
    id, judge = STOPS[name]
    rules = view.knowledge.checks[id]
    outcome = judge(view, rules, what, ingredients_of(rules.applies_to, view.knowledge.terminology))
    return msgspec.structs.replace(
        outcome,
        findings=tuple(_told(view, check, name, finding) for finding in outcome.findings),
        not_checked=tuple(_mine(check, outcome.not_checked)),
    )


def _mine(check: Check, said: Iterable[NotChecked]) -> Iterable[NotChecked]:
    return (msgspec.structs.replace(item, check=check.id) for item in said)


def _told(view: View, check: Check, name: str, finding: Finding) -> Finding:
    return msgspec.structs.replace(
        finding,
        check=check.id,
        wording="excused" if finding.wording == "excused" else name,
        values={**finding.values, "missing": joined(view.name(str(id)) for id in _drugs(finding))},
        evidence=check.evidence,
        seen=(*finding.seen, _list_words(view)),
    )


def _drugs(finding: Finding) -> list[str]:
    drugs = finding.values["drugs"]
    return drugs if isinstance(drugs, list) else []


def _pump(view: View, check: Check, items: tuple[Present, ...]) -> Finding:
    return Finding(
        check=check.id,
        indicator=check.levels.base,
        wording="intrathecal",
        values={"dose": joined(dose_words(item.dose) for item in items), "drugs": ["baclofen"], "missing": "baclofen"},
        about=tuple(dict.fromkeys(item.ref for item in items)),
        evidence=check.evidence,
        seen=(*(stop_seen(view, item) for item in items), _list_words(view)),
    )


def _still_given(view: View) -> bool:
    members = view.knowledge.terminology.ingredients_of_class("baclofen")
    return any(item.drug.route is Route.INTRATHECAL for item in continuing(view, members))


def _list_words(view: View) -> str:
    count = sum(1 for order in view.case.orders if not order.omitted)
    return f"discharge list: {count} {'medicine' if count == 1 else 'medicines'}, not this one"


def _left_open(view: View, ours: frozenset[str]) -> list[DrugUse]:
    """Home drugs of ours of which nothing was found on the list, seen whole or not."""
    named = {ref for order in view.case.orders for ref in order.replaces}
    return [
        use
        for use in view.case.uses
        if not use.single_dose
        and not named.intersection(use.names)
        and any(ingredient.id in ours for ingredient in use.drug.ingredients)
    ]


def _unseen(view: View, check: Check, ours: frozenset[str]) -> tuple[NotChecked, ...]:
    """The list that nobody could read, when a home drug would be searched on it; and home drugs that were not seen."""
    said = unknown_for(check, view.gaps("discharge")) if _left_open(view, ours) else ()
    return said + unknown_for(check, view.gaps(*LISTS)) + unknown_for(check, view.reported_empty(*LISTS))


def _looked(view: View, ours: frozenset[str]) -> tuple[str, ...]:
    taken = {i.id for use in view.case.uses for i in use.drug.ingredients if i.id in ours}
    return tuple(view.name(id) for id in sorted(taken))
