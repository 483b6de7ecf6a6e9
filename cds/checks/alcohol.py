"""Does a patient who is to get baclofen or a benzodiazepine drink?"""

from __future__ import annotations

from cds.case import Known
from cds.checks.alcohol_records import drinks_now, past_problems, unusable
from cds.checks.levels import holds, unknown_for
from cds.checks.pairs import worst
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, NotChecked, Outcome
from cds.knowledge.model import Check
from cds.view import Present, View, joined


@check("alcohol-use")
def alcohol_use(view: View, check: Check) -> Outcome:
    """One finding for all ordered drugs, at the level of the worst: a benzodiazepine for withdrawal excuses no other.

    Nothing on record answers nothing about drinking; it is not a reason for a card either.
    """
    drugs = tuple(item for item in view.on_side(check.one) if item.subject)
    if not drugs:
        return Outcome(check.id, why="no order of this call brings baclofen or a benzodiazepine")
    now, past = drinks_now(view), tuple(problem.concept.label for problem in past_problems(view))
    looked = (*(seen(view, item) for item in drugs), *(now or past))
    if not now and not past:
        return Outcome(check.id, (), _gaps(view, check), looked, "nothing recorded says that the patient drinks")
    at = worst(view, check, tuple((item,) for item in drugs))
    finding = Finding(
        check=check.id,
        indicator=at.indicator,
        wording=_wording(view, drugs, bool(now)),
        values={
            "one": joined(view.name(item.ingredient) for item in drugs),
            "signs": joined(now or past),
            "drugs": list(dict.fromkeys(item.ingredient for item in drugs)),
        },
        about=tuple(dict.fromkeys(item.ref for item in drugs)),
        evidence=check.evidence,
        seen=looked,
        because=at.because,
        unknown=at.unknown,
        shown=at.shown,
    )
    said: tuple[NotChecked, ...] = (*_gaps(view, check), *at.not_checked)
    return Outcome(check.id, (finding,), said, looked, f"alcohol on record, {at.indicator.name.lower()}")


def _wording(view: View, drugs: tuple[Present, ...], now: bool) -> str:
    if not now:
        return "past"
    if holds(view, "alcohol-intoxication-now", drugs) == Known(True):
        return "intoxicated"
    return "withdrawal" if holds(view, "for-alcohol-withdrawal", drugs) == Known(True) else "default"


def _gaps(view: View, check: Check) -> tuple[NotChecked, ...]:
    """The problem list makes the "not checked" card; the recorded amounts, which few send, never do."""
    return (
        *unknown_for(check, (*view.gaps("conditions"), *view.reported_empty("conditions"))),
        *unknown_for(check, (*view.gaps("alcohol"), *view.reported_empty("alcohol")), makes_card=False),
        *unknown_for(check, unusable(view, check), makes_card=False),
    )
