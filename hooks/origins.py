"""Which FHIR servers may be asked: addresses read strictly, and compared as text with a list.

A base URL is taken apart by one narrow pattern, so that nothing is left to guess: no user, query, fragment, escaped
dot or slash, backslash or blank; a host is a name, a plain IPv4 address or an IPv6 address in brackets. Whatever odd
way of writing an address there is, it equals no entry of the list.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

import msgspec

_MOST = 2000
_BASE = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]{2,45}\]|[a-z0-9.\-]{1,253})(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[A-Za-z0-9\-._~!$&'()*+,;=:@/%]{0,1000})?\Z"
)
_HEAD = re.compile(r"[A-Za-z]{4,5}://[^/?#]{1,300}")
_ESCAPED = re.compile(r"%(?:2e|2f|5c|00|0d|0a)|/\.\.?(?:/|\Z)", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Base(msgspec.Struct, frozen=True):
    """The base URL of a FHIR server. ``host`` in lower case, IPv6 in brackets; ``path`` without a final slash."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """Scheme, host and port, the usual port left out."""
        return f"{self.scheme}://{self.host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    @property
    def url(self) -> str:
        """The base URL in its one spelling."""
        return self.origin + self.path

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine, in one of the three spellings we take for it."""
        return self.host in _LOOPBACK

    def further(self, link: str) -> str | None:
        """The address of a further page, if it is on this server and under this base URL; else None."""
        if not link or len(link) > _MOST or not link.isascii() or not link.isprintable() or " " in link:
            return None
        whole, _, query = urljoin(f"{self.url}/", link).partition("?")
        other = read_base(whole)
        if other is None or "#" in query or "\\" in query:
            return None
        inside = other.path == self.path or other.path.startswith(f"{self.path}/")
        return f"{other.url}?{query}" if inside and other.origin == self.origin else None


def read_base(url: str) -> Base | None:
    """A base URL taken apart; None for what is not plainly one."""
    if len(url) > _MOST or not url.isascii():
        return None
    head = _HEAD.match(url)
    found = _BASE.match(head[0].lower() + url[head.end() :]) if head else None
    if found is None:
        return None
    path = (found["path"] or "").rstrip("/")
    port = int(found["port"] or _PORTS[found["scheme"]])
    if not 0 < port < 65536 or "//" in path or _ESCAPED.search(path):
        return None
    return Base(found["scheme"], found["host"], port, path)


class Allowed(msgspec.Struct, frozen=True):
    """The FHIR servers that one call may lead to.

    ``origins`` as ``Base.origin`` writes them. ``loopback``: any port of this machine, which is for a service that
    only this machine can call.
    """

    origins: frozenset[str] = frozenset()
    loopback: bool = False

    def permits(self, base: Base) -> bool:
        """Whether this server may be asked."""
        return base.origin in self.origins or (self.loopback and base.is_loopback)


NOWHERE = Allowed()


def allowed(origins: tuple[str, ...], *, loopback: bool = False) -> Allowed:
    """The list in its one spelling; what is no origin permits nothing."""
    bases = (read_base(origin) for origin in origins)
    return Allowed(frozenset(base.origin for base in bases if base is not None), loopback)
