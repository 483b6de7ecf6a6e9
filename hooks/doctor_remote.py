"""What ``gabaguard doctor`` asks over the network: keys, FHIR metadata, clocks, and our own public address."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_network
from typing import Any

from hooks.clients import Client
from hooks.doctor import Finding
from hooks.download import Downloaded, DownloadFailed, download
from hooks.jwks import NoKeys, fetch_keys
from hooks.origins import read_base
from hooks.outbound import Errand, Failed, Outbound, Resolve, Why
from hooks.settings import Settings

DEADLINE = 5.0  # seconds for each address
_LARGE = 16 * 1024 * 1024  # bytes; metadata are long
_METADATA = ("CapabilityStatement", "Conformance")
_REACH = (
    "Check the address, name resolution, firewall and proxies, and that its certificate is trusted (GABAGUARD_CA_FILE)"
)


def keys(client: Client, settings: Settings) -> Iterator[Finding]:
    """Whether the client's keys can be had, and whether its clock agrees with ours."""
    about = f"keys of {client.id}"
    if client.keys:
        yield Finding(about, "ok", f"{len(client.keys)} in the clients file (a rotation must be written there)")
    for url in client.key_urls:
        answers: list[Downloaded] = []

        def get(url: str, answers: list[Downloaded] = answers) -> Downloaded:
            answers.append(download(url, deadline=DEADLINE, ca_file=settings.ca_file))
            return answers[-1]

        try:
            found = fetch_keys(url, client.algorithms, get)
            yield Finding(about, "ok", f"{url}: {len({kid for kid, _ in found})} usable")
        except DownloadFailed as error:
            yield Finding(about, "failed", f"{url}: {error}", _REACH)
        except NoKeys as error:
            remedy = "Ask the EHR for the address of its JWK Set, and for the algorithms it signs with"
            yield Finding(about, "failed", f"{url}: {error}", remedy)
        yield from _clock(answers, client, url)


def fhir(client: Client, settings: Settings) -> Iterator[Finding]:
    """Whether the FHIR servers that may be asked for this client's patients answer with their metadata."""
    about = f"FHIR of {client.id}"
    if not client.fhir_origins:
        yield Finding(about, "ok", "no origin is allowed: its calls are judged by their prefetch alone")
    for origin in client.fhir_origins:
        base, sure = _base(client, origin)
        try:
            answer = download(f"{base}/metadata", deadline=DEADLINE, max_bytes=_LARGE, ca_file=settings.ca_file)
        except DownloadFailed as error:
            yield Finding(about, "failed", f"{base}/metadata: {error}", _REACH)
            continue
        yield _metadata(about, base, sure, answer)
        yield from permitted(about, base, settings)
        yield from _clock([answer], client, base)


def permitted(about: str, base: str, settings: Settings, resolve: Resolve = socket.getaddrinfo) -> Iterator[Finding]:
    """Whether the service itself would go there: it is stricter about addresses than this command."""
    server = read_base(base)
    if server is None:
        yield Finding(about, "failed", f"{base}: calls that name it so will not be followed", "Write it plainly")
        return
    networks = [ip_network(each) for each in settings.fhir_networks]
    outbound = Outbound(networks, ca_file=settings.ca_file, resolve=resolve)
    try:
        outbound.ask(Errand(server, "", time.monotonic() + DEADLINE), f"{base}/metadata")
    except Failed as failure:
        if failure.why is Why.ADDRESS:
            remedy = "Name that network in GABAGUARD_FHIR_NETWORKS if it is yours"
            yield Finding(about, "failed", f"{base}: leads to a private network, which is not asked", remedy)
    finally:
        outbound.close()


def _base(client: Client, origin: str) -> tuple[str, bool]:
    """The FHIR base at an origin, and whether it was said to be one: many EHRs name it as issuer."""
    for told in (client.fhir_base, client.issuer):
        if told == origin or told.startswith(f"{origin}/"):
            return told.removesuffix("/"), told == client.fhir_base
    return origin, False


