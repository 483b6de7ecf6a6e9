"""Named facts of pregnancy, birth and breastfeeding, from the problem list and from observations together.

Observations are a status or a test, an estimated day of delivery, a gestational age, the day of the last birth, and
whether the patient breastfeeds. The newest answer counts; what is too old to be of this pregnancy does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from cds.case import Known, Lab, Maybe, Problem, Reason, Unknown, When
from cds.checks.baclofen import total_dose
from cds.checks.registry import fact, tells
from cds.knowledge.model import Fact
from cds.view import Present, View, day

Scope = tuple[Present, ...]
TERM = 280  # days from the first day of the last period to the estimated day of delivery: a definition
KEYS = ("conditions", "pregnancy")
_YES, _NO = ("pregnant", "positive"), ("not-pregnant", "negative")


class Pregnancy(msgspec.Struct, frozen=True):
    """``now`` whether pregnant today; ``days`` of gestation if they can be told; ``seen`` what that was read from."""

    now: Maybe[bool]
    days: int | None = None
    seen: tuple[str, ...] = ()


def pregnancy(view: View) -> Pregnancy:
    """What is known of a pregnancy today. An active entry too old to be of today is Unknown, stale."""
    numbers = view.knowledge.facts["pregnant"].numbers
    longest, late = int(numbers["days"].value), int(numbers["late"].value)
    today = view.case.as_of
    answer, due = _newest_answer(view), _newest_day(view, "estimated-delivery-date")
    denied = answer.when.first if answer is not None and answer.said in _NO and answer.when is not None else None
    ended = due.day.first if due is not None and due.day is not None and (today - due.day.last).days > late else None
    over = max((each for each in (denied, ended) if each is not None), default=None)
    gestation = _gestation(view, due if ended is None else None, over, longest)
    seen = [f"gestation {gestation // 7} weeks"] if gestation is not None else []
    if answer is not None and answer.said in _YES and _of_now(answer.when, over, today, longest):
        seen.append(f"recorded as pregnant{_on(answer.when)}")
    problems = view.problems(("pregnancy",))
    told = [problem for problem in problems if _of_now(problem.onset, ended, today, longest, denied)]
    seen += [f"{problem.concept.label}{_on(problem.onset)}" for problem in told]
    if seen:
        return Pregnancy(Known(True), gestation if gestation is not None else _by_words(view, told), tuple(seen))
    records = [problem.onset for problem in problems] + [lab.when for lab in view.case.labs if lab.said in _YES]
    if any(when is not None and (over is None or when.first > over) for when in records):
        return Pregnancy(Unknown(Reason.STALE, f"the last record of a pregnancy is more than {longest} days old"))
    return Pregnancy(_none(view, KEYS))


def _newest_answer(view: View) -> Lab | None:
    """The newest status or test that says yes or no; of one day a yes."""
    found = [lab for lab in view.case.labs if lab.said in (*_YES, *_NO)]
    dated = [lab for lab in found if lab.when is not None]
    if not dated:
        return next((lab for lab in found if lab.said in _YES), None)
    return max(dated, key=lambda lab: (lab.when.first if lab.when else date.min, lab.said in _YES))


def _newest_day(view: View, kind: str) -> Lab | None:
    return next((lab for lab in view.case.labs if lab.kind == kind and lab.day is not None), None)


def _of_now(when: When | None, over: date | None, today: date, longest: int, denied: date | None = None) -> bool:
    """Whether a record of that day can be of a pregnancy of today; without a date only a birth since speaks against."""
    if when is None:
        return over is None
    if any(end is not None and when.first <= end for end in (over, denied)):
        return False
    return (today - when.last).days <= longest


def _gestation(view: View, due: Lab | None, over: date | None, longest: int) -> int | None:
    """Days of gestation by the estimated day of delivery, else by a gestational age that was recorded."""
    today = view.case.as_of
    if due is not None and due.day is not None and not _denied(due, over):
        days = TERM - (due.day.first - today).days
        return days if 0 <= days <= longest else None
    for lab in view.case.labs:
        if lab.kind == "gestational-age" and isinstance(lab.value, Known) and lab.when is not None:
            days = int(lab.value.value / 24) + (today - lab.when.last).days
            return days if 0 <= days <= longest and not _denied(lab, over) else None
    return None


def _denied(lab: Lab, over: date | None) -> bool:
    """Whether a newer record says that this pregnancy is over."""
    return over is not None and lab.when is not None and lab.when.first < over


def _by_words(view: View, told: Iterable[Problem]) -> int | None:
    """The third trimester by the words of a code ("..., third trimester"), as its first day."""
    third = int(view.knowledge.facts["third-trimester"].numbers["days"].value)
    left = TERM - third
    for problem in told:
        recent = problem.onset is None or (view.case.as_of - problem.onset.last).days <= left
        if recent and "third trimester" in problem.concept.label.lower():
            return third
    return None


def _on(when: When | None) -> str:
    return f" {day(when)}" if when is not None else ""


def _none(view: View, keys: tuple[str, ...]) -> Maybe[bool]:
    """Not found: false only if the lists could be seen."""
    gaps = (*view.gaps(*keys), *view.reported_empty(*keys))
    return gaps[0] if gaps else Known(False)


@fact("pregnant")
def pregnant(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """By status, test, estimated day of delivery, gestational age or the problem list."""
    return pregnancy(view).now


@tells("pregnant", "third-trimester")
def pregnancy_words(view: View) -> tuple[str, ...]:
    """What the pregnancy was read from."""
    return pregnancy(view).seen


@fact("third-trimester")
def third_trimester(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Unknown where the patient is pregnant and nobody says since when."""
    found = pregnancy(view)
    if found.now != Known(True):
        return found.now
    if found.days is None:
        return Unknown(Reason.ABSENT, "the week of pregnancy is not known")
    return Known(found.days >= fact.numbers["days"].value)


