"""Answers for people at a terminal: cards as a prescriber would read them, and why each check did or did not fire.

Everything printed here may hold words from the request. Control characters are removed and nothing is read as markup of
the terminal, so that a hostile drug name cannot move the cursor or paint over a card.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cds.case import Reason
from cds.findings import Outcome

if TYPE_CHECKING:  # importing it costs a second
    from hooks.strict import Verdict

COLOURS = {"critical": "bold red", "warning": "bold yellow", "info": "bold cyan"}
MAX_WIDTH = 110  # longer lines are hard to read
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile(r"<br ?/?>")


def console(file: TextIO | None = None) -> Console:
    """A console of a readable width; colours only where the output is a terminal."""
    screen = _console(file)
    if not screen.is_terminal:
        return _console(file, MAX_WIDTH - 10)
    return screen if screen.width <= MAX_WIDTH else _console(file, MAX_WIDTH)


def _console(file: TextIO | None, width: int | None = None) -> Console:
    return Console(file=file, width=width, highlight=False, emoji=False, markup=False)


def plain(value: object) -> str:
    """Any value as text without control characters."""
    return _CONTROL.sub("", str(value))


def show_answer(screen: Console, answer: Mapping[str, Any]) -> None:
    """Print the cards of one CDS Hooks answer and what was not checked."""
    cards = answer.get("cards", [])
    if not cards:
        screen.print(Text("No card: nothing to say about these orders.", style="green"))
    for card in cards:
        screen.print(card_panel(card))
    _show_not_checked(screen, report_of(answer))


def show_summary(screen: Console, what: str, answer: Mapping[str, Any]) -> None:
    """One answer in short: a line per card."""
    screen.print(Text(f"\n{plain(what)}", style="bold"))
    for card in answer.get("cards", []):
        indicator = plain(card.get("indicator", "info"))
        screen.print(
            Text.assemble("  ", (f"{indicator:9}", COLOURS.get(indicator, "")), plain(card.get("summary", "")))
        )
    if not answer.get("cards"):
        screen.print(Text("  no card", style="green"))


def report_of(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer's own report: knowledge version, clinical today, what was not checked."""
    report: Mapping[str, Any] = answer.get("extension", {}).get("org.gabaguard.report", {})
    return report


def card_panel(card: Mapping[str, Any]) -> Panel:
    """One card: indicator and summary, detail, suggestions, override reasons, source."""
    indicator = plain(card.get("indicator", "info"))
    style = COLOURS.get(indicator, "bold")
    parts: list[RenderableType] = [Text(plain(card.get("summary", "")), style="bold")]
    if detail := card.get("detail"):
        parts += [Text(""), Markdown(_BREAKS.sub("\n", plain(detail)), hyperlinks=False)]
    if foot := list(_foot(card)):
        parts += [Text(""), *foot]
    return Panel(Group(*parts), title=Text(indicator, style=style), title_align="left", border_style=style)


def _foot(card: Mapping[str, Any]) -> Iterable[Text]:
    if offered := card.get("suggestions"):
        yield Text("  ".join(_button(suggestion) for suggestion in offered), style="bold green")
    if reasons := [plain(reason.get("display", reason.get("code", ""))) for reason in card.get("overrideReasons", ())]:
        yield Text("Override: " + " · ".join(reasons), style="dim")
    source = card.get("source", {})
    pages = {plain(source.get("url", "")): plain(source.get("label", ""))}
    pages |= {
        url: plain(link.get("label", ""))
        for link in card.get("links", ())
        if (url := plain(link.get("url", ""))) not in pages
    }
    for url, label in pages.items():
        yield Text(f"{label} {url}".strip(), style="dim")


def _button(suggestion: Mapping[str, Any]) -> str:
    """A suggestion as something to press; the recommended one is marked."""
    label = f"[{plain(suggestion.get('label', ''))}]"
    return f"▸ {label}" if suggestion.get("isRecommended") else label


