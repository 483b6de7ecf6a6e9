"""What a site's file does to the answers, for people: as a section of the report, and at a terminal."""

from __future__ import annotations

from markupsafe import Markup

from hooks.population.effect import TABLE
from hooks.population.layout import figures, listed, named, note, sign
from hooks.population.pictures import GREY, bars, shown, table
from hooks.population.results import Effect, Summary
from hooks.population.rows import WITHOUT

Pair = tuple[int, int]
_BECAME = ("Hidden", "Lowered", "Raised", "Added", "Reads otherwise")


def of_site(summary: Summary, effect: Effect) -> Markup:
    """The section of the report."""
    return (
        _figures(summary, effect)
        + _warning(summary, effect)
        + _said(summary, effect)
        + _by_check(summary, effect)
        + note(
            f"Each change, by patient and moment: {TABLE}. What there would have been without the site's file is in "
            f"the folder {WITHOUT!r} beside this report."
        )
    )


def _figures(summary: Summary, effect: Effect) -> Markup:
    base = "100 orders" if summary.orders else "100 patients"
    per_100 = [f"{summary.per_100(number)}" for number in effect.cards]
    return figures(
        [
            (" → ".join(per_100), f"cards per {base}, without the site's file → with it"),
            (_change(effect.cards), f"cards: {_arrow(effect.cards)}"),
            (_change(effect.critical), f"critical cards: {_arrow(effect.critical)}"),
            (_change(effect.findings), f"findings shown: {_arrow(effect.findings)}"),
            (shown(effect.emptied), "moments that had a card and have none any more"),
            (shown(effect.patients), "patients with at least one different card"),
        ]
    )


def _change(pair: Pair) -> str:
    return sign(pair[1] - pair[0])


def _arrow(pair: Pair) -> str:
    return " → ".join(map(shown, pair))


def _warning(summary: Summary, effect: Effect) -> Markup:
    """What a committee has to see before all else."""
    if not effect.toned:
        return note("No critical finding is hidden or lowered by the site's file in these patients.")
    checks = ", ".join(f"{summary.titles.get(row[0], row[0])} ({shown(row[9])})" for row in effect.by_check if row[9])
    told = (
        f"At {shown(effect.toned)} moments a finding that is critical without the site's file is hidden, or shown as "
        f"less, with it: {checks}."
    )
    return Markup('<p class="mind"><b>Look at these first.</b> {}</p>').format(told)


def _said(summary: Summary, effect: Effect) -> Markup:
    rows = [(named(check, summary.titles), what, why) for check, what, why in effect.deviations]
    remarks = listed([(told,) for told in effect.remarks]) if effect.remarks else Markup("")
    return Markup("<h3>What the file says</h3>") + table(("Check", "Here", "Why"), rows) + remarks


def _by_check(summary: Summary, effect: Effect) -> Markup:
    names = summary.titles
    here = {check: what for check, what, _ in effect.deviations}
    rows = [(named(row[0], names), here.get(row[0], "–"), *row[1:9]) for row in effect.by_check]
    drawn = bars([(names.get(row[0], row[0]), row[1] + row[2], GREY) for row in effect.by_check if row[1] + row[2]])
    heads = ("Check", "Here", *_BECAME, "Cards gone", "New cards", "Patients")
    said = note(
        "Moments at which the finding of a check is hidden, or shown with another indicator. A card goes when none of "
        "its findings is shown any more; several checks may have been on it. A check that the file does not name can "
        "change beside one that it does: some are shown only where nothing stronger is, and five cards are the most."
    )
    return Markup("<h3>What becomes of the findings</h3>") + said + drawn + table(heads, rows)


def lines(summary: Summary, effect: Effect) -> list[str]:
    """The main figures, one a line."""
    without, here = (summary.per_100(number) for number in effect.cards)
    base = "100 orders" if summary.orders else "100 patients"
    told = [
        f"With {summary.site}: {here} cards per {base}; without it {without}",
        f"findings shown {_plain(effect.findings)}, cards {_plain(effect.cards)}, critical {_plain(effect.critical)}; "
        f"{effect.emptied} moments have no card any more",
    ]
    if effect.toned:
        told.append(f"CRITICAL findings hidden or lowered at {effect.toned} moments: look at these first ({TABLE})")
    return told + effect.remarks


def _plain(pair: Pair) -> str:
    return f"{pair[0]} -> {pair[1]}"
