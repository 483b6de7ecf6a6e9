"""What one site has otherwise than the knowledge says: laid over it when the service starts, as knowledge of its own.

A site may set some thresholds within bounds that stand beside them in the knowledge, show a check at most at some
level, try it in silence (asked and reported, never shown), leave it unasked, and call override reasons what its people
call them (the codes stay). Nothing here knows who the site is: ``hooks`` decides that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from cds.findings import Indicator
from cds.knowledge.model import Check, Knowledge, Review
from cds.review import Status, state_of


class Mode(StrEnum):
    """Whether a check speaks at a site."""

    ON = "on"
    SILENT = "silent"
    OFF = "off"


class CheckAt(msgspec.Struct, frozen=True):
    """What a site has otherwise of one check, and why. ``numbers``: name -> value in the unit of the knowledge."""

    why: str
    mode: Mode = Mode.ON
    cap: Indicator | None = None
    numbers: Mapping[str, float] = {}


class Site(msgspec.Struct, frozen=True):
    """One site. ``labels``: override reason code -> what it is called there.

    ``select_minutes`` and ``override_hours``: for how long what was shown when a medicine was chosen is not shown again
    when it is signed, and what was overridden with a reason at all; 0: never left out.
    ``require_review``: a check that nobody has reviewed as it holds there stays silent (``only_reviewed``).
    """

    id: str
    checks: Mapping[str, CheckAt] = {}
    labels: Mapping[str, str] = {}
    select_minutes: int = 0
    override_hours: int = 0
    require_review: bool = False
    language: str = "en"


def site_faults(site: Site, knowledge: Knowledge) -> Iterator[str]:
    """Everything a site says that this knowledge does not allow, as "key: what is wrong and what to write" lines."""
    for id, at in site.checks.items():
        check = knowledge.checks.get(id)
        if check is None:
            yield f"checks.{id}: there is no such check; `gabaguard knowledge list` names them"
            continue
        yield from _number_faults(check, at)
        if at.mode is Mode.ON and at.cap is None and not at.numbers:
            yield f"checks.{id}: says nothing but why; write mode, cap or numbers, or leave it out"
        if at.mode is Mode.OFF and (at.cap is not None or at.numbers):
            yield f"checks.{id}: is off, so cap and numbers do nothing; leave them out"
    for code in site.labels.keys() - knowledge.overrides.keys():
        yield f"labels.{code}: there is no such override reason; overrides.toml names them"


def _number_faults(check: Check, at: CheckAt) -> Iterator[str]:
    for name, value in at.numbers.items():
        key = f"checks.{check.id}.numbers.{name}"
        number = check.numbers.get(name)
        if number is None:
            known = ", ".join(sorted(name for name, each in check.numbers.items() if each.site is not None))
            yield f"{key}: there is no such number; a site may set {known or 'none of this check'}"
        elif number.site is None:
            yield f"{key}: is the same everywhere; no site may set it"
        elif not number.site.low <= value <= number.site.high:
            bounds = f"{number.site.low:g} to {number.site.high:g} {number.unit}"
            yield f"{key}: write a value from {bounds}: {number.site.why}"


def laid_over(knowledge: Knowledge, site: Site) -> Knowledge:
    """The knowledge as it holds at a site; its version names the site's changes, too. ``site_faults`` must be none."""
    checks = {
        id: _changed(check, site.checks[id].numbers) if id in site.checks else check
        for id, check in knowledge.checks.items()
    }
    overrides = {
        code: msgspec.structs.replace(reason, display=site.labels[code]) if code in site.labels else reason
        for code, reason in knowledge.overrides.items()
    }
    return msgspec.structs.replace(
        knowledge,
        version=f"{knowledge.version}+{site.id[:24]}-{digest(site)}",
        checks=checks,
        overrides=overrides,
        silent=frozenset(id for id, at in site.checks.items() if at.mode is Mode.SILENT),
        off=frozenset(id for id, at in site.checks.items() if at.mode is Mode.OFF),
        caps={id: at.cap for id, at in site.checks.items() if at.cap is not None},
    )


def only_reviewed(knowledge: Knowledge, reviews: Mapping[str, Sequence[Review]]) -> Knowledge:
    """The same, in which what nobody has reviewed as it is here is silent. ``knowledge`` as laid over by the site."""
    unreviewed = {
        id
        for id, check in knowledge.checks.items()
        if state_of(check, knowledge, reviews.get(id, ())).status is not Status.REVIEWED
    }
    silent = knowledge.silent | (unreviewed - knowledge.off)
    told = hashlib.sha256(msgspec.json.encode(sorted(silent))).hexdigest()[:8]
    return msgspec.structs.replace(knowledge, version=f"{knowledge.version}.{told}", silent=frozenset(silent))


def digest(site: Site) -> str:
    """Eight hex digits of all that changes an answer; why it does is not part of it."""
    checks = {id: (at.mode.value, at.cap, sorted(at.numbers.items())) for id, at in sorted(site.checks.items())}
    repeats = (site.select_minutes, site.override_hours)
    told = msgspec.json.encode((checks, sorted(site.labels.items()), repeats))
    return hashlib.sha256(told).hexdigest()[:8]


def _changed(check: Check, values: Mapping[str, float]) -> Check:
    if not values:
        return check
    numbers = {
        name: msgspec.structs.replace(number, value=values[name], usual=number.value, basis="house")
        if name in values and values[name] != number.value
        else number
        for name, number in check.numbers.items()
    }
    return msgspec.structs.replace(check, numbers=numbers)
