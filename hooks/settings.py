"""Every switch of the service, with its default, unit and reason.

Values come from the environment (``GABAGUARD_*``), else from one optional TOML file named by ``GABAGUARD_CONFIG``, else
from the defaults here. All faults are told at once. ``hooks.settings_told`` is what ``gabaguard settings`` prints.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from cds.knowledge.profiles import DEFAULT, profile_ids
from hooks.origins import Allowed, allowed, read_base

PREFIX = "GABAGUARD_"
CONFIG = "GABAGUARD_CONFIG"

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]{1,200}\Z")


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


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise ValueError(f"write a whole number from {low} to {high}")
        return value

    return read


def _yes(text: str) -> bool:
    if text.strip().lower() not in ("yes", "true", "1", "no", "false", "0", ""):
        raise ValueError("write yes or no")
    return text.strip().lower() in ("yes", "true", "1")


def _path(text: str, exists: Callable[[Path], bool] = Path.is_file) -> str:
    if text and not exists(Path(text)):
        raise ValueError(f"write the path of an existing {'file' if exists is Path.is_file else 'folder'}")
    return text


def _existing_folder(text: str) -> str:
    return _path(text, Path.is_dir)


def _folder(text: str) -> str:
    if not text or (Path(text).exists() and not Path(text).is_dir()):
        raise ValueError("write the path of a folder; it need not exist")
    return text


def _seal(text: str) -> str:
    if text not in ("require", "warn"):
        raise ValueError("write require or warn")
    return text


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError("write a date as YYYY-MM-DD") from None


def _profile(text: str) -> str:
    if text not in profile_ids():
        raise ValueError(f"write {' or '.join(profile_ids())}")
    return text


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.\-:]{1,255}", text):
        raise ValueError("write an address or host name, for example 127.0.0.1")
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment):
        raise ValueError("write an http or https URL without query, for example https://cds.example.org")
    return text


def _origins(text: str) -> tuple[str, ...]:
    items = tuple(item.strip() for item in text.split(",") if item.strip())
    for item in items:
        if item != "*" and not _ORIGIN.match(item):
            raise ValueError("write origins such as https://ehr.example.org, separated by commas")
    return items


def _database(text: str) -> str:
    if text == "off" or ("://" not in text and text.strip()):
        return text.strip()
    scheme = text.partition("://")[0].partition("+")[0]
    if scheme not in ("sqlite", "postgresql", "postgres"):
        raise ValueError("write a path, postgresql://user:password@host/name, or off")
    return text


def _fhir_origins(text: str) -> tuple[str, ...]:
    items = tuple(item.strip() for item in text.split(",") if item.strip())
    for item in items:
        base = read_base(item)
        if base is None or base.path or not (base.scheme == "https" or base.is_loopback):
            raise ValueError("write https origins such as https://fhir.example.org (http only for loopback), by comma")
    return items


def _networks(text: str) -> tuple[str, ...]:
    items = tuple(item.strip() for item in text.split(",") if item.strip())
    try:
        return tuple(str(ipaddress.ip_network(item)) for item in items)
    except ValueError:
        raise ValueError("write networks such as 10.20.0.0/16, separated by commas") from None


def _method(text: str) -> str:
    if text not in ("get", "post"):
        raise ValueError("write get or post")
    return text


def _level(text: str) -> str:
    if text not in ("debug", "info", "warning", "error"):
        raise ValueError("write debug, info, warning or error")
    return text


SWITCHES = (
    Switch("host", "address", "Where to listen. Loopback by default: nobody else can call until you say so.", _host),
    Switch("port", "TCP port", "Where to listen; 0 is refused because cards carry the address.", _whole(1, 65535)),
    Switch("workers", "processes", "One per core is enough: answering is pure computing.", _whole(1, 256)),
    Switch("threads", "threads per process", "Slow callers hold a thread while they send.", _whole(1, 512)),
    Switch("public_url", "URL", "The address callers use, for links and codes on cards; never taken from Host.", _url),
    Switch(
        "clients",
        "path of a TOML file",
        "Which EHRs may call, and how their tokens are verified. Empty: no token is asked for; loopback only.",
        _path,
    ),
    Switch(
        "sites",
        "path of a folder",
        "What clients have otherwise than the knowledge: <client>.toml, and default.toml for the others. Empty: the "
        "knowledge holds as it is.",
        _existing_folder,
    ),
    Switch(
        "reviews",
        "path of a file",
        "Where `gabaguard knowledge review` keeps clinical reviews, one line each; it need not exist.",
        str.strip,
    ),
    Switch("tls_certificate", "path of a PEM file", "Certificate chain, to speak TLS without a proxy.", _path),
    Switch("tls_key", "path of a PEM file", "The private key of the certificate.", _path),
    Switch(
        "ca_file",
        "path of a PEM file",
        "Authorities trusted beside the system's when keys and FHIR servers are asked: a hospital's own.",
        _path,
    ),
    Switch("insecure", "yes or no", "Serve beyond this machine without tokens or TLS. For closed test networks.", _yes),
    Switch(
        "fhir_origins",
        "origins, by comma",
        "FHIR servers that may be asked for what prefetch did not bring. Empty: those on this machine, where only it "
        "can call; else none. Registered clients have their own list instead.",
        _fhir_origins,
    ),
    Switch(
        "fhir_networks",
        "networks, by comma",
        "Private networks to which the names of FHIR servers may lead; without it only public addresses.",
        _networks,
    ),
    Switch(
        "fhir_deadline_ms",
        "milliseconds",
        "How long a call may take when something has to be fetched; what has not come by then is not checked.",
        _whole(100, 30_000),
    ),
    Switch(
        "fhir_search",
        "get or post",
        "How FHIR servers are searched; post keeps patient ids out of addresses, and falls back to get.",
        _method,
    ),
    Switch("profile", "us or eu", "Whose texts come first where those of regions differ.", _profile),
    Switch(
        "knowledge",
        "path of a folder",
        "Where sets of knowledge are kept that `gabaguard knowledge use` puts there, and which one is chosen. While "
        "there is none, what ships with this version is used.",
        _folder,
    ),
    Switch(
        "seal",
        "require or warn",
        "When shipped knowledge is not what was sealed at installation. require: do not start, for a flipped bit may "
        "still be valid; warn: log the files that differ, validate all, and start (for those who edit it in place).",
        _seal,
    ),
    Switch("as_of", "YYYY-MM-DD", "Freezes the clinical today for demos, tests and replays; empty: today.", _day),
    Switch("max_body", "bytes", "Larger calls get 413 before they are read.", _whole(1024, 1024**3)),
    Switch(
        "cors_origins",
        "origins, by comma",
        "Browser pages that may call us. Empty: any page on a loopback bind, none otherwise. Never with credentials.",
        _origins,
    ),
    Switch("log_level", "level", "How much is logged. No level logs patient data.", _level),
    Switch(
        "traces",
        "URL",
        "Where spans are sent (OTLP over HTTP, as http://127.0.0.1:4318/v1/traces); needs the extra otel. Empty: none.",
        _url,
    ),
    Switch(
        "traces_to_ehr",
        "yes or no",
        "Tell FHIR servers the trace of a call (header traceparent), so that theirs can join it.",
        _yes,
    ),
    Switch(
        "database_url",
        "path or URL",
        "Where feedback and one row per call are kept: a file (SQLite) or postgresql://...; off: nothing is kept.",
        _database,
    ),
    Switch("calls_days", "days", "How long rows of calls are kept; 0: for ever.", _whole(0, 36500)),
    Switch("feedback_days", "days", "How long feedback is kept; 0: for ever.", _whole(0, 36500)),
    Switch(
        "feedback_comments",
        "yes or no",
        "Keep the free text of an override. Off: prescribers may write about the patient in it.",
        _yes,
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
