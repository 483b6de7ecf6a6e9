"""What the resources of one call say, read into one shape whatever their FHIR release, but not yet interpreted.

The readers (``cds.fhir``) fill a ``Chart``; ``cds.build`` turns it into a ``PatientCase``. Strings are as sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from cds.case import Unknown, When


class Coding(msgspec.Struct, frozen=True, gc=False):
    """A code in a coding system, as sent."""

    system: str = ""
    code: str = ""
    display: str = ""


class Coded(msgspec.Struct, frozen=True, gc=False, cache_hash=True, rename={"codings": "coding"}):
    """A CodeableConcept as sent: codings and free text. In JSON its fields have FHIR's names."""

    codings: tuple[Coding, ...] = ()
    text: str = ""


class Amount(msgspec.Struct, frozen=True, gc=False):
    """A Quantity as sent. ``value`` None: no number could be read. ``code`` is the UCUM (or other) code."""

    value: float | None = None
    unit: str = ""
    code: str = ""
    system: str = ""
    comparator: str = ""


class Timing(msgspec.Struct, frozen=True, gc=False):
    """When and how often. Units of time are UCUM ("h", "d", "wk", "mo", "a", "min", "s"), as sent."""

    frequency: float | None = None
    frequency_max: float | None = None
    period: float | None = None
    period_max: float | None = None
    period_unit: str = ""
    count: float | None = None
    count_max: float | None = None
    time_of_day: tuple[str, ...] = ()
    day_of_week: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    codes: Coded = Coded()
    events: tuple[When, ...] = ()
    bounds_start: When | None = None
    bounds_end: When | None = None
    bounds_duration: Amount | None = None  # boundsDuration, or the high end of boundsRange
    duration: float | None = None  # of each administration
    duration_unit: str = ""


