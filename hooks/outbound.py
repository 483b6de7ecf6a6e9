"""One request to a FHIR server that was permitted, and nothing else, by the maintained client with its traps closed.

- Every connection, whatever asked for it, is made here: only to the host and port of the errand, resolved once, to an
  address of the right kind, and to that very address.
- One deadline for all of it: each wait for the network gets what is left, so a server that sends a byte now and then
  gains nothing (the client's own limits start anew with each byte).
- No redirects, no proxies from the environment, no cookies, no inflating, a cap on size, no URL in any log.

The client is imported with the first errand, and then kept for the life of the process.
"""

from __future__ import annotations

import atexit
import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from hooks.origins import Base

MOST_BYTES = 4 * 1024 * 1024  # of all pages of one key; 1000 resources have about 1 MB
CONNECTIONS = 128  # 8 threads that answer calls, and some 15 queries of each at once
IDLE_CONNECTIONS = 32
IDLE_SECONDS = 10.0
_ACCEPT = "application/fhir+json, application/json+fhir;q=0.9, application/json;q=0.8"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[..., Sequence[Any]]


class Why(StrEnum):
    """Why a request brought nothing: the word for the log. ``WORDS`` has those for the prescriber."""

    TIME = "time"
    CONNECTION = "connection"
    ADDRESS = "address"
    DENIED = "denied"
    STATUS = "status"
    REDIRECT = "redirect"
    SIZE = "size"
    COMPRESSED = "compressed"
    CONTENT = "content"
    TOKEN = "token"  # noqa: S105
    BUSY = "busy"
    RESTING = "resting"
    FAULT = "fault"


WORDS = {
    Why.TIME: "the FHIR server did not answer in time",
    Why.CONNECTION: "the FHIR server could not be reached",
    Why.ADDRESS: "the address of the FHIR server is not allowed here",
    Why.DENIED: "the FHIR server denied access",
    Why.STATUS: "the server answered with an error",  # as of an OperationOutcome in prefetch
    Why.REDIRECT: "the FHIR server sent us elsewhere, which is not followed",
    Why.SIZE: "the answer of the FHIR server was too large",
    Why.COMPRESSED: "the answer of the FHIR server was compressed, though asked for plain",
    Why.CONTENT: "the FHIR server answered with something else",
    Why.TOKEN: "the access token cannot be used",
    Why.BUSY: "too much was being fetched at the same time",
    Why.RESTING: "the FHIR server did not answer the last calls and is left alone for some seconds",
    Why.FAULT: "fetching it failed; the fault is ours",
}


class Failed(Exception):
    """A request brought nothing that can be used. ``status`` as answered, 0 if no answer came."""

    def __init__(self, why: Why, status: int = 0) -> None:
        super().__init__(why.value)
        self.why = why
        self.status = status


class Budget:
    """How many bytes the pages of one key may still have."""

    def __init__(self) -> None:
        self.left = MOST_BYTES

    def take(self, count: int) -> None:
        """Count bytes that came. Raises ``Failed`` when they are too many."""
        if count > self.left:
            raise Failed(Why.SIZE)
        self.left -= count


