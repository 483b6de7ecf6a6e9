"""Bulk-FHIR NDJSON files, plain or gzip, to lines that name their patient. A line that cannot be used costs itself."""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import msgspec
import orjson

LONGEST = 2_000_000  # bytes of a line; DuckDB reads no longer ones
_SHOWN = 2_000  # characters of a rejected line that are kept
# Of whom a resource is, by the elements in which releases say so.
_OWNERS = ("subject", "patient")
TYPES = frozenset(
    {
        "AllergyIntolerance",
        "Appointment",
        "Condition",
        "Device",
        "DeviceRequest",
        "DeviceUseRequest",
        "Encounter",
        "Medication",
        "MedicationAdministration",
        "MedicationDispense",
        "MedicationOrder",
        "MedicationRequest",
        "MedicationStatement",
        "Observation",
        "Patient",
        "Procedure",
        "ProcedureRequest",
        "ServiceRequest",
    }
)


class Line(msgspec.Struct, frozen=True):
    """One usable line: its JSON text, what it is, whose it is, and the Medication it refers to."""

    kind: str
    id: str
    patient: str  # "" for a Medication, which is nobody's
    medication: str
    updated: str
    text: str


class Rejected(msgspec.Struct, frozen=True):
    """A line that could not be used: where it stands, why, and how it begins."""

    file: str
    line: int
    problem: str
    text: str


class Passed(msgspec.Struct, frozen=True):
    """A line of a type that no check looks at."""

    kind: str


class _Head(msgspec.Struct):
    resourceType: str  # noqa: N815 (as in FHIR)
    id: Any = None
    subject: Any = None
    patient: Any = None
    medicationReference: Any = None  # noqa: N815
    medication: Any = None
    participant: Any = None
    meta: Any = None


def files_of(sources: Iterable[Path]) -> list[Path]:
    """The files named, and those in the folders named: ``*.ndjson``, ``*.jsonl`` and the same with ``.gz``."""
    found: list[Path] = []
    for source in sources:
        if source.is_dir():
            found += [path for path in source.rglob("*") if path.name.removesuffix(".gz").endswith(_ENDINGS)]
        else:
            found.append(source)
    return sorted(dict.fromkeys(found))


_LONGEST_ID = 256
_BETWEEN = str.maketrans("\t\r\n", "   ")  # these stand between elements only; inside a text JSON escapes them
_ENDINGS = (".ndjson", ".jsonl")


def read_file(path: Path, counted: Counter[str] | None = None) -> Iterator[Line | Rejected | Passed]:
    """Every line of a file, in turn. ``counted``: "lines" and "bytes" are added to. Never raises on content."""
    counted = Counter() if counted is None else counted
    number = 0
    try:
        with _opened(path) as file:
            while text := file.readline(LONGEST + 1):
                number += 1
                counted["lines"] += 1
                counted["bytes"] += len(text)
                if len(text) > LONGEST:
                    _skip_rest(file, text)
                    yield Rejected(path.name, number, f"is longer than {LONGEST} bytes", "")
                elif text.strip():
                    yield _read(text.strip(), path.name, number)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield Rejected(path.name, number + 1, f"the file cannot be unpacked further ({type(error).__name__})", "")


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], gzip.open(path, "rb")) if packed else path.open("rb")


def _skip_rest(file: IO[bytes], text: bytes) -> None:
    while text and not text.endswith(b"\n"):
        text = file.readline(LONGEST)


def _read(raw: bytes, file: str, number: int) -> Line | Rejected | Passed:
    try:
        text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
        orjson.loads(text)  # all of it, not only what is looked at here
        head = msgspec.json.decode(text, type=_Head)
    except UnicodeDecodeError:
        return _rejected(raw, file, number, "is not UTF-8")
    except orjson.JSONDecodeError:
        return _rejected(raw, file, number, "is not JSON")
    except msgspec.DecodeError:
        return _rejected(raw, file, number, "is no FHIR resource: it has no resourceType")
    if head.resourceType not in TYPES:
        return Passed(head.resourceType)
    if not isinstance(head.id, str) or not head.id.strip() or len(head.id) > _LONGEST_ID:
        return _rejected(raw, file, number, "has no id, or one that no FHIR server gives")
    patient = _patient_of(head)
    if not patient and head.resourceType not in ("Medication", "Device"):
        return _rejected(raw, file, number, "names no patient")
    if not patient and head.resourceType == "Device":
        return Passed("Device")  # nobody's: stock of the hospital
    meta = head.meta if isinstance(head.meta, dict) else {}
    updated = meta.get("lastUpdated")
    plain = text.translate(_BETWEEN)
    newer = updated[:_LONGEST_ID] if isinstance(updated, str) else ""
    return Line(head.resourceType, head.id, patient, _medication_of(head), newer, plain)


def _rejected(raw: bytes, file: str, number: int, problem: str) -> Rejected:
    return Rejected(file, number, problem, raw[:_SHOWN].decode("utf-8", "replace"))


def _patient_of(head: _Head) -> str:
    if head.resourceType == "Patient":
        return str(head.id)
    if head.resourceType == "Medication":
        return ""
    for name in _OWNERS:
        if owner := _target(getattr(head, name), "Patient"):
            return owner
    for one in head.participant if isinstance(head.participant, list) else ():
        if isinstance(one, dict) and (owner := _target(one.get("actor"), "Patient")):
            return owner
    return ""


def _medication_of(head: _Head) -> str:
    found = head.medicationReference
    if found is None and isinstance(head.medication, dict):  # R5
        found = head.medication.get("reference")
    return _target(found, "Medication")


def _target(value: Any, kind: str) -> str:
    """The id of "Type/id", of an address that ends so, or of urn:uuid:id; "" for other types."""
    text = value.get("reference") if isinstance(value, dict) else value
    if not isinstance(text, str) or text.startswith("#"):
        return ""
    if len(text) > _LONGEST_ID:
        return ""
    if text.startswith("urn:"):
        return text.rsplit(":", 1)[-1]
    parts = text.partition("/_history/")[0].split("/")
    return parts[-1] if len(parts) > 1 and parts[-2] == kind else ""
