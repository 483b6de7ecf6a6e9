"""Reading a call, and filling from the caller's FHIR server what prefetch left open - as far as the answer needs it.

What was read is looked at after each step: an order that no check is about fetches nothing; one that could only meet
our drugs on the list fetches the lists, and the rest only if they are there; so does a chart that is opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from cds.build import build_case, wanted_by
from cds.case import PatientCase, Reason, Unknown
from cds.chart import Chart, Source
from cds.fhir.read import read_chart
from cds.screen import Need, need
from hooks.access import Access
from hooks.ehr import Fetched, Wish, outcomes, wish
from hooks.engine import Engine
from hooks.origins import Allowed, Base
from hooks.paging import is_part
from hooks.prefetch import NAMES, Gaps, complete, gather
from hooks.request import HookRequest
from hooks.services import ESSENTIAL, Service

# What tells whether one of our drugs is taken, and whose record it is.
LISTS = frozenset({"patient", "medications", "statements", "encounter", "stopped", "dispenses", "discharge"})


class Seen(msgspec.Struct):
    """What was seen of a call: its sources, what is known to be missing, and what reading them gave.

    ``fetched``: the keys that were asked for, by how that ended.
    """

    sources: list[Source]
    gaps: Gaps
    chart: Chart
    fetched: Mapping[str, Sequence[str]] = {}


def read(request: HookRequest, service: Service, engine: Engine) -> Seen:
    """What the call itself brought."""
    return _read(*gather(request, service, engine.knowledge.terminology.lab_kind), request, service, engine)


def case_of(seen: Seen, request: HookRequest, service: Service, engine: Engine, as_of: date) -> PatientCase:
    """The case that was seen."""
    terminology = engine.knowledge.terminology
    encounter = request.encounter_id
    return build_case(seen.chart, as_of=as_of, phase=service.phase, terminology=terminology, encounter_id=encounter)


def fill(
    seen: Seen, request: HookRequest, service: Service, engine: Engine, *, permitted: Allowed, as_of: date, ends: float
) -> Seen:
    """The same with what could be fetched until ``ends`` (``time.monotonic``); the rest are gaps that say why not."""
    access = request.access
    open_keys = _open_keys(seen, service)
    if access is None or not open_keys:
        return seen
    base = engine.ehr.server(access, permitted)
    if base is None:
        return _not_asked(seen, open_keys)
    done: list[Fetched] = []
    for _ in (Need.LISTS, Need.ALL):
        needed = _need(seen, request, service, engine, as_of)
        tried = {each.key for each in done}
        first = _first(service, engine)
        wanted = [key for key in open_keys if key not in tried and (needed is Need.ALL or key in first)]
        if needed is Need.NOTHING or not wanted:
            break
        fetched = _fetch(wanted, access, request, service, engine, base, ends)
        done += fetched
        sources, gaps = _merged(seen, fetched)
        seen = _read(sources, gaps, request, service, engine)
    seen.fetched = outcomes(done)
    return seen


def _read(sources: list[Source], gaps: Gaps, request: HookRequest, service: Service, engine: Engine) -> Seen:
    wanted = wanted_by(engine.knowledge.terminology, service.phase)
    chart = read_chart(sources, patient_id=request.patient_id, wanted=wanted)
    complete(chart, gaps, sources)
    return Seen(sources, gaps, chart)


def _need(seen: Seen, request: HookRequest, service: Service, engine: Engine, as_of: date) -> Need:
    """How much of the record is needed. Nothing when telling fails: screening then fails as well, and says so.

    A draft that is no order of the case ("do not give") may become one, once the list shows what it stops; and one of a
    drug that no check is about may take the place of one of ours.
    """
    try:
        case = case_of(seen, request, service, engine, as_of)
        needed = need(case, engine.knowledge, service.hook)
    except Exception:
        return Need.NOTHING
    drafts = [fact for fact in seen.chart.medications if fact.draft]
    may_stop = len(drafts) > len(case.orders) or any(fact.prior for fact in drafts)
    return Need.LISTS if needed is Need.NOTHING and may_stop else needed


def _first(service: Service, engine: Engine) -> frozenset[str]:
    """What is needed before it is known whether our drugs are taken. Some checks look at every chart, drugs or not."""
    if service.draft_fields:
        return LISTS
    checks = engine.knowledge.checks.values()
    return LISTS.union(key for check in checks if check.every_chart for key in check.asks)


def _open_keys(seen: Seen, service: Service) -> list[str]:
    """The keys that were not sent, that came as something no resource, or as the first of several pages.

    A key that the EHR says it could not fetch (an OperationOutcome) is not asked for again, nor one with null.
    """
    parts = {
        source.key
        for source in seen.sources
        if source.key in service.prefetch
        and any(gap.reason is Reason.TRUNCATED for gap in seen.chart.gaps.get(source.key, ()))
        and is_part(source.raw)
    }
    return [key for key in service.prefetch if key in seen.gaps or key in parts]


def _fetch(
    keys: Sequence[str], access: Access, request: HookRequest, service: Service, engine: Engine, base: Base, ends: float
) -> list[Fetched]:
    wishes: list[Wish] = []
    others: list[Fetched] = []
    for key in keys:
        each = wish(key, service.prefetch[key], NAMES[key], request)
        if each is not None:
            wishes.append(each)
        elif key == "encounter" and not request.encounter_id:
            others.append(Fetched(key, b"null", None, "none"))  # the call is about none
        else:
            said = "could not be asked for: the id that was sent is no FHIR id"
            others.append(Fetched(key, None, Unknown(Reason.FETCH_FAILED, f"{NAMES[key]} {said}"), "id"))
    got = engine.ehr.fetch(access, base, wishes, patient_id=request.patient_id, ends=ends)
    return [*got, *others]


def _merged(seen: Seen, fetched: Sequence[Fetched]) -> tuple[list[Source], Gaps]:
    """The sources with what came, and the gaps with what did not. What was sent stays where nothing better came."""
    came = {each.key: each.raw for each in fetched if each.raw is not None}
    sources = [source for source in seen.sources if source.key not in came]
    sources += [Source(key, f"prefetch.{key}", raw, (key,)) for key, raw in came.items()]
    gaps = {key: gap for key, gap in seen.gaps.items() if key not in came}
    sent = {source.key for source in sources} - came.keys()
    for each in fetched:
        if each.gap is not None and not (each.raw is None and each.key in sent):
            gaps[each.key] = each.gap
    return sources, gaps


def _not_asked(seen: Seen, open_keys: Sequence[str]) -> Seen:
    """The same chart; of the essential keys that were left out it says that the server offered may not be asked.

    Of the others that would only make cards longer: the log tells it of all.
    """
    for key in ESSENTIAL:
        old = seen.gaps.get(key)
        if old is not None and old.reason is Reason.ABSENT:
            said = Unknown(Reason.ABSENT, f"{NAMES[key]} not sent, and this FHIR server may not be asked")
            seen.gaps[key] = said
            found = seen.chart.gaps[key]
            found[found.index(old)] = said
    seen.fetched = {"address": list(open_keys)}
    return seen
