"""From the text of directions to a list of meaningful items, by a closed vocabulary (``siglexicon``)."""

from __future__ import annotations

import re

from cds.arithmetic.siglexicon import CHANGE, DANGER, Item, lexicon
from cds.memo import remember


def _index(words: dict[str, Item]) -> tuple[dict[tuple[str, ...], Item], dict[str, int]]:
    """Phrases by their tokens, and for each first token the length of the longest phrase that begins with it."""
    phrases = {tuple(tokens(phrase)): item for phrase, item in words.items()}
    longest: dict[str, int] = {}
    for phrase in phrases:
        longest[phrase[0]] = max(longest.get(phrase[0], 0), len(phrase))
    return phrases, longest


# One sign for each of the many: micro, dashes, times, fractions.
_SIGNS = str.maketrans({
    "\n": " ; ", "\r": " ",
    "\u00b5": "u", "\u03bc": "u", "\u2013": "-", "\u2014": "-", "\u2011": "-", "\u2010": "-", "\u2212": "-",
    "\u00d7": "x", "\u00a0": " ", "\u2044": "/", "\u2019": "'", "\u00b2": "2", "*": " ",
    "\u00bd": " 1/2 ", "\u00bc": " 1/4 ", "\u00be": " 3/4 ", "\u2153": " 1/3 ", "\u2154": " 2/3 ",
})  # fmt: skip
# times of day, dotted abbreviations (b.i.d.), numbers, words, any other sign; each alternative is linear
_TOKEN = re.compile(r"\d{1,2}:\d\d(?!\d)|[a-z](?:\.[a-z])+(?![a-z])\.?|\d+(?:[.,]\d+)*|\.\d+|m2|[a-z]+(?:'[a-z]+)?|\S")


def tokens(text: str) -> list[str]:
    """Lower-case words, numbers and signs; "b.i.d." becomes "bid", "tablet(s)" becomes "tablet"."""
    plain = text.translate(_SIGNS).lower().replace("(s)", " ").replace("(es)", " ").replace("/m2", " m2 ")
    return [token.replace(".", "") if token[0].isalpha() else token for token in _TOKEN.findall(plain)]


MAX_DIGITS = 10
"""A longer number is no dose."""

_PHRASES, _LONGEST = _index(lexicon())


def items_of(text: str, names: frozenset[str]) -> list[Item]:
    """The sig as a list of meaningful items; ``names`` are the words of the medicine's own name, which add nothing."""
    words = tokens(text)
    items: list[Item] = []
    place = 0
    while place < len(words):
        item, length = _number(words, place) or _match(words, place)
        if item is None:
            item = Item("FILL" if words[place] in names else "WORD", word=words[place])
        items.append(item)
        place += length
    return items


def _number(words: list[str], place: int) -> tuple[Item, int] | None:
    word = words[place]
    if not (word[0].isdecimal() or (word[0] == "." and len(word) > 1)):
        return None
    clock = _clock(words, place)
    if clock is not None:
        return clock
    number = read_number(word)
    return Item("WORD", word=word) if number is None else Item("NUM", number, number, word=word), 1


def _clock(words: list[str], place: int) -> tuple[Item, int] | None:
    """A time of day ("8 am", "08:00", "0800"): a part of the day of its own, never an amount."""
    word = words[place]
    if not word.replace(":", "").isdecimal() or len(word) > 5:
        return None
    if len(word) == 4 and ":" not in word:
        return (Item("SLOT", 1, 1, word=word), 1) if word[0] == "0" else None
    half = words[place + 1] if place + 1 < len(words) else ""
    hour = int(word.partition(":")[0])
    if half in ("am", "pm") and hour <= 12:
        return Item("SLOT", 1, 1, word=f"{word} {half}"), 2
    return (Item("SLOT", 1, 1, word=word), 1) if ":" in word and hour < 24 else None


def _match(words: list[str], place: int) -> tuple[Item | None, int]:
    for length in range(min(_LONGEST.get(words[place], 0), len(words) - place), 0, -1):
        found = _PHRASES.get(tuple(words[place : place + length]))
        if found is not None:
            return found, length
    return None, 1


def read_number(token: str) -> float | None:
    """ "10", "2.5", ".5", "0,125" (decimal comma). "1,000" is None: a thousand or one? Nobody guesses about that."""
    if ":" in token or token.count(".") > 1 or len(token) > MAX_DIGITS:
        return None
    if "," not in token:
        return float(token)
    whole, _, decimals = token.partition(",")
    if "," in decimals or "." in token or (len(decimals) == 3 and whole != "0"):
        return None
    return float(f"{whole}.{decimals}")


_ASIDE_TAGS = frozenset({"WORD", "FILL", "AND", "OR", "COMMA", "END", "A", "PER", "DASH", "FOR", "LP", "RP", "MEALS"})
_MAX_LOOK = 2000


def mentions_change(text: str) -> bool:
    """Does a text that was not understood speak of changing the dose?"""
    return not CHANGE.isdisjoint(tokens(text[:_MAX_LOOK]))


def harmless(text: str) -> bool:
    """A text without amounts, times or changes ("do not drive"): it cannot alter a dose stated elsewhere."""
    return len(text) <= _MAX_LOOK and all(
        item.tag in _ASIDE_TAGS and item.word not in DANGER and not any(sign.isdecimal() for sign in item.word)
        for item in items_of(text, frozenset())
    )


@remember(1024)
def name_words(label: str, ids: tuple[str, ...]) -> frozenset[str]:
    """The words of a medicine's own name, which may stand in its directions without meaning anything there."""
    words = tokens(" ".join((label[:300], *ids)))
    return frozenset(word for word in words if len(word) > 3 and word.isalpha() and word not in DANGER)
