"""Commands that choose the knowledge of a running service, and tell which of its workers answer with it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hooks.knowledge.home import Choice
    from hooks.knowledge.workers import Told

_REFUSED = 1


@click.command()
@click.argument("wanted", metavar="FOLDER|NAME|previous|shipped")
@click.option("--wait", "seconds", default=30.0, help="Wait so many seconds until all workers have switched.  [30]")
def use(wanted: str, seconds: float) -> None:
    """Answer with another set of knowledge, without a restart.

    FOLDER is read and copied, NAME is a set that was copied before, `previous` is the one chosen before this, `shipped`
    the one of this version. It is read whole and validated in every profile, held against what this code asks for, and
    patients are judged for whom it is known what must be said; only then it is chosen. Workers switch within a second
    or two; calls in flight finish on the old. A set that is refused changes nothing.

    Exit code: 0 chosen, and every running worker answers with it; 1 refused, or some worker does not; 2 a setting is
    wrong.
    """
    from cds.knowledge.load import KnowledgeFaults
    from hooks.knowledge.use import use as choose
    from hooks.knowledge.use import wait
    from hooks.settings import load_settings

    settings = load_settings()
    try:
        used = choose(wanted, settings)
    except KnowledgeFaults as refusal:
        for fault in refusal.faults:
            click.echo(fault)
        click.echo(f"{len(refusal.faults)} faults, refused: nothing has changed", err=True)
        sys.exit(_REFUSED)
    click.echo(f"chosen: {used.choice.name} (knowledge {used.version}); before: {used.before}")
    began = time.monotonic()
    done, others = wait(settings, used.choice, seconds)
    for worker in others:
        click.echo(f"worker {worker.pid} (port {worker.port}) answers with {worker.version}: {_why(worker)}", err=True)
    if others:
        click.echo("not all have switched; `gabaguard knowledge use previous` takes it back", err=True)
        sys.exit(_REFUSED)
    after = f"{len(done)} workers have switched after {time.monotonic() - began:.1f} s" if done else "no worker runs"
    click.echo(f"{after} (of services whose GABAGUARD_KNOWLEDGE is {Path(settings.knowledge).resolve().name})")


@click.command()
def status() -> None:
    """Which set is chosen, which are kept, and what each running worker answers with.

    Exit code: 0 every worker answers with the chosen set, 1 some do not, 2 a setting is wrong or the choice unreadable.
    """
    from hooks.knowledge.home import Home
    from hooks.knowledge.use import follows
    from hooks.knowledge.workers import alive
    from hooks.settings import load_settings

    home = Home(Path(load_settings().knowledge))
    choice = home.choice()
    _say_sets(home.names(), choice)
    workers = alive(home.root)
    for worker in workers:
        follows_it = "" if follows(worker, choice) else f"  !! {_why(worker)}"
        click.echo(f"worker {worker.pid} (port {worker.port}): {worker.version} since {worker.since}{follows_it}")
    if not workers:
        click.echo("no worker runs")
    if any(not follows(worker, choice) for worker in workers):
        sys.exit(_REFUSED)


def _say_sets(names: list[str], choice: Choice) -> None:
    for name in names:
        mark = "chosen" if name == choice.name else "previous" if name == choice.previous else ""
        click.echo(f"{name:<28} {mark}{' since ' + choice.at if mark == 'chosen' and choice.at else ''}".rstrip())


def _why(worker: Told) -> str:
    if worker.refused:
        return f"refused {worker.refused}: {worker.faults[0] if worker.faults else 'see the log'}"
    return "has not looked yet"


def add_choosing(knowledge: click.Group) -> None:
    """Add the commands."""
    for command in (use, status):
        knowledge.add_command(command)
