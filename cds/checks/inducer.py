"""An inducer of CYP3A begun, or stopped, beside a benzodiazepine that it clears (``cyp-inducer-benzo``)."""

from __future__ import annotations

from cds.checks.levels import Level, level
from cds.checks.listed import answer
from cds.checks.pairs import list_gaps
from cds.checks.registry import check
from cds.checks.stopped import continuing, stopped_items
from cds.checks.stopping import stop_seen
from cds.checks.words import seen
from cds.findings import Finding, Indicator, Outcome
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check
from cds.view import Present, View, joined


@check("cyp-inducer-benzo")
def cyp_inducer_benzo(view: View, check: Check) -> Outcome:
    """The start as a list of pairs; the stop from the orders that end an inducer, for a benzodiazepine that goes on."""
    start = answer(view, check)
    terminology = view.knowledge.terminology
    inducers = ingredients_of(check.other, terminology)
    kept = {item.ingredient for item in continuing(view, inducers)}
    gone = tuple(item for item in stopped_items(view, inducers) if item.ingredient not in kept)
    if not gone:
        return start
    benzodiazepines = tuple(item for item in view.on_side(check.one) if not item.single_dose)
    said = (*start.not_checked, *list_gaps(view, check))
    looked = (*start.looked_at, *(stop_seen(view, item) for item in gone))
    if not benzodiazepines:
        return Outcome(check.id, start.findings, said, looked, "no benzodiazepine goes on that it would clear")
    stop = _stop(view, check, benzodiazepines, gone)
    why = "an inducer is stopped and the benzodiazepine goes on"
    return Outcome(check.id, (*start.findings, stop), said, looked, why)


def _stop(view: View, check: Check, kept: tuple[Present, ...], gone: tuple[Present, ...]) -> Finding:
    at: Level = level(view, check, (*gone, *kept))
    names = [list(dict.fromkeys(item.ingredient for item in items)) for items in (kept, gone)]
    return Finding(
        check=check.id,
        indicator=at.indicator,
        wording="stop",
        values={
            "one": joined(view.name(id) for id in names[0]),
            "other": joined(view.name(id) for id in names[1]),
            "drugs": [*names[0], *names[1]],
        },
        about=tuple(dict.fromkeys(item.ref for item in (*gone, *kept))),
        evidence=check.evidence,
        seen=(*(stop_seen(view, item) for item in gone), *(seen(view, item) for item in kept)),
        because=at.because,
        unknown=at.unknown,
        shown=at.indicator is not Indicator.SILENT,
    )
