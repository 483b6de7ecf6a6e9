"""The frame of a page, and the parts that pages share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from markupsafe import Markup

STYLE = Markup("""
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:62rem;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.6rem;margin-bottom:.3rem}
h2{font-size:1.2rem;margin-top:2.4rem;border-top:1px solid #ddd;padding-top:1rem}
h3{font-size:1rem;margin:1.4rem 0 .3rem}table{border-collapse:collapse;width:100%;margin:.8rem 0}
th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}
th{font-size:.9rem;color:#444}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.wide{overflow-x:auto}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:1rem;margin:1.2rem 0}
.figures div{border:1px solid #ddd;border-radius:6px;padding:.6rem .8rem;font-size:.92rem}
.figures b{display:block;font-size:1.7rem;line-height:1.3}
svg{display:block;max-width:100%;height:auto}svg text{font:13px system-ui,sans-serif;fill:#1a1a1a}
.note{color:#444}
td.zero,td small{color:#767676}
.mind{border-left:5px solid #a4161a;background:#fdf0f0;padding:.5rem .8rem;margin:1rem 0}
.legend span{margin-left:.6rem}details summary{cursor:pointer;color:#444}
""")
PAGE = Markup("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title><style>{style}</style></head><body><h1>{title}</h1>
<p class="note">{about}</p><p class="note">{knowledge}</p>{parts}
<p class="note">{reviewed}</p></body></html>
""")


def figures(boxes: list[tuple[str, str]]) -> Markup:
    """Large numbers, each with what it counts."""
    inside = Markup("").join(Markup("<div><b>{}</b>{}</div>").format(*pair) for pair in boxes)
    return Markup('<div class="figures">{}</div>').format(inside)


def section(title: str, inside: Markup) -> Markup:
    """A part of the page."""
    return Markup("<h2>{}</h2>{}").format(title, inside)


def note(text: str) -> Markup:
    """A sentence of explanation."""
    return Markup('<p class="note">{}</p>').format(text)


def listed(items: Iterable[tuple[str, ...]]) -> Markup:
    """A list; of two words the first is the one that is explained."""
    lines = (
        Markup("<li>{}</li>").format(one[0]) if len(one) == 1 else Markup("<li><b>{}</b>: {}</li>").format(*one)
        for one in items
    )
    return Markup('<ul class="note">{}</ul>').format(Markup("").join(lines))


def named(check: str, titles: Mapping[str, str]) -> Markup:
    """A check in a table: its title, and below it the id under which it stands in files."""
    if check not in titles:
        return Markup("{}").format(check)
    return Markup("{}<br><small>{}</small>").format(titles[check], check)


def folded(title: str, inside: Markup) -> Markup:
    """What is read only by those who open it."""
    return Markup("<details><summary>{}</summary>{}</details>").format(title, inside)


def sign(number: int) -> str:
    """A difference as people write it: +3, −1,200, 0."""
    return f"{number:+,}".replace("-", "\u2212") if number else "0"
