"""Allergies and intolerances: which drug or class, how sure, how bad."""

from __future__ import annotations

from collections.abc import Iterable

from cds.case import Allergy, Concept, Reason, Unknown
from cds.chart import AllergyFact, Coded, ProblemFact
from cds.person import NOT_TRUE, UNCONFIRMED, of_family, problem_status
from cds.terminology import Terminology
from cds.terminology.allergies import only_intolerance

_OVER = frozenset({"inactive", "resolved", "remission"})
_KINDS = frozenset({"allergy", "intolerance"})
_SURE = frozenset({"confirmed", "presumed"})
_DEADLY = "severe-hypersensitivity"


def allergies(
    facts: Iterable[AllergyFact], told_as_problems: Iterable[ProblemFact], terminology: Terminology
) -> tuple[Allergy, ...]:
    """Those to drugs we know, from the allergy list and from conditions that tell of one ("Allergy to baclofen").

    What was refuted, entered in error, is inactive or resolved is left out, and so is "no known allergies".
    """
    listed = (_listed(fact, terminology) for fact in facts if _stands(fact))
    problems = (_problem(fact, terminology) for fact in told_as_problems)
    return tuple(item for item in (*listed, *problems) if item is not None)


def allergy_gaps(facts: Iterable[AllergyFact], terminology: Terminology) -> tuple[Unknown, ...]:
    """One gap when an entry that stands says in no readable word, and by no code of ours, what it is about."""
    nameless = any(_stands(fact) and not _named(fact, terminology) for fact in facts)
    return (Unknown(Reason.UNREADABLE, "an allergy on the list could not be named"),) if nameless else ()


def _stands(fact: AllergyFact) -> bool:
    return fact.verification_status not in NOT_TRUE and fact.clinical_status not in _OVER


def _named(fact: AllergyFact, terminology: Terminology) -> bool:
    for substance in fact.substances:
        words = (substance.text, *(coding.display for coding in substance.codings))
        if any(any(sign.isalpha() for sign in text[:200]) for text in words):
            return True
        if terminology.recognise_allergy(substance).ids:
            return True
    return False


def _listed(fact: AllergyFact, terminology: Terminology) -> Allergy | None:
    found = [terminology.recognise_allergy(substance) for substance in fact.substances]
    ids = tuple(dict.fromkeys(id for concept in found for id in concept.ids))
    if not ids:
        return None
    label = next(concept.label for concept in found if concept.ids)
    return Allergy(
        to=Concept(ids, label),
        verification=_verification(fact.verification_status),
        kind=fact.kind if fact.kind in _KINDS else "",
        criticality=fact.criticality if fact.criticality in ("high", "low") else "",
        severity=fact.severity,
        anaphylaxis=any(_DEADLY in terminology.recognise_condition(one).ids for one in fact.reactions),
        reactions=tuple(dict.fromkeys(words for one in fact.reactions if (words := _words(one)))),
        when=fact.when,
        ref=f"AllergyIntolerance/{fact.id}" if fact.id else "",
    )


def _verification(status: str) -> str:
    if status in _SURE:
        return "confirmed"
    return "unconfirmed" if status in UNCONFIRMED else ""


def _words(coded: Coded) -> str:
    return coded.text[:100] or next((coding.display[:100] for coding in coded.codings if coding.display), "")


def _problem(fact: ProblemFact, terminology: Terminology) -> Allergy | None:
    concept = terminology.recognise_allergy_problem(fact.code)
    if not concept.ids or fact.verification_status in NOT_TRUE or of_family(fact):
        return None
    status = problem_status(fact)
    if status == "history" and fact.clinical_status in _OVER:
        return None
    return Allergy(
        to=concept,
        verification="unconfirmed" if status == "unconfirmed" else _verification(fact.verification_status),
        kind="intolerance" if only_intolerance(fact.code) else "allergy",
        anaphylaxis=_DEADLY in terminology.recognise_condition(fact.code).ids,
        when=fact.onset or fact.recorded,
        ref=f"Condition/{fact.id}" if fact.id else "",
    )
