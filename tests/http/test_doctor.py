"""`gabaguard doctor` finds what keeps an EHR from calling, and says what to do about each thing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result

from hooks.cli import cli
from hooks.doctor_remote import permitted
from hooks.settings import Settings
from tests.support.server import Server, start, stop
from tests.support.tls import self_signed
from tests.support.tokens import ISSUER, KeyPlace, jwks, serving

METADATA = json.dumps({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}).encode()


class Site(NamedTuple):
    """A site where all is well: keys, a FHIR server, a running service; and its settings."""

    keys: KeyPlace
    fhir: KeyPlace
    server: Server
    environment: dict[str, str]
    folder: Path

    def examine(self, *options: str, **changes: str) -> Result:
        return CliRunner().invoke(cli, ["doctor", *options], env={**self.environment, **changes})

    def told(self, **changes: str) -> dict[str, list[dict[str, str]]]:
        """What was found, by state."""
        result = self.examine("--json", **changes)
        found = [json.loads(line) for line in result.output.splitlines()]
        assert result.exit_code == int(any(item["state"] == "failed" for item in found)), result.output
        assert all(
            item["state"] == "ok" or "remedy" in item for item in found if "asks for a token" not in item["found"]
        )
        return {state: [item for item in found if item["state"] == state] for state in ("ok", "warning", "failed")}

    def failed(self, **changes: str) -> list[str]:
        return [f"{item['about']}: {item['found']}" for item in self.told(**changes)["failed"]]

    def clients(self, **changes: Any) -> str:
        """A clients file; a change to None leaves a line out."""
        good = {
            "issuer": ISSUER,
            "jwks_url": self.keys.url,
            "fhir_origins": [self.fhir.url.removesuffix("/keys")],
            "fhir_base": self.fhir.url.replace("/keys", "/fhir"),
        }
        lines = [f"{name} = {json.dumps(value)}" for name, value in {**good, **changes}.items() if value is not None]
        file = self.folder / "clients.toml"
        file.write_text("[clients.main]\n" + "\n".join(lines) + "\n")
        return str(file)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("doctor")
    with serving(KeyPlace("es384-a", "rs-a")) as keys, serving(KeyPlace()) as fhir:
        fhir.body = METADATA
        site = Site(keys, fhir, Server(0, folder), {}, folder)
        settings = {"GABAGUARD_CLIENTS": site.clients()}
        process, server = start(folder, **settings)
        settings |= {"GABAGUARD_PORT": str(server.port), "GABAGUARD_PUBLIC_URL": f"http://127.0.0.1:{server.port}"}
        try:
            yield site._replace(server=server, environment=settings)
        finally:
            stop(process)


@pytest.fixture
def site(running: Site) -> Iterator[Site]:
    """The running site, put right again after each test."""
    running.clients()
    yield running
    for place, body in ((running.keys, jwks("es384-a", "rs-a")), (running.fhir, METADATA)):
        place.status, place.body, place.clock, place.headers = 200, body, 0.0, {"Content-Type": "application/json"}


def test_a_site_where_all_is_well(site: Site) -> None:
    told = site.told()
    assert told["failed"] == told["warning"] == []
    about = [item["about"] for item in told["ok"]]
    assert {"keys of main", "FHIR of main", "clock of main", "audience of main", "public address"} <= set(about)
    assert site.fhir.asked[-1] == "/fhir/metadata"
    result = site.examine()
    assert result.exit_code == 0
    assert re.search(r"0 failed, 0 warnings, \d+ well", result.output)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda site: setattr(site.keys, "status", 404), "keys of main: .*: it answered 404"),
        (lambda site: setattr(site.keys, "status", 302), "keys of main: .*redirects are not followed"),
        (lambda site: setattr(site.keys, "body", b"<html>"), "keys of main: .*: it is not JSON"),
        (lambda site: setattr(site.keys, "body", b'{"keys": []}'), "keys of main: .*none of its 0 keys"),
        (
            lambda site: setattr(site.keys, "body", jwks("es256-a")),
            "keys of main: .*none of its 1 keys .*ES384 or RS384",
        ),
        (lambda site: site.clients(jwks_url="http://127.0.0.1:9/keys"), "keys of main: .*no connection"),
        (lambda site: setattr(site.keys, "clock", 120), "clock of main: .*1(19|20|21) s apart from ours, 60 s"),
        (lambda site: setattr(site.fhir, "clock", -120), "clock of main: .*1(19|20|21) s apart"),
        (lambda site: setattr(site.fhir, "status", 500), "FHIR of main: .*answers 500"),
        (lambda site: setattr(site.fhir, "body", b"<html>"), "FHIR of main: .*no CapabilityStatement"),
        (
            lambda site: site.clients(fhir_origins=["http://127.0.0.1:9"], fhir_base=None),
            "FHIR of main: .*no connection",
        ),
        (lambda site: site.clients(issuer=None), "clients: clients.toml: clients.main: issuer is missing"),
    ],
)
def test_each_fault_is_found(site: Site, change: Callable[[Site], Any], found: str) -> None:
    change(site)
    failed = site.failed()
    assert any(re.match(found, item) for item in failed), failed


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda site: setattr(site.fhir, "status", 401), "answers 401; it asks for a token even there"),
        (lambda site: setattr(site.keys, "clock", 40), "40 s apart|39 s apart|41 s apart"),
        (lambda site: (site.clients(fhir_base=None), setattr(site.fhir, "status", 404)), "answers 404"),
    ],
)
def test_what_may_be_meant_so_is_a_warning(site: Site, change: Callable[[Site], Any], found: str) -> None:
    change(site)
    told = site.told()
    assert told["failed"] == []
    assert any(re.search(found, item["found"]) for item in told["warning"]), told["warning"]


def test_settings_with_faults_end_it_there(site: Site) -> None:
    failed = site.failed(GABAGUARD_WORKERS="many", GABAGUARD_TLS_KEY="/none.pem")
    assert len(failed) == 2


def test_what_serve_would_refuse_is_told(site: Site) -> None:
    failed = site.failed(GABAGUARD_HOST="192.0.2.1")
    assert [item for item in failed if "GABAGUARD_PUBLIC_URL: `serve` will refuse" in item]


def test_a_service_that_runs_without_the_clients_is_found(site: Site, tmp_path: Path) -> None:
    process, server = start(tmp_path)
    try:
        failed = site.failed(GABAGUARD_PUBLIC_URL=f"http://127.0.0.1:{server.port}")
    finally:
        stop(process)
    assert any("answers 200 without a token" in item for item in failed)


def test_something_else_at_the_public_address_is_found(site: Site) -> None:
    assert any("something else answers" in item for item in site.failed(GABAGUARD_PUBLIC_URL=site.fhir.url))


def test_a_service_that_is_not_started_yet_is_a_warning(site: Site) -> None:
    told = site.told(GABAGUARD_PUBLIC_URL="http://127.0.0.1:9")
    assert told["failed"] == []
    assert [item["about"] for item in told["warning"]] == ["public address"]


@pytest.mark.parametrize(
    ("days", "host", "state"),
    [
        (300, "localhost", "ok"),
        (20, "localhost", "warning"),
        (-1, "localhost", "failed"),
        (300, "other.example", "failed"),
    ],
)
def test_the_certificate_is_looked_at(site: Site, tmp_path: Path, days: int, host: str, state: str) -> None:
    certificate, key = self_signed(tmp_path, days=days, host=host)
    settings = {"GABAGUARD_TLS_CERTIFICATE": str(certificate), "GABAGUARD_TLS_KEY": str(key)}
    told = site.told(**settings, GABAGUARD_PUBLIC_URL="https://localhost:9")
    assert "TLS" in {item["about"] for item in told[state]}


def test_a_key_of_another_certificate_is_found(site: Site, tmp_path: Path) -> None:
    certificate, _ = self_signed(tmp_path)
    (tmp_path / "other").mkdir()
    _, key = self_signed(tmp_path / "other")
    settings = {"GABAGUARD_TLS_CERTIFICATE": str(certificate), "GABAGUARD_TLS_KEY": str(key)}
    assert any(item.startswith("TLS: certificate and key cannot be used") for item in site.failed(**settings))


def test_without_any_configuration_it_says_that_no_token_is_asked_for() -> None:
    result = CliRunner().invoke(cli, ["doctor"], env={"GABAGUARD_PORT": "9"})
    assert result.exit_code == 0
    assert "no token is asked for" in result.output


def test_workers_that_share_no_memory_of_tokens_are_told(site: Site) -> None:
    alone = site.told(GABAGUARD_WORKERS="2", GABAGUARD_DATABASE_URL="off")
    assert any("a replay may pass once in each" in item["found"] for item in alone["warning"])
    assert site.told(GABAGUARD_WORKERS="2")["warning"] == []


def test_a_fhir_server_in_a_private_network_must_be_permitted() -> None:
    """Doctor itself would reach it, but calls would not be followed there."""

    def private(*_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", ("10.1.2.3", 443))]

    base = "https://fhir.hospital.example/r4"
    (found,) = permitted("FHIR of main", base, Settings(), private)
    assert found.state == "failed"
    assert "private network" in found.found
    assert "GABAGUARD_FHIR_NETWORKS" in found.remedy
    assert not list(permitted("FHIR of main", base, Settings(fhir_networks=("10.1.0.0/16",)), private))
