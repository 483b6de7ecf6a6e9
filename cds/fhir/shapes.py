"""The FHIR data types that readers consult, in the names of every release at once.

No element name means two things in two releases (where the type differs, a field takes both), so one view per type
reads DSTU2, STU3, R4 and R5, and also the mixtures that real clients send. Elements nobody consults are left out: the
decoder skips them. ``Coded`` and ``Amount`` of ``cds.chart`` are decoded directly.
"""

# Classes and fields are named as in FHIR, which says what they are.
# ruff: noqa: D101, N815

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from cds.chart import Amount, Coded, Coding

T = TypeVar("T")

Text = str | None
Texts = list[str] | str | None
Number = float | None
Flag = bool | None

_LARGEST = 1e12  # beyond this a number is a typing error or an attack, not a dose


class View(msgspec.Struct, gc=False):
    """What we look at of one FHIR element."""


class Identifier(View):
    system: Text = None
    value: Text = None


class Reference(View):
    reference: Text = None
    display: Text = None
    identifier: Identifier | None = None


RefOrText = Reference | str | None


class Period(View):
    start: Text = None
    end: Text = None


class Range(View):
    low: Amount | None = None
    high: Amount | None = None


class Ratio(View):
    numerator: Amount | None = None
    denominator: Amount | None = None


class Codeable(View):
    """A CodeableConcept, a Coding, an R5 CodeableReference, or an R5 Encounter.reason: whichever was sent."""

    coding: tuple[Coding, ...] = ()
    text: Text = None
    system: Text = None
    code: Text = None
    display: Text = None
    concept: Coded | None = None
    reference: RefOrText = None
    value: "list[Codeable] | None" = None


Codeables = list[Codeable] | Codeable | str | None
Concepts = list[Coded] | Coded | None
References = list[Reference] | Reference | str | None


class Annotation(View):
    text: Text = None
    time: Text = None


Notes = list[Annotation] | Annotation | str | None


class Repeat(View):
    """Timing.repeat. DSTU2 says boundsQuantity, durationUnits and periodUnits."""

    boundsDuration: Amount | None = None
    boundsQuantity: Amount | None = None
    boundsRange: Range | None = None
    boundsPeriod: Period | None = None
    count: Number = None
    countMax: Number = None
    duration: Number = None
    durationUnit: Text = None
    durationUnits: Text = None
    frequency: Number = None
    frequencyMax: Number = None
    period: Number = None
    periodMax: Number = None
    periodUnit: Text = None
    periodUnits: Text = None
    dayOfWeek: Texts = None
    timeOfDay: Texts = None
    when: Texts = None


class TimingView(View):
    event: Texts = None
    repeat: Repeat | None = None
    code: Coded | None = None


class DoseAndRate(View):
    """R4 and R5: how much, and what kind of statement that is ("ordered", "calculated")."""

    type: Coded | None = None
    doseQuantity: Amount | None = None
    doseRange: Range | None = None
    rateQuantity: Amount | None = None
    rateRange: Range | None = None
    rateRatio: Ratio | None = None


class DosageView(View):
    """Dosage of STU3-R5, dosageInstruction and dosage of DSTU2, and the single dosage of an administration."""

    sequence: Number = None
    text: Text = None
    patientInstruction: Text = None
    additionalInstruction: Concepts = None
    additionalInstructions: Concepts = None  # DSTU2
    timing: TimingView | None = None
    asNeededBoolean: Flag = None
    asNeededCodeableConcept: Coded | None = None
    asNeeded: Flag = None  # R5
    asNeededFor: Concepts = None  # R5
    site: Coded | None = None
    siteCodeableConcept: Coded | None = None  # DSTU2
    route: Coded | None = None
    method: Coded | None = None
    doseAndRate: list[DoseAndRate] | DoseAndRate | None = None
    doseQuantity: Amount | None = None  # DSTU2 order, STU3
    doseRange: Range | None = None
    quantityQuantity: Amount | None = None  # DSTU2 statement
    quantityRange: Range | None = None
    quantity: Amount | None = None  # DSTU2 administration
    dose: Amount | None = None  # administration since STU3
    rateQuantity: Amount | None = None
    rateRange: Range | None = None
    rateRatio: Ratio | None = None
    maxDosePerPeriod: list[Ratio] | Ratio | None = None
    maxDosePerAdministration: Amount | None = None


Dosages = list[DosageView] | DosageView | str | None


NOTHING = msgspec.Raw(b"")


class Resource(msgspec.Struct, gc=False, tag_field="resourceType"):
    """What every view of a resource has."""

    id: Text = None


class Owned(Resource):
    """A resource about somebody: ``subject``, or ``patient`` in DSTU2 and in AllergyIntolerance and Device.

    Several subjects only in an R5 List.
    """

    subject: References = None
    patient: RefOrText = None


def many(value: list[T] | T | None) -> Sequence[T]:
    """One or many, as a sequence."""
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def many_or_text(value: list[T] | T | str | None) -> Sequence[T | str]:
    """One or many, or a plain string in the place of one, as a sequence."""
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def number(value: float | None) -> float | None:
    """A number that can mean something; None for NaN, infinity and astronomical values."""
    return value if value is not None and -_LARGEST <= value <= _LARGEST else None


def amount(value: Amount | None) -> Amount | None:
    """A Quantity whose value is a usable number, or has none."""
    if value is None or value.value is None or -_LARGEST <= value.value <= _LARGEST:
        return value
    return Amount(None, value.unit, value.code, value.system, value.comparator)
