"""The command ``gabaguard``.

Every command imports what it needs only when it runs, so that ``--help`` is quick. A fault is a message, never a
traceback (``--debug`` shows one).

Exit codes: 0 all went well; 1 something was found (``check``: at least one card; ``knowledge validate``: faults;
``doctor``: something failed; ``replay``: lines were rejected);
2 the command, a file or a setting is wrong; 3 our own fault.
"""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from hooks.cli_knowledge import add_choosing
from hooks.cli_operations import add_operations
from hooks.cli_population import add_population
from hooks.cli_reviews import add_reviews

FOUND, BAD_INPUT, OUR_FAULT = 1, 2, 3


class Commands(click.Group):
    """A group of commands whose failures are messages."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run one command; what it could not handle becomes a message and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, OSError):
            raise
        except Exception as error:
            if ctx.params["debug"]:
                raise
            ctx.exit(_report(error))


def _report(error: Exception) -> int:
    """Say what went wrong. ``BAD_INPUT`` for what the caller can mend: such faults name themselves."""
    if faults := getattr(error, "faults", ()):  # SettingsFaults, KnowledgeFaults
        click.echo("\n".join(faults), err=True)
        return BAD_INPUT
    click.echo(f"gabaguard failed ({type(error).__name__}); the fault is ours. --debug shows where.", err=True)
    return OUR_FAULT


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="gabaguard")
@click.option("--debug", is_flag=True, help="Show the traceback of a fault of ours.")
def cli(debug: bool) -> None:
    """CDS Hooks service for baclofen and benzodiazepines."""


@cli.command()
@click.option("--host", help="Address to listen on.  [default: from the settings, loopback]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.  [default: from the settings]")
@click.option("--workers", type=click.IntRange(1), help="Worker processes.  [default: from the settings]")
@click.option("--insecure", is_flag=True, help="Let anybody who can connect call, without tokens or TLS.")
def serve(host: str | None, port: int | None, workers: int | None, insecure: bool) -> None:
    """Answer CDS Hooks calls over HTTP until stopped.

    Beyond this machine only with a clients file (GABAGUARD_CLIENTS) and an https address (GABAGUARD_PUBLIC_URL).
    """
    from hooks.serve import serve as run
    from hooks.settings import load_settings

    run(load_settings(host=host, port=port, workers=workers, insecure=insecure or None))


@cli.command()
@click.option("--once", is_flag=True, help="End after printing the cards.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port to listen on.  [default: any free one]")
def demo(once: bool, port: int) -> None:
    """Serve on loopback, post a real medication-prescribe call, print its cards, stay up."""
    from hooks.demo import run

    sys.exit(run(once=once, port=port))


@cli.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per file and line: file, status, answer.")
@click.option("--explain", is_flag=True, help="Every check that looked, what it saw, why it did or did not fire.")
@click.option("--strict", is_flag=True, help="Also what fhir.resources says of each resource (slow).")
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The clinical today.  [default: GABAGUARD_AS_OF or today]"
)
def check(files: tuple[str, ...], as_json: bool, explain: bool, strict: bool, as_of: datetime | None) -> None:
    """Judge hook requests or FHIR Bundles offline and print the cards.

    FILE is a CDS Hooks request, or a FHIR Bundle of one patient's resources (judged as order-sign when it holds draft
    orders, else as patient-view), as JSON; - is standard input.

    Exit code: 0 no card, 1 at least one card, 2 a file that could not be judged (or, with --strict, is no valid FHIR).
    """
    from hooks.check import check_files

    today: date | None = as_of.date() if as_of else None
    sys.exit(check_files(files, as_json=as_json, explain=explain, strict=strict, as_of=today))


@cli.group()
def knowledge() -> None:
    """Review the clinical knowledge: what is checked, with which numbers, words and sources."""


_profile = click.option("--profile", default=None, help="us or eu; default: GABAGUARD_PROFILE.")


def _knowledge_of(profile: str | None) -> Any:
    """The chosen knowledge in a profile; that of the settings when none is named."""
    from cds.knowledge.profiles import profile_ids
    from cds.review import signed
    from hooks.engine import chosen_knowledge
    from hooks.reviews import read_reviews
    from hooks.settings import load_settings

    if profile is not None and profile not in profile_ids():
        raise click.UsageError(f"there is no profile {profile!r}; there are {' and '.join(profile_ids())}")
    settings = load_settings(profile=profile)
    return signed(chosen_knowledge(settings), read_reviews(settings.reviews).reviews)


@knowledge.command(name="list")
@_profile
def list_checks(profile: str | None) -> None:
    """All checks, one per line."""
    from hooks.terminal import console
    from hooks.terminal_knowledge import show_list

    show_list(console(), _knowledge_of(profile))


@knowledge.command()
def coverage() -> None:
    """What the project set out to check, and how much of it works: rows of the evidence table, claims of the texts."""
    from cds.knowledge.load import load_knowledge
    from hooks.terminal import console
    from hooks.terminal_coverage import show_coverage

    show_coverage(console(), load_knowledge())


@knowledge.command()
@click.argument("check_id", metavar="CHECK")
@_profile
def show(check_id: str, profile: str | None) -> None:
    """Everything about one check on one page."""
    from difflib import get_close_matches

    from hooks.terminal import console
    from hooks.terminal_knowledge import show_check

    known = _knowledge_of(profile)
    if check_id not in known.checks:
        near = get_close_matches(check_id, known.checks, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "`gabaguard knowledge list` shows all."
        raise click.UsageError(f"there is no check {check_id!r}. {hint}")
    show_check(console(), known.checks[check_id], known)


@knowledge.command()
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def validate(folder: Path | None) -> None:
    """Read the knowledge files of FOLDER (default: those that ship) and name every fault.

    Exit code: 0 no fault, 1 faults.
    """
    from cds.knowledge.files import ROOT
    from cds.knowledge.load import KnowledgeFaults, read_knowledge

    try:
        found = read_knowledge(folder or ROOT, trust_seal=False)
    except KnowledgeFaults as refusal:
        for fault in refusal.faults:
            click.echo(fault)
        click.echo(f"{len(refusal.faults)} faults", err=True)
        sys.exit(FOUND)
    for name in found.altered:
        click.echo(f"{name}: differs from the seal; `gabaguard knowledge seal` if that is meant", err=True)
    click.echo(f"{len(found.checks)} checks, {len(found.evidence)} sources, no fault: knowledge {found.version}")


@knowledge.command()
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def seal(folder: Path | None) -> None:
    """Validate the knowledge files of FOLDER (default: those that ship) and seal them as they are now.

    A start with sealed files need not validate them again; one with files that differ validates them and says so.
    `make install` does this.

    Exit code: 0 sealed, 1 faults.
    """
    from cds.knowledge.files import ROOT
    from cds.knowledge.load import KnowledgeFaults, seal_knowledge

    try:
        seal_knowledge(folder or ROOT)
    except KnowledgeFaults as refusal:
        for fault in refusal.faults:
            click.echo(fault)
        click.echo(f"{len(refusal.faults)} faults, nothing sealed", err=True)
        sys.exit(FOUND)


@cli.command()
@click.option("--client", help="Only what this client has otherwise than the knowledge.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def settings(client: str | None, as_json: bool) -> None:
    """What is in force, from where and why: every setting, and what sites have otherwise than the knowledge."""
    from hooks.engine import chosen_knowledge
    from hooks.settings import load_settings
    from hooks.settings_told import of_sites, table
    from hooks.terminal import console
    from hooks.terminal_settings import as_text, show

    found = load_settings()
    rows = [] if client is not None else table(found)
    sites = of_sites(found, chosen_knowledge(found), client)
    if as_json:
        click.echo(as_text(rows, sites))
    else:
        show(console(), rows, sites, client)


@cli.command()
@click.argument("drugs", metavar="DRUG MG TIMES...", nargs=-1, required=True)
@click.option("--taken", type=int, help="For how many days it has been taken.  [default: not known, planned as long]")
@click.option("--steady", type=int, help="For how many days the present dose has stood.")
@click.option("--risk", "risks", multiple=True, help="What slows it down, e.g. seizure-disorder; repeat for several.")
@click.option("--strength", "strengths", multiple=True, help="A tablet (10, 10/1 not divided, 10/4), a liquid (1/mL).")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), help="First day.  [default: GABAGUARD_AS_OF or today]")
@click.option("--pace", default="", help="fast, usual, slow or slowest.  [default: by the risks]")
@click.option("--floor", default=0.0, help="End at this many mg/day.  [default: 0]")
@click.option("--pause", "pauses", multiple=True, help="STEP:DAYS, that step goes on so much longer.")
@click.option("--route", default="oral", help="As intrathecal, which is refused.  [default: oral]")
@click.option("--beside", multiple=True, help="A drug taken as well, above all an opioid.")
@click.option("--tapered-beside", multiple=True, help="A drug that is being lowered now.")
@click.option("--against-diazepam", multiple=True, help="A condition that speaks against a switch, e.g. copd.")
@click.option("--supply", type=int, help="Days of one supply.  [default: 28]")
@click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON, as POST /taper gives it.")
def taper(drugs: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Plan a taper of baclofen or a benzodiazepine: dates, doses, tablets, supply, and the rule each step obeys.

    DRUG MG TIMES is the drug, its mg a day and how often a day it is taken, as in: diazepam 20 2. Several drugs are
    planned one after the other; --strength then begins with the drug (diazepam:2), and the other options are for all.

    Exit code: 0 a plan, 1 there is none (the reason is printed), 2 the question is wrong.
    """
    from hooks.terminal_taper import run

    sys.exit(run(drugs, options, as_json=as_json))


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line: about, state, found, remedy.")
def doctor(as_json: bool) -> None:
    """Is this site set up so that its EHRs can call? What to do about each thing that is not.

    Looks at settings, clients, certificate, clocks, and asks the configured addresses: keys, FHIR metadata, ourselves.

    Exit code: 0 nothing failed (there may be warnings), 1 something did.
    """
    from hooks.doctor import examine
    from hooks.terminal_doctor import show

    sys.exit(FOUND if show(examine(), as_json=as_json) else 0)


add_choosing(knowledge)
add_reviews(knowledge)
add_operations(cli)
add_population(cli)


def main() -> None:
    """Run the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    cli()


if __name__ == "__main__":
    main()
