"""The web: routes and error handlers only. What a call means is in ``respond``."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from cds.arithmetic.rules import using
from hooks.audit import Audit
from hooks.caller import Caller
from hooks.canaries import Canaries
from hooks.engine import Engine
from hooks.errors import MEDIA_TYPE, Issue, Refused, StoreUnavailable, outcome, refused
from hooks.explanations import explained
from hooks.feedback import read_feedback
from hooks.fhir.api import add_fhir
from hooks.gate import admit, load_gate, refusal_response
from hooks.headers import add_headers
from hooks.insights_page import add_insights
from hooks.knowledge.current import Current
from hooks.knowledge.current import engine as engine_now
from hooks.knowledge.workers import alive
from hooks.knowledge.workers import metrics as of_workers
from hooks.metrics import Metrics
from hooks.observe import configure, fault, log, new_request_id
from hooks.openapi import openapi
from hooks.origins import allowed
from hooks.pages import evidence_page, not_checked_page
from hooks.repeats import Repeats
from hooks.respond import Answer, respond
from hooks.sandbox.routes import add_sandbox
from hooks.settings import Settings, load_settings
from hooks.sites import Sites
from hooks.taper_api import add_taper
from hooks.tracing import of_request

if TYPE_CHECKING:
    from hooks.trust import Trust

T = TypeVar("T")

_JSON_TYPES = ("application/json", "application/fhir+json", "application/json+fhir")
_OURS = {
    404: ("there is nothing here", "See /cds-services for what there is"),
    406: ("this format is not spoken here", "Ask for JSON"),
    405: ("this method is not offered here", "See the Allow header"),
    413: ("the body is too large", "Send less: only what the prefetch templates ask for"),
    415: ("this media type is not read", "Send application/json"),
}


def create_app(
    settings: Settings | None = None,
    engine: Engine | None = None,
    memory: Audit | None = None,
    current: Current | None = None,
) -> Flask:
    """The WSGI application. Loads the knowledge; raises ``SettingsFaults`` or ``KnowledgeFaults`` rather than limp.

    ``memory`` notes calls and keeps feedback; without one nothing is remembered. ``current`` brings the engine when it
    may be switched while the application runs.
    """
    engine = current.engine if current is not None else engine
    settings = settings or (engine.settings if engine is not None else load_settings())
    current = current or Current(engine or Engine(settings))
    current.engine.derived(Sites)  # faults of the sites' files are told now
    trust = load_gate(settings, memory)
    configure(settings.log_level)
    app = Flask("hooks", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.url_map.strict_slashes = False
    metrics = Metrics()
    _add_services(app, memory, metrics, repeats_of(memory, current))
    _add_memory(app, memory, metrics)
    _add_pages(app)
    _add_health(app, current, memory, metrics)
    add_fhir(app)
    add_taper(app)
    add_sandbox(app)
    add_insights(app, memory, _or_503)
    _add_frame(app, settings, trust, current)
    return app


def repeats_of(memory: Audit | None, current: Current) -> Repeats | None:
    """The memory of what sites were shown; none where nothing is remembered."""
    return Repeats(memory, lambda client: current.engine.derived(Sites).site(client)) if memory is not None else None


def _add_services(app: Flask, memory: Audit | None, metrics: Metrics, repeats: Repeats | None) -> None:
    @app.get("/cds-services")
    def discovery() -> Response:
        return Response(engine_now().discovery, mimetype="application/json")

    @app.post("/cds-services/<id>")
    def call(id: str) -> Response:
        engine = engine_now().derived(Sites).at(_client())
        service = engine.services.get(id)
        if service is None:
            raise _no_service()
        body = _body()
        permitted = allowed(g.caller.fhir_origins) if g.caller is not None else engine.settings.fhir_allowed
        site = engine_now().derived(Sites).site(_client())
        once = None
        if repeats is not None and site is not None and (site.select_minutes or site.override_hours):
            once = partial(repeats.once, _client(), service)
        answer = respond(body, service, engine, g.request_id, permitted=permitted, once=once)
        g.told = _told(answer, service.id, len(body), g.caller)
        _tell_failures(answer)
        took = time.perf_counter() - g.began
        metrics.call(service.id, took, answer)
        if memory is not None:
            memory.note(g.request_id, _client(), service.id, took * 1000, answer)
        return Response(answer.body, answer.status, mimetype=answer.media_type)


def _add_memory(app: Flask, memory: Audit | None, metrics: Metrics) -> None:
    """Feedback, and why a card came or did not come."""

    @app.post("/cds-services/<id>/feedback")
    def feedback(id: str) -> Response:
        if id not in engine_now().services:
            raise _no_service()
        if memory is None:
            raise refused(404, "", "feedback is not kept here", "Do not send it", "not-supported")
        items = read_feedback(_body())
        _or_503(lambda: memory.store.keep_feedback(items, client=_client(), service=id))
        for item in items:
            metrics.feedback(id, item.outcome)
        return Response("{}", mimetype="application/json")

    @app.post("/analytics/<uuid>")
    def analytics(uuid: str) -> Response:
        raise refused(
            410, "", "this was left in CDS Hooks 1.0", "Send it to /cds-services/{id}/feedback", "not-supported"
        )

    @app.get("/explanations/<hook_instance>")
    def explanations(hook_instance: str) -> dict[str, Any]:
        if memory is None:
            raise refused(404, "", "explanations are not kept here", "Use gabaguard check --explain", "not-supported")
        rows = _or_503(lambda: memory.store.calls_of(hook_instance, _client()))
        if not rows:
            raise refused(404, "", "no call of this hook instance is known", "It is noted within seconds", "not-found")
        return explained(hook_instance, rows, engine_now().knowledge)


def _add_pages(app: Flask) -> None:
    @app.get("/checks/<id>")
    def evidence(id: str) -> Response:
        knowledge = engine_now().knowledge
        check = knowledge.checks.get(id)
        if check is not None:
            return Response(evidence_page(check, knowledge), mimetype="text/html")
        if id == "not-checked":
            return Response(not_checked_page(knowledge), mimetype="text/html")
        raise refused(404, "", "there is no such check", "See / for all checks", "not-found")


def _add_health(app: Flask, current: Current, memory: Audit | None, metrics: Metrics) -> None:
    @app.get("/metrics")
    def numbers() -> Response:
        text, kind = metrics.text(memory, of_workers(alive(Path(engine_now().settings.knowledge))))
        return Response(text, content_type=kind)

    @app.get("/openapi.json")
    def description() -> dict[str, Any]:
        return openapi(engine_now().settings.base_url, engine_now().knowledge.version)

    @app.get("/health/live")
    def live() -> dict[str, str]:
        return {"status": "live"}

    @app.get("/health/ready")
    def ready() -> dict[str, Any]:
        engine = engine_now()
        if silent := engine.derived(Canaries).silent():
            log().error("canaries are silent", names=list(silent))
            raise refused(503, "", "the checks do not say what they must", "See the log", "exception")
        told: dict[str, Any] = {"status": "ready", "knowledgeVersion": engine.knowledge.version}
        if (other := current.refused) is not None:
            told["knowledgeRefused"] = {"name": other.name, "faults": list(other.faults[:3])}
        return told


def _add_frame(app: Flask, settings: Settings, trust: Trust | None, current: Current) -> None:
    """What happens around every request: id, headers, log line, and errors as OperationOutcome."""

    @app.before_request
    def begin() -> None:
        g.request_id = new_request_id()
        g.began = time.perf_counter()
        g.span = of_request(request.headers.get("traceparent", ""))
        g.span.__enter__()
        g.engine = current.engine  # this request's to its end, whatever is chosen meanwhile
        g.tables = using(g.engine.knowledge.tables)
        g.tables.__enter__()
        g.caller = None
        g.caller = admit(trust, request, g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        add_headers(response, request, settings, g.request_id)
        method = request.method if request.method in ("GET", "POST", "OPTIONS", "HEAD") else "other"
        route = str(request.url_rule) if request.url_rule is not None else "(none)"
        told = g.get("told", {})
        log().info(
            "request",
            request_id=g.request_id,
            method=method,
            route=route,
            status=response.status_code,
            ms=round((time.perf_counter() - g.began) * 1000, 2),
            **told,
        )
        g.span.set(http__request__method=method, http__route=route, http__response__status_code=response.status_code)
        g.span.set(gabaguard__request_id=g.request_id, gabaguard__knowledge=g.engine.knowledge.version)
        if "service" in told:
            g.span.set(gabaguard__service=told["service"])
        if "findings" in told:
            counts = len(told["findings"]), len(told["not_checked"])
            g.span.set(gabaguard__findings=counts[0], gabaguard__not_checked=counts[1])
            g.span.set(gabaguard__release=told["release"], gabaguard__relevant=told["relevant"])
        return response

    @app.teardown_request
    def over(_: BaseException | None) -> None:
        if (tables := g.pop("tables", None)) is not None:
            tables.__exit__()
        if (span := g.pop("span", None)) is not None:
            span.__exit__(None, None, None)

    @app.errorhandler(Refused)
    def on_refused(refusal: Refused) -> Response:
        return refusal_response(refusal, g.request_id)

    @app.errorhandler(HTTPException)
    def on_http(error: HTTPException) -> Response:
        status = error.code or 500
        problem, remedy = _OURS.get(status, ("the request cannot be answered", "Check the request"))
        response = _outcome(status, Issue("", problem, remedy))
        if (allow := dict(error.get_headers()).get("Allow")) is not None:
            response.headers["Allow"] = allow
        return response

    @app.errorhandler(Exception)
    def on_fault(error: Exception) -> Response:
        log().error("fault", request_id=g.request_id, **fault(error))
        return _outcome(500, Issue("", "the service failed", "Report the request id to its operator"))


def _client() -> str:
    """Our name of the caller; "" without trust."""
    return g.caller.client_id if g.caller is not None else ""


def _or_503(act: Callable[[], T]) -> T:
    """What needs the database. 503 when it is away: the caller is to try again, nothing was done."""
    try:
        return act()
    except StoreUnavailable:
        log().error("the database is away", request_id=g.request_id)
        raise refused(503, "", "this cannot be stored or read now", "Send it again later", "transient") from None


def _tell_failures(answer: Answer) -> None:
    """A check that failed is on the prescriber's card; the operator needs its place, too."""
    for ended in answer.judged.report.outcomes if answer.judged is not None else ():
        if ended.failed is not None:
            log().error("check failed", request_id=g.request_id, check=ended.check, **fault(ended.failed))
    if answer.unoffered is not None:
        log().error("suggestions failed", request_id=g.request_id, **fault(answer.unoffered))


