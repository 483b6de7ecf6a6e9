"""Recording what could not be seen, under the keys each source answers."""

from __future__ import annotations

from cds.case import Reason, Unknown
from cds.chart import Chart, Source
from cds.fhir.bundle import Opened
from cds.fhir.clinical_views import (
    AllergyIntolerance,
    Appointment,
    Condition,
    Device,
    Done,
    Encounter,
    List,
    Observation,
    Patient,
)
from cds.fhir.medication_views import (
    MedicationAdministration,
    MedicationDispense,
    MedicationEvent,
    MedicationRequest,
    MedicationStatement,
)
from cds.fhir.shapes import Resource

# What must be among the resources of a source for its keys to count as answered.
_EXPECTED: dict[str, type[Resource] | tuple[type[Resource], ...]] = {
    "patient": Patient,
    "medications": MedicationEvent,
    "statements": MedicationEvent,
    "dispenses": MedicationEvent,
    "administrations": MedicationEvent,
    "conditions": Condition,
    "allergies": AllergyIntolerance,
    "encounter": Encounter,
    "creatinine": Observation,
    "body": Observation,
    "procedures": Done,
    "devices": Device,
    "appointments": Appointment,
    "requests": Done,
    "naloxone": MedicationEvent,
    "stopped": MedicationEvent,
    "discharge": (List, MedicationEvent),
    "vitals": Observation,
    "alcohol": Observation,
    "liver": Observation,
    "pregnancy": Observation,
}
_WORDS: tuple[tuple[type[Resource], str], ...] = (
    (MedicationRequest, "an order"),
    (MedicationStatement, "a medication statement"),
    (MedicationDispense, "a dispense"),
    (MedicationAdministration, "an administration"),
    (Condition, "a condition"),
    (Observation, "an observation"),
    (AllergyIntolerance, "an allergy"),
    (Encounter, "an encounter"),
    (Device, "a device"),
    (Appointment, "an appointment"),
)


def is_draft(source: Source) -> bool:
    """Whether the source is the hook's own context."""
    return source.key == "draft"


def expected(source: Source, view: Resource) -> bool:
    """Whether the resource is of a kind that the source was asked for."""
    return any(isinstance(view, _EXPECTED.get(hold, Resource)) for hold in source.holds)


def words_for(view: Resource) -> str:
    """A resource in a prescriber's words."""
    return next((words for kind, words in _WORDS if isinstance(view, kind)), "an entry")


class Gaps:
    """Writes gaps into a chart; the same one only once."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart

    def add(self, source: Source, reason: Reason, detail: str) -> None:
        """Under every key of the source; for a draft also as an order that could not be read."""
        if is_draft(source):
            self._chart.unreadable_orders.append(Unknown(reason, detail))
        for hold in source.holds:
            self.add_to(hold, reason, detail)

    def add_to(self, key: str, reason: Reason, detail: str) -> None:
        """Under one key."""
        known = self._chart.gaps.setdefault(key, [])
        unknown = Unknown(reason, detail)
        if unknown not in known:
            known.append(unknown)

    def note_opened(self, source: Source, opened: Opened) -> None:
        """What opening the source already showed."""
        for what in opened.unreadable:
            self.add(source, Reason.UNREADABLE, f"{what} could not be read")
        if opened.failed:
            self.add(source, Reason.FETCH_FAILED, "the server answered with an error")
        if opened.truncated:
            self.add(source, Reason.TRUNCATED, "only a part of the list was sent")
        if not (opened.seen or opened.failed or opened.truncated):
            self._note_empty(source)

    def _note_empty(self, source: Source) -> None:
        for hold in source.holds:
            if hold == "patient":
                self.add_to(hold, Reason.UNREADABLE, "no Patient was sent")
            else:
                self.add_to(hold, Reason.REPORTED_EMPTY, "reported as none")

    def nothing_expected(self, source: Source) -> None:
        """Something was sent, but nothing of the kind that was asked for."""
        if not is_draft(source):
            self.add(source, Reason.UNREADABLE, "something else was sent")
