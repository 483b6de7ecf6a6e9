"""The report: one HTML file with its pictures in it. No script, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup, escape

from hooks.population.results import Summary

_COLOURS = {"critical": "#a4161a", "warning": "#b45309", "info": "#1d4ed8"}
_STYLE = Markup("""
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:62rem;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #ccc;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.figures{display:flex;flex-wrap:wrap;gap:1.5rem}
.figures div{min-width:8rem}.figures b{display:block;font-size:1.7rem;line-height:1.2}
svg{display:block;max-width:100%;height:auto}svg text{font:13px system-ui,sans-serif;fill:#1a1a1a}.note{color:#444}
""")
_PAGE = Markup("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>gabaguard replay</title><style>{style}</style></head><body><h1>What gabaguard would have said</h1>
<p class="note">{about}</p>{parts}
<p class="note">The rules have not been reviewed by a licensed clinician. Knowledge {knowledge}.</p></body></html>
""")


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
        _section("Findings by indicator", _bars([(word, n, _COLOURS[word]) for word, n in summary.per_indicator])),
        _section("By check", _per_check(summary)),
        _section("By month", _per_month(summary)),
        _section("The ten loudest situations", _situations(summary)),
        _section("Repeats", _repeats(summary)),
        _section("What could not be checked, and why", _open(summary)),
        _section("What was read", _read(summary)),
    )
    return str(_PAGE.format(style=_STYLE, about=about, parts=Markup("").join(parts), knowledge=summary.knowledge))


def _figures(summary: Summary) -> Markup:
    base = "100 orders" if summary.orders else "100 patients"
    shown = [
        (f"{summary.per_100(summary.cards)}", f"cards per {base}"),
        (f"{summary.per_100(summary.cards_of_findings)}", f"of them about findings, per {base}"),
        (f"{summary.per_100(summary.with_card)}", f"moments with a card per {base}"),
        (f"{summary.orders}", "orders of ours, stops included"),
        (f"{summary.moments}", "moments judged"),
        (f"{summary.patients_judged}", f"patients judged, of {summary.read.get('patients', 0)}"),
    ]
    boxes = Markup("").join(Markup("<div><b>{}</b>{}</div>").format(*pair) for pair in shown)
    return Markup('<div class="figures">{}</div>').format(boxes)


def _section(title: str, inside: Markup) -> Markup:
    return Markup("<h2>{}</h2>{}").format(title, inside)


_NONE = Markup("<p>None.</p>")


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Markup:
    """A table; numbers stand to the right."""
    if not rows:
        return _NONE
    numbers = [not isinstance(cell, str) for cell in rows[0]]
    head = Markup("").join(
        Markup("<th{}>{}</th>").format(_RIGHT if right else "", text)
        for text, right in zip(heads, numbers, strict=True)
    )
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup("<td{}>{}</td>").format(_RIGHT if right else "", cell)
                for cell, right in zip(row, numbers, strict=True)
            )
        )
        for row in rows
    )
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, body)


_RIGHT = Markup(' class="n"')


def _bars(bars: Sequence[tuple[str, int, str]]) -> Markup:
    """Horizontal bars with their numbers. The numbers are text, so that nothing rests on colour."""
    if not bars:
        return _NONE
    most = max(number for _, number, _ in bars) or 1
    drawn = Markup("").join(
        Markup(
            '<text x="0" y="{y}">{label}</text><rect x="250" y="{top}" width="{width}" height="16" fill="{colour}"/>'
            '<text x="{end}" y="{y}">{number}</text>'
        ).format(
            y=at * 24 + 16,
            top=at * 24 + 3,
            width=max(1, round(560 * number / most)),
            end=258 + round(560 * number / most),
            label=label,
            number=number,
            colour=colour,
        )
        for at, (label, number, colour) in enumerate(bars)
    )
    said = escape(", ".join(f"{label} {number}" for label, number, _ in bars))
    return Markup('<svg role="img" aria-label="{}" viewBox="0 0 880 {}" width="880">{}</svg>').format(
        said, len(bars) * 24 + 4, drawn
    )


def _per_check(summary: Summary) -> Markup:
    sums: dict[str, int] = {}
    for check, _, shown, *_ in summary.per_check:
        sums[check] = sums.get(check, 0) + shown
    bars = [(check, number, "#374151") for check, number in sorted(sums.items(), key=lambda one: -one[1]) if number]
    rows = [(*row[:3], summary.per_100(row[2]), *row[3:]) for row in summary.per_check]
    heads = ("Check", "Indicator", "Shown", "Per 100", "Not shown", "Patients")
    return _bars(bars[:25]) + _table(heads, rows)


def _per_month(summary: Summary) -> Markup:
    rows = [
        (month, orders, moments, cards, round(100 * cards / (orders or moments or 1), 1))
        for month, orders, moments, cards in summary.per_month
    ]
    bars = [(month, cards, "#374151") for month, _, _, cards, _ in rows]
    return _bars(bars[-36:]) + _table(("Month", "Orders", "Moments", "Cards", "Cards per 100"), rows)


def _situations(summary: Summary) -> Markup:
    return _table(("Ordered", "Checks shown together", "Moments", "Cards"), summary.situations)


def _repeats(summary: Summary) -> Markup:
    rows = [(f"shown {times} times" if times > 1 else "shown once", pairs) for times, pairs in summary.repeats]
    said = Markup('<p class="note">How often the same check was shown for the same patient, at different moments.</p>')
    return said + _table(("How often", "Patients and checks"), rows)


def _open(summary: Summary) -> Markup:
    bars = [(reason, number, "#374151") for reason, number in summary.open_reasons]
    said = Markup(
        '<p class="note">The picture counts all questions left open, by reason. The table names those that were worth '
        "telling a prescriber, in moments. What the export holds none of for a patient is taken as none.</p>"
    )
    return said + _bars(bars) + _table(("Check", "Reason", "Moments"), summary.open[:40])


def _read(summary: Summary) -> Markup:
    rows = [(name, number) for name, number in summary.read.items()]
    rows += [(f"used: {name}", number) for name, number in summary.types.items()]
    rows += [(f"no check looks at: {name}", number) for name, number in summary.passed.items()]
    rows += [(f"not judged: {name}", number) for name, number in summary.left.items()]
    rows += [("moments that failed (a fault of ours)", summary.failed)]
    return _table(("What", "How many"), rows)
