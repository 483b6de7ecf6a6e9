"""Views of everything consulted that is no medication, with the element names of every release.

A view's class name is the ``resourceType``. Elements of one release only are marked.
"""

# Classes and fields are named as in FHIR, which says what they are.
# ruff: noqa: D101, N815

from typing import Any

import msgspec

from cds.chart import Amount, Coded
from cds.fhir.shapes import (
    NOTHING,
    Codeable,
    Codeables,
    Flag,
    Notes,
    Number,
    Owned,
    Period,
    Range,
    Ratio,
    References,
    RefOrText,
    Resource,
    Text,
    TimingView,
    View,
)


class Substance(Resource):
    code: Codeable | None = None


class Specimen(Owned):
    type: Coded | None = None


class Condition(Owned):
    code: Coded | None = None
    clinicalStatus: Codeables = None  # a code before R4
    verificationStatus: Codeables = None
    category: Codeables = None
    onsetDateTime: Text = None
    onsetPeriod: Period | None = None
    onsetAge: Amount | None = None
    onsetQuantity: Amount | None = None  # DSTU2
    onsetRange: Range | None = None
    onsetString: Text = None
    abatementDateTime: Text = None
    abatementPeriod: Period | None = None
    abatementAge: Amount | None = None
    abatementQuantity: Amount | None = None  # DSTU2
    abatementRange: Range | None = None
    abatementString: Text = None
    abatementBoolean: Flag = None  # DSTU2
    recordedDate: Text = None  # R4, R5
    assertedDate: Text = None  # STU3
    dateRecorded: Text = None  # DSTU2


class ObservedValue(Owned):
    """What an Observation and its components have in common."""

    code: Coded | None = None
    valueQuantity: Amount | None = None
    valueCodeableConcept: Coded | None = None
    valueString: Text = None
    valueBoolean: Flag = None
    valueInteger: Number = None
    valueRange: Range | None = None
    valueRatio: Ratio | None = None
    valueDateTime: Text = None
    valuePeriod: Period | None = None
    interpretation: Codeables = None


class Component(ObservedValue):
    """Without an id, a status or a moment of its own."""


class Observation(ObservedValue):
    contained: msgspec.Raw = NOTHING
    status: Text = None
    dataAbsentReason: Codeables = None
    effectiveDateTime: Text = None
    effectivePeriod: Period | None = None
    effectiveInstant: Text = None
    effectiveTiming: TimingView | None = None
    issued: Text = None
    specimen: RefOrText = None
    method: Coded | None = None
    component: list[Component] | None = None
    context: RefOrText = None  # STU3


class Reaction(View):
    substance: Codeables = None
    manifestation: Codeables = None
    description: Text = None
    severity: Text = None


class AllergyIntolerance(Owned):
    code: Coded | None = None
    substance: Codeables = None  # DSTU2
    status: Text = None  # DSTU2
    clinicalStatus: Codeables = None
    verificationStatus: Codeables = None
    criticality: Text = None
    type: Codeables = None
    onset: Text = None  # DSTU2
    onsetDateTime: Text = None
    recordedDate: Text = None
    assertedDate: Text = None  # STU3
    reaction: list[Reaction] | None = None


class Encounter(Owned, rename={"cls": "class"}):
    cls: Codeables = None
    type: Codeables = None
    status: Text = None
    period: Period | None = None
    actualPeriod: Period | None = None  # R5
    reason: Codeables = None
    reasonCode: Codeables = None  # R4
    reasonReference: References = None  # R4


class ListEntry(View):
    deleted: Flag = None
    item: RefOrText = None


class List(Owned):
    code: Codeables = None
    title: Text = None
    status: Text = None
    date: Text = None
    encounter: RefOrText = None
    entry: list[ListEntry | None] | None = None
    emptyReason: Coded | None = None


class Patient(Resource):
    birthDate: Any = None  # whatever was sent: what is no date must be told from what is absent
    gender: Text = None
    deceasedBoolean: Flag = None
    deceasedDateTime: Text = None


class Done(Owned):
    """Procedures, devices, services and appointments: what, whether, when."""

    code: Codeables = None
    status: Text = None
    note: Notes = None
    notes: Notes = None  # DSTU2
    occurrenceDateTime: Text = None
    occurrencePeriod: Period | None = None
    occurrenceTiming: TimingView | None = None


class Procedure(Done):
    performedDateTime: Text = None
    performedPeriod: Period | None = None
    notPerformed: Flag = None  # DSTU2
    notDone: Flag = None  # STU3


class ServiceRequest(Done):
    scheduledDateTime: Text = None  # DSTU2
    scheduledPeriod: Period | None = None
    scheduledTiming: TimingView | None = None


class ProcedureRequest(ServiceRequest):
    """The name before R4."""


class OrderItem(View):
    code: Codeables = None


class OrderEvent(View):
    dateTime: Text = None


class DiagnosticOrder(Done):
    """DSTU2: an order of tests; since STU3 a ProcedureRequest or ServiceRequest."""

    item: list[OrderItem] | None = None
    event: list[OrderEvent] | None = None


class Payload(View):
    contentString: Text = None
    contentCodeableConcept: Coded | None = None  # R5


class CommunicationRequest(Done):
    payload: list[Payload] | None = None


class Task(Done, rename={"subject": "for"}):
    subject: References = None
    description: Text = None


class DeviceRequest(Done):
    codeCodeableConcept: Coded | None = None
    codeReference: RefOrText = None


class DeviceUseRequest(Done):
    """The name in DSTU2."""

    device: RefOrText = None
    timingDateTime: Text = None
    timingPeriod: Period | None = None
    timingTiming: TimingView | None = None


class DeviceName(View):
    name: Text = None
    value: Text = None


class Device(Done):
    type: Codeables = None
    deviceName: list[DeviceName] | None = None  # R4
    name: list[DeviceName] | str | None = None  # R5
    displayName: Text = None  # R5


class Participant(View):
    actor: RefOrText = None


class Appointment(Done):
    participant: list[Participant] | None = None
    start: Text = None
    end: Text = None
    description: Text = None
    comment: Text = None
    serviceType: Codeables = None
    type: Codeables = None  # DSTU2
    reasonCode: Codeables = None
    reason: Codeables = None
