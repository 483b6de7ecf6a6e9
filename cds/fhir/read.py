"""From the sources of one call to one Chart: the way through the readers.

1. open every source; 2. learn who points at what; 3. tell the release; 4. turn each resource into facts, leaving out
those of other patients and those already read; 5. record what could not be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cds.case import Reason
from cds.chart import EVERYTHING, Chart, PatientFact, Source, Wanted
from cds.fhir.bundle import Found, Opened, open_source
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
    Task,
)
from cds.fhir.codes import MOST_CODINGS, shortened
from cds.fhir.detect import release_of
from cds.fhir.dosage import MOST_DOSAGES, dosage_views, sent_dosages
from cds.fhir.gaps import Gaps, expected, is_draft, words_for
from cds.fhir.lists import list_fact
from cds.fhir.medication_views import (
    MedicationAdministration,
    MedicationDispense,
    MedicationOrder,
    MedicationRequest,
    MedicationStatement,
)
from cds.fhir.medications import Place, medication_fact
from cds.fhir.observations import observation_facts
from cds.fhir.others import encounter_fact, patient_fact, procedure_fact
from cds.fhir.problems import allergy_fact, problem_fact
from cds.fhir.references import Index, Owner, normal
from cds.fhir.shapes import Resource

MOST_RESOURCES = 2000

OpenedSource = tuple[Source, Opened]


def read_chart(
    sources: Sequence[Source], *, patient_id: str, release: str | None = None, wanted: Wanted = EVERYTHING
) -> Chart:
    """Everything that the resources of one call say about the patient, and what could not be seen of it.

    ``patient_id`` may be "xyz" or "Patient/xyz"; resources of other patients are left out and reported. ``release``
    overrides detection. Of resources that are not ``wanted`` the chart holds only what says that they are there:
    medicines without doses and reasons, and no values and problems. Never raises on content: what cannot be read
    becomes a gap (for drafts, an entry of ``unreadable_orders``).
    """
    opened = _drafts_first(sources)
    return _Reading(opened, patient_id, release or _release(opened), wanted).chart()


def detect_release(sources: Sequence[Source]) -> str:
    """ "DSTU2", "STU3", "R4" or "R5", from the content of the sources."""
    return _release(_drafts_first(sources))


def _drafts_first(sources: Sequence[Source]) -> list[OpenedSource]:
    ordered = sorted(sources, key=lambda source: not is_draft(source))
    return [(source, open_source(source.raw, source.path)) for source in ordered]


def _release(opened: list[OpenedSource]) -> str:
    return release_of(
        (found.view for source, one in opened if is_draft(source) for found in one.found),
        (found.view for source, one in opened if not is_draft(source) for found in one.found),
    )


class _Reading:
    """The state of reading one call."""

    def __init__(self, opened: list[OpenedSource], patient_id: str, release: str, wanted: Wanted = EVERYTHING) -> None:
        self._opened = opened
        self._wanted = wanted
        self._chart = Chart(release=release)
        self._gaps = Gaps(self._chart)
        self._index = Index()
        self._patients: list[tuple[Source, PatientFact]] = []
        for source, one in opened:
            self._index.add(one.found)
            for found in one.found:
                if type(found.view) is Patient:
                    self._patients.append((source, patient_fact(found.view, found.path)))
        self._owner = Owner(patient_id, self._index)
        self._selected = _selection([(source, one) for source, one in opened if is_draft(source)])
        self._read: set[tuple[bool, type[Resource], str]] = set()
        self._count = 0

    def chart(self) -> Chart:
        """Read all sources."""
        self._find_patient()
        for source, opened in self._opened:
            self._gaps.note_opened(source, opened)
            self._read_source(source, opened)
        return self._chart

    def _find_patient(self) -> None:
        """The Patient first: ages need the date of birth."""
        strangers = False
        ours = self._owner.patient_id
        for source, patient in self._patients:
            if not patient.id or not ours or patient.id == ours:
                self._chart.patient = _fuller(self._chart.patient, patient)
            else:
                strangers = True
                self._gaps.add(source, Reason.WRONG_PATIENT, "the Patient sent is somebody else")
        if strangers and self._chart.patient is None:
            self._gaps.add_to("patient", Reason.WRONG_PATIENT, "the Patient sent is somebody else")

    def _read_source(self, source: Source, opened: Opened) -> None:
        draft = is_draft(source)
        for found in opened.found:
            view = found.view
            kind = type(view)
            take = _TAKE.get(kind)
            if take is None:
                continue
            if self._count >= MOST_RESOURCES:
                self._gaps.add(source, Reason.TRUNCATED, f"only the first {MOST_RESOURCES} resources were read")
                break
            if view.id:
                this = (draft, kind, view.id)
                if this in self._read:  # drafts and the record are kept apart
                    continue
                self._read.add(this)
            if not self._owner.owns(view):
                self._gaps.add(source, Reason.WRONG_PATIENT, f"{words_for(view)} of another patient was left out")
                continue
            self._count += 1
            take(self, source, found)
        said_why = opened.failed or opened.unreadable
        if opened.seen and not said_why and not any(expected(source, found.view) for found in opened.found):
            self._gaps.nothing_expected(source)

    def take_observation(self, source: Source, found: Found) -> None:
        """Observations and their components."""
        view: Any = found.view
        observation_facts(view, found.path, self._index, self._chart.observations, self._wanted.observation)
        self._check_codings(source, view)

    def take_medication(self, source: Source, found: Found) -> None:
        """Orders, statements, dispenses, administrations."""
        view: Any = found.view
        draft = is_draft(source)
        selected = not draft or self._selected is None or not view.id or view.id in self._selected
        place = Place(found.path, draft, selected)
        self._chart.medications.append(medication_fact(view, place, self._index, self._wanted.medicine))
        sent = sent_dosages(view.dosageInstruction, view.dosage)
        if len(sent) > MOST_DOSAGES and len(dosage_views(sent)) > MOST_DOSAGES:  # each takes more than one byte
            self._gaps.add(source, Reason.TRUNCATED, f"only the first {MOST_DOSAGES} dosages were read")

    def take_condition(self, source: Source, found: Found) -> None:
        """Conditions."""
        view: Any = found.view
        if self._wanted.problem(shortened(view.code)):
            self._chart.problems.append(problem_fact(view, found.path, self._chart.patient))
        self._check_codings(source, view)

    def take_procedure(self, source: Source, found: Found) -> None:
        """Procedures, devices, services, appointments."""
        view: Any = found.view
        self._chart.procedures.append(procedure_fact(view, found.path, self._index, draft=is_draft(source)))

    def take_encounter(self, source: Source, found: Found) -> None:
        """Encounters."""
        view: Any = found.view
        self._chart.encounters.append(encounter_fact(view, found.path, self._index))

    def take_list(self, source: Source, found: Found) -> None:
        """Lists: which resources stand on a list, not what they say."""
        view: Any = found.view
        self._chart.lists.append(list_fact(view, found.path, self._index))

    def take_allergy(self, source: Source, found: Found) -> None:
        """Allergies."""
        view: Any = found.view
        self._chart.allergies.append(allergy_fact(view, found.path))

    def _check_codings(self, source: Source, view: Observation | Condition) -> None:
        if view.code is not None and len(view.code.codings) > MOST_CODINGS:
            self._gaps.add(source, Reason.TRUNCATED, f"only the first {MOST_CODINGS} codes of a concept were read")


_TAKE: dict[type[Resource], Callable[[_Reading, Source, Found], None]] = {
    MedicationRequest: _Reading.take_medication,
    MedicationOrder: _Reading.take_medication,
    MedicationStatement: _Reading.take_medication,
    MedicationDispense: _Reading.take_medication,
    MedicationAdministration: _Reading.take_medication,
    Condition: _Reading.take_condition,
    Observation: _Reading.take_observation,
    AllergyIntolerance: _Reading.take_allergy,
    Encounter: _Reading.take_encounter,
    List: _Reading.take_list,
    Procedure: _Reading.take_procedure,
    ServiceRequest: _Reading.take_procedure,
    ProcedureRequest: _Reading.take_procedure,
    DiagnosticOrder: _Reading.take_procedure,
    CommunicationRequest: _Reading.take_procedure,
    Task: _Reading.take_procedure,
    DeviceRequest: _Reading.take_procedure,
    DeviceUseRequest: _Reading.take_procedure,
    Device: _Reading.take_procedure,
    Appointment: _Reading.take_procedure,
}


def _fuller(known: PatientFact | None, other: PatientFact) -> PatientFact:
    """Of two copies of the Patient the one that says when they were born."""
    return other if known is None or (known.birth is None and other.birth is not None) else known


def _selection(drafts: list[OpenedSource]) -> set[str] | None:
    """Ids of the selected drafts; None when all count as selected: nothing selected, or nothing that is there."""
    wanted = {normal(selection) for source, _ in drafts for selection in source.selections or ()}
    if not wanted:
        return None
    sent = [found.view for _, opened in drafts for found in opened.found if found.view.id]
    return {view.id for view in sent if view.id and wanted & {view.id, f"{type(view).__name__}/{view.id}"}} or None
