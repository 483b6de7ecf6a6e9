"""From the sources of one call to one Chart: the way through the readers.

1. open every source; 2. learn who points at what; 3. tell the release; 4. turn each resource into facts, leaving out
those of other patients and those already read; 5. record what could not be seen.
"""

from __future__ import annotations

from collections.abc import Sequence

from cds.case import Reason
from cds.chart import Chart, PatientFact, Source
from cds.fhir.bundle import Found, Opened, open_source
from cds.fhir.clinical_views import (
    AllergyIntolerance,
    Condition,
    Done,
    Encounter,
    Observation,
    Patient,
)
from cds.fhir.codes import MOST_CODINGS
from cds.fhir.detect import release_of
from cds.fhir.dosage import MOST_DOSAGES
from cds.fhir.gaps import Gaps, expected, is_draft, words_for
from cds.fhir.medication_views import Medication, MedicationEvent
from cds.fhir.medications import Place, medication_fact
from cds.fhir.observations import observation_facts
from cds.fhir.others import encounter_fact, patient_fact, procedure_fact
from cds.fhir.problems import allergy_fact, problem_fact
from cds.fhir.references import Index, Owner, normal
from cds.fhir.resources import PassedOver
from cds.fhir.shapes import Resource

MOST_RESOURCES = 2000

OpenedSource = tuple[Source, Opened]


def read_chart(sources: Sequence[Source], *, patient_id: str, release: str | None = None) -> Chart:
    """Everything that the resources of one call say about the patient, and what could not be seen of it.

    ``patient_id`` may be "xyz" or "Patient/xyz"; resources of other patients are left out and reported. ``release``
    overrides detection. Never raises on content: what cannot be read becomes a gap (for drafts, an entry of
    ``unreadable_orders``).
    """
    opened = _drafts_first(sources)
    return _Reading(opened, patient_id, release or _release(opened)).chart()


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

    def __init__(self, opened: list[OpenedSource], patient_id: str, release: str) -> None:
        self._opened = opened
        self._chart = Chart(release=release)
        self._gaps = Gaps(self._chart)
        self._index = Index()
        for _, one in opened:
            for found in one.found:
                self._index.add(found)
        self._owner = Owner(patient_id, self._index)
        self._read: set[tuple[bool, str, str]] = set()
        self._selected = _selection([(source, one) for source, one in opened if is_draft(source)])
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
        for source, opened in self._opened:
            for found in opened.found:
                if not isinstance(found.view, Patient):
                    continue
                if self._is_patient(found.view):
                    self._chart.patient = _fuller(self._chart.patient, patient_fact(found.view, found.path))
                else:
                    strangers = True
                    self._gaps.add(source, Reason.WRONG_PATIENT, "the Patient sent is somebody else")
        if strangers and self._chart.patient is None:
            self._gaps.add_to("patient", Reason.WRONG_PATIENT, "the Patient sent is somebody else")

    def _is_patient(self, view: Patient) -> bool:
        return not view.id or not self._owner.patient_id or view.id == self._owner.patient_id

    def _read_source(self, source: Source, opened: Opened) -> None:
        selected = self._selected if is_draft(source) else None
        useful = False
        for found in opened.found:
            view = found.view
            if isinstance(view, PassedOver):
                continue
            useful = useful or expected(source, view)
            if isinstance(view, Patient | Medication):
                continue
            if self._count >= MOST_RESOURCES:
                self._gaps.add(source, Reason.TRUNCATED, f"only the first {MOST_RESOURCES} resources were read")
                break
            if self._already(source, view):
                continue
            if not self._owner.owns(view):
                self._gaps.add(source, Reason.WRONG_PATIENT, f"{words_for(view)} of another patient was left out")
                continue
            self._count += 1
            self._take(source, found, selected is None or not view.id or view.id in selected)
        if opened.seen and not useful and not (opened.failed or opened.unreadable):
            self._gaps.nothing_expected(source)

    def _already(self, source: Source, view: Resource) -> bool:
        """Whether this very resource was read from another source; drafts and the record are kept apart."""
        if not view.id:
            return False
        key = (is_draft(source), type(view).__name__, view.id)
        if key in self._read:
            return True
        self._read.add(key)
        return False

    def _take(self, source: Source, found: Found, selected: bool) -> None:
        chart, view, path = self._chart, found.view, found.path
        if isinstance(view, Observation):
            facts = observation_facts(view, path, self._index)
            chart.observations.extend(facts)
            self._check_codings(source, view)
        elif isinstance(view, MedicationEvent):
            place = Place(path, is_draft(source), selected)
            chart.medications.append(medication_fact(view, place, self._index))
            self._check_dosages(source, view)
        elif isinstance(view, Condition):
            chart.problems.append(problem_fact(view, path, chart.patient))
            self._check_codings(source, view)
        elif isinstance(view, Done):
            chart.procedures.append(procedure_fact(view, path, self._index))
        elif isinstance(view, Encounter):
            chart.encounters.append(encounter_fact(view, path, self._index))
        elif isinstance(view, AllergyIntolerance):
            chart.allergies.append(allergy_fact(view, path))

    def _check_codings(self, source: Source, view: Observation | Condition) -> None:
        if view.code is not None and len(view.code.codings) > MOST_CODINGS:
            self._gaps.add(source, Reason.TRUNCATED, f"only the first {MOST_CODINGS} codes of a concept were read")

    def _check_dosages(self, source: Source, view: MedicationEvent) -> None:
        for sent in (view.dosageInstruction, view.dosage):
            if isinstance(sent, list) and len(sent) > MOST_DOSAGES:
                self._gaps.add(source, Reason.TRUNCATED, f"only the first {MOST_DOSAGES} dosages were read")


def _fuller(known: PatientFact | None, other: PatientFact) -> PatientFact:
    """Of two copies of the Patient the one that says when they were born."""
    return other if known is None or (known.birth is None and other.birth is not None) else known


def _selection(drafts: list[OpenedSource]) -> set[str] | None:
    """Ids of the selected drafts; None when all count as selected: nothing selected, or nothing that is there."""
    wanted = {normal(selection) for source, _ in drafts for selection in source.selections or ()}
    sent = [found.view for _, opened in drafts for found in opened.found if found.view.id]
    return {view.id for view in sent if view.id and wanted & {view.id, f"{type(view).__name__}/{view.id}"}} or None
