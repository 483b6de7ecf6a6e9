"""Find known names in free text, word by word.

A name matches whole words in a row, the longest name first: "hydrocodone/APAP" holds hydrocodone, "cyclobenzaprine"
holds no benzodiazepine, "Lioresal Intrathecal" is not "Lioresal". Misspellings are not guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

MAX_TEXT = 500  # characters read of one text; longer ones are cut
_WORD = re.compile(r"[a-z]+|[0-9]+")
_NUMBERED = re.compile(r"#(?=[0-9])")

T = TypeVar("T")


class Found(NamedTuple, Generic[T]):
    """A name found: what it stands for and the characters it takes up."""

    value: T
    start: int
    end: int


class Words(NamedTuple):
    """A text made ready for matching: cut, in lower case, without accents, and its words with their places."""

    text: str
    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


def plain(text: str) -> str:
    """Lower case, accents removed, the micro signs as "u", "#3" as "number 3"; of the first ``MAX_TEXT`` characters."""
    text = _NUMBERED.sub(" number ", text[:MAX_TEXT].lower())  # "Tylenol #3"
    if text.isascii():
        return text
    text = (
        text.replace("\N{MICRO SIGN}", "u")
        .replace("\N{GREEK SMALL LETTER MU}", "u")
        .replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    )
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character))[: 2 * MAX_TEXT]


def words_of(text: str) -> Words:
    """Split a text into words: runs of letters or of digits."""
    text = plain(text)
    matches = list(_WORD.finditer(text))
    return Words(text, tuple(m.group() for m in matches), tuple(m.span() for m in matches))


class PhraseBook(Generic[T]):
    """Names and what they stand for. Built once, then only read."""

    __slots__ = ("_by_first",)

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        by_first: dict[str, list[tuple[tuple[str, ...], T]]] = {}
        for name, value in entries:
            words = tuple(_WORD.findall(plain(name)))
            by_first.setdefault(words[0], []).append((words, value))
        for options in by_first.values():
            options.sort(key=lambda option: -len(option[0]))
        self._by_first = by_first

    def find(self, text: Words) -> list[Found[T]]:
        """Every name in the text, from left to right, longest first, none overlapping."""
        words, spans = text.words, text.spans
        found: list[Found[T]] = []
        at = 0
        while at < len(words):
            for phrase, value in self._by_first.get(words[at], ()):
                if words[at : at + len(phrase)] == phrase:
                    found.append(Found(value, spans[at][0], spans[at + len(phrase) - 1][1]))
                    at += len(phrase) - 1
                    break
            at += 1
        return found
