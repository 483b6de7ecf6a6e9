"""By which equation kidney function was estimated, and what else is worth knowing (``estimator-choice``).

Never on its own: only beside a finding about baclofen and a measured kidney value.
"""

from __future__ import annotations

from cds.case import Known, Unknown
from cds.checks.baclofen import systemic_baclofen, total_dose
from cds.checks.facts import below_egfr
from cds.checks.kidney_words import age_text, has_number, kidney_seen, kidney_values, nothing_current
from cds.checks.levels import unknown_for
from cds.checks.registry import check
from cds.findings import Finding, NotChecked, Outcome, Value
from cds.knowledge.model import Check
from cds.view import Present, View, number


@check("estimator-choice")
def estimator_choice(view: View, check: Check) -> Outcome:
    """Equation, inputs and date; Cockcroft-Gault and the de-indexed value where body or age make them matter."""
    items = systemic_baclofen(view, check)
    if not items:
        return Outcome(check.id, why="no order of this call brings systemic baclofen")
    if not has_number(view) or not _kidney_finding(view, check, items):
        said = unknown_for(check, view.gaps("creatinine"), makes_card=False) or nothing_current(view, check)
        return Outcome(check.id, (), said, kidney_seen(view), "no finding about baclofen and a measured kidney value")
    invalid, reasons = _invalid(view), _reasons(view, check)
    unknown, said = ((), ()) if invalid else _second_missing(view, check, reasons)
    wording = "plain"
    if invalid or reasons:
        wording = "invalid" if invalid else "clearance" if isinstance(view.kidney.crcl, Known) else "doubt"
    finding = Finding(
        check=check.id,
        indicator=check.levels.base,
        wording=wording,
        values=_values(view, check, invalid, reasons),
        about=tuple(dict.fromkeys(item.ref for item in items if item.subject)),
        evidence=check.evidence,
        seen=_seen(view, check),
        because=invalid or reasons or (view.kidney.method,),
        unknown=unknown,
    )
    return Outcome(check.id, (finding,), said, finding.seen, "beside the finding about the kidney")


def _kidney_finding(view: View, check: Check, items: tuple[Present, ...]) -> bool:
    """Whether baclofen-renal-dose or -dialysis speaks of the value: below 60, or below 90 with a high dose."""
    renal = view.knowledge.checks["baclofen-renal-dose"]
    if below_egfr(view, renal.number("reduced")) == Known(True):
        return True
    high = total_dose(view, items).above(renal.number("high_dose")) == Known(True)
    return high and below_egfr(view, renal.number("mild")) == Known(True)


def _invalid(view: View) -> tuple[str, ...]:
    """Why no equation holds."""
    found = ["acute kidney injury"] if view.kidney.injured else []
    found += ["dialysis"] if view.kidney.dialysis else []
    found += ["pregnancy"] if view.problems(("pregnancy",)) else []
    return tuple(found)


def _reasons(view: View, check: Check) -> tuple[str, ...]:
    """What makes a second estimate worth seeing: build, age, or muscle that makes less creatinine than average."""
    found = []
    bmi = view.kidney.body.bmi
    if isinstance(bmi, Known) and bmi.value < check.number("bmi_low"):
        found.append(f"body mass index {number(round(bmi.value, 1))}")
    if isinstance(bmi, Known) and bmi.value >= check.number("bmi_high"):
        found.append(f"body mass index {number(round(bmi.value, 1))}")
    if isinstance(view.age, Known) and view.age.value[0] >= check.number("old"):
        found.append(f"age {age_text(view)}")
    found += [problem.concept.label for problem in view.problems(check.conditions)]
    return tuple(dict.fromkeys(found))


def _second_missing(
    view: View, check: Check, reasons: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[NotChecked, ...]]:
    """What keeps us from a second estimate, or from knowing whether one is called for: weight, height, problem list."""
    said = unknown_for(check, view.gaps("body", "conditions"), makes_card=False)
    why = view.kidney.crcl if reasons else view.kidney.body.bmi
    if isinstance(why, Known):
        return (), said
    words = f"Cockcroft-Gault not computed: {why.detail or why.reason.value}"
    return (words,), (NotChecked(check.id, why.reason, words, makes_card=False), *said)


def _values(view: View, check: Check, invalid: tuple[str, ...], reasons: tuple[str, ...]) -> dict[str, Value]:
    kidney = view.kidney
    values: dict[str, Value] = {
        **kidney_values(view),
        "drugs": ["baclofen"],
        "equation": f"{kidney.method or 'equation not stated'}, {kidney.source}",
        "reason": ", ".join(invalid or reasons),
    }
    if isinstance(kidney.crcl, Known):
        values["crcl"] = round(kidney.crcl.value, 1)
        values["crcl_weight"] = kidney.crcl_weight
    values["body_surface"] = _surface(view, check)
    absolute = _absolute(view, check)
    if absolute is not None:
        values["deindexed"] = absolute
    return values


def _surface(view: View, check: Check) -> str:
    """Body surface against the 1.73 m2 that eGFR assumes: "small", "usual", "large" or "not known"."""
    surface = view.kidney.body.surface
    if isinstance(surface, Unknown):
        return "not known"
    if surface.value < check.number("bsa_low"):
        return "small"
    return "large" if surface.value > check.number("bsa_high") else "usual"


def _absolute(view: View, check: Check) -> float | None:
    """eGFR in mL/min for this body, where the body surface is far from what eGFR assumes."""
    deindexed = view.kidney.deindexed
    far = _surface(view, check) in ("small", "large")
    return round(deindexed.value, 1) if far and isinstance(deindexed, Known) else None


def _seen(view: View, check: Check) -> tuple[str, ...]:
    """The value with its inputs, and the second estimates there are."""
    kidney = view.kidney
    found = list(kidney_seen(view))
    if isinstance(kidney.crcl, Known):
        found.append(f"Cockcroft-Gault {number(round(kidney.crcl.value, 1))} mL/min with weight {kidney.crcl_weight}")
    absolute = _absolute(view, check)
    if absolute is not None and isinstance(kidney.body.surface, Known):
        found.append(
            f"de-indexed {number(absolute)} mL/min (body surface {number(round(kidney.body.surface.value, 2))} m2)"
        )
    return tuple(found)
