"""From codes and words to the conditions, procedures and devices the checks ask for.

ICD-10 codes match by prefix, so that a category covers every leaf of every national edition. Words match when no code
tells more: whole words only, and not when the clause denies them or speaks of somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

import msgspec

from cds.case import Concept
from cds.chart import Coded
from cds.memo import remember
from cds.terminology import systems
from cds.terminology.phrases import PhraseBook, Words, words_of

MEMO = 8192
MAX_LABEL = 200
_LONGEST_CODE = 8
_REACH = 6  # words a denial reaches forward
_BACK = 4  # words after a name that may take it back: "epilepsy ruled out"

_DENIALS = frozenset(
    {"no", "not", "denies", "denied", "deny", "without", "never", "negative", "absent", "excludes", "excluded", "nil"}
    | {"exclude", "unlikely", "fh", "fhx", "fhsx", "family", "mother", "father", "maternal", "paternal", "sister"}
    | {"brother", "sibling", "parent", "screening", "screen", "prevention", "prophylaxis", "vaccination", "risk"}
    | {"grandmother", "grandfather", "grandparent", "aunt", "uncle", "cousin", "siblings", "parents", "sisters"}
    | {"brothers", "neg", "counseling", "counselling", "education", "fear"}
)
_PAIRS = frozenset({("r", "o"), ("rule", "out"), ("ruled", "out"), ("free", "of"), ("rules", "out")})
_BREAKS = frozenset(".;,()\n")


class ConceptTables(msgspec.Struct, frozen=True):
    """Concept ids by code. Keys of ``icd10`` are prefixes, those that begin with "=" whole codes."""

    icd10: Mapping[str, tuple[str, ...]]
    icd10pcs: Mapping[str, tuple[str, ...]]
    codes: Mapping[tuple[str, str], tuple[str, ...]]
    words: PhraseBook[tuple[str, ...]]
    includes: Mapping[str, tuple[str, ...]]  # concept id -> wider concepts it also is


class ConceptRecogniser:
    """Recognises conditions, procedures, devices and encounter reasons. Pure, with a bounded memo."""

    def __init__(self, tables: ConceptTables) -> None:
        self._tables = tables
        self.recognise = remember(MEMO)(self._recognise)

    def _recognise(self, coded: Coded) -> Concept:
        ids: dict[str, None] = {}
        classified = False  # an ICD code says by its absence from our table that it is none of ours
        for kind, code, _ in systems.codings_of(coded):
            classified = classified or (kind == systems.ICD10 and bool(code))
            ids.update(dict.fromkeys(self._of_code(kind, code)))
        for text in self._words_to_read(coded, classified, bool(ids)):
            ids.update(dict.fromkeys(self._of_words(words_of(text))))
        wider = [more for id in ids for more in self._tables.includes.get(id, ())]
        return Concept(ids=tuple(dict.fromkeys((*ids, *wider))), label=_label(coded))

    def _of_code(self, kind: str, code: str) -> Iterable[str]:
        if kind == systems.ICD10:
            return _by_prefix(self._tables.icd10, code)
        if kind == systems.ICD10PCS:
            return _by_prefix(self._tables.icd10pcs, code)
        return self._tables.codes.get((kind, code), ())

    def _words_to_read(self, coded: Coded, classified: bool, coded_found: bool) -> Iterable[str]:
        """The free text always (it may be more precise); displays only when the codes told nothing."""
        displays = {coding.display.strip() for _, _, coding in systems.codings_of(coded)}
        if coded.text.strip() and not (classified and coded.text.strip() in displays):
            yield coded.text
        if not classified and not coded_found:
            yield from displays - {"", coded.text.strip()}

    def _of_words(self, text: Words) -> Iterable[str]:
        for item in self._tables.words.find(text):
            first = next(index for index, span in enumerate(text.spans) if span[0] == item.start)
            last = next(index for index, span in enumerate(text.spans) if span[1] == item.end)
            if not _denied(text, first) and not _taken_back(text, last):
                yield from item.value


def _by_prefix(table: Mapping[str, tuple[str, ...]], code: str) -> list[str]:
    """The concepts of every prefix of a code; "!x" of a longer prefix takes "x" of a shorter one away."""
    plain = code.replace(".", "").replace(" ", "").upper()
    found = [*table.get("=" + plain, ())]
    for length in range(min(len(plain), _LONGEST_CODE), 1, -1):
        found += table.get(plain[:length], ())
    return [id for id in found if not id.startswith("!") and "!" + id not in found]


def _denied(text: Words, first: int) -> bool:
    """Whether something in the same clause before the name denies it, or gives it to a relative."""
    end = text.spans[first][0]
    for index in range(first - 1, max(-1, first - 1 - _REACH), -1):
        start, stop = text.spans[index]
        if _BREAKS.intersection(text.text[stop:end]) and not _listing(text, stop, end):
            return False
        end = start
        word = text.words[index]
        if word == "but" or word == "however":
            return False
        if word == "no" and text.words[index + 1].isdigit():  # "problem no. 1"
            continue
        if word in _DENIALS or (index > 0 and (text.words[index - 1], word) in _PAIRS):
            return True
    return False


def _listing(text: Words, stop: int, end: int) -> bool:
    """A comma goes on with a denied list: "no asthma, copd or epilepsy"."""
    return text.text[stop:end].strip() == ","


def _taken_back(text: Words, last: int) -> bool:
    after = text.words[last + 1 : last + 1 + _BACK]
    if after and after[0] in ("excluded", "screening", "screen", "risk", "prophylaxis", "vaccination", "free"):
        return True
    return any(pair in _PAIRS for pair in pairwise(after))


def _label(coded: Coded) -> str:
    texts = systems.texts_of(coded)
    if texts:
        return texts[0][:MAX_LABEL]
    return next((code for _, code, _ in systems.codings_of(coded) if code), "")[:MAX_LABEL]
