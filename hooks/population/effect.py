"""What a site's file does to the answers of a replay: held against what there would have been without it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hooks.population.diff import Changed, difference
from hooks.population.results import Effect, Summary, schema
from hooks.population.rows import WITHOUT
from hooks.population.which import Which, at_site, deviations, knowledge_of, knowledge_without, remarks

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TABLE = "site-changes.csv"  # every change, by patient and moment


def with_effect(base: DuckDBPyConnection, folder: Path, without: Summary, here: Summary, which: Which) -> Summary:
    """The summary with the effect of the site's file. ``folder``: of the results; those without it stand within."""
    at, knowledge = at_site(which), knowledge_without(which)
    if at is None or knowledge is None:
        return here
    with schema(base, "effect"):
        found = difference(base, (folder / WITHOUT, without), (folder, here), folder / TABLE)
    effect = Effect(
        deviations=deviations(at, knowledge),
        remarks=[*remarks(at, knowledge_of(which)), *_refused(found.only_a)],
        cards=(without.cards, here.cards),
        cards_of_findings=(without.cards_of_findings, here.cards_of_findings),
        critical=(_critical(without), _critical(here)),
        findings=(_findings(without), _findings(here)),
        with_card=(without.with_card, here.with_card),
        emptied=found.emptied,
        toned=found.toned,
        patients=found.patients,
        by_check=[_row(one) for one in found.by_check],
    )
    return msgspec.structs.replace(here, effect=effect)


def _refused(calls: int) -> list[str]:
    """A recorded call that nothing is known of is answered only where the orders alone show something."""
    if not calls:
        return []
    return [f"{calls} recorded calls without data are refused (412): what the orders alone show is silent here"]


def _critical(summary: Summary) -> int:
    return dict(summary.cards_by_indicator).get("critical", 0)


def _findings(summary: Summary) -> int:
    return sum(number for _, number in summary.per_indicator)


def _row(one: Changed) -> tuple[str, int, int, int, int, int, int, int, int, int]:
    lost, weaker, stronger, gained = (one.changes[name] for name in ("lost", "weaker", "stronger", "gained"))
    reads = one.changes["wording"] + one.changes["text"]
    return one.check, lost, weaker, stronger, gained, reads, one.cards_gone, one.cards_new, one.patients, one.toned
