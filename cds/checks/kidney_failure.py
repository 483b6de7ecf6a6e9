"""Kidneys that have failed: dialysis (``baclofen-dialysis``) and acute kidney injury (``baclofen-aki``). Any dose."""

from __future__ import annotations

from cds.case import Known, Reason, Unknown
from cds.checks.baclofen import dose_values, systemic_baclofen, total_dose
from cds.checks.facts import below_egfr
from cds.checks.kidney_words import age_text, has_number, kidney_seen, kidney_values, lab_gaps, value_words
from cds.checks.levels import level, unknown_for
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, NotChecked, Outcome, Value
from cds.knowledge.model import Check
from cds.view import Present, View, joined, number


@check("baclofen-dialysis")
def dialysis(view: View, check: Check) -> Outcome:
    """On dialysis, or eGFR below 15: critical at any dose, for a renewal too."""
    items = systemic_baclofen(view, check)
    if not items:
        return Outcome(check.id, why="no order of this call brings systemic baclofen")
    kidney = view.kidney
    looked = (*(seen(view, item) for item in items), *kidney_seen(view))
    failed = below_egfr(view, check.number("failure"))
    if kidney.dialysis:
        words = joined(kidney.dialysis_evidence)
        finding = _finding(view, check, items, "dialysis", (words,), {"reason": words})
        return Outcome(check.id, (finding,), (), looked, f"on dialysis: {words}")
    if failed == Known(True):
        because = (f"eGFR below {number(check.number('failure'))}",)
        finding = _finding(view, check, items, "failure", because, {})
        return Outcome(check.id, (finding,), (), looked, because[0])
    return Outcome(check.id, (), _dialysis_unseen(view, check, failed), looked, "no sign of dialysis or kidney failure")


def _dialysis_unseen(view: View, check: Check, failed: Known[bool] | Unknown) -> tuple[NotChecked, ...]:
    """What dialysis could hide in. With a current eGFR of 60 or more it is not to be expected: no card for that."""
    reduced = view.knowledge.checks["baclofen-renal-dose"].number("reduced")
    healthy = has_number(view) and below_egfr(view, reduced) == Known(False)
    said = unknown_for(check, view.gaps("conditions", "procedures"), makes_card=not healthy)
    said += unknown_for(check, view.reported_empty("conditions", "procedures"))
    said += tuple(
        NotChecked(check.id, problem.reason, problem.detail, makes_card=not healthy)
        for problem in view.kidney.problems
        if "dialysis" in problem.detail
    )
    if not isinstance(failed, Unknown):
        return said
    unseen = lab_gaps(view, check)
    # baclofen-renal-dose says on a card that the value is missing; once is enough.
    return said + (unseen or (NotChecked(check.id, failed.reason, failed.detail, makes_card=False),))


@check("baclofen-aki")
def acute_kidney_injury(view: View, check: Check) -> Outcome:
    """Acute kidney injury on the problem list, or a creatinine rise by KDIGO: critical at any dose."""
    items = systemic_baclofen(view, check)
    if not items:
        return Outcome(check.id, why="no order of this call brings systemic baclofen")
    kidney = view.kidney
    looked = (*(seen(view, item) for item in items), *kidney_seen(view))
    if kidney.aki is not None:
        rise = kidney.aki
        values: dict[str, Value] = {
            "earlier": value_words(rise.earlier.lab),
            "later": value_words(rise.later.lab),
            "criterion": rise.criterion,
        }
        finding = _finding(view, check, items, "rise", (rise.criterion,), values)
        return Outcome(check.id, (finding,), (), looked, f"creatinine: {rise.criterion}")
    if kidney.aki_condition is not None:
        words = kidney.aki_condition.concept.label
        finding = _finding(view, check, items, "condition", (words,), {"reason": words})
        return Outcome(check.id, (finding,), (), looked, "acute kidney injury on the problem list")
    said = unknown_for(check, view.gaps("conditions")) + lab_gaps(view, check)
    said += unknown_for(check, view.reported_empty("conditions", "creatinine"))
    if not said and kidney.creatinine is None and isinstance(kidney.egfr, Unknown):
        reason = kidney.egfr.reason if kidney.egfr.reason is not Reason.ABSENT else Reason.REPORTED_EMPTY
        said = (NotChecked(check.id, reason, "no creatinine to see a rise by", makes_card=False),)
    return Outcome(
        check.id, (), said, looked, "no acute kidney injury on the list, no rise between the values there are"
    )


def _finding(
    view: View,
    check: Check,
    items: tuple[Present, ...],
    wording: str,
    because: tuple[str, ...],
    values: dict[str, Value],
) -> Finding:
    at = level(view, check, items)
    age = age_text(view)
    return Finding(
        check=check.id,
        indicator=at.indicator,
        wording=wording,
        values={**dose_values(total_dose(view, items)), **kidney_values(view), **values},
        about=tuple(dict.fromkeys(item.ref for item in items)),
        evidence=check.evidence,
        seen=(*(seen(view, item) for item in items), *kidney_seen(view), *((f"age {age}",) if age else ())),
        because=because,
        unknown=at.unknown,
        shown=at.shown,
    )