class DosageFact(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """One dosageInstruction/dosage as sent."""

    sequence: int | None = None
    text: str = ""  # the sig: text, else patientInstruction, else additional instructions
    timing: Timing | None = None
    as_needed: bool = False
    route: Coded = Coded()
    method: Coded = Coded()
    site: Coded = Coded()
    dose: Amount | None = None
    dose_low: Amount | None = None  # doseRange
    dose_high: Amount | None = None
    rate: Amount | None = None  # rateQuantity, or rateRatio as value with unit "num/den"
    rate_low: Amount | None = None
    rate_high: Amount | None = None
    max_per_period: tuple[tuple[Amount, Amount], ...] = ()  # (numerator, denominator) each
    max_per_administration: Amount | None = None


class MedicationFact(msgspec.Struct, frozen=True, gc=False):
    """A medicine in a MedicationRequest/Order, Statement, Dispense or Administration, as sent.

    ``kind``: "order", "statement", "dispense", "administration". ``draft``: it came in the hook's context.
    ``drug``, ``form`` and ``ingredients`` include those of a referenced or contained Medication.
    """

    kind: str
    resource_type: str
    id: str
    path: str
    draft: bool = False
    selected: bool = True
    status: str = ""
    intent: str = ""
    do_not_perform: bool = False
    reported: bool = False  # reported[x]: told by the patient or another source; a "plan" is then taken
    drug: Coded = Coded()
    drug_missing: bool = False  # no medication[x] at all, or a reference that led nowhere
    form: Coded = Coded()
    ingredients: tuple[tuple[Coded, Amount | None, Amount | None], ...] = ()  # (what, numerator, denominator)
    dosages: tuple[DosageFact, ...] = ()
    written: When | None = None
    effective_start: When | None = None  # statement/administration effective[x], dispense whenHandedOver
    effective_end: When | None = None  # also DSTU2 dateEnded
    validity_start: When | None = None  # dispenseRequest.validityPeriod
    validity_end: When | None = None
    supply: Amount | None = None  # expectedSupplyDuration / daysSupply
    quantity: Amount | None = None
    repeats: float | None = None
    category: Coded = Coded()
    reasons: tuple[Coded, ...] = ()
    status_reason: Coded = Coded()
    notes: tuple[str, ...] = ()
    dated_notes: tuple[tuple[str, When], ...] = ()  # those that say when they were made
    identifiers: tuple[str, ...] = ()  # "system|value"
    prior: tuple[
        str, ...
    ] = ()  # priorPrescription, replaces, basedOn, authorizingPrescription, as reference or identifier
    encounter: str = ""
    taken: str = ""  # statement: "y", "n", "unk" (STU3 taken, DSTU2 wasNotTaken, R5 adherence)


class ProblemFact(msgspec.Struct, frozen=True, gc=False):
    """A Condition as sent."""

    id: str
    path: str
    code: Coded = Coded()
    clinical_status: str = ""
    verification_status: str = ""
    categories: tuple[str, ...] = ()
    onset: When | None = None
    abatement: When | None = None
    abated: bool = False  # abatement stated in another form (true, age, text)
    recorded: When | None = None


class ObservationFact(msgspec.Struct, frozen=True, gc=False):
    """One Observation, or one component of it, as sent."""

    id: str
    path: str
    code: Coded = Coded()
    status: str = ""
    value: Amount | None = None
    value_text: str = ""
    value_coded: Coded = Coded()
    value_when: When | None = None
    when: When | None = None
    specimen: str = ""
    method: Coded = Coded()
    interpretation: Coded = Coded()


class ProcedureFact(msgspec.Struct, frozen=True, gc=False):
    """A Procedure, Device, Appointment, ServiceRequest or DeviceRequest as sent. ``draft`` as in MedicationFact."""

    resource_type: str
    id: str
    path: str
    code: Coded = Coded()
    status: str = ""
    when: When | None = None
    notes: tuple[str, ...] = ()
    draft: bool = False
    dated_notes: tuple[tuple[str, When], ...] = ()  # those that say when they were made


class AllergyFact(msgspec.Struct, frozen=True, gc=False):
    """An AllergyIntolerance as sent (each reaction substance is an entry of ``substances``).

    ``reactions`` are the manifestations of all reactions, and their descriptions.
    """

    id: str
    path: str
    substances: tuple[Coded, ...] = ()
    clinical_status: str = ""
    verification_status: str = ""
    criticality: str = ""
    kind: str = ""
    severity: str = ""
    when: When | None = None
    reactions: tuple[Coded, ...] = ()


class EncounterFact(msgspec.Struct, frozen=True, gc=False):
    """An Encounter as sent."""

    id: str
    path: str
    cls: Coded = Coded()
    types: tuple[Coded, ...] = ()
    status: str = ""
    start: When | None = None
    end: When | None = None
    reasons: tuple[Coded, ...] = ()


class ListItem(msgspec.Struct, frozen=True, gc=False):
    """One entry of a list: the resource it refers to ("Type/id", "urn:..." or "system|value"), and its words."""

    names: tuple[str, ...] = ()
    what: Coded = Coded()


class ListFact(msgspec.Struct, frozen=True, gc=False):
    """A List as sent, without the entries that were struck from it. ``empty_reason``: why it holds none."""

    id: str
    path: str
    code: Coded = Coded()
    status: str = ""
    when: When | None = None
    encounter: str = ""
    items: tuple[ListItem, ...] = ()
    empty_reason: str = ""
    unreadable: int = 0  # entries that refer to nothing


class PatientFact(msgspec.Struct, frozen=True, gc=False):
    """A Patient as sent. ``birth_raw`` True: something was sent as birthDate that is no date."""

    id: str = ""
    path: str = ""
    birth: When | None = None
    birth_raw: bool = False
    gender: str = ""
    deceased: bool = False


class Chart(msgspec.Struct):
    """All facts of one call. ``gaps`` as in ``PatientCase``; ``release`` is "DSTU2", "STU3", "R4" or "R5".

    ``made``: what ``cds.build`` made of these facts already, for when a case is built again with other drafts.
    """

    release: str = "R4"
    patient: PatientFact | None = None
    medications: list[MedicationFact] = []
    problems: list[ProblemFact] = []
    observations: list[ObservationFact] = []
    procedures: list[ProcedureFact] = []
    allergies: list[AllergyFact] = []
    encounters: list[EncounterFact] = []
    lists: list[ListFact] = []
    gaps: dict[str, list[Unknown]] = {}
    unreadable_orders: list[Unknown] = []
    made: dict[str, tuple[tuple[object, ...], object]] = {}


class Source(msgspec.Struct, frozen=True):
    """One place in the request that holds resources, for the readers.

    ``key``: "draft" for the hook's context, else the prefetch key. ``holds``: which gap keys it answers
    (("medications",), ("conditions",) ...; empty for keys we did not ask for). ``raw`` is the JSON text of a resource,
    a Bundle or a list of resources; ``path`` where it stands in the request.
    """

    key: str
    path: str
    raw: bytes
    holds: tuple[str, ...] = ()
    selections: tuple[str, ...] | None = None  # order-select: the selected refs; None: all are selected


Gaps = Mapping[str, tuple[Unknown, ...]]


class Wanted(msgspec.Struct, frozen=True):
    """Whether anybody will ask for what a code means; readers work out no more of other resources than that they exist.

    Most of a long record is medicines, values and problems that no check is about. ``medicine`` is asked with the
    medicine and the ingredients of its Medication; drafts are always wanted.
    """

    medicine: Callable[[Coded, tuple[tuple[Coded, Amount | None, Amount | None], ...]], bool]
    problem: Callable[[Coded], bool]
    observation: Callable[[Coded], bool]


EVERYTHING = Wanted(lambda drug, ingredients: True, lambda code: True, lambda code: True)
