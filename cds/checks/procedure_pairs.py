"""Baclofen with what is done to the patient: contrast imaging, an intrathecal pump, a planned anaesthesia.

Each is a list of pairs (orders of drugs) and, besides, what procedures or the problem list tell. What is not told there
cannot be claimed to be absent; but the question is about the orders, so its absence is not said on every call.
"""

from __future__ import annotations

from cds.case import Procedure, Route
from cds.checks.levels import level
from cds.checks.listed import answer, given_lately
from cds.checks.pump_calendar import removed
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, Indicator, Outcome
from cds.knowledge.model import Check, Side
from cds.view import Present, View, day, joined

CONTRAST = "contrast-iodinated"


@check("nephrotoxic-nsaid-baclofen")
def nephrotoxic_nsaid_baclofen(view: View, check: Check) -> Outcome:
    """Orders first; contrast also from what was given in the last days and from imaging done or planned."""
    days = view.knowledge.facts["contrast-recent"].numbers["days"].value
    outcome = answer(view, check, given_lately(view, Side(classes=(CONTRAST,)), days))
    imaging = tuple(
        item
        for item in _procedures(view, "contrast-imaging")
        if item.when is None or abs((view.case.as_of - item.when.last).days) <= days
    )
    baclofen = tuple(item for item in view.of_class("baclofen") if item.drug.route is not Route.INTRATHECAL)
    return _with(view, check, outcome, baclofen, imaging, "contrast")


@check("neuromuscular-anaesthesia-baclofen")
def neuromuscular_anaesthesia_baclofen(view: View, check: Check) -> Outcome:
    """Orders of anaesthetics or blockers; an anaesthesia that is planned or going on."""
    planned = tuple(item for item in _procedures(view, "general-anaesthesia") if item.status != "done")
    return _with(view, check, answer(view, check), view.of_class("baclofen"), planned, "planned")


@check("itb-plus-systemic-depressant")
def itb_plus_systemic_depressant(view: View, check: Check) -> Outcome:
    """Intrathecal baclofen on the list or ordered; else a pump that is in place, whatever is in it."""
    outcome = answer(view, check)
    gone = removed(view)
    pumps = () if gone else _procedures(view, "intrathecal-pump")
    problems = () if gone else view.problems(("intrathecal-pump",))
    known = tuple(Procedure(item.concept, item.onset, "in-progress", item.ref) for item in problems)
    others = tuple(item for pairing in check.pairings for item in view.on_side(pairing.other))
    in_spine = any(item.drug.route is Route.INTRATHECAL for item in view.of_class("baclofen"))
    pumps = () if in_spine else (*known, *(item for item in pumps if item.status != "planned"))
    return _with(view, check, outcome, tuple(dict.fromkeys(others)), pumps, "pump")


def _procedures(view: View, concept: str) -> tuple[Procedure, ...]:
    return tuple(item for item in view.case.procedures if concept in item.concept.ids)


def _with(
    view: View, check: Check, outcome: Outcome, items: tuple[Present, ...], done: tuple[Procedure, ...], wording: str
) -> Outcome:
    """The outcome, or, when the orders alone found nothing, the finding that a procedure makes with what is ordered."""
    items = tuple(item for item in items if item.subject)
    if outcome.findings or not items or not done:
        return outcome
    at = level(view, check, items)
    told = [f"{item.concept.label}{f' ({day(item.when)})' if item.when else ''}" for item in done]
    finding = Finding(
        check=check.id,
        indicator=at.indicator,
        wording=wording,
        values={
            "one": joined(view.name(item.ingredient) for item in items),
            "other": joined(item.concept.label for item in done),
            "drugs": list(dict.fromkeys(item.ingredient for item in items)),
        },
        about=tuple(dict.fromkeys([*(item.ref for item in items), *(item.ref for item in done if item.ref)])),
        evidence=check.evidence,
        seen=(*(seen(view, item) for item in items), *dict.fromkeys(told)),
        because=at.because,
        unknown=at.unknown,
        shown=at.indicator is not Indicator.SILENT,
    )
    said = (*outcome.not_checked, *at.not_checked)
    return Outcome(check.id, (finding,), said, (*outcome.looked_at, *told), f"{wording}: told by a procedure")
