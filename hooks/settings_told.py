"""What is in force, from where and why: for ``gabaguard settings``."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from cds.knowledge.model import Knowledge
from cds.site import CheckAt, Mode, Site
from hooks.languages import ENGLISH
from hooks.settings import SWITCHES, Settings, shown
from hooks.sites import DEFAULT, SitesFaults, client_ids, faults_of, knowledge_at, read_sites

_WAITS = "what nobody has reviewed as it is here stays silent; see `gabaguard knowledge reviews`"


class Told(msgspec.Struct, frozen=True):
    """One switch; ``origin``: where its value comes from."""

    name: str
    value: str
    default: str
    origin: str
    unit: str
    reason: str


class ToldOfSite(msgspec.Struct, frozen=True):
    """One thing that a client has otherwise. ``usual``: how the knowledge has it; ``version``: of what answers it."""

    client: str
    key: str
    value: str
    usual: str
    why: str
    origin: str
    version: str


def table(settings: Settings) -> list[Told]:
    """Every switch, for printing; no password is told."""
    plain, origins = Settings(), dict(settings.origins)
    return [
        Told(
            name=s.name,
            value=_masked(shown(getattr(settings, s.field))),
            default=shown(getattr(plain, s.field)),
            origin=origins.get(s.field, "default"),
            unit=s.unit,
            reason=s.reason,
        )
        for s in SWITCHES
    ]


def of_sites(settings: Settings, knowledge: Knowledge, client: str | None = None) -> list[ToldOfSite]:
    """What sites, or one client, have otherwise than the knowledge. Raises ``SitesFaults``."""
    sites = read_sites(settings)
    if faults := faults_of(sites, knowledge, settings):
        raise SitesFaults(faults)
    if client is not None:
        if settings.clients and client not in (known := client_ids(settings)):
            raise SitesFaults([f"{client}: there is no such client; there are {', '.join(sorted(known))}"])
        mine = sites.get(client) or sites.get(DEFAULT)
        sites = {client: mine} if mine is not None else {}
    return [row for name, site in sites.items() for row in _rows(name, site, knowledge, settings)]


def _rows(client: str, site: Site, knowledge: Knowledge, settings: Settings) -> Iterator[ToldOfSite]:
    found = knowledge_at(site, knowledge, settings)
    version = found.version
    for id, at in site.checks.items():
        for key, value, usual in _changes(id, at, knowledge):
            yield ToldOfSite(client, key, value, usual, at.why, f"{site.id}.toml", version)
    if site.language != ENGLISH:
        left = f"{len(found.untranslated)} of {len(found.checks)} checks are not whole in it"
        yield ToldOfSite(client, "language", f"{site.language}: {left}", ENGLISH, "", f"{site.id}.toml", version)
    for key, lasts in (("select_minutes", site.select_minutes), ("override_hours", site.override_hours)):
        if lasts:
            yield ToldOfSite(client, f"repeats.{key}", str(lasts), "0", "", f"{site.id}.toml", version)
    if site.require_review:
        waiting = f"{len(found.silent)} checks are silent"
        yield ToldOfSite(client, "require_review", f"true: {waiting}", "false", _WAITS, f"{site.id}.toml", version)
    for code, label in site.labels.items():
        usual = knowledge.overrides[code].display
        yield ToldOfSite(client, f"labels.{code}", label, usual, "", f"{site.id}.toml", version)


def _changes(id: str, at: CheckAt, knowledge: Knowledge) -> Iterator[tuple[str, str, str]]:
    if at.mode is not Mode.ON:
        yield f"checks.{id}.mode", at.mode.value, Mode.ON.value
    if at.cap is not None:
        yield f"checks.{id}.cap", at.cap.code, "none"
    for name, value in at.numbers.items():
        number = knowledge.checks[id].numbers[name]
        yield f"checks.{id}.numbers.{name}", f"{value:g} {number.unit}", f"{number.value:g} {number.unit}"


def _masked(text: str) -> str:
    """A value without the password of a database URL."""
    return re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:***@", text)
