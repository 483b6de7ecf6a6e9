"""Commands for clinical reviews: make one, take one back, and list what is reviewed, void or neither."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

_BAD_INPUT = 2


@click.command()
@click.argument("check_id", metavar="CHECK")
@click.option("--by", required=True, help="Your name, as it will stand on the evidence page.")
@click.option("--credential", required=True, help="Your licence or profession, in your own words. It is not verified.")
@click.option("--note", default="", help="What you looked at, or what you would change.")
@click.option("--withdraw", is_flag=True, help="Take back what was said of this check before.")
@click.option("--client", help="Review the check as it is at this client's site, with its thresholds.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day of the review.  [default: today]")
def review(
    check_id: str, by: str, credential: str, note: str, withdraw: bool, client: str | None, on: date | None
) -> None:
    """Record that you have reviewed a check: its numbers, words, drugs, conditions and sources, as they are now.

    Any later edit of one of these voids the review. Read the check first: `gabaguard knowledge show CHECK`.
    """
    from cds.review import review_of, state_of
    from hooks.engine import Engine
    from hooks.reviews import Line, append_review, read_reviews
    from hooks.settings import load_settings
    from hooks.sites import Sites

    settings = load_settings()
    for name, text in (("--by", by), ("--credential", credential)):
        if len(text.strip()) < 2 or len(text) > 200 or not text.isprintable():
            raise click.UsageError(f"{name}: write 2 to 200 printable characters")
    engine = Engine(settings)
    knowledge = (engine if client is None else Sites(engine).at(client)).knowledge
    check = knowledge.checks.get(check_id)
    if check is None:
        raise click.UsageError(f"there is no check {check_id!r}; `gabaguard knowledge list` names them")
    day = getattr(on, "date", date.today)()
    made = review_of(
        check, knowledge, by=by.strip(), credential=credential.strip(), on=day, note=note, withdrawn=withdraw
    )
    try:
        append_review(settings.reviews, Line(check.id, knowledge.version, made))
    except OSError as error:
        click.echo(f"the review cannot be kept: {error.strerror}; GABAGUARD_REVIEWS names the file", err=True)
        sys.exit(_BAD_INPUT)
    state = state_of(check, knowledge, read_reviews(settings.reviews).reviews.get(check.id, []))
    click.echo(f"{check.id}: {state.words}")
    click.echo(
        f"Kept in {Path(settings.reviews).name}. A running service shows it after a restart or a switch of knowledge."
    )


@click.command()
def reviews() -> None:
    """Which checks are reviewed as they are now, which reviews an edit has voided, and how many are neither."""
    from cds.review import Status, state_of
    from hooks.engine import chosen_knowledge
    from hooks.reviews import read_reviews
    from hooks.settings import load_settings

    settings = load_settings()
    knowledge = chosen_knowledge(settings)
    record = read_reviews(settings.reviews)
    counted = dict.fromkeys(Status, 0)
    for id, check in knowledge.checks.items():
        state = state_of(check, knowledge, record.reviews.get(id, []))
        counted[state.status] += 1
        if state.status is not Status.NOT_REVIEWED:
            click.echo(f"{id}: {state.words}")
    for fault in record.faults:
        click.echo(fault, err=True)
    for id in sorted(record.reviews.keys() - knowledge.checks.keys()):
        click.echo(f"{id}: reviewed, but there is no such check now", err=True)
    click.echo(", ".join(f"{count} {status.value}" for status, count in counted.items()))


def add_reviews(knowledge: click.Group) -> None:
    """Add the commands."""
    for command in (review, reviews):
        knowledge.add_command(command)
