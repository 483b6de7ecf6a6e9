"""Benzodiazepines when kidney or liver fail: ``benzo-renal`` and ``benzo-hepatic``."""

from __future__ import annotations

from cds.case import Known, Lab, Maybe, Route, Unknown
from cds.checks.facts import below_egfr
from cds.checks.kidney_words import egfr_text, kidney_seen
from cds.checks.levels import Level, holds, level, unknown_for
from cds.checks.registry import check, fact
from cds.checks.words import seen
from cds.findings import Finding, Outcome, Value
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check, Fact
from cds.view import Present, View, joined, number

Scope = tuple[Present, ...]
Judged = tuple[Present, Level]


@fact("active-metabolite-accumulates")
def active_metabolite(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Chlordiazepoxide, or midazolam as a running infusion (a rate, not single or as-needed doses)."""
    return Known(any(item.ingredient == "chlordiazepoxide" or _infusion(item) for item in scope))


def _infusion(item: Present) -> bool:
    by_rate = isinstance(item.dose, Known) and item.dose.value.times_per_day is None and not item.dose.value.prn
    return item.ingredient == "midazolam" and item.drug.route is Route.PARENTERAL and by_rate and not item.single_dose


@fact("unchanged-28-days")
def unchanged_28_days(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Every drug of the scope is surely neither begun nor raised within that time."""
    days = fact.numbers["days"].value
    settled = [item.settled_days for item in scope]
    return Known(bool(settled) and all(isinstance(each, Known) and each.value > days for each in settled))


# -- the kidney -------------------------------------------------------------------------------------------------------


@check("benzo-renal")
def benzo_renal(view: View, check: Check) -> Outcome:
    """eGFR below 30, or dialysis: the brain is more sensitive, and some metabolites stay."""
    items = tuple(item for item in view.on_side(check.applies_to) if item.subject)
    if not items:
        return Outcome(check.id, why="no order of this call brings a benzodiazepine")
    looked = (*(seen(view, item) for item in items), *kidney_seen(view))
    low = below_egfr(view, check.number("egfr"))
    if not view.kidney.dialysis and isinstance(low, Unknown):
        gaps = view.gaps("creatinine", "conditions") or (low,)
        return Outcome(check.id, (), unknown_for(check, gaps, makes_card=False), looked, "kidney function not known")
    if not view.kidney.dialysis and low == Known(False):
        said = unknown_for(check, view.gaps("conditions", "creatinine", "procedures"), makes_card=False)
        return Outcome(check.id, (), said, looked, f"eGFR is not below {number(check.number('egfr'))}")
    where = "on dialysis" if view.kidney.dialysis else f"eGFR {egfr_text(view)}"
    judged = tuple((item, level(view, check, (item,))) for item in items)
    raised = holds(view, "active-metabolite-accumulates", items) == Known(True)
    finding = _finding(view, check, judged, "metabolite" if raised else "default", {"where": where}, (where,), looked)
    return Outcome(check.id, (finding,), (), looked, ", ".join(finding.because))


# -- the liver --------------------------------------------------------------------------------------------------------


@check("benzo-hepatic")
def benzo_hepatic(view: View, check: Check) -> Outcome:
    """Oxidised drugs in any cirrhosis or liver failure; any benzodiazepine once the liver has decompensated."""
    items = tuple(item for item in view.on_side(check.applies_to) if item.subject)
    if not items:
        return Outcome(check.id, why="no order of this call brings a benzodiazepine")
    looked = tuple(seen(view, item) for item in items)
    gaps = unknown_for(check, view.gaps("conditions")) + unknown_for(check, view.reported_empty("conditions"))
    gaps += unknown_for(check, view.gaps("liver"), makes_card=False)
    signs = (*(problem.concept.label for problem in view.problems(check.conditions)), *_values(view, check))
    if not signs:
        return Outcome(check.id, (), gaps, looked, "no cirrhosis or liver failure on the list, no such value")
    decompensated = view.problems(view.knowledge.facts["hepatic-decompensation"].concepts)
    oxidised = ingredients_of(check.one, view.knowledge.terminology)
    asked = tuple(item for item in items if decompensated or item.ingredient in oxidised)
    if not asked:
        return Outcome(check.id, (), gaps, looked, "lorazepam, oxazepam or temazepam in compensated liver disease")
    judged = tuple((item, level(view, check, (item,))) for item in asked)
    reason = joined(signs)
    finding = _finding(view, check, judged, _wording(judged, bool(decompensated)), {"reason": reason}, signs, looked)
    said = tuple(dict.fromkeys(entry for _, at in judged for entry in at.not_checked))
    return Outcome(check.id, (finding,), (*gaps, *said), looked, ", ".join(finding.because))


def _wording(judged: tuple[Judged, ...], decompensated: bool) -> str:
    if not decompensated:
        return "default"
    return "avoid" if any(at.indicator.code == "critical" for _, at in judged) else "going-on"


def _values(view: View, check: Check) -> tuple[str, ...]:
    """Bilirubin, and INR where the liver is known to be ill: anticoagulants raise INR too, and are not looked at."""
    bilirubin, inr = _newest(view, check, "bilirubin-total"), _newest(view, check, "inr")
    found = [f"bilirubin {bilirubin.shown}"] if bilirubin is not None and _above(bilirubin, check, "bilirubin") else []
    if inr is not None and _above(inr, check, "inr") and view.problems(("liver-disease",)):
        found.append(f"INR {inr.shown}")
    return tuple(found)


def _above(lab: Lab, check: Check, limit: str) -> bool:
    value = lab.value.value if isinstance(lab.value, Known) else 0.0
    return value > check.number(limit) and lab.comparator in ("", ">", ">=")


def _newest(view: View, check: Check, kind: str) -> Lab | None:
    """The newest final value of a kind that is dated and recent."""
    for lab in view.case.labs:
        if lab.kind == kind and lab.status == "final" and lab.when is not None and isinstance(lab.value, Known):
            age = (view.case.as_of - lab.when.first).days
            return lab if 0 <= age <= check.number("lab_days") else None
    return None


# -- both -------------------------------------------------------------------------------------------------------------


def _finding(
    view: View,
    check: Check,
    judged: tuple[Judged, ...],
    wording: str,
    more: dict[str, Value],
    because: tuple[str, ...],
    looked: tuple[str, ...],
) -> Finding:
    """One finding at the level of the worst drug, naming all."""
    top = max(at.indicator for _, at in judged)
    names = list(dict.fromkeys(item.ingredient for item, _ in judged))
    worst = tuple(words for _, at in judged if at.indicator == top for words in at.because)
    return Finding(
        check=check.id,
        indicator=top,
        wording=wording,
        values={"one": joined(view.name(name) for name in names), "drugs": names, **more},
        about=tuple(dict.fromkeys(item.ref for item, _ in judged)),
        evidence=check.evidence,
        seen=tuple(dict.fromkeys((*looked, *because))),
        because=tuple(dict.fromkeys((*because, *worst))),
        unknown=tuple(dict.fromkeys(words for _, at in judged for words in at.unknown)),
        shown=top > 0,
    )
