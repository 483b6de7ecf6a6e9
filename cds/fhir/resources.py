"""All resources that are told apart: those that checks consult, the Bundle around them, and those passed over."""

# Classes and fields are named as in FHIR, which says what they are.
# ruff: noqa: D101, N815

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

import msgspec

from cds.fhir.clinical_views import (
    AllergyIntolerance,
    Appointment,
    CommunicationRequest,
    Condition,
    Device,
    DeviceRequest,
    DeviceUseRequest,
    DiagnosticOrder,
    Encounter,
    List,
    Observation,
    Patient,
    Procedure,
    ProcedureRequest,
    ServiceRequest,
    Specimen,
    Substance,
    Task,
)
from cds.fhir.medication_views import (
    Medication,
    MedicationAdministration,
    MedicationDispense,
    MedicationOrder,
    MedicationRequest,
    MedicationStatement,
)
from cds.fhir.shapes import Number, Resource, Text, View
from cds.fhir.types import RESOURCE_TYPES


class OperationIssue(View):
    severity: Text = None


class OperationOutcome(Resource):
    issue: list[OperationIssue] | None = None


class Link(View):
    relation: Text = None


class Search(View):
    mode: Text = None


class Entry(View):
    resourceType: Any = None  # there only if this is no entry, but the resource itself
    fullUrl: Text = None
    resource: AnyResource = None
    search: Search | None = None


class Bundle(Resource):
    total: Number = None
    link: list[Link] | None = None
    entry: list[Entry | None] | None = None


class BundleFirst(View):
    """A Bundle read without waiting for its resourceType, which some writers put last, after all the entries."""

    resourceType: Any = None
    total: Number = None
    link: list[Link] | None = None
    entry: list[Entry | None] | None = None


class PassedOver(Resource):
    """A resource type no check consults."""


CONSULTED: tuple[type[Resource], ...] = (
    MedicationRequest,
    MedicationOrder,
    MedicationStatement,
    MedicationDispense,
    MedicationAdministration,
    Medication,
    Substance,
    Specimen,
    Condition,
    Observation,
    AllergyIntolerance,
    Encounter,
    List,
    Patient,
    Procedure,
    ServiceRequest,
    ProcedureRequest,
    DiagnosticOrder,
    CommunicationRequest,
    Task,
    DeviceRequest,
    DeviceUseRequest,
    Device,
    Appointment,
    OperationOutcome,
    Bundle,
)
_PASSED_OVER: list[Any] = [
    msgspec.defstruct(name, [], bases=(PassedOver,), gc=False)
    for name in sorted(RESOURCE_TYPES - {view.__name__ for view in CONSULTED})
]
BY_TYPE: dict[str, type[Resource]] = {view.__name__: view for view in (*CONSULTED, *_PASSED_OVER)}

if TYPE_CHECKING:
    OneResource = Resource
    AnyResource = Resource | None
else:  # the decoder picks the view by resourceType
    OneResource = Union[tuple(BY_TYPE.values())]
    AnyResource = OneResource | None
