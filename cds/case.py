"""What a clinician knows about one patient at one moment.

Everything here is plain, immutable data. No FHIR (that is ``cds.fhir``), no thresholds (``cds.knowledge``), no clock:
``PatientCase.as_of`` is the clinical today.

A fact that may be missing is ``Known(value)`` or ``Unknown(reason, detail)``; nothing is ever defaulted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypeVar, Union

import msgspec

T = TypeVar("T")


class Reason(StrEnum):
    """Why something could not be known; the codes of ``notChecked.reason``."""

    __hash__ = str.__hash__  # Enum's own is Python code, and gaps are put into sets and dicts all the time

    ABSENT = "absent"  # the caller did not send it
    REPORTED_EMPTY = "reported-empty"  # the caller says there is none
    UNREADABLE = "unreadable"  # sent, but not understandable
    STALE = "stale"  # too old to mean today
    UNIT = "unit"  # missing or unknown unit
    WRONG_PATIENT = "wrong-patient"  # belongs to somebody else
    FETCH_FAILED = "fetch-failed"  # the caller or we could not fetch it
    TRUNCATED = "truncated"  # only a part of the list was sent
    UNKNOWN_DRUG = "unknown-drug"  # a medicine we could not name
    DOSE_UNKNOWN = "dose-unknown"  # a dose that cannot be computed
    CONFLICT = "conflict"  # two sources disagree
    INTERNAL = "internal"  # our own fault


class Known(msgspec.Struct, Generic[T], frozen=True):
    """A fact we have."""

    value: T


class Unknown(msgspec.Struct, frozen=True):
    """A fact we do not have, and why. ``detail`` is one short phrase a prescriber can read; no patient text in it."""

    reason: Reason
    detail: str = ""


Maybe = Union[Known[T], Unknown]
YES: Known[bool] = Known(True)
NO: Known[bool] = Known(False)


class When(msgspec.Struct, frozen=True):
    """A date as precise as it was sent: ``first`` and ``last`` are the same day unless only a month or year was given.

    ``at`` is the instant in UTC when a time of day was sent (a time without zone is read as UTC).
    """

    first: date
    last: date
    at: datetime | None = None


class Route(StrEnum):
    """How a drug enters the body, as far as the checks care."""

    __hash__ = str.__hash__  # as for Reason

    ORAL = "oral"  # also enteral tube, sublingual, buccal, orally disintegrating
    INTRATHECAL = "intrathecal"
    PARENTERAL = "parenteral"  # IV, IM, SC, epidural (see ``detail`` of the drug for which)
    TRANSDERMAL = "transdermal"
    RECTAL = "rectal"
    NASAL = "nasal"
    INHALED = "inhaled"
    LOCAL = "local"  # skin, eye, ear, vaginal, and other places from which little is absorbed
    UNKNOWN = "unknown"


class Strength(msgspec.Struct, frozen=True):
    """Amount of one ingredient in one unit of product.

    ``per`` is "each" (tablet, capsule, suppository, film ...), "mL", or "h" (patch). ``unit`` is "mg" or "ug".
    """

    value: float
    unit: str
    per: str


class Ingredient(msgspec.Struct, frozen=True):
    """One recognised active ingredient of a product, and how much of it the product holds (None: not known)."""

    id: str  # our id in knowledge/drugs, the INN in lower case: "baclofen"
    strength: Strength | None = None


class Drug(msgspec.Struct, frozen=True, cache_hash=True):
    """A medicine as recognised.

    ``ingredients`` is empty when it is none of ours. ``recognised_by`` says how: "code" (of a product),
    "ingredient-code", "name", "brand", or "" when not recognised. ``conflict`` is filled when code and words name
    different drugs: then ``ingredients`` holds both. ``readable`` is False when there is neither a readable name nor a
    code we can look up, so that nothing can be said about the medicine.
    """

    label: str
    ingredients: tuple[Ingredient, ...] = ()
    route: Route = Route.UNKNOWN
    route_detail: str = ""  # "intravenous", "epidural", "buccal" ... when known
    form: str = ""  # "tablet", "solution", "injection", "patch", "suppository" ...
    extended_release: bool = False
    recognised_by: str = ""
    conflict: str = ""
    readable: bool = True


class DoseStep(msgspec.Struct, frozen=True):
    """One stretch of a stepped schedule: the daily dose and for how many days (None: open end)."""

    low: float
    high: float
    days: float | None


class DailyDose(msgspec.Struct, frozen=True):
    """How much of one ingredient the patient takes in 24 hours.

    ``low``/``high`` in ``unit`` ("mg/d", "ug/d"; for patches "ug/h"). ``high`` is the highest credible dose (PRN at its
    maximum, ranges at their top, stepped schedules at their highest step), ``low`` the lowest. ``working`` shows the
    arithmetic in words. ``confidence``: "coded" (numbers and codes), "text" (read from a free-text sig without doubt).
    """

    low: float
    high: float
    unit: str
    working: str
    confidence: str = "coded"
    single_high: float | None = None  # largest single administration, same mass unit
    times_per_day: float | None = None  # administrations per day at the high end
    prn: bool = False
    prn_max_given: bool = False  # a maximum per period was stated
    steps: tuple[DoseStep, ...] = ()  # only when the dose changes over time
    caveat: str = ""  # what the directions say besides that was not read and may change the dose


class LiquidDose(msgspec.Struct, frozen=True):
    """One dose of a liquid as it is told: its volume, its mass, and the concentrations said with it (None: not said).

    ``product``: mg/mL of the product ordered; ``stated``: mg/mL that the directions name.
    """

    millilitres: float | None
    milligrams: float | None
    stated: float | None
    product: float | None


class Setting(StrEnum):
    """Where the order is carried out."""

    COMMUNITY = "community"
    INPATIENT = "inpatient"
    DISCHARGE = "discharge"
    UNKNOWN = "unknown"


class Concept(msgspec.Struct, frozen=True):
    """A clinical concept as recognised: ``ids`` are our concept ids ("epilepsy", "aki"), ``label`` words as sent."""

    ids: tuple[str, ...]
    label: str


class DrugUse(msgspec.Struct, frozen=True):
    """One medicine the patient has been taking before this call, however many resources tell of it.

    ``doses`` has one entry per recognised ingredient, in the order of ``drug.ingredients``.
    ``started`` is the earliest evidence of *continuous* use of this ingredient and route (Unknown: it cannot be told).
    ``unchanged_since`` is since when this very drug, dose and schedule has stood.
    ``ended`` is filled for uses that stopped before today (kept for exposure, taper and supply questions).
    """

    ref: str  # "MedicationRequest/m1"; "" if the resource had no id
    drug: Drug
    doses: tuple[Maybe[DailyDose], ...]
    started: Maybe[When]
    unchanged_since: Maybe[When]
    ended: When | None = None
    planned_end: When | None = None
    last_supplied: When | None = None
    supply_days: float | None = None
    supplied_until: date | None = None  # the day on which all that was ordered or handed over is used up
    refs: tuple[str, ...] = ()  # every resource that tells of this use
    identifiers: tuple[str, ...] = ()
    setting: Setting = Setting.UNKNOWN
    single_dose: bool = False  # once only: procedure, premedication, test dose
    reasons: tuple[Concept, ...] = ()
    on_hold: bool = False
    note: str = ""  # e.g. "statement only", "dispensed only"
    path: str = ""  # where in the request
    liquids: tuple[LiquidDose, ...] = ()

    @property
    def name(self) -> str:
        """How an order refers to it: the ref, or the path where the resource had no id."""
        return self.ref or self.path

    @property
    def names(self) -> tuple[str, ...]:
        """Its name, and the refs of all else that tells of it."""
        return (self.name, *self.refs) if self.name else self.refs


class Action(StrEnum):
    """What a draft order does to the patient's treatment."""

    START = "start"
    CHANGE = "change"
    RENEW = "renew"  # same drug, dose and schedule
    STOP = "stop"


