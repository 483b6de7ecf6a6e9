"""An answer as a prescriber would see it in an EHR: cards as HTML, and the pictures beside them.

The words of cards hold text from the request. They are Markdown without raw HTML, rendered by markdown-it and then
cleaned by nh3, links and images left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import nh3
from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from hooks.engine import Engine
from hooks.respond import Answer
from hooks.sandbox.pictures import HEIGHT, WIDTH, depressants, egfr_picture, sequence_of, steps_picture
from hooks.taper import answer as taper_answer

_TAGS = {"p", "strong", "em", "ul", "ol", "li", "br", "code", "table", "thead", "tbody", "tr", "th", "td"}


@lru_cache(maxsize=1)
def pages() -> Environment:
    """The templates."""
    found = Environment(loader=PackageLoader("hooks.sandbox"), autoescape=True, undefined=StrictUndefined)
    found.filters["rendered"] = rendered
    return found


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def rendered(text: str) -> Markup:
    """Markdown as HTML that can do nothing."""
    return Markup(nh3.clean(_markdown().render(text), tags=_TAGS, attributes={}))  # noqa: S704  # cleaned one call before


def shown(answer: Answer, body: Mapping[str, Any], engine: Engine) -> str:
    """The cards and pictures of one answer as a fragment of HTML."""
    judged = answer.judged
    cards = [dict(card) | {"suggestions": _suggestions(card)} for card in body.get("cards", ())]
    return (
        pages()
        .get_template("cards.html")
        .render(
            cards=cards,
            report=body.get("extension", {}).get("org.gabaguard.report", {}),
            refusal=body if answer.status != 200 else None,
            status=answer.status,
            egfr=egfr_picture(judged.case) if judged is not None else None,
            depressants=depressants(judged.case, engine.knowledge) if judged is not None else [],
            width=WIDTH,
            height=HEIGHT,
        )
    )


def taper_shown(question: Mapping[str, Any], engine: Engine) -> str:
    """A taper as a picture and a table. Raises ``Refused`` as the planner does."""
    planned = taper_answer(question, engine.knowledge, engine.today())
    plans = [
        (plan, steps_picture([(one["dose"], one["days"]) for one in plan["steps"]], "mg")) for plan in planned["plans"]
    ]
    return pages().get_template("taper.html").render(plans=plans, review=planned["review"], width=WIDTH, height=HEIGHT)


def _suggestions(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The suggestions of a card, each with a picture when it writes a dose in steps."""
    found = []
    for suggestion in card.get("suggestions", ()):
        resources = [one["resource"] for one in suggestion.get("actions", ()) if isinstance(one.get("resource"), dict)]
        drawn = (steps_picture(sequence_of(resource), "mg") for resource in resources)
        picture = next((one for one in drawn if one is not None), None)
        found.append(dict(suggestion) | {"picture": picture})
    return found
