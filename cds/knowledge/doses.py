"""Daily maxima and first doses of benzodiazepines by mouth, as the tables of ``knowledge/arithmetic`` print them.

They differ between profiles, so the loaded knowledge holds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class Light(msgspec.Struct, frozen=True):
    """The lower maximum, mg a day, up to a body weight in kg."""

    mg: float
    kg: float


class Limit(msgspec.Struct, frozen=True):
    """mg a day of one drug: ``mg`` adults; ``top`` of any use; ``special`` the concepts for which ``top`` holds;
    ``older`` from 65 on (None: no source has one), ``older_label``: by its label, not only by a chart; ``light`` of a
    light patient (None: the same for all)."""

    mg: float
    top: float
    special: tuple[str, ...]
    older: float | None
    older_label: bool
    evidence: tuple[str, ...]
    light: Light | None = None


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
        light=Light(row["light_mg"], row["light_kg"]) if "light_mg" in row else None,
    )


def starts(table: Mapping[str, Any]) -> dict[str, Start]:
    """The rows of ``benzodiazepine_starts.toml`` by ingredient."""
    return {id: Start(float(row["mg"]), tuple(row["evidence"])) for id, row in table["start"].items()}
