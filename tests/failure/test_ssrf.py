"""A call leads us nowhere but to the FHIR servers on its list: watched at the socket, by a recorder that refuses.

The recorder is an audit hook of the interpreter: it sees every look-up of a name and every connection, whoever makes
it, and lets only those to the test's own servers pass. So nothing leaves this machine even where the guard fails.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from hooks.ehr import Ehr
from hooks.engine import Engine
from hooks.origins import Allowed, allowed, read_base
from hooks.outbound import Outbound
from hooks.respond import respond
from hooks.settings import Settings
from tests.support.answers import check_answer, told
from tests.support.bad_fhir import BadFhir, bad_fhir
from tests.support.fetched import AS_OF, offered

REGISTERED = "https://fhir.hospital.example"


class Recorder:
    """What the process tried to reach while a test watches; only ``ports`` of loopback may be reached."""

    def __init__(self) -> None:
        self.watching = False
        self.ports: set[int] = set()
        self.refused: list[Any] = []
        self.reached: list[Any] = []
        sys.addaudithook(self._heard)

    def _heard(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.watching or event not in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
            return
        target = args[1] if event == "socket.connect" else args[:2]
        if isinstance(target, tuple) and target[0] == "127.0.0.1" and target[1] in self.ports:
            self.reached.append(target)
            return
        self.refused.append((event, target))
        raise PermissionError(f"refused by the recorder: {event}")


_recorder = Recorder()  # an audit hook cannot be taken off again: one for all tests, asleep between them


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    _recorder.refused, _recorder.reached, _recorder.ports = [], [], set()
    _recorder.watching = True
    yield _recorder
    _recorder.watching = False


@pytest.fixture(scope="module")
def bad() -> Iterator[BadFhir]:
    with bad_fhir() as server:
        yield server


def engine() -> Engine:
    return Engine(Settings(as_of=AS_OF, fhir_deadline_ms=500))


BY = engine()
CALL = offered("r4-order-sign")

# What a call may not lead to when only loopback is allowed (a service without clients, on loopback).
NOT_LOOPBACK = [
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.169.254.nip.io/fhir",
    "http://10.0.0.1/fhir",
    "http://172.16.0.1/fhir",
    "http://192.168.1.1/fhir",
    "http://100.64.0.1/fhir",
    "http://198.18.0.1/fhir",
    "http://224.0.0.1/fhir",
    "http://255.255.255.255/fhir",
    "http://8.8.8.8/fhir",
    "https://ehr.example/fhir",
    "https://metadata.google.internal/computeMetadata/v1/",
]
# Other ways of writing loopback, a private address, or an address that is on the list.
ODD = [
    "http://0.0.0.0:{port}/fhir",
    "http://0:{port}/fhir",
    "http://127.1:{port}/fhir",
    "http://127.0.1:{port}/fhir",
    "http://127.0.0.2:{port}/fhir",
    "http://2130706433:{port}/fhir",
    "http://0x7f000001:{port}/fhir",
    "http://0x7f.0.0.1:{port}/fhir",
    "http://0177.0.0.1:{port}/fhir",
    "http://017700000001:{port}/fhir",
    "http://127.0.0.1.:{port}/fhir",
    "http://localhost.:{port}/fhir",
    "http://localhost.localdomain:{port}/fhir",
    "http://sub.localhost:{port}/fhir",
    "http://[::]:{port}/fhir",
    "http://[::ffff:127.0.0.1]:{port}/fhir",
    "http://[::ffff:7f00:1]:{port}/fhir",
    "http://[0:0:0:0:0:ffff:7f00:1]:{port}/fhir",
    "http://[0:0:0:0:0:0:0:1]:{port}/fhir",
    "http://[64:ff9b::7f00:1]:{port}/fhir",
    "http://[2002:7f00:1::]:{port}/fhir",
    "http://[fe80::1%25lo]:{port}/fhir",
    "http://[fc00::1]:{port}/fhir",
    "http://[::127.0.0.1]:{port}/fhir",
    "http://①②⑦.⓪.⓪.①:{port}/fhir",
    "http://127。0。0。1:{port}/fhir",
    "http://127%2e0%2e0%2e1:{port}/fhir",
    "http://user@127.0.0.1:{port}/fhir",
    "http://user:pw@127.0.0.1:{port}/fhir",
    "http://127.0.0.1:{port}@evil.example/fhir",
    "http://evil.example#@127.0.0.1:{port}/fhir",
    "http://evil.example?@127.0.0.1:{port}/fhir",
    "http://evil.example\\@127.0.0.1:{port}/fhir",
    "http://127.0.0.1:{port}\\@evil.example/fhir",
    "http://127.0.0.1:{port}#/fhir",
    "http://127.0.0.1:{port}?/fhir",
    "http://127.0.0.1:{port}/fhir?x=1",
    "http://127.0.0.1:{port}/fhir#x",
    "http://127.0.0.1:{port}/fhir/../../admin",
    "http://127.0.0.1:{port}/fhir/%2e%2e/admin",
    "http://127.0.0.1:{port}/fhir/..%2fadmin",
    "http://127.0.0.1:{port}/fhir/%0d%0aX-Evil:%201",
    "http://127.0.0.1:{port}/fhir\r\nHost: evil.example",
    "http://127.0.0.1:{port} /fhir",
    " http://127.0.0.1:{port}/fhir",
    "http://127.0.0.1:{port}/fh\tir",
    "http:///127.0.0.1:{port}/fhir",
    "http:127.0.0.1:{port}/fhir",
    "//127.0.0.1:{port}/fhir",
    "127.0.0.1:{port}/fhir",
    "http://127.0.0.1:99999/fhir",
    "http://127.0.0.1:0/fhir",
    "http://127.0.0.1:-1/fhir",
    "http://127.0.0.1:{port}:80/fhir",
    "ftp://127.0.0.1:{port}/fhir",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_GET",
    "javascript:alert(1)",
    "unix:///run/docker.sock",
    "http+unix://%2Frun%2Fdocker.sock/fhir",
    "ws://127.0.0.1:{port}/fhir",
    "http://" + "a" * 300 + "/fhir",
    "http://127.0.0.1:{port}/" + "x" * 5000,
]


@pytest.mark.parametrize("url", [*NOT_LOOPBACK, *ODD])
def test_an_address_that_is_not_on_the_list_is_neither_looked_up_nor_connected_to(
    recorder: Recorder, bad: BadFhir, url: str
) -> None:
    """The server stands on loopback and would answer; the address is not the one that loopback is allowed under."""
    recorder.ports = {bad.port}
    bad.seen.clear()
    answer = respond(CALL.body(url.replace("{port}", str(bad.port))), BY.services[CALL.service], BY)
    assert recorder.refused == []
    assert recorder.reached == []
    assert not bad.seen
    assert answer.status == 200
    cards = check_answer(json.loads(answer.body))
    assert cards[-1]["source"]["topic"]["code"] == "not-checked"
    assert "may not be asked" in cards[-1]["detail"]


LIKE_REGISTERED = [
    "http://fhir.hospital.example/fhir",
    "https://fhir.hospital.example:8443/fhir",
    "https://fhir.hospital.example./fhir",
    "https://fhir.hospital.example.evil.example/fhir",
    "https://evil-fhir.hospital.example/fhir",
    "https://hospital.example/fhir",
    "https://fhir.hospital.example@evil.example/fhir",
    "https://evil.example/https://fhir.hospital.example/fhir",
    "https://fhir.hospital.example%00.evil.example/fhir",
    "https://fhir.hospitaⅼ.example/fhir",
    "https://xn--fhir.hospital.example/fhir",
    "http://127.0.0.1/fhir",
    "http://localhost/fhir",
]


@pytest.mark.parametrize("url", LIKE_REGISTERED)
def test_what_only_looks_like_the_registered_origin_is_not_reached(recorder: Recorder, url: str) -> None:
    answer = respond(CALL.body(url), BY.services[CALL.service], BY, permitted=allowed((REGISTERED,)))
    assert (recorder.refused, recorder.reached) == ([], [])
    assert answer.status == 200


@pytest.mark.parametrize("fault", ["redirect", "redirect-away"])
def test_no_redirect_is_followed(recorder: Recorder, bad: BadFhir, fault: str) -> None:
    recorder.ports = {bad.port}
    bad.seen.clear()
    respond(CALL.body(bad.base(fault)), BY.services[CALL.service], BY)
    assert recorder.refused == []
    assert recorder.reached
    assert all(f"/{fault}/" in path for _, path, _ in bad.seen)


LINKS = [
    "http://evil.example/fhir?page=2",
    "http://169.254.169.254/latest/meta-data/",
    "//evil.example/fhir?page=2",
    "http://127.0.0.1:1/fhir?page=2",
    "http://localhost:{port}/next-away/*/fhir?page=2",
    "http://user@127.0.0.1:{port}/next-away/*/fhir?page=2",
    "http://127.0.0.1:{port}@evil.example/next-away/*/fhir?page=2",
    "http://127.0.0.1:{port}/admin?page=2",
    "http://127.0.0.1:{port}/next-away/*/fhir/../../../admin?page=2",
    "/admin?page=2",
    "../../../admin?page=2",
    "https://127.0.0.1:{port}/next-away/*/fhir?page=2",
    "file:///etc/passwd",
    "http://2130706433:{port}/next-away/*/fhir?page=2",
    "http://[::ffff:127.0.0.1]:{port}/next-away/*/fhir?page=2",
    "http://127.0.0.1:{port}/next-away/*/fhir?page=2\r\nX-Evil: 1",
]


@pytest.mark.parametrize("link", LINKS)
def test_no_further_page_elsewhere_is_asked_for(
    recorder: Recorder, bad: BadFhir, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ``next`` link is followed on the same origin and under the same base URL only; the first page is kept."""
    recorder.ports = {bad.port}
    bad.resources = CALL.resources
    bad.seen.clear()
    bad.link = link.replace("{port}", str(bad.port))
    answer = respond(CALL.body(bad.base("next-away")), BY.services[CALL.service], BY)
    assert recorder.refused == []
    assert not [path for _, path, _ in bad.seen if "page=2" in path or "admin" in path or "latest" in path]
    assert "opioid-baclofen:critical" in told(json.loads(answer.body))


