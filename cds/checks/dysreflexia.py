"""Baclofen with a cord lesion at or above T6, or autonomic dysreflexia (``autonomic-dysreflexia``)."""

from __future__ import annotations

from cds.case import Known, Route
from cds.checks.baclofen import raises
from cds.checks.conditions import problem_words
from cds.checks.levels import holds, unknown_for
from cds.checks.registry import check
from cds.checks.stopped import stopped_items
from cds.checks.words import seen
from cds.findings import Finding, Indicator, Outcome
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check
from cds.view import Present, View, joined


@check("autonomic-dysreflexia")
def autonomic_dysreflexia(view: View, check: Check) -> Outcome:
    """A stop or a reduction by pump is a warning; a start or a raise an info; a stop by mouth an info."""
    ours = ingredients_of(check.applies_to, view.knowledge.terminology)
    stopped = stopped_items(view, ours) + stopped_items(view, ours, omitted=True)
    present = tuple(item for item in view.on_side(check.applies_to) if item.subject)
    if not stopped and not present:
        return Outcome(check.id, why="no order of this call brings or ends baclofen")
    looked = tuple(seen(view, item) for item in (*stopped, *present))
    said = unknown_for(check, (*view.gaps("conditions"), *view.reported_empty("conditions")), makes_card=False)
    problems = view.problems(check.conditions)
    if not problems:
        return Outcome(check.id, (), said, looked, "no cord lesion at or above T6 is known")
    to, wording, items = _judge(view, stopped, present)
    finding = Finding(
        check=check.id,
        indicator=to,
        wording=wording,
        values={
            "one": joined(view.name(item.ingredient) for item in items),
            "condition": joined(problem.concept.label for problem in problems),
            "drugs": list(dict.fromkeys(item.ingredient for item in items)),
        },
        about=tuple(dict.fromkeys([*(item.ref for item in items), *(p.ref for p in problems if p.ref)])),
        evidence=check.evidence,
        seen=(*(seen(view, item) for item in items), *map(problem_words, problems)),
        because=(_BECAUSE[wording],),
        shown=to > Indicator.SILENT,
    )
    return Outcome(check.id, (finding,), said, looked, _BECAUSE[wording])


_BECAUSE = {"pump": "intrathecal baclofen ends or is lowered", "stop": "baclofen ends", "default": "baclofen is given"}


def _judge(
    view: View, stopped: tuple[Present, ...], present: tuple[Present, ...]
) -> tuple[Indicator, str, tuple[Present, ...]]:
    """What of the orders counts most, and for which drugs."""
    lowered = tuple(item for item in present if holds(view, "reduction", (item,)) == Known(True))
    by_pump = tuple(item for item in (*stopped, *lowered) if item.drug.route is Route.INTRATHECAL)
    if by_pump:
        return Indicator.WARNING, "pump", by_pump
    if stopped:
        return Indicator.INFO, "stop", stopped
    raised = tuple(item for item in present if raises(item))
    return (Indicator.INFO, "default", raised) if raised else (Indicator.SILENT, "default", present)
