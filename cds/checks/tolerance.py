"""Baclofen that nobody has looked at for a year (``tolerance-review``): a reminder on an opened chart."""

from __future__ import annotations

from cds.case import DrugUse, Known, Maybe, Procedure, Unknown, When
from cds.checks.conditions import on_route
from cds.checks.dose_words import dose_finding
from cds.checks.levels import unknown_for
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Outcome
from cds.knowledge.model import Check
from cds.view import LISTS, View

REVIEW = "medication-review"


@check("tolerance-review")
def tolerance_review(view: View, check: Check) -> Outcome:
    """Taken without a break, and unchanged, for a year, with no medication review on record since."""
    if not view.looks_only:
        return Outcome(check.id, why="a question for opened charts")
    items = tuple(item for item in view.on_side(check.applies_to) if item.subject and on_route(item, check))
    lists = unknown_for(check, view.gaps(*LISTS), makes_card=False) + unknown_for(check, view.reported_empty(*LISTS))
    looked = tuple(seen(view, item) for item in items)
    old = [item for item in items if item.use is not None and _long(view, check, item.use) == Known(True)]
    if not old:
        unsure = [_long(view, check, item.use) for item in items if item.use is not None]
        said = unknown_for(check, tuple(u for u in unsure if isinstance(u, Unknown)), makes_card=False)
        return Outcome(check.id, (), lists + said, looked, "not taken unchanged for a year, as far as known")
    if any(_is_recent_review(view, check, done) for done in view.case.procedures):
        return Outcome(check.id, (), lists, looked, "a medication review is on record")
    days = max(_days(view, item.use.started) or 0 for item in old if item.use is not None)
    gaps = view.gaps("procedures")
    finding = dose_finding(
        view,
        check,
        old,
        check.levels.base,
        "default",
        {"one": view.name(old[0].ingredient), "months": int(days / check.number("month"))},
        (f"unchanged for at least {int(check.number('days'))} days",),
        unknown=("whether a review took place",) if gaps else (),
    )
    said = lists + unknown_for(check, gaps, makes_card=False) + unknown_for(check, view.reported_empty("procedures"))
    return Outcome(check.id, (finding,), said, looked, "taken unchanged for a year")


def _long(view: View, check: Check, use: DrugUse) -> Maybe[bool]:
    """Whether both the use and its present dose have stood for the days asked for."""
    limit = check.number("days")
    spans = [_days(view, when) for when in (use.started, use.unchanged_since)]
    if any(span is not None and span < limit for span in spans):
        return Known(False)
    unknown = [when for when in (use.started, use.unchanged_since) if isinstance(when, Unknown)]
    return unknown[0] if unknown else Known(True)


def _days(view: View, when: Maybe[When]) -> int | None:
    return None if isinstance(when, Unknown) else (view.case.as_of - when.value.last).days


def _is_recent_review(view: View, check: Check, done: Procedure) -> bool:
    if REVIEW not in done.concept.ids or done.status != "done":
        return False
    return done.when is None or (view.case.as_of - done.when.last).days < check.number("days")
