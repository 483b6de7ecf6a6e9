"""Ask every question that the orders of this call raise, each alone, and collect the answers.

A check that fails costs only itself: it becomes "not checked, internal", and is named.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from enum import Enum

import msgspec

import cds.checks.all  # noqa: F401  (registers the function checks and facts)
from cds.arithmetic.rules import using
from cds.case import Action, DrugUse, Order, PatientCase, Reason
from cds.checks.conditions import drug_condition
from cds.checks.levels import unknown_for
from cds.checks.listed import drug_list
from cds.checks.numbers import drug_number
from cds.checks.pairs import drug_drug
from cds.checks.registry import CHECKS
from cds.checks.settled import settled
from cds.checks.transitions import STOPS
from cds.findings import Finding, Indicator, NotChecked, Outcome, Report
from cds.knowledge.model import Check, Knowledge
from cds.view import LISTS, View

ENGINES = {"drug-drug": drug_drug, "drug-list": drug_list, "drug-condition": drug_condition, "drug-number": drug_number}


def screen(case: PatientCase, knowledge: Knowledge, hook: str, only: Container[str] | None = None) -> Report:
    """Every finding for the orders of this call, strongest first, and everything that was not checked.

    ``hook`` decides what is shown: a check is evaluated on every hook, but makes a card only on those it names.
    ``only``: ask no other checks than these.
    """
    return screen_view(View(case, knowledge, hook), only)


def screen_view(view: View, only: Container[str] | None = None) -> Report:
    """The same for a view that the caller looks at, too."""
    with using(view.knowledge.tables):
        return _screen(view, only)


def _screen(view: View, only: Container[str] | None) -> Report:
    knowledge = view.knowledge
    asked = _asked(view) if only is None else [id for id in _asked(view) if id in only]
    outcomes = tuple(_run_here(view, knowledge.checks[id]) for id in asked)
    found = [finding for outcome in outcomes for finding in outcome.findings]
    findings = _most_urgent_only(view, _alone_or_not_at_all(view, [_for_hook(view, finding) for finding in found]))
    not_checked = [item for outcome in outcomes for item in outcome.not_checked]
    return Report(
        findings=tuple(sorted(findings, key=lambda finding: _rank(finding, knowledge))),
        not_checked=tuple(dict.fromkeys((*_unreadable(view), *not_checked, *_not_asked(view, outcomes)))),
        outcomes=outcomes,
        relevant=_relevant(view),
        knowledge_version=knowledge.version,
    )


class Need(Enum):
    """How much of the record the answer to a call can depend on."""

    NOTHING = 0  # no check is about these orders
    LISTS = 1  # only the medicines taken decide whether anything is to be asked
    ALL = 2


def need(case: PatientCase, knowledge: Knowledge, hook: str) -> Need:
    """What of the record has to be seen before a call can be answered; known from the orders, before all else is.

    Orders of our own drugs, and orders nobody could read, need all. Others may meet one of our drugs on the list:
    then all is needed, too. Where there are no orders, the lists come first.
    """
    view = View(case, knowledge, hook)
    orderless = view.looks_only or case.phase == "discharge"
    ordered = {ingredient.id for order in view.subjects for ingredient in order.drug.ingredients}
    if case.unreadable_orders or _unnamed_stops(view):
        return Need.ALL
    if not (view.looks_only or ordered.isdisjoint(knowledge.relevant)):
        return Need.ALL
    taken = {ingredient.id for use in (*case.uses, *case.past_uses) for ingredient in use.drug.ingredients}
    if not (set(_asked(view)) - knowledge.off or orderless):
        return Need.NOTHING
    return Need.LISTS if knowledge.targets.isdisjoint(taken | ordered) else Need.ALL


def unjudged(knowledge: Knowledge, error: BaseException) -> Report:
    """The report when the case itself could not be made or screened: nothing was checked, and a card says so.

    Whether the orders are relevant is not known then, so they are taken to be.
    """
    said = tuple(
        NotChecked(id, Reason.INTERNAL, "this call could not be judged; the fault is ours") for id in knowledge.checks
    )
    failed = Outcome("dose-unparsable", (), said, (), f"failed: {type(error).__name__}", error)
    return Report((), said, (failed,), relevant=True, knowledge_version=knowledge.version)


def _asked(view: View) -> list[str]:
    """The checks that the ingredients of the selected orders raise, found through the index.

    At discharge and when a chart is opened what is and was taken raises them too: that it is missing is no order.
    """
    holders: Iterable[Order | DrugUse] = view.subjects
    if view.case.phase in ("discharge", "view"):
        holders = (*view.subjects, *view.case.uses, *view.case.past_uses)
    ids = {
        id
        for holder in holders
        for ingredient in holder.drug.ingredients
        for id in view.knowledge.by_ingredient.get(ingredient.id, ())
    }
    if view.case.phase in ("discharge", "view"):
        ids |= {check.id for check in view.knowledge.checks.values() if check.every_chart}
    return sorted(ids)


def _run_here(view: View, check: Check) -> Outcome:
    """The same as the site has it: unasked, or asked without a card."""
    if check.id in view.knowledge.off:
        return Outcome(check.id, why="not asked: it is off at this site", mode="off")
    outcome = _run(view, check)
    if check.id not in view.knowledge.silent:
        return outcome
    quiet = tuple(msgspec.structs.replace(item, makes_card=False) for item in outcome.not_checked)
    return msgspec.structs.replace(outcome, not_checked=quiet, mode="silent")


def _run(view: View, check: Check) -> Outcome:
    try:
        engine = CHECKS.get(check.id) or ENGINES[check.kind]
        outcome = engine(view, check)
        return settled(view, check, outcome) if view.case.requested else outcome
    except Exception as error:  # a failing check suppresses nothing else
        said = NotChecked(check.id, Reason.INTERNAL, "this check failed; the fault is ours")
        return Outcome(check.id, (), (said,), (), f"failed: {type(error).__name__}", error)


def _for_hook(view: View, finding: Finding) -> Finding:
    check = view.knowledge.checks[finding.check]
    finding = _capped(view, finding)
    named = view.hook in check.hooks
    if view.looks_only:
        named = named and finding.indicator >= check.view_from
    if finding.shown and not (named and not _carried_on(view, check, finding)):
        return msgspec.structs.replace(finding, shown=False)
    if finding.shown and finding.check in view.knowledge.silent:
        return msgspec.structs.replace(finding, shown=False, silenced=finding.indicator > Indicator.SILENT)
    return finding


def _capped(view: View, finding: Finding) -> Finding:
    """No more urgent than the site shows it."""
    cap = view.knowledge.caps.get(finding.check)
    if cap is None or finding.indicator <= cap:
        return finding
    because = (*finding.because, f"at this site at most {cap.code}")
    return msgspec.structs.replace(finding, indicator=cap, because=because)


def _carried_on(view: View, check: Check, finding: Finding) -> bool:
    """At discharge: whether a pair, however young, is only carried on from before, and is not critical.

    Which pairs these are the knowledge says: those that a renewal lowers.
    """
    if view.case.phase != "discharge" or check.levels.renewal is None or finding.indicator >= Indicator.CRITICAL:
        return False
    orders = [order for order in view.subjects if (order.ref or order.path) in finding.about]
    return bool(orders) and all(order.action is Action.RENEW for order in orders)


def _alone_or_not_at_all(view: View, findings: list[Finding]) -> list[Finding]:
    """Hide what is worth a card only where nothing else is shown about the same order (counselling, for example)."""
    checks = view.knowledge.checks
    if not any(finding.shown and checks[finding.check].only_alone for finding in findings):
        return findings
    louder = [f for f in findings if f.shown and f.indicator > Indicator.SILENT and not checks[f.check].only_alone]
    orders = {order.ref or order.path for order in view.subjects}
    told = orders.intersection(ref for finding in louder for ref in finding.about)
    return [
        msgspec.structs.replace(finding, shown=False)
        if finding.shown and checks[finding.check].only_alone and told.intersection(finding.about)
        else finding
        for finding in findings
    ]


def _most_urgent_only(view: View, findings: list[Finding]) -> list[Finding]:
    """When a chart is opened one card is enough: the standing dangers, or else what is due."""
    shown = [finding for finding in findings if finding.shown and finding.indicator > Indicator.SILENT]
    if not view.looks_only or not shown:
        return findings
    top = max(finding.indicator for finding in shown)
    return [
        msgspec.structs.replace(finding, shown=False) if finding.shown and finding.indicator < top else finding
        for finding in findings
    ]


def _not_asked(view: View, outcomes: Iterable[Outcome]) -> Iterable[NotChecked]:
    """Where no order raises the questions, a list that was not seen could have: those questions stay open.

    Nothing was ordered, so these never make a card.
    """
    gaps = (*view.gaps(*LISTS), *view.reported_empty(*LISTS))
    if not gaps or not (view.looks_only or view.case.phase == "discharge"):
        return
    asked = {outcome.check for outcome in outcomes} | view.knowledge.off
    open_ones = {id for target in view.knowledge.targets for id in view.knowledge.by_ingredient.get(target, ())} - asked
    for id in sorted(open_ones):
        check = view.knowledge.checks[id]
        if view.hook in check.hooks and (view.looks_only or "discharge" in check.asks):
            yield from unknown_for(check, gaps, makes_card=False)


def _rank(finding: Finding, knowledge: Knowledge) -> tuple[int, int, int, str]:
    check = knowledge.checks[finding.check]
    return (-finding.indicator, knowledge.topics[check.topic].order, check.rank, check.id)


def _relevant(view: View) -> bool:
    """Whether a "not checked" card is due to this call: an order of one of our drugs, or one we could not read.

    Never when a chart is only opened; at discharge also for a home drug of ours that the list cannot be searched for.
    """
    if view.looks_only:
        return False
    relevant = view.knowledge.relevant
    if view.case.phase == "discharge" and _may_be_lost(view):
        return True
    if view.case.unreadable_orders or any(not order.drug.label for order in _unnamed_stops(view)):
        return True
    return any(ingredient.id in relevant for order in view.subjects for ingredient in order.drug.ingredients)


def _may_be_lost(view: View) -> bool:
    targets = view.knowledge.targets
    taken = {ingredient.id for use in view.case.uses for ingredient in use.drug.ingredients}
    return bool(view.gaps("discharge")) and not targets.isdisjoint(taken)


def _unnamed_stops(view: View) -> list[Order]:
    """Stops without a medicine of what is not on the list, was not seen there, or has no name there either."""
    return [order for order in view.stops if not order.drug.readable]


def _unreadable(view: View) -> Iterable[NotChecked]:
    """Drafts that could not be read, or whose medicine could not be named: no question could be asked of them."""
    case = view.case
    for order in _unnamed_stops(view):
        detail = "an order stops a medicine that could not be named, by itself or on the medication list"
        for id, _ in STOPS.values():
            yield NotChecked(id, Reason.UNKNOWN_DRUG, detail, makes_card=not order.drug.label)
    for gap in case.unreadable_orders:
        yield NotChecked("dose-unparsable", gap.reason, gap.detail)
    for order in case.orders:
        if order.selected and not order.drug.readable and order.action is not Action.STOP:
            yield NotChecked(
                "dose-unparsable", Reason.UNKNOWN_DRUG, "the medicine of an order could not be named", makes_card=False
            )