@fact("wants-pregnancy")
def wants_pregnancy(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """By the newest answer within a year."""
    newest = next((lab for lab in view.case.labs if lab.kind == "pregnancy-intent"), None)
    if newest is not None and newest.when is not None:
        if newest.said == "wants" and (view.case.as_of - newest.when.last).days > fact.numbers["days"].value:
            return Unknown(Reason.STALE, "the wish for a pregnancy was recorded more than a year ago")
        return Known(newest.said == "wants")
    return _none(view, ("pregnancy",))


# -- birth and breastfeeding ------------------------------------------------------------------------------------------


def birth(view: View) -> date | None:
    """The newest day of a birth that is past: recorded, by the entry of the time after birth, or expected."""
    days = [lab.day.last for lab in view.case.labs if lab.kind in ("last-birth", "estimated-delivery-date") and lab.day]
    days += [problem.onset.last for problem in view.problems(("postpartum",)) if problem.onset is not None]
    return max((each for each in days if each <= view.case.as_of), default=None)


@fact("birth-within-30-days")
def birth_within_30_days(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """A birth lately, or one that is expected by then."""
    days = timedelta(days=fact.numbers["days"].value)
    today, last, due = view.case.as_of, birth(view), _newest_day(view, "estimated-delivery-date")
    lately = last is not None and today - last <= days
    soon = due is not None and due.day is not None and timedelta(0) <= due.day.first - today <= days
    return Known(True) if lately or soon else _none(view, KEYS)


@tells("birth-within-30-days")
def birth_words(view: View) -> tuple[str, ...]:
    """The day of the birth."""
    last = birth(view)
    return (f"birth {day(last)}",) if last is not None else pregnancy(view).seen


@fact("breastfeeding")
def breastfeeding(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """By the newest status, or an entry of the problem list that no newer status denies."""
    status = _lactation_status(view)
    today, limit = view.case.as_of, fact.numbers["days"].value
    if status is not None and status.when is not None and (today - status.when.last).days <= limit:
        if status.said == "breastfeeding":
            return Known(True)
        onsets = [problem.onset for problem in view.problems(fact.concepts)]
        return Known(any(onset is not None and onset.first > status.when.first for onset in onsets))
    problems = view.problems(fact.concepts)
    if any(problem.onset is None or (today - problem.onset.last).days <= limit for problem in problems):
        return Known(True)
    if problems or (status is not None and status.said == "breastfeeding"):
        return Unknown(Reason.STALE, "the last record of breastfeeding is more than two years old")
    return _none(view, KEYS)


def _lactation_status(view: View) -> Lab | None:
    return next((lab for lab in view.case.labs if lab.kind == "lactation-status" and lab.said), None)


def infant_days(view: View) -> int | None:
    """The infant's age in days: since the birth, else since breastfeeding began."""
    began = birth(view)
    if began is None:
        onsets = [problem.onset.last for problem in view.problems(("lactation",)) if problem.onset is not None]
        began = max(onsets, default=None)
    return (view.case.as_of - began).days if began is not None else None


@fact("infant-young-or-preterm")
def infant_young_or_preterm(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Below the age, or born too early by the mother's problem list."""
    if view.problems(fact.concepts):
        return Known(True)
    days = infant_days(view)
    if days is None:
        return Unknown(Reason.ABSENT, "the infant's age is not known")
    return Known(True) if days < fact.numbers["days"].value else _none(view, ("conditions",))


@tells("breastfeeding")
def breastfeeding_words(view: View) -> tuple[str, ...]:
    """What it was read from, and how old the infant is."""
    status, days = _lactation_status(view), infant_days(view)
    words = [f"{problem.concept.label}{_on(problem.onset)}" for problem in view.problems(("lactation",))]
    if status is not None and status.said == "breastfeeding":
        words.append(f"recorded as breastfeeding{_on(status.when)}")
    return (*words, *((f"infant of about {days} days",) if days is not None else ()))


@fact("baclofen-80-mg")
def baclofen_80_mg(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Summed over all baclofen of the scope."""
    return total_dose(view, scope).at_least(fact.numbers["dose"].value)
