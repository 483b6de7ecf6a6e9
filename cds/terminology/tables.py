"""Read the tab-separated tables of the knowledge: a header line, then one record a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


class TableFault(ValueError):
    """A table does not have the columns it must have."""


def read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[list[str]]:
    """The fields of each record, as many as ``columns``. Raises ``TableFault`` when header or a record differs."""
    lines = path.read_text(encoding="utf-8").split("\n")
    if tuple(lines[0].split("\t")) != columns:
        raise TableFault(f"{path.name}: the header must be {' '.join(columns)}")
    width = len(columns)
    for number, line in enumerate(lines[1:], start=2):
        if not line:
            continue
        fields = line.split("\t")
        if len(fields) != width:
            raise TableFault(f"{path.name}: line {number} has {len(fields)} fields, must have {width}")
        yield fields


def read_optional(path: Path, columns: tuple[str, ...]) -> Iterator[list[str]]:
    """Like ``read_rows``; no records when the file was removed (licences: see NOTICE)."""
    return read_rows(path, columns) if path.exists() else iter(())


def read_keyed(path: Path, columns: tuple[str, ...]) -> dict[str, str]:
    """First field -> rest of the line, unsplit: for a long table of which a call needs few records."""
    lines = path.read_text(encoding="utf-8").split("\n")
    if tuple(lines[0].split("\t")) != columns:
        raise TableFault(f"{path.name}: the header must be {' '.join(columns)}")
    parts = (line.partition("\t") for line in lines[1:] if line)
    return {key: rest for key, _, rest in parts}


def items(field: str, separator: str = ",") -> tuple[str, ...]:
    """The entries of a list field; none for an empty one."""
    return tuple(field.split(separator)) if field else ()
