"""Clinical reviews of checks: what one rests on, and whether it still holds for the knowledge as it is now.

A review is bound to digests of everything in the knowledge that can change what its check says: numbers, words, the
rule itself, drugs, conditions, named facts, override reasons, sources, what is proposed. Any later edit of one of these
voids it, and only that. A check of kind "function" reads facts, tables of the arithmetic and neighbours by name in its
code; for it all facts, all tables and the checks of its group count. Code itself is not part of a review.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

import msgspec

from cds.knowledge.model import Check, Knowledge, Review, Side

UNREVIEWED = "not yet reviewed by a licensed clinician"
_RULE = (
    *("kind", "hooks", "topic", "levels", "bands", "pairings", "risks", "applies_to", "one", "other", "conditions"),
    *("routes", "makes_relevant", "view_from", "only_alone", "every_chart", "rank", "asks"),
)


class Status(StrEnum):
    """Whether a check was reviewed as it is now."""

    REVIEWED = "reviewed"
    VOID = "void"
    NOT_REVIEWED = "not reviewed"


class State(msgspec.Struct, frozen=True):
    """``review``: the one that holds, or the last that did; ``changed``: the parts edited since."""

    status: Status
    review: Review | None = None
    changed: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """For pages and lists. The credential is told as its holder states it."""
        if self.review is None:
            return UNREVIEWED
        told = f"by {self.review.by} ({self.review.credential}, not verified by gabaguard) on {self.review.on}"
        if self.status is Status.REVIEWED:
            return f"reviewed {told}"
        return f"void: reviewed {told}, but {', '.join(self.changed)} changed since"


def parts_of(check: Check, knowledge: Knowledge) -> dict[str, str]:
    """Digest of each part that a review of the check rests on, by the name of the part."""
    found: dict[str, Any] = {
        "numbers": check.numbers,
        "wording": (check.title, check.question, check.why_it_matters, check.wording),
        "rule": [getattr(check, name) for name in _RULE],
        "drugs": _drugs(check, knowledge),
        "conditions": {id: knowledge.terminology.concepts[id] for id in sorted(set(_conditions(check)))},
        "facts": {id: knowledge.facts[id] for id in sorted(_facts(check, knowledge))},
        "override reasons": [(code, knowledge.overrides[code]) for code in check.overrides],
        "sources": {id: knowledge.evidence[id] for id in sorted(set(_sources(check)))},
        "proposals": [(rule, knowledge.orderables.get(rule.item)) for rule in check.proposals],
    }
    if check.kind == "function":
        neighbours = [
            one for _, one in sorted(knowledge.checks.items()) if one.group == check.group and one.id != check.id
        ]
        found["tables of the arithmetic"] = dict(knowledge.tables.files)
        found["checks of its group"] = [(one.id, one.numbers, one.levels) for one in neighbours]
    return {name: _digest(value) for name, value in found.items()}


def state_of(check: Check, knowledge: Knowledge, reviews: Sequence[Review]) -> State:
    """Whether a review of the check holds. ``reviews``: all, oldest first; one that withdraws ends the earlier."""
    last = max((at for at, review in enumerate(reviews) if review.withdrawn), default=-1)
    standing = reviews[last + 1 :]
    if not standing:
        return State(Status.NOT_REVIEWED)
    now = parts_of(check, knowledge)
    for review in reversed(standing):
        if review.parts == now:
            return State(Status.REVIEWED, review)
    newest = standing[-1]
    changed = [name for name in {**newest.parts, **now} if newest.parts.get(name) != now.get(name)]
    return State(Status.VOID, newest, tuple(changed))


def signed(knowledge: Knowledge, reviews: Mapping[str, Sequence[Review]]) -> Knowledge:
    """The knowledge whose checks say who reviewed them. Nothing else of it changes, nor does its version."""
    if not reviews:
        return knowledge
    checks = {
        id: _told(check, state_of(check, knowledge, reviews[id])) if id in reviews else check
        for id, check in knowledge.checks.items()
    }
    return msgspec.structs.replace(knowledge, checks=checks)


def _told(check: Check, state: State) -> Check:
    holds = state.review if state.status is Status.REVIEWED else None
    return msgspec.structs.replace(check, clinical_review=state.words, review=holds)


# -- what it rests on -------------------------------------------------------------------------------------------------


def _sides(check: Check) -> Iterator[Side]:
    yield from (check.applies_to, check.one, check.other)
    for pairing in check.pairings:
        yield from (pairing.one, pairing.other)
    yield from (risk.one for risk in check.risks)


def _drugs(check: Check, knowledge: Knowledge) -> dict[str, list[str]]:
    """The ingredients that each class stands for."""
    known = knowledge.terminology
    names = {name for side in _sides(check) for name in side.classes}
    names |= {name for rule in check.proposals for name in rule.classes}
    return {name: sorted(known.ingredients_of_class(name)) for name in sorted(names)}


def _conditions(check: Check) -> Iterator[str]:
    yield from check.conditions
    for risk in check.risks:
        yield from risk.conditions


def _facts(check: Check, knowledge: Knowledge) -> set[str]:
    if check.kind == "function":
        return set(knowledge.facts)
    named: set[str] = set()
    for shift in (*check.levels.raised, *check.levels.lowered):
        named.update(shift.any, shift.all)
    for pairing in check.pairings:
        named.update(pairing.all)
    for risk in check.risks:
        named.update(risk.all)
    return {name for name in named if name in knowledge.facts}


def _sources(check: Check) -> Iterator[str]:
    yield from check.evidence
    for number in check.numbers.values():
        yield from number.evidence
    for rule in check.proposals:
        yield from rule.recommended


def _digest(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:16]


def review_of(
    check: Check, knowledge: Knowledge, *, by: str, credential: str, on: date, note: str = "", withdrawn: bool = False
) -> Review:
    """A review of the check as it is now."""
    return Review(by, credential, on, parts_of(check, knowledge), note, withdrawn)