def _metadata(about: str, base: str, sure: bool, answer: Downloaded) -> Finding:
    where = f"{base}/metadata"
    kind = _object(answer).get("resourceType")
    if answer.status == 200 and kind in _METADATA:
        release = str(_object(answer).get("fhirVersion", "not told"))[:20]
        return Finding(about, "ok", f"{where}: {kind}, FHIR {release}")
    if answer.status in (401, 403):
        return Finding(about, "warning", f"{where}: answers {answer.status}; it asks for a token even there")
    found = f"{where}: answers {answer.status} and no CapabilityStatement"
    if not sure:
        remedy = "Write its FHIR base address as fhir_base of this client, so that it can be asked"
        return Finding(about, "warning", found, remedy)
    return Finding(about, "failed", found, "Check fhir_base: calls carry it as fhirServer")


def _clock(answers: list[Downloaded], client: Client, url: str) -> Iterator[Finding]:
    """Tokens are judged by our clock: compare it with the Date that its server sent."""
    about = f"clock of {client.id}"
    for answer in answers:
        try:
            theirs = parsedate_to_datetime(answer.headers["date"])
        except (KeyError, ValueError):
            continue
        theirs = theirs if theirs.tzinfo is not None else theirs.replace(tzinfo=UTC)
        apart = abs((datetime.now(UTC) - theirs).total_seconds())
        found = f"{url}: {apart:.0f} s apart from ours, {client.clock_skew} s are allowed"
        if apart > client.clock_skew + 1:  # Date has whole seconds
            yield Finding(about, "failed", found, "Synchronise this machine with NTP; if ours is right, tell the EHR")
        elif apart > client.clock_skew / 2 + 1:
            yield Finding(about, "warning", found, "Synchronise this machine with NTP")
        else:
            yield Finding(about, "ok", found)


def public_address(settings: Settings) -> Iterator[Finding]:
    """Whether the address that callers use leads here, and asks for tokens if it should."""
    about, base = "public address", settings.base_url
    try:
        ready = download(f"{base}/health/ready", deadline=DEADLINE, ca_file=settings.ca_file)
        discovery = download(f"{base}/cds-services", deadline=DEADLINE, ca_file=settings.ca_file)
    except DownloadFailed as error:
        remedy = "Start the service, then ask again; " + _REACH[0].lower() + _REACH[1:]
        yield Finding(about, "warning", f"{base}: {error}", remedy)
        return
    version = _object(ready).get("knowledgeVersion")
    if ready.status != 200 or not isinstance(version, str):
        yield Finding(
            about, "failed", f"{base}: something else answers", "Check GABAGUARD_PUBLIC_URL and the proxy's path"
        )
        return
    yield _same(about, base, version, settings)
    expected = 401 if settings.clients else 200
    if discovery.status == expected:
        yield Finding(about, "ok", f"{base}/cds-services: " + ("strangers are refused" if settings.clients else "open"))
    elif settings.clients:
        remedy = "Restart the service with GABAGUARD_CLIENTS set"
        yield Finding(about, "failed", f"{base}/cds-services: answers {discovery.status} without a token", remedy)
    else:
        remedy = "It runs with other settings than these: run doctor with the settings of the service"
        yield Finding(about, "warning", f"{base}/cds-services: answers {discovery.status}", remedy)


def _same(about: str, base: str, version: str, settings: Settings) -> Finding:
    from hooks.engine import chosen_knowledge

    if version == chosen_knowledge(settings).version:
        return Finding(about, "ok", f"{base}: answers, with this knowledge")
    remedy = "`gabaguard knowledge status` tells which worker answers with what; else restart the service"
    return Finding(about, "warning", f"{base}: answers, with another knowledge version", remedy)


def _object(answer: Downloaded) -> Mapping[str, Any]:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
