"""Daily maxima of benzodiazepines by mouth, as ``knowledge/arithmetic/benzodiazepine_limits.toml`` prints them."""

from __future__ import annotations

from functools import cache

import msgspec

from cds.arithmetic.rules import table


class Limit(msgspec.Struct, frozen=True):
    """mg a day of one drug: ``mg`` adults; ``top`` of any use; ``special`` the concepts for which ``top`` holds;
    ``older`` from 65 on (None: no source has one)."""

    mg: float
    top: float
    special: tuple[str, ...]
    older: float | None
    evidence: tuple[str, ...]


@cache
def limit_of(ingredient: str) -> Limit | None:
    """The maxima of a benzodiazepine; None when no source read has one."""
    row = table("benzodiazepine_limits")["maximum"].get(ingredient)
    if row is None:
        return None
    older = row.get("older")
    return Limit(
        mg=float(row["mg"]),
        top=float(row.get("top", row["mg"])),
        special=tuple(row.get("special", ())),
        older=float(older) if older is not None else None,
        evidence=tuple(row["evidence"]),
    )
