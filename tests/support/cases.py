"""Cases as data: the TOML files of ``fixtures/cases``, read strictly (an unknown key or word is an error).

The format is described in ``fixtures/cases/README.md``.
"""

from __future__ import annotations

import tomllib
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from cds.knowledge.profiles import profile_ids

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
RELEASES = ("DSTU2", "STU3", "R4", "R5")
KEYS = (
    "patient",
    "medications",
    "statements",
    "conditions",
    "creatinine",
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
EXTRA_KEYS = ("dispenses", "administrations", "discharge")
ASKED_BY = {"medication-refill": ("dispenses",), "patient-view": ("dispenses",), "encounter-discharge": ("discharge",)}
INDICATORS = ("critical", "warning", "info", "silent")


class Step(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One dosage instruction: how much, how often, for how long."""

    dose: str = ""
    times: str = ""
    sig: str = ""
    rate: str = ""
    prn: bool = False
    max: str = ""
    for_days: float | None = None
    route: str = ""
    site: str = ""
    method: str = ""


class Medicine(Step, forbid_unknown_fields=True, kw_only=True, rename={"kind": "as"}):
    """A draft order, or something the patient takes or took."""

    drug: str = ""
    drug_text: str = ""
    drug_code: str = ""
    no_drug: bool = False
    kind: str = "order"
    id: str = ""
    status: str = ""
    intent: str = ""
    since: str = ""
    undated: bool = False
    until: str = ""
    valid_until: str = ""
    noted: str = ""
    given: str = ""
    steps: list[Step] = []
    also: list[Step] = []
    supply_days: float | None = None
    quantity: str = ""
    refills: int | None = None
    replaces: str = ""
    based_on: str = ""
    dispensed_from: str = ""
    identifier: str = ""
    reason: str = ""
    stop_reason: str = ""
    setting: str = ""
    note: str = ""
    selected: bool = True
    do_not_perform: bool = False
    not_taken: bool = False
    wrong_patient: bool = False
    key: str = ""
    same_as: str = ""


class Person(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The patient: a key left out is not sent."""

    age: int | None = None
    born: str = ""
    sex: str = ""
    deceased: bool = False


class LabValue(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One measurement."""

    kind: str
    value: str = ""
    text: str = ""
    answer: str = ""
    day: str = ""
    absent: str = ""
    days_ago: int | None = None
    hours_ago: float | None = None
    on: str = ""
    undated: bool = False
    status: str = "final"
    method: str = ""
    specimen: str = ""
    wrong_patient: bool = False


class Diagnosis(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One condition."""

    name: str = ""
    code: str = ""
    text: str = ""
    status: str = "active"
    verification: str = "confirmed"
    since: str = ""
    until: str = ""
    category: str = ""
    wrong_patient: bool = False


class Reaction(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One allergy or intolerance."""

    to: str = ""
    code: str = ""
    text: str = ""
    status: str = "active"
    verification: str = "confirmed"
    kind: str = "allergy"
    criticality: str = ""
    reaction: str = ""
    severity: str = ""
    since: str = ""
    wrong_patient: bool = False


class Deed(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One procedure."""

    name: str = ""
    code: str = ""
    text: str = ""
    status: str = "done"
    days_ago: int | None = None
    on: str = ""
    wrong_patient: bool = False


class PumpFact(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, rename={"kind": "is"}):
    """One place in which a date of a pump is told."""

    kind: str  # "device", "appointment", "service", "device-request", "observation"
    on: str = ""
    words: str = "Intrathecal baclofen pump refill"
    status: str = ""
    note: str = ""
    noted: str = ""
    text: str = ""
    said: str = ""
    wrong_patient: bool = False


class Stay(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, rename={"cls": "class"}):
    """The current encounter."""

    cls: str
    reason: str = ""
    since: str = "1 days"


class Expected(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One expected finding."""

    check: str
    indicator: str
    wording: str = ""
    values: dict[str, Any] = {}
    because: str = ""
    unknown: str | None = None
    shown: bool = True


class ExpectedGap(msgspec.Struct, forbid_unknown_fields=True):
    """One expected entry of what was not checked."""

    check: str
    reason: str
    card: bool | None = None


class Case(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One patient, one call, and what must be said."""

    id: str
    says: str
    expect: list[Expected]
    hook: str = "medication-prescribe"
    profile: str = "us"
    as_of: date = date(2026, 6, 10)
    patient: Person = Person()
    order: list[Medicine] = []
    takes: list[Medicine] = []
    problem: list[Diagnosis] = []
    lab: list[LabValue] = []
    procedure: list[Deed] = []
    pump: list[PumpFact] = []
    allergy: list[Reaction] = []
    encounter: Stay | None = None
    discharge: list[Medicine] = []
    discharge_as: str = "orders"
    no_discharge_list: bool = False
    user: str = "Practitioner/doc-1"
    missing: list[str] = []
    null: list[str] = []
    failed: list[str] = []
    truncated: list[str] = []
    not_checked: list[ExpectedGap] | None = None
    may_not_check: bool = False
    cards: int | None = None
    suggest: list[str] | None = None
    about: list[str] | None = None
    releases: tuple[str, ...] = RELEASES
    file: str = ""

    def __repr__(self) -> str:
        return f"<case {self.id}: {self.says}>"

    def takes_same_drug(self) -> bool:
        """Whether a draft and something taken are named alike by their first word (another strength counts)."""
        first = [{one.drug.split(" ")[0].lower() for one in many if one.drug} for many in (self.order, self.takes)]
        return bool(first[0] & first[1])


class CaseFile(msgspec.Struct, forbid_unknown_fields=True):
    """One file of cases."""

    case: list[Case]
    about: list[str] | None = None


def read_cases(path: Path) -> list[Case]:
    """The cases of one file; raises ``ValueError`` naming the file and what is wrong in it."""
    try:
        loaded = msgspec.convert(tomllib.loads(path.read_text("utf-8")), CaseFile)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path.name}: {error}") from error
    for case in loaded.case:
        case.file = path.name
        case.about = case.about if case.about is not None else loaded.about
        _check(case)
        if case.hook == "encounter-discharge" and case.encounter is None:
            case.encounter = Stay(cls="inpatient")
    return loaded.case


def _check(case: Case) -> None:
    where = f"{case.file}: case {case.id}"
    for key in [*case.missing, *case.null, *case.failed, *case.truncated]:
        if key not in (*KEYS, *EXTRA_KEYS):
            raise ValueError(f"{where}: {key!r} is no prefetch key")
    for expected in case.expect:
        if expected.indicator not in INDICATORS:
            raise ValueError(f"{where}: {expected.indicator!r} is no indicator")
    if case.profile not in profile_ids():
        raise ValueError(f"{where}: there is no profile {case.profile!r}")
    if case.discharge_as not in ("orders", "list"):
        raise ValueError(f"{where}: a discharge list is told as orders or as list")
    told = bool(case.discharge) or case.discharge_as == "list" or case.no_discharge_list
    if told is not (case.hook == "encounter-discharge"):
        raise ValueError(f"{where}: a discharge list, or none, is told of encounter-discharge only")
    if not set(case.releases) <= set(RELEASES):
        raise ValueError(f"{where}: releases {case.releases}")


@lru_cache(maxsize=1)
def all_cases() -> tuple[Case, ...]:
    """Every case of ``fixtures/cases``, in the order of file names; ids are unique."""
    cases = [case for path in sorted((FIXTURES / "cases").glob("*.toml")) for case in read_cases(path)]
    seen: dict[str, str] = {}
    for case in cases:
        if case.id in seen:
            raise ValueError(f"case id {case.id} stands in {seen[case.id]} and {case.file}")
        seen[case.id] = case.file
    return tuple(cases)


def case_named(case_id: str) -> Case:
    """The case with this id."""
    return _by_id()[case_id]


@lru_cache(maxsize=1)
def _by_id() -> dict[str, Case]:
    return {case.id: case for case in all_cases()}
