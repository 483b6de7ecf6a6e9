"""Answers in codes and words mean what they say, and what nobody knows means nothing."""

from __future__ import annotations

import pytest

from cds.chart import Coded, Coding
from cds.terminology.answers import answer


@pytest.mark.parametrize(
    ("kind", "text", "meaning"),
    [
        ("pregnancy-status", "Pregnant", "pregnant"),
        ("pregnancy-status", "Not pregnant", "not-pregnant"),
        ("pregnancy-status", "No", "not-pregnant"),
        ("pregnancy-status", "true", "pregnant"),
        ("pregnancy-status", "Pregnancy not yet confirmed", ""),
        ("pregnancy-status", "Possibly pregnant", ""),
        ("pregnancy-status", "Unknown", ""),
        ("pregnancy-test", "POSITIVE", "positive"),
        ("pregnancy-test", "Not detected", "negative"),
        ("pregnancy-test", "Detected", "positive"),
        ("pregnancy-intent", "No, I don't want to become pregnant", ""),
        ("pregnancy-intent", "Yes, I want to become pregnant", "wants"),
        ("lactation-status", "Not currently breastfeeding", "not-breastfeeding"),
        ("lactation-status", "Currently breastfeeding", "breastfeeding"),
        ("consciousness", "Unresponsive", "unresponsive"),
        ("consciousness", "Responds to pain", "pain"),
        ("consciousness", "Alert", "alert"),
        ("creatinine", "Pregnant", ""),
    ],
)
def test_words(kind: str, text: str, meaning: str) -> None:
    assert answer(kind, Coded(), text) == meaning
    assert answer(kind, Coded(text=text), "") == meaning
    assert answer(kind, Coded((Coding("", "", text),)), "") == meaning


# Kind -> answer -> how it is written; entered a second time.
WRITTEN = {
    "pregnancy-status": {
        "pregnant": "Pregnant, yes, true, currently pregnant",
        "not-pregnant": "Not pregnant, no, false, Patient is not pregnant, not currently pregnant, non-pregnant,"
        " never pregnant, never been pregnant, no longer pregnant",
        "": "not yet confirmed, possible, possible pregnancy, possibly, possibly pregnant, unknown,"
        " unknown if pregnant, not known if pregnant, not sure",
    },
    "pregnancy-test": {
        "positive": "positive, pos, detected, hCG positive",
        "negative": "negative, neg, not detected",
        "": "invalid, pending, not done",
    },
    "pregnancy-intent": {
        "wants": "want to become pregnant, trying, trying to conceive, yes",
        "": "no, not trying, I don't want to become pregnant, unsure",
    },
    "lactation-status": {
        "breastfeeding": "breastfeeding, breast feeding, breast-feeding, lactating, yes, true, currently breastfeeding",
        "not-breastfeeding": "not breastfeeding, no, false, never breastfeeding, stopped breastfeeding, not lactating",
        "": "unknown, unknown if breastfeeding, not known if breastfeeding, not sure",
    },
    "consciousness": {
        "alert": "alert, Alert and oriented",
        "confused": "confused, new confusion, confused but alert",
        "voice": "voice, responds to voice, verbal, alert to verbal stimuli only",
        "pain": "pain, responds to pain, responds to pain but not to voice",
        "unresponsive": "unresponsive, unconscious, comatose, coma, unresponsive to voice and pain",
    },
}
CODED = {
    "pregnancy-status": {"pregnant": "LA15173-0, 77386006", "not-pregnant": "LA26683-5, 60001007", "": "LA4489-6"},
    "pregnancy-test": {"positive": "LA6576-8, 10828004, POS", "negative": "LA6577-6, 260385009, NEG"},
    "pregnancy-intent": {"wants": "LA26438-4"},
    "lactation-status": {"breastfeeding": "LA29252-6, 413712001", "not-breastfeeding": "LA29253-4"},
    "consciousness": {
        "alert": "248234008",
        "confused": "130987000",
        "voice": "300202002",
        "pain": "450847001",
        "unresponsive": "422768004",
    },
}


def rows(table: dict[str, dict[str, str]]) -> list[tuple[str, str, str]]:
    return [
        (kind, one, meaning) for kind, said in table.items() for meaning, all in said.items() for one in all.split(", ")
    ]


@pytest.mark.parametrize(("kind", "text", "meaning"), rows(WRITTEN))
def test_an_answer_is_understood_as_it_is_written(kind: str, text: str, meaning: str) -> None:
    assert answer(kind, Coded(text=text), "") == meaning


@pytest.mark.parametrize(("kind", "code", "meaning"), rows(CODED))
def test_an_answer_is_understood_by_its_code_alone(kind: str, code: str, meaning: str) -> None:
    assert answer(kind, Coded((Coding("http://snomed.info/sct", code, ""),)), "") == meaning


def test_a_long_answer_is_read_in_its_first_200_letters() -> None:
    """A note is no answer: what stands far behind the question may be about anybody."""
    assert answer("pregnancy-status", Coded(), f"{' ' * 192}pregnant and more") == "pregnant"
    assert answer("pregnancy-status", Coded(), f"{' ' * 193}pregnant and more") == ""


def test_a_code_counts_before_words() -> None:
    not_pregnant = Coded((Coding("http://snomed.info/sct", "60001007", ""),), "pregnancy status")
    assert answer("pregnancy-status", not_pregnant, "") == "not-pregnant"


def test_two_codes_that_disagree_say_nothing() -> None:
    both = Coded((Coding("", "77386006", ""), Coding("", "LA26683-5", "")))
    assert answer("pregnancy-status", both, "") == ""
