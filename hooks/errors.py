"""What a caller is told when a call cannot be answered: an OperationOutcome that names path, problem and remedy.

The words are ours; nothing of the request is repeated, so nothing of it can leak.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import orjson

MEDIA_TYPE = "application/fhir+json"

# FHIR issue types, the same in DSTU2, STU3, R4 and R5.
_TYPES = {
    400: "invalid",
    401: "login",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    410: "not-supported",
    412: "incomplete",
    413: "too-long",
    415: "not-supported",
    500: "exception",
    501: "not-supported",
    503: "transient",
}


class Issue(msgspec.Struct, frozen=True):
    """One thing wrong with a call. ``path`` is where in the request ("context.draftOrders"), "" for the whole."""

    path: str
    problem: str
    remedy: str
    code: str = ""  # FHIR issue type; "" takes the one of the status


class Refused(Exception):
    """A call that cannot be answered, with its HTTP status and everything wrong with it."""

    def __init__(self, status: int, *issues: Issue) -> None:
        super().__init__(status)
        self.status = status
        self.issues = issues


class StoreUnavailable(Exception):
    """The database cannot be used now: locked, full, read-only or gone. Says no more: its words may hold values."""


def refused(status: int, path: str, problem: str, remedy: str, code: str = "") -> Refused:
    """A refusal for one reason."""
    return Refused(status, Issue(path, problem, remedy, code))


def outcome(status: int, issues: Iterable[Issue], request_id: str = "") -> bytes:
    """The OperationOutcome of a refusal, as JSON bytes. ``request_id`` lets an operator find the call in the log."""
    body: dict[str, object] = {
        "resourceType": "OperationOutcome",
        "issue": [_issue(issue, status, request_id) for issue in issues],
    }
    return orjson.dumps(body)


def _issue(issue: Issue, status: int, request_id: str) -> dict[str, object]:
    where = f"{issue.path}: " if issue.path else ""
    words = f"{where}{issue.problem}. {issue.remedy}."
    if request_id:
        words += f" (request {request_id})"
    told: dict[str, object] = {
        "severity": "fatal" if status >= 500 else "error",
        "code": issue.code or _TYPES.get(status, "processing"),
        "details": {"text": f"{where}{issue.problem}"},
        "diagnostics": words,
    }
    if issue.path:
        told["expression"] = [issue.path]
    return told
