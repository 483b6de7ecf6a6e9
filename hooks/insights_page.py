"""The page of insights: tables, and bars drawn as SVG. Nothing of a patient, no script, nothing inline.

It tells how a hospital prescribes. With trust a token is needed, and a client sees its own calls; without, the page is
there on loopback only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from flask import Flask, Response, g, request
from jinja2 import Environment, PackageLoader, StrictUndefined

from hooks.audit import Audit
from hooks.errors import refused
from hooks.insights import Insights, busiest, insights_of, listed
from hooks.knowledge.current import engine

_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_MOST_BARS = 15


@lru_cache(maxsize=1)
def _template() -> Environment:
    return Environment(loader=PackageLoader("hooks.sandbox"), autoescape=True, undefined=StrictUndefined)


def page(found: Insights, version: str) -> str:
    """The whole page."""
    return (
        _template()
        .get_template("insights.html")
        .render(found=found, version=version, busiest=busiest, listed=listed, most=_MOST_BARS)
    )


def add_insights(app: Flask, memory: Audit | None, or_503: Callable[[Callable[[], Insights]], Insights]) -> None:
    """Register the page. ``or_503`` answers when the database is away."""

    @app.get("/insights")
    def insights() -> Response:
        if memory is None:
            raise refused(404, "", "nothing is kept here", "See GABAGUARD_DATABASE_URL", "not-supported")
        settings, knowledge = engine().settings, engine().knowledge
        if g.caller is None and not (settings.loopback and _is_near(request.remote_addr)):
            raise refused(403, "", "this is shown on loopback only", "Use gabaguard insights there", "forbidden")
        client = g.caller.client_id if g.caller is not None else None
        found = or_503(lambda: insights_of(memory.store, knowledge.overrides, client=client))
        response = Response(page(found, knowledge.version), mimetype="text/html")
        response.headers["Content-Security-Policy"] = _POLICY
        return response


def _is_near(address: str | None) -> bool:
    return address in ("127.0.0.1", "::1", "::ffff:127.0.0.1", None, "")
