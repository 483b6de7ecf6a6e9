"""The cases of a check in the words of their authors, for its evidence page."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

_HERE = Path(__file__).resolve().parents[1]
# Of a checkout, or of an installed wheel.
_FOLDERS = (_HERE.parent / "fixtures" / "cases", _HERE / "cases")


@lru_cache(maxsize=256)
def cases_of(check: str) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """What its file of cases says: (claim, strongest level) where the check speaks, claims where it stays quiet."""
    file = next((path for folder in _FOLDERS if (path := folder / f"{check}.toml").is_file()), None)
    if file is None:
        return (), ()
    fires, quiet = [], []
    for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]:
        levels = [one["indicator"] for one in case["expect"] if one["check"] == check]
        if levels:
            fires.append((case["says"], max(levels, key=_ORDER.index)))
        else:
            quiet.append(case["says"])
    return tuple(fires), tuple(quiet)


_ORDER = ("silent", "info", "warning", "critical")
