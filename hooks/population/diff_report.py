"""A comparison of two replays for people: at a terminal, and as one HTML file."""

from __future__ import annotations

from markupsafe import Markup
from rich.table import Table

from hooks.population.diff import CHANGES, Difference, Example
from hooks.population.edited_report import edit_lines, what_changed
from hooks.population.layout import PAGE, STYLE, figures, listed, named, note, section
from hooks.population.pictures import GREY, bars, shown, table
from hooks.population.report import reviews

_CARDS = {
    "cards gone": "cards with the check by A of which B shows no finding any more",
    "new cards": "cards with the check by B of which A showed no finding",
}
_NO_SUM = "one card may be about several checks and stands in the row of each: the rows do not add up"


def page(found: Difference) -> str:
    """The comparison as HTML."""
    parts = (
        _figures(found),
        _warning(found),
        section("What changed in the knowledge", what_changed(found)),
        section("Cards by indicator", table(("Indicator", "With A", "With B"), found.by_indicator)),
        section("By check", _by_check(found)),
        section("Examples", _examples(found)),
    )
    said = {
        "title": "Who gets a different card",
        "about": "The same orders of the same patients, judged twice: with A and with B.",
        "knowledge": Markup("<b>A</b>: {}<br><b>B</b>: {}").format(found.a, found.b),
        "reviewed": _reviewed(found),
    }
    return str(PAGE.format(style=STYLE, parts=Markup("").join(parts), **said))


def _figures(found: Difference) -> Markup:
    share = f"{100 * found.different / found.moments:.1f} %" if found.moments else "none"
    boxes = [
        (shown(found.different), f"moments with a different card, {share} of {shown(found.moments)}"),
        (shown(found.moved), "of them with a finding gained, lost, stronger or weaker"),
        (shown(found.different - found.moved), "of them where only the text differs"),
        (shown(found.patients), "patients they belong to"),
        (f"{shown(found.cards_a)} → {shown(found.cards_b)}", "cards, A → B"),
        _more(found.cards_b - found.cards_a),
    ]
    if found.only_a or found.only_b:
        boxes.append((f"{shown(found.only_a)} / {shown(found.only_b)}", "moments judged only by A / only by B"))
    return figures(boxes)


def _more(cards: int) -> tuple[str, str]:
    if not cards:
        return "0", "cards more or fewer"
    return shown(abs(cards)), "cards more with B" if cards > 0 else "cards fewer with B"


def _reviewed(found: Difference) -> str:
    told = [reviews(side) for side in found.reviewed]
    return told[0] if told[0] == told[1] else f"A: {told[0]} B: {told[1]}"


def _by_check(found: Difference) -> Markup:
    titles = found.titles
    drawn = bars([(titles.get(one.check, one.check), sum(one.changes.values()), GREY) for one in found.by_check[:25]])
    names = _met(found)
    rows = [
        (named(one.check, titles), *(one.changes[name] for name in names), one.cards_gone, one.cards_new, one.patients)
        for one in found.by_check
    ]
    heads = ("Check", *(name.capitalize() for name in names), "Cards gone", "New cards", "Patients")
    said = note(f"Moments at which something of a check changed; {_NO_SUM}.")
    return said + drawn + table(heads, rows) + listed(_explained(found).items())


def _warning(found: Difference) -> Markup:
    """What has to be seen before all else."""
    if not found.toned:
        return Markup("<p>{}</p>").format(_verdict(found))
    return Markup('<p class="mind"><b>Look at these first.</b> {}</p>').format(_verdict(found))


def _verdict(found: Difference) -> str:
    """What becomes of what is critical, and what is lost beside it."""
    if found.toned:
        return f"{_toned(found)}. Besides, {_softer(found)}."
    joined = "but" if found.softer else "and"
    return f"Whatever A shows as critical, B shows as critical, too, {joined} {_softer(found)}."


def _softer(found: Difference) -> str:
    """What is lost or weaker of what is less than critical."""
    done = {"lost": "lost", "weaker": "shown as less"}
    names = {"warning": ("warning", "warnings"), "info": ("note (info)", "notes (info)")}
    said = [
        f"{shown(number)} {names[indicator][number > 1]} of {_counted(patients, 'patient')} "
        f"{'are' if number > 1 else 'is'} {done[change]}"
        for indicator in names
        for change, level, number, patients in found.softer
        if level == indicator
    ]
    if not any(level == "warning" and change == "lost" for change, level, *_ in found.softer):
        said.insert(0, "no warning is lost")
    return " and ".join((", ".join(said[:-1]), said[-1])) if said[1:] else said[0]


def _counted(number: int, what: str) -> str:
    return f"{shown(number)} {what}{'' if number == 1 else 's'}"


def _toned(found: Difference) -> str:
    checks = ", ".join(f"{found.titles.get(one.check, one.check)} ({one.toned})" for one in found.by_check if one.toned)
    return f"At {_counted(found.toned, 'moment')} B hides what A shows as critical, or shows it as less: {checks}"


def _became(one: Example, found: Difference) -> Markup:
    """The change, and what changed together with it."""
    also = "; ".join(f"{found.titles.get(check, check)}: {change}" for check, change in one.also)
    if not also:
        return Markup("{}").format(one.change)
    return Markup("{}<br><small>with it {}</small>").format(one.change, also)


def _examples(found: Difference) -> Markup:
    rows = [
        (
            named(one.check, found.titles),
            _became(one, found),
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
    said = note(
        "Up to three per check and change, critical ones first, of different patients where there are. "
        f"Patients {who}; changes.csv has all of them."
    )
    heads = ("Check", "Change", "Patient", "Day", "Ordered", "Patient then", "With A", "With B")
    return said + table(heads, rows)


def lines(found: Difference) -> list[str]:
    """The main figures, one a line."""
    told = [
        f"A: {found.a}",
        f"B: {found.b}",
        *edit_lines(found),
        f"{found.different} of {found.moments} moments have a different card, of {found.patients} patients: "
        f"{found.moved} with a finding gained, lost, stronger or weaker, "
        f"{found.different - found.moved} where only the text differs",
        f"{found.cards_a} cards with A, {found.cards_b} with B: "
        + ", ".join(f"{name} {before} → {after}" for name, before, after in found.by_indicator),
        _verdict(found),
        _reviewed(found),
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
    return [*(f"{name}: {what}" for name, what in _explained(found).items()), _NO_SUM]


def _explained(found: Difference) -> dict[str, str]:
    return {**{name: CHANGES[name] for name in _met(found)}, **_CARDS}


def _met(found: Difference) -> list[str]:
    return [name for name in CHANGES if any(one.changes[name] for one in found.by_check)]
