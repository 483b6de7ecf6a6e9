"""Registered clients with keys of their own, tokens as an EHR mints them, and a place on loopback that serves keys."""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ISSUER = "https://ehr.example/fhir"
ADDRESS = "https://cds.example.org/gabaguard"
DISCOVERY = f"{ADDRESS}/cds-services"


@cache
def key(name: str) -> Any:
    """A private key; the same name gives the same key within one run. The name begins with its kind."""
    if name.startswith("rs"):
        return rsa.generate_private_key(public_exponent=65537, key_size=1024 if "weak" in name else 2048)
    if name.startswith("ed"):
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1() if name.startswith("es256") else ec.SECP384R1())


def algorithm(name: str) -> str:
    """The algorithm a key of this name signs with."""
    return {"rs": "RS384", "ed": "EdDSA"}.get(name[:2], "ES256" if name.startswith("es256") else "ES384")


def jwk(name: str, **more: Any) -> dict[str, Any]:
    """The public part of a key, with its name as kid."""
    kind = {"rs": jwt.algorithms.RSAAlgorithm, "ed": jwt.algorithms.OKPAlgorithm}.get(
        name[:2], jwt.algorithms.ECAlgorithm
    )
    public = kind.to_jwk(key(name).public_key(), as_dict=True)
    public.pop("key_ops", None)
    return {**public, "kid": name, **more}


def jwks(*names: str) -> bytes:
    """A JWK Set of these keys."""
    return json.dumps({"keys": [jwk(name) for name in names]}).encode()


def claims(**changes: Any) -> dict[str, Any]:
    """What a good token of today says; a change to None leaves a claim out."""
    now = int(time.time())
    good = {"iss": ISSUER, "aud": DISCOVERY, "iat": now, "exp": now + 300, "jti": str(uuid.uuid4())}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def mint(name: str = "es384-a", header: Mapping[str, Any] | None = None, **changes: Any) -> str:
    """A token signed by a key. ``header`` and ``changes`` alter what it says; None leaves a member out."""
    return sealed(name, {"kid": name, **(header or {})}, json.dumps(claims(**changes)).encode())


def sealed(name: str, header: Mapping[str, Any], payload: bytes | str) -> str:
    """Any header and payload, signed by a key by the algorithm of its kind: also what no library would mint."""
    told = {"typ": "JWT", "alg": algorithm(name), **header}
    text = json.dumps({member: value for member, value in told.items() if value is not None})
    return signed(name, text.encode(), payload.encode() if isinstance(payload, str) else payload)


def signed(name: str, header: bytes, payload: bytes) -> str:
    """Raw bytes as header and payload, signed."""
    head = f"{b64(header)}.{b64(payload)}"
    method = jwt.get_algorithm_by_name(algorithm(name))
    return f"{head}.{b64(method.sign(head.encode(), key(name)))}"


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class KeyPlace:
    """A server of keys on loopback. What it answers can be changed while it runs; it counts who asks."""

    def __init__(self, *names: str) -> None:
        self.status = 200
        self.headers: dict[str, str] = {"Content-Type": "application/json"}
        self.body = jwks(*names)
        self.pause = 0.0  # seconds before it answers
        self.drip = 0.0  # seconds between two bytes
        self.clock = 0.0  # seconds by which its Date is off
        self.asked: list[str] = []
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """One answer."""
        self.asked.append(handler.path)
        time.sleep(self.pause)
        handler.send_response(self.status)
        for name, value in {**self.headers, "Content-Length": str(len(self.body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        if not self.drip:
            handler.wfile.write(self.body)
            return
        for byte in self.body:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(self.drip)


@contextmanager
def serving(place: KeyPlace) -> Iterator[KeyPlace]:
    """The place, reachable at ``place.url`` on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(OSError):  # the asker has gone, which is what some tests are about
                place.answer(self)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(time.time() + place.clock)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 300

    server = Server(("127.0.0.1", 0), Handler)
    place.url = f"http://127.0.0.1:{server.server_address[1]}/keys"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield place
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
