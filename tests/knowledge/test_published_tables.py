"""Published tables, entered a second time: a slip of the pen in either copy is a difference between them.

Clinical cases cannot sit at the edge of every factor; these tables are copied numbers, and copied numbers are checked
by copying them twice, from the sources (not from the knowledge files).
"""

from __future__ import annotations

import pytest

from cds.arithmetic.rules import table

# CDC guideline 2022, table of conversion factors, mg by mouth (fentanyl: ug/h of a patch).
CDC_2022 = {
    "codeine": 0.15,
    "tramadol": 0.2,
    "tapentadol": 0.4,
    "hydrocodone": 1.0,
    "morphine": 1.0,
    "oxycodone": 1.5,
    "oxymorphone": 3.0,
    "methadone": 4.7,
    "hydromorphone": 5.0,
}
FENTANYL_PATCH = 2.4

# mg that correspond to diazepam 10 mg: (low, high) per source. VA/DoD and Ashton as in the ASAM pocket guide, table 7;
# WHO and the Scottish table are per diazepam 5 mg there and doubled here.
TEN_MG_DIAZEPAM = """
alprazolam        VADOD 1         ASHTON 0.5      WHO09 1
bromazepam        WHO09 6
chlordiazepoxide  VADOD 25        ASHTON 25       SCOT 25
clobazam          ASHTON 20       WHO09 20        SCOT 20
clonazepam        VADOD 1         ASHTON 0.5      SCOT 0.5
clorazepate       VADOD 15        ASHTON 15
diazepam          VADOD 10        ASHTON 10
estazolam         VADOD 1         ASHTON 1-2
flunitrazepam     WHO09 2
flurazepam        VADOD 15        ASHTON 15-30
loprazolam        SCOT 1-2
lorazepam         VADOD 2         ASHTON 1        WHO09 1       SCOT 1
lormetazepam      ASHTON 1-2      WHO09 1.5       SCOT 1-2
midazolam         WHO09 5
nitrazepam        ASHTON 10       WHO09 10        SCOT 10
oxazepam          VADOD 30        ASHTON 20       WHO09 30      SCOT 20
quazepam          VADOD 10        ASHTON 20
temazepam         VADOD 15        ASHTON 20       WHO09 20      SCOT 20
triazolam         VADOD 0.25      ASHTON 0.5      WHO09 0.5
zolpidem          SCOT 20
zopiclone         SCOT 15
"""
# ASAM 2025, withdrawal risk: low up to and including the first, moderate up to and including the second (mg a day).
ASAM_BANDS = {"diazepam": (10, 15), "clonazepam": (0.5, 1.5), "lorazepam": (2, 3), "alprazolam": (1, 2)}


def test_the_opioid_factors_are_those_of_the_cdc_of_2022() -> None:
    assert table("opioids")["factors"] == CDC_2022
    assert table("opioids")["patch_factors"] == {"fentanyl": FENTANYL_PATCH}


def _as_printed() -> dict[str, dict[str, list[float]]]:
    rows: dict[str, dict[str, list[float]]] = {}
    for line in TEN_MG_DIAZEPAM.strip().splitlines():
        name, *cells = line.split()
        rows[name] = {
            source: [float(part) for part in (text.split("-") if "-" in text else [text, text])]
            for source, text in zip(cells[::2], cells[1::2], strict=True)
        }
    return rows


@pytest.mark.parametrize("name", sorted(_as_printed()))
def test_a_benzodiazepine_equivalent_is_as_printed(name: str) -> None:
    assert table("benzodiazepines")["equivalents"][name] == _as_printed()[name]


def test_no_equivalent_is_without_its_second_copy() -> None:
    assert sorted(table("benzodiazepines")["equivalents"]) == sorted(_as_printed())


def test_the_bands_of_withdrawal_risk_are_those_of_asam() -> None:
    assert {name: tuple(cuts) for name, cuts in table("benzodiazepines")["bands"]["cutoffs"].items()} == ASAM_BANDS


# mg a day by mouth: adults, highest of any use, from 65 on (0: none). Labels, drug-use criteria, one chart.
BENZODIAZEPINE_MAXIMA = """
alprazolam 4 10 0.75
bromazepam 18 60 9
chlordiazepoxide 100 300 20
clobazam 40 40 0
clonazepam 4 20 1
clorazepate 60 90 15
diazepam 40 40 10
estazolam 2 2 1
flurazepam 30 30 15
loprazolam 2 2 1
lorazepam 10 10 2
lormetazepam 1.5 2 0.5
nitrazepam 10 10 5
oxazepam 120 120 60
quazepam 15 15 0
temazepam 30 30 15
triazolam 0.5 0.5 0.25
"""
# First doses of labels from 65 on or in debilitated patients, mg a day: times x dose as printed.
BENZODIAZEPINE_STARTS = {
    "alprazolam": 3 * 0.25,
    "chlordiazepoxide": 10,
    "clobazam": 5,
    "clonazepam": 0.5,
    "clorazepate": 15,
    "diazepam": 2 * 2.5,
    "estazolam": 1,
    "flurazepam": 15,
    "loprazolam": 1,
    "lorazepam": 2,
    "lormetazepam": 0.5,
    "nitrazepam": 5,
    "oxazepam": 3 * 10,
    "quazepam": 7.5,
    "temazepam": 7.5,
    "triazolam": 0.125,
}


def _rows(text: str) -> dict[str, tuple[float, ...]]:
    lines = [line.split() for line in text.strip().splitlines()]
    return {name: tuple(float(number) for number in numbers) for name, *numbers in lines}


def test_the_maxima_of_benzodiazepines_are_as_printed() -> None:
    rows = table("benzodiazepine_limits")["maximum"]
    found = {name: (row["mg"], row.get("top", row["mg"]), row.get("older", 0)) for name, row in rows.items()}
    assert found == _rows(BENZODIAZEPINE_MAXIMA)


def test_the_first_doses_of_benzodiazepines_in_older_patients_are_as_printed() -> None:
    assert {name: row["mg"] for name, row in table("benzodiazepine_starts")["start"].items()} == BENZODIAZEPINE_STARTS
