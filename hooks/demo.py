"""The demonstration: serve on loopback, post a real call as an EHR would, print the cards, stay up.

The service runs as a process of its own, exactly as ``gabaguard serve`` starts it.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

import orjson

from hooks.terminal import console, plain, show_answer, show_problem, show_summary

HOST = "127.0.0.1"
START_LIMIT = 60.0  # seconds until the service must be ready; slow only on the very first start
STOP_LIMIT = 15.0  # seconds
CALL_LIMIT = 30.0  # seconds
AS_OF = "2026-06-10"  # the demo patients' today


class DemoError(Exception):
    """The demonstration cannot go on; the message says why."""


def run(*, once: bool, port: int) -> int:
    """The exit code: 0 when cards came, 1 when none came, 2 when the service could not be started or asked."""
    screen = console()
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the service is stopped then, too
    try:
        calls = demo_calls()
        watched = threading.Event()
        with _service(_free(port), watched) as (server, url):
            name, call = calls[0]
            answer, took = _post(url, call)
            screen.print(f"\n{name}: POST {url}/cds-services/{service_id(call)}, answered in {took * 1000:.1f} ms\n")
            show_answer(screen, answer)
            for other, body in calls[1:]:
                show_summary(screen, other, _post(url, body)[0])
            if not once:
                watched.set()
                _stay(server, url, calls)
            return 0 if answer.get("cards") else 1
    except DemoError as error:
        show_problem(screen, "demo", str(error))
        return 2
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGTERM, before)


def demo_calls() -> list[tuple[str, bytes]]:
    """The demo calls that ship, by file name; those of a checkout, or those inside an installed wheel."""
    here = Path(__file__).resolve().parent
    for folder in (here.parent / "fixtures" / "demo", here / "demo"):
        if found := sorted(folder.glob("*.json")):
            return [(path.name, path.read_bytes()) for path in found]
    raise DemoError("no demo calls found: run it from a checkout or an installed wheel")


def service_id(call: bytes) -> str:
    """The service for the hook of a call."""
    return f"gabaguard-{orjson.loads(call)['hook']}"


def _free(port: int) -> int:
    """The port asked for if it is free, else any free one. Raises ``DemoError`` when that port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DemoError(
                f"port {port} cannot be used ({error.strerror}); choose another, or none for any"
            ) from error
        return int(probe.getsockname()[1])


@contextmanager
def _service(port: int, watched: threading.Event) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running service; it is stopped on the way out, however that is."""
    command = [sys.executable, "-m", "hooks.cli", "serve", "--host", HOST, "--port", str(port), "--workers", "1"]
    environment = {"GABAGUARD_AS_OF": AS_OF, **os.environ, "PYTHONUNBUFFERED": "1"}
    for name in ("CLIENTS", "TLS_CERTIFICATE", "TLS_KEY", "PUBLIC_URL"):  # this is loopback, whatever a site has set
        environment.pop(f"GABAGUARD_{name}", None)
    server = subprocess.Popen(  # noqa: S603 (our own interpreter and arguments)
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    log: deque[str] = deque(maxlen=30)
    relay = threading.Thread(target=_relay, args=(server, log, watched), daemon=True)
    relay.start()
    try:
        url = f"http://{HOST}:{port}"
        _wait_until_ready(server, url, log)
        yield server, url
    finally:
        _stop(server)
        relay.join(STOP_LIMIT)


def _relay(server: subprocess.Popen[str], log: deque[str], watched: threading.Event) -> None:
    """Keep the last lines of the service's log, and show them once the cards are printed."""
    assert server.stdout is not None  # noqa: S101 (told to Popen above)
    for line in server.stdout:
        log.append(line)
        if watched.is_set():
            sys.stderr.write(plain(line.rstrip("\n")) + "\n")


def _wait_until_ready(server: subprocess.Popen[str], url: str, log: deque[str]) -> None:
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end:
        if server.poll() is not None:
            raise DemoError(f"the service ended at once (exit code {server.returncode}):\n{''.join(log)}")
        try:
            with _opener().open(f"{url}/health/ready", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise DemoError(f"the service was not ready within {START_LIMIT:.0f} s:\n{''.join(log)}")


def _opener() -> OpenerDirector:
    """Straight to loopback, whatever proxies the environment names."""
    return build_opener(ProxyHandler({}))


def _post(url: str, call: bytes) -> tuple[Mapping[str, Any], float]:
    """Post a call to its service: the answer, and how long it took in seconds."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    request = Request(f"{url}/cds-services/{service_id(call)}", call, headers)  # noqa: S310 (loopback)
    began = time.perf_counter()
    try:
        with _opener().open(request, timeout=CALL_LIMIT) as response:
            body = response.read()
    except HTTPError as error:
        raise DemoError(f"the call was refused with {error.code}:\n{error.read().decode(errors='replace')}") from error
    except OSError as error:
        raise DemoError(f"the call was not answered: {error}") from error
    answer: Mapping[str, Any] = orjson.loads(body)
    return answer, time.perf_counter() - began


def _stay(server: subprocess.Popen[str], url: str, calls: list[tuple[str, bytes]]) -> None:
    print(f"\ngabaguard stays up on {url} until Ctrl-C. Try:")  # noqa: T201
    print(f"  curl -s {url}/cds-services")  # noqa: T201
    for name, call in calls:
        post = "curl -s -H 'Content-Type: application/json'"
        print(f"  {post} -d @fixtures/demo/{name} {url}/cds-services/{service_id(call)}")  # noqa: T201
    sys.stdout.flush()
    server.wait()


def _stop(server: subprocess.Popen[str]) -> None:
    if server.poll() is None:
        server.terminate()
    try:
        server.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
