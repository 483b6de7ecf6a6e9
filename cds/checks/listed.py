"""Drug with drug, where the level depends on which drug meets which: the engine of checks of kind "drug-list".

The groups of pairs stand in the check's ``pairings``; of several that hold for one pair the first listed counts. A
check of kind "function" may use the same engine and add drugs that are not on the list (``extra``).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cds.case import NO, YES, Known, Unknown
from cds.checks.levels import Level, holds, level, unknown_for
from cds.checks.pairs import Pair, list_gaps, pair_finding
from cds.checks.words import seen
from cds.findings import Indicator, NotChecked, Outcome
from cds.knowledge.load import ingredients_of
from cds.knowledge.model import Check, Pairing, Side
from cds.view import Present, View


class Match(msgspec.Struct, frozen=True):
    """One pair that a group of the check is about, and how urgent it is."""

    pair: Pair
    pairing: Pairing
    at: Level


def drug_list(view: View, check: Check) -> Outcome:
    """Answer the question for the drugs present: one finding that names every drug, at the level of the worst pair."""
    return answer(view, check)


def answer(view: View, check: Check, extra: tuple[Present, ...] = ()) -> Outcome:
    """As ``drug_list``; ``extra`` are drugs given lately that are not on the list any more."""
    there = [(pairing, *_both(view, pairing, extra)) for pairing in check.pairings]
    sides = tuple(dict.fromkeys([item for _, ones, others in there for item in (*ones, *others)]))
    if not any(item.subject for item in sides):
        return Outcome(check.id, why="no order of this call brings a drug of this question")
    found, unsure = _matches(view, check, [(pairing, _pairs(ones, others)) for pairing, ones, others in there])
    said = (*list_gaps(view, check), *unsure)
    looked = tuple([seen(view, item) for item in sides])
    if not found:
        return Outcome(check.id, (), said, looked, "no pair of the list is present")
    top = max(match.at.indicator for match in found)
    worst = [match for match in found if match.at.indicator == top]
    at = joined_level(found, top)
    finding = pair_finding(view, check, tuple(match.pair for match in found), at)
    finding = msgspec.structs.replace(finding, wording=worst[0].pairing.wording)
    why = f"pair present, {top.name.lower()}: {', '.join(at.because) or 'base level'}"
    return Outcome(check.id, (finding,), (*said, *at.not_checked), looked, why)


def _matches(
    view: View, check: Check, there: list[tuple[Pairing, tuple[Pair, ...]]]
) -> tuple[tuple[Match, ...], tuple[NotChecked, ...]]:
    """Every pair with its first group that holds, and what of the groups' facts could not be known."""
    found: dict[Pair, Match] = {}
    unsure: dict[Pair, tuple[NotChecked, ...]] = {}
    for pairing, pairs in there:
        for pair in pairs:
            if pair in found:
                continue
            answers = [holds(view, fact, pair) for fact in pairing.all]
            missing = tuple(each for each in answers if isinstance(each, Unknown))
            if all(each == YES for each in answers):
                at = level(view, check, pair, msgspec.structs.replace(check.levels, base=pairing.to))
                words = tuple(view.knowledge.facts[fact].words for fact in pairing.all)
                found[pair] = Match(pair, pairing, msgspec.structs.replace(at, because=(*words, *at.because)))
            elif missing and NO not in answers:
                unsure[pair] = unsure.get(pair, ()) + unknown_for(check, missing, makes_card=False)
    return tuple(found.values()), tuple(dict.fromkeys(said for each in unsure.values() for said in each))


def joined_level(found: Iterable[Match], top: Indicator) -> Level:
    """The level of the whole: the worst pair's reasons, everybody's unknowns."""
    at = [match.at for match in found]
    return Level(
        indicator=top,
        because=tuple(dict.fromkeys(words for each in at if each.indicator == top for words in each.because)),
        unknown=tuple(dict.fromkeys(words for each in at for words in each.unknown)),
        not_checked=tuple(dict.fromkeys(said for each in at for said in each.not_checked)),
        shown=top is not Indicator.SILENT,
    )


def given_lately(view: View, side: Side, days: float) -> tuple[Present, ...]:
    """Drugs of a side that are not on the list any more but were given at most so many days ago."""
    wanted = ingredients_of(side, view.knowledge.terminology)
    found = []
    for use in view.case.past_uses:
        started = use.started.value if isinstance(use.started, Known) else None
        last = use.ended or started
        if last is None or (view.case.as_of - last.last).days > days:
            continue
        for ingredient, dose in zip(use.drug.ingredients, use.doses, strict=True):
            if ingredient.id in wanted:
                found.append(Present(ingredient.id, use.drug, dose, use.ref or use.path, None, use, False, Known(0)))
    return tuple(found)


def _both(view: View, pairing: Pairing, extra: tuple[Present, ...]) -> tuple[tuple[Present, ...], tuple[Present, ...]]:
    one = _on(view, pairing.one, pairing.one_routes, extra)
    return one, _on(view, pairing.other, pairing.other_routes, extra)


def _pairs(ones: tuple[Present, ...], others: tuple[Present, ...]) -> tuple[Pair, ...]:
    if not (ones and others):
        return ()
    return tuple(
        (one, other)
        for one in ones
        for other in others
        if one.ingredient != other.ingredient and (one.subject or other.subject)
    )


def _on(view: View, side: Side, routes: tuple[str, ...], extra: tuple[Present, ...]) -> tuple[Present, ...]:
    """The drugs of a side, by the routes meant."""
    items = view.on_side(side)
    if extra:
        wanted = ingredients_of(side, view.knowledge.terminology)
        items = tuple(dict.fromkeys((*items, *(item for item in extra if item.ingredient in wanted))))
    return tuple([item for item in items if item.drug.route in routes]) if routes and items else items
