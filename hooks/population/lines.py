"""Bulk-FHIR NDJSON files, plain or gzip, to lines that name their patient. A line that cannot be used costs itself."""

from __future__ import annotations

import gzip
import os
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import msgspec

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


# These are sought by their bytes, before lines are decoded.
_SOUGHT = {
    "MedicationRequest": b"MedicationRequest",
    "MedicationOrder": b"MedicationOrder",
    "Medication": b'"Medication"',
}


class Line(msgspec.Struct, frozen=True):
    """One usable line: its JSON, what it is, whose it is, and the Medication it refers to."""

    kind: str
    id: str
    patient: str  # "" for a Medication, which is nobody's
    medication: str
    updated: str
    raw: bytes

    @property
    def text(self) -> str:
        """The JSON as one line of text without tabs."""
        return self.raw.decode().translate(_BETWEEN)


class Rejected(msgspec.Struct, frozen=True):
    """A line that could not be used: where it stands, why, and how it begins."""

    file: str
    line: int
    problem: str
    text: str


class Passed(msgspec.Struct, frozen=True):
    """A line of a type that no check looks at."""

    kind: str


class Ref(msgspec.Struct, gc=False):
    """A reference, as nearly all lines have it."""

    reference: str = ""


class _Meta(msgspec.Struct, gc=False):
    lastUpdated: str = ""  # noqa: N815 (as in FHIR)


class _Head(msgspec.Struct, gc=False):
    """What nearly every line has; one in another shape is read as ``_OddHead``."""

    resourceType: str  # noqa: N815
    id: str = ""
    subject: Ref | None = None
    patient: Ref | None = None
    medicationReference: Ref | None = None  # noqa: N815
    medication: Any = None
    participant: Any = None
    meta: _Meta | None = None


class _OddHead(msgspec.Struct):
    resourceType: str  # noqa: N815
    id: Any = None
    subject: Any = None
    patient: Any = None
    medicationReference: Any = None  # noqa: N815
    medication: Any = None
    participant: Any = None
    meta: Any = None


_as_head = msgspec.json.Decoder(_Head)
_as_odd_head = msgspec.json.Decoder(_OddHead)


def files_of(sources: Iterable[Path]) -> list[Path]:
    """The files named, and those in the folders named: ``*.ndjson``, ``*.jsonl`` and the same with ``.gz``."""
    found: list[Path] = []
    for source in sources:
        if source.is_dir():
            found += [path for path in source.rglob("*") if path.name.removesuffix(".gz").endswith(_ENDINGS)]
        elif not source.name.removesuffix(".gz").endswith(".json"):  # that is a recorded call
            found.append(source)
    return sorted(dict.fromkeys(found))


LONGEST_ID = 256
_BETWEEN = str.maketrans("\t\r\n", "   ")  # these stand between elements only; inside a text JSON escapes them
_ENDINGS = (".ndjson", ".jsonl")


def read_file(path: Path, counted: Counter[str] | None = None) -> Iterator[Line | Rejected | Passed]:
    """Every line of a file, in turn. ``counted``: "lines" and "bytes" are added to. Never raises on content."""
    counted = Counter() if counted is None else counted
    number = 0
    try:
        for block in blocks(Part(path)):
            counted["bytes"] += len(block) + 1
            for raw in block.split(b"\n"):
                number += 1
                counted["lines"] += 1
                if found := read_line(raw, path.name, number):
                    yield found
    except UNPACKING as error:
        yield broken_off(path.name, number + 1, error)


UNPACKING = (EOFError, zlib.error, gzip.BadGzipFile)


def broken_off(name: str, number: int, error: Exception) -> Rejected:
    """What is said of a packed file that ends too early, or of which a piece is damaged."""
    return Rejected(name, number, f"the file cannot be unpacked further ({type(error).__name__})", "")


class Part(msgspec.Struct, frozen=True):
    """A piece of a file that holds whole lines: ``size`` bytes from ``start``, or all of it (-1)."""

    path: Path
    start: int = 0
    size: int = -1


_BLOCK = 1 << 18  # fits into a processor's cache


def blocks(part: Part) -> Iterator[bytes]:
    """The lines of a part, a quarter of a megabyte at a time, without the last line's end; gzip is unpacked.

    Of a line beyond ``LONGEST`` only so much is kept that its length tells.
    """
    rest = b""
    left = part.size if part.size >= 0 else None
    with _opened(part.path) as file:
        file.seek(part.start)
        while got := file.read(_BLOCK if left is None else min(_BLOCK, left)):
            left = None if left is None else left - len(got)
            cut = got.rfind(b"\n")
            if cut < 0:
                rest = (rest + got)[: LONGEST + 1]
                continue
            yield rest + memoryview(got)[:cut] if rest else got[:cut]
            rest = got[cut + 1 :]
    if rest:
        yield rest


