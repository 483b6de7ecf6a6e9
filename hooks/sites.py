"""The sites' files: what each client has otherwise than the knowledge, one TOML file each in one folder.

``<client id>.toml`` holds for that client of the clients file, ``default.toml`` for everybody without a file of their
own. They are read when the service starts and when knowledge is switched, and held against the knowledge whole: a site
that asks for what the knowledge does not allow is a fault, and nothing is served (or switched) until it is mended.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cds.findings import Indicator
from cds.knowledge.load import KnowledgeFaults
from cds.knowledge.model import Knowledge, Review
from cds.site import CheckAt, Mode, Site, laid_over, only_reviewed, site_faults
from hooks.engine import Engine
from hooks.languages import ENGLISH, faults_in, spoken
from hooks.reviews import read_reviews
from hooks.settings import Settings

DEFAULT = "default"
_SCHEMA = Path(__file__).parent / "schema" / "site.schema.json"


class SitesFaults(KnowledgeFaults):
    """The sites' files cannot be used. ``faults`` are lines "file: key: what is wrong and what to write"."""


class Sites:
    """The engines of the sites: the one they are made of with the knowledge as it holds there.

    Made by ``engine.derived(Sites)``. Raises ``SitesFaults`` with every fault of every file.
    """

    def __init__(self, engine: Engine) -> None:
        self._everywhere = engine
        self.files = read_sites(engine.settings)
        if faults := faults_of(self.files, engine.knowledge, engine.settings):
            raise SitesFaults(faults)
        self._engines = {
            id: engine.with_knowledge(knowledge_at(site, engine.knowledge, engine.settings))
            for id, site in self.files.items()
        }

    def at(self, client: str) -> Engine:
        """The engine that answers a client ("" without trust)."""
        return self._engines.get(client) or self._engines.get(DEFAULT) or self._everywhere

    def site(self, client: str) -> Site | None:
        """What holds for a client; None when the knowledge holds as it is."""
        return self.files.get(client) or self.files.get(DEFAULT)


def knowledge_at(site: Site, knowledge: Knowledge, settings: Settings) -> Knowledge:
    """The knowledge as it holds at a site, with what waits there for a review in silence."""
    reviews = read_reviews(settings.reviews).reviews if site.require_review else {}
    return laid(site, spoken(knowledge, settings.languages, site.language), reviews)


def laid(site: Site, knowledge: Knowledge, reviews: Mapping[str, Sequence[Review]]) -> Knowledge:
    """The same from what was read already: ``knowledge`` in the site's language, and all reviews."""
    found = laid_over(knowledge, site)
    return only_reviewed(found, reviews) if site.require_review else found


def faults_of(sites: Mapping[str, Site], knowledge: Knowledge, settings: Settings) -> list[str]:
    """Everything that sites ask for and the knowledge does not allow, as "file: key: fault" lines."""
    faults = [f"{id}.toml: {fault}" for id, site in sites.items() for fault in site_faults(site, knowledge)]
    spoken_here = sorted({site.language for site in sites.values()})
    return faults + [fault for id in spoken_here for fault in faults_in(settings.languages, id, knowledge)]


def read_sites(settings: Settings) -> dict[str, Site]:
    """The files of the folder, by client. Raises ``SitesFaults``."""
    if not settings.sites:
        return {}
    folder = Path(settings.sites)
    if not folder.is_dir():  # mistyped, it would serve every client as if no hospital had decided anything
        raise SitesFaults(
            [f"{settings.sites}: is no folder; write in GABAGUARD_SITES the one that holds the sites' files"]
        )
    found: dict[str, Site] = {}
    faults: list[str] = []
    known = client_ids(settings)
    for path in sorted(folder.glob("*.toml")):
        if path.stem != DEFAULT and path.stem not in known:
            faults.append(
                f"{path.name}: there is no such client; name the file {DEFAULT}.toml, or as in the clients file"
            )
        data, wrong = _read(path)
        faults += wrong
        if data is not None:
            found[path.stem] = site_of(path.stem, data)
    if faults:
        raise SitesFaults(faults)
    return found


def read_site(path: Path) -> Site:
    """One file, whoever it is for. Raises ``SitesFaults``."""
    data, faults = _read(path)
    if data is None:
        raise SitesFaults(faults)
    return site_of(path.stem, data)


def site_of(id: str, data: Mapping[str, Any]) -> Site:
    """A site of the values of its file, which fit the schema."""
    checks = {
        check: CheckAt(
            why=at["why"],
            mode=Mode(at.get("mode", "on")),
            cap=Indicator[at["cap"].upper()] if "cap" in at else None,
            numbers={name: float(value) for name, value in at.get("numbers", {}).items()},
        )
        for check, at in data.get("checks", {}).items()
    }
    again = data.get("repeats", {})
    return Site(
        id=id,
        checks=checks,
        labels=dict(data.get("labels", {})),
        select_minutes=again.get("select_minutes", 0),
        override_hours=again.get("override_hours", 0),
        require_review=bool(data.get("require_review", False)),
        language=data.get("language", ENGLISH),
    )


def _read(path: Path) -> tuple[dict[str, Any] | None, list[str]]:
    from jsonschema import Draft202012Validator  # only where there are sites

    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return None, [f"{path.name}: cannot be read ({error.strerror})"]
    except UnicodeDecodeError:
        return None, [f"{path.name}: is not UTF-8; save it as UTF-8"]
    except tomllib.TOMLDecodeError as error:
        return None, [f"{path.name}: is not TOML: {error}"]
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    errors = sorted(
        Draft202012Validator(schema).iter_errors(data), key=lambda fault: list(map(str, fault.absolute_path))
    )
    return (None if errors else data), [f"{path.name}: {said}" for fault in errors for said in _said(fault)]


def _said(fault: Any) -> Iterator[str]:
    place = ".".join(map(str, fault.absolute_path)) or "(file)"
    if fault.validator == "required":
        missing = [name for name in fault.validator_value if name not in fault.instance]
        yield f"{place}: {' and '.join(missing)} is missing; {fault.schema['description']}"
    elif fault.validator == "additionalProperties" and "properties" in fault.schema:
        for name in sorted(set(fault.instance) - set(fault.schema["properties"])):
            yield f"{place}: there is no setting {name[:64]!r}; {fault.schema['description']}"
    else:
        yield f"{place}: {fault.schema.get('description', 'is not what is expected here')}"


def client_ids(settings: Settings) -> set[str]:
    """The clients of the clients file; none without one."""
    if not settings.clients:
        return set()
    from hooks.clients import read_clients

    return {client.id for client in read_clients(settings.clients)}
