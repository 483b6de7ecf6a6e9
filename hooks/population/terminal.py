"""A replay at a terminal: how far it is, and what came of it."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from hooks.population.edited import FILE
from hooks.population.effect import TABLE
from hooks.population.effect_report import lines as of_site
from hooks.population.job import WORK
from hooks.population.judge import FAILED
from hooks.population.results import Summary
from hooks.population.rows import TABLES, WITHOUT
from hooks.population.run import Wanted, replay
from hooks.terminal import console


def show(wanted: Wanted) -> bool:
    """Run it, and say what came of it. The answer is whether lines were rejected or moments failed."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[so_far]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks:
                for task in tasks.values():
                    bar.remove_task(task)
                tasks.clear()
                tasks[what] = bar.add_task(what, total=of or None, so_far="")
            told = _so_far(what, done, of, bar.tasks[0].speed)
            bar.update(tasks[what], completed=done, total=of or None, so_far=told)

        try:
            summary = replay(wanted, tell)
        except KeyboardInterrupt:
            told = f"Interrupted. --resume goes on; until then {wanted.out / WORK} holds lines of patients."
            console().print(Text(told))
            raise
    for line in said(summary):
        console().print(Text(line))
    tables = ", ".join(TABLES)
    console().print(
        Text(f"{wanted.out}: report.html, summary.json, {FILE}, {tables} (.parquet, .csv), rejected.ndjson")
    )
    if summary.effect:
        console().print(Text(f"{wanted.out}: {TABLE}; {WITHOUT}: the same folder without the site's file"))
    return bool(summary.read.get("rejected") or summary.failed or summary.left.get(FAILED))


def _so_far(what: str, done: int, of: int, speed: float | None) -> str:
    if not of:
        return ""
    if what == "patients":
        return f"{done}/{of} {speed:.0f}/s" if speed else f"{done}/{of}"
    mega = 1_000_000
    return f"{done // mega}/{of // mega} MB {speed / mega:.0f} MB/s" if speed else f"{done // mega}/{of // mega} MB"


def said(summary: Summary) -> list[str]:
    """The main figures, one a line."""
    base = "100 orders" if summary.orders else "100 patients"
    lines = [
        f"{summary.title[:1].upper()}{summary.title[1:]}",
        f"{summary.read.get('lines', 0)} lines, {summary.read.get('rejected', 0)} rejected; "
        f"{summary.read.get('patients', 0)} patients",
        f"{summary.orders} orders at {summary.moments} moments of {summary.patients_judged} patients",
        f"{summary.cards} cards: {summary.per_100(summary.cards)} per {base}; "
        f"{summary.cards_of_findings} about findings{_rest(summary)}",
    ]
    lines += [f"{number} {what}" for what, number in summary.left.items()]
    if summary.failed:
        lines.append(f"{summary.failed} moments could not be judged; the fault is ours")
    return lines + (of_site(summary, summary.effect) if summary.effect else [])


def _rest(summary: Summary) -> str:
    return ", the rest about what could not be checked" if summary.cards > summary.cards_of_findings else ""
