"""The routes of the taper planner: what can be asked (GET), and a plan (POST). Nothing about a patient is named."""

from __future__ import annotations

import orjson
from flask import Flask, Response, request

from hooks.body import check_text
from hooks.errors import refused
from hooks.knowledge.current import engine

PATH = "/taper"
MAX_BODY = 65_536  # bytes; a question is a few hundred
_JSON = ("application/json", "")


def add_taper(app: Flask) -> None:
    """Register the routes. The planner is loaded when it is first asked: no start of the service waits for it."""

    @app.get(PATH)
    def taper_choices() -> Response:
        from hooks.taper import choices

        return _json(choices(engine().knowledge))

    @app.post(PATH)
    def taper_plan() -> Response:
        from hooks.taper import answer

        return _json(answer(_question(), engine().knowledge, engine().today()))


def _question() -> object:
    """The body as JSON. Raises ``Refused``."""
    if request.mimetype not in _JSON:
        raise refused(415, "", "the Content-Type is not JSON", "Send application/json", "not-supported")
    if (request.content_length or 0) > MAX_BODY:
        raise refused(413, "", "the body is too large", "Send only what the schema asks for", "too-long")
    body = request.get_data()
    if len(body) > MAX_BODY:
        raise refused(413, "", "the body is too large", "Send only what the schema asks for", "too-long")
    check_text(body)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise refused(400, "", "the body is not JSON", "Send an object as the schema says", "structure") from None


def _json(document: object) -> Response:
    return Response(orjson.dumps(document), mimetype="application/json")