def _show_not_checked(screen: Console, report: Mapping[str, Any]) -> None:
    """One line per reason and detail, with the checks it concerns; what the caller reported as none comes last."""
    checks: dict[tuple[bool, str], list[str]] = {}
    for row in report.get("notChecked", []):
        reason, detail = plain(row.get("reason", "")), plain(row.get("detail", ""))
        taken_as_none = reason == Reason.REPORTED_EMPTY
        words = detail if taken_as_none else f"{detail or 'no detail'} ({reason})"
        checks.setdefault((taken_as_none, words), []).append(plain(row.get("check", "")))
    for taken_as_none in (False, True):
        lines = {words: ids for (taken, words), ids in checks.items() if taken is taken_as_none}
        if lines:
            screen.print(Text("Taken as none, on the caller's word" if taken_as_none else "Not checked", style="bold"))
        for words, ids in lines.items():
            screen.print(Padding(Text(f"{words}: {', '.join(ids)}"), (0, 0, 0, 2), expand=False))


def show_explanation(screen: Console, outcomes: Sequence[Outcome]) -> None:
    """Every check that looked: how it ended, what it saw, and why it did or did not fire."""
    if not outcomes:
        screen.print("No check looked: none of these orders is one that any check asks about.")
        return
    table = Table(title="Every check that looked", title_justify="left", title_style="bold", show_lines=True)
    table.add_column("check", no_wrap=True)
    table.add_column("ended as", no_wrap=True)
    table.add_column("why, and what it saw")
    for outcome in sorted(outcomes, key=_strength):
        saw = [plain(outcome.why)] if outcome.why else []
        saw += [f"saw {plain(item)}" for item in outcome.looked_at]
        saw += [f"level: {plain(why)}" for finding in outcome.findings for why in finding.because]
        saw += [f"not checked, {item.reason.value}: {plain(item.detail)}" for item in outcome.not_checked]
        table.add_row(Text(outcome.check), _ending(outcome), Text("\n".join(saw)))
    screen.print(table)


def ending(outcome: Outcome) -> str:
    """How a check ended, in a word: its strongest indicator, "silent", "not checked" or "quiet".

    What the caller reported as none counts as seen.
    """
    if outcome.findings:
        strongest = max(outcome.findings, key=lambda finding: finding.indicator)
        return strongest.indicator.code if strongest.indicator else "silent"
    unseen = [item for item in outcome.not_checked if item.reason is not Reason.REPORTED_EMPTY]
    return "not checked" if unseen else "quiet"


def _ending(outcome: Outcome) -> Text:
    word = ending(outcome)
    return Text(word, style=COLOURS.get(word, "magenta" if word == "not checked" else "green"))


def _strength(outcome: Outcome) -> tuple[int, bool, str]:
    strongest = max((int(finding.indicator) for finding in outcome.findings), default=-1)
    return (-strongest, ending(outcome) == "quiet", outcome.check)


def show_verdicts(screen: Console, verdicts: Sequence[Verdict], release: str) -> None:
    """What fhir.resources says of each resource; those it accepts are counted only."""
    model = {"R4": "R4B"}.get(release, release)
    if not any(verdict.judged for verdict in verdicts):
        screen.print(Text(f"Strict: fhir.resources has no models of {release}; nothing was judged.", style="bold"))
        return
    faulty = [verdict for verdict in verdicts if verdict.faults]
    screen.print(Text(f"Strict, as {model}: {len(faulty)} of {len(verdicts)} resources refused", style="bold"))
    for verdict in faulty:
        screen.print(Padding(Text(plain(f"{verdict.what} at {verdict.path}")), (0, 0, 0, 2), expand=False))
        for fault in verdict.faults:
            screen.print(Padding(Text(plain(fault)), (0, 0, 0, 4), expand=False))


def show_problem(screen: Console, where: str, problem: str, remedy: str = "") -> None:
    """One thing that went wrong, and what to do about it."""
    screen.print(Text.assemble((f"{plain(where)}: ", "bold red"), plain(problem)), soft_wrap=True)
    if remedy:
        screen.print(Text(f"  {plain(remedy)}"), soft_wrap=True)
