"""What the checks say: findings, and what could not be checked."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import msgspec

from cds.case import Reason

Value = str | float | int | bool | list[str]


class Indicator(IntEnum):
    """Urgency of a finding. ``SILENT`` is in the report but on no card (an unchanged renewal, for example)."""

    SILENT = 0
    INFO = 1
    WARNING = 2
    CRITICAL = 3

    @property
    def code(self) -> str:
        """The CDS Hooks word; a silent finding is reported as "info"."""
        return ("info", "info", "warning", "critical")[self.value]


class Finding(msgspec.Struct, frozen=True):
    """One true thing a check found.

    ``wording`` names the variant of the check's wording in its knowledge file; ``values`` fills it and is published in
    the card's ``org.gabaguard.findings`` extension. ``about`` are the refs of the orders (first) and uses concerned.
    ``unknown`` are facts that could raise the level but were not known, as short phrases.
    ``shown`` is False when the finding is evaluated and reported but makes no card.
    """

    check: str
    indicator: Indicator
    wording: str
    values: Mapping[str, Value]
    about: tuple[str, ...]
    evidence: tuple[str, ...]
    seen: tuple[str, ...] = ()  # what was looked at, with values and dates: "eGFR 26 mL/min/1.73 m2 (3 June 2026)"
    because: tuple[str, ...] = ()  # what set the level: "eGFR below 30", "age 72"
    unknown: tuple[str, ...] = ()
    shown: bool = True
    repeated: str = ""  # why it is not shown again, where a site does not want it twice
    silenced: bool = False  # would be shown, if the site did not try its check in silence


class NotChecked(msgspec.Struct, frozen=True):
    """A question that could not be answered, and why.

    ``makes_card`` is False for what alone would only be noise: the caller's word that there is none, or a refinement
    (weight for Cockcroft-Gault) whose absence the finding itself mentions.
    """

    check: str
    reason: Reason
    detail: str
    makes_card: bool = True


class Outcome(msgspec.Struct, frozen=True):
    """How one check ended. Empty ``findings`` and ``not_checked`` mean: seen all it needed, nothing to report.

    ``looked_at`` and ``why`` are for ``--explain``: what it looked at and, in one sentence, why it did or did not fire.
    """

    check: str
    findings: tuple[Finding, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    looked_at: tuple[str, ...] = ()
    why: str = ""
    failed: BaseException | None = None  # the fault of ours that ended the check
    mode: str = ""  # "silent" or "off", where a site has it so


class Report(msgspec.Struct, frozen=True):
    """The answer to one case: every finding, strongest first, and everything that was not checked.

    ``relevant`` says whether an order of this call is one that the "not checked" card is for (DESIGN: baclofen, a
    benzodiazepine, or a drug that some check pairs with them strongly).
    """

    findings: tuple[Finding, ...]
    not_checked: tuple[NotChecked, ...]
    outcomes: tuple[Outcome, ...]
    relevant: bool
    knowledge_version: str


class DoseToWrite(msgspec.Struct, frozen=True):
    """One dose, the same every day: ``single`` mg of one ingredient, ``times`` a day; ``made_of`` says of what."""

    ingredient: str
    single: float
    times: int
    made_of: str = ""

    @property
    def daily(self) -> float:
        """mg per day."""
        return round(self.single * self.times, 6)
