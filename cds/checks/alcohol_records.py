"""What the record says about drinking: problems, AUDIT-C, drinks per week. Nothing recorded is not "does not drink"."""

from __future__ import annotations

from cds.case import Known, Lab, Problem, Unknown
from cds.knowledge.model import Check
from cds.view import View, day

CHECK = "alcohol-use"
NOW = ("alcohol-use-disorder", "alcohol-intoxication", "alcohol-withdrawal")
PAST = ("alcohol-use-remission",)
KINDS = {"audit-c": 1.0, "alcohol-drinks-per-week": 1.0, "alcohol-drinks-per-day": 7.0}


def drinks_now(view: View) -> tuple[str, ...]:
    """Everything that says so, in words: active problems, then recorded amounts."""
    problems = (_words(problem) for problem in view.problems(NOW))
    return (*problems, *heavy_use(view))


def past_problems(view: View) -> tuple[Problem, ...]:
    """Entries of remission, and entries of drinking that are resolved."""
    over = tuple(problem for problem in view.problems(NOW, history=True) if problem.status == "history")
    return (*view.problems(PAST, history=True), *over)


def heavy_use(view: View) -> tuple[str, ...]:
    """In words, the newest value of each kind, if it is recent, readable and at or above its limit."""
    check = view.knowledge.checks[CHECK]
    found = []
    for kind, per_week in KINDS.items():
        lab = newest(view, kind, check)
        if lab is None or isinstance(lab.value, Unknown) or lab.comparator in ("<", "<="):
            continue
        value = lab.value.value * per_week
        audit = kind == "audit-c"
        above = value >= check.number("audit_c") if audit else value > check.number("drinks_per_week")
        if above:
            name = "AUDIT-C" if audit else "drinks per week" if per_week == 1 else "drinks per day"
            found.append(f"{name} {lab.shown} ({day(lab.when)})")
    return tuple(found)


def newest(view: View, kind: str, check: Check) -> Lab | None:
    """The newest final value of a kind within the months the check allows."""
    for lab in view.case.labs:
        if lab.kind == kind and lab.status == "final" and lab.when is not None:
            old = (view.case.as_of - lab.when.last).days
            return lab if 0 <= old <= check.number("days") else None
    return None


def unread(view: View, check: Check) -> tuple[Unknown, ...]:
    """Why a recorded amount could not be used: not readable."""
    labs = [lab for kind in KINDS if (lab := newest(view, kind, check)) is not None]
    return tuple(Unknown(lab.value.reason, "recorded alcohol use") for lab in labs if not isinstance(lab.value, Known))


def _words(problem: Problem) -> str:
    return f"{problem.concept.label}{f' since {day(problem.onset)}' if problem.onset else ''}"
