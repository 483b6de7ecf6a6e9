"""What was known at a moment: the record without what came later, and with later ends undone.

- A resource counts from the day or instant it was recorded: orders when written, results when issued (a corrected
  result when corrected), problems and allergies when recorded, else at their onset.
- Where both have a time of day, times are compared, else days: what came on the same day is then taken as known.
- An order, statement, problem or stay that ended later had not ended; of an order that was ended without saying when,
  its own validity or the last change of the resource says until when it ran.
- Undated orders and results are left out, since nobody can say that they were known; other undated data is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

Resource = dict[str, Any]
ORDERS = frozenset({"MedicationRequest", "MedicationOrder"})
ENDED = frozenset({"stopped", "cancelled", "completed", "ended"})
_CHANGED = "extension-MedicationRequest.statusChanged"  # R5's element in R4, by its canonical address


class Moment(msgspec.Struct, frozen=True, order=True):
    """A day where it was written, and the instant when a time of day with its zone is known."""

    day: date
    instant: datetime | None = None


_EARLIEST = Moment(date.min)  # before every end


def moment(text: Any) -> Moment | None:
    """A FHIR date or dateTime; a year or month is taken at its end, when it surely was known. None: unreadable."""
    return _moment(text) if isinstance(text, str) and len(text) <= _LONGEST else None


_LONGEST = 40  # no date is longer


@lru_cache(maxsize=20_000)
def _moment(text: str) -> Moment | None:
    try:
        if len(text) > 10:
            at = datetime.fromisoformat(text)
            return Moment(at.date(), at.astimezone(UTC) if at.tzinfo else None)
        if len(text) == 4:
            return Moment(date(int(text), 12, 31))
        if len(text) == 7:
            first = date.fromisoformat(f"{text}-01")
            return Moment((first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
        return Moment(date.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def by(one: Moment, then: Moment) -> bool:
    """Whether ``one`` was not later than ``then``."""
    if one.instant is not None and then.instant is not None:
        return one.instant <= then.instant
    return one.day <= then.day


def written(resource: Mapping[str, Any]) -> Moment | None:
    """When an order was written."""
    return moment(resource.get("authoredOn") or resource.get("dateWritten"))


def word(resource: Mapping[str, Any], name: str) -> str:
    """A code of a resource; "" where something else stands."""
    value = resource.get(name)
    return value if isinstance(value, str) else ""


def ended(resource: Mapping[str, Any]) -> Moment | None:
    """When an order was ended, if it says so itself."""
    extensions = resource.get("extension")
    for extension in extensions if isinstance(extensions, list) else ():
        if isinstance(extension, dict) and str(extension.get("url", "")).endswith(_CHANGED):
            return moment(extension.get("valueDateTime"))
    return moment(resource.get("statusChanged") or resource.get("dateEnded"))


class Kept(msgspec.Struct, frozen=True):
    """One resource of a record, with what does not depend on the moment at which it is looked at.

    ``text``: its JSON. ``when``: since when it was known. ``fixed``: it reads the same at every moment.
    ``measures``: of an Observation, what.
    """

    resource: Resource
    text: bytes
    kind: str
    ref: str
    when: Moment | None
    fixed: bool
    measures: str = ""

    @property
    def undated(self) -> bool:
        """Nobody can say that it was known, at whatever moment."""
        return self.when is None and self.kind in _MUST_BE_DATED


def kept(resource: Resource, text: bytes = b"", measures: str = "") -> Kept:
    """A resource of a record."""
    kind = str(resource.get("resourceType"))
    dated, undo = _DATES.get(kind), _UNDO.get(kind)
    when = dated(resource) if dated is not None else None
    fixed = undo is None or undo(resource, _EARLIEST) is resource
    return Kept(resource, text, kind, f"{kind}/{resource.get('id')}", when, fixed, measures)


def as_known(record: Iterable[Kept], then: Moment) -> list[tuple[Kept, Resource]]:
    """The record as it was known at a moment. What has to read otherwise is copied, never changed in place."""
    return [(one, seen) for one in record if (seen := _as_known(one, then)) is not None]


def as_written(order: Resource) -> Resource:
    """An order as it was drafted, whatever became of it."""
    return {**_reopened(order), "status": "draft"}


def as_stopped(order: Resource) -> Resource:
    """An order as it was sent when it was stopped."""
    return {**order, "status": "stopped"}


def _as_known(one: Kept, then: Moment) -> Resource | None:
    if one.undated or (one.when is not None and not by(one.when, then)):
        return None
    return one.resource if one.fixed else _UNDO[one.kind](one.resource, then)


# -- since when each kind was known ------------------------------------------------------------------------------------


def _first(resource: Mapping[str, Any], *names: str) -> Moment | None:
    """The first of the elements that holds a date; "a.b" goes into an element."""
    for name in names:
        value: Any = resource
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if (found := moment(value)) is not None:
            return found
    return None


def since(one: Kept) -> tuple[str, str]:
    """When a result was known, to sort by; its id decides between equals."""
    when = one.when
    at = when.instant.isoformat() if when and when.instant else when.day.isoformat() if when else ""
    return at, word(one.resource, "id")


def _dated(*names: str) -> Callable[[Mapping[str, Any]], Moment | None]:
    return lambda resource: _first(resource, *names)


_REQUESTED = ("authoredOn", "orderedOn", "occurrenceDateTime", "occurrencePeriod.start", "scheduledDateTime")
_DATES: Mapping[str, Callable[[Mapping[str, Any]], Moment | None]] = {
    "MedicationRequest": written,
    "MedicationOrder": written,
    "MedicationStatement": _dated("dateAsserted", "effectivePeriod.start", "effectiveDateTime"),
    "MedicationDispense": _dated("whenHandedOver", "whenPrepared"),
    "MedicationAdministration": _dated(
        "effectiveDateTime", "effectivePeriod.start", "effectiveTimeDateTime", "occurenceDateTime"
    ),
    "Observation": _dated("issued", "effectiveDateTime", "effectiveInstant", "effectivePeriod.end"),
    "Condition": _dated("recordedDate", "assertedDate", "dateRecorded", "onsetDateTime", "onsetPeriod.start"),
    "AllergyIntolerance": _dated("recordedDate", "assertedDate", "onsetDateTime"),
    "Encounter": _dated("period.start", "actualPeriod.start"),
    "Procedure": _dated("performedDateTime", "performedPeriod.start", "occurrenceDateTime", "occurrencePeriod.start"),
    "ServiceRequest": _dated(*_REQUESTED),
    "ProcedureRequest": _dated(*_REQUESTED),
    "DeviceRequest": _dated(*_REQUESTED),
    "DeviceUseRequest": _dated(*_REQUESTED),
    "Appointment": _dated("created", "start"),
}
_MUST_BE_DATED = ORDERS | {"Observation", "MedicationDispense", "MedicationAdministration"}


# -- what had not happened yet -----------------------------------------------------------------------------------------


def _order(resource: Resource, then: Moment) -> Resource | None:
    status = word(resource, "status")
    if status == "entered-in-error" or (status not in ENDED and status != "on-hold"):
        return resource
    end = ended(resource)
    if end is None and status != "on-hold":
        guesses = (_first(resource, "dispenseRequest.validityPeriod.end"), _first(resource, "meta.lastUpdated"))
        end = min((guess for guess in guesses if guess is not None), key=lambda one: one.day, default=None)
    if end is None:
        return resource
    if not by(end, then):
        return {**_reopened(resource), "status": "active"}
    return {**resource, "statusChanged": end.day.isoformat()}  # the readers know it under R5's name


def _reopened(order: Resource) -> Resource:
    """An order without what was added when it ended."""
    gone = ("statusReason", "statusChanged", "dateEnded", "reasonEnded")
    kept = {name: value for name, value in order.items() if name not in gone}
    if isinstance(order.get("extension"), list):
        kept["extension"] = [one for one in order["extension"] if not str(one).count(_CHANGED)]
    return kept


def _period(name: str, status: str) -> Callable[[Resource, Moment], Resource]:
    """A stay or statement whose period ended later still went on."""

    def undo(resource: Resource, then: Moment) -> Resource:
        end = _first(resource, f"{name}.end")
        if end is None or by(end, then):
            return resource
        period = {key: value for key, value in resource[name].items() if key != "end"}
        kept = {key: value for key, value in resource.items() if key not in ("statusReason", "reasonNotTaken")}
        return {**kept, name: period, "status": status}

    return undo


def _condition(resource: Resource, then: Moment) -> Resource:
    end = _first(resource, "abatementDateTime", "abatementPeriod.start")
    if end is None or by(end, then):
        return resource
    kept = {key: value for key, value in resource.items() if not key.startswith("abatement")}
    status = resource.get("clinicalStatus")
    active: Any = "active" if isinstance(status, str) else {"coding": [{"system": _CLINICAL, "code": "active"}]}
    return {**kept, "clinicalStatus": active}


_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def _patient(resource: Resource, then: Moment) -> Resource:
    died = _first(resource, "deceasedDateTime")
    if (died is None and not resource.get("deceasedBoolean")) or (died is not None and by(died, then)):
        return resource
    return {key: value for key, value in resource.items() if not key.startswith("deceased")}


_UNDO: Mapping[str, Callable[[Resource, Moment], Resource | None]] = {
    "MedicationRequest": _order,
    "MedicationOrder": _order,
    "MedicationStatement": _period("effectivePeriod", "active"),
    "Encounter": _period("period", "in-progress"),
    "Condition": _condition,
    "Patient": _patient,
}
