"""A FHIR server that misbehaves on purpose, on loopback, in a thread. It speaks whatever release it is given.

The first part of the path says how: ``/{fault}/{types}/fhir/...`` misbehaves for these resource types ("*": all) and
is a plain, small server for the others. Its searches know the type and the patient only.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]
HUNG = 20.0  # seconds; longer than any deadline of the tests


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # so many connect at once

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers hang up; that is what is tested."""


class BadFhir:
    """The server: its resources, and the FHIR requests that came."""

    def __init__(self) -> None:
        self.resources: list[Json] = []
        self.seen: list[tuple[str, str, str]] = []  # method, path with query, authorization
        self.sent_instead: Json = {}  # of "exchanged"
        self.link = "http://evil.example/fhir?page=2"  # of "next-away"
        self.over = threading.Event()
        self._server = _Quiet(("127.0.0.1", 0), self._handler())
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def base(self, fault: str = "none", types: str = "*") -> str:
        """The base URL under which it misbehaves so."""
        return f"http://127.0.0.1:{self.port}/{fault}/{types}/fhir"

    def close(self) -> None:
        """Stop it."""
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        ours = self

        class Handler(_Handler):
            server_of_tests = ours

        return Handler

    def answer(self, path: str, query: Json, *, ignoring: bool = False) -> Json:
        """What a plain server answers: a resource, or a searchset by type and patient."""
        type_, _, id_ = path.partition("/")
        if id_ and id_ != "_search":
            found = [one for one in self.resources if one["resourceType"] == type_ and one.get("id") == id_]
            return found[0] if found else outcome()
        patient = None if ignoring else query.get("patient", [""])[0]
        found = [
            one
            for one in self.resources
            if one["resourceType"] == type_ and (patient is None or f"Patient/{patient}" in json.dumps(one))
        ]
        entry = [{"fullUrl": f"urn:x:{one['id']}", "resource": one} for one in found]
        made: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
        return made | {"entry": entry} if entry else made


