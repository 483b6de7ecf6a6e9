"""One small GET to an address that the operator configured: keys of a client, and what ``doctor`` looks at.

Bounded in every direction: one deadline for all of it (also against a server that sends a byte now and then), a cap
on size, no redirects, no compression, no proxies from the environment, no cookies.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

DEADLINE = 2.0  # seconds
MAX_BYTES = 256 * 1024


class DownloadFailed(Exception):
    """Nothing usable came. The words are ours and may be shown to the operator."""


class Downloaded(msgspec.Struct, frozen=True):
    """An answer. ``headers`` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def download(url: str, *, deadline: float = DEADLINE, max_bytes: int = MAX_BYTES, ca_file: str = "") -> Downloaded:
    """GET an address. Any status is an answer, a redirect too: it is not followed. Raises ``DownloadFailed``.

    ``ca_file``: a PEM file of authorities that are trusted beside those of the system.
    """
    import httpx2  # only when something is fetched: it costs 0.2 s to import

    for name in ("httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)  # at INFO it writes every URL
    headers = {"Accept": "application/json, application/fhir+json;q=0.9", "Accept-Encoding": "identity"}
    try:
        with (
            _cut_off(deadline) as (watch, cut),
            httpx2.Client(
                verify=tls_context(ca_file), trust_env=False, follow_redirects=False, timeout=deadline
            ) as client,
            client.stream("GET", url, headers=headers, extensions={"trace": watch}) as answer,
        ):
            body = _body(answer, max_bytes)
            if cut.is_set():
                raise DownloadFailed(f"no complete answer within {deadline:g} s")
            return Downloaded(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, body)
    except httpx2.TimeoutException:
        raise DownloadFailed(f"no complete answer within {deadline:g} s") from None
    except httpx2.ConnectError as error:
        raise DownloadFailed(_why(error)) from None
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
        said = (
            f"no complete answer within {deadline:g} s" if cut.is_set() else "the connection broke, or it is not HTTP"
        )
        raise DownloadFailed(said) from None


def tls_context(ca_file: str = "") -> ssl.SSLContext:
    """How servers prove who they are: by the system's authorities, and those of a file (a hospital's own, mostly)."""
    import httpx2

    context = httpx2.create_ssl_context(trust_env=False)
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def _body(answer: Any, max_bytes: int) -> bytes:
    if answer.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise DownloadFailed("the answer is compressed, though we asked for it plain")
    body = bytearray()
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > max_bytes:
            raise DownloadFailed(f"the answer is larger than {max_bytes} bytes")
    return bytes(body)


def _why(error: Exception) -> str:
    said = str(error).lower()
    if "certificate" in said or "ssl" in said:
        return "its TLS certificate is not accepted"
    return "no connection"


@contextlib.contextmanager
def _cut_off(deadline: float) -> Iterator[tuple[Any, threading.Event]]:
    """Cut the connection at the deadline, whatever it is doing: the client's own limits start anew with each byte."""
    held: list[socket.socket] = []
    cut = threading.Event()
    ends = time.monotonic() + deadline

    def watch(event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":  # a second handle: TLS takes the first one over
            held.append(info["return_value"].get_extra_info("socket").dup())
            if time.monotonic() > ends:
                close()

    def close() -> None:
        cut.set()
        for handle in held:
            with contextlib.suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(deadline, close)
    timer.daemon = True
    timer.start()
    try:
        yield watch, cut
    finally:
        timer.cancel()
        for handle in held:
            handle.close()
