"""``gabaguard check``: judge files offline by the same journey that answers calls, and print what was said.

Exit codes: 0 no card on any file, 1 at least one card, 2 a file that could not be judged, or with ``strict`` one that
holds resources which are not valid FHIR.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import orjson
from rich.console import Console

from cds.findings import Outcome
from hooks.engine import Engine
from hooks.offline import BadFileError, request_of
from hooks.origins import NOWHERE
from hooks.respond import respond
from hooks.services import catalogue, service_for_hook
from hooks.settings import load_settings
from hooks.terminal import console, ending, plain, show_answer, show_explanation, show_problem, show_verdicts

NO_CARD, CARDS, NOT_JUDGED = 0, 1, 2


class Checked(msgspec.Struct):
    """What was made of one file. ``answer``: the body as sent to a caller. ``faults``: FHIR faults by resource."""

    file: str
    status: int
    answer: dict[str, Any]
    release: str = ""
    outcomes: tuple[Outcome, ...] = ()
    verdicts: tuple[Any, ...] = ()

    @property
    def exit_code(self) -> int:
        """What this file alone would exit with."""
        if self.status != 200 or any(verdict.faults for verdict in self.verdicts):
            return NOT_JUDGED
        return CARDS if self.answer.get("cards") else NO_CARD


def check_files(files: Sequence[str], *, as_json: bool, explain: bool, strict: bool, as_of: date | None) -> int:
    """Judge each file and print the result; the highest exit code of all files."""
    engine = Engine(load_settings(as_of=as_of))
    screen = console()
    worst = NO_CARD
    for name in files:
        try:
            checked = check_file(name, engine, strict=strict)
        except BadFileError as fault:
            _print_refusal(screen, name, fault, as_json=as_json)
            worst = NOT_JUDGED
            continue
        if as_json:
            sys.stdout.write(orjson.dumps(_told(checked, explain=explain, strict=strict)).decode() + "\n")
        else:
            _print(screen, checked, explain=explain, headings=len(files) > 1)
        worst = max(worst, checked.exit_code)
    return worst


def check_file(name: str, engine: Engine, *, strict: bool = False) -> Checked:
    """Judge one file ("-": standard input). Raises ``BadFileError`` when it holds nothing that can be judged."""
    hook, request = request_of(_read(name))
    service = service_for_hook(hook)
    if service is None:
        offered = ", ".join(dict.fromkeys(each.hook for each in catalogue().values()))
        raise BadFileError("the hook is none that this service answers", f"Answered are {offered}.")
    answer = respond(request, service, engine, permitted=NOWHERE)  # offline
    checked = Checked(name, answer.status, orjson.loads(answer.body))
    if answer.judged is not None:
        checked.release = answer.judged.chart.release
        checked.outcomes = answer.judged.report.outcomes
        if strict:
            from hooks.strict import verdicts

            checked.verdicts = tuple(verdicts(orjson.loads(request), checked.release))
    return checked


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise BadFileError(f"cannot be read: {error.strerror}", "Name a file, or - for standard input.") from error


def _print(screen: Console, checked: Checked, *, explain: bool, headings: bool) -> None:
    if headings:
        screen.rule(plain(checked.file), align="left")
    if checked.status != 200:
        for issue in checked.answer.get("issue", ()):
            show_problem(screen, checked.file, str(issue.get("diagnostics", "")))
        return
    show_answer(screen, checked.answer)
    if explain:
        show_explanation(screen, checked.outcomes)
    if checked.verdicts:
        show_verdicts(screen, checked.verdicts, checked.release)


def _print_refusal(screen: Console, name: str, fault: BadFileError, *, as_json: bool) -> None:
    if as_json:
        told = {"file": name, "problem": fault.problem, "remedy": fault.remedy}
        sys.stdout.write(orjson.dumps(told).decode() + "\n")
    else:
        show_problem(screen, name, fault.problem, fault.remedy)


def _told(checked: Checked, *, explain: bool, strict: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "file": checked.file,
        "status": checked.status,
        "release": checked.release,
        "answer": checked.answer,
    }
    if explain:
        told["explain"] = list(_explained(checked.outcomes))
    if strict:
        told["strict"] = [msgspec.to_builtins(verdict) for verdict in checked.verdicts]
    return told


def _explained(outcomes: Iterable[Outcome]) -> Iterable[dict[str, Any]]:
    for outcome in outcomes:
        yield {
            "check": outcome.check,
            "ended": ending(outcome),
            "why": outcome.why,
            "saw": outcome.looked_at,
            "level": [why for finding in outcome.findings for why in finding.because],
            "notChecked": [{"reason": item.reason.value, "detail": item.detail} for item in outcome.not_checked],
        }
