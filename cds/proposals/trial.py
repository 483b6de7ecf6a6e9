"""What the checks would say if a proposal were accepted: the chart is changed, and everything is asked again.

A proposal is offered only when it does what it says: some finding is gone or lower, and none is higher or new. What is
only in the report (a quiet renewal, say) is no new finding: a stop withdrawn brings it back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from cds.build import build_case
from cds.case import PatientCase
from cds.chart import Chart, MedicationFact
from cds.findings import Finding, Report
from cds.knowledge.model import Knowledge
from cds.screen import screen

# Asked again of whatever is written anew: can it be read, and is an as-needed dose still bounded?
_WRITTEN = ("dose-unparsable", "prn-max-missing")
_NOTE = 1
_RANKS = {"info": 1, "warning": 2, "critical": 3}


class Call(msgspec.Struct, frozen=True):
    """One call as it was judged, and what is needed to judge it again."""

    chart: Chart
    case: PatientCase
    report: Report
    knowledge: Knowledge
    hook: str
    encounter_id: str = ""

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The findings that are on cards, strongest first."""
        return tuple(finding for finding in self.report.findings if finding.shown and finding.indicator > 0)


def improves(
    call: Call, medications: Sequence[MedicationFact], *, only_less: bool = False, brings: Collection[str] = ()
) -> tuple[str, ...]:
    """The checks whose findings are gone or lower with these medicines in the chart; none when another speaks up.

    ``brings``: checks of which a note is no objection.

    ``only_less``: nothing but a smaller first dose of a drug is new. Then no check can find what it did not find before
    (tests hold that for every case), and only those that found something are asked again.
    """
    chart = msgspec.structs.replace(call.chart, medications=list(medications))
    case = build_case(
        chart,
        as_of=call.case.as_of,
        phase=call.case.phase,
        terminology=call.knowledge.terminology,
        encounter_id=call.encounter_id,
    )
    found = {*_WRITTEN, *(finding.check for finding in call.report.findings)}
    findings = screen(case, call.knowledge, call.hook, found if only_less else None).findings
    then, now = _levels(findings), _levels(call.report.findings)
    spoken = _levels(finding for finding in findings if finding.shown and finding.indicator > 0)
    if any(level > max(now.get(check, 0), _NOTE * (check in brings)) for check, level in spoken.items()):
        return ()
    shown = dict.fromkeys(finding.check for finding in call.shown)
    return tuple(check for check in shown if then.get(check, 0) < now[check])


def _levels(findings: Iterable[Finding]) -> dict[str, int]:
    """The strongest level of each check as it is told to the outside, where a silent finding reads "info"."""
    found: dict[str, int] = {}
    for finding in findings:
        found[finding.check] = max(found.get(finding.check, 0), _RANKS[finding.indicator.code])
    return found
