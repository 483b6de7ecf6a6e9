"""The sandbox page: choose a patient, write an order, see the call and its cards, accept a suggestion.

The page makes real calls of the real services; what is served here only writes the request and shows the answer.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import orjson
from flask import Flask, Response, request

from hooks.engine import Engine
from hooks.errors import refused
from hooks.knowledge.current import engine
from hooks.respond import respond
from hooks.sandbox.compose import request_for
from hooks.sandbox.drugs import DrugSearch
from hooks.sandbox.people import RELEASES, Order, people
from hooks.services import catalogue, service_for_hook

_STATIC = Path(__file__).parent / "static"
_FILES = {
    "evidence.css": "text/css",
    "sandbox.js": "text/javascript",
    "sandbox.css": "text/css",
    "icon.svg": "image/svg+xml",
}
# One script and one style sheet of our own; nothing from elsewhere, nothing inline.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class _Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """What the page asks to be written."""

    patient: str
    hook: str
    release: str
    order: Order


class Sandbox:
    """What the routes share, made when first asked for."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @cached_property
    def drugs(self) -> DrugSearch:
        """The search for medicines."""
        return DrugSearch(self.engine.knowledge)

    @cached_property
    def page(self) -> str:
        """The page: the same for everybody."""
        from hooks.sandbox.show import pages

        hooks = list(dict.fromkeys(service.hook for service in catalogue().values()))
        return (
            pages()
            .get_template("sandbox.html")
            .render(
                people=list(people().values()),
                hooks=hooks,
                releases=RELEASES,
                version=self.engine.knowledge.version,
                checks=sorted(self.engine.knowledge.checks.values(), key=lambda check: check.title),
                tokens=bool(self.engine.settings.clients),
            )
        )


def add_sandbox(app: Flask) -> None:
    """Register the page and what it needs."""

    @app.get("/")
    def home() -> Response:
        response = Response(engine().derived(Sandbox).page, mimetype="text/html")
        response.headers["Content-Security-Policy"] = POLICY
        return response

    @app.get("/static/<name>")
    def static(name: str) -> Response:
        if name not in _FILES:
            raise refused(404, "", "there is no such file", "See /", "not-found")
        return Response((_STATIC / name).read_bytes(), mimetype=_FILES[name])

    @app.get("/sandbox/people")
    def everybody() -> Response:
        return Response(msgspec.json.encode(list(people().values())), mimetype="application/json")

    @app.get("/sandbox/drugs")
    def drugs() -> Response:
        return Response(
            orjson.dumps(engine().derived(Sandbox).drugs.find(request.args.get("q", "")[:100])),
            mimetype="application/json",
        )

    @app.post("/sandbox/request")
    def compose() -> Response:
        return Response(orjson.dumps(_composed(request.get_data(), engine())), mimetype="application/json")

    @app.post("/sandbox/taper")
    def taper() -> Response:
        return Response(_taper(request.get_data(), engine()), mimetype="text/html")

    @app.post("/sandbox/show")
    def show() -> Response:
        from hooks.sandbox.show import shown

        body = request.get_data()
        service = service_for_hook(_hook_of(body), dstu2=request.args.get("dstu2") == "1")
        if service is None:
            raise refused(400, "hook", "is none of ours", "See /cds-services", "value")
        answer = respond(body, service, engine())
        return Response(shown(answer, orjson.loads(answer.body), engine()), mimetype="text/html")


def _taper(body: bytes, engine: Engine) -> str:
    from hooks.sandbox.show import taper_shown

    try:
        asked = msgspec.json.decode(body, type=_Taper, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise refused(400, "", "cannot be read", "Fill in drug, dose and times", "value") from None
    drug = {"drug": asked.drug, "dose": asked.dose, "times": asked.times, "takenDays": asked.days}
    return taper_shown({"drugs": [drug]}, engine)


class _Taper(msgspec.Struct, forbid_unknown_fields=True):
    drug: str
    dose: float
    times: int
    days: int | None = None


def _composed(body: bytes, engine: Engine) -> dict[str, Any]:
    """The service to call and the request to send. A pasted Bundle becomes a request, too."""
    from hooks.offline import BadFileError, Told, request_of_bundle

    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise refused(400, "", "is not JSON", "Send JSON", "structure") from None
    if isinstance(content, dict) and content.get("resourceType") == "Bundle":
        try:
            written = request_of_bundle(content, Told(), body)
        except BadFileError as fault:
            raise refused(400, "", fault.problem, fault.remedy.rstrip("."), "invalid") from None
        return {"service": f"gabaguard-{written['hook']}", "request": written}
    try:
        wanted = msgspec.convert(content, _Wanted)
    except msgspec.ValidationError as fault:
        raise refused(400, "", f"cannot be read ({fault})"[:200], "Use the form of the page", "value") from None
    person = people().get(wanted.patient)
    service = service_for_hook(wanted.hook, dstu2=wanted.release == "DSTU2")
    if person is None or service is None or wanted.release not in RELEASES:
        raise refused(400, "", "no such patient, hook or release", "Use the form of the page", "value")
    written = request_for(person, wanted.order, service, wanted.release, engine.today())
    return {"service": service.id, "request": written}


def _hook_of(body: bytes) -> str:
    try:
        return str(msgspec.json.decode(body, type=_Named).hook)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise refused(400, "", "is no hook request", "Send a CDS Hooks request as JSON", "structure") from None


class _Named(msgspec.Struct):
    hook: str
