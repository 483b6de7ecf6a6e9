"""What the record says about drinking: problems, AUDIT-C, drinks per week. Nothing recorded is not "does not drink"."""

from __future__ import annotations

from cds.case import Lab, Problem, Reason, Unknown
from cds.checks.conditions import problem_words
from cds.knowledge.model import Check
from cds.view import View, day, number

CHECK = "alcohol-use"
NOW = ("alcohol-use-disorder", "alcohol-intoxication", "alcohol-withdrawal")
PAST = ("alcohol-use-remission",)
KINDS = {"audit-c": 1.0, "alcohol-drinks-per-week": 1.0, "alcohol-drinks-per-day": 7.0}
NAMES = {"audit-c": "AUDIT-C", "alcohol-drinks-per-week": "drinks per week", "alcohol-drinks-per-day": "drinks per day"}


def drinks_now(view: View) -> tuple[str, ...]:
    """Everything that says so, in words: active problems, then recorded amounts."""
    return (*map(problem_words, view.problems(NOW)), *heavy_use(view))


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
        amount = lab.value.value
        if kind == "audit-c":
            heavy = amount >= check.number("audit_c")
        else:
            limit = check.number("drinks_per_week")
            heavy = amount * per_week > limit or (lab.comparator == ">" and amount * per_week >= limit)
        if heavy:
            found.append(f"{NAMES[kind]} {lab.comparator}{number(amount)} ({day(lab.when)})")
    return tuple(found)


def newest(view: View, kind: str, check: Check) -> Lab | None:
    """The newest final value of a kind, if it is recent enough to mean today."""
    lab = _last(view, kind)
    return lab if lab is not None and not _stale(view, lab, check) else None


def unusable(view: View, check: Check) -> tuple[Unknown, ...]:
    """Why a recorded amount could not be used: too old, or not readable."""
    found = []
    for lab in filter(None, (_last(view, kind) for kind in KINDS)):
        if _stale(view, lab, check):
            found.append(Unknown(Reason.STALE, "recorded alcohol use is too old"))
        elif isinstance(lab.value, Unknown):
            found.append(Unknown(lab.value.reason, "recorded alcohol use could not be read"))
    return tuple(found)


def _last(view: View, kind: str) -> Lab | None:
    """Labs stand newest first, undated ones last."""
    return next((lab for lab in view.case.labs if lab.kind == kind and lab.status == "final"), None)


def _stale(view: View, lab: Lab, check: Check) -> bool:
    return lab.when is None or not 0 <= (view.case.as_of - lab.when.last).days <= check.number("days")
