"""What a coded or worded answer of an Observation means, for the kinds that are no number.

"pregnancy-status" -> "pregnant", "not-pregnant"; "pregnancy-test" -> "positive", "negative"; "lactation-status" ->
"breastfeeding", "not-breastfeeding"; "pregnancy-intent" -> "wants"; "consciousness" -> "alert", "confused", "voice",
"pain", "unresponsive". Any other answer ("unknown", "possible") means nothing and is "".
"""

from __future__ import annotations

from collections.abc import Mapping

from cds.chart import Coded
from cds.memo import remember
from cds.terminology.phrases import words_of

# LOINC answer codes and SNOMED CT codes differ in form, so that the code alone tells the system.
_CODES: Mapping[str, Mapping[str, str]] = {
    "pregnancy-status": {
        "LA15173-0": "pregnant",
        "77386006": "pregnant",
        "LA26683-5": "not-pregnant",
        "60001007": "not-pregnant",
    },
    "pregnancy-test": {
        "LA6576-8": "positive",
        "10828004": "positive",
        "LA6577-6": "negative",
        "260385009": "negative",
        "POS": "positive",
        "NEG": "negative",
    },
    "pregnancy-intent": {"LA26438-4": "wants"},
    "lactation-status": {
        "LA29252-6": "breastfeeding",
        "413712001": "breastfeeding",
        "LA29253-4": "not-breastfeeding",
    },
    "consciousness": {
        "248234008": "alert",
        "130987000": "confused",
        "300202002": "voice",
        "450847001": "pain",
        "422768004": "unresponsive",
    },
}
# Words in a row; of several the first listed counts, so the denials stand before what they deny.
_WORDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "pregnancy-status": (
        ("not yet confirmed", ""),
        ("possible", ""),
        ("possibly", ""),
        ("unknown", ""),
        ("not known", ""),
        ("not sure", ""),
        ("not pregnant", "not-pregnant"),
        ("not currently pregnant", "not-pregnant"),
        ("non pregnant", "not-pregnant"),
        ("never pregnant", "not-pregnant"),
        ("never been pregnant", "not-pregnant"),
        ("no", "not-pregnant"),
        ("false", "not-pregnant"),
        ("pregnant", "pregnant"),
        ("yes", "pregnant"),
        ("true", "pregnant"),
    ),
    "pregnancy-test": (
        ("not detected", "negative"),
        ("negative", "negative"),
        ("neg", "negative"),
        ("positive", "positive"),
        ("pos", "positive"),
        ("detected", "positive"),
    ),
    "pregnancy-intent": (
        ("no", ""),
        ("not", ""),
        ("don t want", ""),
        ("want to become", "wants"),
        ("trying", "wants"),
        ("yes", "wants"),
    ),
    "lactation-status": (
        ("not known", ""),
        ("not sure", ""),
        ("not", "not-breastfeeding"),
        ("no", "not-breastfeeding"),
        ("false", "not-breastfeeding"),
        ("never", "not-breastfeeding"),
        ("stopped", "not-breastfeeding"),
        ("unknown", ""),
        ("breastfeeding", "breastfeeding"),
        ("breast feeding", "breastfeeding"),
        ("lactating", "breastfeeding"),
        ("yes", "breastfeeding"),
        ("true", "breastfeeding"),
    ),
    "consciousness": (
        ("unresponsive", "unresponsive"),
        ("unconscious", "unresponsive"),
        ("comatose", "unresponsive"),
        ("coma", "unresponsive"),
        ("pain", "pain"),
        ("voice", "voice"),
        ("verbal", "voice"),
        ("confused", "confused"),
        ("confusion", "confused"),
        ("alert", "alert"),
    ),
}
KINDS = frozenset(_CODES)


def answer(kind: str, coded: Coded, text: str) -> str:
    """The meaning of an answer to a question of this kind; "" when it is none we know, or nobody knows."""
    return _answer(kind, coded, text[:200]) if kind in KINDS else ""


@remember(1024)
def _answer(kind: str, coded: Coded, text: str) -> str:
    codes = _CODES[kind]
    found = {codes[coding.code] for coding in coded.codings if coding.code in codes}
    if found:
        return min(found) if len(found) == 1 else ""
    texts = (coded.text, *(coding.display for coding in coded.codings), text)
    return next((said for each in texts if each and (said := _of_words(kind, each))), "")


def _of_words(kind: str, text: str) -> str:
    padded = f" {' '.join(words_of(text).words)} "
    return next((said for words, said in _WORDS[kind] if f" {words} " in padded), "")