class Names:
    """A resolver that answers differently each time, as whoever rebinds a name does."""

    def __init__(self, *answers: str) -> None:
        self.answers = answers
        self.asked = 0

    def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        address = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]


REBOUND = [
    "127.0.0.1",
    "10.0.0.5",
    "172.20.0.1",
    "192.168.0.7",
    "169.254.169.254",
    "0.0.0.0",
    "100.64.3.3",
    "224.0.0.5",
    "240.0.0.1",
    "::1",
    "::",
    "::ffff:10.0.0.5",
    "fe80::1",
    "fe80::1%eth0",
    "fd00::5",
    "64:ff9b::a00:5",
    "2002:a00:5::1",
    "2001:0:53aa:64c::1",
    "ff02::1",
]


def _with_names(names: Names, *networks: str) -> Engine:
    from ipaddress import ip_network

    by = engine()
    by.ehr = Ehr(Outbound([ip_network(each) for each in networks], resolve=names), seconds=0.5)
    return by


@pytest.mark.parametrize("address", REBOUND)
def test_a_registered_name_that_leads_inside_is_not_followed(recorder: Recorder, address: str) -> None:
    by = _with_names(Names(address))
    answer = respond(CALL.body(f"{REGISTERED}/fhir"), by.services[CALL.service], by, permitted=allowed((REGISTERED,)))
    assert (recorder.refused, recorder.reached) == ([], [])
    assert "is not allowed here" in answer.body.decode()


