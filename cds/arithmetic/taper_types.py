"""What the taper planner is asked and what it answers: plain frozen data, no FHIR, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from cds.case import Route

TABLET, LIQUID = "tablet", "liquid"
PACES = ("fast", "usual", "slow", "slowest")


class Product(msgspec.Struct, frozen=True):
    """Something a dose can be made of: a tablet of ``mg`` that comes apart into ``parts`` (1, 2, 4), or a liquid.

    For a liquid ``mg`` is per mL and ``parts`` is not used.
    """

    mg: float
    kind: str = TABLET
    parts: int = 2

    @property
    def label(self) -> str:
        """As a pharmacist writes it: "2.5 mg tablet", "1 mg/mL liquid"."""
        return f"{self.mg:g} mg tablet" if self.kind == TABLET else f"{self.mg:g} mg/mL liquid"


class Pause(msgspec.Struct, frozen=True):
    """``days`` more on step ``after`` (its number in the plan), before the next reduction."""

    after: int
    days: int


class TaperAsk(msgspec.Struct, frozen=True):
    """One drug to be tapered.

    ``mg_per_day`` and ``times_per_day`` are what is taken now; None is refused, never guessed. ``taken_days``: for how
    long (None: not known, planned as long). ``steady_days``: for how long the present dose has stood (None: not known).
    ``risks`` are ids of ``[risks]`` in knowledge/arithmetic/taper.toml; ``against_diazepam`` are concept ids of the
    problem list ("copd", "frailty" ...). ``products`` empty: the tablets of knowledge/arithmetic/tablets.toml.
    ``floor``: mg/day at which the taper is to end. ``beside``: ingredient ids taken as well; ``tapered_beside``: those
    of them that are being lowered. ``pace``: one of ``PACES``, or "" to let the risks choose.
    """

    ingredient: str
    mg_per_day: float | None
    times_per_day: int | None
    start: date
    taken_days: int | None = None
    steady_days: int | None = None
    risks: tuple[str, ...] = ()
    products: tuple[Product, ...] = ()
    pace: str = ""
    floor: float = 0.0
    pauses: tuple[Pause, ...] = ()
    route: Route = Route.ORAL
    extended_release: bool = False
    beside: tuple[str, ...] = ()
    tapered_beside: tuple[str, ...] = ()
    against_diazepam: tuple[str, ...] = ()
    supply_days: int | None = None  # length of one supply; None: that of the knowledge


class Amount(msgspec.Struct, frozen=True):
    """So many of one product: tablets (0.5 is a half), or mL."""

    product: Product
    count: float


class Take(msgspec.Struct, frozen=True):
    """One administration: when in the day, how many mg, made of what."""

    slot: str
    mg: float
    amounts: tuple[Amount, ...]


class TaperStep(msgspec.Struct, frozen=True):
    """One stretch at one dose. ``end`` is its last day, None: open end (nothing any more, or the floor).

    ``rule``: id of the rule this step obeys (``RULES`` in taper_rules.py), ``exempt`` when it is above the percentage
    limit as one of the last small steps. ``per_day``: what is needed a day, over all administrations.
    """

    number: int
    start: date
    end: date | None
    days: int | None
    before: float
    mg_per_day: float
    rule: str
    rule_words: str
    takes: tuple[Take, ...]
    per_day: tuple[Amount, ...]

    @property
    def reduction(self) -> float:
        """By how many mg/day it is lower than the dose before."""
        return round(self.before - self.mg_per_day, 6)

    @property
    def percent(self) -> float:
        """By what part of the dose before."""
        return round(self.reduction / self.before * 100, 6) if self.before else 0.0

    @property
    def exempt(self) -> bool:
        """Whether this is one of the last small steps that the percentage does not bind."""
        return self.rule == "last-steps"


class Supply(msgspec.Struct, frozen=True):
    """One stretch of supply. ``needed`` is exact; ``dispense`` counts whole tablets, what is left over carried on."""

    start: date
    end: date
    days: int
    needed: tuple[Amount, ...]
    dispense: tuple[Amount, ...]


class Remark(msgspec.Struct, frozen=True):
    """A warning on the plan, with its basis ("published", "mixed", "house") and evidence ids."""

    code: str
    words: str
    basis: str
    evidence: tuple[str, ...] = ()


class Switch(msgspec.Struct, frozen=True):
    """Diazepam in place of the drug: a range of equivalents, shown, never applied. ``blocked``: why not, or "".

    ``low``, ``high``: mg/day of diazepam by the weakest and the strongest equivalent in print; ``start``: where a
    switch would begin. ``sources``: evidence id -> mg of the drug that correspond to 10 mg diazepam, as printed.
    """

    low: float
    high: float
    start: float
    sources: Mapping[str, tuple[float, float]]
    words: str
    blocked: str = ""


class TaperPlan(msgspec.Struct, frozen=True):
    """A dated schedule. The last step is open: nothing any more, or ``floor`` mg/day.

    ``days``: from ``start`` to the day of the last step. ``floor_reason``: why it does not end at zero, "" if it does.
    """

    ingredient: str
    name: str
    start: date
    from_mg: float
    floor: float
    floor_reason: str
    pace: str
    pace_words: str
    steps: tuple[TaperStep, ...]
    supplies: tuple[Supply, ...]
    total: tuple[Amount, ...]
    days: int
    warnings: tuple[Remark, ...]
    evidence: tuple[str, ...]
    basis: str
    switch: Switch | None = None


class TaperRefused(msgspec.Struct, frozen=True):
    """No plan, and why: a code and one sentence a prescriber can read."""

    code: str
    reason: str


class Direction(msgspec.Struct, frozen=True):
    """One dosage instruction, the same in every FHIR release.

    Directions of one step share ``sequence`` (they are taken together). ``dose`` in mg is one administration,
    ``frequency`` times in one day, from ``starts`` to ``ends`` (None: open end), ``days`` long. ``text``: this entry in
    words; ``patient``: the whole step for the patient, the same in all its entries. ``slots``: when in the day;
    ``amounts``: of what one such dose is made.
    """

    sequence: int
    text: str
    patient: str
    dose: float
    frequency: int
    starts: date
    ends: date | None
    days: int | None
    slots: tuple[str, ...]
    amounts: tuple[Amount, ...]
