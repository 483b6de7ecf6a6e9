"""Ask every question that the orders of this call raise, each alone, and collect the answers.

A check that fails costs only itself: it becomes "not checked, internal", and is named.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

import cds.checks.all  # noqa: F401  (registers the function checks and facts)
from cds.case import Action, DrugUse, Order, PatientCase, Reason
from cds.checks.conditions import drug_condition
from cds.checks.listed import drug_list
from cds.checks.numbers import drug_number
from cds.checks.pairs import drug_drug
from cds.checks.registry import CHECKS
from cds.findings import Finding, Indicator, NotChecked, Outcome, Report
from cds.knowledge.model import Check, Knowledge
from cds.view import View

ENGINES = {"drug-drug": drug_drug, "drug-list": drug_list, "drug-condition": drug_condition, "drug-number": drug_number}


def screen(case: PatientCase, knowledge: Knowledge, hook: str) -> Report:
    """Every finding for the orders of this call, strongest first, and everything that was not checked.

    ``hook`` decides what is shown: a check is evaluated on every hook, but makes a card only on those it names.
    """
    view = View(case, knowledge, hook)
    outcomes = tuple(_run(view, knowledge.checks[id]) for id in _asked(view))
    found = [finding for outcome in outcomes for finding in outcome.findings]
    findings = _most_urgent_only(view, [_for_hook(view, finding) for finding in found])
    not_checked = [item for outcome in outcomes for item in outcome.not_checked]
    return Report(
        findings=tuple(sorted(findings, key=lambda finding: _rank(finding, knowledge))),
        not_checked=tuple(dict.fromkeys((*_unreadable(case), *not_checked))),
        outcomes=outcomes,
        relevant=_relevant(view),
        knowledge_version=knowledge.version,
    )


def _asked(view: View) -> list[str]:
    """The checks that the ingredients of the selected orders raise, found through the index.

    At discharge the home drugs raise them too: that one of them is missing is no order.
    """
    holders: Iterable[Order | DrugUse] = view.subjects
    if view.case.phase == "discharge":
        holders = (*view.subjects, *view.case.uses)
    ids = {
        id
        for holder in holders
        for ingredient in holder.drug.ingredients
        for id in view.knowledge.by_ingredient.get(ingredient.id, ())
    }
    return sorted(ids)


def _run(view: View, check: Check) -> Outcome:
    engine = CHECKS.get(check.id) or ENGINES[check.kind]
    try:
        return engine(view, check)
    except Exception as error:  # a failing check suppresses nothing else
        said = NotChecked(check.id, Reason.INTERNAL, "this check failed; the fault is ours")
        return Outcome(check.id, (), (said,), (), f"failed: {type(error).__name__}")


def _for_hook(view: View, finding: Finding) -> Finding:
    check = view.knowledge.checks[finding.check]
    named = view.hook in check.hooks
    if view.looks_only:
        named = named and finding.indicator >= check.view_from
    if finding.shown and not (named and not _carried_on(view, check, finding)):
        return msgspec.structs.replace(finding, shown=False)
    return finding


def _carried_on(view: View, check: Check, finding: Finding) -> bool:
    """At discharge: whether a pair, however young, is only carried on from before, and is not critical.

    Which pairs these are the knowledge says: those that a renewal lowers.
    """
    if view.case.phase != "discharge" or check.levels.renewal is None or finding.indicator >= Indicator.CRITICAL:
        return False
    orders = [order for order in view.subjects if (order.ref or order.path) in finding.about]
    return bool(orders) and all(order.action is Action.RENEW for order in orders)


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
    return bool(view.case.unreadable_orders) or any(
        ingredient.id in relevant for order in view.subjects for ingredient in order.drug.ingredients
    )


def _may_be_lost(view: View) -> bool:
    targets = view.knowledge.targets
    taken = {ingredient.id for use in view.case.uses for ingredient in use.drug.ingredients}
    return bool(view.gaps("discharge")) and not targets.isdisjoint(taken)


def _unreadable(case: PatientCase) -> Iterable[NotChecked]:
    """Drafts that could not be read, or whose medicine could not be named: no question could be asked of them."""
    for gap in case.unreadable_orders:
        yield NotChecked("dose-unparsable", gap.reason, gap.detail)
    for order in case.orders:
        if order.selected and not order.drug.readable and order.action is not Action.STOP:
            yield NotChecked(
                "dose-unparsable", Reason.UNKNOWN_DRUG, "the medicine of an order could not be named", makes_card=False
            )
