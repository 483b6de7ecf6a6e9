"""The report: one HTML file with its pictures in it. No script, nothing loaded from anywhere."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from hooks.population.effect_report import of_site
from hooks.population.kinds import DIMENSIONS
from hooks.population.layout import PAGE, STYLE, figures, folded, named, note, section
from hooks.population.pictures import COLOURS, GREY, bars, columns, legend, shown, table
from hooks.population.results import Audited, Summary

_FIRST = 12  # rows of a table of checks that are not folded
_INDICATORS = tuple(COLOURS.items())


def write_report(summary: Summary, path: Path) -> None:
    """Write the report of a replay."""
    path.write_text(page(summary), encoding="utf-8")


def page(summary: Summary) -> str:
    """The report as HTML."""
    if summary.as_of:
        about = f"A snapshot of {summary.as_of}: every chart as if it were opened on that day (patient-view)."
    else:
        about = (
            "Every order of baclofen or a benzodiazepine, judged as of the moment it was written or stopped, with only "
            "what was known then (order-sign). Orders of the same moment are judged together."
        )
    parts = (
        _figures(summary),
        section("Cards by indicator", bars([(word, n, COLOURS[word]) for word, n in summary.cards_by_indicator])),
        *((section("What the site's file changes", of_site(summary, summary.effect)),) if summary.effect else ()),
        section("By check", _per_check(summary)),
        section("By month", _per_month(summary)),
        section("By kind of patient", _per_kind(summary)),
        section("The ten loudest situations", _situations(summary)),
        section("What would make it quieter", _quieter(summary)),
        *((section("What the service said itself", _audited(summary, summary.audited)),) if summary.audited else ()),
        section("Repeats", _repeats(summary)),
        section("What could not be checked, and why", _open(summary)),
        section("What was read", _read(summary)),
    )
    said = {
        "title": "What gabaguard would have said",
        "about": about,
        "knowledge": f"Judged with {summary.title}.",
        "reviewed": reviewed(summary),
    }
    return str(PAGE.format(style=STYLE, parts=Markup("").join(parts), **said))


def reviewed(summary: Summary) -> str:
    """How far clinicians have looked at the rules."""
    return reviews(summary.reviewed)


def reviews(reviewed: tuple[int, int]) -> str:
    """The same of the checks whose reviews hold, and of all."""
    holds, checks = reviewed
    if not holds:
        return "The rules have not been reviewed by a licensed clinician."
    return f"Reviews by clinicians hold for {holds} of {checks} checks (credentials as they state them, not verified)."


def _base(summary: Summary) -> str:
    return "100 orders" if summary.orders else "100 patients"


def _figures(summary: Summary) -> Markup:
    base = _base(summary)
    boxes = [
        (f"{summary.per_100(summary.cards)}", f"cards per {base}"),
        (f"{summary.per_100(summary.cards_of_findings)}", f"of them about findings, per {base}"),
        (f"{summary.per_100(summary.with_card)}", f"moments with a card per {base}"),
        (shown(summary.orders), "orders of baclofen or a benzodiazepine, stops included"),
        (shown(summary.moments), "moments judged"),
        (shown(summary.patients_judged), f"patients judged, of {shown(summary.read.get('patients', 0))}"),
    ]
    return figures(boxes)


def _per_check(summary: Summary) -> Markup:
    sums: dict[str, int] = {}
    for check, _, times, *_ in summary.per_check:
        sums[check] = sums.get(check, 0) + times
    names = summary.titles
    drawn = [
        (names.get(id, id), number, GREY) for id, number in sorted(sums.items(), key=lambda one: -one[1]) if number
    ]
    rows = [(named(row[0], names), *row[1:3], summary.per_100(row[2]), *row[3:]) for row in summary.per_check]
    heads = ("Check", "Indicator", "Shown", f"Per {_base(summary)}", "Not shown", "Patients")
    said = note("How often each check's finding was on a card. Findings of one topic share a card.")
    return said + bars(drawn[:25]) + folded("As a table", table(heads, rows))


def _per_month(summary: Summary) -> Markup:
    drawn = [
        (row[0], tuple((COLOURS[word], number) for word, number in zip(COLOURS, row[4:], strict=True)))
        for row in summary.per_month[-36:]
    ]
    rows = [(*row[:4], round(100 * row[3] / (row[1] or row[2] or 1), 1), *row[4:]) for row in summary.per_month]
    heads = ("Month", "Orders", "Moments", "Cards", f"Cards per {_base(summary)}", "Critical", "Warning", "Info")
    return legend(_INDICATORS) + columns(drawn) + folded("As a table", table(heads, rows))


def _per_kind(summary: Summary) -> Markup:
    names = {
        "drugs": "What was ordered",
        "age": "Age",
        "sex": "Sex",
        "kidney": "Kidney",
        "opioid": "Opioid",
        "pump": "Pump",
    }
    base = _base(summary)
    heads = ("", "Orders", "Moments", "Cards", f"Cards per {base}", "Moments with a critical card")
    parts = []
    for name in DIMENSIONS:
        rows = [
            (band, orders, moments, cards, round(100 * cards / (orders or moments or 1), 1), critical)
            for dimension, band, orders, moments, cards, critical in summary.per_kind
            if dimension == name
        ]
        drawn = bars([(row[0], row[4], GREY) for row in rows])
        inside = Markup("<h3>{}: cards per {}</h3>").format(names[name], base) + drawn
        parts.append(inside + folded("As a table", table(heads, rows)))
    said = note("As the patient stood at that moment, once the orders had taken effect.")
    return said + Markup("").join(parts)


def _situations(summary: Summary) -> Markup:
    rows = [(drugs, _each(checks, summary), *counts) for drugs, checks, *counts in summary.situations]
    return table(("Ordered", "Checks shown together", "Moments", "Cards"), rows)


def _each(checks: str, summary: Summary) -> Markup:
    """Several checks in one cell, a line each."""
    ids = checks.split(", ")
    return Markup("<br>").join(Markup("{}").format(summary.titles.get(id, id)) for id in ids)


def _quieter(summary: Summary) -> Markup:
    by = dict(summary.cards_by_indicator)
    rows = [
        (named(check, summary.titles), gone, shorter, round(100 * gone / summary.cards, 1) if summary.cards else 0.0)
        for check, gone, shorter in summary.quieter
        if gone or shorter
    ]
    kept = by.get("critical", 0) + by.get("warning", 0)
    said = note(
        f"Of {shown(summary.cards)} cards {shown(summary.cards - kept)} would go if information were not shown, and "
        f"{shown(summary.cards - by.get('critical', 0))} if only what is critical were. Silent, the service would show "
        "none and count all. One check at a time:"
    )
    heads = ("Check made silent", "Cards gone", "Cards shorter", "Gone, % of all")
    rest = (
        folded("Checks whose cards would go less often", table(heads, rows[_FIRST:])) if rows[_FIRST:] else Markup("")
    )
    return said + table(heads, rows[:_FIRST]) + rest


def _audited(summary: Summary, live: Audited) -> Markup:
    shown_here: dict[str, int] = {}
    for check, _, times, *_ in summary.per_check:
        shown_here[check] = shown_here.get(check, 0) + times
    rows = [(named(check, summary.titles), shown_here.get(check, 0), *counts) for check, *counts in live.by_check]
    said = note(
        f"From the audit store: {shown(live.calls)} calls, {shown(live.cards)} cards. Its rows hold no data of "
        "patients: they can be counted, not judged again. The calls need not be those of the patients above."
    )
    heads = ("Check", "Shown above", "Live: fired", "shown", "could not look", "cards accepted", "overridden")
    return said + table(heads, rows)


def _repeats(summary: Summary) -> Markup:
    rows = [(f"shown {times} times" if times > 1 else "shown once", pairs) for times, pairs in summary.repeats]
    said = note("How often the same check was shown for the same patient, at different moments.")
    drawn = bars([(label, pairs, GREY) for label, pairs in rows[:12]])
    return said + drawn + folded("As a table", table(("How often", "Pairs of patient and check"), rows))


def _open(summary: Summary) -> Markup:
    drawn = bars([(reason, number, GREY) for reason, number in summary.open_reasons])
    said = note(
        "The picture counts all questions left open, by reason. The table names those that were worth telling a "
        "prescriber, in moments. What the export holds none of for a patient is taken as none."
    )
    rows = [(named(check, summary.titles), reason, number) for check, reason, number in summary.open[:40]]
    return said + drawn + table(("Check", "Reason", "Moments"), rows)


_WORDS = {"people": "patients with an order of baclofen or a benzodiazepine", "used": "lines used"}


def _read(summary: Summary) -> Markup:
    rows = [(_WORDS.get(name, name), number) for name, number in sorted(summary.read.items())]
    rows += [(f"used: {name}", number) for name, number in summary.types.items()]
    rows += [(f"no check looks at: {name}", number) for name, number in summary.passed.items()]
    rows += [(f"not judged: {name}", number) for name, number in summary.left.items()]
    rows += [("moments that failed (a fault of ours)", summary.failed)]
    return table(("What", "How many"), rows)