def _outcome(status: int, *issues: Issue) -> Response:
    return Response(outcome(status, issues, g.request_id), status, mimetype=MEDIA_TYPE)


def _no_service() -> Refused:
    return refused(404, "", "there is no such service", "See /cds-services for the ids", "not-found")


def _body() -> bytes:
    """The body, if it is JSON by its headers and not too large."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise refused(415, "", "compressed bodies are not read", "Send it without Content-Encoding", "not-supported")
    kind = request.mimetype
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if (kind and kind not in _JSON_TYPES) or charset not in ("utf-8", "utf8", "us-ascii"):
        raise refused(415, "", "the Content-Type is not JSON in UTF-8", "Send application/json", "not-supported")
    limit = request.max_content_length or 0
    if (request.content_length or 0) > limit:
        raise RequestEntityTooLarge
    body = request.get_data(cache=False)
    if request.content_length is None and len(body) >= limit:  # sent in chunks, and cut by the framework
        raise RequestEntityTooLarge
    return body


def _told(answer: Answer, service: str, size: int, caller: Caller | None) -> dict[str, Any]:
    """What the log may say of a call."""
    told: dict[str, Any] = {"service": service, "bytes_in": size, "bytes_out": len(answer.body)}
    if caller is not None:
        told["client"] = caller.client_id
    if answer.refusal is not None:
        told["refused"] = [issue.code for issue in answer.refusal.issues]
    if answer.judged is not None:
        report = answer.judged.report
        if answer.judged.fetched:
            told["fetched"] = dict(answer.judged.fetched)
        told["release"] = answer.judged.chart.release
        told["relevant"] = report.relevant
        told["findings"] = [f"{finding.check}:{finding.indicator.code}" for finding in report.findings]
        told["not_checked"] = [f"{item.check}:{item.reason.value}" for item in report.not_checked]
    return told