class Order(msgspec.Struct, frozen=True):
    """One draft (or revised) order of this call, as compared with what the patient already takes.

    ``replaces`` are names of the DrugUses it takes the place of. ``linked`` is False when that was inferred (same
    ingredient and route without a link): then adding instead of replacing is possible.
    ``selected`` is False for the other drafts of an order-select call: they are context, cards are not about them.
    ``omitted``: no order at all, but a home drug that the discharge list has lost (always a stop).
    """

    ref: str
    action: Action
    drug: Drug
    doses: tuple[Maybe[DailyDose], ...]
    replaces: tuple[str, ...] = ()
    linked: bool = True
    selected: bool = True
    starts: When | None = None
    planned_end: When | None = None
    supply_days: float | None = None  # of one fill
    supply_total: float | None = None  # days, with all repeats
    setting: Setting = Setting.UNKNOWN
    single_dose: bool = False
    reasons: tuple[Concept, ...] = ()
    stop_reasons: tuple[Concept, ...] = ()
    stop_reason_text: str = ""
    note_texts: tuple[str, ...] = ()
    path: str = ""
    omitted: bool = False
    liquids: tuple[LiquidDose, ...] = ()  # doses told as a volume or with a concentration


class Problem(msgspec.Struct, frozen=True):
    """A condition of the patient. ``status``: "active", "history" (resolved, remission, inactive) or "unconfirmed".

    Refuted, entered-in-error and family-history entries never reach the case.
    """

    concept: Concept
    status: str
    onset: When | None = None
    ended: When | None = None
    ref: str = ""


