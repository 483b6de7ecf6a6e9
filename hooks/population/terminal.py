"""A replay at a terminal: how far it is, and what came of it."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from hooks.population.judge import FAILED
from hooks.population.results import Summary
from hooks.population.run import Wanted, replay
from hooks.terminal import console


def show(wanted: Wanted) -> bool:
    """Run it, and say what came of it. The answer is whether lines were rejected or moments failed."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None, rate="")

        def tell(done: int, of: int) -> None:
            speed = bar.tasks[0].speed
            rate = f"{speed:.0f}/s" if speed else ""
            bar.update(task, description="patients", completed=done, total=of, rate=rate)

        summary = replay(wanted, tell)
    for line in said(summary):
        console().print(Text(line))
    console().print(Text(f"{wanted.out}: report.html, summary.json, calls, findings, not_checked, rejected.ndjson"))
    return bool(summary.read.get("rejected") or summary.failed or summary.left.get(FAILED))


def said(summary: Summary) -> list[str]:
    """The main figures, one a line."""
    base = "100 orders" if summary.orders else "100 patients"
    lines = [
        f"{summary.read.get('lines', 0)} lines, {summary.read.get('rejected', 0)} rejected; "
        f"{summary.read.get('patients', 0)} patients",
        f"{summary.orders} orders at {summary.moments} moments of {summary.patients_judged} patients",
        f"{summary.cards} cards: {summary.per_100(summary.cards)} per {base}; "
        f"{summary.cards_of_findings} about findings, the rest about what could not be checked",
    ]
    lines += [f"{number} {what}" for what, number in summary.left.items()]
    if summary.failed:
        lines.append(f"{summary.failed} moments could not be judged; the fault is ours")
    return lines
