"""Traces: where the time of a call went, sent to a collector; off unless asked for, and with nothing of a patient."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hooks import tracing
from hooks.engine import Engine
from hooks.respond import respond
from hooks.settings import Settings
from tests.support.fetched import AS_OF, TOKEN, Offered, offered
from tests.support.server import start, stop

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PLANTED = ("Plantedfamily-4c1", "planted-mrn-7731", "kidney-72", "Jane Roe", TOKEN, "planted-state")


class Listener(ThreadingHTTPServer):
    """A server that keeps what was asked, and answers everything with the same."""

    def __init__(self, answer: bytes, kind: str) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.answer, self.kind = answer, kind
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(200)
        self.send_header("Content-Type", self.server.kind)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def listening(answer: bytes = b"", kind: str = "application/x-protobuf") -> Iterator[Listener]:
    server = Listener(answer, kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


EMPTY = json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": []}).encode()


def _spans(collector: Listener) -> list[Any]:
    found = []
    for _, _, body in list(collector.asked):
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            found += [span for scope in group.scope_spans for span in scope.spans]
    return found


def _call(offer: Offered, server: str) -> bytes:
    """The call with a patient in prefetch whose name and number are planted; the rest is to be fetched."""
    document = json.loads(offer.body(server, keys=("patient",)))
    document["prefetch"]["patient"] |= {
        "name": [{"family": PLANTED[0], "given": ["Jane Roe"]}],
        "identifier": [{"system": "urn:mrn", "value": PLANTED[1]}],
    }
    return json.dumps(document).encode()


@pytest.mark.parametrize("to_ehr", ["yes", "no"])
def test_a_call_is_one_trace_from_the_caller_to_the_fhir_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to_ehr: str
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    offer = offered("r4-order-sign")
    with listening() as collector, listening(EMPTY, "application/fhir+json") as ehr:
        process, server = start(tmp_path, GABAGUARD_TRACES=f"{collector.url}/v1/traces", GABAGUARD_TRACES_TO_EHR=to_ehr)
        try:
            told = {"traceparent": f"00-{TRACE}-{CALLER}-01", "tracestate": "a=planted-state", "baggage": "b=Jane Roe"}
            assert server.post(offer.service, _call(offer, ehr.url), **told).status == 200
            assert server.post(offer.service, _call(offer, ehr.url)[:900], **told).status == 400
            assert server.get("/Patient/kidney-72?name=Jane%20Roe", **told).status == 404
            end = time.monotonic() + 20
            while sum(span.name == "request" and span.trace_id.hex() == TRACE for span in _spans(collector)) < 3:
                assert time.monotonic() < end, "the spans do not come"
                time.sleep(0.05)
        finally:
            stop(process)
        of_call = [span for span in _spans(collector) if span.trace_id.hex() == TRACE]
        root = next(span for span in of_call if span.name == "request" and "gabaguard.findings" in _attributes(span))
        assert root.parent_span_id.hex() == CALLER
        below = {span.name: span for span in of_call if span.parent_span_id == root.span_id}
        assert set(below) == {"read", "fill", "screen"}
        fetches = [span for span in of_call if span.name == "fetch"]
        assert len(fetches) == len(ehr.asked) > 3
        assert {span.parent_span_id for span in fetches} == {below["fill"].span_id}
        assert {_attributes(span)["gabaguard.outcome"] for span in fetches} == {"ok", "content"}
        sent = [headers.get("traceparent", "") for _, headers, _ in ehr.asked]
        if to_ehr == "yes":
            assert sorted(sent) == sorted(f"00-{TRACE}-{span.span_id.hex()}-01" for span in fetches)
        else:
            assert set(sent) == {""}
        assert not any({"tracestate", "baggage"} & set(headers) for _, headers, _ in ehr.asked)
        _hold_nothing_of_a_patient(collector)
        assert "traces are not sent" not in server.log.read_text()


def _attributes(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def _hold_nothing_of_a_patient(collector: Listener) -> None:
    sent = b"".join(body for _, _, body in collector.asked)
    assert [word for word in PLANTED if word.encode() in sent] == []
    spans = _spans(collector)
    assert {one.key for span in spans for one in span.attributes} <= tracing.ALLOWED
    assert not any(span.events or span.links or span.trace_state or span.status.message for span in spans)


def test_a_collector_that_is_away_costs_no_answer_and_no_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    with listening() as gone:
        url = f"{gone.url}/v1/traces"
    process, server = start(tmp_path, GABAGUARD_TRACES=url)
    try:
        offer = offered("r4-order-sign")
        assert server.post(offer.service, offer.body("http://127.0.0.1:9")).status == 200
        end = time.monotonic() + 20
        while "traces are not sent" not in server.log.read_text():
            assert time.monotonic() < end
            time.sleep(0.1)
    finally:
        began = time.monotonic()
        stop(process)
    assert time.monotonic() - began < 12
    assert all(json.loads(line)["event"] for line in server.log.read_text().splitlines()), "the log is ours only"


def _fail() -> None:
    with tracing.span("read") as span:
        span.set(patient="Jane Roe", gabaguard__key="conditions")
        raise ValueError("Jane Roe")


def test_what_fails_is_told_without_its_words_and_what_is_not_on_the_list_is_dropped() -> None:
    kept = InMemorySpanExporter()
    tracing.start(Settings(), kept)
    try:
        with pytest.raises(ValueError, match="Jane"):
            _fail()
        by = Engine(Settings(as_of=AS_OF))
        offer = offered("r4-order-sign")
        assert respond(json.dumps(offer.document).encode(), by.services[offer.service], by).status == 200
    finally:
        tracing.stop()
    failed, *others = kept.get_finished_spans()
    assert (failed.status.is_ok, failed.status.description, failed.events) == (False, None, ())
    assert dict(failed.attributes or {}) == {"gabaguard.key": "conditions"}
    assert [span.name for span in others] == ["read", "screen"]


def test_nothing_of_it_is_loaded_unless_it_is_asked_for() -> None:
    words = (
        "import sys; from hooks.serve import *; from hooks.engine import Engine; from hooks.settings import Settings;"
        "tracing.start(Settings()); create_app(Settings()).test_client().get('/cds-services');"
        "assert tracing.span('x') is tracing.span('y'); print([n for n in sys.modules if 'opentelemetry' in n])"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