class Lab(msgspec.Struct, frozen=True):
    """One measured value. ``kind`` is our group id ("creatinine", "egfr", "cystatin-c", "body-weight", ...).

    ``value`` is in the group's own unit (creatinine mg/dL, egfr mL/min/1.73 m2, creatinine-clearance mL/min,
    weight kg, height cm). ``comparator`` is "<", "<=", ">", ">=" or "". ``shown`` is value and unit as they were sent.
    ``status`` is "final" (final, amended, corrected) or "preliminary".
    """

    kind: str
    value: Maybe[float]
    when: When | None
    shown: str
    status: str = "final"
    comparator: str = ""
    method: str = ""  # for eGFR: "CKD-EPI 2021", "MDRD", "" when not said
    unit: str = ""  # the unit in which it was sent, in our spelling ("umol/L"), when understood
    ref: str = ""
    code: str = ""
    said: str = ""  # for kinds that are answered in words or codes: "pregnant", "not-pregnant", "positive", "pain" ...
    day: When | None = None  # for kinds whose value is a date: the estimated day of delivery, the last birth


class Procedure(msgspec.Struct, frozen=True):
    """Something done to the patient, or a device or service in place ("dialysis", "intrathecal-pump")."""

    concept: Concept
    when: When | None
    status: str  # "done", "in-progress", "planned"
    ref: str = ""


class Allergy(msgspec.Struct, frozen=True):
    """An allergy or intolerance of the patient to a drug we know, or to a class of drugs.

    ``to.ids`` are our ingredient ids and "class:..." ids; ``to.label`` the words as sent. ``verification`` is
    "confirmed", "unconfirmed" or "" (not said). ``kind`` is "allergy", "intolerance" or "". ``criticality`` is "high",
    "low" or ""; ``severity`` that of the worst reaction, "severe", "moderate", "mild" or "". ``anaphylaxis``: a
    reaction that can kill is named. Entries that are refuted, entered in error, inactive or resolved never reach the
    case.
    """

    to: Concept
    verification: str = ""
    kind: str = ""
    criticality: str = ""
    severity: str = ""
    anaphylaxis: bool = False
    reactions: tuple[str, ...] = ()  # in the words that were sent
    when: When | None = None
    ref: str = ""


class Requested(msgspec.Struct, frozen=True):
    """A test, measurement or visit that is being ordered in this very call.

    ``lab`` is our kind of value ("" when none of ours), ``codes`` its LOINC codes, ``words`` what it says of itself.
    """

    lab: str = ""
    codes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class PumpDate(msgspec.Struct, frozen=True):
    """One date of a pump for intrathecal drugs, wherever it was told.

    ``kind``: "due" (by then it must be refilled: a refill or low-reservoir alarm date), "booked" (an appointment for
    its refill), "missed" (such an appointment that was not kept) or "refilled" (it was filled then). ``source``:
    "appointment", "request", "order", "observation", "note", "procedure" or "administration". ``told``: when it was
    said.
    """

    kind: str
    source: str
    when: When
    told: When | None = None
    ref: str = ""


class Patient(msgspec.Struct, frozen=True):
    """Who the patient is. ``sex`` is "female" or "male" as used by the equations."""

    birth: Maybe[When]
    sex: Maybe[str]
    deceased: bool = False


class PatientCase(msgspec.Struct, frozen=True):
    """One patient, one moment, one set of draft orders.

    ``gaps`` says, per kind of input ("patient", "medications", "statements", "conditions", "creatinine", ...), what of
    it could not be seen. A key with no gaps was seen whole. ``Reason.REPORTED_EMPTY`` in a gap means: the caller's word
    that there is none, which counts as seen.
    """

    as_of: date
    phase: str  # "select", "sign", "prescribe" (legacy: both), "refill", "discharge", "view"
    patient: Patient
    orders: tuple[Order, ...] = ()
    uses: tuple[DrugUse, ...] = ()
    past_uses: tuple[DrugUse, ...] = ()
    problems: tuple[Problem, ...] = ()
    labs: tuple[Lab, ...] = ()  # newest first
    procedures: tuple[Procedure, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    setting: Setting = Setting.UNKNOWN  # of the current encounter
    pump_dates: tuple[PumpDate, ...] = ()  # earliest first
    gaps: Mapping[str, tuple[Unknown, ...]] = {}
    unreadable_orders: tuple[Unknown, ...] = ()  # drafts that could not be read at all
    requested: tuple[Requested, ...] = ()
