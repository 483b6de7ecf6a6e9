"""Opioids in morphine milligrams, benzodiazepines in diazepam milligrams, and ASAM's bands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.arithmetic.equivalents import asam_band, diazepam_per_day, mme_per_day, to_diazepam
from cds.case import DailyDose, Known, Maybe, Reason, Route, Unknown

NOT_KNOWN = Unknown(Reason.DOSE_UNKNOWN, "no frequency")


def mg(high: float, low: float | None = None, unit: str = "mg/d") -> Known[DailyDose]:
    """A daily dose."""
    return Known(DailyDose(high if low is None else low, high, unit, ""))


@pytest.mark.parametrize(
    ("opioid", "dose", "mme"),
    [
        ("codeine", 100, 15),
        ("tramadol", 200, 40),
        ("hydrocodone", 30, 30),
        ("oxycodone", 20, 30),
        ("morphine", 60, 60),
        ("hydromorphone", 8, 40),
        ("oxymorphone", 20, 60),
        ("methadone", 10, 47),
        ("tapentadol", 100, 40),
    ],
)
def test_the_cdc_2022_factors(opioid: str, dose: float, mme: float) -> None:
    load = mme_per_day([(opioid, mg(dose), Route.ORAL)])
    assert (load.low, load.high, load.complete) == (mme, mme, True)


def test_a_fentanyl_patch_counts_by_its_micrograms_per_hour() -> None:
    assert mme_per_day([("fentanyl", mg(25, unit="ug/h"), Route.TRANSDERMAL)]).high == 60


def test_ranges_keep_both_ends_and_the_high_end_is_what_limits_look_at() -> None:
    load = mme_per_day([("oxycodone", mg(40, 10)), ("morphine", mg(10))])
    assert (load.low, load.high, load.at_least) == (25, 70, 70)


def test_buprenorphine_is_not_converted_and_leaves_no_gap() -> None:
    load = mme_per_day([("buprenorphine", mg(16)), ("buprenorphine", mg(20, unit="ug/h")), ("morphine", mg(10))])
    assert (load.high, load.complete) == (10, True)


@pytest.mark.parametrize(
    "dose",
    [
        ("oxycodone", NOT_KNOWN),
        ("morphine", mg(10), Route.PARENTERAL),
        ("morphine", mg(1), Route.INTRATHECAL),
        ("fentanyl", mg(0.8), Route.ORAL),
        ("meperidine", mg(100), Route.ORAL),
        ("morphine", mg(10, unit="mL/d"), Route.ORAL),
    ],
    ids=["no dose", "injected", "spinal", "lozenge", "no factor", "no mass"],
)
def test_what_cannot_be_converted_is_missing_and_the_others_stay_a_floor(dose: tuple[str, Maybe[DailyDose]]) -> None:
    load = mme_per_day([dose, ("hydromorphone", mg(12))])
    assert load.at_least == 60
    assert len(load.missing) == 1
    assert dose[0] in load.missing[0].detail


def test_no_opioid_is_nothing_and_complete() -> None:
    assert (mme_per_day([]).high, mme_per_day([]).complete) == (0, True)


@pytest.mark.parametrize(
    ("drug", "dose", "low", "high"),
    [
        ("alprazolam", 10, 100, 200),
        ("nitrazepam", 40, 40, 40),
        ("lorazepam", 4, 20, 40),
        ("clonazepam", 2, 20, 40),
        ("diazepam", 15, 15, 15),
        ("oxazepam", 60, 20, 30),
        ("zopiclone", 7.5, 5, 5),
        ("zolpidem", 10, 5, 5),
    ],
)
def test_the_diazepam_equivalent_is_a_range_over_the_sources(drug: str, dose: float, low: float, high: float) -> None:
    load = diazepam_per_day([(drug, mg(dose))])
    assert (load.low, load.high) == (low, high)


def test_a_switch_to_diazepam_starts_from_the_lower_equivalent() -> None:
    assert to_diazepam("alprazolam", 10) == Known(100)
    assert to_diazepam("lorazepam", 4) == Known(20)
    assert isinstance(to_diazepam("phenazepam", 1), Unknown)


@pytest.mark.parametrize(
    ("drug", "dose", "band"),
    [
        ("clonazepam", 0.5, "low"),
        ("clonazepam", 0.51, "moderate"),
        ("clonazepam", 1.5, "moderate"),
        ("clonazepam", 1.51, "high"),
        ("lorazepam", 2, "low"),
        ("lorazepam", 3, "moderate"),
        ("lorazepam", 3.01, "high"),
        ("alprazolam", 1, "low"),
        ("alprazolam", 1.25, "moderate"),
        ("alprazolam", 2.25, "high"),
        ("diazepam", 10, "low"),
        ("diazepam", 15, "moderate"),
        ("diazepam", 15.5, "high"),
        ("oxazepam", 30, "low"),  # VA/DoD 30, not Ashton 20
        ("temazepam", 15, "low"),
        ("temazepam", 22.5, "moderate"),
        ("nitrazepam", 10, "low"),  # no VA/DoD figure: Ashton
        ("estazolam", 2, "high"),
        ("triazolam", 0.25, "low"),
    ],
)
def test_asam_bands_by_each_drugs_own_cut_offs(drug: str, dose: float, band: str) -> None:
    assert asam_band([(drug, mg(dose))]) == Known(band)


def test_the_high_end_of_a_range_sets_the_band() -> None:
    assert asam_band([("lorazepam", mg(4, 1))]) == Known("high")


def test_two_low_doses_together_can_be_high() -> None:
    assert asam_band([("clonazepam", mg(0.5)), ("lorazepam", mg(2))]) == Known("high")


def test_an_unknown_dose_leaves_the_band_unknown_unless_the_rest_is_high_already() -> None:
    assert asam_band([("lorazepam", NOT_KNOWN), ("diazepam", mg(5))]) == Unknown(
        Reason.DOSE_UNKNOWN, "daily dose of lorazepam not known"
    )
    assert asam_band([("lorazepam", NOT_KNOWN), ("diazepam", mg(20))]) == Known("high")
    assert isinstance(asam_band([("phenazepam", mg(1))]), Unknown)
    assert isinstance(asam_band([]), Unknown)


drugs = st.sampled_from(["alprazolam", "lorazepam", "clonazepam", "diazepam", "oxazepam", "nitrazepam"])
doses = st.tuples(drugs, st.floats(0.01, 100).map(mg))


@given(st.lists(doses, max_size=4), doses)
def test_one_more_drug_never_lowers_a_load_or_a_band(some: list[tuple[str, Known[DailyDose]]], more: object) -> None:
    both = [*some, more]
    assert diazepam_per_day(both).high >= diazepam_per_day(some).high  # type: ignore[arg-type]
    before, after = asam_band(some), asam_band(both)  # type: ignore[arg-type]
    order = ["low", "moderate", "high"]
    assert isinstance(after, Known)
    assert not isinstance(before, Known) or order.index(after.value) >= order.index(before.value)


@given(doses)
def test_low_never_exceeds_high(dose: tuple[str, Known[DailyDose]]) -> None:
    load = diazepam_per_day([dose])
    assert 0 < load.low <= load.high


@pytest.mark.parametrize(("micrograms", "band"), [(500, "low"), (501, "moderate"), (1500, "moderate"), (1501, "high")])
def test_asam_bands_of_a_dose_in_micrograms(micrograms: float, band: str) -> None:
    assert asam_band([("clonazepam", mg(micrograms, unit="ug/d"))]) == Known(band)
