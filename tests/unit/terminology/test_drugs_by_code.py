"""A medicine is what its code says: product codes first, then ingredient codes; an unknown code alone is unreadable."""

from __future__ import annotations

import pytest

from cds.case import Route, Strength
from cds.chart import Amount, Coded, Coding
from cds.terminology import load_terminology

TERMS = load_terminology()
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def coded(code: str, display: str = "", system: str = RXNORM, text: str = "") -> Coded:
    return Coded(codings=(Coding(system, code, display),), text=text)


@pytest.mark.parametrize(
    ("code", "ingredient", "value", "unit", "per", "form"),
    [
        ("197391", "baclofen", 10, "mg", "each", "tablet"),
        ("197392", "baclofen", 20, "mg", "each", "tablet"),
        ("1666613", "baclofen", 2, "mg", "mL", "injection"),
        ("197901", "lorazepam", 1, "mg", "each", "tablet"),
        ("197590", "diazepam", 2, "mg", "each", "tablet"),
        ("197527", "clonazepam", 0.5, "mg", "each", "tablet"),
        ("308048", "alprazolam", 0.5, "mg", "each", "tablet"),
        ("854873", "zolpidem", 10, "mg", "each", "tablet"),
        ("1049621", "oxycodone", 5, "mg", "each", "tablet"),
        ("892582", "morphine", 15, "mg", "each", "tablet"),
        ("245134", "fentanyl", 25, "ug", "h", "patch"),
        ("310431", "gabapentin", 300, "mg", "each", "capsule"),
        ("311700", "midazolam", 1, "mg", "mL", "injection"),
        ("801961", "diazepam", 5, "mg", "mL", "gel"),
    ],
)
def test_a_product_code_tells_ingredient_strength_and_form(
    code: str, ingredient: str, value: float, unit: str, per: str, form: str
) -> None:
    drug = TERMS.recognise_drug(coded(code))
    assert [(item.id, item.strength) for item in drug.ingredients] == [(ingredient, Strength(value, unit, per))]
    assert (drug.form, drug.recognised_by, drug.conflict, drug.readable) == (form, "code", "", True)


@pytest.mark.parametrize(
    ("code", "route"),
    [
        ("197391", Route.ORAL),
        ("1666613", Route.INTRATHECAL),
        ("311700", Route.PARENTERAL),
        ("245134", Route.TRANSDERMAL),
        ("801961", Route.RECTAL),
        ("2173494", Route.NASAL),
        ("1010604", Route.ORAL),
        ("1049888", Route.LOCAL),  # diphenhydramine cream
    ],
)
def test_a_product_code_tells_the_route(code: str, route: Route) -> None:
    assert TERMS.recognise_drug(coded(code)).route is route


def test_an_order_that_only_says_injection_leaves_an_intrathecal_product_intrathecal() -> None:
    assert TERMS.recognise_drug(coded("1666613"), route=Coded(text="Injection")).route is Route.INTRATHECAL
    assert TERMS.recognise_drug(coded("1666613"), route=Coded(text="IV")).route is Route.PARENTERAL


def test_every_ingredient_of_a_combination_keeps_its_own_strength() -> None:
    drug = TERMS.recognise_drug(coded("856792"))
    assert {item.id: item.strength for item in drug.ingredients} == {
        "amitriptyline": Strength(25, "mg", "each"),
        "chlordiazepoxide": Strength(10, "mg", "each"),
    }


def test_acetaminophen_is_not_an_ingredient_of_ours() -> None:
    assert [item.id for item in TERMS.recognise_drug(coded("857002")).ingredients] == ["hydrocodone"]


def test_codes_whose_name_was_never_seen_give_the_ingredient_without_strength() -> None:
    drug = TERMS.recognise_drug(coded("430902"))
    assert [(item.id, item.strength) for item in drug.ingredients] == [("baclofen", None)]


