"""An eGFR that has fallen (``baclofen-renal-worsening``), or looks too good (``low-muscle-mass-egfr``)."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from cds.arithmetic.kidney import Kidney, assess_kidney
from cds.arithmetic.kidney_estimate import CALCULATED, COMBINED, REPORTED
from cds.case import Action, Known, Reason, Unknown
from cds.checks.baclofen import dose_values, systemic_baclofen, total_dose
from cds.checks.facts import below_egfr
from cds.checks.kidney_words import has_number, kidney_seen, kidney_values, lab_gaps, nothing_current
from cds.checks.levels import level, unknown_for
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, NotChecked, Outcome, Value
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, day, number


@check("baclofen-renal-worsening")
def renal_worsening(view: View, check: Check) -> Outcome:
    """The newest eGFR against the one from when the running dose was set. An order that lowers it is the answer."""
    items = tuple(item for item in systemic_baclofen(view, check) if _goes_on(item))
    if not items:
        return Outcome(check.id, (), _list_said(view, check), why="no running baclofen goes on at its dose or higher")
    looked = (*(seen(view, item) for item in items), *kidney_seen(view))
    now = view.kidney
    if now.dialysis or now.injured:
        return Outcome(check.id, (), (), looked, "dialysis or acute kidney injury: other checks answer")
    if not has_number(view) or isinstance(now.egfr, Unknown):
        return Outcome(check.id, (), lab_gaps(view, check) or nothing_current(view, check), looked, "no eGFR of today")
    since = [item.use.unchanged_since for item in items if item.use is not None]
    known = [each.value.last for each in since if isinstance(each, Known)]
    if len(known) < len(since):
        said = _said(check, "since when the baclofen dose stands is not known")
        return Outcome(check.id, (), (said,), looked, said.detail)
    then = _kidney_at(view, check, min(known))
    if then is None or isinstance(then.egfr, Unknown):
        said = _said(check, "no eGFR from when the baclofen dose was set")
        return Outcome(check.id, (), (*lab_gaps(view, check), said), looked, said.detail)
    words = _worse(view, check, then.egfr.value, now.egfr.value)
    if not words:
        return Outcome(check.id, (), lab_gaps(view, check), looked, "eGFR is not clearly lower than it was")
    finding = _worsened(view, check, items, then, words)
    return Outcome(check.id, (finding,), (), finding.seen, ", ".join(words))


def _goes_on(item: Present) -> bool:
    lowered = item.order is not None and item.order.action is Action.CHANGE and item.reduced
    return item.subject and item.use is not None and not lowered


def _list_said(view: View, check: Check) -> tuple[NotChecked, ...]:
    """An order that looks like a start may renew what the unseen list holds."""
    if not systemic_baclofen(view, check):
        return ()
    said = unknown_for(check, view.gaps(*LISTS), makes_card=False)
    return said + unknown_for(check, view.reported_empty("medications"))


def _said(check: Check, detail: str) -> NotChecked:
    return NotChecked(check.id, Reason.ABSENT, detail, makes_card=False)


def _kidney_at(view: View, check: Check, when: date) -> Kidney | None:
    """Kidney function as it was known on that day, else the first value of the days after it."""
    for at in (when, when + timedelta(days=int(check.number("after_days")))):
        kidney = assess_kidney(msgspec.structs.replace(view.case, as_of=min(at, view.case.as_of)))
        if isinstance(kidney.egfr, Known):
            return kidney
    return None


def _worse(view: View, check: Check, then: int, now: int) -> tuple[str, ...]:
    """Why the fall matters: by size, or by crossing the limits of the dose."""
    words = []
    fall = then - now
    if fall >= check.number("fall") and fall * 100 >= check.number("fall_part") * then:
        words.append(f"eGFR {fall} lower, {number(round(fall / then * 100))} %")
    checks = view.knowledge.checks
    limits = (
        checks["baclofen-renal-dose"].number("reduced"),
        view.knowledge.facts["egfr-below-30"].numbers["egfr"].value,
        checks["baclofen-dialysis"].number("failure"),
    )
    words += [f"now below {number(limit)}" for limit in limits if now < limit <= then]
    return tuple(words)


def _worsened(view: View, check: Check, items: tuple[Present, ...], then: Kidney, words: tuple[str, ...]) -> Finding:
    at = level(view, check, items)
    before = then.egfr.value if isinstance(then.egfr, Known) else 0
    values: dict[str, Value] = {**dose_values(total_dose(view, items)), **kidney_values(view), "then": before}
    values["then_date"] = day(then.when)
    return Finding(
        check=check.id,
        indicator=at.indicator,
        wording="default",
        values=values,
        about=tuple(dict.fromkeys(item.ref for item in items)),
        evidence=check.evidence,
        seen=(
            *(seen(view, item) for item in items),
            f"eGFR {before} mL/min/1.73 m2 when the dose was set ({day(then.when)})",
            *kidney_seen(view),
        ),
        because=(*words, *at.because),
        shown=at.shown,
    )


@check("low-muscle-mass-egfr")
def low_muscle_mass(view: View, check: Check) -> Outcome:
    """A good eGFR that rests on creatinine alone, in a patient who makes little creatinine."""
    items = systemic_baclofen(view, check)
    if not items:
        return Outcome(check.id, why="no order of this call brings systemic baclofen")
    looked = (*(seen(view, item) for item in items), *kidney_seen(view))
    kidney = view.kidney
    if kidney.dialysis or kidney.injured:
        return Outcome(check.id, (), (), looked, "dialysis or acute kidney injury: other checks answer")
    unseen = unknown_for(check, view.gaps("conditions", "body"), makes_card=False)
    low = below_egfr(view, check.number("reassuring"))
    if not has_number(view) or isinstance(low, Unknown):
        return Outcome(check.id, (), lab_gaps(view, check) or nothing_current(view, check), looked, "no eGFR to doubt")
    if low.value or not _creatinine_only(view, check):
        said = lab_gaps(view, check)
        return Outcome(check.id, (), said, looked, "eGFR is reduced already, or does not rest on creatinine alone")
    reasons = _little_muscle(view, check)
    if not reasons:
        empty = unknown_for(check, view.reported_empty("conditions"))
        return Outcome(check.id, (), (*unseen, *empty), looked, "nothing that says little muscle")
    at = level(view, check, items)
    finding = Finding(
        check=check.id,
        indicator=at.indicator,
        wording="default",
        values={**dose_values(total_dose(view, items)), **kidney_values(view), "reason": ", ".join(reasons)},
        about=tuple(dict.fromkeys(item.ref for item in items if item.subject)),
        evidence=check.evidence,
        seen=(*looked, *reasons),
        because=(*reasons, *at.because),
        unknown=at.unknown,
        shown=at.shown,
    )
    return Outcome(check.id, (finding,), (*unseen, *at.not_checked), looked, ", ".join(finding.because))


def _creatinine_only(view: View, check: Check) -> bool:
    """Whether the estimate is from creatinine without cystatin C, and no cystatin C is on record lately."""
    kidney = view.kidney
    oldest = view.case.as_of - timedelta(days=int(check.number("cystatin_days")))
    if any(lab.kind == "cystatin-c" and lab.when is not None and lab.when.last >= oldest for lab in view.case.labs):
        return False
    calculated = kidney.source == CALCULATED and kidney.method != COMBINED
    return calculated or (kidney.source == REPORTED and "cystatin" not in kidney.method.lower())


def _little_muscle(view: View, check: Check) -> tuple[str, ...]:
    bmi = view.kidney.body.bmi
    thin = isinstance(bmi, Known) and bmi.value < check.number("bmi")
    words = [problem.concept.label for problem in view.problems(check.conditions)]
    if isinstance(bmi, Known) and thin:
        words.append(f"body mass index {number(round(bmi.value, 1))}")
    return tuple(dict.fromkeys(words))
