"""One patient, judged: every order of baclofen or a benzodiazepine as of the moment it was written or stopped.

The journey is that of a call (``cds.fhir`` readers, ``build_case``, ``screen``); only the sources differ. Orders that
were written at the same moment are one basket, as they would have been signed together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

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
from cds.screen import screen
from hooks.population.kinds import Kind, kind_of_patient
from hooks.population.known import (
    ORDERS,
    Moment,
    Resource,
    as_known,
    as_stopped,
    as_written,
    by,
    ended,
    since,
    word,
    written,
)
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
        loaded = [one for line in lines if (one := _loaded(line, judged.left))]
        resources = [one for one in loaded if one.get("resourceType") != "Observation" or kind_of(one, self._knowledge)]
        if self._as_of is not None:
            self._snapshot(resources, judged, self._as_of)
            return
        drugs = self._ours(resources, judged.patient)
        for basket in _baskets(resources, drugs, judged.left):
            judged.calls.append(self._call(basket, resources, judged.patient, "order-sign"))
        if drugs:
            judged.left["data without a date, left out"] += _undated(resources)

    def _snapshot(self, resources: list[Resource], judged: Judged, day: date) -> None:
        if not any(one.get("resourceType") == "Patient" for one in resources):
            judged.left["patients without a Patient resource"] += 1
            return
        basket = _Basket(Moment(day), day.isoformat())
        judged.calls.append(self._call(basket, resources, judged.patient, "patient-view"))

    def _ours(self, resources: list[Resource], patient: str) -> dict[str, list[str]]:
        """The orders of baclofen and benzodiazepines: ref -> ingredients."""
        kinds = [one for one in resources if one.get("resourceType") in (*ORDERS, "Medication")]
        if not any(one.get("resourceType") in ORDERS for one in kinds):
            return {}
        terminology = self._knowledge.terminology
        chart = read_chart([Source("all", "export", orjson.dumps(kinds))], patient_id=patient)
        found: dict[str, list[str]] = {}
        for fact in chart.medications:
            ingredients = [one.id for one in recognise(fact, terminology).ingredients]
            if not self._knowledge.targets.isdisjoint(ingredients):
                found[f"{fact.resource_type}/{fact.id}"] = ingredients
        return found

    def _call(self, basket: _Basket, resources: list[Resource], patient: str, hook: str) -> Call:
        day = basket.then.day
        report: Report | None = None
        without: Report | None = None
        kind: Kind | None = None
        try:
            case = self._case(basket, resources, patient, hook)
            report, kind = screen(case, self._knowledge, hook), kind_of_patient(case, self._knowledge, hook)
            without = screen(case, self._without, hook) if self._without is not None else None
        except Exception:  # as on a live call: it costs this moment only, and is counted
            report = without = None
        told = (tuple(dict.fromkeys(basket.actions)), tuple(basket.orders), tuple(sorted(set(basket.drugs))))
        return Call(basket.at, day, hook, *told, report, kind, without)

    def _case(self, basket: _Basket, resources: list[Resource], patient: str, hook: str) -> PatientCase:
        service = service_for_hook(hook)
        if service is None:
            raise ValueError(hook)
        own = {_ref(draft) for draft in basket.drafts if draft["status"] == "draft"}
        known = [one for one in as_known(resources, basket.then) if _ref(one) not in own]
        known = newest(known, self._knowledge)
        if stopped := {_ref(draft) for draft in basket.drafts} - own:  # until now they ran
            known = [{**as_written(one), "status": "active"} if _ref(one) in stopped else one for one in known]
        sources = self._sources(basket.drafts, known)
        chart = read_chart(sources, patient_id=patient, wanted=wanted_by(self._knowledge.terminology, service.phase))
        complete(chart, self._gaps(service, sources), sources)
        terminology = self._knowledge.terminology
        return build_case(chart, as_of=basket.then.day, phase=service.phase, terminology=terminology)

    def _sources(self, drafts: list[Resource], known: list[Resource]) -> list[Source]:
        groups: dict[str, list[Resource]] = {kind: [] for kind in HOLDS if kind in self._types}
        for resource in known:
            groups.setdefault(str(resource["resourceType"]), []).append(resource)
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


def _loaded(line: str, left: Counter[str]) -> Resource:
    try:
        found: Resource = orjson.loads(line)
    except orjson.JSONDecodeError:  # what reading the file let pass: a number beyond all measure
        left["lines that could not be read when they were needed"] += 1
        return {}
    return found


def _by_keys(groups: Mapping[str, list[Resource]]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
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


def newest(known: list[Resource], knowledge: Knowledge) -> list[Resource]:
    """The record with only the newest results of each kind: readers stop at 2000 resources; live calls bring fewer."""
    results = [one for one in known if one.get("resourceType") == "Observation"]
    if len(results) <= _NEWEST:
        return known
    met: Counter[str] = Counter()
    kept: list[Resource] = []
    for one in sorted(results, key=since, reverse=True):
        kind = kind_of(one, knowledge)
        met[kind] += 1
        if met[kind] <= _NEWEST:
            kept.append(one)
    return [*(one for one in known if one.get("resourceType") != "Observation"), *kept]


def _ref(resource: Resource) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def _baskets(resources: list[Resource], drugs: Mapping[str, list[str]], left: Counter[str]) -> list[_Basket]:
    """The moments at which an order of ours was written or stopped, in turn, with all that was ordered then."""
    found: dict[Moment, _Basket] = {}
    for order in (one for one in resources if one.get("resourceType") in ORDERS and _ref(one) in drugs):
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
        basket.drafts += _signed_with(basket, resources, drugs)
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


def _signed_with(basket: _Basket, resources: list[Resource], drugs: Mapping[str, list[str]]) -> list[Resource]:
    """Orders of other drugs that were written at the same instant. A day alone does not make a basket."""
    if basket.then.instant is None:
        return []
    return [
        as_written(one)
        for one in resources
        if one.get("resourceType") in ORDERS
        and _ref(one) not in drugs
        and word(one, "intent") not in _PLANS
        and word(one, "status") != "entered-in-error"
        and written(one) == basket.then
    ]


def _undated(resources: list[Resource]) -> int:
    then = Moment(date.max)
    dated = (*ORDERS, "Observation", "MedicationDispense", "MedicationAdministration")
    return sum(one.get("resourceType") in dated and not as_known([one], then) for one in resources)
