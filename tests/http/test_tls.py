"""TLS by the service itself and by a proxy in front of it; and what `serve` refuses beyond this machine."""

from __future__ import annotations

import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import pytest

from hooks.download import DownloadFailed, download
from tests.http.test_trust import CALL, clients_file
from tests.support.server import Server, start, stop
from tests.support.tls import self_signed, tls_proxy
from tests.support.tokens import ADDRESS, KeyPlace, mint, serving


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return self_signed(tmp_path_factory.mktemp("pem"))


def asks(server: Server, address: str) -> None:
    """Discovery and a call with tokens for this address are answered, without tokens refused."""
    assert server.get("/cds-services").status == 401
    token = mint(aud=f"{address}/cds-services")
    assert server.get("/cds-services", Authorization=f"Bearer {token}").status == 200
    token = mint("rs-a", aud=f"{address}/cds-services/{CALL.service}")
    reply = server.post(CALL.service, CALL.body, Authorization=f"Bearer {token}")
    assert reply.status == 200
    assert reply.json()["cards"][0]["links"][0]["url"].startswith(f"{address}/checks/")
    assert reply.headers["strict-transport-security"]


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_service_speaks_tls_itself(tmp_path: Path, pem: tuple[Path, Path], newest: ssl.TLSVersion) -> None:
    """Without a public address, the one of the bind is https then, and the audience of tokens."""
    certificate, key = pem
    context = ssl.create_default_context(cafile=str(certificate))
    context.maximum_version = newest
    process, server = start(
        tmp_path,
        context,
        GABAGUARD_TLS_CERTIFICATE=str(certificate),
        GABAGUARD_TLS_KEY=str(key),
        GABAGUARD_CLIENTS=str(clients_file(tmp_path, "https://keys.ehr.example/none")),
    )
    try:
        asks(server, f"https://127.0.0.1:{server.port}")
        with pytest.raises((OSError, HTTPException)):
            Server(server.port, server.log).get("/cds-services")  # plain HTTP
        with pytest.raises(ssl.SSLCertVerificationError):
            Server(server.port, server.log, ssl.create_default_context()).get("/cds-services")
    finally:
        stop(process)


def test_a_proxy_speaks_tls_for_it(tmp_path: Path, pem: tuple[Path, Path]) -> None:
    process, inner = start(
        tmp_path,
        GABAGUARD_PUBLIC_URL=ADDRESS,
        GABAGUARD_CLIENTS=str(clients_file(tmp_path, "https://keys.ehr.example/none")),
    )
    try:
        with tls_proxy(*pem, inner.port) as port:
            asks(Server(port, inner.log, ssl.create_default_context(cafile=str(pem[0]))), ADDRESS)
    finally:
        stop(process)


def test_two_hundred_calls_at_once_with_unknown_keys_make_one_request(tmp_path: Path) -> None:
    """Over HTTP, to a service that has just started and knows no key yet."""
    with serving(KeyPlace("es384-b")) as place:
        place.pause = 0.3
        process, server = start(
            tmp_path, GABAGUARD_PUBLIC_URL=ADDRESS, GABAGUARD_CLIENTS=str(clients_file(tmp_path, place.url))
        )
        try:
            tokens = [mint("es384-b", {} if at % 4 == 0 else {"kid": f"invented-{at}"}) for at in range(200)]
            together = threading.Barrier(200)

            def ask(token: str) -> int:
                together.wait(30)
                return server.get("/cds-services", Authorization=f"Bearer {token}").status

            with ThreadPoolExecutor(200) as pool:
                answered = list(pool.map(ask, tokens))
        finally:
            stop(process)
        assert answered == [200 if at % 4 == 0 else 401 for at in range(200)]
        assert len(place.asked) == 1


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, ("GABAGUARD_CLIENTS", "GABAGUARD_PUBLIC_URL", "--insecure")),
        ({"GABAGUARD_PUBLIC_URL": "https://cds.example"}, ("GABAGUARD_CLIENTS", "--insecure")),
        ({"GABAGUARD_CLIENTS": "bad"}, ("clients.main",)),
    ],
)
def test_serve_says_what_is_missing_and_does_not_start(
    tmp_path: Path, settings: dict[str, str], named: tuple[str, ...]
) -> None:
    """The address is none of this machine: nothing could be bound even by mistake."""
    bad = tmp_path / "bad"
    bad.write_text("[clients.main]\n")
    environment = {name: str(bad) if value == "bad" else value for name, value in settings.items()}
    host = "127.0.0.1" if "GABAGUARD_CLIENTS" in settings else "192.0.2.1"
    command = [sys.executable, "-m", "hooks.cli", "serve", "--host", host, "--port", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert all(word in done.stderr for word in named)
    assert "Traceback" not in done.stderr


def test_keys_behind_a_hospitals_own_authority(tmp_path: Path, pem: tuple[Path, Path]) -> None:
    """Accepted when the authority is named, and only for the host of the certificate; TLS to keys is never skipped."""
    certificate, key = pem
    with serving(KeyPlace("es384-b")) as place:
        inner = int(place.url.split(":")[2].split("/")[0])
        with tls_proxy(certificate, key, inner) as port:
            url = f"https://localhost:{port}/keys"
            with pytest.raises(DownloadFailed, match="certificate is not accepted"):
                download(url)
            assert download(url, ca_file=str(certificate)).body == place.body
            other = tmp_path / "other"
            other.mkdir()
            with pytest.raises(DownloadFailed, match="certificate is not accepted"):
                download(url, ca_file=str(self_signed(other)[0]))
        assert len(place.asked) == 1
