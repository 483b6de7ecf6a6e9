"""How these tests say things: a source from plain Python, and what was read from it."""

from __future__ import annotations

import json
from typing import Any

from cds.case import Reason
from cds.chart import Chart, MedicationFact, ObservationFact, ProblemFact, Source
from cds.fhir import read_chart

PATIENT = {"reference": "Patient/p1"}


def source(sent: Any, key: str = "medications", *, holds: tuple[str, ...] | None = None, **more: Any) -> Source:
    """A source holding ``sent`` as JSON (bytes are taken as they are)."""
    raw = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return Source(key, f"prefetch.{key}", raw, (key,) if holds is None else holds, **more)


def draft(*resources: Any, selections: tuple[str, ...] | None = None) -> Source:
    """The hook's own orders."""
    return Source("draft", "context.draftOrders", json.dumps(bundle(*resources)).encode(), (), selections)


def bundle(*resources: Any, **more: Any) -> dict[str, Any]:
    """A searchset of resources."""
    entries = [{"fullUrl": f"urn:x:{at}", "resource": resource} for at, resource in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, **more}


def read(*sources: Any, patient_id: str = "p1", **more: Any) -> Chart:
    """The chart of patient p1; what is no Source is the prefetched medications."""
    return read_chart(
        [one if isinstance(one, Source) else source(one) for one in sources], patient_id=patient_id, **more
    )


def order(**elements: Any) -> dict[str, Any]:
    """An R4 order of baclofen with more or other elements."""
    return {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "intent": "order",
        "subject": PATIENT,
        "medicationCodeableConcept": {"text": "baclofen 10 mg tablet"},
        **elements,
    }


def medication(sent: dict[str, Any], *others: Any) -> MedicationFact:
    """The one medicine read from a resource."""
    (fact,) = read(bundle(sent, *others)).medications
    return fact


def problem(**elements: Any) -> ProblemFact:
    """The one problem read from an R4 Condition with these elements."""
    sent = {"resourceType": "Condition", "id": "c1", "subject": PATIENT, **elements}
    (fact,) = read(source(sent, "conditions")).problems
    return fact


def observations(**elements: Any) -> list[ObservationFact]:
    """What was read from an Observation with these elements."""
    sent = {"resourceType": "Observation", "id": "o1", "status": "final", "subject": PATIENT, **elements}
    return read(source(sent, "creatinine")).observations


def reasons(chart: Chart, key: str = "medications") -> list[Reason]:
    """Why the whole of a key could not be seen."""
    return [gap.reason for gap in chart.gaps.get(key, [])]