def parts_of(files: Iterable[Path], size: int = 64 << 20) -> list[Part]:
    """The files in pieces of about this many bytes. A packed file is one piece: it cannot be entered in the middle."""
    found: list[Part] = []
    for path in files:
        with path.open("rb") as file:
            packed = file.read(2) == PACKED
            whole = file.seek(0, os.SEEK_END)
            start = 0
            while not packed and whole - start > size * 5 // 4:
                end = _line_end(file, start + size)
                found.append(Part(path, start, end - start))
                start = end
            if start < whole or not whole:
                found.append(Part(path) if packed else Part(path, start, whole - start))
    return found


def _line_end(file: IO[bytes], at: int) -> int:
    """Where the line that begins before ``at`` ends."""
    file.seek(at - 1)
    while (got := file.readline(_BLOCK)) and not got.endswith(b"\n"):
        pass
    return file.tell()


PACKED = b"\x1f\x8b"


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == PACKED
    return cast(IO[bytes], gzip.open(path, "rb")) if packed else path.open("rb")


def read_line(raw: bytes, file: str, number: int) -> Line | Rejected | Passed | None:
    """What one line is; None for an empty one. All of it is looked through: what is no JSON is not used in part."""
    if len(raw) > LONGEST:
        return Rejected(file, number, f"is longer than {LONGEST} bytes", "")
    raw = raw.strip().removeprefix(b"\xef\xbb\xbf")
    if not raw:
        return None
    try:
        raw.isascii() or raw.decode("utf-8")
        head: _Head | _OddHead = _as_head.decode(raw)
    except UnicodeDecodeError:
        return _rejected(raw, file, number, "is not UTF-8")
    except (msgspec.DecodeError, RecursionError):
        try:
            head = _as_odd_head.decode(raw)
        except msgspec.ValidationError:
            return _rejected(raw, file, number, "is no FHIR resource: it has no resourceType")
        except (msgspec.DecodeError, RecursionError):
            return _rejected(raw, file, number, "is not JSON")
    return _line(head, raw, file, number)


def _line(head: _Head | _OddHead, raw: bytes, file: str, number: int) -> Line | Rejected | Passed:
    kind = head.resourceType
    if kind not in TYPES:
        return Passed(kind)
    if kind in _SOUGHT and _SOUGHT[kind] not in raw:
        return _rejected(raw, file, number, "writes its resourceType with escapes")
    if not isinstance(head.id, str) or not head.id.strip() or len(head.id) > LONGEST_ID:
        return _rejected(raw, file, number, "has no id, or one that no FHIR server gives")
    patient = _patient_of(head)
    if not patient and kind not in ("Medication", "Device"):
        return _rejected(raw, file, number, "names no patient")
    if not patient and kind == "Device":
        return Passed("Device")  # nobody's: stock of the hospital
    updated = head.meta.lastUpdated if isinstance(head.meta, _Meta) else _updated(head.meta)
    return Line(kind, head.id, patient, _medication_of(head), updated[:LONGEST_ID], raw)


def _updated(meta: Any) -> str:
    updated = meta.get("lastUpdated") if isinstance(meta, dict) else ""
    return updated if isinstance(updated, str) else ""


def _rejected(raw: bytes, file: str, number: int, problem: str) -> Rejected:
    return Rejected(file, number, problem, raw[:_SHOWN].decode("utf-8", "replace"))


def _patient_of(head: _Head | _OddHead) -> str:
    if head.resourceType == "Patient":
        return str(head.id)
    if head.resourceType == "Medication":
        return ""
    for name in _OWNERS:
        if owner := target(getattr(head, name), "Patient"):
            return owner
    for one in head.participant if isinstance(head.participant, list) else ():
        if isinstance(one, dict) and (owner := target(one.get("actor"), "Patient")):
            return owner
    return ""


def _medication_of(head: _Head | _OddHead) -> str:
    found = head.medicationReference
    if found is None and isinstance(head.medication, dict):  # R5
        found = head.medication.get("reference")
    return target(found, "Medication")


def target(value: Any, kind: str) -> str:
    """The id of "Type/id", of an address that ends so, or of urn:uuid:id; "" for other types."""
    text: Any = value
    if isinstance(value, Ref):
        text = value.reference
    elif isinstance(value, dict):
        text = value.get("reference")
    if not isinstance(text, str) or text.startswith("#"):
        return ""
    if len(text) > LONGEST_ID:
        return ""
    if text.startswith("urn:"):
        return text.rsplit(":", 1)[-1]
    if text.startswith(kind) and text.count("/") == 1 and text[len(kind)] == "/":  # as nearly all are
        return text[len(kind) + 1 :]
    parts = text.partition("/_history/")[0].split("/")
    return parts[-1] if len(parts) > 1 and parts[-2] == kind else ""
