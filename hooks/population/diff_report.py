"""A comparison of two replays for people: at a terminal, and as one HTML file."""

from __future__ import annotations

from markupsafe import Markup
from rich.table import Table

from hooks.population.diff import CHANGES, Difference
from hooks.population.layout import PAGE, STYLE, figures, listed, named, note, section, sign
from hooks.population.pictures import GREY, bars, shown, table


def page(found: Difference) -> str:
    """The comparison as HTML."""
    parts = (
        _figures(found),
        _warning(found),
        section("By check", _by_check(found)),
        section("Examples", _examples(found)),
    )
    said = {
        "title": "Who gets a different card",
        "about": "The same orders of the same patients, judged twice: with A and with B.",
        "knowledge": Markup("<b>A</b>: {}<br><b>B</b>: {}").format(found.a, found.b),
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
    titles = found.titles
    drawn = bars([(titles.get(one.check, one.check), sum(one.changes.values()), GREY) for one in found.by_check[:25]])
    names = _met(found)
    rows = [
        (named(one.check, titles), *(one.changes[name] for name in names), one.cards_gone, one.cards_new, one.patients)
        for one in found.by_check
    ]
    heads = ("Check", *(name.capitalize() for name in names), "Cards gone", "New cards", "Patients")
    said = note(
        "Moments at which something of a check changed. A card is gone when B shows none of its findings any more, and "
        "new when A showed none of them."
    )
    return said + drawn + table(heads, rows) + listed((name, CHANGES[name]) for name in names)


def _warning(found: Difference) -> Markup:
    """What has to be seen before all else."""
    if not found.toned:
        return note("Whatever A shows as critical, B shows as critical, too.")
    return Markup('<p class="mind"><b>Look at these first.</b> {}.</p>').format(_toned(found))


def _toned(found: Difference) -> str:
    checks = ", ".join(f"{found.titles.get(one.check, one.check)} ({one.toned})" for one in found.by_check if one.toned)
    return f"At {shown(found.toned)} moments B hides what A shows as critical, or shows it as less: {checks}"


def _examples(found: Difference) -> Markup:
    rows = [
        (
            named(one.check, found.titles),
            one.change,
            one.patient if found.named else one.patient[:8],
            one.as_of.replace("-", "\u2011"),  # which does not break
            one.ordered,
            one.kind,
            one.before or "–",
            one.after or "–",
        )
        for one in found.examples
    ]
    who = "by their id" if found.named else "by the beginning of their keyed hash"
    said = note(f"Up to three per check and change, critical ones first. Patients {who}; changes.csv has all of them.")
    heads = ("Check", "Change", "Patient", "Day", "Ordered", "Patient then", "With A", "With B")
    return said + table(heads, rows)


def lines(found: Difference) -> list[str]:
    """The main figures, one a line."""
    told = [
        f"A: {found.a}",
        f"B: {found.b}",
        f"{found.different} of {found.moments} moments have a different card, of {found.patients} patients",
        f"{found.cards_a} cards with A, {found.cards_b} with B",
        *((_toned(found),) if found.toned else ()),
    ]
    if found.only_a or found.only_b:
        told.append(f"judged only by A: {found.only_a} moments; only by B: {found.only_b}")
    return told


def by_check(found: Difference) -> Table:
    """The checks that changed, for a terminal: the changes there are, which ``legend`` explains."""
    names = _met(found)
    drawn = Table(box=None, pad_edge=False)
    drawn.add_column("check", no_wrap=True)
    for name in (*names, "cards gone", "new cards", "patients"):
        drawn.add_column(name, justify="right")
    for one in found.by_check:
        counts = (*(one.changes[name] for name in names), one.cards_gone, one.cards_new, one.patients)
        drawn.add_row(one.check, *(str(number) if number else "" for number in counts))
    return drawn


def legend(found: Difference) -> list[str]:
    """What the columns mean, one a line."""
    return [f"{name}: {CHANGES[name]}" for name in _met(found)]


def _met(found: Difference) -> list[str]:
    return [name for name in CHANGES if any(one.changes[name] for one in found.by_check)]
