"""``gabaguard doctor``: is this site set up so that its EHRs can call? Each thing looked at, and what to do about it.

Nothing is changed and nothing of a patient is asked for. What it asks over the network are the addresses that the
operator configured: keys of clients, their FHIR servers' metadata, and our own public address.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from hooks.clients import Client, ClientsFaults, read_clients
from hooks.settings import Settings, SettingsFaults, load_settings

State = Literal["ok", "warning", "failed"]
_SOON = timedelta(days=30)


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at. ``remedy`` is "" when there is nothing to do."""

    about: str
    state: State
    found: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    """Everything about the site, in the order in which it should be put right."""
    try:
        settings = load_settings()
    except SettingsFaults as refusal:
        for fault in refusal.faults:
            yield Finding("settings", "failed", fault, "Correct this setting; `gabaguard settings` lists them all")
        return
    yield from _settings(settings)
    yield _knowledge(settings)
    yield from _certificate(settings)
    clients: tuple[Client, ...] = ()
    try:
        if settings.clients:
            clients = read_clients(settings.clients)
            names = ", ".join(client.id for client in clients)
            yield Finding("clients", "ok", f"{len(clients)} registered: {names}")
    except ClientsFaults as refusal:
        for fault in refusal.faults:
            yield Finding("clients", "failed", fault, "Correct the clients file; the README shows one")
    yield from _clients(clients, settings)


def _clients(clients: tuple[Client, ...], settings: Settings) -> Iterator[Finding]:
    from hooks.doctor_remote import fhir, keys, public_address

    for client in clients:
        yield _audience(client, settings)
        yield from keys(client, settings)
        yield from fhir(client, settings)
    yield from public_address(settings)


def _settings(settings: Settings) -> Iterator[Finding]:
    if settings.unknown:
        remedy = "Check the spelling; `gabaguard settings` lists every name"
        yield Finding("settings", "warning", f"{', '.join(settings.unknown)}: there is no such setting", remedy)
    for fault in settings.exposed:
        name, _, remedy = fault.partition(": ")
        yield Finding("trust", "failed", f"{name}: `serve` will refuse to listen on {settings.host}", _sentence(remedy))
    if not settings.loopback and settings.insecure:
        yield Finding("trust", "warning", "anybody who can connect may call", "Register the clients, drop insecure")
    elif not settings.clients:
        remedy = "Name a clients file in GABAGUARD_CLIENTS before an EHR is connected"
        yield Finding("trust", "warning", "no token is asked for; this machine only", remedy)
    if settings.as_of is not None:
        remedy = "Unset GABAGUARD_AS_OF where patients are treated"
        yield Finding("clock", "warning", f"the clinical today is frozen to {settings.as_of}", remedy)
    if settings.clients and settings.workers > 1 and not _shares_tokens(settings):
        found = f"{settings.workers} workers each remember the tokens they have seen: a replay may pass once in each"
        yield Finding("trust", "warning", found, "Give them a database (GABAGUARD_DATABASE_URL), or use one worker")
    if not settings.unknown and not settings.exposed:
        yield Finding("settings", "ok", f"{settings.host}:{settings.port}, known to callers as {settings.base_url}")


def _shares_tokens(settings: Settings) -> bool:
    from hooks.seen import is_shared

    return is_shared(settings)


def _sentence(remedy: str) -> str:
    return remedy[:1].upper() + remedy[1:]


def _knowledge(settings: Settings) -> Finding:
    from cds.knowledge.load import KnowledgeFaults
    from hooks.engine import served_knowledge

    try:
        known = served_knowledge(settings)
    except KnowledgeFaults as refusal:
        found = f"{len(refusal.faults)} faults, the first: {refusal.faults[0]}"
        return Finding(
            "knowledge",
            "failed",
            found,
            "`gabaguard knowledge validate` lists all; install it anew, or choose another set",
        )
    return Finding("knowledge", "ok", f"{len(known.checks)} checks, version {known.version}")


def _audience(client: Client, settings: Settings) -> Finding:
    about = f"audience of {client.id}"
    accepted = " or ".join((f"{settings.base_url}/cds-services/…", *client.audience))
    if not settings.public_url and not settings.tls_certificate:
        remedy = "Write the address that the EHR calls in GABAGUARD_PUBLIC_URL"
        return Finding(about, "warning", f"tokens must name the address of the bind: {accepted}", remedy)
    return Finding(about, "ok", f"tokens must name the address called: {accepted}")


def _certificate(settings: Settings) -> Iterator[Finding]:
    """Certificate and key belong together, are of today, and are for the public address."""
    if not settings.tls_certificate:
        return
    from cryptography import x509

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_certificate, settings.tls_key)
        first = x509.load_pem_x509_certificates(Path(settings.tls_certificate).read_bytes())[0]
    except (OSError, ValueError) as error:  # SSLError is an OSError
        remedy = "Write a PEM chain, own certificate first, and its key without a passphrase"
        yield Finding("TLS", "failed", f"certificate and key cannot be used ({type(error).__name__})", remedy)
        return
    ends, now = first.not_valid_after_utc, datetime.now(UTC)
    if not first.not_valid_before_utc <= now <= ends:
        yield Finding("TLS", "failed", f"the certificate is not valid today (until {ends:%Y-%m-%d})", "Renew it")
    elif ends - now < _SOON:
        yield Finding("TLS", "warning", f"the certificate ends on {ends:%Y-%m-%d}", "Renew it")
    host = urlsplit(settings.base_url).hostname or ""
    if not _names(first, host):
        yield Finding("TLS", "failed", f"the certificate is not for {host}", "Use one whose names include that host")
    elif now <= ends:
        yield Finding("TLS", "ok", f"certificate for {host} until {ends:%Y-%m-%d}")


def _names(certificate: object, host: str) -> bool:
    from cryptography import x509

    assert isinstance(certificate, x509.Certificate)  # noqa: S101 (given so above)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    hosts = [name.lower() for name in names.get_values_for_type(x509.DNSName)]
    return host in addresses or host in hosts or f"*.{host.partition('.')[2]}" in hosts
