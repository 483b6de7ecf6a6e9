"""The clients file: which EHRs may call, by the issuer of their tokens. One TOML file, read at start.

Every fault is told at once, with its place and what to write; no value of the file is repeated, so that a private key
pasted into it by mistake is not spread by a log.
"""

from __future__ import annotations

import ipaddress
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec

from hooks.bearer import Rules, canonical
from hooks.caller import Caller
from hooks.jwks import Keys, NoKeys, read_keys

_SCHEMA = Path(__file__).parent / "schema" / "clients.schema.json"
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class ClientsFaults(Exception):
    """The clients file cannot be used. ``faults`` are lines "file: place: what is wrong or what to write"."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


class Client(msgspec.Struct, frozen=True):
    """One EHR that may call. Times in seconds.

    ``max_lifetime`` is for exp - iat: 300 is what SMART asks for, Epic's tokens need 900. ``audience`` are texts that
    are accepted as aud beside the address called. ``fhir_origins`` are the only origins whose FHIR server may be asked.
    """

    id: str
    issuer: str
    tenant: str = ""
    jwks_url: str = ""
    jku: tuple[str, ...] = ()
    keys: tuple[dict[str, Any], ...] = ()
    algorithms: tuple[str, ...] = ("ES384", "RS384")
    audience: tuple[str, ...] = ()
    max_lifetime: int = 300
    clock_skew: int = 60
    fhir_origins: tuple[str, ...] = ()
    fhir_base: str = ""

    @property
    def key_urls(self) -> tuple[str, ...]:
        """Every address from which keys of this client may come."""
        return tuple(dict.fromkeys(filter(None, (self.jwks_url, *self.jku))))

    def inline_keys(self) -> Keys:
        """The keys written in the file. Raises ``NoKeys``."""
        return read_keys({"keys": list(self.keys)}, self.algorithms) if self.keys else {}

    def rules(self, address: str) -> Rules:
        """What its tokens are held to when ``address`` is called."""
        accepted = frozenset(map(canonical, (address, *self.audience)))
        return Rules(self.issuer, accepted, self.max_lifetime, self.clock_skew, self.tenant)

    def caller(self, claims: Mapping[str, Any]) -> Caller:
        """Who is calling, by verified claims."""
        return Caller(self.id, self.tenant or str(claims.get("tenant", "")), self.fhir_origins)


def read_clients(path: str | Path) -> tuple[Client, ...]:
    """All clients of the file. Raises ``ClientsFaults`` naming everything that is wrong with it."""
    from jsonschema import Draft202012Validator

    path = Path(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ClientsFaults([f"{path.name}: the clients file cannot be read ({error.strerror})"]) from None
    except UnicodeDecodeError:
        raise ClientsFaults([f"{path.name}: is not UTF-8; save it as UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ClientsFaults([f"{path.name}: is not TOML: {error}"]) from None
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    found = sorted(
        Draft202012Validator(schema).iter_errors(data), key=lambda fault: list(map(str, fault.absolute_path))
    )
    if found:
        raise ClientsFaults([f"{path.name}: {_said(fault)}" for fault in found])
    clients = tuple(_client(id, item) for id, item in data["clients"].items())
    if faults := _faults(clients):
        raise ClientsFaults([f"{path.name}: clients.{fault}" for fault in faults])
    return clients


def _said(fault: Any) -> str:
    """Where, and what to write instead: names of the file, but no values."""
    place = ".".join(map(str, fault.absolute_path)) or "(file)"
    if fault.validator == "required":
        missing = [name for name in fault.validator_value if name not in fault.instance]
        return f"{place}: {' and '.join(missing)} is missing"
    if fault.validator == "additionalProperties" and isinstance(fault.instance, dict):
        unknown = sorted(set(fault.instance) - set(fault.schema.get("properties", {})))
        return f"{place}: {', '.join(name[:64] for name in unknown)}: there is no such setting of a client"
    if "propertyNames" in fault.absolute_schema_path:
        return f"{place}: the name of a client is of lower-case letters, digits and -, up to 64"
    return f"{place}: {fault.schema.get('description', 'is not what is expected here')}"


def _client(id: str, item: Mapping[str, Any]) -> Client:
    return msgspec.convert({"id": id, **item}, Client)


def _faults(clients: tuple[Client, ...]) -> list[str]:
    faults: list[str] = []
    taken: dict[tuple[str, str], str] = {}
    for client in clients:
        other = taken.setdefault((client.issuer, client.tenant), client.id)
        if other != client.id:
            faults.append(f"{client.id}.issuer: {other} has the same issuer and tenant; make them differ")
        faults += [f"{client.id}.{fault}" for fault in (*_key_faults(client), *_address_faults(client))]
    return faults


def _key_faults(client: Client) -> list[str]:
    if not client.keys and not client.key_urls:
        return ["jwks_url: write where its keys are: jwks_url, jku or keys"]
    faults = [
        f"keys.{place}: is a private key; write only its public part, and replace that key: it is no longer secret"
        for place, key in enumerate(client.keys)
        if _PRIVATE & key.keys()
    ]
    for place, key in enumerate(client.keys):
        try:
            read_keys({"keys": [key]}, client.algorithms)
        except NoKeys:
            faults.append(f"keys.{place}: cannot verify {' or '.join(client.algorithms)}; write a public JWK for one")
    return faults


def _address_faults(client: Client) -> list[str]:
    faults = [f"{name}: {_WRITE_URL}" for name, url in _addresses(client) if not _is_safe(url)]
    for place, origin in enumerate(client.fhir_origins):
        if not _is_safe(origin) or canonical(origin) != origin or urlsplit(origin).path:
            faults.append(f"fhir_origins.{place}: write an origin in lower case, without port 443, path or final slash")
    base = canonical(client.fhir_base)
    if base and not any(base == origin or base.startswith(f"{origin}/") for origin in client.fhir_origins):
        faults.append("fhir_base: is not under one of fhir_origins; add its origin there")
    return faults


_WRITE_URL = "write an https address without user, query or fragment (http only for this machine itself)"


def _addresses(client: Client) -> list[tuple[str, str]]:
    named = [("jwks_url", client.jwks_url), ("fhir_base", client.fhir_base)]
    return [(name, url) for name, url in named if url] + [(f"jku.{at}", url) for at, url in enumerate(client.jku)]


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 (raises for what is no port)
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment or not url.isascii() or " " in url:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts))


def _is_loopback(parts: SplitResult) -> bool:
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
