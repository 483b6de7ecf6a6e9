"""The whole journey of one call, bytes to bytes. No web here: this is also what offline checks and benchmarks call."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from cds.arithmetic.rules import using
from cds.case import Patient, PatientCase, Reason, Unknown
from cds.chart import Chart, Source
from cds.fhir.write import Subject
from cds.findings import Report
from cds.memo import heard
from cds.proposals import propose
from cds.screen import screen, unjudged
from hooks.cards import write
from hooks.engine import Engine
from hooks.errors import MEDIA_TYPE, Refused, outcome, refused
from hooks.filling import Seen, case_of, fill, read
from hooks.origins import Allowed
from hooks.prefetch import has_readable_draft, nothing_usable
from hooks.request import HookRequest, read_request
from hooks.services import Service
from hooks.suggestions import Offer
from hooks.tracing import span

# Hooks whose user may be the patient or a relative: they get no guidance that is meant for clinicians.
_READ_BY_PATIENTS = frozenset({"patient-view", "medication-refill"})


class Judged(msgspec.Struct, frozen=True):
    """One call with everything that was made of it on the way."""

    request: HookRequest
    sources: list[Source]
    chart: Chart
    case: PatientCase
    report: Report
    as_of: date
    fetched: Mapping[str, Sequence[str]] = {}  # keys asked of the FHIR server, by how that ended
    shown: tuple[tuple[str, int, str], ...] = ()  # check, level, subject: to be remembered (``hooks.repeats``)


Once = Callable[[Judged], Judged]


class Answer(msgspec.Struct, frozen=True):
    """What goes back. ``judged`` is None and ``refusal`` filled when the call was refused.

    ``unoffered`` is the fault of ours for which the cards have no suggestions.
    """

    status: int
    body: bytes
    media_type: str = "application/json"
    judged: Judged | None = None
    refusal: Refused | None = None
    unoffered: BaseException | None = None


def respond(
    body: bytes,
    service: Service,
    engine: Engine,
    request_id: str = "",
    *,
    permitted: Allowed | None = None,
    once: Once | None = None,
) -> Answer:
    """Answer one call of a service.

    ``permitted``: the FHIR servers that this caller may lead us to; None takes those of the settings. ``once``: leaves
    out what need not be shown again.
    """
    with using(engine.knowledge.tables):
        return _respond(body, service, engine, request_id, permitted, once)


def _respond(
    body: bytes, service: Service, engine: Engine, request_id: str, permitted: Allowed | None, once: Once | None
) -> Answer:
    heard(len(body))
    try:
        judged = judge(body, service, engine, permitted)
    except Refused as refusal:
        return Answer(refusal.status, outcome(refusal.status, refusal.issues, request_id), MEDIA_TYPE, refusal=refusal)
    request = judged.request
    if once is not None:
        judged = once(judged)
    if read_by_patient(request, service):
        answer = engine.cards.for_patient(judged.report, as_of=judged.as_of)
    else:
        return _with_suggestions(judged, service, engine)
    return Answer(200, write(answer), judged=judged)


def judge(body: bytes, service: Service, engine: Engine, permitted: Allowed | None = None) -> Judged:
    """Read, understand and screen one call. Raises ``Refused``: 400 for its shape, 412 when nothing could be judged."""
    began = time.monotonic()
    with span("read"):
        request = read_request(body, service)
        seen = read(request, service, engine)
    _refuse_without_draft(request, seen.chart)
    as_of = engine.today()
    if request.access is not None:
        servers = engine.settings.fhir_allowed if permitted is None else permitted
        ends = began + engine.ehr.seconds
        with span("fill"):
            seen = fill(seen, request, service, engine, permitted=servers, as_of=as_of, ends=ends)
    _refuse_without_patient(seen.chart, service)
    with span("screen"):
        case, report = _screened(seen, request, service, engine, as_of)
    _refuse_if_blind(request, seen.chart, report, service)
    return Judged(request, seen.sources, seen.chart, case, report, as_of, seen.fetched)


def _with_suggestions(judged: Judged, service: Service, engine: Engine) -> Answer:
    """The cards with what could be done instead. A fault there costs the suggestions only, never a card."""
    named: dict[str, Any] = {
        "hook": service.hook,
        "hook_instance": judged.request.hook_instance,
        "as_of": judged.as_of,
    }
    try:
        answer = engine.cards.answer(judged.report, **named, offer=_offer(judged, service, engine))
    except Exception as error:
        answer = engine.cards.answer(judged.report, **named)
        return Answer(200, write(answer), judged=judged, unoffered=error)
    return Answer(200, write(answer), judged=judged)


def _offer(judged: Judged, service: Service, engine: Engine) -> Offer | None:
    """What could be done instead of what was ordered, and what is needed to write it."""
    request, chart = judged.request, judged.chart
    found = propose(chart, judged.case, judged.report, engine.knowledge, service.hook, request.encounter_id)
    if not found:
        return None
    discharge = service.phase == "discharge"
    subject = Subject(chart.release, request.patient_id, request.encounter_id, judged.as_of, discharge)
    return Offer(found, subject, request.drafts, judged.sources, request.old)


def read_by_patient(request: HookRequest, service: Service) -> bool:
    """Whether it is the patient, or a relative, who would read the cards: they get none."""
    return service.hook in _READ_BY_PATIENTS and _is_patient(request.user_id)


def _is_patient(user_id: str) -> bool:
    parts = user_id.strip().rstrip("/").split("/")
    return len(parts) > 1 and parts[-2] in ("Patient", "RelatedPerson")


def _screened(
    seen: Seen, request: HookRequest, service: Service, engine: Engine, as_of: date
) -> tuple[PatientCase, Report]:
    """The case and its report. A fault of ours becomes a card that says so: an error 500 no prescriber would see."""
    try:
        case = case_of(seen, request, service, engine, as_of)
        return case, screen(case, engine.knowledge, service.hook)
    except Exception as error:
        nobody = Unknown(Reason.INTERNAL, "this call could not be judged")
        blank = PatientCase(as_of, service.phase, Patient(nobody, nobody))
        return blank, unjudged(engine.knowledge, error)


def _refuse_without_draft(request: HookRequest, chart: Chart) -> None:
    """400 for a hook that brings orders when none of them can be read."""
    if not request.drafts or any(item.draft for item in chart.medications):
        return
    foreign = any(gap.reason is not Reason.UNREADABLE for gap in chart.unreadable_orders)  # said on a card instead
    if not foreign and (chart.unreadable_orders or not has_readable_draft(request.drafts)):
        path = request.drafts[0].path
        raise refused(400, path, "holds no order that can be read", "Send FHIR resources in a Bundle", "structure")


def _refuse_without_patient(chart: Chart, service: Service) -> None:
    """412 when a chart is opened and nobody can tell whose it is."""
    if service.phase == "view" and chart.patient is None:
        raise refused(412, "prefetch.patient", "is no Patient", "Send the patient in prefetch", "incomplete")


def _refuse_if_blind(request: HookRequest, chart: Chart, report: Report, service: Service) -> None:
    """412 only when a relevant order has neither prefetch nor FHIR access, and the orders alone show nothing.

    A hook that brings no orders has nothing at all without prefetch.
    """
    relevant = report.relevant or not service.draft_fields
    told = any(not finding.silenced for finding in report.findings)
    if relevant and not told and request.access is None and nothing_usable(chart.gaps, service):
        remedy = "Send the prefetch that discovery asks for, or fhirServer with access"
        raise refused(412, "prefetch", "has no data of the patient", remedy, "incomplete")
