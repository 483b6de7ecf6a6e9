"""Following references, and telling whose a resource is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from cds.fhir.bundle import Found, open_source
from cds.fhir.clinical_views import Appointment, Condition, Patient, Specimen, Substance
from cds.fhir.medication_views import Medication
from cds.fhir.shapes import Identifier, Owned, Reference, References, RefOrText, Resource, many, many_or_text

_POINTED_AT = frozenset({Medication, Substance, Condition, Specimen, Patient})


class Index:
    """The resources of one call that others point at, by every way of pointing at them."""

    def __init__(self) -> None:
        self._found: list[list[Found]] = []

    def add(self, found: list[Found]) -> None:
        """Make resources findable, before anything is looked for; of two by the same name the first counts."""
        self._found.append(found)

    @cached_property
    def _by_reference(self) -> Mapping[str, Resource]:
        """By "Type/id", by fullUrl, and a Medication by its identifiers; made when the first reference is followed."""
        known: dict[str, Resource] = {}
        for found in (one for source in self._found for one in source):
            view = found.view
            if type(view) not in _POINTED_AT:
                continue
            if view.id:
                known.setdefault(f"{type(view).__name__}/{view.id}", view)
            if found.full_url:
                known.setdefault(found.full_url, view)
            if isinstance(view, Medication):
                for identifier in identifiers(view.identifier):
                    known.setdefault(identifier, view)
        return known

    def find(self, reference: RefOrText, type_name: str, contained: bytes = b"") -> Resource | None:
        """The resource a reference leads to: contained, in the same Bundle or elsewhere in the call."""
        text = written(reference)
        if text.startswith("#"):
            return _contained(contained).get(text[1:])
        if text:
            near = self._by_reference.get(text) or self._by_reference.get(normal(text, type_name))
            if near is None and text.startswith("urn:"):
                near = self._by_reference.get(f"{type_name}/{_last_part(text)}")
            if near is not None:
                return near
        if isinstance(reference, Reference) and reference.identifier is not None:
            return self._by_reference.get(_identifier(reference.identifier))
        return None


class Owner:
    """Tells the resources of the patient of this call from those of others."""

    def __init__(self, patient_id: str, index: Index) -> None:
        self.patient_id = bare_id(patient_id)
        self._index = index
        self._known: dict[str, bool] = {f"Patient/{self.patient_id}": True, "": True}

    def owns(self, view: Resource) -> bool:
        """False when the resource names somebody else. Naming nobody is common, and accepted."""
        if not self.patient_id or not isinstance(view, Owned):
            return True
        if type(view) is Appointment:
            return self._takes_part(view)
        subject, patient = view.subject, view.patient
        return (subject is None or self._is_ours(subject)) and (patient is None or self._is_ours(patient))

    def _is_ours(self, reference: list[Reference] | Reference | str) -> bool:
        if type(reference) is Reference and self._known.get(reference.reference or ""):
            return True
        if isinstance(reference, list):
            return any(self._is_ours(one) for one in reference) or not reference
        text = reference if type(reference) is str else written(reference)
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._points_at_patient(text)
        return known

    def _points_at_patient(self, text: str) -> bool:
        if text.startswith("#"):
            return True
        target = self._index.find(text, "Patient")
        if isinstance(target, Patient):
            return not target.id or target.id == self.patient_id
        if "/" in text:
            return normal(text) == f"Patient/{self.patient_id}"
        return _last_part(text) == self.patient_id

    def _takes_part(self, view: Appointment) -> bool:
        actors = [written(participant.actor) for participant in view.participant or ()]
        patients = [actor for actor in actors if "Patient/" in actor]
        return not patients or any(self._is_ours(patient) for patient in patients)


def _contained(raw: bytes) -> dict[str, Resource]:
    """Contained resources by id."""
    opened = open_source(raw, "")
    return {found.view.id.removeprefix("#"): found.view for found in opened.found if found.view.id}


def written(reference: RefOrText) -> str:
    """The reference itself, however it was sent; "" when there is only a display or identifier."""
    if isinstance(reference, str):
        return reference
    return (reference.reference or "") if reference is not None else ""


def shown(reference: RefOrText) -> str:
    """The words beside the reference."""
    return (reference.display or "") if isinstance(reference, Reference) else ""


def pointer(reference: RefOrText, type_name: str = "") -> str:
    """One reference as "Type/id"; "" when it has none."""
    text = written(reference)
    return normal(text, type_name) if text else ""


def normal(reference: str, type_name: str = "") -> str:
    """ "Type/id" of a relative or absolute reference, without version; a bare id gets ``type_name``; others as sent."""
    if reference.startswith(("#", "urn:")) or (reference.count("/") == 1 and "?" not in reference):
        return reference
    path = reference.split("?", 1)[0].split("/_history/", 1)[0].rstrip("/")
    parts = path.split("/")
    if len(parts) == 1:
        return f"{type_name}/{path}" if type_name and path else path
    return f"{parts[-2]}/{parts[-1]}"


def bare_id(reference: str) -> str:
    """The id alone of "Type/id", of an absolute reference, or of an id."""
    return _last_part(normal(reference.strip()))


def identifiers(sent: list[Identifier] | Identifier | None) -> tuple[str, ...]:
    """Business identifiers as "system|value"; those without a value are none."""
    return tuple([_identifier(one) for one in many(sent) if one.value])


def pointers(sent: Iterable[References], type_name: str = "") -> tuple[str, ...]:
    """References as "Type/id" and as "system|value", each once, in the order sent."""
    all_: dict[str, None] = {}
    for references in sent:
        if references is None:
            continue
        for one in many_or_text(references):
            if text := written(one):
                all_[normal(text, type_name)] = None
            if isinstance(one, Reference) and one.identifier is not None and one.identifier.value:
                all_[_identifier(one.identifier)] = None
    return tuple(all_)


def _identifier(identifier: Identifier) -> str:
    return f"{identifier.system or ''}|{identifier.value or ''}"


def _last_part(text: str) -> str:
    return text.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
