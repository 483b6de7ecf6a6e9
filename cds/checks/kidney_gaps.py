"""Kidney function that is not known, or not believed: ``baclofen-renal-unknown``, ``creatinine-implausible``."""

from __future__ import annotations

from cds.arithmetic.dates import months_before
from cds.arithmetic.kidney import at_risk, recheck_due
from cds.arithmetic.kidney_choice import RefusedLab
from cds.arithmetic.rules import numbers
from cds.case import Known, Setting, Unknown
from cds.checks.baclofen import dose_values, raises, systemic_baclofen, total_dose
from cds.checks.kidney_words import NAMES, has_number, kidney_seen, kidney_values, lab_gaps, lab_words, nothing_current
from cds.checks.levels import holds, level, unknown_for
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, NotChecked, Outcome, Value
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, day


def due(view: View) -> bool:
    """Whether there is a usable value that is due for repetition: 3 months old at risk, 72 hours in an inpatient."""
    if not has_number(view):
        return False
    risk = at_risk(view.case) or holds(view, "nephrotoxic-drug", ()) == Known(True)
    return recheck_due(view.kidney, view.case, risk=risk)


def _risk_unknown(view: View, check: Check) -> tuple[NotChecked, ...]:
    """A value that would be due in a patient at risk, and whether the patient is at risk cannot be told."""
    if not recheck_due(view.kidney, view.case, risk=True):
        return ()
    age = (view.age,) if isinstance(view.age, Unknown) else ()
    gaps = (*age, *view.gaps("conditions", *LISTS))
    said = unknown_for(check, gaps, makes_card=False)
    return said + unknown_for(check, view.reported_empty("conditions", *LISTS))


def renal_unknown_speaks(view: View, items: tuple[Present, ...]) -> bool:
    """Whether baclofen-renal-unknown has a finding for want of a value: a start or a raise, and nothing usable."""
    kidney = view.kidney
    answered = kidney.dialysis or kidney.injured or has_number(view)
    return any(raises(item) for item in items) and not (
        answered or kidney.creatinine is not None or view.gaps("creatinine")
    )


@check("baclofen-renal-unknown")
def renal_unknown(view: View, check: Check) -> Outcome:
    """A start or a raise without a usable value, or on one that is due for repetition.

    Values that could not be seen (fetch failed, list cut short, key not sent) are not checked: nobody may say that
    there is no creatinine. A creatinine that only lacks the patient's age or height is not asked for again.
    """
    items = systemic_baclofen(view, check)
    if not any(raises(item) for item in items):
        return Outcome(check.id, why="no order of this call starts or raises systemic baclofen")
    kidney = view.kidney
    looked = (*(seen(view, item) for item in items), *kidney_seen(view))
    if kidney.dialysis or kidney.injured:
        return Outcome(check.id, (), (), looked, "dialysis or acute kidney injury: no value would band the dose")
    if has_number(view):
        wording = ("inpatient" if view.case.setting is Setting.INPATIENT else "due") if due(view) else ""
        if not wording:
            said_risk = (*lab_gaps(view, check), *_risk_unknown(view, check))
            return Outcome(check.id, (), said_risk, looked, "a current value is there")
    else:
        unseen = lab_gaps(view, check)
        if unseen:
            return Outcome(check.id, (), unseen, looked, "the laboratory values could not be seen")
        if kidney.creatinine is not None and isinstance(kidney.egfr, Unknown):
            said = NotChecked(check.id, kidney.egfr.reason, kidney.egfr.detail)
            return Outcome(check.id, (), (said,), looked, "a creatinine is there, but no eGFR can be computed from it")
        wording = "stale" if kidney.stale is not None else "none"
    finding, said_level = _unknown_finding(view, check, items, wording)
    said_empty = unknown_for(check, view.reported_empty("creatinine"))
    return Outcome(check.id, (finding,), (*said_level, *said_empty), looked, f"kidney function not known: {wording}")


def _unknown_finding(
    view: View, check: Check, items: tuple[Present, ...], wording: str
) -> tuple[Finding, tuple[NotChecked, ...]]:
    at = level(view, check, items)
    values: dict[str, Value] = {**dose_values(total_dose(view, items)), **kidney_values(view)}
    if view.kidney.stale is not None:
        values["last"] = lab_words(view.kidney.stale)
    if wording in ("due", "inpatient"):
        values["last"] = f"eGFR {values['egfr']} ({day(view.kidney.when)})"
    finding = Finding(
        check=check.id,
        indicator=at.indicator,
        wording=wording,
        values=values,
        about=tuple(item.ref for item in items if raises(item)),
        evidence=check.evidence,
        seen=(*(seen(view, item) for item in items), *kidney_seen(view)),
        because=at.because or ("no named risk factor",),
        unknown=at.unknown,
        shown=at.shown,
    )
    return finding, at.not_checked


@check("creatinine-implausible")
def creatinine_implausible(view: View, check: Check) -> Outcome:
    """A value refused for its unit or size that would be the one that counts: said, never converted by guess."""
    items = systemic_baclofen(view, check)
    if not items:
        return Outcome(check.id, why="no order of this call brings systemic baclofen")
    refused = [item for item in view.kidney.refused if item.implausible and _would_count(view, item)]
    said = () if refused else lab_gaps(view, check) or nothing_current(view, check)
    said += unknown_for(check, view.reported_empty("creatinine"))
    if not refused:
        return Outcome(check.id, (), said, kidney_seen(view), "no value was refused that would have counted")
    worst = refused[0]
    finding = Finding(
        check=check.id,
        indicator=check.levels.base,
        wording="unit" if "unit" in worst.why.detail.lower() else "size",
        values={
            "kind": NAMES.get(worst.lab.kind, worst.lab.kind),
            "shown": worst.lab.shown,
            "date": worst.lab.when.first.isoformat() if worst.lab.when is not None else "",
            "drugs": ["baclofen"],
        },
        about=(*(item.ref for item in items if item.subject), *(item.lab.ref for item in refused if item.lab.ref)),
        evidence=check.evidence,
        seen=tuple(f"{lab_words(item.lab)}: {item.why.detail}" for item in refused),
        because=tuple(dict.fromkeys(item.why.detail for item in refused)),
    )
    return Outcome(check.id, (finding,), said, finding.seen, "a value was not used")


def _would_count(view: View, refused: RefusedLab) -> bool:
    """Dated, current, and not older than the value that is used."""
    lab, as_of = refused.lab, view.case.as_of
    if lab.kind not in ("creatinine", "egfr") or lab.when is None or lab.when.first > as_of:
        return False
    oldest = months_before(as_of, int(numbers("kidney")["current_months"]))
    used = view.kidney.when
    return lab.when.first >= oldest and (used is None or lab.when.first >= used)
