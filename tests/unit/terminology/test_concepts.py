"""Conditions and procedures are known by code (ICD-10 by prefix), then by words that nobody denied."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.chart import Coded, Coding
from cds.knowledge.cross import cross_faults
from cds.knowledge.load import load_knowledge
from cds.terminology import load_terminology

TERMS = load_terminology()
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"


def ids(code: str = "", system: str = ICD10CM, display: str = "", text: str = "") -> set[str]:
    codings = (Coding(system, code, display),) if code or display else ()
    return set(TERMS.recognise_condition(Coded(codings, text)).ids)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("N18.31", {"ckd-3a"}),
        ("N18.32", {"ckd-3b"}),
        ("N18.30", {"ckd-3"}),
        ("N18.3", {"ckd-3"}),  # WHO and German editions
        ("N18.4", {"ckd-4"}),
        ("N18.6", {"esrd"}),
        ("N18", {"ckd-unspecified"}),
        ("n184", {"ckd-4"}),
        ("I13.2", {"ckd-5", "heart-failure", "hypertension"}),
        ("Z99.2", {"dialysis"}),
        ("N17.9", {"aki"}),
        ("G20", {"parkinson"}),
        ("G20.A1", {"parkinson"}),  # moved in ICD-10-CM
        ("G35.A", {"ms"}),
        ("G40.909", {"epilepsy"}),
        ("R56.9", {"seizure"}),
        ("G47.33", {"sleep-apnea"}),
        ("G47.3", {"sleep-apnea"}),
        ("E66.2", {"hypoventilation"}),
        ("J44.1", {"copd"}),
        ("J96.01", {"respiratory-failure", "respiratory-failure-acute"}),
        ("J96.10", {"respiratory-failure"}),
        ("F10.20", {"alcohol-use-disorder"}),
        ("F10.231", {"alcohol-use-disorder", "alcohol-withdrawal", "delirium"}),
        ("F11.20", {"opioid-use-disorder"}),
        ("F13.239", {"sedative-use-disorder", "benzodiazepine-withdrawal"}),
        ("Z51.5", {"hospice-palliative"}),
        ("S24.109S", {"spinal-cord-injury"}),
        ("S14.109A", {"spinal-cord-injury", "spinal-cord-injury-high"}),
        ("G82.20", {"paraplegia", "spinal-cord-injury"}),
        ("Z89.511", {"amputation"}),
        ("R64", {"cachexia"}),
        ("Z33.1", {"pregnancy"}),
        ("O24.410", {"pregnancy", "diabetes"}),
        ("I10", {"hypertension"}),
        ("K76.82", {"hepatic-encephalopathy", "hepatic-decompensated", "hepatic-impairment", "liver-disease"}),
        ("K76.0", {"liver-disease"}),
        ("E11.22", {"diabetes", "ckd-unspecified"}),
        ("D64.9", set()),
        ("Z82.0", set()),
    ],
)
def test_icd10_codes_match_by_category(code: str, expected: set[str]) -> None:
    assert ids(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("T42.8X1A", {"overdose-baclofen", "drug-toxicity"}),
        ("T42.8X4D", {"overdose-baclofen", "drug-toxicity"}),
        ("T42.8X5A", {"adverse-effect-baclofen", "adverse-drug-effect"}),
        ("T42.8X6A", {"underdosing-baclofen"}),
        ("T42.4X2A", {"overdose-benzodiazepine", "drug-toxicity"}),
        ("T42.4X5S", {"adverse-effect-benzodiazepine", "adverse-drug-effect"}),
        ("T42.4", {"overdose-benzodiazepine", "drug-toxicity"}),
    ],
)
def test_the_sixth_character_tells_poisoning_from_adverse_effect_and_underdosing(code: str, expected: set[str]) -> None:
    assert ids(code) == expected


@pytest.mark.parametrize(
    ("code", "active", "remission"),
    [
        ("F10.21", "alcohol-use-disorder", "alcohol-use-remission"),
        ("F11.21", "opioid-use-disorder", "opioid-use-remission"),
        ("F13.21", "sedative-use-disorder", "sedative-use-remission"),
    ],
)
def test_remission_is_not_the_disorder(code: str, active: str, remission: str) -> None:
    assert remission in ids(code)
    assert active not in ids(code)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("84757009", "epilepsy"),
        ("91175000", "seizure"),
        ("78275009", "sleep-apnea"),
        ("13645005", "copd"),
        ("75544000", "opioid-use-disorder"),
        ("221360009", "spasticity"),
        ("302497006", "dialysis"),
        ("46177005", "esrd"),
        ("385763009", "hospice-palliative"),
        ("75478009", "drug-toxicity"),
        ("416098002", "drug-allergy"),
        ("281647001", "adverse-drug-effect"),
    ],
)
def test_snomed_ct_codes_match(code: str, expected: str) -> None:
    assert expected in ids(code, SNOMED)


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        ("http://www.cms.gov/Medicare/Coding/ICD10", "5A1D70Z", "dialysis"),
        ("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "E0601", "cpap"),
        ("urn:oid:2.16.840.1.113883.6.285", "E0783", "intrathecal-pump"),
    ],
)
def test_procedures_and_devices_match(system: str, code: str, expected: str) -> None:
    assert expected in TERMS.recognise_procedure(Coded((Coding(system, code),))).ids


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ESRD on dialysis MWF", {"esrd", "dialysis"}),
        ("CKD stage 3b", {"ckd-3b"}),
        ("Chronic kidney disease, stage 4", {"ckd-4"}),
        ("obstructive sleep apnea on CPAP", {"sleep-apnea", "cpap"}),
        ("COPD, no asthma", {"copd"}),
        ("History of stroke", {"stroke"}),
        ("#COPD", {"copd"}),
        ("Problem #1: epilepsy", {"epilepsy"}),
        ("Problem no 2 epilepsy", {"epilepsy"}),
        ("baclofen pump in situ", {"intrathecal-pump"}),
        ("Spinal cord injury T4", {"spinal-cord-injury"}),
        ("opioid use disorder", {"opioid-use-disorder"}),
        ("alcohol use disorder in remission", {"alcohol-use-remission"}),
        ("respiratory depression", {"respiratory-failure", "respiratory-failure-acute"}),
        ("hospice", {"hospice-palliative"}),
        ("out of control epilepsy, as a rule", {"epilepsy"}),  # "rule" does not stand before "out"
        ("MS", set()),  # too short to be sure
    ],
)
def test_plain_words_are_understood(text: str, expected: set[str]) -> None:
    assert ids(text=text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "no history of epilepsy",
        "denies seizures",
        "Denies: seizures",
        "family history of COPD",
        "FH: Diabetes mellitus",
        "r/o sleep apnea",
        "rule out AKI",
        "epilepsy ruled out",
        "mother has epilepsy",
        *(f"{relative} with epilepsy" for relative in ("grandmother", "grandfather", "grandparent", "aunt", "uncle")),
        *(f"{relatives} with epilepsy" for relatives in ("cousin", "siblings", "parents", "sisters", "brothers")),
        "neg for seizures",
        "no asthma, COPD or epilepsy",
        "negative for dementia",
        "Screening for diabetes",
        "not on dialysis",
        "seizure-free",
        "diabetes insipidus",
        "pulmonary hypertension",
        "Displacement of lumbar disc without myelopathy",
        "unepileptic",
        "hay fever",
        "Glasgow coma scale",
    ],
)
def test_what_is_denied_or_means_something_else_never_matches(text: str) -> None:
    assert ids(text=text) == set()


@pytest.mark.parametrize(
    "before",
    "no|not|denies|denied|patient did deny|without|never had|negative for|absent|EEG excludes|excluded|to exclude|"
    "unlikely|nil|FH|FHx|FHSx|family history of|mother with|father with|maternal|paternal|sister has|brother has|"
    "sibling with|parent with|screening for|screen for|prevention of|prophylaxis of|vaccination in|at risk for|"
    "counseling about|counselling about|education about|fear of|r/o|rule out|ruled out|rules out|free of".split("|"),
)
def test_every_word_that_denies_or_speaks_of_another_is_understood(before: str) -> None:
    assert ids(text=f"{before} epilepsy") == set()
    assert ids(text=f"{before} asthma. Epilepsy") == {"epilepsy"}


@pytest.mark.parametrize(
    "after", "excluded|screening|screen|risk|prophylaxis|vaccination|free|was ruled out".split("|")
)
def test_what_is_taken_back_behind_the_name_does_not_count(after: str) -> None:
    assert ids(text=f"epilepsy {after}") == set()


def test_a_denial_reaches_six_words_forward_and_four_back() -> None:
    """House limits: further away the denial is of something else."""
    assert ids(text="no one two three four five epilepsy") == set()
    assert ids(text="no one two three four five six epilepsy") == {"epilepsy"}
    assert ids(text="epilepsy was then ruled out") == set()
    assert ids(text="epilepsy was then once ruled out") == {"epilepsy"}


def test_a_denial_ends_with_its_clause() -> None:
    assert ids(text="No chest pain. Epilepsy since childhood") == {"epilepsy"}
    assert ids(text="no asthma but COPD") == {"copd"}
    assert ids(text="no asthma; epilepsy") == {"epilepsy"}


def test_words_are_not_read_for_an_icd_code_that_is_none_of_ours() -> None:
    assert ids("Z82.0", display="Family history: epilepsy", text="Family history: epilepsy") == set()
    assert ids("D64.9", display="Anemia, with epilepsy somewhere in its title") == set()


def test_free_text_can_be_more_precise_than_the_code() -> None:
    assert ids("N18.9", display="Chronic kidney disease, unspecified", text="CKD stage 4") == {
        "ckd-unspecified",
        "ckd-4",
    }


def test_the_display_counts_when_the_code_is_unknown() -> None:
    assert ids("1", "http://example.org/problems", "Epilepsy") == {"epilepsy"}


def test_codes_of_data_absence_say_nothing() -> None:
    absent = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
    concept = TERMS.recognise_condition(Coded((Coding(absent, "unknown", "epilepsy"),)))
    assert (concept.ids, concept.label) == ((), "")


def test_the_label_is_what_was_sent() -> None:
    assert TERMS.recognise_condition(Coded((Coding(ICD10CM, "I10", "Hypertension"),), "high BP")).label == "high BP"
    assert TERMS.recognise_condition(Coded((Coding(ICD10CM, "I10"),))).label == "I10"


@given(st.text(max_size=700))
def test_any_text_gets_an_answer(text: str) -> None:
    concept = TERMS.recognise_condition(Coded((Coding(ICD10CM, text[:20], ""),), text))
    assert all(TERMS.has_concept(id) for id in concept.ids)
    assert len(concept.label) <= 200


def test_a_check_about_none_of_these_is_refused_because_it_could_never_speak() -> None:
    known = load_knowledge()
    changed = msgspec.structs.replace(known.checks["epilepsy-baclofen"], conditions=("none",))
    faults = cross_faults(msgspec.structs.replace(known, checks={changed.id: changed}))
    assert faults == ["checks/epilepsy-baclofen.toml: conditions: 'none' is no concept of codes/conditions.toml"]


@pytest.mark.parametrize(
    ("coding", "text", "expected"),
    [
        (Coding(SNOMED, "294234003", "Allergy to baclofen (finding)"), "", {"baclofen"}),
        (Coding(SNOMED, "372664007", "Benzodiazepine (substance)"), "", {"class:benzodiazepine"}),
        (Coding("http://www.nlm.nih.gov/research/umls/rxnorm", "3322", "diazepam"), "", {"diazepam"}),
        (Coding("", "", ""), "Valium", {"diazepam"}),
        (Coding(SNOMED, "102263004", "Eggs"), "Egg", set()),
    ],
)
def test_allergies_name_ingredients_and_classes(coding: Coding, text: str, expected: set[str]) -> None:
    assert set(TERMS.recognise_allergy(Coded((coding,), text)).ids) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((text, {"class:benzodiazepine"}) for text in ("benzodiazepine", "Benzodiazepines", "benzos")),
        *((text, {"class:barbiturate"}) for text in ("barbiturate", "Barbiturates")),
        ("allergic to baclofen", {"baclofen"}),
        ("allergy to baclofen", {"baclofen"}),
        ("hypersensitive to baclofen", {"baclofen"}),
        ("hypersensitivity to diazepam", {"diazepam"}),
        ("intolerant of baclofen", {"baclofen"}),
        ("intolerance to baclofen", {"baclofen"}),
        ("sensitivity to baclofen", {"baclofen"}),
        ("anaphylaxis to midazolam", {"midazolam"}),
        ("NKA to baclofen", set()),
        ("NKDA (baclofen)", set()),
        ("NKMA, baclofen", set()),
        ("no known allergy to baclofen", set()),
        ("no allergy to diazepam", set()),
        ("no allergies, baclofen asked for", set()),
        ("not allergic to baclofen", set()),
        ("no drug reaction, baclofen", set()),
        ("no history of baclofen rash", set()),
        ("denies baclofen rash", set()),
        ("denied baclofen rash", set()),
        ("tolerates diazepam", set()),
        # A denial with an exception, or with a clause of its own that tells of one.
        *(
            (f"No known allergies {words} baclofen", {"baclofen"})
            for words in ("except", "except for", "excepting", "other than", "apart from", "aside from")
        ),
        ("no allergies except to benzodiazepines", {"class:benzodiazepine"}),
        ("NKDA; baclofen causes rash", {"baclofen"}),
        ("NKDA. Rash from baclofen.", {"baclofen"}),
        ("NKDA\nhives with baclofen", {"baclofen"}),
        ("NKDA but urticaria after diazepam", {"diazepam"}),
        ("baclofen allergy, denies others", {"baclofen"}),
        ("baclofen hypersensitivity, nka otherwise", {"baclofen"}),
        ("denies latex, anaphylaxis after midazolam", {"midazolam"}),
        ("no allergy to penicillin, intolerant of baclofen", {"baclofen"}),
        ("no allergies, facial swelling with baclofen", {"baclofen"}),
        ("no known allergies, reaction to diazepam in 2010", {"diazepam"}),
        ("no allergy to penicillin, no reaction to baclofen", set()),
        ("no known allergies, baclofen never caused a rash", set()),
        ("NKDA. Takes baclofen for spasticity.", set()),
        ("no known allergies except penicillin, tolerates baclofen", set()),
        ("no allergy to penicillin, baclofen, lorazepam", set()),
        ("NKDA; baclofen 2.5 mg, without reaction", set()),
        ("denies allergies, denying rash with baclofen", set()),
        ("no allergies, neither hives nor swelling with baclofen", set()),
        ("NKDA, non-allergic rhinitis, baclofen taken", set()),
    ],
)
def test_an_allergy_is_understood_as_it_is_written(text: str, expected: set[str]) -> None:
    assert set(TERMS.recognise_allergy(Coded(text=text)).ids) == expected


def test_what_is_written_counts_though_the_code_beside_it_says_that_there_is_none() -> None:
    none = Coding(SNOMED, "716186003", "No known allergy")
    assert TERMS.recognise_allergy(Coded((none,), "Rash with baclofen")).ids == ("baclofen",)
    assert TERMS.recognise_allergy(Coded((none,), "None known")).ids == ()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("N05BA", {"class:benzodiazepine"}),
        ("n05cd", {"class:benzodiazepine"}),
        ("N05CA", {"class:barbiturate"}),
        ("N05BA01", {"diazepam"}),
        ("N05B", set()),
    ],
)
def test_an_atc_group_names_the_class_of_an_allergy(code: str, expected: set[str]) -> None:
    assert set(TERMS.recognise_allergy(Coded((Coding("http://www.whocc.no/atc", code),))).ids) == expected
