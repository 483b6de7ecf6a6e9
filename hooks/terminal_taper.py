"""``gabaguard taper``: the question from the command line, the plan as a table."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cds.arithmetic.units import number_text
from hooks.engine import Engine
from hooks.errors import Refused
from hooks.settings import load_settings
from hooks.taper import answer
from hooks.terminal import console, plain

PLANNED, NO_PLAN, BAD_QUESTION = 0, 1, 2
_RULES = {
    "hold": "present dose",
    "pace": "pace",
    "ceiling": "ceiling",
    "last-steps": "last step (exempt)",
    "weekly-step": "step",
}


def run(drugs: Sequence[str], options: Mapping[str, Any], *, as_json: bool, file: TextIO | None = None) -> int:
    """Plan and print; the exit code."""
    question = question_of(drugs, options)
    try:
        engine = Engine(load_settings())
        found = answer(question, engine.knowledge, engine.today())
    except Refused as refusal:
        for issue in refusal.issues:
            click.echo(f"{_place(issue.path, drugs)}{issue.problem}. {issue.remedy}.", err=True)
        return NO_PLAN if refusal.status == 422 else BAD_QUESTION
    if as_json:
        (file or sys.stdout).write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        show(console(file), found)
    return PLANNED


# -- the question -----------------------------------------------------------------------------------------------------


def question_of(drugs: Sequence[str], options: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON question of a command line. Raises ``click.UsageError``."""
    if len(drugs) % 3:
        raise click.UsageError("name each drug with its mg a day and its times a day, as in: diazepam 20 2")
    several = len(drugs) > 3
    asked = [
        _drug(name, mg, times, options, several=several)
        for name, mg, times in zip(drugs[::3], drugs[1::3], drugs[2::3], strict=True)
    ]
    question: dict[str, Any] = {
        "drugs": asked,
        "risks": list(options["risks"]),
        "beside": list(options["beside"]),
        "taperedBeside": list(options["tapered_beside"]),
        "againstDiazepam": list(options["against_diazepam"]),
    }
    if options["start"] is not None:
        question["start"] = options["start"].date().isoformat()
    if options["supply"] is not None:
        question["supplyDays"] = options["supply"]
    return question


def _drug(name: str, mg: str, times: str, options: Mapping[str, Any], *, several: bool) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "drug": name,
        "dose": _number(mg, "the mg a day"),
        "times": int(_number(times, "the times a day")),
        "takenDays": options["taken"],
        "steadyDays": options["steady"],
        "pace": options["pace"],
        "floor": options["floor"],
        "route": options["route"],
        "pauses": [_pause(text) for text in options["pauses"]],
    }
    own = [_for_drug(text, name, several=several) for text in options["strengths"]]
    if strengths := [_strength(text) for text in own if text]:
        asked["strengths"] = strengths
    return asked


def _for_drug(text: str, name: str, *, several: bool) -> str:
    """A strength of this drug without its name; "" for one of another."""
    owner, colon, rest = text.partition(":")
    if colon:
        return rest if owner.lower() == name.lower() else ""
    if several:
        raise click.UsageError(f"with several drugs a strength begins with its drug, as in: {plain(name)}:{text}")
    return text


def _strength(text: str) -> dict[str, Any]:
    mg, slash, more = text.partition("/")
    if slash and more.lower() == "ml":
        return {"mg": _number(mg, "a strength"), "kind": "liquid"}
    found: dict[str, Any] = {"mg": _number(mg, "a strength")}
    if slash:
        found["parts"] = int(_number(more, "the parts of a tablet"))
    return found


def _pause(text: str) -> dict[str, int]:
    step, _, days = text.partition(":")
    return {"afterStep": int(_number(step, "the step of a pause")), "days": int(_number(days, "the days of a pause"))}


def _number(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise click.UsageError(f"{what} must be a number, not {plain(text)!r}") from None
    if abs(value) > 1e9 or value != value:
        raise click.UsageError(f"{what} is out of range")
    return value


def _place(path: str, drugs: Sequence[str]) -> str:
    """Which drug a refusal is about; else where in the question it is."""
    parts = path.split(".")
    if parts[0] != "drugs" or len(parts) < 2:
        return f"{path}: " if path else ""
    return f"{plain(drugs[3 * int(parts[1])])}: "


# -- the answer -------------------------------------------------------------------------------------------------------


def show(screen: Console, found: Mapping[str, Any]) -> None:
    """Print every plan."""
    for plan in found["plans"]:
        _show_plan(screen, plan)
    screen.print(Text(found["review"], style="dim"))


def _show_plan(screen: Console, plan: Mapping[str, Any]) -> None:
    end = "nothing" if plan["floor"] == 0 else f"{number_text(plan['floor'])} mg/day"
    head = f"{plan['name']} {number_text(plan['from'])} mg/day to {end} in {_weeks(plan['days'])}"
    screen.print(Text(head, style="bold"))
    screen.print(Text(f"Pace: {plan['pace']['id']}, {plan['pace']['words']}"))
    if plan["floor"]:
        screen.print(Text(f"Ends above zero: {plan['floorReason']}", style="yellow"))
    screen.print(_steps(plan["steps"]))
    screen.print(_supplies(plan))
    for warning in plan["warnings"]:
        sources = ", ".join(warning["evidence"]) or "no source"
        screen.print(Text(f"- {warning['words']} [{warning['basis']}: {sources}]"))
    if plan["switch"] is not None:
        _show_switch(screen, plan["switch"])


def _show_switch(screen: Console, switch: Mapping[str, Any]) -> None:
    said = f"- Diazepam instead: {switch['words']}"
    if switch["blocked"]:
        said += f". Not offered: {switch['blocked']}"
    sources = ", ".join(f"{item['id']} {_span(item)}" for item in switch["sources"])
    screen.print(Text(f"{said} [mg for 10 mg diazepam: {sources}]"))


def _span(item: Mapping[str, Any]) -> str:
    low, high = number_text(item["low"]), number_text(item["high"])
    return low if low == high else f"{low}–{high}"


def _steps(steps: Iterable[Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading, justify in (("", "right"), ("from", "left"), ("to", "left"), ("mg/day", "right"), ("less", "right")):
        table.add_column(heading, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("rule", no_wrap=True)
    table.add_column("each day")
    for step in steps:
        table.add_row(
            str(step["number"]),
            step["start"],
            step["end"] or "",
            number_text(step["dose"]),
            f"{step['percent']:g} %" if step["reduction"] else "",
            _RULES[step["rule"]],
            "; ".join(f"{_slot(take['slot'])} {_made_of(take['amounts'])}" for take in step["takes"]) or "–",
        )
    return table


def _slot(words: str) -> str:
    return words.removeprefix("in the ").removeprefix("at ")


def _made_of(amounts: Iterable[Mapping[str, Any]]) -> str:
    return " + ".join(_amount(amount) for amount in amounts)


def _amount(amount: Mapping[str, Any]) -> str:
    count, mg = number_text(amount["count"]), number_text(amount["mg"])
    return f"{count}×{mg} mg" if amount["kind"] == "tablet" else f"{count} mL of {mg} mg/mL"


def _supplies(plan: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, title=None)
    table.add_column("supply", no_wrap=True)
    table.add_column("to dispense")
    for supply in plan["supplies"]:
        table.add_row(f"{supply['start']} to {supply['end']}", _made_of(supply["dispense"]))
    table.add_row("in all", _made_of(plan["total"]), style="bold")
    return table


def _weeks(days: int) -> str:
    return f"{number_text(days / 7)} weeks" if days % 7 == 0 else f"{days} days"
