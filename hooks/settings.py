"""Every switch of the service, with its default, unit and reason.

Values come from the environment (``GABAGUARD_*``), else from one optional TOML file named by ``GABAGUARD_CONFIG``, else
from the defaults here. All faults are told at once. ``hooks.settings_told`` is what ``gabaguard settings`` prints.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from cds.knowledge.profiles import DEFAULT
from hooks import settings_values as read
from hooks.origins import Allowed, allowed

PREFIX = "GABAGUARD_"
CONFIG = "GABAGUARD_CONFIG"


class SettingsFaults(Exception):
    """The settings cannot be used. ``faults`` are lines "NAME: what is wrong and what to write"."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


class Settings(msgspec.Struct, frozen=True):
    """The settings of one process. See ``SWITCHES`` for what each is for."""

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    threads: int = 8
    public_url: str = ""
    clients: str = ""
    sites: str = ""
    reviews: str = ".gabaguard/reviews.jsonl"
    languages: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    ca_file: str = ""
    insecure: bool = False
    fhir_origins: tuple[str, ...] = ()
    fhir_networks: tuple[str, ...] = ()
    fhir_deadline_ms: int = 2500
    fhir_search: str = "get"
    as_of: date | None = None
    profile: str = DEFAULT
    knowledge: str = ".gabaguard/knowledge"
    seal: str = "require"
    max_body: int = 8 * 1024 * 1024
    cors_origins: tuple[str, ...] = ()
    log_level: str = "info"
    traces: str = ""
    traces_to_ehr: bool = False
    database_url: str = ".gabaguard/gabaguard.sqlite"
    calls_days: int = 400
    feedback_days: int = 0
    feedback_comments: bool = False
    origins: tuple[tuple[str, str], ...] = ()  # where a field that is not as by default comes from
    unknown: tuple[str, ...] = ()  # GABAGUARD_* names that are no switch: told at start, otherwise ignored

    @property
    def loopback(self) -> bool:
        """Whether only this machine can call."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def base_url(self) -> str:
        """The address under which callers reach us, without a trailing slash; never taken from a request."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls_certificate else 'http'}://{host}:{self.port}"

    @property
    def fhir_allowed(self) -> Allowed:
        """The FHIR servers that callers without a registration of their own may lead to."""
        return allowed(self.fhir_origins, loopback=self.loopback and not self.clients)

    @property
    def exposed(self) -> tuple[str, ...]:
        """Why serving so would let strangers call or listen, each with what to do. Empty when it is safe."""
        if self.loopback or self.insecure:
            return ()
        faults = []
        if not self.clients:
            faults.append(f"{PREFIX}CLIENTS: name the clients file, so that only registered EHRs may call")
        if not self.public_url.startswith("https://"):
            faults.append(
                f"{PREFIX}PUBLIC_URL: write the https address that callers use; their tokens name it as audience"
            )
        return tuple(faults)


class Switch(msgspec.Struct, frozen=True):
    """One setting: the field it fills, its unit, why it is there, and how text becomes its value."""

    field: str
    unit: str
    reason: str
    read: Callable[[str], Any]

    @property
    def name(self) -> str:
        """The name in the environment; in TOML it is the field's name."""
        return PREFIX + self.field.upper()


def _level(text: str) -> str:
    if text not in ("debug", "info", "warning", "error"):
        raise ValueError("write debug, info, warning or error")
    return text


