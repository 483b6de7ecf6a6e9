"""Which measurement an Observation is: by LOINC, else by words; a creatinine from elsewhere than blood never counts."""

from __future__ import annotations

import pytest

from cds.chart import Coded, Coding
from cds.terminology import load_terminology

TERMS = load_terminology()
LOINC = "http://loinc.org"


def loinc(code: str, display: str = "", system: str = LOINC) -> Coded:
    return Coded((Coding(system, code, display),))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("2160-0", "creatinine"),
        ("14682-9", "creatinine"),
        ("38483-4", "creatinine"),
        ("77140-2", "creatinine"),
        ("2161-8", "creatinine-exclude"),
        ("49004-5", "creatinine-exclude"),
        ("12190-5", "creatinine-exclude"),
        ("48788-4", "creatinine-exclude"),
        ("11042-9", "creatinine-dialysis"),
        ("98979-8", "egfr"),
        ("33914-3", "egfr"),
        ("2164-2", "creatinine-clearance"),
        ("35591-7", "creatinine-clearance"),
        ("12195-4", "creatinine-clearance-indexed"),
        ("33863-2", "cystatin-c"),
        ("29463-7", "body-weight"),
        ("8302-2", "body-height"),
        ("39156-5", "bmi"),
        ("59408-5", "spo2"),
        ("9279-1", "respiratory-rate"),
        ("9269-2", "gcs"),
        ("8480-6", "systolic-bp"),
        ("8867-4", "heart-rate"),
        ("6301-6", "inr"),
        ("1975-2", "bilirubin-total"),
        ("82810-3", "pregnancy-status"),
        ("9318-7", ""),
        ("718-7", ""),
    ],
)
def test_loinc_codes(code: str, kind: str) -> None:
    assert TERMS.lab_kind(loinc(code)) == kind


@pytest.mark.parametrize("specimen", ["Urine", "urine specimen", "Dialysate", "Peritoneal fluid", "24h Urine"])
def test_a_creatinine_of_another_specimen_is_excluded_whatever_its_code(specimen: str) -> None:
    assert TERMS.lab_kind(loinc("2160-0"), specimen) == "creatinine-exclude"


@pytest.mark.parametrize("specimen", ["", "Serum", "Plasma", "Venous blood specimen"])
def test_a_creatinine_of_blood_counts(specimen: str) -> None:
    assert TERMS.lab_kind(loinc("2160-0"), specimen) == "creatinine"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Creatinine", "creatinine"),
        ("Serum creatinine", "creatinine"),
        ("Creatinine, urine", "creatinine-exclude"),
        ("Creatinine clearance", "creatinine-clearance"),
        ("Albumin/creatinine ratio", "creatinine-exclude"),
        ("Protein to creatinine ratio", "creatinine-exclude"),
        ("Creatine kinase", ""),
        ("eGFR (mL/min)", "egfr"),
        ("Body weight", "body-weight"),
        ("Haemoglobin", ""),
    ],
)
def test_words_are_read_when_no_loinc_code_was_sent(text: str, kind: str) -> None:
    assert TERMS.lab_kind(Coded(text=text)) == kind
    assert TERMS.lab_kind(loinc("X", text, "http://example.org/labs")) == kind


def test_words_do_not_overrule_a_loinc_code_that_is_none_of_ours() -> None:
    assert TERMS.lab_kind(Coded((Coding(LOINC, "718-7", "Hemoglobin"),), "creatinine")) == ""


def test_one_urine_code_among_several_excludes() -> None:
    both = Coded((Coding(LOINC, "2160-0"), Coding(LOINC, "2161-8")))
    assert TERMS.lab_kind(both) == "creatinine-exclude"


@pytest.mark.parametrize(
    ("code", "method"),
    [
        (loinc("98979-8"), "CKD-EPI 2021"),
        (loinc("62238-1"), "CKD-EPI"),
        (loinc("33914-3"), "MDRD"),
        (loinc("48643-1"), "MDRD, race-based"),
        (loinc("88294-4"), "CKD-EPI, race-based"),
        (loinc("50384-7"), "Schwartz"),
        (loinc("69405-9"), ""),
        (loinc("69405-9", "eGFR by CKD-EPI 2021"), "CKD-EPI 2021"),
        (Coded(text="eGFR (MDRD)"), "MDRD"),
        (Coded(text="eGFR"), ""),
    ],
)
def test_the_equation_of_an_egfr_is_told_when_known(code: Coded, method: str) -> None:
    assert TERMS.lab_method(code) == method
