"""What a schema cannot see: names that must exist elsewhere in the knowledge."""

from __future__ import annotations

import string
from collections.abc import Container, Iterable, Iterator, Mapping

from cds.knowledge.doses import Limit, Start
from cds.knowledge.model import Check, Fact, Knowledge, Number, Orderable, Side


def cross_faults(knowledge: Knowledge) -> list[str]:
    """Every dangling name and every placeholder nobody fills, as "file: key: fault" lines."""
    faults = [fault for check in knowledge.checks.values() for fault in _check_faults(check, knowledge)]
    faults += [fault for item in knowledge.orderables.values() for fault in _orderable_faults(item, knowledge)]
    faults += [fault for fact in knowledge.facts.values() for fault in _fact_faults(fact, knowledge)]
    faults += _dose_faults(knowledge)
    return faults


def _dose_faults(knowledge: Knowledge) -> Iterator[str]:
    """Drugs, uses and sources of the benzodiazepine tables that do not exist."""
    tables: dict[str, Mapping[str, Limit] | Mapping[str, Start]] = {
        "benzodiazepine_limits": knowledge.limits,
        "benzodiazepine_starts": knowledge.starts,
    }
    for name, rows in tables.items():
        for id, row in rows.items():
            if knowledge.terminology.ingredient(id) is None:
                yield f"arithmetic/{name}.toml: {id}: ingredient is unknown"
            for one in row.evidence:
                if one not in knowledge.evidence:
                    yield f"arithmetic/{name}.toml: {id}: evidence {one!r} is not in evidence.toml"
    for id, limit in knowledge.limits.items():
        for concept in limit.special:
            if not knowledge.terminology.has_concept(concept):
                yield f"arithmetic/benzodiazepine_limits.toml: {id}: {concept!r} is no concept of codes/conditions.toml"


def _check_faults(check: Check, knowledge: Knowledge) -> Iterator[str]:
    file = f"checks/{check.id}.toml"
    yield from _name_faults(file, check, knowledge)
    yield from _drug_faults(file, check, knowledge)
    yield from _number_faults(file, check.numbers.items(), knowledge)
    yield from _band_faults(file, check)
    yield from _bounds_faults(file, check)
    yield from _proposal_faults(file, check, knowledge)
    yield from _wording_faults(file, check)


def _name_faults(file: str, check: Check, knowledge: Knowledge) -> Iterator[str]:
    """Topic, evidence, override reasons and facts that are defined nowhere."""
    facts = [fact for shift in (*check.levels.raised, *check.levels.lowered) for fact in (*shift.any, *shift.all)]
    facts += [fact for pairing in check.pairings for fact in pairing.all]
    facts += [fact for risk in check.risks for fact in risk.all]
    named: tuple[tuple[str, Iterable[str], Container[str], str], ...] = (
        ("topic", (check.topic,), knowledge.topics, "topics.toml"),
        ("evidence", check.evidence, knowledge.evidence, "evidence.toml"),
        ("overrides", check.overrides, knowledge.overrides, "overrides.toml"),
        ("levels", facts, knowledge.facts, "facts.toml"),
    )
    for key, ids, known, where in named:
        for id in ids:
            if id not in known:
                yield f"{file}: {key}: {id!r} is not in {where}"


def _drug_faults(file: str, check: Check, knowledge: Knowledge) -> Iterator[str]:
    """Classes without members, unknown ingredients and concepts, and a pair without its drugs."""
    for name in ("one", "other", "applies_to"):
        yield from _side_faults(file, name, getattr(check, name), knowledge)
    yield from _pairing_faults(file, check, knowledge)
    yield from _risk_faults(file, check, knowledge)
    for name in check.makes_relevant:
        if not knowledge.terminology.ingredients_of_class(name):
            yield f"{file}: makes_relevant: class {name!r} has no ingredients"
    for concept in check.conditions:
        if not knowledge.terminology.has_concept(concept):
            yield f"{file}: conditions: {concept!r} is no concept of codes/conditions.toml"
    if check.kind not in ("function", "drug-list") and check.one == Side():
        yield f"{file}: one: a {check.kind} check needs the drugs it is about"


def _pairing_faults(file: str, check: Check, knowledge: Knowledge) -> Iterator[str]:
    if check.kind == "drug-list" and not check.pairings:
        yield f"{file}: pairings: a drug-list check needs at least one"
    for at, pairing in enumerate(check.pairings):
        yield from _side_faults(file, f"pairings.{at}.one", pairing.one, knowledge)
        yield from _side_faults(file, f"pairings.{at}.other", pairing.other, knowledge)
        if pairing.wording not in check.wording:
            yield f"{file}: pairings.{at}: {pairing.wording!r} is not among `wording`"


