"""A Report as FHIR R4 resources, for systems without CDS Hooks.

One DetectedIssue per finding, one GuidanceResponse, one OperationOutcome for what was not checked.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

from cds.case import Reason
from cds.fhir.publish import Place
from cds.fhir.publish.codes import CHECKS, REASON_WORDS, REASONS
from cds.fhir.publish.inputs import requirements
from cds.fhir.publish.plan import LIBRARY
from cds.findings import Finding, NotChecked, Report
from cds.knowledge.model import Knowledge
from hooks.wording import fill, plain

Json = dict[str, Any]

SEVERITY = {"critical": "high", "warning": "moderate", "info": "low"}
_REFERENCE = re.compile(r"[A-Z][A-Za-z]{1,40}/[A-Za-z0-9.\-]{1,64}\Z")
_PATIENT = re.compile(r"[A-Za-z0-9.\-]{1,64}\Z")
_ACTIONABLE = {"system": "http://terminology.hl7.org/CodeSystem/common-tags", "code": "actionable"}
_ISSUE_TYPES = {
    Reason.ABSENT: "required",
    Reason.REPORTED_EMPTY: "informational",
    Reason.FETCH_FAILED: "transient",
    Reason.INTERNAL: "exception",
    Reason.TRUNCATED: "incomplete",
    Reason.WRONG_PATIENT: "conflict",
    Reason.CONFLICT: "conflict",
}


class Teller:
    """Tells reports; holds what they share."""

    def __init__(self, knowledge: Knowledge, place: Place, pages: str) -> None:
        self._knowledge = knowledge
        self._place = place
        self._pages = pages

    def bundle(self, report: Report, *, patient_id: str, as_of: date, call: str) -> Json:
        """All of a report. ``call`` names what was asked: the same call gives the same ids."""
        outcome = self.outcome(report.not_checked)
        outcome_url = _urn(call, "outcome")
        issues = [
            (_urn(call, finding.check, *finding.about, str(number)), self.issue(finding, patient_id, as_of))
            for number, finding in enumerate(report.findings)
        ]
        guidance = self.guidance(report, patient_id, as_of, outcome_url, call)
        entries = [*issues, (_urn(call, "guidance"), guidance), (outcome_url, outcome)]
        return {
            "resourceType": "Bundle",
            "type": "collection",
            "identifier": {"system": "urn:ietf:rfc:3986", "value": _urn(call)},
            "entry": [{"fullUrl": url, "resource": resource} for url, resource in entries],
        }

    def issue(self, finding: Finding, patient_id: str, as_of: date) -> Json:
        """A finding as DetectedIssue. Tagged "actionable" when it would be on a card; else it is told only."""
        check = self._knowledge.checks[finding.check]
        found: Json = {"resourceType": "DetectedIssue"}
        if finding.shown and finding.indicator > 0:
            found["meta"] = {"tag": [_ACTIONABLE]}
        found |= {"status": "final", "code": {"coding": [self._code(finding.check)], "text": check.title}}
        found["severity"] = SEVERITY[finding.indicator.code]
        if patient := _patient(patient_id):
            found["patient"] = patient
        found["identifiedDateTime"] = as_of.isoformat()
        if about := [{"reference": ref} for ref in finding.about if _REFERENCE.match(ref)]:
            found["implicated"] = about
        if seen := [{"code": [{"text": plain(item)}]} for item in finding.seen]:
            found["evidence"] = seen
        found["detail"] = self.words(finding)
        found["reference"] = f"{self._pages}{finding.check}"
        return found

    def words(self, finding: Finding) -> str:
        """Headline, reason and advice in one text, without markup."""
        wording = self._knowledge.checks[finding.check].wording[finding.wording]
        parts = (fill(text, finding.values, plain).rstrip(".") for text in (wording.headline, wording.why, wording.do))
        return ". ".join(part for part in parts if part) + "."

    def guidance(self, report: Report, patient_id: str, as_of: date, outcome_url: str, call: str) -> Json:
        """That the checks ran, of which knowledge, and which data would tell more."""
        missing = [item.check for item in report.not_checked if item.reason is not Reason.REPORTED_EMPTY]
        found: Json = {
            "resourceType": "GuidanceResponse",
            "requestIdentifier": {"system": "urn:ietf:rfc:3986", "value": _urn(call)},
            "moduleCanonical": f"{self._place.url('Library', LIBRARY)}|{report.knowledge_version}",
            "status": "data-requested" if missing else "success",
            "occurrenceDateTime": as_of.isoformat(),
            "evaluationMessage": [{"reference": outcome_url}],
        }
        if patient := _patient(patient_id):
            found["subject"] = patient
        checks = [self._knowledge.checks[id] for id in dict.fromkeys(missing) if id in self._knowledge.checks]
        needs = [need for check in checks for need in requirements(check, self._place, {})]
        if needs:
            found["dataRequirement"] = [need for index, need in enumerate(needs) if need not in needs[:index]]
        return found

    def outcome(self, unchecked: Iterable[NotChecked]) -> Json:
        """What was not checked, and why; or that nothing was left out."""
        issues = [self._unchecked(item) for item in unchecked]
        if not issues:
            said = "Every check saw all it needed."
            issues = [{"severity": "information", "code": "informational", "details": {"text": said}}]
        return {"resourceType": "OperationOutcome", "issue": issues}

    def _unchecked(self, item: NotChecked) -> Json:
        system = self._place.url("CodeSystem", REASONS)
        coding = {"system": system, "code": item.reason.value, "display": REASON_WORDS[item.reason][0]}
        told = {
            "severity": "warning" if item.makes_card else "information",
            "code": _ISSUE_TYPES.get(item.reason, "processing"),
            "details": {
                "coding": [coding],
                "text": f"{item.check} not checked: {REASON_WORDS[item.reason][0].lower()}",
            },
        }
        if item.detail:
            told["diagnostics"] = plain(item.detail)
        return told

    def _code(self, id: str) -> Json:
        return {
            "system": self._place.url("CodeSystem", CHECKS),
            "code": id,
            "display": self._knowledge.checks[id].title,
        }

    def care_plan(self, report: Report, check: str, *, patient_id: str, as_of: date, call: str) -> Json:
        """``$apply``: what one check advises now, as a proposal; no activity when it finds nothing."""
        advice = [finding for finding in report.findings if finding.check == check]
        outcome = self.outcome(item for item in report.not_checked if item.check == check) | {"id": "not-checked"}
        found: Json = {
            "resourceType": "CarePlan",
            "contained": [outcome],
            "instantiatesCanonical": [f"{self._place.url('PlanDefinition', check)}|{report.knowledge_version}"],
            "status": "draft",
            "intent": "proposal",
            "title": self._knowledge.checks[check].title,
            "subject": _patient(patient_id) or {"display": "not named"},
            "created": as_of.isoformat(),
            "supportingInfo": [{"reference": "#not-checked"}],
        }
        if advice:
            group = self._request_group(advice, check, patient_id)
            found["contained"].insert(0, group)
            found["activity"] = [{"reference": {"reference": "#advice"}}]
        return found

    def _request_group(self, advice: Iterable[Finding], check: str, patient_id: str) -> Json:
        priority = {"critical": "stat", "warning": "urgent", "info": "routine"}
        page = {"type": "documentation", "label": "Evidence page", "url": f"{self._pages}{check}"}
        actions = []
        for finding in advice:
            wording = self._knowledge.checks[check].wording[finding.wording]
            actions.append(
                {
                    "title": fill(wording.headline, finding.values, plain),
                    "description": self.words(finding),
                    "priority": priority[finding.indicator.code],
                    "code": [{"coding": [self._code(check)]}],
                    "documentation": [page],
                }
            )
        group: Json = {"resourceType": "RequestGroup", "id": "advice", "status": "draft", "intent": "proposal"}
        if patient := _patient(patient_id):
            group["subject"] = patient
        return group | {"action": actions}


def _patient(id: str) -> Json:
    return {"reference": f"Patient/{id}"} if _PATIENT.match(id) else {}


def _urn(*parts: str) -> str:
    return "urn:uuid:" + str(uuid.uuid5(uuid.NAMESPACE_URL, "\n".join(("gabaguard-check", *parts))))
