"""Coverage at a terminal: what works with how many cases, and what is still to come."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cds.knowledge.model import Knowledge
from hooks.coverage import Claim, Row, claims, rows


def show_coverage(screen: Console, knowledge: Knowledge) -> None:
    """Both tables, then the sums."""
    table, texts = rows(knowledge), claims(knowledge)
    screen.print(_rows(table))
    screen.print()
    screen.print(_claims(texts))
    screen.print()
    for line in sums(table, texts):
        screen.print(Text(line))


def sums(table: list[Row], texts: list[Claim]) -> list[str]:
    """The figures in one line each."""
    lines = [f"{group}: {_works(group, table)}" for group in dict.fromkeys(row.group for row in table)]
    lines.append(f"Evidence table: {sum(row.works for row in table)} of {len(table)} rows work")
    lines.append(f"Texts: {sum(not claim.missing for claim in texts)} of {len(texts)} claims are answered in full")
    counts = [row.cases for row in table if row.works and row.cases is not None]
    if counts:
        quiet = sum(row.quiet or 0 for row in table if row.works)
        lines.append(
            f"Cases per working row: at least {min(counts)}, median {median(counts):g}; "
            f"{quiet} of {sum(counts)} ({100 * quiet // max(1, sum(counts))} %) expect no card of that row"
        )
    return lines


def _works(group: str, table: Iterable[Row]) -> str:
    own = [row for row in table if row.group == group]
    missing = [row.check for row in own if not row.works]
    tail = f"; to come: {', '.join(missing)}" if missing else ""
    return f"{len(own) - len(missing)} of {len(own)} rows work{tail}"


def _rows(table: Iterable[Row]) -> Table:
    shown = Table(box=None, pad_edge=False)
    for heading in ("group", "row", "works", "cases", "quiet"):
        shown.add_column(heading, justify="right" if heading in ("cases", "quiet") else "left")
    for row in table:
        counts = ["" if count is None else str(count) for count in (row.cases, row.quiet)]
        shown.add_row(row.group, row.check, "yes" if row.works else "to come", *counts)
    return shown


def _claims(texts: Iterable[Claim]) -> Table:
    shown = Table(box=None, pad_edge=False)
    for heading in ("text", "claim", "checks", "to come"):
        shown.add_column(heading)
    for claim in texts:
        ready = [id for id in claim.checks if id not in claim.missing]
        shown.add_row(str(claim.text), claim.says, ", ".join(ready), ", ".join(claim.missing))
    return shown
