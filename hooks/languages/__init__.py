"""The files of languages: English, which ships, and those of a site (``GABAGUARD_LANGUAGES``)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from cds.knowledge.load import KnowledgeFaults
from cds.knowledge.model import Knowledge
from cds.language import Language, in_language, language_faults

ENGLISH = "en"


class LanguageFaults(KnowledgeFaults):
    """A language cannot be used. ``faults`` are lines "file: key: what is wrong"."""


@cache
def english() -> Mapping[str, str]:
    """The words that frame every card, in English."""
    return tomllib.loads((Path(__file__).parent / "en.toml").read_text(encoding="utf-8"))["frame"]  # type: ignore[no-any-return]


def read_language(folder: str, id: str) -> Language:
    """The language of one file. Raises ``LanguageFaults``."""
    path = Path(folder) / f"{id}.toml"
    if not folder or not path.is_file():
        raise LanguageFaults([f"{id}.toml: there is no such file in the folder that GABAGUARD_LANGUAGES names"])
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Language)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LanguageFaults([f"{path.name}: is not TOML: {error}"]) from None
    except msgspec.ValidationError as error:
        raise LanguageFaults([f"{path.name}: {error}"]) from None


def faults_in(folder: str, id: str, knowledge: Knowledge) -> list[str]:
    """Everything wrong with a language for this knowledge, with its file."""
    if id == ENGLISH:
        return []
    try:
        return [f"{id}.toml: {fault}" for fault in language_faults(read_language(folder, id), knowledge, english())]
    except LanguageFaults as refusal:
        return list(refusal.faults)


def spoken(knowledge: Knowledge, folder: str, id: str) -> Knowledge:
    """The knowledge in a language. Raises ``LanguageFaults``."""
    return knowledge if id == ENGLISH else in_language(knowledge, id, read_language(folder, id))
