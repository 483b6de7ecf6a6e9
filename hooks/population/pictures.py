"""Tables and bar charts as HTML and SVG: no script, and every number is text, so that nothing rests on colour."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

COLOURS = {"critical": "#a4161a", "warning": "#b45309", "info": "#1d4ed8"}
GREY = "#4b5563"
NONE = Markup("<p>None.</p>")
_RIGHT = Markup(' class="n"')
_ZERO = Markup(' class="n zero"')  # in a wide table only noise
_LABEL, _LONG, _ROW = 330, 470, 24  # widths of labels and of the longest bar, height of a row
_HIGH, _WIDE, _EDGE = 180, 880, 14  # of a chart over time


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Markup:
    """A table; numbers stand to the right."""
    if not rows:
        return NONE
    right = [_RIGHT if not isinstance(cell, str) else Markup("") for cell in rows[0]]
    head = Markup("").join(Markup("<th{}>{}</th>").format(*pair) for pair in zip(right, heads, strict=True))
    lines = (
        Markup("").join(
            Markup("<td{}>{}</td>").format(at if cell != 0 else _ZERO, cell)
            for at, cell in zip(right, row, strict=True)
        )
        for row in rows
    )
    body = Markup("").join(Markup("<tr>{}</tr>").format(line) for line in lines)
    return Markup('<div class="wide"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>').format(
        head, body
    )


def bars(rows: Sequence[tuple[str, float, str]]) -> Markup:
    """Horizontal bars: label, number, colour."""
    if not rows:
        return NONE
    most = max(number for _, number, _ in rows) or 1
    drawn = Markup("").join(_bar(at, row, most) for at, row in enumerate(rows))
    said = ", ".join(f"{label} {shown(number)}" for label, number, _ in rows)
    return _svg(said, _LABEL + _LONG + 80, len(rows) * _ROW + 4, drawn)


def _bar(at: int, row: tuple[str, float, str], most: float) -> Markup:
    label, number, colour = row
    long = max(1, round(_LONG * number / most)) if number else 0
    return Markup(
        '<text x="{right}" y="{y}" text-anchor="end">{label}</text>'
        '<rect x="{left}" y="{top}" width="{long}" height="16" rx="2" fill="{colour}"/>'
        '<text x="{end}" y="{y}">{number}</text>'
    ).format(
        right=_LABEL - 10,
        left=_LABEL,
        y=at * _ROW + 16,
        top=at * _ROW + 3,
        long=long,
        end=_LABEL + long + 6,
        label=label if len(label) < 46 else label[:44] + "…",
        number=shown(number),
        colour=colour,
    )


def columns(rows: Sequence[tuple[str, Sequence[tuple[str, int]]]]) -> Markup:
    """Columns over time, each in coloured pieces (colour, number); the sum stands above."""
    if not rows:
        return NONE
    most = max(sum(number for _, number in pieces) for _, pieces in rows) or 1
    step = min(70, (_WIDE - 2 * _EDGE) // len(rows))
    every = -(-34 // step)  # labels need some room
    drawn = Markup("").join(
        _column(_EDGE + at * step, step, month, pieces, most, labelled=at % every == 0)
        for at, (month, pieces) in enumerate(rows)
    )
    said = ", ".join(f"{month} {sum(number for _, number in pieces)}" for month, pieces in rows)
    return _svg(said, _WIDE, _HIGH + 66, drawn)


def _column(
    left: int, step: int, month: str, pieces: Sequence[tuple[str, int]], most: int, *, labelled: bool
) -> Markup:
    parts: list[Markup] = []
    top, whole = _HIGH + 20.0, sum(number for _, number in pieces)
    for colour, number in pieces:
        high = _HIGH * number / most
        top -= high
        if high > 0:
            parts.append(
                Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}"/>').format(
                    left + 2, round(top, 1), step - 4, round(high, 1), colour
                )
            )
    middle = left + step // 2
    if labelled:
        said = Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>')
        year, _, part = month.partition("-")
        parts.append(said.format(middle, round(top - 4), whole))
        parts += [said.format(middle, _HIGH + 38, part), said.format(middle, _HIGH + 56, year)]
    return Markup("").join(parts)


def legend(pieces: Sequence[tuple[str, str]]) -> Markup:
    """Which colour means what: word, colour."""
    return Markup('<p class="note legend">{}</p>').format(
        Markup("").join(Markup('<span style="color:{}">■</span> {} ').format(colour, word) for word, colour in pieces)
    )


def _svg(said: str, width: int, height: int, drawn: Markup) -> Markup:
    return Markup('<svg role="img" aria-label="{}" viewBox="0 0 {w} {h}" width="{w}">{}</svg>').format(
        said, drawn, w=width, h=height
    )


def shown(number: float) -> str:
    """As people write it: 1,234."""
    return f"{number:,}"
