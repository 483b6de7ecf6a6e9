"""The code tables of conditions, measurements and routes hold together, and survive without the removable files."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from cds.case import Route
from cds.chart import Coded, Coding
from cds.terminology import Terminology, load_terminology
from cds.terminology.tables import items, read_rows

ROOT = Path(__file__).parents[2] / "cds" / "knowledge"
CODES = ROOT / "codes"
TERMS = load_terminology()
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
REMOVABLE = ("atc.tsv", "snomed_drugs.tsv", "snomed_conditions.tsv", "snomed_routes.tsv", "snomed_allergies.tsv")

ICD10 = list(read_rows(CODES / "icd10.tsv", ("prefix", "concepts")))
SNOMED = list(read_rows(CODES / "snomed_conditions.tsv", ("code", "concepts")))
PROCEDURES = list(read_rows(CODES / "procedures.tsv", ("system", "code", "concepts")))
LOINC = list(read_rows(CODES / "loinc.tsv", ("code", "kind", "method", "name")))
ALLERGIES = list(read_rows(CODES / "snomed_allergies.tsv", ("code", "substance")))
ROUTES = list(read_rows(CODES / "routes.tsv", ("system", "code", "route", "detail")))
SNOMED_ROUTES = list(read_rows(CODES / "snomed_routes.tsv", ("code", "route", "detail")))
SNOMED_DRUGS = list(read_rows(CODES / "snomed_drugs.tsv", ("code", "ingredient")))


def verhoeff(code: str) -> bool:
    """Whether the check digit of a SNOMED CT identifier is right (dihedral group D5)."""

    def product(a: int, b: int) -> int:
        if a < 5:
            return (a + b) % 5 if b < 5 else (a + b) % 5 + 5
        return (a - b) % 5 + 5 if b < 5 else (a - b) % 5

    def moved(digit: int, times: int) -> int:
        for _ in range(times % 8):
            digit = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit]
        return digit

    check = 0
    for place, digit in enumerate(reversed(code)):
        check = product(check, moved(int(digit), place))
    return check == 0


def luhn(code: str) -> bool:
    """Whether the check digit of a LOINC code is right."""
    digits, check = code.split("-")
    doubled = "".join(str(int(d) * 2) if index % 2 == 0 else d for index, d in enumerate(reversed(digits)))
    return (10 - sum(map(int, doubled)) % 10) % 10 == int(check)


def test_every_concept_named_exists() -> None:
    named = {id.removeprefix("!") for r in (*ICD10, *SNOMED) for id in items(r[1])} | {r[2] for r in PROCEDURES}
    assert all(map(TERMS.has_concept, named)), named - set(TERMS.concepts)
    assert all(TERMS.has_concept(id) for info in TERMS.concepts.values() for id in info.includes)


def test_every_concept_can_be_recognised_by_something() -> None:
    coded = {id for r in (*ICD10, *SNOMED) for id in items(r[1])} | {r[2] for r in PROCEDURES}
    assert [info.id for info in TERMS.concepts.values() if not info.words and info.id not in coded] == []


def test_no_code_stands_twice() -> None:
    for table in (ICD10, SNOMED, LOINC, ALLERGIES, SNOMED_ROUTES):
        assert [code for code, count in Counter(r[0] for r in table).items() if count > 1] == []
    assert len({(r[0], r[1]) for r in ROUTES}) == len(ROUTES)
    assert len({(r[0], r[1]) for r in PROCEDURES}) == len(PROCEDURES)


def test_a_code_of_several_concepts_is_meant_to_be() -> None:
    """One concept includes the other, or the code says both; new pairs must be looked at."""
    pairs = {frozenset((a, b)) for r in (*ICD10, *SNOMED) for a in items(r[1]) for b in items(r[1]) if a < b}
    wider = {frozenset((info.id, id)) for info in TERMS.concepts.values() for id in info.includes}
    assert len(pairs - wider) < 40
    for forbidden in ({"ckd-3a", "ckd-3b"}, {"epilepsy", "seizure"}, {"copd", "asthma"}, {"pregnancy", "lactation"}):
        assert frozenset(forbidden) not in pairs


def test_icd10_prefixes_are_prefixes_of_codes() -> None:
    assert all(re.fullmatch(r"=?[A-Z]\d[0-9A-Z]{0,5}", r[0]) for r in ICD10)
    assert [r[0] for r in ICD10] == sorted(r[0] for r in ICD10)


def test_the_check_digit_of_every_snomed_ct_code_is_right() -> None:
    tables = (SNOMED, SNOMED_DRUGS, SNOMED_ROUTES, ALLERGIES)
    assert [r[0] for table in tables for r in table if not verhoeff(r[0])] == []
    assert not verhoeff("84757008")


def test_the_check_digit_of_every_loinc_code_is_right() -> None:
    assert [r[0] for r in LOINC if not luhn(r[0])] == []
    assert not luhn("2160-1")


def test_loinc_codes_travel_with_their_names() -> None:
    assert all(r[3] for r in LOINC)


def test_routes_are_ours() -> None:
    assert all(Route(r[2]) is not Route.UNKNOWN for r in ROUTES)
    assert all(Route(r[1]) is not Route.UNKNOWN for r in SNOMED_ROUTES)


@pytest.mark.parametrize(
    ("system", "code", "route", "detail"),
    [
        ("http://snomed.info/sct", "26643006", Route.ORAL, ""),
        ("http://snomed.info/sct", "72607000", Route.INTRATHECAL, ""),
        ("http://snomed.info/sct", "47625008", Route.PARENTERAL, "intravenous"),
        ("http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration", "PO", Route.ORAL, ""),
        ("http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration", "IT", Route.INTRATHECAL, ""),
        ("http://hl7.org/fhir/v3/RouteOfAdministration", "IVINJ", Route.PARENTERAL, "intravenous"),
        ("http://terminology.hl7.org/CodeSystem/v2-0162", "SL", Route.ORAL, "sublingual"),
        ("http://ncimeta.nci.nih.gov", "C38288", Route.ORAL, ""),
        ("http://standardterms.edqm.eu", "20042000", Route.INTRATHECAL, ""),
    ],
)
def test_route_codes_are_read(system: str, code: str, route: Route, detail: str) -> None:
    drug = TERMS.recognise_drug(Coded(text="diazepam"), route=Coded((Coding(system, code),)))
    assert (drug.route, drug.route_detail) == (route, detail)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Terminology:
    """The terminology of somebody who may not use SNOMED CT and ATC."""
    root = tmp_path_factory.mktemp("knowledge")
    for folder in ("drugs", "codes"):
        shutil.copytree(ROOT / folder, root / folder)
    for name in REMOVABLE:
        (root / "codes" / name).unlink()
    return load_terminology(root)


class TestWithoutTheRemovableFiles:
    def test_rxnorm_and_names_still_name_drugs(self, bare: Terminology) -> None:
        assert bare.recognise_drug(Coded((Coding(RXNORM, "197391"),))).ingredients[0].id == "baclofen"
        assert bare.recognise_drug(Coded(text="Ozobax")).ingredients[0].id == "baclofen"

    def test_an_atc_code_is_read_by_its_display(self, bare: Terminology) -> None:
        drug = bare.recognise_drug(Coded((Coding("http://www.whocc.no/atc", "M03BX01", "baclofen"),)))
        assert (drug.ingredients[0].id, drug.recognised_by) == ("baclofen", "name")

    def test_an_atc_code_alone_is_unreadable_and_so_not_silently_passed_over(self, bare: Terminology) -> None:
        assert not bare.recognise_drug(Coded((Coding("http://www.whocc.no/atc", "M03BX01"),))).readable

    def test_icd10_and_displays_still_name_conditions(self, bare: Terminology) -> None:
        icd = Coding("http://hl7.org/fhir/sid/icd-10-cm", "G40.909")
        assert "epilepsy" in bare.recognise_condition(Coded((icd,))).ids
        snomed = Coding("http://snomed.info/sct", "84757009", "Epilepsy (disorder)")
        assert "epilepsy" in bare.recognise_condition(Coded((snomed,))).ids

    def test_a_snomed_ct_route_is_read_by_its_display(self, bare: Terminology) -> None:
        route = Coded((Coding("http://snomed.info/sct", "72607000", "Intrathecal route (qualifier value)"),))
        assert bare.recognise_drug(Coded(text="baclofen"), route=route).route is Route.INTRATHECAL

    def test_a_measurement_is_still_known_by_its_loinc_code(self, bare: Terminology) -> None:
        assert bare.lab_kind(Coded((Coding("http://loinc.org", "2160-0"),))) == "creatinine"

    def test_an_allergy_is_read_by_its_words(self, bare: Terminology) -> None:
        assert "baclofen" in bare.recognise_allergy(Coded(text="Baclofen")).ids
