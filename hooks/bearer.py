"""A bearer token as sent: taken apart and its claims judged. Nothing here makes it trusted; ``trust`` does.

Every refusal is an ``Untrusted`` with a cause from our own words, which goes to the log and never to the caller.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

MAX_TOKEN = 16 * 1024  # characters; real ones have about 1000
_MAX_TEXT = 2048  # characters of one claim that is an address or a name
_MAX_AUDIENCES = 20
_BEARER = re.compile(r"bearer +([^ ,]+) *\Z", re.IGNORECASE)
_PARTS = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\Z")
_LATEST = 2**53  # seconds; whole numbers beyond are not exact in JSON everywhere
# Headers that change how a token is to be read. We read plain signed tokens only.
_NOT_READ = ("crit", "b64", "zip", "enc", "cty")


class Untrusted(Exception):
    """A call that is not admitted.

    ``cause`` is for the operator's log only, ``client`` our id of whom it claims to be.
    """

    def __init__(self, cause: str, client: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.client = client


class Token(msgspec.Struct, frozen=True):
    """A token that is well formed, and no more than that."""

    text: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    @property
    def alg(self) -> str:
        """The algorithm it claims to be signed with."""
        return str(self.header["alg"])

    @property
    def kid(self) -> str:
        """The id of the key it claims to be signed with."""
        return str(self.header["kid"])

    @property
    def jku(self) -> str:
        """Where it says its keys are; "" when it does not say."""
        return str(self.header.get("jku", ""))

    def __repr__(self) -> str:
        """Not the token: a log or a traceback may show this."""
        return "Token(***)"


class Rules(msgspec.Struct, frozen=True):
    """What the claims of one client are held to. Times in seconds."""

    issuer: str
    audiences: frozenset[str]  # as ``canonical`` writes them
    max_lifetime: int
    clock_skew: int
    tenant: str = ""


def read_token(authorization: str | None) -> Token:
    """The token of an Authorization header. Raises ``Untrusted`` for anything but one plain, signed JWT."""
    if not authorization:
        raise Untrusted("no token")
    if len(authorization) > MAX_TOKEN:
        raise Untrusted("token too long")
    if (sent := _BEARER.match(authorization)) is None:
        raise Untrusted("not one bearer token")
    if (parts := _PARTS.match(sent[1])) is None:
        raise Untrusted("not a signed JWT")
    header, claims = _object(parts[1], "header"), _object(parts[2], "payload")
    _check_header(header)
    return Token(sent[1], header, claims)


def _object(part: str, name: str) -> dict[str, Any]:
    """A part of the token: one JSON object in UTF-8, no member twice."""
    try:
        decoded = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        found = json.loads(decoded.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Untrusted(f"{name} is not strict JSON") from None
    if not isinstance(found, dict):
        raise Untrusted(f"{name} is not an object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is there twice")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _check_header(header: Mapping[str, Any]) -> None:
    if any(name in header for name in _NOT_READ):
        raise Untrusted("header asks for more than a plain signed token")
    if not _is_text(header.get("alg")) or not _is_text(header.get("kid")):
        raise Untrusted("header without alg or kid")
    if not isinstance(typ := header.get("typ"), str) or typ.upper() != "JWT":
        raise Untrusted("typ is not JWT")
    if "jku" in header and not _is_text(header["jku"]):
        raise Untrusted("jku is not a text")


def check_claims(claims: Mapping[str, Any], rules: Rules, now: float) -> None:
    """Hold the claims to the rules at ``now`` (Unix seconds); extra claims are welcome. Raises ``Untrusted``."""
    if claims.get("iss") != rules.issuer:
        raise Untrusted("iss is not the client's")
    _check_audience(claims.get("aud"), rules.audiences)
    _check_times(claims, rules, now)
    if not _is_text(claims.get("jti")):
        raise Untrusted("no jti")
    if "tenant" in claims and not _is_text(claims["tenant"]):
        raise Untrusted("tenant is not a text")
    if rules.tenant and claims.get("tenant") != rules.tenant:
        raise Untrusted("tenant is not the client's")


def _check_audience(sent: Any, ours: Collection[str]) -> None:
    named = [sent] if isinstance(sent, str) else sent
    if not isinstance(named, list) or not 0 < len(named) <= _MAX_AUDIENCES or not all(map(_is_text, named)):
        raise Untrusted("aud is not a text or a list of texts")
    if not any(canonical(item) in ours for item in named):
        raise Untrusted("aud is not this address")


def _check_times(claims: Mapping[str, Any], rules: Rules, now: float) -> None:
    issued, expires = _seconds(claims, "iat"), _seconds(claims, "exp")
    if expires <= issued:
        raise Untrusted("exp is not after iat")
    if expires - issued > rules.max_lifetime:
        raise Untrusted("valid for too long")
    if now >= expires + rules.clock_skew:
        raise Untrusted("expired")
    if issued > now + rules.clock_skew:
        raise Untrusted("iat is in the future")
    if "nbf" in claims and _seconds(claims, "nbf") > now + rules.clock_skew:
        raise Untrusted("nbf is in the future")


def _seconds(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int or not 0 <= value <= _LATEST:  # a bool is no time
        raise Untrusted(f"{name} is not a whole number of seconds")
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_TEXT


def canonical(url: str) -> str:
    """An address as it is compared: scheme and host in lower case, no default port, no slash at the end.

    What is not an http address is compared as it is (a site may have agreed on any text as audience).
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        return url
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    where = host if port in (None, {"http": 80, "https": 443}[scheme]) else f"{host}:{port}"
    path = parts.path.removesuffix("/")
    return f"{scheme}://{where}{path}"
