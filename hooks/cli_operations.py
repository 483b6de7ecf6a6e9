"""Commands for operators: what became of the advice, forgetting, and example configurations."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hooks.insights import Insights, Version
    from hooks.settings import Settings
    from hooks.store import Store


def _store() -> tuple[Store, Settings]:
    from hooks.settings import load_settings

    settings = load_settings()
    if settings.database_url == "off":
        raise click.UsageError("nothing is kept: GABAGUARD_DATABASE_URL is off")
    from hooks.store import Store

    return Store(settings.database_url, comments=settings.feedback_comments), settings


_AWAY = "the database of GABAGUARD_DATABASE_URL cannot be reached, or is locked; try again"


@click.command()
@click.option("--calls-days", type=click.IntRange(0), help="Forget older calls; 0: none.  [default: the setting]")
@click.option("--feedback-days", type=click.IntRange(0), help="Forget older feedback; 0: none.  [default: the setting]")
@click.option("--dry-run", is_flag=True, help="Only say how many there are.")
def purge(calls_days: int | None, feedback_days: int | None, dry_run: bool) -> None:
    """Forget calls and feedback older than so many days. The service itself does so every few hours by its settings."""
    from hooks.errors import StoreUnavailable

    store, settings = _store()
    days = {
        "calls": settings.calls_days if calls_days is None else calls_days,
        "feedback": settings.feedback_days if feedback_days is None else feedback_days,
    }
    now = datetime.now(UTC)
    before = {name: now - timedelta(days=number) if number else None for name, number in days.items()}
    act = store.older if dry_run else store.purge
    try:
        gone = act(calls_before=before["calls"], feedback_before=before["feedback"])
        left = store.counts()
    except StoreUnavailable:
        raise click.ClickException(_AWAY) from None
    finally:
        store.close()
    for name, number in days.items():
        if not number:
            click.echo(f"{name}: kept for ever; {left[name]} kept")
        elif dry_run:
            click.echo(f"{name}: {gone[name]} of {left[name]} are older than {number} days and would be forgotten")
        else:
            click.echo(f"{name}: {gone[name]} older than {number} days forgotten; {left[name]} kept")


@click.command()
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only what came on that day (UTC) or later.")
@click.option(
    "--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write them to a file; - here."
)
@click.option("--compare", nargs=2, metavar="A B", help="Two knowledge versions, or how they begin.")
def insights(since: datetime | None, csv_file: Path | None, compare: tuple[str, str] | None) -> None:
    """What became of the advice: per knowledge version and check, how often it fired, was shown, accepted, overridden
    (and why), and how often it could not look (and why).
    """
    from hooks.engine import chosen_knowledge
    from hooks.errors import StoreUnavailable
    from hooks.insights import insights_of, write_csv
    from hooks.terminal import console
    from hooks.terminal_insights import show_comparison, show_insights

    store, settings = _store()
    try:
        reasons = chosen_knowledge(settings).overrides
        found = insights_of(store, reasons, since=since.replace(tzinfo=UTC) if since else None)
    except StoreUnavailable:
        raise click.ClickException(_AWAY) from None
    finally:
        store.close()
    if csv_file is not None and str(csv_file) != "-":
        with csv_file.open("w", encoding="utf-8", newline="") as file:
            write_csv(found, file)
        click.echo(f"{csv_file} written", err=True)
    elif csv_file is not None:
        write_csv(found, sys.stdout)
    elif compare:
        one, other = (_version(found, name) for name in compare)
        show_comparison(console(), (one[0], other[0]), one[1], other[1])
    else:
        show_insights(console(), found)


def _version(found: Insights, name: str) -> tuple[str, Version]:
    fitting = [version for version in found.versions if version.startswith(name)]
    fitting = [name] if name in fitting else fitting
    if len(fitting) != 1:
        there = ", ".join(found.versions) or "none"
        wrong = f"several versions begin with {name!r}" if fitting else f"no call is kept of version {name!r}"
        raise click.UsageError(f"{wrong}; there are: {there}")
    return fitting[0], found.versions[fitting[0]]


EXAMPLES = {
    "nginx.conf": "reverse proxy with TLS, for nginx",
    "Caddyfile": "reverse proxy with TLS, for Caddy",
    "gabaguard.service": "systemd unit",
    "Containerfile": "container image",
    "compose.yaml": "the image with PostgreSQL, for compose",
    "site.toml": "what one hospital has otherwise: thresholds, silent checks, labels",
}


@click.command()
@click.argument("name", required=False)
def examples(name: str | None) -> None:
    """Print an example configuration; without NAME, which there are."""
    if name is None:
        for each, what in EXAMPLES.items():
            click.echo(f"{each:<18} {what}")
        return
    if name not in EXAMPLES:
        raise click.UsageError(f"there is no example {name!r}; there are {', '.join(EXAMPLES)}")
    click.echo((Path(__file__).parent / "examples" / name).read_text(encoding="utf-8"), nl=False)


def add_operations(cli: click.Group) -> None:
    """Add the commands."""
    for command in (purge, insights, examples):
        cli.add_command(command)
