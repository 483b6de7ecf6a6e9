"""Read the knowledge files, refuse every fault at once, and index what is left.

``load_knowledge()`` is called once per process. Faults (``KnowledgeFaults``) name file and key, all together, so that a
pharmacist mends a file in one go. Every file is hashed into ``Knowledge.version``. A seal (``seal.py``) saves the work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from cds.findings import Indicator
from cds.knowledge.cross import cross_faults
from cds.knowledge.doses import limits, starts
from cds.knowledge.files import ROOT, Files
from cds.knowledge.model import (
    Band,
    Check,
    Evidence,
    Fact,
    Knowledge,
    Levels,
    Number,
    Orderable,
    OverrideReason,
    Pairing,
    ProposalRule,
    Risk,
    Shift,
    Side,
    SiteBounds,
    Topic,
    Wording,
)
from cds.knowledge.profiles import DEFAULT, applied, profile_faults, profile_of
from cds.knowledge.tables import Tables
from cds.terminology import Terminology, load_terminology

INDICATORS = {
    "silent": Indicator.SILENT,
    "info": Indicator.INFO,
    "warning": Indicator.WARNING,
    "critical": Indicator.CRITICAL,
}


TARGETS = ("baclofen", "benzodiazepine")  # the classes this service is about


class KnowledgeFaults(Exception):
    """The knowledge cannot be used. ``faults`` are lines "file: key: what is wrong and what to do"."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


def load_knowledge(profile: str = DEFAULT) -> Knowledge:
    """The knowledge that ships with this version in one profile, loaded once per process."""
    return _shipped(profile)


@lru_cache(maxsize=4)
def _shipped(profile: str) -> Knowledge:
    return read_knowledge(ROOT, profile=profile)


def read_knowledge(root: Path, *, trust_seal: bool = True, profile: str = DEFAULT) -> Knowledge:
    """Read the knowledge of one folder in one profile. Raises ``KnowledgeFaults`` with every fault found.

    What a seal vouches for (``trust_seal``) is not validated again; else every profile is, whichever is asked for.
    """
    files = Files(root, trust_seal=trust_seal)
    found = _read(files, profile)
    if not files.sealed:
        _try_profiles(files, found)
    return found


def seal_knowledge(root: Path) -> Path:
    """Validate the knowledge of one folder whole, in every profile, and seal it. Raises ``KnowledgeFaults``."""
    return read_profiles(root)[1].seal()


def read_profiles(root: Path) -> tuple[dict[str, Knowledge], Files]:
    """The knowledge of one folder by profile, validated whole whatever a seal says, and its files.

    Raises ``KnowledgeFaults``.
    """
    files = Files(root, trust_seal=False)
    first = _read(files, DEFAULT)
    others = sorted(set(first.profiles) - {DEFAULT})
    return {DEFAULT: first, **{other: _read(files, other, first.terminology) for other in others}}, files


def _try_profiles(files: Files, read: Knowledge) -> None:
    """Read the knowledge in the other profiles too, for their faults."""
    for other in sorted(set(read.profiles) - {read.profile}):
        _read(files, other, read.terminology)


_SINGLE = ("evidence", "topics", "overrides", "facts", "orderables")


def _read(files: Files, profile: str, terminology: Terminology | None = None) -> Knowledge:
    data = {name: files.toml(f"{name}.toml", name) for name in _SINGLE}
    checks = {name: files.toml(name, "check") for name in files.names("checks")}
    arithmetic = {name: files.toml(name, "arithmetic") for name in files.names("arithmetic")}
    classes = files.toml("drugs/classes.toml", "classes")
    files.toml("codes/conditions.toml")
    faults = files.faults
    if not files.sealed:
        faults += _misnamed(checks)
        faults += _uncited({**arithmetic, "drugs/classes.toml": classes}, data["evidence"])
    if not checks:
        faults.append("checks: no check file found")
    if faults:
        raise KnowledgeFaults(faults)
    data |= {"checks": _by_id(checks), "arithmetic": _by_id(arithmetic)}
    profiles = _profiles(files, data)
    if profile not in profiles:
        raise KnowledgeFaults([f"profiles: there is no {profile!r}; there are {', '.join(sorted(profiles))}"])
    data |= applied(data, profiles[profile])
    if not files.sealed:
        _hold_against_schemas(files, data, profiles[profile])
    data |= {"profiles": profiles}
    knowledge = _assemble(files, data, terminology or load_terminology(files.root), profile)
    faults = [] if files.sealed else cross_faults(knowledge)
    if faults:
        raise KnowledgeFaults(faults)
    return knowledge


