"""Baclofen dose for the kidney function: the bands of eGFR, the dose and the age (``baclofen-renal-dose``)."""

from __future__ import annotations

import msgspec

from cds.case import Known, Reason, Route, Unknown
from cds.checks.baclofen import Total, dose_values, systemic_baclofen, total_dose
from cds.checks.facts import below_egfr
from cds.checks.kidney_facts import is_child
from cds.checks.kidney_gaps import due, renal_unknown_speaks
from cds.checks.kidney_words import age_text, kidney_seen, kidney_values, lab_gaps
from cds.checks.levels import Level, holds, level, unknown_for
from cds.checks.numbers import running_extra
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, Indicator, NotChecked, Outcome
from cds.knowledge.model import Check
from cds.view import Present, View, day, number

Answer = tuple[Finding | None, tuple[NotChecked, ...]]

ADDS = "whether this order replaces the running baclofen or adds to it"


@check("baclofen-renal-dose")
def renal_dose(view: View, check: Check) -> Outcome:
    """The level by eGFR band, total daily dose and age; not checked when no value and no CKD stage is usable."""
    items = systemic_baclofen(view, check)
    if not items:
        return _intrathecal(view, check)
    looked = (*(seen(view, item) for item in items), *kidney_seen(view))
    reduced = below_egfr(view, check.number("reduced"))
    if isinstance(reduced, Unknown):
        return _not_known(view, check, items, looked, reduced)
    answer = _reduced if reduced.value else _high_dose
    finding, said = answer(view, check, items)
    why = "kidney function and dose need no change" if finding is None else ", ".join(finding.because)
    return Outcome(check.id, (finding,) if finding else (), said, looked, why)


def _not_known(view: View, check: Check, items: tuple[Present, ...], looked: tuple[str, ...], why: Unknown) -> Outcome:
    """No value and no stage decides. The finding of baclofen-renal-unknown, where there is one, is the card for it."""
    if view.kidney.dialysis:
        said = NotChecked(check.id, why.reason, why.detail or "kidney function not known", makes_card=False)
        return Outcome(check.id, (), (said,), looked, "on dialysis: baclofen-dialysis answers, whatever the value")
    unseen = lab_gaps(view, check)
    if unseen:
        return Outcome(check.id, (), unseen, looked, "the laboratory values could not be seen")
    quiet = renal_unknown_speaks(view, items) or why.reason is Reason.REPORTED_EMPTY
    said = NotChecked(check.id, why.reason, why.detail or "kidney function not known", makes_card=not quiet)
    return Outcome(check.id, (), (said,), looked, "no usable creatinine, eGFR or CKD stage")


def _reduced(view: View, check: Check, items: tuple[Present, ...]) -> Answer:
    """eGFR below 60: the level of the knowledge file, for all baclofen together."""
    at = level(view, check, items)
    total = total_dose(view, items)
    crossed = at.indicator < Indicator.CRITICAL and _adding_crosses(view, items, total, ("baclofen-20-mg",))
    said = at.not_checked
    unknown = at.unknown
    if crossed:
        said += (NotChecked(check.id, Reason.CONFLICT, ADDS, makes_card=False),)
        unknown += (ADDS,)
    return _finding(view, check, items, total, _wording(view, check, items, at), at, unknown), said


def _wording(view: View, check: Check, items: tuple[Present, ...], at: Level) -> str:
    avoid = holds(view, "egfr-below-30", items) == Known(True)
    if is_child(view, check.number("adult")):
        return "child-avoid" if avoid else "child"
    if avoid:
        return "avoid" if at.indicator is Indicator.CRITICAL else "plan"
    return "reduce"


def _high_dose(view: View, check: Check, items: tuple[Present, ...]) -> Answer:
    """eGFR 60 or more: only a high dose with eGFR below 90 is worth a word."""
    total = total_dose(view, items)
    mild = below_egfr(view, check.number("mild"))
    high = total.above(check.number("high_dose"))
    said = (*_value_due(view, check), *lab_gaps(view, check))
    if mild == Known(False) or high == Known(False):
        if mild != Known(False) and running_extra(items) + total.milligrams > check.number("high_dose"):
            said += (NotChecked(check.id, Reason.CONFLICT, ADDS, makes_card=False),)
        return None, said
    for answer in (mild, high):
        if isinstance(answer, Unknown):
            return None, (*said, NotChecked(check.id, answer.reason, answer.detail, makes_card=False))
    because = (f"above {number(check.number('high_dose'))} mg/day", f"eGFR below {number(check.number('mild'))}")
    return _finding(view, check, items, total, "mild", Level(Indicator.INFO, because), ()), said


def _value_due(view: View, check: Check) -> tuple[NotChecked, ...]:
    """A reassuring value that is due for repetition reassures less: said in the report, on no card of its own."""
    if not due(view):
        return ()
    return (NotChecked(check.id, Reason.STALE, f"the value is of {day(view.kidney.when)}", makes_card=False),)


def _adding_crosses(view: View, items: tuple[Present, ...], total: Total, facts: tuple[str, ...]) -> bool:
    """Whether a dose limit is crossed only if an unlinked order adds to the running one instead of replacing it."""
    extra = running_extra(items)
    limits = [view.knowledge.facts[fact].numbers["dose"].value for fact in facts]
    return any(total.milligrams < limit <= total.milligrams + extra for limit in limits)


def _finding(
    view: View,
    check: Check,
    items: tuple[Present, ...],
    total: Total,
    wording: str,
    at: Level,
    unknown: tuple[str, ...],
) -> Finding:
    aged = (f"kidney function today: the value is of {day(view.kidney.when)}",) if due(view) else ()
    age = age_text(view)
    return Finding(
        check=check.id,
        indicator=at.indicator,
        wording=wording,
        values={**dose_values(total), **kidney_values(view), **({"age": age} if age else {})},
        about=tuple(dict.fromkeys(item.ref for item in items)),
        evidence=check.evidence,
        seen=(*(seen(view, item) for item in items), *kidney_seen(view), *((f"age {age}",) if age else ())),
        because=at.because or (f"eGFR below {number(check.number('reduced'))}",),
        unknown=(*unknown, *aged),
        shown=at.shown,
    )


def _intrathecal(view: View, check: Check) -> Outcome:
    """Intrathecal baclofen: micrograms, so the bands for mg do not apply; said when the kidneys are failing."""
    items = tuple(
        item for item in view.on_side(check.applies_to) if item.subject and item.drug.route is Route.INTRATHECAL
    )
    if not items:
        return Outcome(check.id, why="no order of this call brings systemic baclofen")
    looked = (*(seen(view, item) for item in items), *kidney_seen(view))
    low = holds(view, "egfr-below-30", items)
    if not (low == Known(True) or view.kidney.dialysis or view.kidney.injured):
        said = unknown_for(check, view.gaps("creatinine"), makes_card=False) if isinstance(low, Unknown) else ()
        return Outcome(check.id, (), said, looked, "intrathecal: the bands of daily milligrams do not apply")
    at = Level(Indicator.INFO, ("intrathecal route",))
    finding = _finding(view, check, items, Total(0.0), "intrathecal", at, ())
    values = {key: value for key, value in finding.values.items() if key not in ("total", "dose")}
    finding = msgspec.structs.replace(finding, values=values)
    return Outcome(check.id, (finding,), (), looked, "intrathecal, and the kidneys are failing")
