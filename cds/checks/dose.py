"""Orders whose daily dose cannot be computed (``dose-unparsable``): said, so that silence is no reassurance."""

from __future__ import annotations

from cds.arithmetic.reading import NOTHING_SAID
from cds.case import Reason, Unknown
from cds.checks.levels import level
from cds.checks.registry import check
from cds.checks.words import dose_words, seen
from cds.findings import Finding, NotChecked, Outcome
from cds.knowledge.model import Check
from cds.view import Present, View

# The prescriber is still choosing: an order without any dose is not finished, not wrong.
NOT_YET = ("select", "prescribe")


@check("dose-unparsable")
def dose_unparsable(view: View, check: Check) -> Outcome:
    """One finding per order of this call whose daily dose is unknown, with the reason in plain words."""
    items = [item for item in view.on_side(check.applies_to) if item.subject]
    if not items:
        return Outcome(check.id, why="no order of this call brings baclofen or a benzodiazepine")
    looked = tuple(seen(view, item) for item in items)
    open_ones = [(item, why) for item in items if (why := _open(item)) is not None]
    waiting = [item for item, why in open_ones if why == NOTHING_SAID and view.case.phase in NOT_YET]
    findings = tuple(_finding(view, check, item, why) for item, why in open_ones if item not in waiting)
    said = tuple(
        NotChecked(check.id, NOTHING_SAID.reason, f"{view.name(item.ingredient)}: no dose yet", makes_card=False)
        for item in waiting
    )
    words = "; ".join(why.detail for _, why in open_ones) or "every daily dose is known"
    return Outcome(check.id, findings, said, looked, words)


def _open(item: Present) -> Unknown | None:
    """Why the daily dose is not known, or not sure to stay what it is; None when it is known."""
    if isinstance(item.dose, Unknown):
        return item.dose
    return Unknown(Reason.DOSE_UNKNOWN, item.dose.value.caveat) if item.dose.value.caveat else None


def _finding(view: View, check: Check, item: Present, why: Unknown) -> Finding:
    at = level(view, check, (item,))
    reason = why.detail or why.reason.value
    return Finding(
        check=check.id,
        indicator=at.indicator,
        wording="default" if isinstance(item.dose, Unknown) else "partly",
        values={
            "one": view.name(item.ingredient),
            "dose": dose_words(item.dose),
            "reason": reason,
            "drugs": [item.ingredient],
        },
        about=(item.ref,),
        evidence=check.evidence,
        seen=(seen(view, item),),
        shown=at.shown,
    )