@pytest.mark.parametrize(
    ("system", "code", "ingredient"),
    [
        (RXNORM, "1292", "baclofen"),
        ("urn:oid:2.16.840.1.113883.6.88", "6470", "lorazepam"),
        ("http://www.whocc.no/atc", "M03BX01", "baclofen"),
        ("http://www.whocc.no/atc", "n05ba12", "alprazolam"),
        ("http://www.whocc.no/atc", "N03AX12", "gabapentin"),  # withdrawn code
        ("http://www.whocc.no/atc", "N02BF01", "gabapentin"),
        ("http://fdasis.nlm.nih.gov", "H789N3FKE8", "baclofen"),
        ("http://snomed.info/sct", "387342009", "baclofen"),
    ],
)
def test_an_ingredient_code_is_recognised_in_every_system(system: str, code: str, ingredient: str) -> None:
    drug = TERMS.recognise_drug(coded(code, system=system))
    assert [item.id for item in drug.ingredients] == [ingredient]
    assert drug.recognised_by == "ingredient-code"


def test_a_code_we_cannot_look_up_is_unreadable() -> None:
    drug = TERMS.recognise_drug(coded("99999999"))
    assert (drug.ingredients, drug.readable, drug.recognised_by) == ((), False, "")


def test_a_code_without_its_system_means_nothing() -> None:
    assert not TERMS.recognise_drug(coded("197391", system="")).readable


def test_an_unknown_code_with_a_name_is_read_by_its_name() -> None:
    drug = TERMS.recognise_drug(coded("99999999", "baclofen 5 MG Oral Tablet"))
    assert [(item.id, item.strength) for item in drug.ingredients] == [("baclofen", Strength(5, "mg", "each"))]
    assert drug.recognised_by == "name"


def test_a_named_drug_that_is_none_of_ours_is_readable() -> None:
    drug = TERMS.recognise_drug(coded("723", "amoxicillin"))
    assert (drug.ingredients, drug.readable) == ((), True)


def test_data_absent_codings_say_nothing() -> None:
    absent = Coded((Coding("http://terminology.hl7.org/CodeSystem/data-absent-reason", "unknown", "baclofen"),))
    drug = TERMS.recognise_drug(absent)
    assert (drug.ingredients, drug.readable, drug.label) == ((), False, "")


@pytest.mark.parametrize("text", ["", "unknown", "12345", "Unknown medication", "see comments", "-"])
def test_words_that_name_nothing_are_unreadable(text: str) -> None:
    assert not TERMS.recognise_drug(Coded(text=text)).readable


