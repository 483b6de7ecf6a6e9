"""Drug with condition: the engine behind every check of kind "drug-condition"."""

from __future__ import annotations

from cds.checks.levels import level, unknown_for
from cds.checks.words import seen
from cds.findings import Finding, Outcome
from cds.knowledge.model import Check
from cds.view import Present, View, day, joined


def drug_condition(view: View, check: Check) -> Outcome:
    """Answer a drug-condition question: one finding that names the ordered drugs and the patient's conditions."""
    drugs = tuple(item for item in view.on_side(check.one) if item.subject and on_route(item, check))
    if not drugs:
        return Outcome(check.id, why="no order of this call brings a drug of this question")
    problems = view.problems(check.conditions)
    not_checked = unknown_for(check, view.gaps("conditions")) + unknown_for(check, view.reported_empty("conditions"))
    looked = tuple(seen(view, item) for item in drugs)
    if not problems:
        return Outcome(check.id, (), not_checked, looked, "no such active condition on the problem list")
    at = level(view, check, drugs)
    finding = Finding(
        check=check.id,
        indicator=at.indicator,
        wording="default",
        values={
            "one": joined(view.name(item.ingredient) for item in drugs),
            "condition": joined(problem.concept.label for problem in problems),
            "drugs": list(dict.fromkeys(item.ingredient for item in drugs)),
        },
        about=tuple(dict.fromkeys([*(item.ref for item in drugs), *(p.ref for p in problems if p.ref)])),
        evidence=check.evidence,
        seen=(*looked, *(f"{p.concept.label}{f' since {day(p.onset)}' if p.onset else ''}" for p in problems)),
        because=at.because,
        unknown=at.unknown,
        shown=at.shown,
    )
    return Outcome(check.id, (finding,), (*not_checked, *at.not_checked), looked, "drug and condition both present")


def on_route(item: Present, check: Check) -> bool:
    """Whether the drug is given by a route the check means; an unknown route counts as meant."""
    return not check.routes or item.drug.route.value in check.routes or item.drug.route.value == "unknown"