class Errand(msgspec.Struct, frozen=True):
    """What one thread is fetching: from where, with which token, until when (``time.monotonic``)."""

    base: Base
    token: str
    ends: float
    budget: Budget = msgspec.field(default_factory=Budget)
    trace: str = ""  # the header traceparent, where it is told

    def left(self) -> float:
        """Seconds that are left. Raises ``Failed``."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise Failed(Why.TIME)
        return left


_thread = threading.local()


class Outbound:
    """The way out.

    ``networks`` are those beside the public internet to which names on the list may lead; ``ca_file`` has authorities
    that are trusted beside those of the system.
    """

    def __init__(
        self, networks: Sequence[Network] = (), *, ca_file: str = "", resolve: Resolve = socket.getaddrinfo
    ) -> None:
        self._networks = tuple(networks)
        self._ca_file = ca_file
        self._resolve = resolve
        self._lock = threading.Lock()
        self._made: tuple[Any, Any] | None = None

    def ask(self, errand: Errand, url: str, form: str | None = None) -> bytes:
        """The body of a 200 answer to a GET, or to a POST of a form. Raises ``Failed``.

        A connection that breaks before anything is answered is tried once more: it may have been an idle one that the
        server had just closed.
        """
        httpx2, transport = self._client()
        _thread.errand = errand
        try:
            try:
                return self._once(httpx2, transport, errand, url, form)
            except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError):
                return self._once(httpx2, transport, errand, url, form)
        except httpx2.TimeoutException:
            raise Failed(Why.BUSY if time.monotonic() < errand.ends - 0.05 else Why.TIME) from None
        except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError, httpx2.ConnectError):
            raise Failed(Why.CONNECTION) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError):
            raise Failed(Why.CONNECTION) from None
        finally:
            _thread.errand = None

    def close(self) -> None:
        """Close every connection. Only tests need it: a process keeps its connections until it ends."""
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made[1].close()

    def _once(self, httpx2: Any, transport: Any, errand: Errand, url: str, form: str | None) -> bytes:
        left = errand.left()
        headers = {"Accept": _ACCEPT, "Accept-Encoding": "identity", "User-Agent": "gabaguard"}
        if errand.token:
            headers["Authorization"] = f"Bearer {errand.token}"
        if errand.trace:
            headers["traceparent"] = errand.trace
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        limits = dict.fromkeys(("connect", "read", "write", "pool"), left)
        request = httpx2.Request(
            "GET" if form is None else "POST",
            url,
            headers=headers,
            content=None if form is None else form.encode(),
            extensions={"timeout": limits},
        )
        answer = transport.handle_request(request)
        try:
            return _body(answer, errand.budget)
        finally:
            answer.close()

    def _client(self) -> tuple[Any, Any]:
        """The client library and the one transport of this process."""
        with self._lock:
            if self._made is None:
                import httpx2  # only when something is fetched: it costs 0.2 s to import

                from hooks.download import tls_context

                for name in ("httpx2", "httpcore2"):
                    logging.getLogger(name).setLevel(logging.WARNING)  # below, they write every URL
                limits = httpx2.Limits(
                    max_connections=CONNECTIONS,
                    max_keepalive_connections=IDLE_CONNECTIONS,
                    keepalive_expiry=IDLE_SECONDS,
                )
                # A transport alone: what follows redirects, keeps cookies and inflates is the client around it.
                transport = httpx2.HTTPTransport(verify=tls_context(self._ca_file), trust_env=False, limits=limits)
                # The library offers no public way to say who makes connections; a test watches the sockets.
                pool: Any = transport._pool
                pool._network_backend = _Guarded(pool._network_backend, self._addresses)
                atexit.register(transport.close)
                self._made = (httpx2, transport)
            return self._made

    def _addresses(self, base: Base) -> list[str]:
        """Where a connection may go, by one look-up. Raises ``Failed``."""
        try:
            found = self._resolve(base.host.strip("[]"), base.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise Failed(Why.CONNECTION) from None
        addresses = dict.fromkeys(str(item[4][0]) for item in found)
        permitted = [address for address in addresses if self._may(base, address)]
        if not permitted:
            raise Failed(Why.ADDRESS)
        return permitted

    def _may(self, base: Base, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:  # with a zone: link-local
            return False
        if base.is_loopback:
            return text in ("127.0.0.1", "::1")
        if _literal(base.host) is not None:
            return address == _literal(base.host)  # it is on the list as it stands
        if any(address in network for network in self._networks if network.version == address.version):
            return not (address.is_loopback or address.is_link_local or address.is_multicast)
        return address.is_global and not address.is_multicast and not _wraps(address)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _wraps(address: Address) -> bool:
    """Whether an IPv6 address is another way of writing an IPv4 address."""
    if isinstance(address, ipaddress.IPv4Address):
        return False
    return bool(address.ipv4_mapped or address.sixtofour or address.teredo) or address in _NAT64


def _body(answer: Any, budget: Budget) -> bytes:
    status = int(answer.status_code)
    if 300 <= status < 400:
        raise Failed(Why.REDIRECT, status)
    if status in (401, 403):
        raise Failed(Why.DENIED, status)
    if status != 200:
        raise Failed(Why.STATUS, status)
    if answer.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise Failed(Why.COMPRESSED, status)
    declared = answer.headers.get("content-length", "")[:15]
    if declared.isdigit() and int(declared) > budget.left:
        raise Failed(Why.SIZE, status)
    body = bytearray()
    for chunk in answer.iter_raw():
        budget.take(len(chunk))
        body += chunk
    return bytes(body)


def _errand() -> Errand:
    errand = getattr(_thread, "errand", None)
    if not isinstance(errand, Errand):
        raise Failed(Why.ADDRESS)  # nobody but ``ask`` may use a connection
    return errand


class _Guarded:
    """Makes connections for the client: to where the errand leads, and nowhere else."""

    def __init__(self, backend: Any, addresses: Callable[[Base], list[str]]) -> None:
        self._backend = backend
        self._addresses = addresses

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> _Bounded:
        errand = _errand()
        if (host, port) != (errand.base.host.strip("[]"), errand.base.port):
            raise Failed(Why.ADDRESS)
        failed: Exception = Failed(Why.CONNECTION)
        for address in self._addresses(errand.base):
            try:
                return _Bounded(self._backend.connect_tcp(address, port, timeout=errand.left(), **options))
            except Failed:
                raise
            except Exception as error:  # the next address may answer
                failed = error
        raise failed

    def connect_unix_socket(self, *_: Any, **__: Any) -> _Bounded:
        raise Failed(Why.ADDRESS)

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, _errand().left()))


class _Bounded:
    """A connection on which every wait is given only what the current errand has left."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return bytes(self._stream.read(max_bytes, timeout=_errand().left()))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=_errand().left())

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> _Bounded:
        return _Bounded(self._stream.start_tls(ssl_context, server_hostname, timeout=_errand().left()))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
