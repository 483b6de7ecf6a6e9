"""The catalogue: one service per hook, and a twin of each whose prefetch templates speak DSTU2.

Discovery is derived from this table once and served as bytes. To offer another hook, add a row to ``_OFFERS`` and its
request schema. The codes in the templates only say what to *ask* for; what arrives is recognised by
``cds.terminology``, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec
import orjson

# LOINC: creatinine in serum, plasma or blood; eGFR; cystatin C.
KIDNEY = (
    "2160-0,14682-9,38483-4,59826-8,35203-9,77140-2,21232-4,"
    "98979-8,98980-6,62238-1,33914-3,48642-3,48643-1,50044-7,50210-4,69405-9,70969-1,77147-7,88293-6,88294-4,94677-2,"
    "33863-2"
)
BODY = "29463-7,3141-9,8302-2,3137-7"  # LOINC: weight and height
DIALYSIS = "302497006,71192002,108241001,265764009,34897002,67970008,233575001,233578004,225230008"  # SNOMED CT
ANAESTHESIA = "50697003"  # SNOMED CT: general anaesthesia
PUMP = "E0783,E0785,E0786"  # HCPCS: implanted infusion pump, its catheter, its replacement
DONE = f"{DIALYSIS},{ANAESTHESIA},{PUMP}"
# LOINC: blood pressure (the pair, the systolic value alone), respiratory rate, oxygen saturation, coma scale,
# temperature, consciousness, and the panel of vital signs.
VITALS = "85354-9,55284-4,8480-6,8459-0,8460-8,9279-1,59408-5,2708-6,9269-2,8310-5,8331-1,8332-9,80288-4,85353-1"
# LOINC: pregnancy status and tests, day of delivery, gestational age, intention; breastfeeding, day of the last birth.
PREGNANCY = (
    "82810-3,11449-6,2106-3,2110-5,2112-1,2118-8,80384-1,11778-8,11779-6,11780-4,11884-4,11885-1,11887-7,86645-9,"
    "63895-7,68499-3"
)
ALCOHOL = "72109-2,75626-2,74013-4,44940-5"  # LOINC: AUDIT-C; drinks per day and per week
LIVER = "1975-2,14631-6,6301-6,34714-6,1742-6,1743-4,1744-2,1920-8"  # LOINC: total bilirubin; INR; ALT; AST
NALOXONE = "7242,1659929,1725059,1725064"  # RxNorm: the ingredient, prefilled syringe, nasal spray and its brand

DISCHARGE = "10183-2,75311-1"  # LOINC: hospital discharge medications; discharge medications

# How many we ask for, newest first.
NEWEST = {"creatinine": 20, "body": 6, "procedures": 20, "vitals": 20, "pregnancy": 10, "alcohol": 6, "liver": 12}
NEWEST |= {"stopped": 50, "dispenses": 50, "appointments": 20, "requests": 20}

ESSENTIAL = ("patient", "medications", "statements", "conditions", "creatinine")
SUPPLEMENTARY = (
    "body",
    "procedures",
    "encounter",
    "naloxone",
    "vitals",
    "alcohol",
    "liver",
    "stopped",
    "allergies",
    "pregnancy",
    "devices",
    "appointments",
    "requests",
)


class Service(msgspec.Struct, frozen=True):
    """One entry of discovery.

    ``hooks``: the hook it is offered for, then old names it also takes. ``draft_fields``: where the hook's context
    holds the orders; empty for a hook that brings none. ``phase`` is ``PatientCase.phase``. ``prefetch``: key -> FHIR
    query template.
    """

    id: str
    hook: str
    hooks: tuple[str, ...]
    phase: str
    draft_fields: tuple[str, ...]
    title: str
    description: str
    prefetch: Mapping[str, str]


class _Offer(msgspec.Struct, frozen=True):
    """A row of the catalogue. ``more``: prefetch keys that only this hook asks for."""

    hook: str
    also: tuple[str, ...]
    phase: str
    draft_fields: tuple[str, ...]
    title: str
    moment: str
    more: tuple[str, ...] = ()


_OFFERS = (
    _Offer(
        "medication-prescribe",
        (),
        "prescribe",
        ("medications",),
        "Baclofen and benzodiazepine safety when prescribing",
        "while a medicine is being prescribed (CDS Hooks 1.0; newer callers use order-select and order-sign)",
    ),
    _Offer(
        "order-select",
        (),
        "select",
        ("draftOrders",),
        "Baclofen and benzodiazepine safety when choosing a medicine",
        "when a medicine has been chosen, before its details are complete; cards are about the selected orders",
    ),
    _Offer(
        "order-sign",
        ("order-review",),
        "sign",
        ("draftOrders",),
        "Baclofen and benzodiazepine safety before signing",
        "before orders are signed, and when running orders are changed or stopped",
    ),
    _Offer(
        "medication-refill",
        (),
        "refill",
        ("medications",),
        "Baclofen and benzodiazepine safety at a refill",
        "when a refill is asked for; a stable refill gets no card",
        ("dispenses",),
    ),
    _Offer(
        "encounter-discharge",
        (),
        "discharge",
        (),
        "Baclofen and benzodiazepine safety at discharge",
        "when a patient is discharged: medicines that the discharge list has lost, added or changed",
        ("discharge",),
    ),
    _Offer(
        "patient-view",
        (),
        "view",
        (),
        "Standing dangers of baclofen and benzodiazepines",
        "when a chart is opened: at most one card, only for a standing danger or what is overdue",
        ("dispenses",),
    ),
)

_ABOUT = (
    "Advisory cards about baclofen and benzodiazepines {moment}: dangerous combinations, kidney function and dose, "
    "abrupt stops. Answers with no card when all is well, and says what it could not check. "
    "The rules have not yet been reviewed by a licensed clinician."
)
_USAGE = (
    "Essential prefetch: patient, medications, statements, conditions, creatinine; the rest refines the advice. A key "
    "with null means there is none; a key left out is told as not checked. FHIR of any release from DSTU2 to R5 is "
    "read{twin}."
)
_TWIN = "; the templates of this service speak {release}"


def _templates(offer: _Offer, *, dstu2: bool) -> dict[str, str]:
    patient = "patient={{context.patientId}}"
    order = "MedicationOrder" if dstu2 else "MedicationRequest"
    newest = "_sort:desc=date" if dstu2 else "_sort=-date"
    service = "ProcedureRequest" if dstu2 else "ServiceRequest"
    ordered = "_sort:desc=_lastUpdated" if dstu2 else "_sort=-authored"
    active = "clinicalstatus=active,relapse" if dstu2 else "clinical-status=active,recurrence,relapse"
    changed = "_sort:desc=_lastUpdated" if dstu2 else "_sort=-_lastUpdated"
    handed = "_sort:desc=whenhandedover" if dstu2 else "_sort=-whenhandedover"
    running = "active,on-hold,draft" if offer.phase == "discharge" else "active,on-hold"
    over = "stopped,completed" if dstu2 else "stopped,completed,cancelled"
    only_some = {
        "dispenses": f"MedicationDispense?{patient}&{handed}&_count={NEWEST['dispenses']}",
        "discharge": f"List?{patient}&code={DISCHARGE}",
    }
    return {
        "patient": "Patient/{{context.patientId}}",
        "medications": f"{order}?{patient}&status={running}",
        "statements": f"MedicationStatement?{patient}",
        "conditions": f"Condition?{patient}&{active}",
        "creatinine": f"Observation?{patient}&code={KIDNEY}&{newest}&_count={NEWEST['creatinine']}",
        "body": f"Observation?{patient}&code={BODY}&{newest}&_count={NEWEST['body']}",
        "devices": f"Device?{patient}",
        "appointments": f"Appointment?{patient}&{newest}&_count={NEWEST['appointments']}",
        "requests": f"{service}?{patient}&{ordered}&_count={NEWEST['requests']}",
        "procedures": f"Procedure?{patient}&code={DONE}&{newest}&_count={NEWEST['procedures']}",
        "encounter": "Encounter/{{context.encounterId}}",
        "naloxone": f"{order}?{patient}&code={NALOXONE}",
        "vitals": f"Observation?{patient}&code={VITALS}&{newest}&_count={NEWEST['vitals']}",
        "alcohol": f"Observation?{patient}&code={ALCOHOL}&{newest}&_count={NEWEST['alcohol']}",
        "liver": f"Observation?{patient}&code={LIVER}&{newest}&_count={NEWEST['liver']}",
        "pregnancy": f"Observation?{patient}&code={PREGNANCY}&{newest}&_count={NEWEST['pregnancy']}",
        "allergies": f"AllergyIntolerance?{patient}",
        "stopped": f"{order}?{patient}&status={over}&{changed}&_count={NEWEST['stopped']}",
    } | {key: only_some[key] for key in offer.more}


def _service(offer: _Offer, *, dstu2: bool) -> Service:
    return Service(
        id=f"gabaguard-{offer.hook}" + ("-dstu2" if dstu2 else ""),
        hook=offer.hook,
        hooks=(offer.hook, *offer.also),
        phase=offer.phase,
        draft_fields=offer.draft_fields,
        title=offer.title + (" (DSTU2)" if dstu2 else ""),
        description=_ABOUT.format(moment=offer.moment),
        prefetch=_templates(offer, dstu2=dstu2),
    )


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Service]:
    """Every service by id, in the order of discovery."""
    services = (_service(offer, dstu2=twin) for offer in _OFFERS for twin in (False, True))
    return {service.id: service for service in services}


def discovery(services: Iterable[Service]) -> bytes:
    """The answer to GET /cds-services."""
    return orjson.dumps({"services": [_entry(service) for service in services]})


def _entry(service: Service) -> dict[str, object]:
    release = "DSTU2" if service.id.endswith("-dstu2") else "STU3 and later"
    return {
        "hook": service.hook,
        "title": service.title,
        "description": service.description,
        "id": service.id,
        "prefetch": dict(service.prefetch),
        "usageRequirements": _USAGE.format(twin=_TWIN.format(release=release)),
    }


def service_for_hook(hook: str, *, dstu2: bool = False) -> Service | None:
    """The service that answers a hook, old names included; ``None`` when none does."""
    for service in catalogue().values():
        if hook in service.hooks and service.id.endswith("-dstu2") is dstu2:
            return service
    return None