def _profiles(files: Files, data: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The profile files by id. Raises ``KnowledgeFaults``."""
    found = {name: files.toml(name, "profile") for name in files.names("profiles")}
    faults = list(files.faults)
    if not files.sealed and not faults:
        faults += _misnamed(found)
        faults += [f for name, item in found.items() for f in profile_faults(name, data, item, data["evidence"])]
    if faults:
        raise KnowledgeFaults(faults)
    return _by_id(found)


_SCHEMAS = {"checks": "check", "arithmetic": "arithmetic"}  # of one file; facts stand in one file together


def _hold_against_schemas(files: Files, data: Mapping[str, Any], profile: Mapping[str, Any]) -> None:
    """What a profile makes of a file must be such a file too. Raises ``KnowledgeFaults``."""
    where = f"profiles/{profile['id']}.toml"
    faults = [
        f"{where}: {part}.{id}: {fault}"
        for part, schema in _SCHEMAS.items()
        for id in profile.get(part, {})
        for fault in files.misfits(data[part][id], schema)
    ]
    faults += (
        [f"{where}: facts: {fault}" for fault in files.misfits(data["facts"], "facts")] if "facts" in profile else []
    )
    if faults:
        raise KnowledgeFaults(faults)


def _by_id(files: Mapping[str, Any]) -> dict[str, Any]:
    return {Path(name).stem: data for name, data in files.items()}


def _misnamed(checks: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}: id: is {data.get('id')!r}; it must be the file's name"
        for name, data in checks.items()
        if data and data.get("id") != Path(name).stem
    ]


def _uncited(read_elsewhere: Mapping[str, Any], evidence: Mapping[str, Any]) -> list[str]:
    """Evidence that files cite which ``cds.arithmetic`` and the terminology read themselves, and that is not there."""
    return [
        f"{name}: evidence: {id!r} is not in evidence.toml"
        for name, data in read_elsewhere.items()
        for id in sorted(_cited(data) - set(evidence))
    ]


def _cited(value: Any) -> set[str]:
    """Every evidence id anywhere in a file."""
    if not isinstance(value, Mapping):
        return set()
    own = {str(id) for id in value.get("evidence", ())}
    return own.union(*(_cited(item) for item in value.values()))


def _assemble(files: Files, data: Mapping[str, Mapping[str, Any]], terminology: Terminology, profile: str) -> Knowledge:
    ready = {id: _check(item) for id, item in data["checks"].items()}
    newest = max((check.changed for check in ready.values()), default=date.min)
    return Knowledge(
        version=f"{newest.isoformat()}+{files.digest()}.{profile}",
        checks=ready,
        facts={id: _fact(id, item) for id, item in data["facts"].items()},
        evidence={id: Evidence(id=id, **item) for id, item in data["evidence"].items()},
        overrides={code: OverrideReason(code, display) for code, display in data["overrides"].items()},
        topics={id: Topic(id=id, **item) for id, item in data["topics"].items()},
        orderables={id: Orderable(id=id, **_tuples(item)) for id, item in data["orderables"].items()},
        terminology=terminology,
        by_ingredient=_index(ready.values(), terminology),
        relevant=_relevant(ready.values(), terminology),
        targets=frozenset(id for name in TARGETS for id in terminology.ingredients_of_class(name)),
        limits=limits(data["arithmetic"]["benzodiazepine_limits"]),
        starts=starts(data["arithmetic"]["benzodiazepine_starts"]),
        tables=Tables(data["arithmetic"].__getitem__, data["arithmetic"]),
        altered=files.altered,
        profile=profile,
        profiles={id: profile_of(item) for id, item in data["profiles"].items()},
    )


def _numbers(data: Mapping[str, Any]) -> dict[str, Number]:
    return {
        name: Number(
            float(n["value"]), n["unit"], n["basis"], tuple(n["evidence"]), n["meaning"], _bounds(n.get("site"))
        )
        for name, n in data.items()
    }


def _bounds(data: Mapping[str, Any] | None) -> SiteBounds | None:
    return SiteBounds(float(data["from"]), float(data["to"]), data["why"]) if data is not None else None


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as tuples, for frozen types."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}


def _side(data: Mapping[str, Any]) -> Side:
    return Side(**{key: tuple(items) for key, items in data.items()})


def _pairing(data: Mapping[str, Any]) -> Pairing:
    return Pairing(
        one=_side(data["one"]),
        other=_side(data["other"]),
        to=INDICATORS[data["to"]],
        wording=data.get("wording", "default"),
        one_routes=tuple(data.get("one_routes", ())),
        other_routes=tuple(data.get("other_routes", ())),
        all=tuple(data.get("all", ())),
    )


def _risk(data: Mapping[str, Any]) -> Risk:
    return Risk(
        to=INDICATORS[data["to"]],
        one=_side(data.get("one", {})),
        conditions=tuple(data.get("conditions", ())),
        history=data.get("history", False),
        all=tuple(data.get("all", ())),
        wording=data.get("wording", "default"),
    )


def _levels(data: Mapping[str, Any]) -> Levels:
    def shifts(name: str) -> tuple[Shift, ...]:
        return tuple(
            Shift(INDICATORS[s["to"]], tuple(s.get("any", ())), tuple(s.get("all", ())), s.get("firm", False))
            for s in data.get(name, ())
        )

    renewal = data.get("renewal")
    return Levels(
        INDICATORS[data["base"]], shifts("raised"), shifts("lowered"), INDICATORS[renewal] if renewal else None
    )


def _fact(id: str, data: Mapping[str, Any]) -> Fact:
    return Fact(
        id=id,
        words=data["words"],
        kind=data["kind"],
        meaning=data["meaning"],
        basis=data["basis"],
        evidence=tuple(data["evidence"]),
        asks=tuple(data.get("asks", ())),
        concepts=tuple(data.get("concepts", ())),
        numbers=_numbers(data.get("numbers", {})),
    )


def _check(data: Mapping[str, Any]) -> Check:
    plain = ("id", "title", "group", "topic", "kind", "question", "why_it_matters", "basis", "owner", "clinical_review")
    lists = ("hooks", "asks", "evidence", "overrides", "values", "makes_relevant", "conditions", "routes")
    taken: dict[str, Any] = {key: data[key] for key in plain}
    taken.update((key, tuple(data.get(key, ()))) for key in lists)
    return Check(
        **taken,
        created=_date(data["created"]),
        changed=_date(data["changed"]),
        levels=_levels(data["levels"]),
        wording={name: Wording(**words) for name, words in data["wording"].items()},
        applies_to=_side(data.get("applies_to", {})),
        one=_side(data.get("one", {})),
        other=_side(data.get("other", {})),
        numbers=_numbers(data.get("numbers", {})),
        bands=tuple(Band(b["above"], INDICATORS[b["to"]], b["wording"]) for b in data.get("bands", ())),
        pairings=tuple(_pairing(item) for item in data.get("pairings", ())),
        risks=tuple(_risk(item) for item in data.get("risks", ())),
        proposals=tuple(ProposalRule(**_tuples(item)) for item in data.get("proposals", ())),
        view_from=INDICATORS[data.get("view_from", "critical")],
        only_alone=data.get("only_alone", False),
        every_chart=bool(data.get("every_chart", False)),
        rank=data.get("rank", 0),
    )


def _date(value: date | str) -> date:
    """A TOML date; from a seal as text."""
    return value if isinstance(value, date) else date.fromisoformat(value)


@lru_cache(maxsize=4096)
def ingredients_of(side: Side, terminology: Terminology) -> frozenset[str]:
    """The ingredient ids one side of a pair stands for. Sides are few and come from the knowledge: found once each."""
    found = {id for name in side.classes for id in terminology.ingredients_of_class(name)}
    return frozenset((found | set(side.ingredients)) - set(side.without))


def _index(checks: Iterable[Check], terminology: Terminology) -> dict[str, tuple[str, ...]]:
    """Ingredient id -> the checks its order may concern, so that cost does not grow with checks that cannot apply."""
    index: dict[str, list[str]] = {}
    for check in checks:
        listed = [side for pairing in check.pairings for side in (pairing.one, pairing.other)]
        sides = (check.applies_to, check.one, check.other, *listed)
        for ingredient in frozenset().union(*(ingredients_of(side, terminology) for side in sides)):
            index.setdefault(ingredient, []).append(check.id)
    return {ingredient: tuple(sorted(ids)) for ingredient, ids in index.items()}


def _relevant(checks: Iterable[Check], terminology: Terminology) -> frozenset[str]:
    classes = set(TARGETS) | {name for check in checks for name in check.makes_relevant}
    return frozenset(id for name in classes for id in terminology.ingredients_of_class(name))
