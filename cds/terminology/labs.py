"""From the code of an Observation to the kind of measurement, and the method of an eGFR."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cds.chart import Coded
from cds.memo import remember
from cds.terminology import systems
from cds.terminology.phrases import PhraseBook, Words, words_of

MEMO = 8192
EXCLUDED = "creatinine-exclude"

# Specimens in which a creatinine says nothing about the blood.
_OTHER_SPECIMENS = frozenset(
    "urine ur urinary fluid dialysate dialysis effluent peritoneal pleural ascites ascitic drain drainage csf amniotic "
    "synovial stool sweat saliva tissue gastric".split()
)
_NOT_SERUM = _OTHER_SPECIMENS | frozenset(
    "ratio clearance albumin protein microalbumin kinase random spot 24h excretion clear crcl ucr hour timed "
    "sodium potassium calcium phosphate pre post".split()
)


class LabTables(msgspec.Struct, frozen=True):
    """``kinds`` and ``methods`` by LOINC code; ``words``: names of measurements sent without a known code."""

    kinds: Mapping[str, str]
    methods: Mapping[str, str]
    words: PhraseBook[str]
    method_words: PhraseBook[str]


class LabRecogniser:
    """Recognises measurements. Pure, with a bounded memo."""

    def __init__(self, tables: LabTables) -> None:
        self._tables = tables
        self.kind = remember(MEMO)(self._kind)

    def _kind(self, code: Coded, specimen: str) -> str:
        kind = self._by_code(code) or self._by_words(code)
        if kind == "creatinine" and _OTHER_SPECIMENS.intersection(words_of(specimen).words):
            return EXCLUDED
        return kind

    def method(self, code: Coded) -> str:
        """The equation of an eGFR ("CKD-EPI 2021", "MDRD" ...), as far as code or words say it; "" otherwise."""
        for kind, value, _ in systems.codings_of(code):
            method = self._tables.methods.get(value) if kind == systems.LOINC else None
            if method:
                return method
        for text in systems.texts_of(code):
            for item in self._tables.method_words.find(words_of(text)):
                return item.value
        return ""

    def _by_code(self, code: Coded) -> str:
        kinds = {
            self._tables.kinds[value]
            for kind, value, _ in systems.codings_of(code)
            if kind == systems.LOINC and value in self._tables.kinds
        }
        return EXCLUDED if EXCLUDED in kinds else min(kinds, default="")

    def _by_words(self, code: Coded) -> str:
        """Only when no LOINC code was sent: a LOINC code that is not in our table is none of ours."""
        if any(kind == systems.LOINC and value for kind, value, _ in systems.codings_of(code)):
            return ""
        for text in systems.texts_of(code):
            kind = self._one_text(words_of(text))
            if kind:
                return kind
        return ""

    def _one_text(self, text: Words) -> str:
        for item in self._tables.words.find(text):
            if item.value == "creatinine" and _NOT_SERUM.intersection(text.words):
                return EXCLUDED
            return item.value
        return ""
