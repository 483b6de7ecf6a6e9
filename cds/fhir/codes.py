"""Codes and words out of the many forms in which releases send them."""

from __future__ import annotations

from collections.abc import Iterable

from cds.case import When
from cds.chart import Coded, Coding
from cds.fhir.dates import when
from cds.fhir.references import Index, shown
from cds.fhir.shapes import Codeable, Codeables, Notes, References, RefOrText, many_or_text

MOST_CODINGS = 50
EMPTY = Coded()


def coded(value: Codeable | str, index: Index | None = None, type_name: str = "Condition") -> Coded:
    """A CodeableConcept, Coding, code, CodeableReference or plain word as one ``Coded``.

    With ``index`` a reference is followed, and the code of what it leads to taken.
    """
    if isinstance(value, str):
        return Coded((Coding("", value, ""),))
    if value.coding or value.text:
        return Coded(value.coding, value.text or "")
    if value.concept is not None:
        return value.concept
    if value.code:
        return Coded((Coding(value.system or "", value.code or "", value.display or ""),))
    if value.reference is not None and index is not None:
        return referenced(value.reference, index, type_name)
    if value.value:  # R5 Encounter.reason
        return merged(coded(one, index, type_name) for one in value.value)
    return Coded((), value.display) if value.display else EMPTY


def referenced(reference: References, index: Index, type_name: str = "Condition", contained: bytes = b"") -> Coded:
    """The code of the resources that references lead to, or else the words beside the references."""
    return merged(_referenced_one(one, index, type_name, contained) for one in many_or_text(reference))


def _referenced_one(one: RefOrText, index: Index, type_name: str, contained: bytes) -> Coded:
    target = index.find(one, type_name, contained)
    code = getattr(target, "code", None) or getattr(target, "type", None)
    if isinstance(code, Coded):
        return code
    if isinstance(code, Codeable):
        return coded(code)
    words = shown(one)
    return Coded((), words) if words else EMPTY


def merged(parts: Iterable[Coded]) -> Coded:
    """Several concepts as one: all codings, and the texts one after the other."""
    present = [part for part in parts if part.codings or part.text]
    if len(present) <= 1:
        return present[0] if present else EMPTY
    codings = tuple(coding for part in present for coding in part.codings)
    return Coded(codings, "; ".join(dict.fromkeys(part.text for part in present if part.text)))


def all_coded(sent: Codeables, index: Index | None = None) -> Coded:
    """One or many concepts, as one."""
    if sent is None:
        return EMPTY
    if not isinstance(sent, list):
        return coded(sent, index)
    return coded(sent[0], index) if len(sent) == 1 else merged(coded(one, index) for one in sent)


def each_coded(sent: Codeables, index: Index | None = None) -> tuple[Coded, ...]:
    """One or many concepts, each by itself; empty ones left out."""
    if sent is None:
        return ()
    return tuple(one for one in (coded(item, index) for item in many_or_text(sent)) if one.codings or one.text)


def first_code(sent: Codeables, known: frozenset[str] = frozenset()) -> str:
    """A status-like code in lower case: the one that is ``known`` if any, else the first code, else the text."""
    if sent is None:
        return ""
    if isinstance(sent, str):
        return sent.strip().lower()
    codings = sent.coding if type(sent) is Codeable and sent.coding else all_coded(sent).codings
    first = ""
    for coding in codings:
        code = coding.code.strip().lower()
        if code in known:
            return code
        first = first or code
    return first or label(all_coded(sent)).lower()


def code_list(sent: Codeables) -> tuple[str, ...]:
    """Every code of one or many concepts, as sent; the text of those without a code."""
    if sent is None:
        return ()
    codes: list[str] = []
    for one in each_coded(sent):
        found = [coding.code for coding in one.codings if coding.code]
        codes.extend(found or [label(one)])
    return tuple(codes)


def label(value: Coded | None) -> str:
    """The words of a concept: its text, else its first display, else its first code."""
    if value is None:
        return ""
    if value.text:
        return value.text
    for coding in value.codings:
        if coding.display:
            return coding.display
    return value.codings[0].code if value.codings else ""


def words(sent: Notes) -> tuple[str, ...]:
    """The texts of one or many notes."""
    if sent is None:
        return ()
    texts = (one if isinstance(one, str) else one.text for one in many_or_text(sent))
    return tuple(text for text in texts if text)


def dated_words(sent: Notes) -> tuple[tuple[str, When], ...]:
    """The notes that say when they were made, with that date."""
    if sent is None or isinstance(sent, str):
        return ()
    notes = [(one.text, when(one.time)) for one in many_or_text(sent) if not isinstance(one, str)]
    return tuple((text, moment) for text, moment in notes if text and moment is not None)


def shortened(value: Coded | None) -> Coded:
    """A concept with no more codings than anybody needs."""
    if value is None:
        return EMPTY
    return value if len(value.codings) <= MOST_CODINGS else Coded(value.codings[:MOST_CODINGS], value.text)
