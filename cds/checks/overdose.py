"""Signs of an overdose, now, in a patient who takes or is to get baclofen or a benzodiazepine (``overdose-signs``)."""

from __future__ import annotations

import msgspec

from cds.case import Action, Known, Maybe, Problem, Reason, Unknown
from cds.checks.elderly_facts import reasons_of
from cds.checks.facts import Scope
from cds.checks.levels import level, unknown_for
from cds.checks.registry import check, fact
from cds.checks.vitals import Newest, at_most, below, newest
from cds.checks.words import seen
from cds.findings import Finding, Indicator, NotChecked, Outcome
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check, Fact
from cds.view import Present, View, day, joined, number

KINDS = ("respiratory-rate", "spo2", "gcs", "body-temperature")
MOST = 2  # signs named in a headline
UNCONSCIOUS = ("pain", "unresponsive")
LUNGS = ("copd", "oxygen-dependence", "hypoventilation", "respiratory-failure")


class Sign(msgspec.Struct, frozen=True):
    """One sign in words, of which day, where it was read, and whether somebody tells that it is of now."""

    words: str
    day: str
    ref: str
    of_now: bool = True
    oxygen: bool = False

    @property
    def seen(self) -> str:
        """With its day, as a card shows what was looked at."""
        return f"{self.words} ({self.day})" if self.day else self.words


