"""A comparison of two replays for people: at a terminal, and as one HTML file."""

from __future__ import annotations

from markupsafe import Markup
from rich.table import Table

from hooks.population.diff import CHANGES, Difference
from hooks.population.pictures import GREY, bars, shown, table
from hooks.population.report import PAGE, STYLE, figures, note, section


def page(found: Difference) -> str:
    """The comparison as HTML."""
    parts = (_figures(found), section("By check", _by_check(found)), section("Examples", _examples(found)))
    said = {
        "title": "Who gets a different card",
        "about": f"A: {found.a}. B: {found.b}. The same orders of the same patients, judged by both.",
        "knowledge": f"A {found.a}, B {found.b}",
    }
    return str(PAGE.format(style=STYLE, parts=Markup("").join(parts), **said))


def _figures(found: Difference) -> Markup:
    share = f"{100 * found.different / found.moments:.1f} %" if found.moments else "none"
    boxes = [
        (shown(found.different), f"moments with a different card, {share} of {shown(found.moments)}"),
        (shown(found.patients), "patients they belong to"),
        (f"{shown(found.cards_a)} → {shown(found.cards_b)}", "cards, A → B"),
        (_sign(found.cards_b - found.cards_a), "cards more or fewer"),
    ]
    if found.only_a or found.only_b:
        boxes.append((f"{shown(found.only_a)} / {shown(found.only_b)}", "moments judged only by A / only by B"))
    return figures(boxes)


def _sign(number: int) -> str:
    return f"{number:+,}".replace("-", "−")


def _by_check(found: Difference) -> Markup:
    drawn = bars([(row[0], sum(row[1:-1]), GREY) for row in found.by_check[:25]])
    said = Markup("").join(Markup("<li><b>{}</b>: {}</li>").format(*one) for one in CHANGES.items())
    heads = ("Check", *(name.capitalize() for name in CHANGES), "Patients")
    return note("Moments at which something of a check changed.") + drawn + table(heads, found.by_check) + _list(said)


def _list(items: Markup) -> Markup:
    return Markup('<ul class="note">{}</ul>').format(items)


def _examples(found: Difference) -> Markup:
    rows = [
        (one.check, one.change, one.patient[:8], one.as_of, one.ordered, one.kind, one.before or "–", one.after or "–")
        for one in found.examples
    ]
    said = note("Up to three per check and change. Patients by the beginning of their keyed hash, or of their id.")
    heads = ("Check", "Change", "Patient", "Day", "Ordered", "Patient then", "A showed", "B shows")
    return said + table(heads, rows)


def lines(found: Difference) -> list[str]:
    """The main figures, one a line."""
    told = [
        f"A: {found.a}",
        f"B: {found.b}",
        f"{found.different} of {found.moments} moments have a different card, of {found.patients} patients",
        f"{found.cards_a} cards with A, {found.cards_b} with B",
    ]
    if found.only_a or found.only_b:
        told.append(f"judged only by A: {found.only_a} moments; only by B: {found.only_b}")
    return told


def by_check(found: Difference) -> Table:
    """The checks that changed, for a terminal."""
    drawn = Table("check", *(name for name in CHANGES), "patients", box=None, pad_edge=False)
    for column in drawn.columns[1:]:
        column.justify = "right"
    for row in found.by_check:
        drawn.add_row(*(str(cell) if cell else "" for cell in row))
    return drawn
