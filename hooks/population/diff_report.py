"""A comparison of two replays for people: at a terminal, and as one HTML file."""

from __future__ import annotations

from markupsafe import Markup
from rich.table import Table

from hooks.population.diff import CHANGES, Difference
from hooks.population.layout import PAGE, STYLE, figures, listed, note, section, sign
from hooks.population.pictures import GREY, bars, shown, table


def page(found: Difference) -> str:
    """The comparison as HTML."""
    parts = (_figures(found), section("By check", _by_check(found)), section("Examples", _examples(found)))
    said = {
        "title": "Who gets a different card",
        "about": "The same orders of the same patients, judged twice.",
        "knowledge": f"A: {found.a}. B: {found.b}.",
        "reviewed": "What gabaguard advises has to be approved where it is used; see each replay's own report.",
    }
    return str(PAGE.format(style=STYLE, parts=Markup("").join(parts), **said))


def _figures(found: Difference) -> Markup:
    share = f"{100 * found.different / found.moments:.1f} %" if found.moments else "none"
    boxes = [
        (shown(found.different), f"moments with a different card, {share} of {shown(found.moments)}"),
        (shown(found.patients), "patients they belong to"),
        (f"{shown(found.cards_a)} → {shown(found.cards_b)}", "cards, A → B"),
        (sign(found.cards_b - found.cards_a), "cards more or fewer"),
    ]
    if found.only_a or found.only_b:
        boxes.append((f"{shown(found.only_a)} / {shown(found.only_b)}", "moments judged only by A / only by B"))
    return figures(boxes)


def _by_check(found: Difference) -> Markup:
    drawn = bars([(one.check, sum(one.changes.values()), GREY) for one in found.by_check[:25]])
    rows = [(one.check, *one.changes.values(), one.cards_gone, one.cards_new, one.patients) for one in found.by_check]
    heads = ("Check", *(name.capitalize() for name in CHANGES), "Cards gone", "New cards", "Patients")
    said = note("Moments at which something of a check changed.")
    return said + drawn + table(heads, rows) + listed(tuple(CHANGES.items()))


def _examples(found: Difference) -> Markup:
    rows = [
        (
            one.check,
            one.change,
            one.patient if found.named else one.patient[:8],
            one.as_of,
            one.ordered,
            one.kind,
            one.before or "–",
            one.after or "–",
        )
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
    heads = (*CHANGES, "cards gone", "new cards", "patients")
    drawn = Table("check", *heads, box=None, pad_edge=False)
    for column in drawn.columns[1:]:
        column.justify = "right"
    for one in found.by_check:
        counts = (*one.changes.values(), one.cards_gone, one.cards_new, one.patients)
        drawn.add_row(one.check, *(str(number) if number else "" for number in counts))
    return drawn