def test_the_address_that_was_looked_at_is_the_one_connected_to(recorder: Recorder) -> None:
    """One look-up per connection: a second answer, for this machine, would come too late."""
    names = Names("203.0.114.9")
    by = _with_names(names)
    respond(CALL.body(f"{REGISTERED}/fhir"), by.services[CALL.service], by, permitted=allowed((REGISTERED,)))
    targets = {target for _, target in recorder.refused}
    assert targets == {("203.0.114.9", 443)}
    flipping = Names("203.0.114.9", "127.0.0.1")
    by = _with_names(flipping)
    recorder.refused = []
    respond(CALL.body(f"{REGISTERED}/fhir"), by.services[CALL.service], by, permitted=allowed((REGISTERED,)))
    assert {target for _, target in recorder.refused} == {("203.0.114.9", 443)}
    assert recorder.reached == []


def test_a_private_network_is_open_only_where_the_operator_says_so(recorder: Recorder) -> None:
    by = _with_names(Names("10.20.1.5"), "10.20.0.0/16")
    respond(CALL.body(f"{REGISTERED}/fhir"), by.services[CALL.service], by, permitted=allowed((REGISTERED,)))
    assert {target for _, target in recorder.refused} == {("10.20.1.5", 443)}
    recorder.refused = []
    by = _with_names(Names("10.21.1.5"), "10.20.0.0/16")
    respond(CALL.body(f"{REGISTERED}/fhir"), by.services[CALL.service], by, permitted=allowed((REGISTERED,)))
    assert recorder.refused == []


def test_proxies_of_the_environment_are_not_used(
    recorder: Recorder, bad: BadFhir, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    recorder.ports = {bad.port}
    bad.resources = CALL.resources
    by = engine()
    answer = respond(CALL.body(bad.base()), by.services[CALL.service], by)
    by.ehr.close()
    assert recorder.refused == []
    assert "opioid-baclofen:critical" in told(json.loads(answer.body))


def test_the_recorder_would_have_seen_it(recorder: Recorder) -> None:
    """A test that cannot fail is none: without the guard the same calls reach the recorder."""
    with pytest.raises(PermissionError):
        socket.create_connection(("127.0.0.1", 9), timeout=0.2)
    with pytest.raises(PermissionError):
        socket.getaddrinfo("evil.example", 80)
    assert len(recorder.refused) == 2


def test_there_are_enough_of_them() -> None:
    assert len({*NOT_LOOPBACK, *ODD, *LIKE_REGISTERED, *LINKS, *REBOUND}) > 100


def test_loopback_is_allowed_only_to_a_service_that_only_this_machine_can_call() -> None:
    loopback = read_base("http://127.0.0.1:9/fhir")
    assert loopback is not None
    assert Settings().fhir_allowed.permits(loopback)
    assert not Settings(host="0.0.0.0").fhir_allowed.permits(loopback)
    assert not Settings(clients="clients.toml").fhir_allowed.permits(loopback)
    assert not Allowed().permits(loopback)