@fact("ordered-for-a-seizure")
def ordered_for_a_seizure(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Every order of the scope starts a benzodiazepine and gives a seizure as its own reason."""
    orders = [item for item in scope if item.subject]
    members = view.of_class("benzodiazepine")
    return Known(bool(orders) and all(item in members and _for_it(item, fact) for item in orders))


def _for_it(item: Present, fact: Fact) -> bool:
    starts = item.order is not None and item.order.action is Action.START
    return starts and any(concept in reason.ids for concept in fact.concepts for reason in reasons_of(item))


@fact("oxygen-below-90")
def oxygen_below_90(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """By the newest measurement of the last day."""
    found = newest(view, "spo2", fact.numbers["days"].value)
    if isinstance(found.value, Known):
        return Known(below(found, fact.numbers["spo2"].value))
    if found.lab is not None:
        return found.value
    gaps = (*view.gaps("vitals"), *view.reported_empty("vitals"))
    return gaps[0] if gaps else Known(False)


@check("overdose-signs")
def overdose_signs(view: View, check: Check) -> Outcome:
    """Signs of now, and a drug that is taken (hold it) or ordered (do not give it)."""
    ours = ingredients_of(check.applies_to, view.knowledge.terminology)
    items = tuple(item for item in view.present if item.ingredient in ours and item.systemic)
    orders = tuple(item for item in items if item.subject)
    if not orders:
        return Outcome(check.id, why="no order of this call brings baclofen or a benzodiazepine")
    vitals = {kind: newest(view, kind, check.number("days")) for kind in KINDS}
    signs = _signs(view, check, vitals)
    looked = (*(seen(view, item) for item in orders), *(sign.seen for sign in signs))
    said = _gaps(view, check, vitals)
    taken = tuple(item for item in items if item.use is not None)
    if not signs or (not taken and _oxygen_only(signs)):
        why = "no sign of an overdose" if not signs else "low oxygen alone, and nothing taken yet"
        return Outcome(check.id, (), said, looked, why)
    finding = _finding(view, check, (*orders, *(item for item in taken if not item.subject)), signs, bool(taken))
    return Outcome(check.id, (finding,), said, looked, ", ".join(finding.because))


def _signs(view: View, check: Check, vitals: dict[str, Newest]) -> tuple[Sign, ...]:
    found = []
    for kind, words, beyond in (
        ("respiratory-rate", "breathing {} a minute", below(vitals["respiratory-rate"], check.number("breaths"))),
        ("spo2", "oxygen saturation {} %", below(vitals["spo2"], check.number("spo2"))),
        ("gcs", "Glasgow coma scale {}", at_most(vitals["gcs"], check.number("gcs"))),
        ("body-temperature", "temperature {} °C", below(vitals["body-temperature"], check.number("temperature"))),
    ):
        measured = vitals[kind]
        if beyond and isinstance(measured.value, Known) and measured.lab is not None:
            text = words.format(number(round(measured.value.value, 1)))
            found.append(Sign(text, day(measured.lab.when), measured.lab.ref, oxygen=kind == "spo2"))
    return (*found, *_unconscious(view, check), *_problems(view, check))


def _unconscious(view: View, check: Check) -> tuple[Sign, ...]:
    """The newest level of consciousness in words: wakes to pain only, or not at all."""
    lab = next((one for one in view.case.labs if one.kind == "consciousness" and one.said and one.when), None)
    if lab is None or lab.when is None or lab.said not in UNCONSCIOUS:
        return ()
    if not 0 <= (view.case.as_of - lab.when.last).days <= check.number("days"):
        return ()
    words = "does not wake" if lab.said == "unresponsive" else "wakes to pain only"
    return (Sign(words, day(lab.when), lab.ref),)


def _problems(view: View, check: Check) -> tuple[Sign, ...]:
    """Coma, hypothermia, hypotonia that began lately; of an undated entry only coma and hypothermia, as unsure."""
    return tuple(
        Sign(problem.concept.label, day(problem.onset), problem.ref, of_now=problem.onset is not None)
        for problem in view.problems(check.conditions)
        if _lately(view, check, problem)
    )


def _lately(view: View, check: Check, problem: Problem) -> bool:
    if problem.onset is None:
        return bool({"coma", "hypothermia"}.intersection(problem.concept.ids))
    return (view.case.as_of - problem.onset.last).days <= check.number("sign_days")


def _named(signs: tuple[Sign, ...]) -> str:
    """The first two signs, and how many more there are: the headline is short, the card lists them all."""
    words = [sign.words for sign in signs]
    return joined(words if len(words) <= MOST else [*words[: MOST - 1], f"{len(words) - MOST + 1} more signs"])


def _oxygen_only(signs: tuple[Sign, ...]) -> bool:
    return all(sign.oxygen for sign in signs)


def _gaps(view: View, check: Check, vitals: dict[str, Newest]) -> tuple[NotChecked, ...]:
    """What was sent and cannot be used, and what was not sent at all; none of it makes a card of its own."""
    unusable = [one.value for one in vitals.values() if one.lab is not None and isinstance(one.value, Unknown)]
    words = next((one for one in view.case.labs if one.kind == "consciousness" and one.when is not None), None)
    if words is not None and words.when is not None and (view.case.as_of - words.when.last).days > check.number("days"):
        unusable.append(Unknown(Reason.STALE, "the vital signs are not of today"))
    keys = ("vitals", "conditions")
    return unknown_for(check, (*unusable, *view.gaps(*keys), *view.reported_empty(*keys)), makes_card=False)


def _finding(view: View, check: Check, items: Scope, signs: tuple[Sign, ...], taken: bool) -> Finding:
    at = level(view, check, items)
    to, because = at.indicator, at.because
    sure = any(sign.of_now for sign in signs)
    known_lungs = _oxygen_only(signs) and bool(view.problems(LUNGS))
    if to > Indicator.WARNING and (known_lungs or not sure):
        to = Indicator.WARNING
        because = ("low oxygen alone in known lung disease",) if known_lungs else ("nobody says since when",)
    return Finding(
        check=check.id,
        indicator=to,
        wording="taken" if taken else "new",
        values={
            "one": joined(view.name(item.ingredient) for item in items),
            "sign": _named(signs),
            "drugs": list(dict.fromkeys(item.ingredient for item in items)),
        },
        about=tuple(dict.fromkeys([*(item.ref for item in items), *(sign.ref for sign in signs if sign.ref)])),
        evidence=check.evidence,
        seen=(*(seen(view, item) for item in items), *(sign.seen for sign in signs)),
        because=because or ("a sign of now",),
        unknown=() if sure else ("since when the sign is there",),
        shown=to > Indicator.SILENT,
    )
