"""A medicine without a code we know is what its words say, and no more than they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.case import Drug, Route, Strength
from cds.chart import Coded, Coding
from cds.terminology import load_terminology

TERMS = load_terminology()


def named(text: str, **clues: str) -> Drug:
    return TERMS.recognise_drug(Coded(text=text), **{name: Coded(text=words) for name, words in clues.items()})


def shown(drug: Drug) -> list[tuple[str, str]]:
    """Ingredients and strengths as text: ("baclofen", "10 mg/each")."""
    return [(i.id, f"{s.value:g} {s.unit}/{s.per}" if (s := i.strength) else "") for i in drug.ingredients]


@pytest.mark.parametrize(
    ("text", "strength", "route", "form"),
    [
        ("Lioresal", "", Route.ORAL, ""),
        ("Lioresal 10 mg tablet", "10 mg/each", Route.ORAL, "tablet"),
        ("Lioresal Intrathecal", "", Route.INTRATHECAL, "injection"),
        ("Lioresal Intrathecal 10 mg/5 mL", "2 mg/mL", Route.INTRATHECAL, "injection"),
        ("Lioresal injection for intrathecal use", "", Route.INTRATHECAL, "injection"),
        ("Lioresal 500 mcg/mL", "500 ug/mL", Route.INTRATHECAL, ""),
        ("Lioresal 2 mg/mL", "2 mg/mL", Route.UNKNOWN, ""),  # an ampoule or a liquid: not known
        ("Lioresal liquid 5 mg/5 mL", "1 mg/mL", Route.ORAL, "solution"),
        ("Ozobax", "1 mg/mL", Route.ORAL, "solution"),
        ("Ozobax 5 mg/5 mL oral solution", "1 mg/mL", Route.ORAL, "solution"),
        ("Ozobax DS", "2 mg/mL", Route.ORAL, "solution"),
        ("Fleqsuvy", "5 mg/mL", Route.ORAL, "suspension"),
        ("Fleqsuvy 25 mg/5 mL", "5 mg/mL", Route.ORAL, "suspension"),
        ("Lyvispah", "", Route.ORAL, "granules"),
        ("Lyvispah 10 mg oral granules", "10 mg/each", Route.ORAL, "granules"),
        ("Gablofen", "", Route.INTRATHECAL, "injection"),
        ("Gablofen 2,000 mcg/mL", "2000 ug/mL", Route.INTRATHECAL, "injection"),
        ("baclofen 50 mcg/mL", "50 ug/mL", Route.INTRATHECAL, ""),
        ("baclofen 0.5 mg/mL solution", "0.5 mg/mL", Route.INTRATHECAL, "solution"),
        ("baclofen injection", "", Route.INTRATHECAL, "injection"),
        ("baclofen 40,000 mcg/20 mL (2,000 mcg/mL) intrathecal solution", "2000 ug/mL", Route.INTRATHECAL, "solution"),
        ("baclofen 2% cream", "", Route.LOCAL, "cream"),
        ("baclofen 10 mg tablet", "10 mg/each", Route.ORAL, "tablet"),
        ("Kemstro 10 mg", "10 mg/each", Route.ORAL, "tablet"),
    ],
)
def test_every_baclofen_product_is_known_by_name(text: str, strength: str, route: Route, form: str) -> None:
    drug = named(text)
    assert shown(drug) == [("baclofen", strength)]
    assert (drug.route, drug.form) == (route, form)
    assert drug.recognised_by in ("name", "brand")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Baclofen 10 MG Oral Tablet [Lioresal]", [("baclofen", "10 mg/each")]),
        ("baclofen 5 mg/5 mL oral solution", [("baclofen", "1 mg/mL")]),
        ("morphine 15mg ER tab", [("morphine", "15 mg/each")]),
        ("fentanyl 25 mcg/hr patch", [("fentanyl", "25 ug/h")]),
        ("fentanyl 12 micrograms/hour patch", [("fentanyl", "12 ug/h")]),
        ("Clonazepam 0,5 mg", [("clonazepam", "0.5 mg/each")]),
        ("Lorazepam 2,5 mg Tablette", [("lorazepam", "2.5 mg/each")]),  # not 25 mg
        ("Clonazepam 0,125 mg", [("clonazepam", "0.125 mg/each")]),  # not 125 mg
        ("levetiracetam 1,000 mg", [("levetiracetam", "1000 mg/each")]),
        ("gabapentin 1,000.5 mg", [("gabapentin", "1000.5 mg/each")]),
        ("midazolam 100 mg/L infusion", [("midazolam", "0.1 mg/mL")]),
        ("10 mg diazepam tablet", [("diazepam", "10 mg/each")]),
        ("Baclofen, 10 mg tablet", [("baclofen", "10 mg/each")]),
        ("lithium carbonate 0.3 g tablet", [("lithium", "300 mg/each")]),
        ("hydrocodone/APAP 5/325", [("hydrocodone", "5 mg/each")]),
        ("HYDROcodone-acetaminophen 7.5-325 mg/15 mL solution", [("hydrocodone", "0.5 mg/mL")]),
        ("acetaminophen 325 MG / hydrocodone bitartrate 5 MG Oral Tablet", [("hydrocodone", "5 mg/each")]),
        ("Percocet 5/325", [("oxycodone", "5 mg/each")]),
        ("Tylenol #3", [("codeine", "30 mg/each")]),
        ("Suboxone 8 mg-2 mg film", [("buprenorphine", "8 mg/each"), ("naloxone", "2 mg/each")]),
        ("Carbidopa-Levodopa 25-100 mg tab", [("levodopa", "100 mg/each")]),
        ("levodopa/carbidopa/entacapone 100-25-200 mg", [("levodopa", "100 mg/each")]),
        (
            "chlordiazepoxide/amitriptyline 5-12.5 mg",
            [("chlordiazepoxide", "5 mg/each"), ("amitriptyline", "12.5 mg/each")],
        ),
        ("amlodipine 5 mg and benazepril 10 mg", [("amlodipine", "5 mg/each"), ("benazepril", "10 mg/each")]),
        ("midazolam 10 mg/2 mL injection", [("midazolam", "5 mg/mL")]),
        ("Lorazepam 1 mg tab; take 2 mg at bedtime", [("lorazepam", "1 mg/each")]),
    ],
)
def test_strengths_are_read_from_words(text: str, expected: list[tuple[str, str]]) -> None:
    assert shown(named(text)) == expected


@pytest.mark.parametrize(
    ("words", "strength"),
    [
        *((f"10 {unit}", "10 mg/each") for unit in ("mg", "mgs", "milligram", "milligrams")),
        *((f"10 {unit}", "10 ug/each") for unit in ("mcg", "mcgs", "ug", "µg", "microgram", "micrograms")),
        *((f"0.01 {unit}", "10 mg/each") for unit in ("g", "gm", "gram", "grams")),
        *((f"5 mg/5 {volume}", "1 mg/mL") for volume in ("mL", "mLs", "cc")),
        ("2 mg/l", "0.002 mg/mL"),
        *((f"25 mcg/{time}", "25 ug/h") for time in ("h", "hr", "hrs", "hour", "hours")),
        *((f"5 mg/{one}", "5 mg/each") for one in ("actuation", "actuat", "spray", "tablet", "tab", "capsule", "cap")),
        *((f"5 mg per {one}", "5 mg/each") for one in ("patch", "film", "packet", "suppository", "each")),
    ],
)
def test_every_unit_of_a_strength_is_understood_as_it_is_written(words: str, strength: str) -> None:
    assert shown(named(f"baclofen {words}")) == [("baclofen", strength)]


@pytest.mark.parametrize(
    "text",
    "unknown|other|none|medication|medicine|drug|unspecified|miscellaneous|N/A|null|not specified|see comments|"
    "see notes|unknown medication|free text|no information|not available".split("|"),
)
def test_a_name_that_says_nothing_is_not_readable(text: str) -> None:
    assert not named(text).readable


@pytest.mark.parametrize(
    "text",
    [
        "baclofen 20 mg po tid",  # a dose
        "baclofen 5 mg daily",
        "diazepam 0.2 mg/kg",
        "baclofen 10 mg or 20 mg",
        "take 5 mg baclofen as 10 mg or 20 mg tablets",  # 5 mg is what is taken
        "Vicodin 5mg Hydrocodone, 500mg Acetaminophen tablet",  # 500 mg is not hydrocodone's
        "5 mg oxycodone / 325 mg acetaminophen tablet",
        "baclofen 1%",
        "baclofen 0 mg",
        "lorazepam 4 mg injection",  # the whole vial
        "oxycodone/acetaminophen/ibuprofen 5/325",
        "baclofen 10 mg/0 mL",
    ],
)
def test_a_number_that_may_not_be_the_strength_is_none(text: str) -> None:
    assert all(strength == "" for _, strength in shown(named(text)))
    assert named(text).ingredients


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("cyclobenzaprine 10 mg", "benzodiazepine"),
        ("benzonatate 100 mg", "benzodiazepine"),
        ("loperamide 2 mg", "opioid"),
        ("diphenoxylate/atropine", "opioid"),
        ("apomorphine 10 mg/mL", "opioid"),
        ("dextromethorphan 15 mg", "opioid"),
        ("naloxone 4 mg", "opioid"),
        ("naltrexone 50 mg", "opioid"),
        ("flumazenil 0.1 mg/mL", "benzodiazepine"),
        ("buspirone 10 mg", "benzodiazepine"),
        ("chlorhexidine mouthwash", "benzodiazepine"),
        ("acetaminophen 500 mg", "nsaid"),
        ("aspirin 81 mg", "nsaid"),
        ("cetirizine 10 mg", "antihistamine-1g"),
        ("loratadine", "antihistamine-1g"),
        ("metoclopramide 10 mg", "antipsychotic"),
        ("bupropion 150 mg", "ssri"),
        ("vortioxetine 10 mg", "ssri"),
        ("tenofovir alafenamide 25 mg", "nephrotoxic"),
        ("insulin syringe 1 mL", "antidiabetic"),
        ("Lamictal Blue (for patients taking valproate)", "ugt-inhibitor"),
        ("ritonavir-free regimen instead of ritonavir", "baclofen"),
    ],
)
def test_names_that_look_alike_are_not_taken_for_each_other(text: str, absent: str) -> None:
    assert not any(TERMS.in_class(item.id, absent) for item in named(text).ingredients)


@pytest.mark.parametrize("text", ["baclofn", "lorazpam", "valiumm", "oxycodon hcl", "unbaclofen", "baclofenac"])
def test_misspellings_are_not_guessed(text: str) -> None:
    drug = named(text)
    assert (drug.ingredients, drug.readable) == ((), True)


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("diclofenac 1% gel", Route.LOCAL),
        ("diclofenac epolamine 1.3% patch", Route.LOCAL),
        ("ketotifen eye drops", Route.LOCAL),
        ("timolol 0.5% ophthalmic solution", Route.LOCAL),
        ("diphenhydramine 2% cream", Route.LOCAL),
        ("ketoconazole 2% shampoo", Route.LOCAL),
        ("diazepam 10 mg rectal gel", Route.RECTAL),
        ("morphine 10 mg suppository", Route.RECTAL),
        ("nitroglycerin 2% ointment", Route.TRANSDERMAL),
        ("clonidine 0.1 mg/24 hr patch", Route.TRANSDERMAL),
        ("Narcan 4 mg nasal spray", Route.NASAL),
        ("buprenorphine 8 mg sublingual tablet", Route.ORAL),
        ("lorazepam 2 mg/mL injection", Route.PARENTERAL),
        ("tobramycin inhalation solution", Route.INHALED),
        ("Zolpimist 5 mg/spray", Route.ORAL),  # a spray is not always for the nose
        ("Subsys 100 mcg spray", Route.ORAL),
        ("zolpidem 5 mg spray", Route.UNKNOWN),
        ("midazolam 5 mg spray", Route.NASAL),  # those of benzodiazepines and of naloxone are
        ("naloxone 4 mg spray", Route.NASAL),
        ("Sublocade", Route.PARENTERAL),
        ("Butrans", Route.TRANSDERMAL),
        ("oxycodone", Route.UNKNOWN),
        ("ketorolac solution", Route.UNKNOWN),
    ],
)
def test_the_route_is_read_from_form_and_words(text: str, route: Route) -> None:
    assert named(text).route is route


@pytest.mark.parametrize(
    ("text", "order", "route", "detail"),
    [
        ("Gablofen 500 mcg/mL", "Intravenous route", Route.PARENTERAL, "intravenous"),  # a slip that must be seen
        ("Gablofen 500 mcg/mL", "Injection", Route.INTRATHECAL, ""),
        ("baclofen 10 mg tablet", "Intrathecal", Route.INTRATHECAL, ""),
        ("fentanyl 25 mcg/hr patch", "Topical", Route.TRANSDERMAL, ""),
        ("oxycodone 5 mg tablet", "Topical", Route.ORAL, ""),
        ("diclofenac 1% gel", "Transdermal", Route.LOCAL, "topical"),
        ("lorazepam 1 mg tablet", "PO", Route.ORAL, ""),
        ("lorazepam 1 mg tablet", "SL", Route.ORAL, "sublingual"),
        ("diazepam tablet", "vaginal", Route.LOCAL, "vaginal"),
        ("diphenhydramine solution", "Topical", Route.LOCAL, "topical"),
        ("morphine", "per G-tube", Route.ORAL, "enteral tube"),
        ("baclofen", "as directed", Route.UNKNOWN, ""),
    ],
)
def test_the_order_has_the_word_on_the_route(text: str, order: str, route: Route, detail: str) -> None:
    drug = named(text, route=order)
    assert (drug.route, drug.route_detail) == (route, detail)


def test_a_brand_says_how_its_own_form_is_taken_and_nothing_of_another_form() -> None:
    tablet, patch = named("Subutex 8 mg tablet"), named("Actiq 200 mcg patch")
    assert (tablet.route, tablet.route_detail) == (Route.ORAL, "sublingual")
    assert (patch.route, patch.route_detail) == (Route.TRANSDERMAL, "")


def test_a_blank_text_does_not_take_the_name_from_the_card() -> None:
    blank = Coded((Coding("http://example.org/formulary", "B10", " Baclofen 10 mg tablet "),), text="  ")
    drug = TERMS.recognise_drug(blank)
    assert (drug.label, shown(drug)) == ("Baclofen 10 mg tablet", [("baclofen", "10 mg/each")])


def test_the_form_of_the_medication_counts() -> None:
    assert (named("baclofen", form="Tablet dose form").form, named("baclofen", form="Tablet dose form").route) == (
        "tablet",
        Route.ORAL,
    )


def test_the_site_tells_the_route_when_nothing_else_does() -> None:
    assert named("timolol 0.5%", site="left eye").route is Route.LOCAL
    assert named("timolol 10 mg tablet", site="left eye").route is Route.ORAL


@pytest.mark.parametrize(
    ("text", "extended"),
    [
        ("morphine 15mg ER tab", True),
        ("MS Contin", True),
        ("Xanax XR 1 mg", True),
        ("12 HR Oxycodone Hydrochloride 60 MG Extended Release Oral Tablet", True),
        ("morphine 15 mg tab", False),
        ("Xanax 1 mg", False),
    ],
)
def test_slow_release_is_told(text: str, extended: bool) -> None:
    assert named(text).extended_release is extended


@pytest.mark.parametrize(
    ("text", "how"),
    [("Valium 5 mg", "brand"), ("diazepam 5 mg", "name"), ("amoxicillin", ""), ("BACLOFÈNE 10 MG", "name")],
)
def test_a_match_by_name_says_so(text: str, how: str) -> None:
    assert named(text).recognised_by == how


@pytest.mark.parametrize(
    ("text", "ingredient"),
    [
        ("valerian root", "valerian"),
        ("Kava", "kava"),
        ("melatonin 3 mg OTC", "melatonin"),
        ("CBD oil", "cannabidiol"),
        ("St. John's Wort", "st john's wort"),
        ("NyQuil Cold & Flu", "dextromethorphan"),
        ("kratom powder", "kratom"),
        ("phenibut", "phenibut"),
        ("Allergy relief (diphenhydramine 25 mg)", "diphenhydramine"),
        ("medical marijuana", "cannabis"),
    ],
)
def test_herbal_and_over_the_counter_drugs_are_known(text: str, ingredient: str) -> None:
    assert ingredient in {item.id for item in named(text).ingredients}


@given(st.text(max_size=700))
def test_any_text_gets_an_answer(text: str) -> None:
    drug = named(text, route=text, form=text)
    assert len(drug.label) <= 200
    assert all(TERMS.ingredient(item.id) is not None for item in drug.ingredients)


@given(st.sampled_from(sorted(TERMS.ingredients)), st.integers(1, 2000), st.sampled_from(["tablet", "Oral Capsule"]))
def test_every_ingredient_is_found_by_its_name_with_its_strength(id: str, milligrams: int, form: str) -> None:
    drug = named(f"{id.upper()} {milligrams} MG {form}")
    assert [item.id for item in drug.ingredients] == [id]
    assert drug.ingredients[0].strength == Strength(milligrams, "mg", "each")
    assert drug.route is Route.ORAL


@given(st.sampled_from(["9" * 300, "1," * 200, "5/" * 200, "mg " * 200, "10 mg " * 90, "a-" * 250, "((((" * 100]))
def test_long_and_odd_numbers_are_read_without_harm(text: str) -> None:
    assert named("baclofen " + text).ingredients[0].id == "baclofen"
