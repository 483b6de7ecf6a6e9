"""Report -> the answer's JSON: few cards, strongest first, and every finding as data.

Findings of one topic share a card; the card takes indicator, topic and source of its strongest. At most five cards; the
"not checked" card is one of them and displaces none. No member is ever null or empty (``cards`` excepted). The same
call gives the same bytes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from cds.case import Reason
from cds.findings import Finding, Indicator, NotChecked, Report
from cds.knowledge.model import Check, Knowledge
from hooks.languages import ENGLISH, english
from hooks.suggestions import Offer, SuggestionMaker
from hooks.wording import SUMMARY_LENGTH, fill, markdown, once, plain, reference, short

MOST_CARDS = 5
FINDINGS = "org.gabaguard.findings"
REPORT = "org.gabaguard.report"
NOT_CHECKED = "not-checked"
PATIENT_VIEW = "patient-view"  # the hook that gets one card at most

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "gabaguard")

_REASONS = {
    Reason.ABSENT: "not sent",
    Reason.REPORTED_EMPTY: "reported as none",
    Reason.UNREADABLE: "not readable",
    Reason.STALE: "too old",
    Reason.UNIT: "unit missing or unknown",
    Reason.WRONG_PATIENT: "belongs to another patient",
    Reason.FETCH_FAILED: "could not be fetched",
    Reason.TRUNCATED: "only a part was sent",
    Reason.UNKNOWN_DRUG: "medicine not recognised",
    Reason.DOSE_UNKNOWN: "dose not known",
    Reason.CONFLICT: "sources disagree",
    Reason.INTERNAL: "a fault of ours",
}


class CardMaker:
    """Makes answers from reports; holds what never changes between them."""

    def __init__(self, knowledge: Knowledge, base_url: str) -> None:
        self._knowledge = knowledge
        self._base = base_url
        self._sources = {id: self._source(check) for id, check in knowledge.checks.items()}
        self._links = {id: self._link(id) for id in (*knowledge.checks, NOT_CHECKED)}
        self._suggestions = SuggestionMaker(knowledge)
        modes = {"off": sorted(knowledge.off), "silent": sorted(knowledge.silent)}
        self._frame = {**english(), **knowledge.frame}
        self._set = {id: words for id, check in knowledge.checks.items() if (words := _set_otherwise(check))}
        self._site = {mode: ids for mode, ids in modes.items() if ids}
        self._overrides: dict[tuple[str, ...], list[dict[str, str]]] = {}

    def for_patient(self, report: Report, *, as_of: date) -> dict[str, Any]:
        """The body of the answer when the reader is the patient or a relative: nothing that is meant for clinicians."""
        return {
            "cards": [],
            "extension": {REPORT: {"knowledgeVersion": report.knowledge_version, "asOf": as_of.isoformat()}},
        }

    def answer(
        self, report: Report, *, hook: str, hook_instance: str, as_of: date, offer: Offer | None = None
    ) -> dict[str, Any]:
        """The body of the answer, ready to be written as JSON (with orjson: drafts stand in it as they came)."""
        most = 1 if hook == PATIENT_VIEW else MOST_CARDS
        groups = self._groups([finding for finding in report.findings if finding.shown and finding.indicator > 0], most)
        unsaid = self._unsaid(report, hook)
        alone = bool(unsaid) and len(groups) < most
        told = {id(finding): _finding(finding) for finding in report.findings if not finding.silenced}
        cards = [self._card(group, told, hook_instance, offer) for group in groups]
        if alone:
            cards.append(self._not_checked_card(unsaid, hook_instance))
        elif unsaid and cards:
            cards[-1]["detail"] += "\n\n" + _not_checked_lines(unsaid, self._knowledge, self._frame["not_checked"])
        about: dict[str, Any] = {"knowledgeVersion": report.knowledge_version, "asOf": as_of.isoformat()}
        if told:
            about["findings"] = list(told.values())
        if report.not_checked:
            about["notChecked"] = [_not_checked(item) for item in report.not_checked]
        if repeats := {finding.check: finding.repeated for finding in report.findings if finding.repeated}:
            about["notShownAgain"] = [{"check": check, "because": why} for check, why in repeats.items()]
        if self._site:
            about["site"] = self._site
        if self._knowledge.language != ENGLISH:
            about["language"] = self._language(report)
        return {"cards": cards, "extension": {REPORT: about}}

    def _language(self, report: Report) -> dict[str, Any]:
        """The language asked for, and the checks of this answer of which some words are English all the same."""
        left = sorted({finding.check for finding in report.findings} & self._knowledge.untranslated)
        return {"code": self._knowledge.language} | ({"english": left} if left else {})

    # -- which cards ------------------------------------------------------------------------------------------------

    def _groups(self, findings: Sequence[Finding], most: int) -> list[list[Finding]]:
        """Findings by topic, strongest topic first; beyond five cards only what is critical is added to the fifth.

        The one card of an opened chart takes all: the screening has left only what is equally urgent.
        """
        topics: dict[str, list[Finding]] = {}
        for finding in findings:  # strongest first, so a topic's first is its strongest
            topics.setdefault(self._knowledge.checks[finding.check].topic, []).append(finding)
        groups = list(topics.values())
        for group in groups[most:]:
            groups[most - 1] += [f for f in group if most == 1 or f.indicator.code == "critical"]
        return groups[:most]

    def _unsaid(self, report: Report, hook: str) -> list[NotChecked]:
        """What the "not checked" card is about: only for a relevant order, only checks that this hook shows."""
        if not report.relevant:
            return []
        checks = self._knowledge.checks
        return [
            item
            for item in report.not_checked
            if item.makes_card and (item.check not in checks or hook in checks[item.check].hooks)
        ]

    # -- one card ---------------------------------------------------------------------------------------------------

    def _card(
        self, group: Sequence[Finding], told: Mapping[int, Any], hook_instance: str, offer: Offer | None
    ) -> dict[str, Any]:
        first = group[0]
        ids = tuple(once(finding.check for finding in group))
        about = once(ref for finding in group for ref in finding.about)
        card: dict[str, Any] = {
            "uuid": _uuid(hook_instance, *(f"{f.check}/{f.wording}" for f in group), *about),
            "summary": self._summary(group),
            "indicator": first.indicator.code,
            "detail": self._detail(group),
            "source": self._sources[first.check],
        }
        if offer is not None and (made := self._suggestions.suggestions(offer, ids, first.check, hook_instance)):
            card["suggestions"] = made
            card["selectionBehavior"] = "at-most-one"
        if reasons := self._reasons(ids):
            card["overrideReasons"] = reasons
        card["links"] = self._links[first.check]
        card["extension"] = {FINDINGS: [told[id(finding)] for finding in group]}
        return card

    def _summary(self, group: Sequence[Finding]) -> str:
        more = sum(1 for finding in group[1:] if finding.indicator >= Indicator.WARNING)  # notes are not counted
        tail = self._frame["one_more" if more == 1 else "more"].replace("{count}", str(more)) if more else ""
        return short(self._headline(group[0], plain), SUMMARY_LENGTH - len(tail)) + tail

    def _headline(self, finding: Finding, escape: Any) -> str:
        text = fill(self._words(finding).headline, finding.values, escape)
        first = text.split(" ", 1)[0]
        return text[:1].upper() + text[1:] if first.islower() else text  # "Baclofen", but "eGFR"

    def _words(self, finding: Finding) -> Any:
        return self._knowledge.checks[finding.check].wording[finding.wording]

    def _detail(self, group: Sequence[Finding]) -> str:
        first = group[0]
        check = self._knowledge.checks[first.check]
        words = self._words(first)
        why = fill(words.why, first.values, markdown)
        if first.because:
            why += f" *{self._frame['level']}: {', '.join(markdown(item) for item in first.because)}.*"
        seen = once(item for finding in group for item in finding.seen)
        lines = [
            f"**{self._frame['seen']}** {' · '.join(map(markdown, seen))}",
            f"**{self._frame['why']}** {why}",
            f"**{self._frame['do']}** {fill(words.do, first.values, markdown)}",
            f"**{self._frame['also']}**\n\n{self._also(group)}" if len(group) > 1 else "",
            self._unknown(group),
            f"**{self._frame['source']}** {', '.join(map(markdown, check.evidence))}; "
            f"{self._frame.get(check.basis, check.basis)}.{self._set_here(group)}",
        ]
        return "\n\n".join(line for line in lines if line and not line.endswith("** "))

    def _also(self, group: Sequence[Finding]) -> str:
        """The further findings, each in a line; one of another topic (a critical beyond the fifth card) with advice."""
        topic = self._knowledge.checks[group[0].check].topic
        lines = []
        for finding in group[1:]:
            line = f"- {self._headline(finding, markdown)} ({finding.indicator.code})"
            if self._knowledge.checks[finding.check].topic != topic:
                line += f": {fill(self._words(finding).do, finding.values, markdown)}"
            lines.append(line)
        return "\n".join(once(lines))

    def _set_here(self, group: Sequence[Finding]) -> str:
        """The limits that the site has set otherwise, with what they are elsewhere."""
        found = [words for id in once(finding.check for finding in group) for words in self._set.get(id, ())]
        return " " + self._frame["here"].replace("{limits}", markdown(", ".join(found))) if found else ""

    def _unknown(self, group: Iterable[Finding]) -> str:
        words = once(item for finding in group for item in finding.unknown)
        return f"**{self._frame['unknown']}** {'; '.join(markdown(item) for item in words)}" if words else ""

    def _reasons(self, checks: tuple[str, ...]) -> list[dict[str, str]]:
        """The override reasons of a card's checks, each once; codes never change, so that a site can count them."""
        found = self._overrides.get(checks)
        if found is None:
            codes = once(code for id in checks for code in self._knowledge.checks[id].overrides)
            system = f"{self._base}/fhir/CodeSystem/gabaguard-override-reasons"
            found = [
                {"code": code, "system": system, "display": self._knowledge.overrides[code].display} for code in codes
            ]
            self._overrides[checks] = found
        return found

    def _source(self, check: Check) -> dict[str, Any]:
        return {
            "label": f"gabaguard check {check.id}: evidence and review status",
            "url": self._page(check.id),
            "topic": self._topic(check.id, check.title),
        }

    def _topic(self, id: str, title: str) -> dict[str, str]:
        return {"system": f"{self._base}/fhir/CodeSystem/gabaguard-checks", "code": id, "display": title}

    def _link(self, id: str) -> list[dict[str, str]]:
        return [{"label": "Evidence and review status", "url": self._page(id), "type": "absolute"}]

    def _page(self, id: str) -> str:
        return f"{self._base}/checks/{id}"

    # -- what could not be checked ------------------------------------------------------------------------------------

    def _not_checked_card(self, items: Sequence[NotChecked], hook_instance: str) -> dict[str, Any]:
        return {
            "uuid": _uuid(hook_instance, NOT_CHECKED, *(f"{item.check}/{item.reason}" for item in items)),
            "summary": _not_checked_summary(items, self._frame["not_checked"]),
            "indicator": "info",
            "detail": _not_checked_lines(items, self._knowledge, self._frame["not_checked"]),
            "source": {
                "label": "gabaguard: what could not be checked",
                "url": self._page(NOT_CHECKED),
                "topic": self._topic(NOT_CHECKED, "What could not be checked"),
            },
            "links": self._links[NOT_CHECKED],
        }


