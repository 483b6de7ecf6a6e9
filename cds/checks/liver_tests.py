"""Liver tests that are due in long use of a benzodiazepine (``benzo-lft-monitoring``)."""

from __future__ import annotations

from cds.case import Known, Lab, Maybe, Reason, Unknown, When
from cds.checks.levels import unknown_for
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, NotChecked, Outcome
from cds.knowledge.model import Check
from cds.view import LISTS, Present, View, day, joined

KEYS = (*LISTS, "conditions")
TESTS = ("alt", "ast", "bilirubin-total")


@check("benzo-lft-monitoring")
def benzo_lft_monitoring(view: View, check: Check) -> Outcome:
    """A benzodiazepine for long, or with a liver disease, and no liver test within a year."""
    if not view.looks_only:
        return Outcome(check.id, why="asked when a chart is opened")
    items = tuple(item for item in view.on_side(check.applies_to) if item.use is not None and not item.single_dose)
    said = unknown_for(check, (*view.gaps(*KEYS), *view.reported_empty(*KEYS)), makes_card=False)
    if not items:
        return Outcome(check.id, (), said, why="no benzodiazepine is taken")
    looked = tuple(seen(view, item) for item in items)
    ill = view.problems(check.conditions)
    long = tuple(item for item in items if _days(view, item) >= check.number("days"))
    if not ill and not long:
        said += _unknown_starts(check, items)
        return Outcome(check.id, (), said, looked, "not taken for long, and no liver disease is known")
    newest, gaps = _newest(view), view.gaps("liver")
    if newest is not None and _age(view, newest) <= check.number("test_days"):
        said += unknown_for(check, (newest.value,) if isinstance(newest.value, Unknown) else gaps, makes_card=False)
        return Outcome(check.id, (), said, (*looked, _test(newest)), "liver tests are not due")
    if gaps:
        return Outcome(check.id, (), said + unknown_for(check, gaps, makes_card=False), looked, "liver tests not seen")
    said += unknown_for(check, view.reported_empty("liver"), makes_card=False)
    meant = long or items
    reasons = ("taken for long" if long else "", *(problem.concept.label for problem in ill))
    finding = Finding(
        check=check.id,
        indicator=check.levels.base,
        wording="default",
        values={
            "one": joined(view.name(item.ingredient) for item in meant),
            "last": f"the last is of {day(newest.when)}" if newest is not None else "none is on record",
            "drugs": list(dict.fromkeys(item.ingredient for item in meant)),
        },
        about=tuple(dict.fromkeys(item.ref for item in meant)),
        evidence=check.evidence,
        seen=(*(seen(view, item) for item in meant), *((_test(newest),) if newest is not None else ())),
        because=tuple(reason for reason in reasons if reason),
    )
    return Outcome(check.id, (finding,), said, looked, "liver tests are due")


def _days(view: View, item: Present) -> int:
    """Days on the drug without a break; 0 where nobody can tell."""
    started = _started(item)
    return (view.case.as_of - started.value.last).days if isinstance(started, Known) else 0


def _started(item: Present) -> Maybe[When]:
    return item.use.started if item.use is not None else Unknown(Reason.ABSENT)


def _unknown_starts(check: Check, items: tuple[Present, ...]) -> tuple[NotChecked, ...]:
    starts = map(_started, items)
    return unknown_for(check, tuple(gap for gap in starts if isinstance(gap, Unknown)), makes_card=False)


def _newest(view: View) -> Lab | None:
    return next((lab for lab in view.case.labs if lab.kind in TESTS and lab.when is not None), None)


def _age(view: View, lab: Lab) -> int:
    """Days since the test; the list holds dated ones only."""
    return (view.case.as_of - lab.when.last).days if lab.when is not None else 0


def _test(lab: Lab | None) -> str:
    return f"{lab.kind} {lab.shown} ({day(lab.when)})" if lab is not None else ""
