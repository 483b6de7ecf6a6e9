"""One patient, judged: every order of baclofen or a benzodiazepine as of the moment it was written or stopped.

The journey is that of a call (``cds.fhir`` readers, ``build_case``, ``screen``); only the sources differ. Orders that
were written at the same moment are one basket, as they would have been signed together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
import orjson

from cds.arithmetic.told import recognise
from cds.build import build_case, wanted_by
from cds.case import PatientCase, Reason, Unknown
from cds.chart import Coded, Source
from cds.fhir.read import read_chart
from cds.findings import Report
from cds.knowledge.model import Knowledge
from cds.labs import is_ours
from cds.screen import screen, screen_view
from cds.view import View
from hooks.population.kinds import Kind, kind_of_patient
from hooks.population.known import (
    ORDERS,
    Kept,
    Moment,
    Resource,
    as_known,
    as_stopped,
    as_written,
    by,
    ended,
    kept,
    since,
    word,
    written,
)
from hooks.population.ours import Ours
from hooks.prefetch import NAMES, complete
from hooks.services import Service, service_for_hook

# The prefetch keys that all resources of one type answer: an export holds all there is of a type.
HOLDS: Mapping[str, tuple[str, ...]] = {
    "Patient": ("patient",),
    "MedicationRequest": ("medications", "naloxone", "stopped"),
    "MedicationOrder": ("medications", "naloxone", "stopped"),
    "MedicationStatement": ("statements",),
    "MedicationDispense": ("dispenses",),
    "Condition": ("conditions",),
    "Observation": ("creatinine", "body", "vitals", "alcohol", "liver", "pregnancy"),
    "Procedure": ("procedures",),
    "AllergyIntolerance": ("allergies",),
    "Encounter": ("encounter",),
    "Device": ("devices",),
    "Appointment": ("appointments",),
    "ServiceRequest": ("requests",),
    "ProcedureRequest": ("requests",),
    "DeviceRequest": ("requests",),
    "DeviceUseRequest": ("requests",),
}
_NEWEST = 100  # results of one kind that are looked at; live, prefetch asks for 20 at most
FAILED = "patients who could not be judged (a fault of ours)"
_PLANS = frozenset({"proposal", "plan", "option"})


class Call(msgspec.Struct, frozen=True):
    """One judged moment. ``orders``: refs of the orders of ours in it; ``drugs``: their ingredients.

    ``report``, ``kind``: None when a fault of ours kept it from being judged. ``without``: the report that there would
    be without what the site has otherwise, where one is laid over the knowledge. ``refused``: a recorded call that is
    refused as the site has it.
    """

    at: str
    as_of: date
    hook: str
    actions: tuple[str, ...]
    orders: tuple[str, ...]
    drugs: tuple[str, ...]
    report: Report | None
    kind: Kind | None = None
    without: Report | None = None
    refused: bool = False


class Judged(msgspec.Struct):
    """All moments of one patient, and what of the record could not be judged ("order without a date": how many)."""

    patient: str
    calls: list[Call] = []
    left: Counter[str] = Counter()


class _Basket(msgspec.Struct):
    """What was signed at one moment: the drafts, and which of them are of ours."""

    then: Moment
    at: str
    drafts: list[Resource] = []
    orders: list[str] = []
    drugs: list[str] = []
    actions: list[str] = []


class Judge:
    """Judges patients with one knowledge. ``types``: the resource types that the export holds anything of.

    ``without``: the same knowledge without what the site has otherwise, to be asked beside it. A site has nothing
    otherwise that is used before the checks are asked: both are asked about one case.
    """

    def __init__(
        self, knowledge: Knowledge, types: Iterable[str], as_of: date | None = None, without: Knowledge | None = None
    ) -> None:
        self._knowledge = knowledge
        self._without = without
        self._glance = Ours(knowledge)
        self._types = frozenset(types)
        self._as_of = as_of

    def patient(self, patient: str, lines: Sequence[str]) -> Judged:
        """Judge one patient: each moment, or the opened chart of ``as_of``. A fault of ours costs this patient only."""
        judged = Judged(patient, [], Counter())
        try:
            self._patient(lines, judged)
        except Exception:
            judged.left[FAILED] += 1
        return judged

    def _patient(self, lines: Sequence[str], judged: Judged) -> None:
        record = [one for line in lines if (one := self._kept(line, judged.left)) is not None]
        if self._as_of is not None:
            self._snapshot(record, judged, self._as_of)
            return
        drugs = self._ours(record, judged.patient)
        orders = [one.resource for one in record if one.kind in ORDERS]
        for basket in _baskets(orders, drugs, judged.left):
            judged.calls.append(self._call(basket, record, judged.patient, "order-sign"))
        if drugs:
            judged.left["data without a date, left out"] += sum(one.undated for one in record)

    def _kept(self, line: str, left: Counter[str]) -> Kept | None:
        """One line; None for a result that no check looks at, and for what cannot be read."""
        text = line.encode()
        try:
            resource: Resource = orjson.loads(text)
        except orjson.JSONDecodeError:  # what reading the file let pass: a number beyond all measure
            left["lines that could not be read when they were needed"] += 1
            return None
        measures = ""
        if resource.get("resourceType") == "Observation":
            measures = kind_of(resource, self._knowledge)
            if not measures:
                return None
        return kept(resource, text, measures)

    def _snapshot(self, record: list[Kept], judged: Judged, day: date) -> None:
        if not any(one.kind == "Patient" for one in record):
            judged.left["patients without a Patient resource"] += 1
            return
        basket = _Basket(Moment(day), day.isoformat())
        judged.calls.append(self._call(basket, record, judged.patient, "patient-view"))

    def _ours(self, record: list[Kept], patient: str) -> dict[str, list[str]]:
        """The orders of baclofen and benzodiazepines: ref -> ingredients."""
        products = [one for one in record if one.kind == "Medication"]
        if not (orders := self._glanced(record, products)):
            return {}
        terminology = self._knowledge.terminology
        texts = orjson.dumps([orjson.Fragment(one.text) for one in (*orders, *products)])
        chart = read_chart([Source("all", "export", texts)], patient_id=patient)
        found: dict[str, list[str]] = {}
        for fact in chart.medications:
            ingredients = [one.id for one in recognise(fact, terminology).ingredients]
            if not self._knowledge.targets.isdisjoint(ingredients):
                found[f"{fact.resource_type}/{fact.id}"] = ingredients
        return found

    def _glanced(self, record: list[Kept], products: list[Kept]) -> list[Kept]:
        """The orders that may be of ours: only the readers can tell, and only these are given to them."""
        ours = any(self._glance.product(one.text) for one in products)
        return [one for one in record if one.kind in ORDERS and self._glance.line(one.text, product=ours)]

    def _call(self, basket: _Basket, record: list[Kept], patient: str, hook: str) -> Call:
        day = basket.then.day
        report: Report | None = None
        without: Report | None = None
        kind: Kind | None = None
        try:
            case = self._case(basket, record, patient, hook)
            view = View(case, self._knowledge, hook)
            report, kind = screen_view(view), kind_of_patient(view)
            without = screen(case, self._without, hook) if self._without is not None else None
        except Exception:  # as on a live call: it costs this moment only, and is counted
            report = without = None
        told = (tuple(dict.fromkeys(basket.actions)), tuple(basket.orders), tuple(sorted(set(basket.drugs))))
        return Call(basket.at, day, hook, *told, report, kind, without)

    def _case(self, basket: _Basket, record: list[Kept], patient: str, hook: str) -> PatientCase:
        service = service_for_hook(hook)
        if service is None:
            raise ValueError(hook)
        own = {_ref(draft) for draft in basket.drafts if draft["status"] == "draft"}
        known = newest([one for one in as_known(record, basket.then) if one[0].ref not in own])
        if stopped := {_ref(draft) for draft in basket.drafts} - own:  # until now they ran
            known = [
                (one, {**as_written(seen), "status": "active"} if one.ref in stopped else seen) for one, seen in known
            ]
        sources = self._sources(basket.drafts, known)
        chart = read_chart(sources, patient_id=patient, wanted=wanted_by(self._knowledge.terminology, service.phase))
        complete(chart, self._gaps(service, sources), sources)
        terminology = self._knowledge.terminology
        return build_case(chart, as_of=basket.then.day, phase=service.phase, terminology=terminology)

    def _sources(self, drafts: list[Resource], known: list[tuple[Kept, Resource]]) -> list[Source]:
        groups: dict[str, list[Any]] = {kind: [] for kind in HOLDS if kind in self._types}
        for one, seen in known:
            groups.setdefault(one.kind, []).append(orjson.Fragment(one.text) if seen is one.resource else seen)
        sources = [Source("draft", "context.draftOrders", orjson.dumps(drafts))] if drafts else []
        for keys, kinds in _by_keys(groups):
            inside = [resource for kind in kinds for resource in groups[kind]]
            raw = orjson.dumps(inside) if inside else b"null"
            sources.append(Source(kinds[0], f"export.{kinds[0]}", raw, keys))
        return sources

    def _gaps(self, service: Service, sources: Sequence[Source]) -> dict[str, Unknown]:
        held = {key for source in sources for key in source.holds}
        missing = [key for key in service.prefetch if key not in held]
        return {key: Unknown(Reason.ABSENT, f"{NAMES[key]} not in the export") for key in missing}


def _by_keys(groups: Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """The types by the keys they answer: where two answer the same (R4 and DSTU2 orders), they are one source."""
    keyed: dict[tuple[str, ...], list[str]] = {}
    lone: list[str] = []
    for kind in groups:
        if kind in HOLDS:
            keyed.setdefault(HOLDS[kind], []).append(kind)
        else:
            lone.append(kind)
    yield from keyed.items()
    yield from (((), [kind]) for kind in lone)


def kind_of(observation: Resource, knowledge: Knowledge) -> str:
    """What an Observation measures, its components included; "" when no check looks at it, "odd" when unreadable."""
    parts = observation.get("component")
    kinds = []
    for one in (observation, *(parts if isinstance(parts, list) else ())):
        try:
            kind = knowledge.terminology.lab_kind(msgspec.convert(one["code"], Coded, strict=False))
        except (KeyError, TypeError, msgspec.ValidationError):
            return "odd"  # the readers may make something of it
        if is_ours(kind):
            kinds.append(kind)
    return " ".join(kinds)


def newest(known: list[tuple[Kept, Resource]]) -> list[tuple[Kept, Resource]]:
    """The record with only the newest results of each kind: readers stop at 2000 resources; live calls bring fewer."""
    results = [one for one in known if one[0].measures]
    if len(results) <= _NEWEST:
        return known
    met: Counter[str] = Counter()
    found: list[tuple[Kept, Resource]] = []
    for one in sorted(results, key=lambda one: since(one[0]), reverse=True):
        kind = one[0].measures
        met[kind] += 1
        if met[kind] <= _NEWEST:
            found.append(one)
    return [*(one for one in known if not one[0].measures), *found]


def _ref(resource: Resource) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def _baskets(orders: list[Resource], drugs: Mapping[str, list[str]], left: Counter[str]) -> list[_Basket]:
    """The moments at which an order of ours was written or stopped, in turn, with all that was ordered then."""
    found: dict[Moment, _Basket] = {}
    for order in (one for one in orders if _ref(one) in drugs):
        if word(order, "status") == "entered-in-error" or word(order, "intent") in _PLANS:
            left["orders that are none (plans, errors)"] += 1
            continue
        when = written(order)
        if when is None:
            left["orders without a date"] += 1
            continue
        _add(found, when, str(order.get("authoredOn") or order.get("dateWritten")), order, drugs, "written")
        if word(order, "status") in ("stopped", "cancelled"):
            end = ended(order)
            if end is None:
                left["stops without a date"] += 1
            elif not by(end, when):
                _add(found, end, end.instant.isoformat() if end.instant else end.day.isoformat(), order, drugs, "stop")
    for basket in found.values():
        basket.drafts += _signed_with(basket, orders, drugs)
        basket.drafts.sort(key=_ref)
    return sorted(found.values(), key=lambda basket: (basket.then.day, basket.at))


def _add(
    found: dict[Moment, _Basket], then: Moment, at: str, order: Resource, drugs: Mapping[str, list[str]], action: str
) -> None:
    basket = found.setdefault(then, _Basket(then, at))
    basket.drafts.append(as_stopped(order) if action == "stop" else as_written(order))
    basket.orders.append(_ref(order))
    basket.drugs += drugs[_ref(order)]
    basket.actions.append(action)


def _signed_with(basket: _Basket, orders: list[Resource], drugs: Mapping[str, list[str]]) -> list[Resource]:
    """Orders of other drugs that were written at the same instant. A day alone does not make a basket."""
    if basket.then.instant is None:
        return []
    return [
        as_written(one)
        for one in orders
        if _ref(one) not in drugs
        and word(one, "intent") not in _PLANS
        and word(one, "status") != "entered-in-error"
        and written(one) == basket.then
    ]
