"""The numbers that arithmetic itself needs, from ``knowledge/arithmetic``: read once per process.

Clinical thresholds of checks are not here; these are equations' limits, ages of values, and how far supply is trusted.
Each number in those files carries value, unit, basis, evidence and meaning; ``tests/knowledge`` holds them to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cds.terminology.load import read_toml

ROOT = Path(__file__).parent.parent / "knowledge" / "arithmetic"


@cache
def table(name: str) -> Mapping[str, Any]:
    """One file of ``knowledge/arithmetic`` as it stands."""
    return read_toml(ROOT / f"{name}.toml")


@cache
def numbers(name: str) -> Mapping[str, float]:
    """The values of the ``[numbers.*]`` tables of one file, by name."""
    return {key: float(entry["value"]) for key, entry in table(name)["numbers"].items()}
