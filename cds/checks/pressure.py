"""The newest systolic blood pressure, and the question that needs it: drugs that lower it together."""

from __future__ import annotations

import msgspec

from cds.case import Known, Lab, Maybe, Reason, Unknown
from cds.checks.levels import level
from cds.checks.pairs import list_gaps
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, NotChecked, Outcome
from cds.knowledge.model import Check
from cds.view import Present, View, day, joined

SYSTOLIC = ("systolic-bp", "systolic-bp-standing")


class Systolic(msgspec.Struct, frozen=True):
    """A systolic pressure in mmHg. ``below``: it was sent as "less than"."""

    value: float
    below: bool
    shown: str


def latest_systolic(view: View, days: float) -> Maybe[Systolic]:
    """The lowest value of the newest day within so many days.

    Unknown ``absent`` when none was sent, ``stale`` when all are older (or undated), else why it cannot be read.
    """
    labs = [lab for lab in view.case.labs if lab.kind in SYSTOLIC and lab.status == "final"]
    if not labs:
        return Unknown(Reason.ABSENT, "no blood pressure")
    recent = [lab for lab in labs if lab.when is not None and 0 <= (view.case.as_of - lab.when.last).days <= days]
    if not recent:
        return Unknown(Reason.STALE, "the newest blood pressure is too old")
    newest = max(lab.when.last for lab in recent if lab.when is not None)
    values = [found for lab in recent if lab.when is not None and lab.when.last == newest and (found := _value(lab))]
    if not values:
        unread = next((lab.value for lab in recent if isinstance(lab.value, Unknown)), None)
        return Unknown(unread.reason if unread else Reason.UNREADABLE, "blood pressure could not be read")
    return Known(min(values, key=lambda one: one.value))


def _value(lab: Lab) -> Systolic | None:
    if isinstance(lab.value, Unknown) or lab.comparator not in ("", "<", "<="):
        return None
    when = f" ({day(lab.when)})" if lab.when is not None else ""
    return Systolic(lab.value.value, bool(lab.comparator), f"systolic pressure {lab.shown}{when}")


@check("additive-hypotension")
def additive_hypotension(view: View, check: Check) -> Outcome:
    """Baclofen, or tizanidine beside baclofen or a benzodiazepine, with drugs that lower blood pressure.

    One or two of them without a further risk are in the report only.
    """
    ones = tuple(item for item in _ones(view, check) if not item.single_dose)
    others = tuple(item for item in view.on_side(check.other) if not item.single_dose)
    scope = tuple(dict.fromkeys((*ones, *others)))
    if not any(item.subject for item in scope):
        return Outcome(check.id, why="no order of this call brings a drug of this pair")
    looked = tuple(seen(view, item) for item in scope)
    if not ones or not others:
        return Outcome(check.id, (), list_gaps(view, check), looked, "only one side of the pair is present")
    at = level(view, check, scope)
    finding = Finding(
        check=check.id,
        indicator=at.indicator,
        wording="default",
        values={
            "one": joined(view.name(item.ingredient) for item in ones),
            "other": joined(view.name(item.ingredient) for item in others),
            "drugs": list(dict.fromkeys(item.ingredient for item in scope)),
        },
        about=tuple(dict.fromkeys(item.ref for item in sorted(scope, key=lambda item: not item.subject))),
        evidence=check.evidence,
        seen=(*looked, *_pressure_seen(view)),
        because=at.because,
        unknown=at.unknown,
        shown=at.shown,
    )
    said: tuple[NotChecked, ...] = (*list_gaps(view, check), *at.not_checked)
    return Outcome(check.id, (finding,), said, finding.seen, f"pair present, {at.indicator.name.lower()}")


def _ones(view: View, check: Check) -> tuple[Present, ...]:
    """Baclofen; tizanidine only where it stands beside one of our drugs."""
    baclofen = view.of_class("baclofen")
    tizanidine = tuple(item for item in view.on_side(check.one) if item.ingredient == "tizanidine")
    return (*baclofen, *tizanidine) if baclofen or view.of_class("benzodiazepine") else ()


def _pressure_seen(view: View) -> tuple[str, ...]:
    days = view.knowledge.facts["low-systolic-pressure"].numbers["days"].value
    latest = latest_systolic(view, days)
    return (latest.value.shown,) if isinstance(latest, Known) else ()
