"""Commands about whole populations: replay an export, and make an invented one."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

_FOUND = 1


class _Replays(click.Group):
    """A group whose first command need not be named: ``gabaguard replay EXPORT`` is ``gabaguard replay run EXPORT``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put in the name that was left out."""
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Replays)
def replay() -> None:
    """Which cards would there have been, had the service been switched on? And with another knowledge?

    \b
    gabaguard replay SOURCE... --out DIR    the same as: gabaguard replay run SOURCE... --out DIR
    gabaguard replay diff A B               two replays of one export, or two knowledges, held against each other
    """


class _Source(click.Path):
    """A path that exists, or an address that only Spark can read."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if "://" in str(value) else super().convert(value, param, ctx)


@replay.command()
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=_Source(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="A new folder for it.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Open every chart on that day instead of each order.")
@click.option("--identified", is_flag=True, help="Name patients and their resources in the results.")
@click.option(
    "--key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Key of the hash of patients, so that runs can be compared.  [default: a new one, thrown away]",
)
@click.option("--processes", type=click.IntRange(1, 256), help="Worker processes.  [default: one per core]")
@click.option("--memory", default="1GB", show_default=True, help="Limit of DuckDB; beyond it, it uses the disk.")
@click.option("--resume", is_flag=True, help="Go on with a replay into this folder that was interrupted.")
@click.option(
    "--knowledge",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of another set of knowledge.  [default: the one that is chosen in GABAGUARD_KNOWLEDGE]",
)
@click.option(
    "--site",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A site's settings file (as in GABAGUARD_SITES), and what it takes away or adds.  [default: none]",
)
@click.option("--audit", is_flag=True, help="Beside it, what the service said live, from GABAGUARD_DATABASE_URL.")
@click.option("--profile", default=None, help="us or eu; default: GABAGUARD_PROFILE.")
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True, help="On what.")
@click.option("--spark", "options", metavar="NAME=VALUE", multiple=True, help="Option of Spark, as spark.master=yarn.")
def run(
    sources: tuple[Path | str, ...],
    out: Path,
    as_of: datetime | None,
    identified: bool,
    key_file: Path | None,
    processes: int | None,
    memory: str,
    profile: str | None,
    resume: bool,
    audit: bool,
    knowledge: Path | None,
    site: Path | None,
    engine: str,
    options: tuple[str, ...],
) -> None:
    """Replay a bulk-FHIR export, or recorded hook calls: which cards would there have been?

    SOURCE is an NDJSON file of an export (plain or gzip), a recorded call (one JSON file each), or a folder of either.
    Each order of baclofen or a benzodiazepine is judged as of the moment it was written or stopped, with only what was
    known then; each call as of the day of its newest draft. The folder gets report.html, summary.json, the tables
    calls, cards, findings and not_checked as Parquet and CSV, and rejected.ndjson.

    With --site each moment is judged with and without that site's file: the report says how many findings and cards
    the file takes away, lowers or adds, site-changes.csv whose; the folder without/ holds what there would be without.

    Exit code: 0 all was used or passed over, 1 lines or calls were rejected, 2 sources or options are wrong.
    """
    from cds.knowledge.profiles import profile_ids
    from hooks.population.audited import audited
    from hooks.population.run import Wanted, cores
    from hooks.population.terminal import show
    from hooks.population.which import which_of
    from hooks.settings import load_settings

    settings = load_settings(profile=profile)
    if settings.profile not in profile_ids():
        raise click.UsageError(f"there is no profile {profile!r}; there are {' and '.join(profile_ids())}")
    key = key_file.read_bytes() if key_file else None
    if key is not None and len(key) < 16:
        raise click.UsageError("the key file holds fewer than 16 bytes")
    addresses = tuple(source for source in sources if isinstance(source, str))
    if engine != "spark" and (addresses or options):
        raise click.UsageError("--spark, and sources that are no paths here, are for --engine spark")
    if engine == "spark" and resume:
        raise click.UsageError("--resume is for --engine duckdb: Spark repeats by itself what a lost worker had done")
    if wrong := [option for option in options if "=" not in option]:
        raise click.UsageError(f"--spark {wrong[0]}: write it as NAME=VALUE")
    wanted = Wanted(
        sources=tuple(source for source in sources if isinstance(source, Path)),
        out=out,
        as_of=as_of.date() if as_of else None,
        identified=identified,
        key=key,
        processes=processes or cores(),
        memory=memory,
        which=which_of(settings, folder=knowledge, site=site),
        resume=resume,
        audited=audited() if audit else None,
        engine=engine,
        addresses=addresses,
        options=dict(option.split("=", 1) for option in options),
    )
    sys.exit(_FOUND if show(wanted) else 0)


@replay.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for diff.html and changes.csv.")
@click.option(
    "--source",
    "sources",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Export to replay, where A and B are no replays.",
)
@click.option("--processes", type=click.IntRange(1, 256), help="Worker processes.  [default: one per core]")
@click.option("--identified", is_flag=True, help="Name patients and their resources, where A and B are no replays.")
def diff(a: str, b: str, out: Path | None, sources: tuple[Path, ...], processes: int | None, identified: bool) -> None:
    """Who gets a different card with B than with A, by check, with examples.

    A and B are folders of two replays of the same export with the same --key-file: of two versions of gabaguard, say,
    each replayed where it is installed. Or they are profiles (us, eu), folders of knowledge or sites' files (a profile
    stands for no site's file at all): then --source is replayed with each, into A and B in the folder --out, and
    patients are hashed with a key that is thrown away, unless --identified.

    Exit code: 0 nobody gets a different card, 1 somebody does, 2 they cannot be compared.
    """
    from hooks.population.terminal_diff import Asked, show_difference

    sys.exit(_FOUND if show_difference(Asked(a, b, out, sources, processes, identified)) else 0)


@click.group()
def fixtures() -> None:
    """Make invented data."""


@fixtures.command()
@click.option("--patients", type=click.IntRange(1), default=200, show_default=True, help="How many.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another population.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="A new folder for it.")
@click.option("--ours", type=click.FloatRange(0, 1), default=0.2, show_default=True, help="Part with a drug of ours.")
@click.option("--noise", type=click.FloatRange(0, 1), default=0.25, show_default=True, help="Part of odd records.")
@click.option("--files", type=click.IntRange(1, 999), default=1, show_default=True, help="Files per resource type.")
@click.option("--gzip", "packed", is_flag=True, help="Pack the files.")
def population(patients: int, seed: int, out: Path, ours: float, noise: float, files: int, packed: bool) -> None:
    """An invented population as bulk-FHIR R4 NDJSON, with the answers it must get.

    answers.txt says per order which checks must be shown and which must find nothing; about.txt what was made, how
    many lines will be rejected, and what each kind of noise does to the answers. Frequencies are invented for testing:
    they say nothing about any real population.
    """
    from hooks.population.invented.write import Population, write

    if out.exists() and any(out.iterdir()):
        raise click.UsageError(f"{out} is not empty; name a new folder")
    counted = write(out, Population(patients, seed, ours, noise, files, packed))
    click.echo(", ".join(f"{number} {kind}" for kind, number in sorted(counted.items())) + f" in {out}")


def add_population(cli: click.Group) -> None:
    """Add the commands."""
    for command in (replay, fixtures):
        cli.add_command(command)
