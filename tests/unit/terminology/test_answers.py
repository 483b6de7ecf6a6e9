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


def test_a_code_counts_before_words() -> None:
    not_pregnant = Coded((Coding("http://snomed.info/sct", "60001007", ""),), "pregnancy status")
    assert answer("pregnancy-status", not_pregnant, "") == "not-pregnant"


def test_two_codes_that_disagree_say_nothing() -> None:
    both = Coded((Coding("", "77386006", ""), Coding("", "LA26683-5", "")))
    assert answer("pregnancy-status", both, "") == ""
