"""Read the knowledge files, refuse every fault at once, and index what is left.

``load_knowledge()`` is called once per process. Faults (``KnowledgeFaults``) name file and key, all together, so that a
pharmacist mends a file in one go. Every file is hashed into ``Knowledge.version``.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from cds.findings import Indicator
from cds.knowledge.cross import cross_faults
from cds.knowledge.doses import limits, starts
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
    Topic,
    Wording,
)
from cds.terminology import Terminology, load_terminology
from cds.terminology.load import parse_toml

ROOT = Path(__file__).parent

INDICATORS = {
    "silent": Indicator.SILENT,
    "info": Indicator.INFO,
    "warning": Indicator.WARNING,
    "critical": Indicator.CRITICAL,
}


TARGETS = ("baclofen", "benzodiazepine")  # the classes this service is about


# Files that other floors read too: parsed once for all, so that the first call need not.
_READ_ELSEWHERE = ("arithmetic", "classes")


class KnowledgeFaults(Exception):
    """The knowledge cannot be used. ``faults`` are lines "file: key: what is wrong and what to do"."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@lru_cache(maxsize=1)
def load_knowledge() -> Knowledge:
    """The knowledge that ships with this version, loaded once per process."""
    return read_knowledge(ROOT)


def read_knowledge(root: Path) -> Knowledge:
    """Read the knowledge of one folder. Raises ``KnowledgeFaults`` with every fault found."""
    faults: list[str] = []
    evidence = _read(root, "evidence.toml", "evidence", faults)
    topics = _read(root, "topics.toml", "topics", faults)
    overrides = _read(root, "overrides.toml", "overrides", faults)
    facts = _read(root, "facts.toml", "facts", faults)
    orderables = _read(root, "orderables.toml", "orderables", faults)
    checks = {}
    for path in sorted((root / "checks").glob("*.toml")):
        data = _read(root, f"checks/{path.name}", "check", faults)
        if data and data.get("id") != path.stem:
            faults.append(f"checks/{path.name}: id: is {data.get('id')!r}; it must be the file's name")
        checks[path.stem] = data
    arithmetic = _arithmetic(root, evidence, faults)
    if not checks:
        faults.append("checks: no check file found")
    if faults:
        raise KnowledgeFaults(faults)
    terminology = load_terminology(root)
    knowledge = _assemble(root, evidence, topics, overrides, facts, checks, arithmetic, orderables, terminology)
    faults = cross_faults(knowledge)
    if faults:
        raise KnowledgeFaults(faults)
    return knowledge


def _arithmetic(root: Path, evidence: Mapping[str, Any], faults: list[str]) -> dict[str, Any]:
    """The files that ``cds.arithmetic`` and the terminology read themselves, by name; their faults are added."""
    paths = sorted((root / "arithmetic").glob("*.toml"))
    found = {path.stem: _read(root, f"arithmetic/{path.name}", "arithmetic", faults) for path in paths}
    for name, data in found.items():
        faults += [
            f"arithmetic/{name}.toml: evidence: {id!r} is not in evidence.toml" for id in _unknown(data, evidence)
        ]
    classes = _read(root, "drugs/classes.toml", "classes", faults)
    faults += [f"drugs/classes.toml: evidence: {id!r} is not in evidence.toml" for id in _unknown(classes, evidence)]
    return found


def _unknown(data: Mapping[str, Any], evidence: Mapping[str, Any]) -> list[str]:
    return sorted(_cited(data) - set(evidence))


def _cited(value: Any) -> set[str]:
    """Every evidence id anywhere in a file."""
    if not isinstance(value, Mapping):
        return set()
    own = {str(id) for id in value.get("evidence", ())}
    return own.union(*(_cited(item) for item in value.values()))


def _read(root: Path, name: str, schema: str, faults: list[str]) -> dict[str, Any]:
    """One TOML file, checked against its schema; faults are added, never raised."""
    path = root / name
    try:
        text = path.read_text(encoding="utf-8")
        data = parse_toml(text) if schema in _READ_ELSEWHERE else tomllib.loads(text)
    except FileNotFoundError:
        faults.append(f"{name}: the file is missing")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{name}: is not TOML: {error}")
        return {}
    for fault in _validator(schema).iter_errors(_plain(data)):
        key = ".".join(str(part) for part in fault.absolute_path) or "(file)"
        faults.append(f"{name}: {key}: {fault.message}")
    return data


@cache
def _validator(schema: str) -> Any:
    from jsonschema import Draft202012Validator

    text = (ROOT / "schema" / f"{schema}.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def _plain(value: Any) -> Any:
    """TOML dates as text, for JSON Schema."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _assemble(
    root: Path,
    evidence: Mapping[str, Any],
    topics: Mapping[str, Any],
    overrides: Mapping[str, str],
    facts: Mapping[str, Any],
    checks: Mapping[str, Any],
    arithmetic: Mapping[str, Any],
    orderables: Mapping[str, Any],
    terminology: Terminology,
) -> Knowledge:
    ready = {id: _check(data) for id, data in checks.items()}
    return Knowledge(
        version=_version(root, ready.values()),
        checks=ready,
        facts={id: _fact(id, data) for id, data in facts.items()},
        evidence={id: Evidence(id=id, **data) for id, data in evidence.items()},
        overrides={code: OverrideReason(code, display) for code, display in overrides.items()},
        topics={id: Topic(id=id, **data) for id, data in topics.items()},
        orderables={id: Orderable(id=id, **_tuples(data)) for id, data in orderables.items()},
        terminology=terminology,
        by_ingredient=_index(ready.values(), terminology),
        relevant=_relevant(ready.values(), terminology),
        targets=frozenset(id for name in TARGETS for id in terminology.ingredients_of_class(name)),
        limits=limits(arithmetic["benzodiazepine_limits"]),
        starts=starts(arithmetic["benzodiazepine_starts"]),
    )


def _numbers(data: Mapping[str, Any]) -> dict[str, Number]:
    return {
        name: Number(float(n["value"]), n["unit"], n["basis"], tuple(n["evidence"]), n["meaning"])
        for name, n in data.items()
    }


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
        routes=tuple(data.get("routes", ())),
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
        created=data["created"],
        changed=data["changed"],
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
        rank=data.get("rank", 0),
    )


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


def _version(root: Path, checks: Iterable[Check]) -> str:
    """The date of the newest check and a digest of every knowledge file, names and bytes."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.suffix in {".toml", ".tsv", ".json"}:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    newest = max((check.changed for check in checks), default=date.min)
    return f"{newest.isoformat()}+{digest.hexdigest()[:12]}"
