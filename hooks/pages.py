"""Plain pages, so that the links on cards lead somewhere: what this is, and the evidence of each check.

Everything shown is our own knowledge, escaped by Jinja; nothing of a request is ever shown.
"""

from __future__ import annotations

from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from cds.knowledge.model import Check, Knowledge, Side

_FRAME = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }} · gabaguard</title></head>
<body>
<main>
<h1>{{ title }}</h1>
{% block main %}{% endblock %}
</main>
<footer><p>gabaguard, knowledge {{ version }}. Advice for clinicians; it does not replace their judgement.
No rule has been reviewed by a licensed clinician unless its page says so.</p></footer>
</body>
</html>
"""

_CHECK = """{% extends "frame" %}{% block main %}
<p><strong>{{ check.question }}</strong></p>
<p>{{ check.why_it_matters }}</p>
<h2>Review</h2>
<p>{{ check.clinical_review }}. Owner: {{ check.owner }}. Written {{ check.created }}, changed {{ check.changed }}.
Basis: {{ check.basis }}.</p>
{% if check.numbers %}<h2>Numbers</h2>
<table>
<tr><th>Name</th><th>Value</th><th>Basis</th><th>Meaning</th><th>Sources</th></tr>
{% for name, item in check.numbers.items() %}<tr><td>{{ name }}</td>
<td>{{ "%g"|format(item.value) }} {{ item.unit }}</td><td>{{ item.basis }}</td>
<td>{{ item.meaning }}</td><td>{{ item.evidence|join(", ") }}</td></tr>
{% endfor %}</table>{% endif %}
<h2>How urgent</h2>
<p>{{ check.levels.base.name|lower }} as a rule.</p>
<ul>{% for shift in check.levels.raised %}
<li>Raised to {{ shift.to.name|lower }}: {{ words(shift) }}</li>{% endfor %}{% for shift in check.levels.lowered %}
<li>Lowered to {{ shift.to.name|lower }}: {{ words(shift) }}</li>{% endfor %}{% if check.levels.renewal is not none %}
<li>An unchanged renewal: {{ check.levels.renewal.name|lower }}</li>{% endif %}
</ul>
<h2>What a card says</h2>
{% for name, item in check.wording.items() %}<p><em>{{ item.headline }}</em></p>
<p>{{ item.why }}</p><p>{{ item.do }}</p>
{% endfor %}
<h2>Where it applies</h2>
<p>Hooks: {{ check.hooks|join(", ") }}. Data: {{ check.asks|join(", ") }}.
{% for side in sides %}{{ side }} {% endfor %}</p>
<h2>Reasons to go on</h2>
<ul>{% for code in check.overrides %}<li>{{ knowledge.overrides[code].display }}</li>{% endfor %}</ul>
<h2>Sources</h2>
<ul>{% for id in check.evidence %}{% set source = knowledge.evidence[id] %}
<li><strong>{{ id }}</strong>: {{ source.citation }} (seen: {{ source.seen }}){% if source.url %}
<a href="{{ source.url }}" rel="noreferrer">source</a>{% endif %}</li>{% endfor %}
</ul>
{% endblock %}"""

_NOT_CHECKED = """{% extends "frame" %}{% block main %}
<p>A card that says "not checked" means: a question about this order could not be answered, because something was not
sent, could not be read, is too old, or belongs to somebody else. No card would have looked as if all were well.</p>
<p>Supply what the card names, or judge it yourself.</p>
{% endblock %}"""

_pages = Environment(
    loader=DictLoader({"frame": _FRAME, "check": _CHECK, "not-checked": _NOT_CHECKED}),
    autoescape=True,
    undefined=StrictUndefined,
)


def evidence_page(check: Check, knowledge: Knowledge) -> str:
    """One check: its question, numbers, words, sources and review status."""

    def words(shift: Any) -> str:
        items = [knowledge.facts[id].words for id in (*shift.any, *shift.all)]
        return (" and " if shift.all else " or ").join(items)

    sides = [text for side in (check.applies_to, check.one, check.other) if (text := _side(side))]
    return _page("check", check.title, knowledge, check=check, knowledge=knowledge, words=words, sides=sides)


def not_checked_page(knowledge: Knowledge) -> str:
    """What a "not checked" card means."""
    return _page("not-checked", "What could not be checked", knowledge)


def _page(name: str, title: str, known: Knowledge, **values: Any) -> str:
    return _pages.get_template(name).render(title=title, version=known.version, **values)


def _side(side: Side) -> str:
    names = [*side.classes, *side.ingredients]
    return f"Drugs: {', '.join(names)}." if names else ""