def outcome() -> Json:
    """A refusal."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}


@contextlib.contextmanager
def bad_fhir() -> Iterator[BadFhir]:
    """A server for the length of a test."""
    server = BadFhir()
    try:
        yield server
    finally:
        server.close()


class _Handler(BaseHTTPRequestHandler):
    server_of_tests: BadFhir
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        """A read or a search."""
        self._serve("")

    def do_POST(self) -> None:
        """A search by form."""
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def _serve(self, form: str) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(form or parts.query)
        self.server_of_tests.seen.append((self.command, self.path, self.headers.get("Authorization", "")))
        _, fault, types, _, path = (*parts.path.split("/", 4), "")[:5]
        if types not in ("*", path.partition("/")[0]) and path.partition("/")[0] not in types.split(","):
            fault = "none"
        with contextlib.suppress(OSError):
            FAULTS[fault](self, path, query)

    def send(self, status: int, body: bytes, type_: str = "application/fhir+json", **headers: str) -> None:
        """A whole answer."""
        self.send_response(status)
        for name, value in {"Content-Type": type_, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def good(self, path: str, query: Json, *, ignoring: bool = False) -> bytes:
        """The body of a proper answer."""
        return json.dumps(self.server_of_tests.answer(path, query, ignoring=ignoring)).encode()

    @property
    def me(self) -> str:
        """This server, this fault, as a base URL."""
        return f"http://{self.headers['Host']}" + "/".join(self.path.split("/", 4)[:4])


Fault = Callable[[_Handler, str, Json], None]


def _none(it: _Handler, path: str, query: Json) -> None:
    it.send(200, it.good(path, query))


def _hung(it: _Handler, path: str, query: Json) -> None:
    it.server_of_tests.over.wait(HUNG)
    it.close_connection = True


def _drip(it: _Handler, path: str, query: Json) -> None:
    """The body, one byte every 50 ms: no single wait is long."""
    body = it.good(path, query)
    it.send_response(200)
    it.send_header("Content-Type", "application/fhir+json")
    it.send_header("Content-Length", str(len(body)))
    it.end_headers()
    _slowly(it, body)


def _drip_head(it: _Handler, path: str, query: Json) -> None:
    """The headers, one byte every 50 ms."""
    _slowly(it, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 5000)


def _slowly(it: _Handler, body: bytes) -> None:
    end = time.monotonic() + HUNG
    for byte in body:
        if it.server_of_tests.over.is_set() or time.monotonic() > end:
            break
        it.wfile.write(bytes([byte]))
        it.wfile.flush()
        time.sleep(0.05)
    it.close_connection = True


def _half(it: _Handler, path: str, query: Json) -> None:
    """The connection breaks in the middle of the answer."""
    body = it.good(path, query)
    it.send_response(200)
    it.send_header("Content-Type", "application/fhir+json")
    it.send_header("Content-Length", str(len(body)))
    it.end_headers()
    it.wfile.write(body[: len(body) // 2])
    it.close_connection = True


def _truncated(it: _Handler, path: str, query: Json) -> None:
    body = it.good(path, query)
    it.send(200, body[: len(body) // 2])


def _redirect(it: _Handler, path: str, query: Json) -> None:
    """302 to where the same would be answered well."""
    target = it.path.replace("/redirect/", "/none/", 1)
    it.send(302, b"", Location=target)


def _redirect_away(it: _Handler, path: str, query: Json) -> None:
    it.send(307, b"", Location="http://169.254.169.254/latest/meta-data/")


def _page(it: _Handler, path: str, query: Json, link: str) -> None:
    found = it.server_of_tests.answer(path, query)
    if found["resourceType"] == "Bundle":
        found["link"] = [{"relation": "next", "url": link}]
        found.pop("total")
    it.send(200, json.dumps(found).encode())


def _endless(it: _Handler, path: str, query: Json) -> None:
    number = int(query.get("page", ["0"])[0]) + 1
    _page(it, path, query, f"{it.me}/{path}?patient={query.get('patient', [''])[0]}&page={number}")


def _self_next(it: _Handler, path: str, query: Json) -> None:
    _page(it, path, query, f"http://{it.headers['Host']}{it.path}")


def _next_away(it: _Handler, path: str, query: Json) -> None:
    _page(it, path, query, it.server_of_tests.link)


def _ignoring(it: _Handler, path: str, query: Json) -> None:
    it.send(200, it.good(path, query, ignoring=True))


def _bomb(it: _Handler, path: str, query: Json) -> None:
    """60 MB of JSON in 60 kB."""
    it.send(200, BOMB, Content_Encoding="gzip")


def _large(it: _Handler, path: str, query: Json) -> None:
    """60 MB as they are, without a length."""
    it.send_response(200)
    it.send_header("Content-Type", "application/fhir+json")
    it.send_header("Connection", "close")
    it.end_headers()
    it.wfile.write(b'{"resourceType": "Bundle", "x": "')
    for _ in range(60):
        it.wfile.write(b" " * 1024 * 1024)
    it.close_connection = True


def _status(status: int, body: Json | None = None) -> Fault:
    return lambda it, path, query: it.send(status, json.dumps(body or outcome()).encode())


def _body(text: str, type_: str = "application/fhir+json") -> Fault:
    return lambda it, path, query: it.send(200, text.encode(), type_)


def _compressed() -> bytes:
    return gzip.compress(b'{"resourceType": "Bundle", "x": "' + b" " * 60_000_000 + b'"}', 9)


BOMB = _compressed()
FAULTS: dict[str, Fault] = {
    "none": _none,
    "hung": _hung,
    "drip": _drip,
    "drip-head": _drip_head,
    "half": _half,
    "truncated": _truncated,
    "redirect": _redirect,
    "redirect-away": _redirect_away,
    "endless": _endless,
    "self-next": _self_next,
    "next-away": _next_away,
    "ignoring": _ignoring,
    "exchanged": lambda it, path, query: it.send(200, json.dumps(it.server_of_tests.sent_instead).encode()),
    "bomb": _bomb,
    "large": _large,
    "500": _status(500),
    "401": _status(401),
    "403": _status(403),
    "404": _status(404),
    "204": _status(204),
    "outcome": _status(200),
    "html": _body("<html><body>Log in</body></html>", "text/html"),
    "xml": _body('<Bundle xmlns="http://hl7.org/fhir"/>', "application/fhir+xml"),
    "wrong-type": _body('{"resourceType": "Practitioner", "id": "x"}'),
    "array": _body("[]"),
    "number": _body("7"),
    "empty": _body(""),
    "deep": _body('{"resourceType": "Bundle", "entry": ' + "[" * 5000 + "]" * 5000 + "}"),
    "not-utf-8": lambda it, path, query: it.send(200, b'{"resourceType": "Bundle", "x": "\xff\xfe"}'),
    "not-http": lambda it, path, query: it.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n") and None,
}
