"""The drug tables hold together: every row is well formed, every name and code stands for one thing."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from cds.case import Route
from cds.terminology import Terminology, load_terminology
from cds.terminology.load import BRANDS, INGREDIENTS, PRODUCTS
from cds.terminology.phrases import words_of
from cds.terminology.strengths import parse_field
from cds.terminology.tables import TableFault, items, read_keyed, read_rows

ROOT = Path(__file__).parents[2] / "cds" / "knowledge"
TERMS: Terminology = load_terminology()
FORMS = {
    *("tablet", "capsule", "lozenge", "film", "granules", "powder", "solution", "suspension", "injection", "patch"),
    *("suppository", "enema", "nasal spray", "spray", "cream", "ointment", "gel", "lotion", "foam", "topical"),
    *("inhalation", "gas", "implant", ""),
}


def rows(name: str, columns: tuple[str, ...]) -> list[list[str]]:
    return list(read_rows(ROOT / name, columns))


INGREDIENT_ROWS = rows("drugs/ingredients.tsv", INGREDIENTS)
BRAND_ROWS = rows("drugs/brands.tsv", BRANDS)
PRODUCT_ROWS = rows("drugs/rxnorm.tsv", PRODUCTS)
COMPANIONS = rows("drugs/companions.tsv", ("name", "id", "note"))
ATC = rows("codes/atc.tsv", ("code", "ingredient", "note"))
SNOMED_DRUGS = rows("codes/snomed_drugs.tsv", ("code", "ingredient"))


def repeated(values: list[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def test_each_table_is_sorted_by_its_key() -> None:
    assert [r[0] for r in INGREDIENT_ROWS] == sorted(r[0] for r in INGREDIENT_ROWS)
    assert [r[0].lower() for r in BRAND_ROWS] == sorted(r[0].lower() for r in BRAND_ROWS)
    assert [int(r[0]) for r in PRODUCT_ROWS] == sorted(int(r[0]) for r in PRODUCT_ROWS)
    assert [r[0] for r in ATC] == sorted(r[0] for r in ATC)


def test_every_ingredient_code_stands_for_one_ingredient() -> None:
    rxnorm = [code for r in INGREDIENT_ROWS for code in items(r[3], ";")]
    unii = [code for r in INGREDIENT_ROWS for code in items(r[4], ";")]
    products = [r[0] for r in PRODUCT_ROWS]
    assert repeated(rxnorm + products) == []
    assert repeated(unii) == []
    assert repeated([r[0] for r in ATC]) == []
    assert repeated([r[0] for r in SNOMED_DRUGS]) == []
    assert all(re.fullmatch(r"\d{1,8}", code) for code in rxnorm + products)
    assert all(re.fullmatch(r"[0-9A-Z]{10}", code) for code in unii)
    assert all(re.fullmatch(r"[A-Z]\d\d[A-Z]{2}\d\d", r[0]) for r in ATC)


def test_every_name_stands_for_one_thing() -> None:
    names = [name for r in INGREDIENT_ROWS for name in dict.fromkeys((r[0], *items(r[2], ";")))]
    names += [r[0].lower() for r in BRAND_ROWS] + [r[0] for r in COMPANIONS]
    assert repeated([" ".join(words_of(name).words) for name in names]) == []


def test_names_are_words_that_can_be_found() -> None:
    for name in [r[0] for r in INGREDIENT_ROWS] + [r[0] for r in BRAND_ROWS]:
        assert len("".join(words_of(name).words)) >= 3, name


def test_every_row_names_ingredients_we_have() -> None:
    known = set(TERMS.ingredients)
    companions = {"~" + r[1] for r in COMPANIONS if r[1]}
    assert {id for r in PRODUCT_ROWS for id in items(r[1])} <= known
    assert {id for r in BRAND_ROWS for id in items(r[1])} <= known | companions
    assert {id for r in ATC for id in items(r[1])} <= known
    assert {id for r in SNOMED_DRUGS for id in items(r[1])} <= known


@pytest.mark.parametrize("table", [PRODUCT_ROWS, BRAND_ROWS], ids=["products", "brands"])
def test_every_strength_form_and_route_is_one_we_know(table: list[list[str]]) -> None:
    for code, ids, strengths, form, route, _, extended, *level in table:
        assert form in FORMS, code
        assert route == "" or Route(route), code
        assert extended in ("", "er"), code
        assert level in ([], [""], ["i"]), code
        if strengths:
            assert len(items(strengths)) == len(items(ids)), code
            for field in items(strengths):
                parsed = parse_field(field)
                assert parsed is None or (parsed.value > 0 and parsed.unit in ("mg", "ug")), code
                assert parsed is None or parsed.per in ("each", "mL", "h"), code


def test_every_tablet_of_a_single_drug_of_ours_has_a_strength_but_for_those_whose_name_was_not_seen() -> None:
    without = [
        r[0] for r in PRODUCT_ROWS if r[3] == "tablet" and not r[2] and r[7] == "" and TERMS.in_class(r[1], "baclofen")
    ]
    assert without == ["430902", "2679605"]


def test_classes_have_members_meaning_and_evidence_that_exists() -> None:
    evidence = tomllib.loads((ROOT / "evidence.toml").read_text(encoding="utf-8"))
    for info in TERMS.classes.values():
        assert TERMS.ingredients_of_class(info.id), info.id
        assert len(info.meaning) > 10, info.id
        assert info.basis in ("published", "mixed", "house"), info.id
        assert set(info.evidence) <= set(evidence), info.id
        assert info.basis != "published" or info.evidence, f"{info.id}: published by whom?"
        assert set(info.includes) <= set(TERMS.classes), info.id


def test_every_class_of_an_ingredient_exists() -> None:
    assert {name for r in INGREDIENT_ROWS for name in items(r[5])} <= set(TERMS.classes)
    assert all(r[5] for r in INGREDIENT_ROWS)


class TestMembership:
    """Who is in a class decides who is warned."""

    @pytest.mark.parametrize(
        ("name", "members"),
        [
            ("baclofen", {"baclofen", "arbaclofen"}),
            ("z-drug", {"zolpidem", "zopiclone", "eszopiclone", "zaleplon"}),
            ("orexin-antagonist", {"suvorexant", "lemborexant", "daridorexant"}),
            ("gabapentinoid", {"gabapentin", "gabapentin enacarbil", "pregabalin", "mirogabalin"}),
            ("opioid-oud", {"buprenorphine", "methadone", "levomethadone", "levacetylmethadol"}),
            ("opioid-rescue", {"naloxone", "nalmefene"}),
            ("maoi-nonselective", {"phenelzine", "tranylcypromine", "isocarboxazid", "iproniazide"}),
            ("snri", {"venlafaxine", "desvenlafaxine", "duloxetine", "milnacipran", "levomilnacipran"}),
            ("ugt-inhibitor", {"valproic acid", "probenecid"}),
            ("oxybate", {"sodium oxybate"}),
            ("benzodiazepine-hypnotic", {"estazolam", "flurazepam", "quazepam", "temazepam", "triazolam"}),
        ],
    )
    def test_small_classes_are_exactly(self, name: str, members: set[str]) -> None:
        assert TERMS.ingredients_of_class(name) == members

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("opioid", "opioid-peripheral"),
            ("opioid", "opioid-antagonist"),
            ("opioid", "opioid-atypical"),
            ("benzodiazepine", "z-drug"),
            ("benzodiazepine", "barbiturate"),
            ("nsaid", "aspirin"),
            ("ssri", "snri"),
            ("ssri", "antidepressant-other"),
            ("maoi-nonselective", "maoi-other"),
            ("skeletal-muscle-relaxant", "muscle-relaxant-peripheral"),
            ("cyp3a-inhibitor-strong", "cyp3a-inhibitor-moderate"),
            ("antipsychotic", "lithium"),
        ],
    )
    def test_classes_that_must_not_overlap(self, one: str, other: str) -> None:
        assert not TERMS.ingredients_of_class(one) & TERMS.ingredients_of_class(other)

    @pytest.mark.parametrize(
        ("ingredient", "classes"),
        [
            ("tramadol", {"opioid"}),
            ("codeine", {"opioid"}),
            ("butorphanol", {"opioid"}),
            ("clobazam", {"benzodiazepine"}),
            ("midazolam", {"benzodiazepine"}),
            ("primidone", {"barbiturate", "antiseizure", "cyp3a-inducer"}),
            ("butalbital", {"barbiturate"}),
            ("tizanidine", {"skeletal-muscle-relaxant", "alpha2-agonist"}),
            ("promethazine", {"antihistamine-1g"}),
            ("doxylamine", {"antihistamine-1g", "otc-herbal-depressant"}),
            ("quetiapine", {"antipsychotic", "sedating-psychotropic"}),
            ("amitriptyline", {"tca", "sedating-psychotropic"}),
            ("mirtazapine", {"sedating-psychotropic"}),
            ("phenelzine", {"maoi"}),
            ("linezolid", {"maoi", "maoi-other"}),
            ("ibuprofen", {"nsaid"}),
            ("tobramycin", {"nephrotoxic"}),
            ("tacrolimus", {"nephrotoxic"}),
            ("lisinopril", {"antihypertensive"}),
            ("furosemide", {"diuretic", "antihypertensive"}),
            ("empagliflozin", {"sglt2-inhibitor", "antidiabetic"}),
            ("clarithromycin", {"cyp3a-inhibitor-strong"}),
            ("ritonavir", {"cyp3a-inhibitor-strong", "cyp3a-booster"}),
            ("omeprazole", {"cyp2c19-inhibitor"}),
            ("st john's wort", {"cyp3a-inducer"}),
            ("suxamethonium", {"neuromuscular-blocker"}),
        ],
    )
    def test_members(self, ingredient: str, classes: set[str]) -> None:
        info = TERMS.ingredient(ingredient)
        assert info is not None
        assert classes <= info.classes

    @pytest.mark.parametrize(
        ("ingredient", "beers", "count", "respiratory"),
        [
            ("baclofen", True, True, True),
            ("lorazepam", True, True, True),
            ("oxycodone", True, True, True),
            ("sertraline", True, False, False),
            ("duloxetine", True, False, False),
            ("diphenhydramine", False, True, False),
            ("levetiracetam", True, True, False),
            ("lisinopril", False, False, False),
            ("melatonin", False, False, False),
            ("loperamide", False, False, False),
            ("phenobarbital", True, True, True),
        ],
    )
    def test_who_counts_in_the_load(self, ingredient: str, beers: bool, count: bool, respiratory: bool) -> None:
        info = TERMS.ingredient(ingredient)
        assert info is not None
        assert (info.beers_cns_active, info.sedation_count, info.respiratory_depressant) == (beers, count, respiratory)

    def test_unknown_names_are_in_no_class(self) -> None:
        assert TERMS.ingredient("aspirin of the future") is None
        assert not TERMS.in_class("baclofen", "no such class")
        assert not TERMS.in_class("no such drug", "baclofen")
        assert TERMS.ingredients_of_class("no such class") == frozenset()


def test_the_tables_stay_small() -> None:
    size = sum(path.stat().st_size for folder in ("drugs", "codes") for path in (ROOT / folder).iterdir())
    assert size < 1_500_000


def test_an_empty_line_does_not_end_a_table(tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("a\tb\n1\t2\n\n3\t4\n", encoding="utf-8")
    assert list(read_rows(table, ("a", "b"))) == [["1", "2"], ["3", "4"]]
    assert read_keyed(table, ("a", "b")) == {"1": "2", "3": "4"}


def test_a_table_with_another_header_or_a_torn_row_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("a\tb\n1\t2\n3\n", encoding="utf-8")
    with pytest.raises(TableFault, match="line 3 has 1 fields, must have 2"):
        list(read_rows(table, ("a", "b")))
    with pytest.raises(TableFault, match="header must be a c"):
        list(read_rows(table, ("a", "c")))
    with pytest.raises(TableFault, match="header must be a c"):
        read_keyed(table, ("a", "c"))