class TestCodeAndWordsThatDisagree:
    def test_both_drugs_are_kept_and_the_strength_is_in_doubt(self) -> None:
        drug = TERMS.recognise_drug(coded("197391", "Lorazepam 1 MG Oral Tablet"))
        assert [(item.id, item.strength) for item in drug.ingredients] == [("baclofen", None), ("lorazepam", None)]
        assert drug.conflict == "named both as baclofen and as lorazepam"

    def test_a_different_strength_is_a_conflict_too(self) -> None:
        drug = TERMS.recognise_drug(coded("197391", text="baclofen 20 mg tablet"))
        assert [(item.id, item.strength) for item in drug.ingredients] == [("baclofen", None)]
        assert drug.conflict == "baclofen named both as 10 mg and as 20 mg"

    def test_the_same_strength_in_another_unit_agrees(self) -> None:
        drug = TERMS.recognise_drug(coded("245134", "fentanyl 25 mcg/hr patch"))
        assert (drug.conflict, drug.ingredients[0].strength) == ("", Strength(25, "ug", "h"))

    def test_words_that_name_a_part_of_the_product_agree(self) -> None:
        drug = TERMS.recognise_drug(coded("1010604", "buprenorphine film"))
        assert (drug.conflict, len(drug.ingredients)) == ("", 2)

    def test_a_product_code_with_words_for_more_drugs_is_a_conflict(self) -> None:
        drug = TERMS.recognise_drug(coded("835603", "tramadol with diazepam"))
        assert {item.id for item in drug.ingredients} == {"tramadol", "diazepam"}
        assert drug.conflict

    def test_an_ingredient_code_with_words_for_the_whole_combination_agrees(self) -> None:
        drug = TERMS.recognise_drug(coded("704", "chlordiazepoxide/amitriptyline 5-12.5 mg tablet"))
        assert ({item.id for item in drug.ingredients}, drug.conflict) == ({"chlordiazepoxide", "amitriptyline"}, "")

    def test_two_codes_for_different_drugs_are_a_conflict(self) -> None:
        drug = TERMS.recognise_drug(Coded((Coding(RXNORM, "197391"), Coding(RXNORM, "197901"))))
        assert {item.id for item in drug.ingredients} == {"baclofen", "lorazepam"}
        assert drug.conflict

    def test_the_product_code_wins_over_an_ingredient_code_before_it(self) -> None:
        drug = TERMS.recognise_drug(Coded((Coding("http://www.whocc.no/atc", "M03BX01"), Coding(RXNORM, "197391"))))
        assert (drug.recognised_by, drug.ingredients[0].strength) == ("code", Strength(10, "mg", "each"))

    def test_no_words_of_the_request_stand_in_the_conflict(self) -> None:
        drug = TERMS.recognise_drug(coded("197391", "<b>lorazepam</b> for Mrs Smith"))
        assert "Smith" not in drug.conflict
        assert "<" not in drug.conflict


class TestIngredientsOfAMedication:
    MG = Amount(value=10, unit="mg", code="mg")
    TABLET = Amount(value=1, unit="tablet", code="{tablet}")

    def test_they_name_the_drug_when_its_own_code_does_not(self) -> None:
        drug = TERMS.recognise_drug(coded("1"), ingredients=((coded("1292"), self.MG, self.TABLET),))
        assert [(item.id, item.strength) for item in drug.ingredients] == [("baclofen", Strength(10, "mg", "each"))]
        assert drug.recognised_by == "ingredient-code"

    def test_they_give_the_strength_a_name_does_not(self) -> None:
        five_in_five = (Coded(text="Baclofen"), Amount(5, "mg", "mg"), Amount(5, "mL", "mL"))
        drug = TERMS.recognise_drug(Coded(text="Baclofen oral liquid"), ingredients=(five_in_five,))
        assert drug.ingredients[0].strength == Strength(1, "mg", "mL")

    def test_a_different_ingredient_is_a_conflict(self) -> None:
        drug = TERMS.recognise_drug(coded("197391"), ingredients=((coded("6470"), None, None),))
        assert {item.id for item in drug.ingredients} == {"baclofen", "lorazepam"}
        assert drug.conflict

    def test_an_amount_in_an_unknown_unit_is_no_strength(self) -> None:
        drug = TERMS.recognise_drug(coded("1"), ingredients=((coded("1292"), Amount(10, "[iU]", "[iU]"), None),))
        assert [(item.id, item.strength) for item in drug.ingredients] == [("baclofen", None)]

    @pytest.mark.parametrize("fact", [(coded("1292"), None, TABLET), (Coded(text="water"), MG, TABLET)])
    def test_facts_without_amount_or_without_our_drug_are_harmless(
        self, fact: tuple[Coded, Amount | None, Amount]
    ) -> None:
        drug = TERMS.recognise_drug(coded("1292"), ingredients=(fact,))
        assert [(item.id, item.strength) for item in drug.ingredients] == [("baclofen", None)]

    def test_an_amount_without_denominator_is_for_one(self) -> None:
        drug = TERMS.recognise_drug(coded("1292"), ingredients=((coded("1292"), self.MG, None),))
        assert drug.ingredients[0].strength == Strength(10, "mg", "each")
