"""Daily maxima and first doses of benzodiazepines by mouth, as the tables of ``knowledge/arithmetic`` print them.

They differ between profiles, so the loaded knowledge holds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class Limit(msgspec.Struct, frozen=True):
    """mg a day of one drug: ``mg`` adults; ``top`` of any use; ``special`` the concepts for which ``top`` holds;
    ``older`` from 65 on (None: no source has one), ``older_label``: by its label, not only by a chart; ``light_mg`` up
    to ``light_kg`` of body weight."""

    mg: float
    top: float
    special: tuple[str, ...]
    older: float | None
    older_label: bool
    evidence: tuple[str, ...]
    light_mg: float | None = None
    light_kg: float | None = None


class Start(msgspec.Struct, frozen=True):
    """The highest first dose of one drug, mg a day, from 65 on or in debilitated patients."""

    mg: float
    evidence: tuple[str, ...]


def limits(table: Mapping[str, Any]) -> dict[str, Limit]:
    """The rows of ``benzodiazepine_limits.toml`` by ingredient."""
    return {id: _limit(row) for id, row in table["maximum"].items()}


def _limit(row: Mapping[str, Any]) -> Limit:
    older = row.get("older")
    return Limit(
        mg=float(row["mg"]),
        top=float(row.get("top", row["mg"])),
        special=tuple(row.get("special", ())),
        older=float(older) if older is not None else None,
        older_label=bool(row.get("older_label", False)),
        evidence=tuple(row["evidence"]),
        light_mg=row.get("light_mg"),
        light_kg=row.get("light_kg"),
    )


def starts(table: Mapping[str, Any]) -> dict[str, Start]:
    """The rows of ``benzodiazepine_starts.toml`` by ingredient."""
    return {id: Start(float(row["mg"]), tuple(row["evidence"])) for id, row in table["start"].items()}
