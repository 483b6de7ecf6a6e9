"""Drug with condition: the engine behind every check of kind "drug-condition".

The drugs are the check's ``one``. Which of them meets what, and how urgent that is, stands in ``risks``: for each drug
the first that holds counts. A check with ``conditions`` and no ``risks`` has one: all its drugs, at the base level.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from cds.case import NO, YES, Problem, Route, Unknown
from cds.checks.levels import Level, holds, level, unknown_for
from cds.checks.registry import TELLS
from cds.checks.words import seen
from cds.findings import Finding, Indicator, NotChecked, Outcome
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check, Risk, Side
from cds.view import LISTS, Present, View, day, joined

_ANY = Side()  # a risk that names no drugs is about all of the check's


class Match(msgspec.Struct, frozen=True):
    """One drug with the first risk that holds for it, the problems that made it hold, and how urgent it is."""

    drug: Present
    risk: Risk
    problems: tuple[Problem, ...]
    at: Level


def drug_condition(view: View, check: Check) -> Outcome:
    """Answer a drug-condition question: one finding that names the drugs and what the patient has."""
    drugs = tuple([item for item in view.on_side(check.one) if item.subject and on_route(item, check)])
    if not drugs:
        return Outcome(check.id, why="no order of this call brings a drug of this question")
    risks = check.risks or _single_risk(check.levels.base, check.conditions)
    found, unsure = _matches(view, check, risks, drugs)
    said = (*_gaps(view, check, risks), *unsure)
    looked = tuple([seen(view, item) for item in drugs])
    if not found:
        return Outcome(check.id, (), said, looked, "the patient is not known to have what this is about")
    finding, at = _finding(view, check, found)
    why = f"drug and condition both present, {at.indicator.name.lower()}: {', '.join(at.because) or 'base level'}"
    return Outcome(check.id, (finding,), (*said, *at.not_checked), (*looked, *finding.seen), why)


@lru_cache(maxsize=256)
def _single_risk(base: Indicator, conditions: tuple[str, ...]) -> tuple[Risk, ...]:
    return (Risk(base, conditions=conditions),)


def _matches(
    view: View, check: Check, risks: tuple[Risk, ...], drugs: tuple[Present, ...]
) -> tuple[list[Match], tuple[NotChecked, ...]]:
    """Each drug with its first risk that holds, and what of the risks' facts could not be known."""
    found: list[Match] = []
    unsure: dict[NotChecked, None] = {}
    there = [(risk, view.problems(risk.conditions, history=risk.history)) for risk in risks]
    there = [(risk, problems) for risk, problems in there if problems or not risk.conditions]
    for drug in drugs if there else ():
        for risk, problems in there:
            if not _is_meant(view, risk, drug):
                continue
            answers = [holds(view, fact, (drug,)) for fact in risk.all]
            if all(answer == YES for answer in answers):
                found.append(Match(drug, risk, problems, _level(view, check, risk, drug)))
                break
            if NO not in answers:
                missing = tuple(answer for answer in answers if isinstance(answer, Unknown))
                unsure.update(dict.fromkeys(unknown_for(check, missing, makes_card=False)))
    return found, tuple(unsure)


def _is_meant(view: View, risk: Risk, drug: Present) -> bool:
    return risk.one == _ANY or drug.ingredient in ingredients_of(risk.one, view.knowledge.terminology)


def _level(view: View, check: Check, risk: Risk, drug: Present) -> Level:
    """The risk's own level, raised and lowered as the check says. What is contraindicated stays so at a renewal."""
    renewal = None if risk.to is Indicator.CRITICAL else check.levels.renewal
    levels = msgspec.structs.replace(check.levels, base=risk.to, renewal=renewal)
    at = level(view, check, (drug,), levels)
    words = tuple(view.knowledge.facts[fact].words for fact in risk.all)
    return msgspec.structs.replace(at, because=tuple(dict.fromkeys((*words, *at.because))))


def _finding(view: View, check: Check, found: list[Match]) -> tuple[Finding, Level]:
    """One finding at the level of the worst drug; the drugs of that level are named first."""
    found = sorted(found, key=lambda match: -match.at.indicator)
    top = found[0].at.indicator
    worst = [match for match in found if match.at.indicator == top]
    at = Level(
        indicator=top,
        because=tuple(dict.fromkeys(words for match in worst for words in match.at.because)),
        unknown=tuple(dict.fromkeys(words for match in found for words in match.at.unknown)),
        not_checked=tuple(dict.fromkeys(said for match in found for said in match.at.not_checked)),
        shown=top is not Indicator.SILENT,
    )
    problems = tuple(dict.fromkeys(problem for match in found for problem in match.problems))
    facts = dict.fromkeys(fact for match in found for fact in match.risk.all)
    told = [words for fact in facts if fact in TELLS for words in TELLS[fact](view)]
    finding = Finding(
        check=check.id,
        indicator=top,
        wording=worst[0].risk.wording,
        values={
            "one": joined(view.name(match.drug.ingredient) for match in found),
            "condition": joined(problem.concept.label for problem in problems),
            "drugs": list(dict.fromkeys(match.drug.ingredient for match in found)),
        },
        about=tuple(dict.fromkeys([*(match.drug.ref for match in found), *(p.ref for p in problems if p.ref)])),
        evidence=check.evidence,
        seen=(*(seen(view, match.drug) for match in found), *map(problem_words, problems), *dict.fromkeys(told)),
        because=at.because,
        unknown=at.unknown,
        shown=at.shown,
    )
    return finding, at


def problem_words(problem: Problem) -> str:
    """A problem as a card shows it: its words, since when, and that it is past."""
    since = f" since {day(problem.onset)}" if problem.onset else ""
    return f"{problem.concept.label}{since}{' (past)' if problem.status == 'history' else ''}"


def _gaps(view: View, check: Check, risks: tuple[Risk, ...]) -> tuple[NotChecked, ...]:
    """What of the problem list (and the medication list) could not be seen, when any risk is read from it."""
    lists: tuple[Unknown, ...] = ()
    if "medications" in check.asks:  # a fact may rest on what else is taken
        lists = (*view.gaps(*LISTS), *view.reported_empty(*LISTS))
    unseen, empty = view.gaps("conditions"), view.reported_empty("conditions")
    if not (lists or unseen or empty) or not any(risk.conditions for risk in risks):
        return ()
    said: tuple[NotChecked, ...] = ()
    if lists and any(risk.all for risk in risks):
        said = unknown_for(check, lists, makes_card=False)
    return said + unknown_for(check, unseen) + unknown_for(check, empty)


def on_route(item: Present, check: Check) -> bool:
    """Whether the drug is given by a route the check means; an unknown route counts as meant."""
    route = item.drug.route
    return not check.routes or route in check.routes or route is Route.UNKNOWN
