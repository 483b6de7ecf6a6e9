"""The patient, encounters, procedures, devices, services and appointments as facts."""

from __future__ import annotations

from cds.case import When
from cds.chart import Coded, EncounterFact, PatientFact, ProcedureFact
from cds.fhir.clinical_views import (
    Appointment,
    CommunicationRequest,
    Device,
    DeviceRequest,
    DeviceUseRequest,
    DiagnosticOrder,
    Done,
    Encounter,
    Patient,
    Payload,
    Procedure,
    ServiceRequest,
    Task,
)
from cds.fhir.codes import all_coded, dated_words, each_coded, merged, referenced, shortened, words
from cds.fhir.dates import ends, spanning, starts, when
from cds.fhir.references import Index
from cds.fhir.shapes import Period, TimingView, many


def patient_fact(view: Patient, path: str) -> PatientFact:
    """A Patient as a fact. A time of death, or deceasedBoolean true, says that the patient has died."""
    birth = when(view.birthDate)
    return PatientFact(
        id=view.id or "",
        path=path,
        birth=birth,
        birth_raw=birth is None and view.birthDate not in (None, ""),
        gender=(view.gender or "").strip().lower(),
        deceased=bool(view.deceasedBoolean or view.deceasedDateTime),
    )


def encounter_fact(view: Encounter, path: str, index: Index) -> EncounterFact:
    """An Encounter as a fact; its class is a code in DSTU2, a Coding in STU3 and R4, concepts in R5."""
    period = view.period or view.actualPeriod
    reasons = [*each_coded(view.reason, index), *each_coded(view.reasonCode)]
    if view.reasonReference is not None:
        reasons.append(referenced(view.reasonReference, index))
    return EncounterFact(
        id=view.id or "",
        path=path,
        cls=all_coded(view.cls),
        types=each_coded(view.type),
        status=(view.status or "").lower(),
        start=starts(period),
        end=ends(period),
        reasons=tuple(one for one in reasons if one.codings or one.text),
    )


def procedure_fact(view: Done, path: str, index: Index, *, draft: bool = False) -> ProcedureFact:
    """A Procedure, Device, service or device order, or Appointment as a fact."""
    return ProcedureFact(
        resource_type=type(view).__name__,
        id=view.id or "",
        path=path,
        code=shortened(_what(view, index)),
        status=_status(view),
        when=_moment(view),
        notes=_notes(view),
        dated_notes=dated_words(view.note) + dated_words(view.notes),
        draft=draft,
    )


def _what(view: Done, index: Index) -> Coded:
    parts = [all_coded(view.code)]
    if isinstance(view, DeviceRequest):
        parts.append(view.codeCodeableConcept or Coded())
        if view.codeReference is not None:
            parts.append(referenced(view.codeReference, index, "Device"))
    elif isinstance(view, DiagnosticOrder):
        parts.extend(all_coded(item.code, index) for item in view.item or ())
    elif isinstance(view, Device):
        parts.append(all_coded(view.type))
        parts.extend(Coded((), name) for name in _names(view))
    elif isinstance(view, DeviceUseRequest):
        parts.append(referenced(view.device, index, "Device") if view.device is not None else Coded())
    elif isinstance(view, Appointment):
        parts.extend(all_coded(one, index) for one in (view.serviceType, view.type, view.reasonCode, view.reason))
    return merged(parts)


def _names(device: Device) -> list[str]:
    given = device.name if isinstance(device.name, list) else []
    names = [one.name or one.value for one in (*(device.deviceName or ()), *given)]
    names.append(device.name if isinstance(device.name, str) else None)
    names.append(device.displayName)
    return [name for name in names if name]


def _status(view: Done) -> str:
    if isinstance(view, Procedure) and (view.notPerformed or view.notDone):
        return "not-done"
    return (view.status or "").lower()


def _notes(view: Done) -> tuple[str, ...]:
    own = (*words(view.note), *words(view.notes))
    if isinstance(view, Appointment):
        own += tuple(text for text in (view.description, view.comment) if text)
    if isinstance(view, Task) and view.description:
        own += (view.description,)
    if isinstance(view, CommunicationRequest):
        own += tuple(text for part in view.payload or () if (text := _content(part)))
    return own


def _content(part: Payload) -> str:
    return part.contentString or (part.contentCodeableConcept.text if part.contentCodeableConcept is not None else "")


def _moment(view: Done) -> When | None:
    moment = _occurrence(view.occurrenceDateTime, view.occurrencePeriod, view.occurrenceTiming)
    if moment is not None:
        return moment
    if isinstance(view, Procedure):
        return _occurrence(view.performedDateTime, view.performedPeriod, None)
    if isinstance(view, ServiceRequest):
        return _occurrence(view.scheduledDateTime, view.scheduledPeriod, view.scheduledTiming)
    if isinstance(view, DeviceUseRequest):
        return _occurrence(view.timingDateTime, view.timingPeriod, view.timingTiming)
    if isinstance(view, DiagnosticOrder):
        return next((found for one in view.event or () if (found := when(one.dateTime)) is not None), None)
    return when(view.start) or when(view.end) if isinstance(view, Appointment) else None


def _occurrence(moment: str | None, period: Period | None, timing: TimingView | None) -> When | None:
    found = when(moment) or spanning(period)
    if found is None and timing is not None:
        found = next((one for one in map(when, many(timing.event)) if one is not None), None)
        if found is None and timing.repeat is not None:
            found = spanning(timing.repeat.boundsPeriod)
    return found