SWITCHES = (
    Switch("host", "address", "Where to listen. Loopback by default: nobody else can call till you say so.", read.host),
    Switch("port", "TCP port", "Where to listen; 0 is refused because cards carry the address.", read.whole(1, 65535)),
    Switch("workers", "processes", "One per core is enough: answering is pure computing.", read.whole(1, 256)),
    Switch("threads", "threads per process", "Slow callers hold a thread while they send.", read.whole(1, 512)),
    Switch("public_url", "URL", "The address callers use, for links and codes on cards; never from Host.", read.url),
    Switch(
        "clients",
        "path of a TOML file",
        "Which EHRs may call, and how their tokens are verified. Empty: no token is asked for; loopback only.",
        read.path,
    ),
    Switch(
        "sites",
        "path of a folder",
        "What clients have otherwise than the knowledge: <client>.toml, and default.toml for the others. Empty: the "
        "knowledge holds as it is.",
        read.existing_folder,
    ),
    Switch(
        "reviews",
        "path of a file",
        "Where `gabaguard knowledge review` keeps clinical reviews, one line each; it need not exist.",
        str.strip,
    ),
    Switch(
        "languages",
        "path of a folder",
        "Wording in other languages, <language>.toml, for the sites that ask for one. English ships.",
        read.existing_folder,
    ),
    Switch("tls_certificate", "path of a PEM file", "Certificate chain, to speak TLS without a proxy.", read.path),
    Switch("tls_key", "path of a PEM file", "The private key of the certificate.", read.path),
    Switch(
        "ca_file",
        "path of a PEM file",
        "Authorities trusted beside the system's when keys and FHIR servers are asked: a hospital's own.",
        read.path,
    ),
    Switch("insecure", "yes or no", "Serve beyond this machine without tokens or TLS, in closed networks.", read.yes),
    Switch(
        "fhir_origins",
        "origins, by comma",
        "FHIR servers that may be asked for what prefetch did not bring. Empty: those on this machine, where only it "
        "can call; else none. Registered clients have their own list instead.",
        read.fhir_origins,
    ),
    Switch(
        "fhir_networks",
        "networks, by comma",
        "Private networks to which the names of FHIR servers may lead; without it only public addresses.",
        read.networks,
    ),
    Switch(
        "fhir_deadline_ms",
        "milliseconds",
        "How long a call may take when something has to be fetched; what has not come by then is not checked.",
        read.whole(100, 30_000),
    ),
    Switch(
        "fhir_search",
        "get or post",
        "How FHIR servers are searched; post keeps patient ids out of addresses, and falls back to get.",
        read.method,
    ),
    Switch("profile", "us or eu", "Whose texts come first where those of regions differ.", read.profile),
    Switch(
        "knowledge",
        "path of a folder",
        "Where sets of knowledge are kept that `gabaguard knowledge use` puts there, and which one is chosen. While "
        "there is none, what ships with this version is used.",
        read.folder,
    ),
    Switch(
        "seal",
        "require or warn",
        "When shipped knowledge is not what was sealed at installation. require: do not start, for a flipped bit may "
        "still be valid; warn: log the files that differ, validate all, and start (for those who edit it in place).",
        read.seal,
    ),
    Switch("as_of", "YYYY-MM-DD", "Freezes the clinical today for demos, tests and replays; empty: today.", read.day),
    Switch("max_body", "bytes", "Larger calls get 413 before they are read.", read.whole(1024, 1024**3)),
    Switch(
        "cors_origins",
        "origins, by comma",
        "Browser pages that may call us. Empty: any page on a loopback bind, none otherwise. Never with credentials.",
        read.origins,
    ),
    Switch("log_level", "level", "How much is logged. No level logs patient data.", _level),
    Switch(
        "traces",
        "URL",
        "Where spans are sent (OTLP over HTTP, as http://127.0.0.1:4318/v1/traces); needs the extra otel. Empty: none.",
        read.url,
    ),
    Switch(
        "traces_to_ehr",
        "yes or no",
        "Tell FHIR servers the trace of a call (header traceparent), so that theirs can join it.",
        read.yes,
    ),
    Switch(
        "database_url",
        "path or URL",
        "Where feedback and one row per call are kept: a file (SQLite) or postgresql://...; off: nothing is kept.",
        read.database,
    ),
    Switch("calls_days", "days", "How long rows of calls are kept; 0: for ever.", read.whole(0, 36500)),
    Switch("feedback_days", "days", "How long feedback is kept; 0: for ever.", read.whole(0, 36500)),
    Switch(
        "feedback_comments",
        "yes or no",
        "Keep the free text of an override. Off: prescribers may write about the patient in it.",
        read.yes,
    ),
)


def load_settings(environ: Mapping[str, str] | None = None, **chosen: Any) -> Settings:
    """The settings of this process; ``chosen`` (command-line options) win. Raises ``SettingsFaults``."""
    environ = os.environ if environ is None else environ
    faults: list[str] = []
    texts = _file(environ.get(CONFIG, ""), faults)
    origins = dict.fromkeys(texts, environ.get(CONFIG, ""))
    texts.update({name: text for name, text in environ.items() if name.startswith(PREFIX) and name != CONFIG})
    values: dict[str, Any] = {}
    told: dict[str, str] = {}
    for switch in SWITCHES:
        text = texts.pop(switch.name, None)
        if text is None:
            continue
        try:
            values[switch.field] = switch.read(text)
            told[switch.field] = "environment" if switch.name in environ else Path(origins[switch.name]).name
        except ValueError as error:
            said = str(error)
            faults.append(f"{switch.name}: {said if said.startswith('write') else 'write a whole number'}")
    if bool(values.get("tls_certificate")) != bool(values.get("tls_key")):
        faults.append(f"{PREFIX}TLS_KEY: write both certificate and key, or neither")
    if faults:
        raise SettingsFaults(faults)
    values.update({field: value for field, value in chosen.items() if value is not None})
    told.update({field: "command line" for field, value in chosen.items() if value is not None})
    return Settings(**values, origins=tuple(sorted(told.items())), unknown=tuple(sorted(texts)))


def _file(path: str, faults: list[str]) -> dict[str, str]:
    """The TOML file as texts by environment name, so that both sources are read by the same rules."""
    if not path:
        return {}
    try:
        data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError:
        faults.append(f"{CONFIG}: the file cannot be read; name an existing TOML file")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{CONFIG}: is not TOML: {error}")
        return {}
    return {PREFIX + key.upper(): _text(value) for key, value in data.items()}


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def shown(value: Any) -> str:
    """A value as it is written in the environment."""
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
