"""The knowledge, loaded: immutable, indexed, shared by every request.

Each type mirrors one kind of file under ``cds/knowledge``; ``load.py`` fills them and refuses what does not fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from cds.findings import Indicator
from cds.knowledge.doses import Limit, Start
from cds.knowledge.profiles import Profile
from cds.knowledge.tables import Tables
from cds.terminology import Terminology


class Evidence(msgspec.Struct, frozen=True):
    """One source. ``seen`` says how far it was read: "text", "partly" or "not seen"."""

    id: str
    citation: str
    seen: str
    url: str = ""


class SiteBounds(msgspec.Struct, frozen=True):
    """Between which values a site may set a number, and why these (``cds.site``)."""

    low: float
    high: float
    why: str


class Number(msgspec.Struct, frozen=True):
    """One number of a rule. ``basis``: "published", "mixed" or "house"; ``meaning`` says what crossing it means.

    ``site``: None when no site may have it otherwise. ``usual``: the value of the knowledge, where a site changed it.
    """

    value: float
    unit: str
    basis: str
    evidence: tuple[str, ...]
    meaning: str
    site: SiteBounds | None = None
    usual: float | None = None


class OverrideReason(msgspec.Struct, frozen=True):
    """A coded reason for which a prescriber may go on."""

    code: str
    display: str


class Topic(msgspec.Struct, frozen=True):
    """Findings of one topic share one card. ``order``: lower comes first among equal indicators."""

    id: str
    title: str
    order: int


class Shift(msgspec.Struct, frozen=True):
    """One modifier of a check's indicator: the level it moves to, and the named facts of which any one suffices.

    ``all`` facts must hold together instead, when given. ``firm``: this lowering also holds against what was raised.
    """

    to: Indicator
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    firm: bool = False


class Side(msgspec.Struct, frozen=True, cache_hash=True):
    """One side of a drug pair: the classes or ingredients that count, and those of them that do not."""

    classes: tuple[str, ...] = ()
    ingredients: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


class Levels(msgspec.Struct, frozen=True):
    """Indicator of a check: ``base``, raised (strongest wins), then lowered (first that holds wins)."""

    base: Indicator
    raised: tuple[Shift, ...] = ()
    lowered: tuple[Shift, ...] = ()
    renewal: Indicator | None = None  # at most this when everything in the pair is unchanged for 90 days


class Band(msgspec.Struct, frozen=True):
    """drug-number: above this named number (strictly), the finding has this indicator and wording."""

    above: str
    to: Indicator
    wording: str


class Pairing(msgspec.Struct, frozen=True):
    """drug-list: one group of pairs with a level of its own; of several that hold for a pair the first listed counts.

    ``all`` are named facts that must hold for the pair. Routes are exact: "unknown" counts only where it is listed;
    empty means every systemic route.
    """

    one: Side
    other: Side
    to: Indicator
    wording: str = "default"
    one_routes: tuple[str, ...] = ()
    other_routes: tuple[str, ...] = ()
    all: tuple[str, ...] = ()


class Risk(msgspec.Struct, frozen=True):
    """drug-condition: drugs and what the patient has, with their own level; per drug the first that holds counts.

    ``one``: which of the check's drugs (empty: all of them). ``conditions``: any of them active (with ``history`` past
    ones too); empty where the facts of ``all``, which must hold as well, say everything.
    """

    to: Indicator
    one: Side = Side()
    conditions: tuple[str, ...] = ()
    history: bool = False
    all: tuple[str, ...] = ()
    wording: str = "default"


class Fact(msgspec.Struct, frozen=True):
    """A named fact shared by many checks (an amplifier or an exemption).

    ``words`` is how a card says it. ``kind``: "condition" (any of ``concepts`` active) or "function" (code in
    ``cds.checks.facts``). ``asks`` are the inputs without which it is unknown.
    """

    id: str
    words: str
    kind: str
    meaning: str
    basis: str
    evidence: tuple[str, ...]
    asks: tuple[str, ...]
    concepts: tuple[str, ...] = ()
    numbers: Mapping[str, Number] = {}


class Wording(msgspec.Struct, frozen=True):
    """What a card says, with ``{placeholders}`` filled from the finding's values."""

    headline: str
    why: str
    do: str


class Orderable(msgspec.Struct, frozen=True):
    """Something a suggestion can order (orderables.toml): what is written, and what recognises a draft of the same."""

    id: str
    kind: str  # "medication", "service", "appointment", "message", "task"
    label: str
    text: str
    evidence: tuple[str, ...] = ()
    system: str = ""  # "rxnorm", "loinc", "snomed"
    code: str = ""
    display: str = ""
    directions: str = ""
    route: str = ""
    dose: float = 0.0
    unit: str = ""
    quantity: float = 0.0
    quantity_unit: str = ""
    lab: tuple[str, ...] = ()
    panels: tuple[str, ...] = ()


