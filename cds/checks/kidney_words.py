"""How kidney function and the values behind it are put into words, the same on every card."""

from __future__ import annotations

from cds.arithmetic.kidney import STAGE
from cds.case import Known, Lab, Reason, Unknown
from cds.checks.levels import unknown_for
from cds.findings import NotChecked, Value
from cds.knowledge.model import Check
from cds.view import View, day, number

UNIT = "mL/min/1.73 m2"
NAMES = {"egfr": "eGFR", "cystatin-c": "cystatin C", "creatinine-clearance": "creatinine clearance"}


def egfr_text(view: View) -> str:
    """ "26", "<15", "≥60", "30–59", or "not known"."""
    kidney = view.kidney
    if isinstance(kidney.egfr, Known):
        return str(kidney.egfr.value)
    if kidney.low is None and kidney.high is None:
        return "not known"
    if kidney.high is None:
        return f"≥{kidney.low}"
    return f"<{kidney.high + 1}" if not kidney.low else f"{kidney.low}–{kidney.high}"


def has_number(view: View) -> bool:
    """Whether eGFR rests on a measured value (exact or as bounds), not on a CKD stage of the problem list."""
    kidney = view.kidney
    return kidney.source != STAGE and (kidney.low is not None or kidney.high is not None)


def lab_words(lab: Lab) -> str:
    """ "creatinine 2.5 mg/dL (3 June 2026)"."""
    return f"{NAMES.get(lab.kind, lab.kind)} {value_words(lab)}"


def value_words(lab: Lab) -> str:
    """ "2.5 mg/dL (3 June 2026)"."""
    return f"{lab.shown} ({day(lab.when)})" if lab.when is not None else f"{lab.shown} (no date)"


def kidney_seen(view: View) -> tuple[str, ...]:
    """Kidney function with equation, inputs and date, as a card shows it; dialysis and acute injury too."""
    if view.kidney_words is None:  # many checks look at the same kidney
        view.kidney_words = _kidney_seen(view)
    return view.kidney_words


def _kidney_seen(view: View) -> tuple[str, ...]:
    kidney = view.kidney
    found = []
    if has_number(view):
        parts = [part for part in (kidney.method, kidney.source) if part]
        if kidney.reported is None or kidney.reported.kind != "egfr":
            inputs = [kidney.reported] if kidney.reported is not None else [kidney.creatinine, kidney.cystatin]
            parts += [lab_words(lab) for lab in inputs if lab is not None]
        else:
            parts.append(day(kidney.reported.when))
        found.append(f"eGFR {egfr_text(view)} {UNIT}, {', '.join(parts)}")
    elif kidney.source == STAGE:
        found.append(f"{kidney.method} on the problem list, taken as eGFR {egfr_text(view)}")
    elif isinstance(kidney.egfr, Unknown):  # pragma: no branch (what is known has a number or is a stage)
        found.append(f"kidney function not known: {kidney.egfr.detail or kidney.egfr.reason.value}")
    if kidney.stale is not None:
        found.append(f"{lab_words(kidney.stale)}, too old to use")
    found += [f"dialysis: {words}" for words in kidney.dialysis_evidence]
    if kidney.aki_condition is not None:
        found.append(f"{kidney.aki_condition.concept.label} on the problem list")
    if kidney.aki is not None:
        found.append(f"{lab_words(kidney.aki.earlier.lab)}, then {lab_words(kidney.aki.later.lab)}")
    return (*found, *kidney.notes)


def kidney_values(view: View) -> dict[str, Value]:
    """What the kidney findings publish: eGFR (a number when exact), how it was come by, and from what."""
    kidney = view.kidney
    egfr: Value = kidney.egfr.value if isinstance(kidney.egfr, Known) else egfr_text(view)
    values: dict[str, Value] = {"egfr": egfr, "unit": UNIT}
    if kidney.source:
        values["source"] = kidney.source
    if kidney.method:
        values["method"] = kidney.method
    if kidney.creatinine is not None and has_number(view):
        values["creatinine"] = kidney.creatinine.shown
    if kidney.when is not None:
        values["date"] = kidney.when.isoformat()
    return values


def age_text(view: View) -> str:
    """ "72", "71–72" when the birth date is not exact, "" when unknown."""
    if isinstance(view.age, Unknown):
        return ""
    youngest, oldest = view.age.value
    return number(youngest) if youngest == oldest else f"{youngest}–{oldest}"


def lab_gaps(view: View, check: Check) -> tuple[NotChecked, ...]:
    """What of the laboratory values could not be seen.

    A list cut short makes no card when a current value is there: servers send the newest first, and often one only.
    """
    gaps = view.gaps("creatinine")
    cut = tuple(gap for gap in gaps if gap.reason is Reason.TRUNCATED)
    rest = tuple(gap for gap in gaps if gap.reason is not Reason.TRUNCATED)
    return unknown_for(check, rest) + unknown_for(check, cut, makes_card=not has_number(view))


def nothing_current(view: View, check: Check) -> tuple[NotChecked, ...]:
    """No usable value to look at: baclofen-renal-dose and -unknown say it on their cards, this check in the report."""
    egfr = view.kidney.egfr
    if has_number(view) or isinstance(egfr, Known):
        return ()
    return (NotChecked(check.id, egfr.reason, egfr.detail or "kidney function not known", makes_card=False),)
