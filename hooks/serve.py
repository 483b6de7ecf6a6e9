"""Start the service: granian, WSGI, on loopback unless told otherwise."""

from __future__ import annotations

import gc
import os
import signal
import socket
import threading
import time
from importlib.util import find_spec
from multiprocessing import parent_process
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from flask import Flask
from granian import Granian
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels

from hooks import tracing
from hooks.app import create_app
from hooks.audit import Audit
from hooks.engine import Engine, served_knowledge
from hooks.knowledge.current import Current
from hooks.knowledge.follow import Follower
from hooks.knowledge.home import Home
from hooks.metrics import DIRECTORY
from hooks.observe import configure, log
from hooks.seen import is_shared
from hooks.settings import PREFIX, SWITCHES, Settings, SettingsFaults, load_settings, shown

STOP_LIMIT = 10  # seconds that a worker may take to finish its calls before it is killed
_LOOK_EVERY = 0.5  # seconds between looks whether the main process is there


def serve(settings: Settings | None = None) -> None:
    """Serve until told to stop. Faults of settings or knowledge are raised here, before any worker is started."""
    settings = settings or load_settings()
    if settings.exposed:
        raise SettingsFaults([*settings.exposed, "or serve with --insecure (anybody who can connect may then call)"])
    if settings.port == 0:  # cards carry the address, so it must be known
        settings = msgspec.structs.replace(settings, port=_free_port(settings.host))
    configure(settings.log_level)
    knowledge = served_knowledge(settings)
    _check_clients(settings)
    _check_traces(settings)
    if settings.unknown:
        log().warning("settings that are no switch", names=list(settings.unknown))
    if not settings.loopback and settings.insecure:
        log().warning("serving without trust: anybody who can connect may call", host=settings.host)
    log().info("serving", host=settings.host, port=settings.port, workers=settings.workers, knowledge=knowledge.version)
    if knowledge.altered:
        log().warning("knowledge differs from its seal", names=list(knowledge.altered))
    if not (settings.loopback or settings.public_url):
        log().warning("no GABAGUARD_PUBLIC_URL: links on cards lead to the address of the bind", host=settings.host)
    _hand_on(settings)
    with TemporaryDirectory(prefix="gabaguard-") as numbers:
        if settings.workers > 1:
            os.environ.setdefault(DIRECTORY, numbers)  # where workers add up their metrics
        _serve(settings)


def _serve(settings: Settings) -> None:
    Granian(
        "hooks.serve:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        backlog=1024,
        factory=True,
        respawn_failed_workers=True,
        log_level=LogLevels.error,
        log_access=False,
        websockets=False,
        workers_kill_timeout=STOP_LIMIT,
        ssl_cert=Path(settings.tls_certificate) if settings.tls_certificate else None,
        ssl_key=Path(settings.tls_key) if settings.tls_key else None,
        ssl_protocol_min=SSLProtocols.tls12,  # hospital interface engines may know no 1.3
    ).serve()


def application() -> Flask:
    """The application of one worker process; its settings come by the environment."""
    if hasattr(signal, "pthread_sigmask"):  # Ctrl-C reaches all processes: the main one alone stops the workers,
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a worker told twice to stop would never end
    _end_with_parent()
    settings = load_settings()
    tracing.start(settings)
    home = Home(Path(settings.knowledge))
    seen = home.wanted()
    current = Current(Engine(settings, served_knowledge(settings)))
    memory = Audit(settings) if settings.database_url != "off" else None
    app = create_app(settings, memory=memory, current=current)
    Follower(current, home, seen).start()
    gc.collect()
    gc.freeze()  # the knowledge is never garbage; do not look through it again at each collection
    return app


def _end_with_parent() -> None:
    """End this worker when the main process is gone without having stopped it. A worker left behind would go on
    answering, with its old knowledge, beside those of the next start.
    """
    main = parent_process()
    if main is None:
        return

    def watch() -> None:
        while os.getppid() == main.pid:
            time.sleep(_LOOK_EVERY)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="watch", daemon=True).start()


def _hand_on(settings: Settings) -> None:
    """Put the settings into the environment of the workers."""
    for switch in SWITCHES:
        value = getattr(settings, switch.field)
        os.environ[switch.name] = shown(value)
    os.environ.pop(f"{PREFIX}CONFIG", None)


def _check_traces(settings: Settings) -> None:
    """Whether spans can be sent, so that a fault is told once, before any worker starts."""
    if settings.traces and find_spec("opentelemetry") is None:
        raise SettingsFaults([f"{PREFIX}TRACES: needs what `pip install gabaguard[otel]` installs"])


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _check_clients(settings: Settings) -> None:
    """Read the clients file before any worker does, so that its faults are told once."""
    if not settings.clients:
        return
    from hooks.clients import read_clients

    clients = read_clients(settings.clients)
    log().info("only registered clients may call", names=[client.id for client in clients])
    if settings.workers > 1 and not is_shared(settings):
        log().warning("each worker remembers the tokens it has seen: a replay may be met by another worker once")
