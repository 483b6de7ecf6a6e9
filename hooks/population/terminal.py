"""A replay at a terminal: how far it is, and what came of it."""

from __future__ import annotations

import secrets
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from cds.knowledge.profiles import profile_ids
from hooks.population.gather import CannotReplayError
from hooks.population.job import WORK
from hooks.population.judge import FAILED
from hooks.population.results import Summary
from hooks.population.rows import TABLES
from hooks.population.run import Wanted, cores, replay
from hooks.settings import load_settings
from hooks.terminal import console
from hooks.whole import write_whole


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
    console().print(Text(f"{wanted.out}: report.html, summary.json, {tables} (.parquet, .csv), rejected.ndjson"))
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


def show_difference(a: str, b: str, out: Path | None, sources: tuple[Path, ...], processes: int | None) -> bool:
    """Compare two replays, or make them first; the answer is whether anybody gets a different card."""
    from hooks.population.diff import compare
    from hooks.population.diff_report import by_check, lines, page

    one, other = _replayed((a, b), out, sources, processes or cores())
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    found = compare(one, other, table=out / "changes.csv" if out else None)
    for line in lines(found):
        console().print(Text(line))
    if found.by_check:
        console().print(by_check(found))
    if out is not None:
        write_whole(out / "diff.html", page(found).encode())
        console().print(Text(f"{out}: diff.html, changes.csv"))
    return bool(found.different or found.only_a or found.only_b)


def _replayed(names: tuple[str, str], out: Path | None, sources: tuple[Path, ...], processes: int) -> list[Path]:
    """The folders of two replays; of what is none, a replay is made."""
    if all((Path(name) / "summary.json").exists() for name in names):
        return [Path(name) for name in names]
    missing = next(name for name in names if not (Path(name) / "summary.json").exists())
    if not _is_set(missing):
        known = " and ".join(profile_ids())
        raise CannotReplayError(f"{missing} is no finished replay, no profile ({known}) and no folder of knowledge")
    if not sources or out is None:
        raise CannotReplayError(f"to compare knowledge ({missing}), name an export by --source and a folder by --out")
    if other := next((name for name in names if not _is_set(name)), None):
        raise CannotReplayError(f"{other} is a replay and {missing} is knowledge; name two of one kind")
    own = load_settings().profile
    key = secrets.token_bytes(32)
    folders = [out / letter for letter in "AB"]
    for name, folder in zip(names, folders, strict=True):
        profile, knowledge = (name, "") if name in profile_ids() else (own, str(Path(name).resolve()))
        show(Wanted(sources, folder, key=key, processes=processes, profile=profile, knowledge=knowledge))
    return folders


def _is_set(name: str) -> bool:
    """Whether it names knowledge: a profile of this version, or a folder."""
    return name in profile_ids() or (Path(name) / "evidence.toml").is_file()
