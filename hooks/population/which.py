"""Which knowledge a replay judges with: the set, the profile, and what a site has otherwise.

``Which`` is told to every worker, who makes the knowledge of it once. What stands in files of this machine alone (a
site's file, reviews, words in another language) travels in it, so that it is the same wherever the worker runs.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version as version_of
from pathlib import Path

import msgspec

from cds.knowledge.load import load_knowledge, read_knowledge
from cds.knowledge.model import Check, Knowledge, Review
from cds.knowledge.profiles import DEFAULT
from cds.knowledge.seal import NAME as SEAL
from cds.knowledge.seal import contents
from cds.language import Language, in_language
from cds.review import signed
from cds.site import CheckAt, Mode, Site
from hooks.engine import quietly
from hooks.knowledge.home import SHIPPED, Home
from hooks.languages import ENGLISH, read_language
from hooks.reviews import read_reviews
from hooks.settings import Settings
from hooks.sites import SitesFaults, faults_of, laid, read_site


class AtSite(msgspec.Struct, frozen=True):
    """What holds at one site. ``file``: the name of its file."""

    file: str
    site: Site
    language: Language | None = None


class Which(msgspec.Struct, frozen=True):
    """One set of knowledge in one profile, as it holds at one site. It can travel as MessagePack.

    ``folder``: of another set than the one that ships with this version; ``packed``: the files of that set, for workers
    on other machines. ``version``: which it must be there, "" any. ``name``: what people call the set.
    ``reviews``: by check, as MessagePack. ``site``: ``AtSite`` as MessagePack; empty: the knowledge holds as it is.
    """

    profile: str = DEFAULT
    folder: str = ""
    packed: bytes = b""
    version: str = ""
    name: str = ""
    reviews: bytes = b""
    site: bytes = b""


class OtherKnowledgeError(Exception):
    """What a worker has is not what the replay was begun with: rows of two knowledges must not be mixed."""


def which_of(settings: Settings, *, folder: Path | None = None, site: Path | None = None) -> Which:
    """What a service with these settings would answer with: the chosen set, in the profile of the settings.

    ``folder``: another set instead; ``site``: the file of a site to lay over it. Raises ``KnowledgeFaults``, or
    ``SitesFaults``, with everything that is wrong.
    """
    chosen = _set(settings, folder)
    knowledge = _read(chosen.profile, chosen.folder, b"")
    reviews = read_reviews(settings.reviews).reviews
    told = msgspec.structs.replace(
        chosen, version=knowledge.version, reviews=msgspec.msgpack.encode(reviews) if reviews else b""
    )
    if site is None:
        return told
    if site.suffix != ".toml":
        raise SitesFaults([f"{site.name}: is no site's file; its name ends in .toml"])
    found = read_site(site)
    if faults := faults_of({found.id: found}, knowledge, settings):
        raise SitesFaults(faults)
    at = AtSite(
        file=site.name,
        site=found,
        language=None if found.language == ENGLISH else read_language(settings.languages, found.language),
    )
    return msgspec.structs.replace(told, site=msgspec.msgpack.encode(at))


def _set(settings: Settings, folder: Path | None) -> Which:
    if folder is not None:
        return Which(settings.profile, str(folder.resolve()), name=f"folder {folder.resolve().name}")
    home = Home(Path(settings.knowledge))
    name = home.choice().name
    if name == SHIPPED:
        return Which(settings.profile)
    quietly(lambda: home.load(name, settings.profile))  # it is what was examined
    return Which(settings.profile, str(home.folder(name).resolve()), name=f"chosen here: {name}")


def name_of(which: Which) -> str:
    """What people call the set."""
    return which.name or f"shipped with gabaguard {version_of('gabaguard')}"


def pack(which: Which) -> Which:
    """The same, with the files of its set in it: other machines do not have its folder."""
    if not which.folder:
        return which
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as files:
        for name, content in {**contents(Path(which.folder)), **_seal(Path(which.folder))}.items():
            files.writestr(zipfile.ZipInfo(name), content)  # without times: the same set, the same bytes
    return msgspec.structs.replace(which, folder="", packed=whole.getvalue())


def _seal(folder: Path) -> dict[str, bytes]:
    """It saves each worker the validation."""
    path = folder / SEAL
    return {SEAL: path.read_bytes()} if path.is_file() else {}


# -- the knowledge -----------------------------------------------------------------------------------------------------


def knowledge_of(which: Which) -> Knowledge:
    """The knowledge that answers. Raises ``KnowledgeFaults``, ``OtherKnowledgeError``."""
    return _both(which)[0]


def knowledge_without(which: Which) -> Knowledge | None:
    """The same without what the site has otherwise (but in its language); None where no site is laid over it."""
    return _both(which)[1]


def at_site(which: Which) -> AtSite | None:
    """What the site has otherwise."""
    return msgspec.msgpack.decode(which.site, type=AtSite) if which.site else None


def _reviews(which: Which) -> dict[str, list[Review]]:
    return msgspec.msgpack.decode(which.reviews, type=dict[str, list[Review]]) if which.reviews else {}


def reviewed(which: Which) -> tuple[int, int]:
    """How many checks somebody has reviewed as they are here, and how many there are."""
    checks = knowledge_of(which).checks
    return sum(check.review is not None for check in checks.values()), len(checks)


@lru_cache(maxsize=4)
def _both(which: Which) -> tuple[Knowledge, Knowledge | None]:
    knowledge = _read(which.profile, which.folder, which.packed)
    if which.version and knowledge.version != which.version:
        raise OtherKnowledgeError(
            f"a worker has knowledge {knowledge.version}, the driver {which.version}: "
            "install the same gabaguard on all nodes, and leave the set alone until the replay has ended"
        )
    at, reviews = at_site(which), _reviews(which)
    if at is None:
        return signed(knowledge, reviews), None
    spoken = knowledge if at.language is None else in_language(knowledge, at.site.language, at.language)
    return signed(laid(at.site, spoken, reviews), reviews), signed(spoken, reviews)


@lru_cache(maxsize=4)
def _read(profile: str, folder: str, packed: bytes) -> Knowledge:
    if packed:
        with tempfile.TemporaryDirectory(prefix="gabaguard-set-") as place:
            zipfile.ZipFile(io.BytesIO(packed)).extractall(place)
            return read_knowledge(Path(place), profile=profile)
    return read_knowledge(Path(folder), profile=profile) if folder else load_knowledge(profile)


# -- what a site has otherwise, in words -------------------------------------------------------------------------------


def deviations(at: AtSite, knowledge: Knowledge) -> list[tuple[str, str, str]]:
    """Check, what the site has otherwise, and why. ``knowledge``: as it is without the site."""
    return [(id, _words(one, knowledge.checks[id]), one.why) for id, one in sorted(at.site.checks.items())]


def _words(at: CheckAt, check: Check) -> str:
    said = {Mode.OFF: ["not asked"], Mode.SILENT: ["silent"], Mode.ON: []}[at.mode]
    if at.cap is not None:
        said = [*said, f"at most {at.cap.code}"]
    return ", ".join([*said, *_numbers(at.numbers, check)])


def _numbers(numbers: Mapping[str, float], check: Check) -> list[str]:
    return [
        f"{name.replace('_', ' ')} {value:g} {check.numbers[name].unit} (elsewhere {check.numbers[name].value:g})"
        for name, value in numbers.items()
    ]


def remarks(at: AtSite, here: Knowledge) -> list[str]:
    """What else of the site's file bears on a replay, or cannot."""
    told = []
    waiting = len(here.silent - {id for id, one in at.site.checks.items() if one.mode is Mode.SILENT})
    if at.site.require_review:
        told.append(f"{waiting} checks are silent because no review of them holds (require_review)")
    if at.language is not None:
        told.append(f"the cards are in the language {at.site.language!r}, here with and without the site's file")
    if at.site.select_minutes or at.site.override_hours:
        told.append("[repeats] is not replayed: an export does not tell what was shown or overridden")
    return told
