"""What ``gabaguard doctor`` prints: each thing as soon as it has been looked at."""

from __future__ import annotations

from collections.abc import Iterable

import click
import orjson
from rich.text import Text

from hooks.doctor import Finding
from hooks.terminal import console, plain

_COLOURS = {"ok": "green", "warning": "bold yellow", "failed": "bold red"}


def show(findings: Iterable[Finding], *, as_json: bool) -> bool:
    """Print all findings; whether something failed."""
    screen = console()
    counts = {"ok": 0, "warning": 0, "failed": 0}
    for finding in findings:
        counts[finding.state] += 1
        if as_json:
            told = {name: plain(getattr(finding, name)) for name in Finding.__struct_fields__}
            click.echo(orjson.dumps({name: value for name, value in told.items() if value}))
            continue
        line = Text.assemble((f"{finding.state:8}", _COLOURS[finding.state]), f"{plain(finding.about)}: ")
        screen.print(line.append(plain(finding.found)), soft_wrap=True)
        if finding.remedy:
            screen.print(Text(f"        → {plain(finding.remedy)}"), soft_wrap=True)
    if not as_json:
        screen.print(f"{counts['failed']} failed, {counts['warning']} warnings, {counts['ok']} well")
    return counts["failed"] > 0
