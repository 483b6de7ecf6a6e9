"""The routes of ``/fhir``. What they answer is made in the modules beside this one."""

from __future__ import annotations

import hashlib
from functools import cached_property

import orjson
from flask import Flask, Response, request

from cds.fhir.publish import TYPES, Published
from cds.fhir.publish.canonical import newest
from hooks.engine import Engine
from hooks.errors import MEDIA_TYPE, refused
from hooks.fhir.asked import Asked, refuse_other_formats, resource_of
from hooks.fhir.capability import capability, check_operation
from hooks.fhir.check import judged_bundle
from hooks.fhir.search import search
from hooks.fhir.terms import expand, validate_code, value_set_id
from hooks.fhir.told import Teller
from hooks.knowledge.current import engine

PREFIX = "/fhir"


class Endpoint:
    """What the routes share, made when first asked for."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.base = engine.settings.base_url + PREFIX
        self.pages = f"{engine.settings.base_url}/checks/"

    @cached_property
    def published(self) -> Published:
        """The published resources."""
        return Published(self.engine.knowledge, base=self.base, pages=self.pages)

    @cached_property
    def teller(self) -> Teller:
        """What tells reports."""
        return Teller(self.engine.knowledge, self.published.place, self.pages)

    @cached_property
    def metadata(self) -> bytes:
        """The CapabilityStatement."""
        made = capability(self.published.place, newest(self.engine.knowledge), self.engine.settings.base_url)
        return orjson.dumps(made)

    @cached_property
    def operation(self) -> bytes:
        """The OperationDefinition of ``$check``."""
        return orjson.dumps(check_operation(self.published.place, newest(self.engine.knowledge)))


def add_fhir(app: Flask) -> None:
    """Register the routes."""
    _add_reading(app)
    _add_terms(app)
    _add_checking(app)


def _endpoint() -> Endpoint:
    """That of the engine of this request."""
    return engine().derived(Endpoint)


def _add_reading(app: Flask) -> None:
    @app.get(f"{PREFIX}/metadata")
    def metadata() -> Response:
        return _fhir(_endpoint().metadata)

    @app.get(f"{PREFIX}/OperationDefinition/check")
    def operation() -> Response:
        return _fhir(_endpoint().operation)

    @app.get(f"{PREFIX}/<kind>/<id>")
    def read(kind: str, id: str) -> Response:
        found = _endpoint().published.text(_known(kind), id)
        if found is None:
            raise refused(404, "", "there is no such resource", f"Search {PREFIX}/{kind}", "not-found")
        return _fhir(found)

    @app.get(f"{PREFIX}/<kind>")
    @app.post(f"{PREFIX}/<kind>/_search")
    def find(kind: str) -> Response:
        endpoint, asked = _endpoint(), _query()
        strict = "handling=strict" in request.headers.get("Prefer", "").replace(" ", "")
        address = f"{endpoint.base}/{_known(kind)}"
        return _fhir(orjson.dumps(search(endpoint.published, kind, asked, address, strict=strict)))


def _add_terms(app: Flask) -> None:
    @app.route(f"{PREFIX}/ValueSet/$expand", methods=["GET", "POST"], defaults={"id": ""})
    @app.route(f"{PREFIX}/ValueSet/<id>/$expand", methods=["GET", "POST"])
    def expansion(id: str) -> Response:
        published, asked = _endpoint().published, _asked()
        return _fhir(orjson.dumps(expand(published, value_set_id(published, id, asked), asked)))

    @app.route(f"{PREFIX}/ValueSet/$validate-code", methods=["GET", "POST"], defaults={"id": ""})
    @app.route(f"{PREFIX}/ValueSet/<id>/$validate-code", methods=["GET", "POST"])
    def validation(id: str) -> Response:
        published, asked = _endpoint().published, _asked()
        found = validate_code(published, value_set_id(published, id, asked), asked)
        return _fhir(orjson.dumps(found))


def _add_checking(app: Flask) -> None:
    @app.post(f"{PREFIX}/$check")
    def check() -> Response:
        endpoint = _endpoint()
        refuse_other_formats(request.headers.get("Accept", ""), request.args.get("_format", ""))
        judged, call = judged_bundle(request.get_data(), endpoint.engine)
        patient = judged.request.patient_id
        told = endpoint.teller.bundle(judged.report, patient_id=patient, as_of=judged.as_of, call=call)
        return _fhir(orjson.dumps(told))

    @app.post(f"{PREFIX}/PlanDefinition/<id>/$apply")
    def apply(id: str) -> Response:
        endpoint = _endpoint()
        refuse_other_formats(request.headers.get("Accept", ""), request.args.get("_format", ""))
        if id not in endpoint.engine.knowledge.checks:
            raise refused(404, "", "there is no such check", f"Search {PREFIX}/PlanDefinition", "not-found")
        judged, call = judged_bundle(request.get_data(), endpoint.engine, name="data")
        patient = judged.request.patient_id
        plan = endpoint.teller.care_plan(judged.report, id, patient_id=patient, as_of=judged.as_of, call=call)
        return _fhir(orjson.dumps(plan))


def _known(kind: str) -> str:
    if kind not in TYPES:
        raise refused(404, "", "this type is not published", f"See {PREFIX}/metadata", "not-supported")
    return kind


def _query() -> Asked:
    """The parameters of a search: query, and the form of a POST."""
    values: dict[str, list[str]] = {name: list(found) for name, found in request.args.lists()}
    for name, found in request.form.lists():
        values.setdefault(name, []).extend(found)
    return Asked.of_query(values)


def _asked() -> Asked:
    """The parameters of an operation: the query of a GET, the Parameters of a POST."""
    if request.method == "GET":
        return Asked.of_query({name: list(found) for name, found in request.args.lists()})
    resource = resource_of(request.get_data())
    if resource["resourceType"] != "Parameters":
        raise refused(400, "", "the body is not Parameters", "Send a Parameters resource", "structure")
    return Asked.of_parameters(resource)


def _fhir(body: bytes) -> Response:
    """A resource, with an ETag by which a client need not fetch it again."""
    refuse_other_formats(request.headers.get("Accept", ""), request.args.get("_format", ""))
    response = Response(body, mimetype=MEDIA_TYPE)
    if request.method == "GET":
        response.set_etag(hashlib.sha256(body).hexdigest()[:32], weak=True)
        response.headers["Cache-Control"] = "no-cache"
        response.make_conditional(request)
    return response
