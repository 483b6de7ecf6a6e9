"""What the project set out to check, against what it checks: rows of the evidence table and claims of the texts.

The lists are ``cds/knowledge/coverage.toml``. Cases are counted in a checkout; elsewhere their number
is not known.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from cds.knowledge.files import ROOT
from cds.knowledge.model import Knowledge

CASES = Path(__file__).parent.parent / "fixtures" / "cases"


class Row(msgspec.Struct, frozen=True):
    """One row of the evidence table. ``cases`` and ``quiet`` are None where no case files are at hand."""

    group: str
    check: str
    works: bool
    cases: int | None
    quiet: int | None


class Claim(msgspec.Struct, frozen=True):
    """One claim of a background text, with the checks that answer it and those of them still to come."""

    text: int
    says: str
    checks: tuple[str, ...]
    missing: tuple[str, ...]


def rows(knowledge: Knowledge, root: Path = ROOT, cases: Path = CASES) -> list[Row]:
    """Every row of the evidence table, in its order."""
    counted = count_cases(cases) if cases.is_dir() else None
    return [
        Row(
            group,
            id,
            id in knowledge.checks,
            None if counted is None else counted.get(id, (0, 0))[0],
            None if counted is None else counted.get(id, (0, 0))[1],
        )
        for group, ids in _table(root)["rows"].items()
        for id in ids
    ]


def claims(knowledge: Knowledge, root: Path = ROOT) -> list[Claim]:
    """Every claim of the background texts that a check can act on."""
    return [
        Claim(
            claim["text"],
            claim["says"],
            tuple(claim["checks"]),
            tuple(id for id in claim["checks"] if id not in knowledge.checks),
        )
        for claim in _table(root)["claim"]
    ]


def count_cases(folder: Path) -> Mapping[str, tuple[int, int]]:
    """Check id -> (cases that are about it, those of them that expect it to make no card).

    A case is about the checks of its ``about`` list, of its file's name, and of its ``expect``.
    """
    total: Counter[str] = Counter()
    quiet: Counter[str] = Counter()
    for path in sorted(folder.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        for case in data.get("case", ()):
            loud = {item["check"] for item in case["expect"] if item["indicator"] != "silent"}
            named = {item["check"] for item in case["expect"]}
            about = {path.stem, *data.get("about", ()), *case.get("about", ()), *named}
            total.update(about)
            quiet.update(about - loud)
    return {id: (total[id], quiet[id]) for id in total}


def _table(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "coverage.toml").read_text(encoding="utf-8"))
