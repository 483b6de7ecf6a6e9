"""``gabaguard settings`` on the screen and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hooks.settings_told import Told, ToldOfSite
from hooks.wording import plain


def show(screen: Console, rows: Sequence[Told], sites: Sequence[ToldOfSite], client: str | None) -> None:
    """The switches, and what sites have otherwise than the knowledge."""
    if rows:
        screen.print(_switches(rows))
    if sites:
        screen.print("\nSites: otherwise than the knowledge" if rows else "Otherwise than the knowledge")
        for row in sites:
            screen.print(_lines(row), soft_wrap=True)
    elif client is not None:
        screen.print("Nothing: the knowledge holds as it is.")


def as_text(rows: Sequence[Told], sites: Sequence[ToldOfSite]) -> str:
    """Both as JSON."""
    return msgspec.json.format(msgspec.json.encode({"settings": rows, "sites": sites}), indent=2).decode()


def _switches(rows: Sequence[Told]) -> Table:
    table = _table("setting", "value", "from", "default", "unit", "reason")
    for row in rows:
        style = "bold" if row.value != row.default else ""
        value = Text(plain(row.value) or "–", style)
        table.add_row(Text(row.name, style), value, plain(row.origin), row.default or "–", row.unit, row.reason)
    return table


def _lines(row: ToldOfSite) -> Text:
    """One deviation, in the operator's own words; a table would break its long names and sentences."""
    told = Text(f"{row.client}: {row.key} = ")
    told.append(row.value, "bold")
    told.append(f" (elsewhere {row.usual})\n    {row.why or 'a label'}  [{row.origin}]")
    return told


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for heading in others:
        table.add_column(heading)
    return table
