"""Judged patients as rows of tables. The patient is a keyed hash, and nothing is copied from the record, unless asked.

A row of ``calls`` is one judged moment, a row of ``cards`` one card of it. Of a card's text only a keyed hash is kept
(``words``: of the headline, then of the rest), by which two replays with the same key can be compared. ``not_checked``
leaves out what the record itself says there is none of.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from cds.case import Reason
from cds.findings import Indicator, NotChecked, Report
from cds.knowledge.model import Knowledge
from hooks.cards import FINDINGS, NOT_CHECKED, CardMaker
from hooks.population.judge import Call, Judged
from hooks.population.kinds import UNKNOWN, Kind
from hooks.population.which import Which, knowledge_of, knowledge_without

TABLES = {
    "calls": {
        "patient": "VARCHAR",
        "moment": "VARCHAR",
        "as_of": "DATE",
        "hook": "VARCHAR",
        "actions": "VARCHAR",
        "drugs": "VARCHAR",
        "orders": "INTEGER",
        "cards": "INTEGER",
        "cards_of_findings": "INTEGER",
        "strongest": "VARCHAR",
        "failed": "BOOLEAN",
        "age": "VARCHAR",
        "sex": "VARCHAR",
        "kidney": "VARCHAR",
        "opioid": "VARCHAR",
        "pump": "VARCHAR",
        "refs": "VARCHAR",
    },
    "cards": {
        "patient": "VARCHAR",
        "moment": "VARCHAR",
        "as_of": "DATE",
        "hook": "VARCHAR",
        "number": "INTEGER",
        "topic": "VARCHAR",
        "indicator": "VARCHAR",
        "checks": "VARCHAR",
        "words": "VARCHAR",
        "summary": "VARCHAR",
    },
    "findings": {
        "patient": "VARCHAR",
        "moment": "VARCHAR",
        "as_of": "DATE",
        "hook": "VARCHAR",
        "check": "VARCHAR",
        "topic": "VARCHAR",
        "indicator": "VARCHAR",
        "shown": "BOOLEAN",
        "wording": "VARCHAR",
        "because": "VARCHAR",
        "about": "VARCHAR",
    },
    "not_checked": {
        "patient": "VARCHAR",
        "moment": "VARCHAR",
        "as_of": "DATE",
        "hook": "VARCHAR",
        "check": "VARCHAR",
        "reason": "VARCHAR",
        "makes_card": "BOOLEAN",
        "detail": "VARCHAR",
    },
}
WITHOUT = "without"  # a site's file: where the rows stand that there would be without it
Row = tuple[object, ...]


def names_of(which: Which) -> tuple[str, ...]:
    """The tables of a replay; those without the site's file are called "without.calls" and so on."""
    return (*TABLES, *(f"{WITHOUT}.{name}" for name in TABLES)) if which.site else tuple(TABLES)


class Rows(msgspec.Struct):
    """Rows by table, and what could not be judged, of some patients."""

    tables: dict[str, list[Row]]
    left: Counter[str]

    def add(self, other: Rows) -> None:
        """Take over the rows of others."""
        for name, rows in other.tables.items():
            self.tables.setdefault(name, []).extend(rows)
        self.left.update(other.left)


class Maker:
    """Makes the rows of a replay: those of its knowledge and, beside them, those without the site's file."""

    def __init__(self, which: Which, key: bytes | None) -> None:
        self._here = RowMaker(knowledge_of(which), key)
        without = knowledge_without(which)
        self._without = RowMaker(without, key) if without is not None else None

    def rows(self, judged: list[Judged]) -> Rows:
        """The rows of several patients."""
        found = self._here.rows(judged)
        if self._without is not None:
            others = self._without.rows([_without(one) for one in judged])
            found.tables |= {f"{WITHOUT}.{name}": rows for name, rows in others.tables.items()}
        return found


def _without(judged: Judged) -> Judged:
    calls = [msgspec.structs.replace(call, report=call.without, refused=False) for call in judged.calls]
    return Judged(judged.patient, calls)


class RowMaker:
    """Makes rows. ``key``: of the hash that stands for a patient; None: the patient is named."""

    def __init__(self, knowledge: Knowledge, key: bytes | None) -> None:
        self._knowledge = knowledge
        self._key = key
        self._cards = CardMaker(knowledge, "")

    def rows(self, judged: list[Judged]) -> Rows:
        """The rows of several patients."""
        found = Rows({name: [] for name in TABLES}, Counter())
        for one in judged:
            found.left.update(one.left)
            who = self._who(one.patient)
            for call in one.calls:
                if not call.refused:
                    self._call(found, who, call)
        return found

    def _who(self, patient: str) -> str:
        if self._key is None:
            return patient
        return self._hash(patient, 32)

    def _hash(self, text: str, digits: int) -> str:
        return hmac.new(self._key or b"", text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:digits]

    def _named(self, *texts: str) -> str:
        """What tells who it is: only where that was asked for."""
        return " ".join(texts) if self._key is None else ""

    def _call(self, found: Rows, who: str, call: Call) -> None:
        day = call.as_of.isoformat()
        first = (who, call.at, day, call.hook)
        cards = self._cards_of(call.report, call) if call.report is not None else []
        strongest = max((_STRENGTH[card["indicator"]] for card in cards), default=0)
        about_findings = sum(FINDINGS in card.get("extension", {}) for card in cards)  # not what was not checked
        told = (" ".join(call.actions), " ".join(call.drugs), len(call.orders), len(cards), about_findings)
        failed = call.report is None
        kind = msgspec.structs.astuple(call.kind or _NO_KIND)
        found.tables["calls"].append((*first, *told, _WORDS[strongest], failed, *kind, self._named(*call.orders)))
        if call.report is None:
            return
        found.tables["cards"] += [(*first, number, *self._card(card)) for number, card in enumerate(cards, 1)]
        for finding in call.report.findings:
            check = self._knowledge.checks[finding.check]
            shown = finding.shown and finding.indicator > Indicator.SILENT
            level = (check.topic, finding.indicator.name.lower(), shown, finding.wording)
            because, about = self._named("; ".join(finding.because)), self._named(*finding.about)
            found.tables["findings"].append((*first, finding.check, *level, because, about))
        for item in _open(call.report):
            told_of = (item.check, item.reason.value, item.makes_card, self._named(item.detail))
            found.tables["not_checked"].append((*first, *told_of))

    def _card(self, card: dict[str, Any]) -> Row:
        told = card.get("extension", {}).get(FINDINGS, ())
        checks = " ".join(sorted({one["check"] for one in told})) or NOT_CHECKED
        words = self._hash(card["summary"], 8) + self._hash(card["detail"], 8)
        return card["source"]["topic"]["code"], card["indicator"], checks, words, self._named(card["summary"])

    def _cards_of(self, report: Report, call: Call) -> list[dict[str, Any]]:
        answer = self._cards.answer(report, hook=call.hook, hook_instance="replay", as_of=call.as_of)
        cards: list[dict[str, Any]] = answer["cards"]
        return cards


_NO_KIND = Kind(*(UNKNOWN for _ in Kind.__struct_fields__))
_WORDS = ("", "info", "warning", "critical")
_STRENGTH = {word: at for at, word in enumerate(_WORDS)}


def _open(report: Report) -> Iterator[NotChecked]:
    """One row per check and reason."""
    met: dict[tuple[str, str], NotChecked] = {}
    for item in report.not_checked:
        if item.reason is Reason.REPORTED_EMPTY:
            continue
        key = (item.check, item.reason.value)
        if key not in met or (item.makes_card and not met[key].makes_card):
            met[key] = item
    yield from met.values()
