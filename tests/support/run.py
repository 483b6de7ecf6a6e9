"""A request's bytes through the whole of the code, and what was said: the answer as sent, and the report behind it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from cds.case import PatientCase, Reason
from cds.chart import Chart
from cds.findings import Finding, NotChecked, Report
from cds.knowledge.load import load_knowledge
from cds.knowledge.model import Knowledge
from cds.proposals import propose
from cds.screen import screen
from hooks.engine import Engine
from hooks.respond import Answer, respond
from hooks.services import service_for_hook
from hooks.settings import Settings
from hooks.suggestions import label
from tests.support.cases import Case, case_named
from tests.support.render import PLAIN, Variant, render_bytes

WORDS = {0: "silent", 1: "info", 2: "warning", 3: "critical"}


class Mismatch(msgspec.Struct, frozen=True):
    """One difference between what a case expects and what was said."""

    case: str
    release: str
    what: str


@lru_cache(maxsize=64)
def engine_at(as_of: date, profile: str = "us") -> Engine:
    """The engine of a service whose clinical today is frozen."""
    return Engine(Settings(as_of=as_of, profile=profile))


def answer_to(body: bytes, as_of: date, profile: str = "us") -> Answer:
    """Bytes in, answer out: what the service sends back for a request."""
    engine = engine_at(as_of, profile)
    service = service_for_hook(msgspec.json.decode(body)["hook"])
    assert service is not None
    return respond(body, service, engine)


def report_of(body: bytes, as_of: date) -> Report:
    """The report on a request. Raises ``AssertionError`` when the request was refused."""
    answer = answer_to(body, as_of)
    assert answer.judged is not None, answer.body.decode()
    return answer.judged.report


@lru_cache(maxsize=20_000)
def _built(case_id: str, release: str, variant: Variant) -> PatientCase:
    case = case_named(case_id)
    answer = answer_to(render_bytes(case, release, variant), case.as_of)
    assert answer.judged is not None, answer.body.decode()
    return answer.judged.case


def report_on(case: Case, release: str, variant: Variant = PLAIN, knowledge: Knowledge | None = None) -> Report:
    """The report on a case of the files; what was read is kept, so that other knowledge can be tried cheaply."""
    return screen(_built(case.id, release, variant), knowledge or load_knowledge(case.profile), case.hook)


def findings_of(report: Report, about: Iterable[str] | None = None) -> list[tuple[str, str]]:
    """(check, indicator) of every finding, sorted."""
    wanted = None if about is None else set(about)
    return sorted((f.check, indicator(f)) for f in report.findings if wanted is None or f.check in wanted)


def indicator(finding: Finding) -> str:
    """The word for a finding's level; "silent" when it is reported without a card."""
    return WORDS[finding.indicator.value]


def said_unchecked(report: Report) -> list[tuple[str, str]]:
    """(check, reason) of what was not checked, the caller's word "there is none" left out."""
    return sorted({(n.check, n.reason.value) for n in report.not_checked if n.reason is not Reason.REPORTED_EMPTY})


def card_makers(report: Report) -> list[NotChecked]:
    """What was not checked and makes the "not checked" card."""
    return [item for item in report.not_checked if item.makes_card] if report.relevant else []


@lru_cache(maxsize=512)
def _read(case_id: str, release: str) -> tuple[Chart, PatientCase, str]:
    """The chart and the case that a call was read as."""
    case = case_named(case_id)
    judged = answer_to(render_bytes(case, release), case.as_of).judged
    assert judged is not None
    return judged.chart, judged.case, judged.request.encounter_id


def suggested(case: Case, release: str, report: Report, knowledge: Knowledge) -> list[str]:
    """The labels of everything that is proposed instead, strongest finding first."""
    chart, patient, encounter_id = _read(case.id, release)
    found = propose(chart, patient, report, knowledge, case.hook, encounter_id)
    return [label(proposal, knowledge) for proposal in found]


def mismatches(case: Case, report: Report, release: str, knowledge: Knowledge | None = None) -> list[Mismatch]:
    """Every difference between what a case expects and a report made with this knowledge."""
    found: list[str] = []
    expected = sorted((e.check, e.indicator) for e in case.expect)
    said = findings_of(report, _compared(case, report))
    if said != expected:
        found.append(f"findings: expected {expected}, said {said}")
    for want in case.expect:
        found += _details(
            want, [f for f in report.findings if f.check == want.check and indicator(f) == want.indicator]
        )
    found += [*_unchecked(case, report), *_unexplained(report)]
    if case.suggest is not None:
        labels = suggested(case, release, report, knowledge or load_knowledge(case.profile))
        found += [] if labels == case.suggest else [f"suggested: expected {case.suggest}, said {labels}"]
    return [Mismatch(case.id, release, what) for what in found]


def _compared(case: Case, report: Report) -> Iterable[str] | None:
    """Which findings are compared: those a case is about; else all, counselling only where the case expects any."""
    if case.about is not None:
        return case.about
    humble = {id for id, check in load_knowledge().checks.items() if check.only_alone}
    humble -= {expected.check for expected in case.expect}
    return {finding.check for finding in report.findings} - humble


def _details(want: Any, findings: list[Finding]) -> list[str]:
    found = []
    for finding in findings:
        if want.wording and finding.wording != want.wording:
            found.append(f"{want.check}: wording {finding.wording!r}, expected {want.wording!r}")
        if finding.shown is not (want.shown and want.indicator != "silent"):
            found.append(f"{want.check}: {'' if finding.shown else 'not '}shown")
        if want.because and want.because not in finding.because:
            found.append(f"{want.check}: because {finding.because}, expected {want.because!r}")
        if want.unknown is not None and want.unknown not in (finding.unknown or ("",)):
            found.append(f"{want.check}: unknown {finding.unknown}, expected {want.unknown!r}")
        for name, value in want.values.items():
            if finding.values.get(name) != value:
                found.append(f"{want.check}: {name} is {finding.values.get(name)!r}, expected {value!r}")
    return found


def _unexplained(report: Report) -> list[str]:
    """Whatever is asked says why it fired or did not, and from what; whatever is found names its sources."""
    silent = [one.check for one in report.outcomes if not (one.why and all([one.why, *one.looked_at]))]
    bare = [one.check for one in report.findings if not (one.evidence and one.about)]
    return [f"{id}: does not say why" for id in silent] + [f"{id}: about nothing, or without a source" for id in bare]


def _unchecked(case: Case, report: Report) -> list[str]:
    about = None if case.about is None else set(case.about)
    if case.not_checked is not None:
        expected = sorted({(gap.check, gap.reason) for gap in case.not_checked})
        said = said_unchecked(report)
        said += sorted(
            (n.check, "reported-empty")
            for n in report.not_checked
            if n.reason is Reason.REPORTED_EMPTY and (n.check, "reported-empty") in expected
        )
        said = sorted({pair for pair in said if about is None or pair[0] in about})
        makers = {(n.check, n.reason.value) for n in card_makers(report)}
        makes = [gap for gap in case.not_checked if gap.card is ((gap.check, gap.reason) not in makers)]
        wrong = [f"not checked: {gap.check} {gap.reason}: a card should be {gap.card}" for gap in makes]
        return wrong if said == expected else [f"not checked: expected {expected}, said {said}", *wrong]
    if case.may_not_check:
        return []
    cards = [(n.check, n.reason.value, n.detail) for n in card_makers(report) if about is None or n.check in about]
    return [f"not checked, and a card: {cards}"] if cards else []
