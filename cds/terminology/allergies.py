"""From the substance of an allergy, or a Condition that tells of one, to the drugs and classes it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

from cds.case import Concept
from cds.chart import Coded, Coding
from cds.memo import remember
from cds.terminology import systems
from cds.terminology.drugs import DrugRecogniser
from cds.terminology.phrases import PhraseBook, words_of

MEMO = 8192
_NOTHING = Coded()

# Words for a class as a whole. A brand or an ingredient is found by the drug recogniser.
_CLASS_WORDS = PhraseBook(
    [
        ("benzodiazepine", "class:benzodiazepine"),
        ("benzodiazepines", "class:benzodiazepine"),
        ("benzos", "class:benzodiazepine"),
        ("barbiturate", "class:barbiturate"),
        ("barbiturates", "class:barbiturate"),
    ]
)
_ATC_CLASSES = {"N05BA": "class:benzodiazepine", "N05CD": "class:benzodiazepine", "N05CA": "class:barbiturate"}
# The drug recogniser reads nothing after "allergic to": here that is just what is asked.
_LEAD = re.compile(r"\b(?:allerg(?:y|ic)|hypersensitiv(?:e|ity)|intoleran(?:t|ce)|sensitivity|anaphylaxis) (?:to|of)\b")
_TELLS = ("allerg", "hypersensitiv", "anaphyla")
_TELLS_LESS = ("intoleran", "sensitivity to", "adverse reaction to")  # of an intolerance
_DENIALS = frozenset({"nka", "nkda", "nkma", "denies", "denied", "tolerates"})
_DENYING_PAIRS = frozenset(
    {("no", "known"), ("no", "allergy"), ("no", "allergies"), ("not", "allergic"), ("no", "drug"), ("no", "history")}
)
# In a text that denies allergies: what may name one all the same, and the words without which a clause names none.
_EXCEPT = re.compile(r"\b(?:except(?:ing)?(?: for| to)?|other than|apart from|aside from)\b")
_CLAUSE = re.compile(r"[;,\n]|\.(?:\s|$)|\bbut\b")
_REACTS = (*_TELLS, "intoleran", "reaction", "rash", "hives", "urticaria", "swelling", "caus")
_NO = _DENIALS | {"no", "not", "never", "without", "nor", "non", "denying"}


class AllergyRecogniser:
    """Recognises what an allergy is about. Pure, with a bounded memo."""

    def __init__(self, codes: Mapping[str, str], drugs: DrugRecogniser) -> None:
        self._codes = codes
        self._drugs = drugs
        self.recognise = remember(MEMO)(self._recognise)
        self.recognise_problem = remember(MEMO)(self._recognise_problem)

    def _recognise(self, substance: Coded) -> Concept:
        targets = dict.fromkeys(self._of_codes(substance))
        texts = systems.texts_of(substance)
        about, told = substance, texts
        if not targets and any(_denies(text) for text in texts):
            told = tuple(left for text in texts if (left := _told_all_the_same(text)))
            if not told:
                return Concept(ids=(), label=self._drugs.recognise(substance, _NOTHING, _NOTHING, (), _NOTHING).label)
            about = Coded((), "; ".join(dict.fromkeys(told)))
        drug = self._drugs.recognise(_without_lead(about), _NOTHING, _NOTHING, (), _NOTHING)
        targets.update(dict.fromkeys(item.id for item in drug.ingredients))
        for text in told:
            targets.update(dict.fromkeys(item.value for item in _CLASS_WORDS.find(words_of(text))))
        named = ", ".join(id.removeprefix("class:").replace("-", " ") for id in targets)  # of a code alone
        return Concept(ids=tuple(targets), label=texts[0][:200] if texts else named or drug.label)

    def _of_codes(self, substance: Coded) -> Iterable[str]:
        for kind, code, _ in systems.codings_of(substance):
            if kind == systems.SNOMED and code in self._codes:
                yield self._codes[code]
            elif kind == systems.ATC and code[:5].upper() in _ATC_CLASSES and len(code) <= 5:
                yield _ATC_CLASSES[code[:5].upper()]

    def _recognise_problem(self, code: Coded) -> Concept:
        texts = systems.texts_of(code)
        own = any(
            kind == systems.SNOMED and value in self._codes and not self._codes[value].startswith("class:")
            for kind, value, _ in systems.codings_of(code)
        )
        if not own and not any(_tells(text, (*_TELLS, *_TELLS_LESS)) for text in texts):
            return Concept(ids=(), label="")
        return self._recognise(code)


def _tells(text: str, signs: Iterable[str]) -> bool:
    plain = _plain(text)
    return any(sign in plain for sign in signs)


def only_intolerance(code: Coded) -> bool:
    """Whether a condition speaks of an intolerance ("Intolerance to baclofen") and of no allergy."""
    texts = systems.texts_of(code)
    return any(_tells(text, _TELLS_LESS) for text in texts) and not any(_tells(text, _TELLS) for text in texts)


def _denies(text: str) -> bool:
    words = words_of(text).words
    if any(pair in _DENYING_PAIRS for pair in pairwise(words)):
        return True
    return any(word in _DENIALS and words[at - 1 : at] != ("not",) for at, word in enumerate(words))


def _told_all_the_same(text: str) -> str:
    """What of a text with a denial is not denied: "baclofen" of "no known allergies except baclofen"; "" if nothing."""
    if not _denies(text):
        return text
    plain = _plain(text)
    exception = _EXCEPT.search(plain)
    kept = [plain[exception.end() :]] if exception else []
    before = plain[: exception.start()] if exception else plain
    kept += [clause for clause in _CLAUSE.split(before) if any(sign in clause for sign in _REACTS)]
    return "; ".join(clause.strip() for clause in kept if _NO.isdisjoint(words_of(clause).words))


def _without_lead(coded: Coded) -> Coded:
    if not _LEAD.search(_plain(coded.text)) and not any(_LEAD.search(_plain(c.display)) for c in coded.codings):
        return coded
    codings = tuple(Coding(c.system, c.code, _LEAD.sub(" ", _plain(c.display))) for c in coded.codings)
    return Coded(codings, _LEAD.sub(" ", _plain(coded.text)))


def _plain(text: str) -> str:
    return text[:500].lower()
