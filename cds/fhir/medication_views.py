"""Views of orders, statements, dispenses, administrations and medications, with the element names of every release.

A view's class name is the ``resourceType``. Elements of one release only are marked. Annotations are evaluated as they
stand (no ``from __future__``): as text they would be compiled one by one when the service starts.
"""

# Classes and fields are named as in FHIR, which says what they are.
# ruff: noqa: D101, N815

import msgspec

from cds.chart import Amount, Coded
from cds.fhir.shapes import (
    NOTHING,
    Codeable,
    Codeables,
    Flag,
    Identifier,
    Notes,
    Number,
    Owned,
    Period,
    Ratio,
    References,
    RefOrText,
    Resource,
    Text,
    View,
)


class SupplyRequest(View):
    """MedicationRequest.dispenseRequest."""

    validityPeriod: Period | None = None
    numberOfRepeatsAllowed: Number = None
    quantity: Amount | None = None
    expectedSupplyDuration: Amount | None = None


class Requester(View):
    """Only to tell STU3 (requester.agent) from the others."""

    agent: RefOrText = None


class MedicationEvent(Owned):
    """What orders, statements, dispenses and administrations have in common."""

    contained: msgspec.Raw = NOTHING
    identifier: list[Identifier] | Identifier | None = None
    status: Text = None
    statusReason: Codeables = None
    statusReasonCodeableConcept: Coded | None = None  # R4 dispense
    category: Codeables = None
    medicationCodeableConcept: Coded | None = None
    medicationReference: RefOrText = None
    medication: Codeable | str | None = None  # R5
    encounter: RefOrText = None
    context: RefOrText = None  # STU3; R4 statement, dispense, administration
    basedOn: References = None
    reasonCode: Codeables = None  # STU3, R4
    reasonReference: References = None
    reasonCodeableConcept: Coded | None = None  # DSTU2 order
    reason: Codeables = None  # R5
    note: Notes = None  # a string in DSTU2
    dosage: msgspec.Raw = NOTHING  # read, and remembered, by cds.fhir.dosage
    dosageInstruction: msgspec.Raw = NOTHING
    renderedDosageInstruction: Text = None  # R5


class MedicationRequest(MedicationEvent):
    intent: Text = None
    doNotPerform: Flag = None
    reportedBoolean: Flag = None  # R4
    reportedReference: RefOrText = None  # R4
    reported: Flag = None  # R5
    authoredOn: Text = None
    dateWritten: Text = None  # DSTU2
    dateEnded: Text = None  # DSTU2
    statusChanged: Text = None  # R5
    reasonEnded: Coded | None = None  # DSTU2
    dispenseRequest: SupplyRequest | None = None
    priorPrescription: References = None
    replaces: References = None
    requester: Requester | str | None = None
    prescriber: RefOrText = None  # DSTU2


class MedicationOrder(MedicationRequest):
    """The DSTU2 name."""


class Adherence(View):
    code: Coded | None = None
    reason: Coded | None = None


class MedicationStatement(MedicationEvent):
    effectiveDateTime: Text = None
    effectivePeriod: Period | None = None
    dateAsserted: Text = None
    taken: Text = None  # STU3
    wasNotTaken: Flag = None  # DSTU2
    adherence: Adherence | None = None  # R5
    reasonForUseCodeableConcept: Coded | None = None  # DSTU2
    reasonForUseReference: RefOrText = None  # DSTU2
    reasonNotTaken: Codeables = None  # DSTU2, STU3
    derivedFrom: References = None


class MedicationDispense(MedicationEvent):
    quantity: Amount | None = None
    daysSupply: Amount | None = None
    whenPrepared: Text = None
    whenHandedOver: Text = None
    authorizingPrescription: References = None
    notDone: Flag = None  # STU3


class MedicationAdministration(MedicationEvent):
    effectiveDateTime: Text = None
    effectivePeriod: Period | None = None
    effectiveTimeDateTime: Text = None  # DSTU2
    effectiveTimePeriod: Period | None = None  # DSTU2
    occurenceDateTime: Text = None  # R5, spelled so
    occurencePeriod: Period | None = None  # R5
    recorded: Text = None  # R5
    request: RefOrText = None
    prescription: RefOrText = None  # DSTU2, STU3
    wasNotGiven: Flag = None  # DSTU2
    notGiven: Flag = None  # STU3
    reasonNotGiven: Codeables = None  # DSTU2, STU3


class IngredientView(View):
    """Medication.ingredient; in DSTU2 Medication.product.ingredient."""

    item: Codeable | str | None = None  # DSTU2 a Reference, R5 a CodeableReference
    itemCodeableConcept: Coded | None = None
    itemReference: RefOrText = None
    amount: Ratio | None = None  # DSTU2, STU3
    strength: Ratio | None = None  # R4
    strengthRatio: Ratio | None = None  # R5
    strengthQuantity: Amount | None = None  # R5


class Product(View):
    form: Coded | None = None
    ingredient: list[IngredientView] | None = None


class Medication(Resource):
    contained: msgspec.Raw = NOTHING
    identifier: list[Identifier] | Identifier | None = None
    code: Coded | None = None
    form: Coded | None = None
    doseForm: Coded | None = None  # R5
    ingredient: list[IngredientView] | None = None
    product: Product | None = None  # DSTU2
