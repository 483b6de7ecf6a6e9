"""A name that leads nowhere, or a number that claims a source it lacks, is refused with file and key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from cds.findings import Indicator
from cds.knowledge.cross import cross_faults
from cds.knowledge.load import load_knowledge
from cds.knowledge.model import Band, Knowledge, Levels, Pairing, ProposalRule, Risk, Shift, Side, SiteBounds

AKI, PAIR, LIST, CONDITION = "baclofen-aki", "opioid-benzodiazepine", "sodium-oxybate", "psychosis-baclofen"
ALARMING = Indicator.WARNING
NOBODY = Side(ingredients=("unobtainium",))
OPIOIDS = Side(classes=("opioid",))

Spoil = Callable[[Knowledge], Knowledge]


def of(group: str, id: str, **changes: Any) -> Spoil:
    """The knowledge with one entry of a table changed; a change may be made of what was there."""

    def spoilt(knowledge: Knowledge) -> Knowledge:
        table = dict(getattr(knowledge, group))
        was = table[id]
        table[id] = replace(was, **{k: v(getattr(was, k)) if callable(v) else v for k, v in changes.items()})
        return replace(knowledge, **{group: table})

    return spoilt


def numbers(**changes: Any) -> Callable[[Any], Any]:
    """The first number of an entry changed."""

    def spoilt(was: Any) -> Any:
        name = next(iter(was))
        return {**was, name: replace(was[name], **changes)}

    return spoilt


def left_to_sites(name: str, low: float, high: float) -> Callable[[Any], Any]:
    """A number that a site may set between two others."""
    return lambda was: {**was, name: replace(was[name], site=SiteBounds(low, high, "our own rule"))}


def worded(**changes: str) -> Callable[[Any], Any]:
    """The first wording of a check changed."""
    return lambda was: {**was, next(iter(was)): replace(was[next(iter(was))], **changes)}


def proposed(**changes: Any) -> Spoil:
    """A check that proposes what this rule says."""
    return of("checks", AKI, proposals=(ProposalRule(**{"kind": "remove-draft", **changes}),))


FAULTS: dict[str, tuple[Spoil, str]] = {
    "a maximum of no drug": (
        lambda knowledge: replace(knowledge, limits={**knowledge.limits, "unobtainium": knowledge.limits["diazepam"]}),
        "arithmetic/benzodiazepine_limits.toml: unobtainium: ingredient is unknown",
    ),
    "a first dose without its source": (
        of("starts", "lorazepam", evidence=("NOBODY",)),
        "arithmetic/benzodiazepine_starts.toml: lorazepam: evidence 'NOBODY' is not in evidence.toml",
    ),
    "a maximum for a use that is no condition": (
        of("limits", "diazepam", special=("hiccups-of-kings",)),
        "arithmetic/benzodiazepine_limits.toml: diazepam: 'hiccups-of-kings' is no concept of codes/conditions.toml",
    ),
    "a range for sites that ends below the number": (
        of("checks", "naloxone-coprescribe", numbers=left_to_sites("age", 12, 17.9)),
        "checks/naloxone-coprescribe.toml: numbers.age.site: 18 is not from 12 to 17.9",
    ),
    "a range for sites that begins above the number": (
        of("checks", "naloxone-coprescribe", numbers=left_to_sites("age", 18.1, 21)),
        "checks/naloxone-coprescribe.toml: numbers.age.site: 18 is not from 18.1 to 21",
    ),
    "a topic": (of("checks", AKI, topic="gossip"), "checks/baclofen-aki.toml: topic: 'gossip' is not in topics.toml"),
    "a source": (
        of("checks", AKI, evidence=("NOBODY",)),
        "checks/baclofen-aki.toml: evidence: 'NOBODY' is not in evidence.toml",
    ),
    "an override reason": (
        of("checks", AKI, overrides=("because",)),
        "checks/baclofen-aki.toml: overrides: 'because' is not in overrides.toml",
    ),
    "a fact that raises": (
        of("checks", AKI, levels=Levels(ALARMING, (Shift(Indicator.CRITICAL, any=("full-moon",)),))),
        "checks/baclofen-aki.toml: levels: 'full-moon' is not in facts.toml",
    ),
    "a class without members": (
        of("checks", AKI, applies_to=Side(classes=("elixir",))),
        "checks/baclofen-aki.toml: applies_to.classes: class 'elixir' has no ingredients",
    ),
    "a drug nobody knows": (
        of("checks", PAIR, other=NOBODY),
        "checks/opioid-benzodiazepine.toml: other: ingredient 'unobtainium' is unknown",
    ),
    "a class that makes an order relevant": (
        of("checks", PAIR, makes_relevant=("elixir",)),
        "checks/opioid-benzodiazepine.toml: makes_relevant: class 'elixir' has no ingredients",
    ),
    "a condition": (
        of("checks", CONDITION, conditions=("hiccups-of-kings",)),
        "checks/psychosis-baclofen.toml: conditions: 'hiccups-of-kings' is no concept of codes/conditions.toml",
    ),
    "a pair without its drugs": (
        of("checks", PAIR, one=Side()),
        "checks/opioid-benzodiazepine.toml: one: a drug-drug check needs the drugs it is about",
    ),
    "a list of pairs that is empty": (
        of("checks", LIST, pairings=()),
        "checks/sodium-oxybate.toml: pairings: a drug-list check needs at least one",
    ),
    "a pair that says nothing": (
        of("checks", LIST, pairings=(Pairing(OPIOIDS, OPIOIDS, ALARMING, "shouted"),)),
        "checks/sodium-oxybate.toml: pairings.0: 'shouted' is not among `wording`",
    ),
    "a drug of a pair": (
        of("checks", LIST, pairings=(Pairing(OPIOIDS, NOBODY, ALARMING),)),
        "checks/sodium-oxybate.toml: pairings.0.other: ingredient 'unobtainium' is unknown",
    ),
    "a question about conditions that names none": (
        of("checks", CONDITION, conditions=(), risks=()),
        "checks/psychosis-baclofen.toml: risks: a drug-condition check needs conditions or risks",
    ),
    "a risk that says nothing": (
        of("checks", CONDITION, risks=(Risk(ALARMING, conditions=("psychosis",), wording="shouted"),)),
        "checks/psychosis-baclofen.toml: risks.0: 'shouted' is not among `wording`",
    ),
    "a risk without a cause": (
        of("checks", CONDITION, risks=(Risk(ALARMING),)),
        "checks/psychosis-baclofen.toml: risks.0: neither conditions nor facts",
    ),
    "a risk of no condition": (
        of("checks", CONDITION, risks=(Risk(ALARMING, conditions=("hiccups-of-kings",)),)),
        "checks/psychosis-baclofen.toml: risks.0: 'hiccups-of-kings' is no concept of codes/conditions.toml",
    ),
    "a limit without a number": (
        of("checks", AKI, bands=(Band("a-lot", ALARMING, "condition"),)),
        "checks/baclofen-aki.toml: bands: 'a-lot' is not among `numbers`",
    ),
    "a limit that says nothing": (
        of("checks", AKI, bands=(Band("a-lot", ALARMING, "shouted"),)),
        "checks/baclofen-aki.toml: bands: 'shouted' is not among `wording`",
    ),
    "a proposal for words that no finding has": (
        proposed(wordings=("shouted",)),
        "checks/baclofen-aki.toml: proposals.0: 'shouted' is not among `wording`",
    ),
    "a proposal up to a limit that is not there": (
        proposed(kind="reduce-dose", daily="a-lot"),
        "checks/baclofen-aki.toml: proposals.0: 'a-lot' is neither among `numbers` nor among `values`",
    ),
    "a proposal for a class without members": (
        proposed(classes=("elixir",)),
        "checks/baclofen-aki.toml: proposals.0.classes: class 'elixir' has no ingredients",
    ),
    "a proposal that nobody recommends": (
        proposed(recommended=("NOBODY",)),
        "checks/baclofen-aki.toml: proposals.0.recommended: 'NOBODY' is not in evidence.toml",
    ),
    "a proposal that brings a note of no check": (
        proposed(brings=("gossip",)),
        "checks/baclofen-aki.toml: proposals.0.brings: there is no check 'gossip'",
    ),
    "a proposal to order what cannot be ordered": (
        proposed(kind="order", item="moonshine"),
        "checks/baclofen-aki.toml: proposals.0.item: 'moonshine' is not in orderables.toml",
    ),
    "a removal that names something to order": (
        proposed(item="moonshine"),
        "checks/baclofen-aki.toml: proposals.0.item: 'moonshine' is not in orderables.toml",
    ),
    "something to order without its source": (
        of("orderables", "creatinine", evidence=("NOBODY",)),
        "orderables.toml: creatinine.evidence: 'NOBODY' is not in evidence.toml",
    ),
    "a fact without its source": (
        of("facts", "taken-60-days", evidence=("NOBODY",)),
        "facts.toml: taken-60-days.evidence: 'NOBODY' is not in evidence.toml",
    ),
    "a fact of no condition": (
        of("facts", "seizure-disorder", concepts=("hiccups-of-kings",)),
        "facts.toml: seizure-disorder.concepts: 'hiccups-of-kings' is no concept of codes/conditions.toml",
    ),
    "a number of a fact without its source": (
        of("facts", "taken-60-days", numbers=numbers(evidence=("NOBODY",))),
        "facts.toml: taken-60-days: numbers.days.evidence: 'NOBODY' is not in evidence.toml",
    ),
    "a house rule that calls itself published": (
        of("checks", "baclofen-abrupt-stop", numbers=numbers(basis="published")),
        "checks/baclofen-abrupt-stop.toml: numbers.days_floor: a published number needs its evidence",
    ),
    "words with a gap that nothing fills": (
        of("checks", "baclofen-abrupt-stop", wording=worded(headline="{weather} today")),
        "checks/baclofen-abrupt-stop.toml: wording.stop.headline: {weather} is not among `values`",
    ),
}


@pytest.fixture(scope="module")
def whole() -> Knowledge:
    return load_knowledge()


def test_the_knowledge_that_ships_has_no_such_fault(whole: Knowledge) -> None:
    assert cross_faults(whole) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_told_with_file_and_key(whole: Knowledge, fault: str) -> None:
    spoil, said = FAULTS[fault]
    assert said in cross_faults(spoil(whole))


def test_every_fault_is_told_at_once(whole: Knowledge) -> None:
    knowledge = whole
    for name in ("a topic", "a source", "a fact of no condition", "something to order without its source"):
        knowledge = FAULTS[name][0](knowledge)
    assert len(cross_faults(knowledge)) == 4


def test_the_checks_named_here_are_of_the_kinds_they_stand_for(whole: Knowledge) -> None:
    kinds = {id: whole.checks[id].kind for id in (PAIR, LIST, CONDITION)}
    assert kinds == {PAIR: "drug-drug", LIST: "drug-list", CONDITION: "drug-condition"}


def test_the_ends_of_a_range_for_sites_belong_to_it() -> None:
    for low, high in ((12, 18), (18, 21)):
        spoil = of("checks", "naloxone-coprescribe", numbers=left_to_sites("age", low, high))
        assert cross_faults(spoil(load_knowledge())) == []
