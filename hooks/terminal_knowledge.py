"""The knowledge at a terminal: the list of checks, and all of one check on one page, for those who review it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cds.knowledge.model import Check, Knowledge, Number, Shift
from cds.review import UNREVIEWED
from hooks.terminal import COLOURS


def show_list(screen: Console, knowledge: Knowledge) -> None:
    """One line per check, in groups."""
    table = Table(box=None, pad_edge=False)
    for heading in ("group", "check", "level", "basis", "title"):
        table.add_column(heading, no_wrap=heading != "title")
    for check in sorted(knowledge.checks.values(), key=lambda check: (check.group, check.rank, check.id)):
        level = check.levels.base.name.lower()
        table.add_row(check.group, check.id, Text(level, COLOURS.get(level, "")), check.basis, check.title)
    screen.print(table)
    screen.print(f"\nProfile {knowledge.profile}: {knowledge.profiles[knowledge.profile].title}")
    reviewed = sum(check.review is not None for check in knowledge.checks.values())
    words = f"{reviewed} of them reviewed as they are, see `gabaguard knowledge reviews`" if reviewed else UNREVIEWED
    screen.print(f"\n{len(knowledge.checks)} checks, knowledge {knowledge.version}; clinical review: {words}")


def show_check(screen: Console, check: Check, knowledge: Knowledge) -> None:
    """Everything a reviewer needs of one check: question, levels, numbers, words, override reasons, sources."""
    screen.print(Text(f"{check.id}: {check.title}", style="bold"))
    _part(screen, "Question", [check.question])
    _part(screen, "Why it matters", [check.why_it_matters])
    _part(screen, "Basis", [check.basis])
    _part(screen, "Profile", [knowledge.profile])
    _part(screen, "What differs between profiles", _differing(check, knowledge))
    _part(screen, "Shown on", [", ".join(check.hooks)])
    _part(screen, "Level", _levels(check, knowledge))
    if check.numbers:
        screen.print(Text("Numbers", style="bold"))
        screen.print(Padding(_numbers(check.numbers), (0, 0, 0, 2), expand=False))
    _part(screen, "What moves the level", _moving(check, knowledge))
    for name, wording in check.wording.items():
        _part(screen, f"Words, {name}", [wording.headline, f"Why: {wording.why}", f"Do: {wording.do}"])
    _part(screen, "Reasons to override", [knowledge.overrides[code].display for code in check.overrides])
    _part(screen, "Sources", _sources(check, knowledge))
    _part(screen, "Owner", [f"{check.owner}; created {check.created}, changed {check.changed}"])
    _part(screen, "Clinical review", [check.clinical_review])


def _differing(check: Check, knowledge: Knowledge) -> Iterable[str]:
    """What each profile says otherwise of this check, or of the tables of doses it reads."""
    read = {"benzo-max-dose": "benzodiazepine_limits", "benzo-start-dose-elderly": "benzodiazepine_starts"}
    keys = [f"checks/{check.id}", f"arithmetic/{read.get(check.id, '')}"]
    for profile in knowledge.profiles.values():
        for difference in (profile.differences[key] for key in keys if key in profile.differences):
            yield f"{profile.id} ({profile.title}): {difference.differs} ({', '.join(difference.evidence)})"


def _part(screen: Console, heading: str, lines: Iterable[str]) -> None:
    if lines := list(lines):
        screen.print(Text(heading, style="bold"))
        for line in lines:
            screen.print(Padding(Text(line), (0, 0, 0, 2), expand=False))


def _numbers(numbers: Mapping[str, Number]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("value", "basis", "meaning", "source"):
        table.add_column(heading)
    for name, number in numbers.items():
        meaning = f"{number.meaning} ({name})"
        table.add_row(f"{number.value:g} {number.unit}", number.basis, meaning, ", ".join(number.evidence))
    return table


def _levels(check: Check, knowledge: Knowledge) -> Iterable[str]:
    levels = check.levels
    yield levels.base.name.lower()
    for word, shifts in (("raised", levels.raised), ("lowered", levels.lowered)):
        for shift in shifts:
            yield f"{word} to {shift.to.name.lower()} with {_facts(shift, knowledge)}"
    if levels.renewal is not None:
        yield f"at most {levels.renewal.name.lower()} when all of it is unchanged for 90 days"


def _facts(shift: Shift, knowledge: Knowledge) -> str:
    def words(id: str) -> str:
        return knowledge.facts[id].words if id in knowledge.facts else id

    return " or ".join(words(id) for id in shift.any) or " and ".join(words(id) for id in shift.all)


def _moving(check: Check, knowledge: Knowledge) -> Iterable[str]:
    """The facts named by the levels, each with its basis, sources and numbers."""
    ids = [id for shift in (*check.levels.raised, *check.levels.lowered) for id in (*shift.any, *shift.all)]
    for fact in (knowledge.facts[id] for id in dict.fromkeys(ids) if id in knowledge.facts):
        numbers = "".join(f"; {number.value:g} {number.unit}" for number in fact.numbers.values())
        yield f"{fact.words}: {fact.meaning} ({fact.basis}: {', '.join(fact.evidence) or 'no source'}{numbers})"


def _sources(check: Check, knowledge: Knowledge) -> Iterable[str]:
    for id in check.evidence:
        source = knowledge.evidence[id]
        yield f"{id} ({source.seen}): {source.citation}" + (f" {source.url}" if source.url else "")
