"""Wording in another language, laid over knowledge: the words that frame cards, the checks', and override reasons.

English is complete and stands in the checks' own files. What a language does not say is said in English, and which
checks those are is told (``Knowledge.untranslated``). What the checks compute (``seen``, ``because``, doses, dates) and
the labels of suggestions are English in every language.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from string import Formatter

import msgspec

from cds.knowledge.model import Check, Knowledge, Wording

HEADLINE_LENGTH = 139


class Language(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One language. ``frame``: words by name; ``checks``: check -> variant -> words; ``reasons``: code -> label."""

    frame: dict[str, str] = {}
    checks: dict[str, dict[str, Wording]] = {}
    reasons: dict[str, str] = {}


def language_faults(language: Language, knowledge: Knowledge, english: Mapping[str, str]) -> Iterator[str]:
    """Everything in a language that this knowledge has no place for, as "key: what is wrong" lines.

    ``english``: the frame in English.
    """
    for name, text in language.frame.items():
        if name not in english:
            yield f"frame.{name}: there is no such word; there are {', '.join(sorted(english))}"
        elif names_in(text) != names_in(english[name]):
            yield f"frame.{name}: must have the placeholders of the English: {_listed(english[name])}"
    for id, variants in language.checks.items():
        check = knowledge.checks.get(id)
        if check is None:
            yield f"checks.{id}: there is no such check"
            continue
        for variant, words in variants.items():
            yield from (f"checks.{id}.{variant}{fault}" for fault in _wording_faults(check, variant, words))
    for code in language.reasons.keys() - knowledge.overrides.keys():
        yield f"reasons.{code}: there is no such override reason"


def _wording_faults(check: Check, variant: str, words: Wording) -> Iterator[str]:
    english = check.wording.get(variant)
    if english is None:
        yield f": there is no such wording; there are {', '.join(check.wording)}"
        return
    for part in ("headline", "why", "do"):
        mine, theirs = getattr(words, part), getattr(english, part)
        if names_in(mine) is None:
            yield f".{part}: a brace is not closed, or closed without being opened"
        elif names_in(mine) != names_in(theirs):
            yield f".{part}: must have the placeholders of the English: {_listed(theirs)}"
    if len(words.headline) > HEADLINE_LENGTH:
        yield f".headline: has {len(words.headline)} characters, {HEADLINE_LENGTH} at most"


def names_in(text: str) -> frozenset[str] | None:
    """The placeholders of a sentence; None when its braces do not fit."""
    try:
        return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)
    except ValueError:
        return None


def _listed(text: str) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names_in(text) or ())) or "none"


def in_language(knowledge: Knowledge, id: str, language: Language) -> Knowledge:
    """The knowledge in the words of a language, which its version names, too. ``language_faults`` must be none."""
    checks = {
        name: msgspec.structs.replace(check, wording={**check.wording, **language.checks[name]})
        if name in language.checks
        else check
        for name, check in knowledge.checks.items()
    }
    overrides = {
        code: msgspec.structs.replace(reason, display=language.reasons.get(code, reason.display))
        for code, reason in knowledge.overrides.items()
    }
    missing = {
        name for name, check in knowledge.checks.items() if check.wording.keys() - language.checks.get(name, {}).keys()
    }
    words = hashlib.sha256(msgspec.json.encode(language, order="deterministic")).hexdigest()[:8]
    return msgspec.structs.replace(
        knowledge,
        version=f"{knowledge.version}.{id}-{words}",
        checks=checks,
        overrides=overrides,
        language=id,
        frame=dict(language.frame),
        untranslated=frozenset(missing),
    )