class ProposalRule(msgspec.Struct, frozen=True):
    """An act that a check proposes with its findings of some wordings (empty: of all).

    ``kind``: "remove-draft", "replace-drug" (by ``item``), "reduce-dose", "split-dose", "keep-running",
    "keep-and-taper", "put-on-list" (of a discharge) or "order" (of ``item``).
    ``share``, ``daily`` and ``single`` name numbers of the check, or values of the finding, that the new dose must keep
    to: a part of the ordered daily dose, the most per day (a sum: "was + limit"), the most at a time.
    ``classes``: the drugs whose draft may be removed (empty: any that the finding is about).
    ``recommended``: the evidence that says so; empty: merely offered. ``settles``: a draft of the item lowers the
    finding by one level. ``brings``: checks whose note ("info") follows from the act and does not speak against it.
    """

    kind: str
    wordings: tuple[str, ...] = ()
    item: str = ""
    share: str = ""
    daily: str = ""
    single: str = ""
    classes: tuple[str, ...] = ()
    recommended: tuple[str, ...] = ()
    settles: bool = False
    brings: tuple[str, ...] = ()


class Review(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody's word that a check is right (``cds.review``). ``parts``: digests of what it rests on, by name.

    ``credential``: as stated by ``by``; nobody verifies it. ``withdrawn``: it takes back what was said before.
    """

    by: str
    credential: str
    on: date
    parts: dict[str, str]
    note: str = ""
    withdrawn: bool = False


class Check(msgspec.Struct, frozen=True):
    """One clinical question with its numbers, levels, words, sources and review status."""

    id: str
    title: str
    group: str
    topic: str
    kind: str  # "drug-drug", "drug-list", "drug-condition", "drug-number", "function"
    hooks: tuple[str, ...]
    asks: tuple[str, ...]
    question: str
    why_it_matters: str
    basis: str
    evidence: tuple[str, ...]
    overrides: tuple[str, ...]
    owner: str
    clinical_review: str
    created: date
    changed: date
    levels: Levels
    wording: Mapping[str, Wording]
    values: tuple[str, ...] = ()  # the placeholders findings of this check fill
    makes_relevant: tuple[str, ...] = ()  # classes whose orders deserve a "not checked" card because of this check
    applies_to: Side = Side()  # orders for which the question is asked
    one: Side = Side()  # drug-drug, drug-condition: the drug; its words are applies_to of both sides
    other: Side = Side()
    conditions: tuple[str, ...] = ()  # drug-condition
    routes: tuple[str, ...] = ()  # the routes meant; empty: all systemic ones
    bands: tuple[Band, ...] = ()  # drug-number: on the daily dose summed over all orders of the ingredient
    pairings: tuple[Pairing, ...] = ()  # drug-list: groups of pairs, each with its own level
    risks: tuple[Risk, ...] = ()  # drug-condition: groups with levels of their own
    proposals: tuple[ProposalRule, ...] = ()  # what could be done instead, in the order in which it is offered
    numbers: Mapping[str, Number] = {}
    view_from: Indicator = Indicator.CRITICAL  # when a chart is only opened: shown from this level on
    only_alone: bool = False  # shown only where no other check shows anything about the same order
    every_chart: bool = False  # asked of every chart opened and at every discharge, whatever is taken
    rank: int = 0  # among findings of one topic and indicator, lower first
    review: Review | None = None  # one that holds for the check as it is

    def number(self, name: str) -> float:
        """The value of one of this check's numbers."""
        return self.numbers[name].value


class Knowledge(msgspec.Struct, frozen=True):
    """All knowledge of one version. ``version`` names the content: a date, a digest of every file, and the profile."""

    version: str
    checks: Mapping[str, Check]
    facts: Mapping[str, Fact]
    evidence: Mapping[str, Evidence]
    overrides: Mapping[str, OverrideReason]
    topics: Mapping[str, Topic]
    terminology: Terminology
    by_ingredient: Mapping[str, tuple[str, ...]]  # ingredient id -> ids of the checks its orders may concern
    relevant: frozenset[str]  # ingredient ids whose orders deserve a "not checked" card
    tables: Tables  # of the arithmetic
    orderables: Mapping[str, Orderable] = {}
    targets: frozenset[str] = frozenset()  # ingredient ids of baclofen and the benzodiazepines
    limits: Mapping[str, Limit] = {}  # daily maxima of benzodiazepines by ingredient
    starts: Mapping[str, Start] = {}  # first doses of benzodiazepines in older patients by ingredient
    altered: tuple[str, ...] = ()  # files that differ from the seal made when they were installed
    profile: str = "us"  # the one that is laid over it
    silent: frozenset[str] = frozenset()  # checks that a site tries: asked and reported, never shown (``cds.site``)
    off: frozenset[str] = frozenset()  # checks that a site does not ask
    language: str = "en"  # of the checks' words (``cds.language``)
    frame: Mapping[str, str] = {}  # words around them that are not as in English, by name
    untranslated: frozenset[str] = frozenset()  # checks of which some words are English all the same
    caps: Mapping[str, Indicator] = {}  # the highest indicator that a site shows, by check
    profiles: Mapping[str, Profile] = {}  # all there are