def write(answer: dict[str, Any]) -> bytes:
    """The answer as JSON bytes."""
    return orjson.dumps(answer)


def _uuid(*parts: str) -> str:
    """The same for the same call, checks and orders; another for any other."""
    return str(uuid.uuid5(_NAMESPACE, "\n".join(parts)))


def _set_otherwise(check: Check) -> tuple[str, ...]:
    return tuple(
        f"{name.replace('_', ' ')} {number.value:g} (elsewhere {number.usual:g}) {number.unit}"
        for name, number in check.numbers.items()
        if number.usual is not None
    )


def _open_questions(items: Iterable[NotChecked]) -> list[tuple[str, list[str]]]:
    """What was missing, with the checks it leaves open; what leaves most open comes first."""
    found: dict[str, list[str]] = {}
    for item in items:
        found.setdefault(item.detail or _REASONS[item.reason], []).append(item.check)
    return sorted(found.items(), key=lambda pair: -len(set(pair[1])))


def _not_checked_summary(items: Sequence[NotChecked], head: str) -> str:
    """As many of the missing things as fit, and how many more there are."""
    words = [plain(said) for said, _ in _open_questions(items)]
    text = short(f"{head}: {words[0]}", SUMMARY_LENGTH - len("; 99 more"))
    for count, item in enumerate(words[1:], start=1):
        if len(text) + len(item) + len(", ; 99 more") > SUMMARY_LENGTH:
            return f"{text}; {len(words) - count} more"
        text += f", {item}"
    return text


