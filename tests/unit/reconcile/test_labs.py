"""Observations as values in our own units, or refused with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from cds.case import Known, Lab, Reason, Unknown
from cds.chart import Amount, Coded, Coding, ObservationFact
from cds.labs import labs
from tests.unit.reconcile.facts import ago, terminology, words

LOINC = "http://loinc.org"
CREATININE, EGFR, WEIGHT, HEIGHT = "2160-0", "98979-8", "29463-7", "8302-2"


def observation(code: str, value: Amount | None = None, **more: Any) -> ObservationFact:
    """A final observation of a LOINC code, a week old."""
    fields: dict[str, Any] = {"status": "final", "when": ago(7), "id": "o1", "path": "x"} | more
    return ObservationFact(code=Coded((Coding(LOINC, code),)), value=value, **fields)


def one(code: str, value: Amount | None = None, **more: Any) -> Lab:
    """The only value of an observation."""
    (lab,) = labs([observation(code, value, **more)], terminology())
    return lab


@pytest.mark.parametrize(
    ("code", "amount", "value", "unit"),
    [
        (CREATININE, Amount(1.5, "mg/dL", "mg/dL"), 1.5, "mg/dL"),
        (CREATININE, Amount(88.42, "umol/L", "umol/L"), 1.0, "umol/L"),
        (CREATININE, Amount(62, "µmol/L"), 0.7012, "umol/L"),
        (CREATININE, Amount(133, "μmol/L"), 1.5042, "umol/L"),
        (CREATININE, Amount(0.221, "mmol/L"), 2.4994, "mmol/L"),
        (CREATININE, Amount(1.5, "milligrams", "mg/dL"), 1.5, "mg/dL"),
        (EGFR, Amount(59, "mL/min/1.73 m2"), 59, "mL/min/1.73 m2"),
        (EGFR, Amount(59, "mL/min/{1.73_m2}", "mL/min/{1.73_m2}"), 59, "mL/min/1.73 m2"),
        (EGFR, Amount(59, "mL/min"), 59, "mL/min"),
        (WEIGHT, Amount(154.3234, "lb", "[lb_av]"), 70, "lb"),
        (HEIGHT, Amount(1.6, "m"), 160, "m"),
    ],
)
def test_values_are_converted_to_our_unit(code: str, amount: Amount, value: float, unit: str) -> None:
    lab = one(code, amount)
    assert isinstance(lab.value, Known)
    assert lab.value.value == pytest.approx(value, abs=5e-5)
    assert lab.unit == unit


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        (Amount(1.5), Reason.UNIT),
        (Amount(1.5, "g/L"), Reason.UNIT),
        (Amount(1.5, "mL/min"), Reason.UNIT),
        (Amount(1.5, "mg/dL", "umol/L"), Reason.CONFLICT),
        (Amount(float("nan"), "mg/dL"), Reason.UNREADABLE),
        (Amount(1.5, "mg/dL", comparator="~"), Reason.UNREADABLE),
        (Amount(None, "mg/dL"), Reason.ABSENT),
        (None, Reason.ABSENT),
    ],
    ids=str,
)
def test_a_value_without_a_unit_we_know_is_refused_not_guessed(amount: Amount | None, reason: Reason) -> None:
    lab = one(CREATININE, amount)
    assert isinstance(lab.value, Unknown)
    assert lab.value.reason is reason


@pytest.mark.parametrize(
    ("text", "value", "comparator"),
    [
        ("1.5 mg/dL", 1.5, ""),
        ("<0.3 mg/dL", 0.3, "<"),
        (" >=  2 mg/dL ", 2, ">="),
        ("≥2 mg/dl", 2, ">="),
        ("133 umol/L", 133 / 88.42, ""),
    ],
)
def test_a_text_that_is_a_number_with_its_unit_counts(text: str, value: float, comparator: str) -> None:
    lab = one(CREATININE, None, value_text=text)
    assert isinstance(lab.value, Known)
    assert lab.value.value == pytest.approx(value)
    assert lab.comparator == comparator


@pytest.mark.parametrize("text", ["haemolysed", "1,5 mg/dL", "1.5 - 2.0 mg/dL", "about 2 mg/dL", "2 or 3 mg/dL"])
def test_other_words_are_no_number(text: str) -> None:
    lab = one(CREATININE, None, value_text=text)
    assert isinstance(lab.value, Unknown)


def test_a_text_without_a_unit_has_no_unit() -> None:
    assert one(CREATININE, None, value_text="1.5").value == Unknown(Reason.UNIT, "unit missing")


def test_comparator_and_what_is_shown_are_as_sent() -> None:
    lab = one(EGFR, Amount(60, "mL/min/1.73m2", comparator=">"))
    assert (lab.comparator, lab.shown) == (">", ">60 mL/min/1.73m2")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("final", ["final"]),
        ("amended", ["final"]),
        ("corrected", ["final"]),
        ("preliminary", ["preliminary"]),
        ("registered", ["preliminary"]),
        ("", ["preliminary"]),
        ("entered-in-error", []),
        ("cancelled", []),
    ],
)
def test_only_final_values_are_final(status: str, expected: list[str]) -> None:
    found = labs([observation(CREATININE, Amount(1.5, "mg/dL"), status=status)], terminology())
    assert [lab.status for lab in found] == expected


def test_urine_creatinine_and_what_is_none_of_ours_are_left_out() -> None:
    amount = Amount(90, "mg/dL")
    assert labs([observation("2161-8", amount), observation("99999-9", amount)], terminology()) == ()
    assert labs([observation(CREATININE, amount, specimen="Urine")], terminology()) == ()


@pytest.mark.parametrize(
    ("code", "method", "expected"),
    [
        ("98979-8", "", "CKD-EPI 2021"),
        ("33914-3", "", "MDRD"),
        ("33914-3", "CKD-EPI 2021", "CKD-EPI 2021"),
        ("48643-1", "", "MDRD, race-based"),
        ("88293-6", "CKD-EPI", "CKD-EPI, race-based"),
        ("69405-9", "", ""),
    ],
)
def test_the_equation_is_what_the_result_says_else_what_its_code_means(code: str, method: str, expected: str) -> None:
    assert one(code, Amount(50, "mL/min/1.73m2"), method=words(method)).method == expected


def test_a_kind_without_a_unit_of_ours_keeps_its_number() -> None:
    assert one("2823-3", Amount(4.2, "mmol/L")).value == Known(4.2)


def test_newest_first_undated_last() -> None:
    facts = [
        observation(CREATININE, Amount(1, "mg/dL"), id="old", when=ago(90)),
        observation(CREATININE, Amount(1, "mg/dL"), id="none", when=None),
        observation(CREATININE, Amount(1, "mg/dL"), id="new", when=ago(1)),
    ]
    assert [lab.ref for lab in labs(facts, terminology())] == ["Observation/new", "Observation/old", "Observation/none"]
