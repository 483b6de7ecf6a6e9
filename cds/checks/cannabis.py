"""Cannabis, as a medicine or on the problem list, with baclofen or a benzodiazepine."""

from __future__ import annotations

from cds.checks.levels import unknown_for
from cds.checks.listed import answer
from cds.checks.pairs import worst
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, Outcome
from cds.knowledge.model import Check
from cds.view import View, joined

CONCEPTS = ("cannabis-use",)


@check("cannabis-use")
def cannabis_use(view: View, check: Check) -> Outcome:
    """The pairs first (they are the stronger); else cannabis on the problem list of who gets one of our drugs."""
    pair = answer(view, check)
    gaps = unknown_for(check, (*view.gaps("conditions"), *view.reported_empty("conditions")))
    drugs = tuple(item for item in view.on_side(check.one) if item.subject)
    problems = view.problems(CONCEPTS)
    if pair.findings or not drugs or not problems:
        said = (*pair.not_checked, *gaps) if drugs and not pair.findings else pair.not_checked
        return Outcome(check.id, pair.findings, said, pair.looked_at, pair.why)
    at = worst(view, check, tuple((item,) for item in drugs))
    finding = Finding(
        check=check.id,
        indicator=at.indicator,
        wording="use",
        values={
            "one": joined(view.name(item.ingredient) for item in drugs),
            "other": joined(problem.concept.label for problem in problems),
            "drugs": list(dict.fromkeys(item.ingredient for item in drugs)),
        },
        about=tuple(dict.fromkeys(item.ref for item in drugs)),
        evidence=check.evidence,
        seen=(*(seen(view, item) for item in drugs), *(problem.concept.label for problem in problems)),
        because=at.because,
        unknown=at.unknown,
        shown=at.shown,
    )
    said = (*pair.not_checked, *gaps, *at.not_checked)
    return Outcome(check.id, (finding,), said, finding.seen, "cannabis use on the problem list")