def _risk_faults(file: str, check: Check, knowledge: Knowledge) -> Iterator[str]:
    if check.kind == "drug-condition" and not (check.risks or check.conditions):
        yield f"{file}: risks: a drug-condition check needs conditions or risks"
    for at, risk in enumerate(check.risks):
        yield from _side_faults(file, f"risks.{at}.one", risk.one, knowledge)
        if risk.wording not in check.wording:
            yield f"{file}: risks.{at}: {risk.wording!r} is not among `wording`"
        if not (risk.conditions or risk.all):
            yield f"{file}: risks.{at}: neither conditions nor facts"
        for concept in risk.conditions:
            if not knowledge.terminology.has_concept(concept):
                yield f"{file}: risks.{at}: {concept!r} is no concept of codes/conditions.toml"


def _bounds_faults(file: str, check: Check) -> Iterator[str]:
    for name, number in check.numbers.items():
        bounds = number.site
        if bounds is not None and not bounds.low <= number.value <= bounds.high:
            yield f"{file}: numbers.{name}.site: {number.value:g} is not from {bounds.low:g} to {bounds.high:g}"


def _band_faults(file: str, check: Check) -> Iterator[str]:
    for band in check.bands:
        if band.above not in check.numbers:
            yield f"{file}: bands: {band.above!r} is not among `numbers`"
        if band.wording not in check.wording:
            yield f"{file}: bands: {band.wording!r} is not among `wording`"


def _proposal_faults(file: str, check: Check, knowledge: Knowledge) -> Iterator[str]:
    for at, rule in enumerate(check.proposals):
        key = f"{file}: proposals.{at}"
        for wording in rule.wordings:
            if wording not in check.wording:
                yield f"{key}: {wording!r} is not among `wording`"
        limits = (rule.share, *rule.daily.split(" + "), rule.single)
        for name in limits:
            if name and name not in check.numbers and name not in check.values:
                yield f"{key}: {name!r} is neither among `numbers` nor among `values`"
        for name in rule.classes:
            if not knowledge.terminology.ingredients_of_class(name):
                yield f"{key}.classes: class {name!r} has no ingredients"
        yield from (
            f"{key}.recommended: {id!r} is not in evidence.toml"
            for id in rule.recommended
            if id not in knowledge.evidence
        )
        yield from (f"{key}.brings: there is no check {id!r}" for id in rule.brings if id not in knowledge.checks)
        needs_item = rule.kind in ("order", "replace-drug")
        if needs_item != bool(rule.item) or (needs_item and rule.item not in knowledge.orderables):
            yield f"{key}.item: {rule.item!r} is not in orderables.toml"


def _orderable_faults(item: Orderable, knowledge: Knowledge) -> Iterator[str]:
    for id in item.evidence:
        if id not in knowledge.evidence:
            yield f"orderables.toml: {item.id}.evidence: {id!r} is not in evidence.toml"


def _side_faults(file: str, key: str, side: Side, knowledge: Knowledge) -> Iterator[str]:
    for name in side.classes:
        if not knowledge.terminology.ingredients_of_class(name):
            yield f"{file}: {key}.classes: class {name!r} has no ingredients"
    for id in (*side.ingredients, *side.without):
        if knowledge.terminology.ingredient(id) is None:
            yield f"{file}: {key}: ingredient {id!r} is unknown"


def _fact_faults(fact: Fact, knowledge: Knowledge) -> Iterator[str]:
    key = f"facts.toml: {fact.id}"
    for id in fact.evidence:
        if id not in knowledge.evidence:
            yield f"{key}.evidence: {id!r} is not in evidence.toml"
    for concept in fact.concepts:
        if not knowledge.terminology.has_concept(concept):
            yield f"{key}.concepts: {concept!r} is no concept of codes/conditions.toml"
    yield from _number_faults(key, fact.numbers.items(), knowledge)


def _number_faults(file: str, numbers: Iterable[tuple[str, Number]], knowledge: Knowledge) -> Iterator[str]:
    for name, number in numbers:
        for id in number.evidence:
            if id not in knowledge.evidence:
                yield f"{file}: numbers.{name}.evidence: {id!r} is not in evidence.toml"
        if number.basis == "published" and not number.evidence:
            yield f"{file}: numbers.{name}: a published number needs its evidence"


def _wording_faults(file: str, check: Check) -> Iterator[str]:
    for variant, words in check.wording.items():
        for part in ("headline", "why", "do"):
            for _, field, _, _ in string.Formatter().parse(getattr(words, part)):
                if field is not None and field not in check.values:
                    yield f"{file}: wording.{variant}.{part}: {{{field}}} is not among `values`"
