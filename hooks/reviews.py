"""The record of clinical reviews: one line of JSON each, only ever appended to, kept by the site that made them.

None ships with gabaguard. A line that cannot be read is no review, and is told; whatever the file looks like, advice
goes on: its checks are then "not reviewed".
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from cds.knowledge.model import Review
from hooks.observe import log

_MOST = 16 * 1024 * 1024  # bytes


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line: a review of a check, and the knowledge version it was made on (for people; the digests decide)."""

    check: str
    version: str
    review: Review


class Record(msgspec.Struct, frozen=True):
    """``reviews``: by check, oldest first. ``faults``: lines that are no review."""

    reviews: dict[str, list[Review]]
    faults: tuple[str, ...] = ()


def read_reviews(path: str) -> Record:
    """All reviews of a file; none when there is no file. Never raises."""
    found: dict[str, list[Review]] = {}
    name = Path(path).name
    try:
        with Path(path).open("rb") as file:
            text = file.read(_MOST)
    except FileNotFoundError:
        return Record({})
    except OSError as error:
        return _told(Record({}, (f"{name}: cannot be read ({error.strerror})",)))
    faults = []
    for number, raw in enumerate(text.split(b"\n"), start=1):
        if not raw.strip():
            continue
        try:
            line = msgspec.json.decode(raw, type=Line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            faults.append(f"{name}: line {number} is no review; it does not count")
            continue
        found.setdefault(line.check, []).append(line.review)
    return _told(Record(found, tuple(faults)))


def append_review(path: str, line: Line) -> None:
    """Add a review, on the disk when this returns. Raises ``OSError``."""
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    # In one write to a file opened for appending, so that two who review at the same time do not mix their lines; it
    # begins with a line feed, so that a line torn by a crash spoils no other.
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, b"\n" + msgspec.json.encode(line) + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _told(record: Record) -> Record:
    if record.faults:
        log().warning("some reviews cannot be read", faults=list(record.faults[:20]))
    return record
