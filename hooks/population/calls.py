"""Recorded hook calls, one JSON file each, judged by the very journey of a live call.

A call does not say when it was made. Its day is that of its newest draft, unless a day is given for all; a call without
either is not judged. Nothing is fetched: what prefetch did not bring is not checked, as when the FHIR server is away.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from cds.arithmetic.rules import using
from cds.case import Action
from cds.view import View
from hooks.engine import Engine
from hooks.errors import Refused
from hooks.offline import BadFileError, request_of
from hooks.origins import NOWHERE
from hooks.population.judge import Call, Judged
from hooks.population.kinds import kind_of_patient
from hooks.population.known import ORDERS, Moment, written
from hooks.population.lines import PACKED, UNPACKING, Rejected, files_of
from hooks.population.rows import Maker, Rows
from hooks.population.which import Which, knowledge_of, knowledge_without
from hooks.population.work import Given
from hooks.respond import Judged as Answered
from hooks.respond import judge, read_by_patient
from hooks.services import Service, service_for_hook
from hooks.settings import Settings

_ENDINGS = (".json", ".json.gz")
UNDATED = "calls without a dated draft (give --as-of)"
PATIENTS = "calls of patients themselves, who get no cards"
_MOST_DEEP = 12  # how far into the context drafts are looked for


def calls_of(sources: Iterable[Path]) -> list[Path]:
    """The recorded calls named, and those in the folders named: ``*.json``, also packed.

    Of a folder that holds an export none are: what ends so in it is the export's manifest, or other words about it.
    """
    found: list[Path] = []
    for source in sources:
        if source.is_dir() and not files_of([source]):
            found += [path for path in source.rglob("*") if path.name.endswith(_ENDINGS)]
        elif source.name.endswith(_ENDINGS):
            found.append(source)
    return sorted(dict.fromkeys(found))


def rows_of_calls(given: Given, paths: list[Path]) -> tuple[Rows, list[Rejected]]:
    """Judge some calls; what cannot be judged is rejected, with the reason that a caller would have been given."""
    found: dict[str, Judged] = {}
    left: Counter[str] = Counter()
    rejected: list[Rejected] = []
    for path in paths:
        try:
            patient, call, refusal = _call(path, given, left)
        except (BadFileError, *UNPACKING) as fault:
            rejected.append(Rejected(path.name, 1, str(fault), ""))
            continue
        if refusal is not None:
            issue = refusal.issues[0]
            rejected.append(Rejected(path.name, 1, f"{refusal.status}: {issue.problem}", ""))
        if call is not None:
            found.setdefault(patient, Judged(patient, [], Counter())).calls.append(call)
    with using(knowledge_of(given.which).tables):
        rows = _maker(given).rows(list(found.values()))
    rows.left.update(left)
    return rows, rejected


def _call(path: Path, given: Given, left: Counter[str]) -> tuple[str, Call | None, Refused | None]:
    """The patient, the judged call, and why it is refused.

    No call when nobody can say on which day it was made, nobody gets cards, or it is refused whatever a site says.
    """
    text = path.read_bytes()
    text = gzip.decompress(text) if text.startswith(PACKED) else text
    hook, request = request_of(text)
    service = service_for_hook(hook)
    if service is None:
        raise BadFileError("the hook is none that this service answers", "")
    when = Moment(given.as_of) if given.as_of else _day(orjson.loads(request))
    if when is None:
        left[UNDATED] += 1
        return "", None, None
    engine, without = _engines(given.which, when.day)
    with using(engine.knowledge.tables):
        here = _judged(request, service, engine)
        other = _judged(request, service, without) if without is not None else None
        refusal = here if isinstance(here, Refused) else None
        found = other if isinstance(here, Refused) else here
        if found is None or isinstance(found, Refused):
            return "", None, refusal
        kind = kind_of_patient(View(found.case, engine.knowledge, hook))
    if read_by_patient(found.request, service):
        left[PATIENTS] += 1
        return "", None, None
    targets = engine.knowledge.targets
    drugs = [(order, {one.id for one in order.drug.ingredients} & targets) for order in found.case.orders]
    ours = [order for order, ids in drugs if ids and order.selected]
    at = when.instant.isoformat() if when.instant else when.day.isoformat()
    mark = hashlib.sha256(f"{path.name} ".encode() + text).hexdigest()[:8]  # two calls of one moment stay two
    call = Call(
        at=f"{at} {mark}",
        as_of=when.day,
        hook=hook,
        actions=tuple(dict.fromkeys("stop" if order.action is Action.STOP else "written" for order in ours)),
        orders=tuple(order.ref or order.path for order in ours),
        drugs=tuple(sorted({one.id for order in ours for one in order.drug.ingredients})),
        report=None if isinstance(here, Refused) else here.report,
        kind=kind,
        without=None if other is None or isinstance(other, Refused) else other.report,
        refused=refusal is not None,
    )
    return found.request.patient_id.removeprefix("Patient/"), call, refusal


def _judged(request: bytes, service: Service, engine: Engine) -> Answered | Refused:
    try:
        return judge(request, service, engine, NOWHERE)
    except Refused as refusal:
        return refusal


def _day(request: dict[str, Any]) -> Moment | None:
    """When the newest draft was written."""
    dates = [when for order in _orders(request.get("context"), 0) if (when := written(order)) is not None]
    return max(dates, key=lambda one: one.day, default=None)


def _orders(value: Any, deep: int) -> Iterator[dict[str, Any]]:
    if deep > _MOST_DEEP:
        return
    if isinstance(value, dict):
        if value.get("resourceType") in ORDERS:
            yield value
        else:
            for inner in value.values():
                yield from _orders(inner, deep + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _orders(inner, deep + 1)


@lru_cache(maxsize=64)
def _engines(which: Which, day: date) -> tuple[Engine, Engine | None]:
    """The engine that answers, and the one that would without the site's file."""
    settings, without = Settings(profile=which.profile, as_of=day), knowledge_without(which)
    return Engine(settings, knowledge_of(which)), Engine(settings, without) if without is not None else None


@lru_cache(maxsize=2)
def _maker(given: Given) -> Maker:
    return Maker(given.which, given.key)