def _not_checked_lines(items: Sequence[NotChecked], knowledge: Knowledge, head: str) -> str:
    """One line per thing that was missing, with the questions it leaves open."""
    lines = []
    for said, checks in _open_questions(items):
        titles = [knowledge.checks[id].title if id in knowledge.checks else id for id in once(checks)]
        lines.append(f"- {markdown(said)}: {', '.join(titles)}")
    return f"**{head}**\n\n" + "\n".join(lines)


# -- findings as data --------------------------------------------------------------------------------------------------


def _finding(finding: Finding) -> dict[str, Any]:
    told: dict[str, Any] = {"check": finding.check, "indicator": finding.indicator.code}
    if finding.evidence:
        told["evidence"] = list(finding.evidence)
    if about := [reference(ref) for ref in finding.about if ref]:
        told["about"] = about
    if values := {name: safe for name, value in finding.values.items() if (safe := _safe(value)) not in ("", [])}:
        told["values"] = values
    return told


def _safe(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isidentifier() else plain(value)
    if isinstance(value, list):
        return [text for item in value if (text := plain(item))]
    return value


def _not_checked(item: NotChecked) -> dict[str, str]:
    told = {"check": item.check, "reason": item.reason.value}
    if item.detail:
        told["detail"] = plain(item.detail)
    return told
