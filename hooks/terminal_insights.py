"""Insights at a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hooks.insights import Insights, Version, busiest, compared, listed
from hooks.terminal import plain


def show_insights(screen: Console, found: Insights) -> None:
    """A table per knowledge version."""
    if not found.versions:
        screen.print("No call is kept.")
    for name, version in found.versions.items():
        screen.print(Text(f"Knowledge {plain(name)}", style="bold"))
        screen.print(
            f"{version.calls} calls, {version.cards} cards; "
            f"median {version.median_ms:.1f} ms, 95 % within {version.p95_ms:.1f} ms"
        )
        table = _table(
            "check", "fired", "shown", "silent", "accepted", "overridden", "why overridden", "not checked", "why"
        )
        for check, line in busiest(version):
            numbers = (line.fired, line.shown, line.silent, line.accepted, line.overridden)
            table.add_row(
                plain(check), *map(str, numbers), listed(line.reasons), str(line.not_checked), listed(line.why, 2)
            )
        screen.print(table)
        screen.print()
    if found.unknown:
        screen.print(f"{found.unknown} items of feedback are about cards of no call that is kept.")


def show_comparison(screen: Console, names: tuple[str, str], before: Version, after: Version) -> None:
    """What fires more or less under the second version."""
    for letter, name, version in zip("AB", names, (before, after), strict=True):
        times = f"median {version.median_ms:.1f} ms, 95 % within {version.p95_ms:.1f} ms"
        screen.print(f"{letter}: knowledge {plain(name)}, {version.calls} calls, {version.cards} cards; {times}")
    table = _table("check", "A fired", "B fired", "A %", "B %", "moved", "A overridden", "B overridden")
    for one in compared(before, after):
        table.add_row(
            plain(one.check),
            str(one.before.fired),
            str(one.after.fired),
            f"{one.before_share:.1f}",
            f"{one.after_share:.1f}",
            f"{one.moved:+.1f}",
            str(one.before.overridden),
            str(one.after.overridden),
        )
    screen.print(table)
    screen.print("% of the calls of the version; moved: in percentage points.")


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        words = heading in ("check", "why", "why overridden")
        table.add_column(heading, justify="left" if words else "right", no_wrap=heading == "check")
    return table
