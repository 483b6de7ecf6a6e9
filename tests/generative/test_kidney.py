"""What must hold of kidney function whatever the values are."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from cds.arithmetic.kidney import CALCULATED, Kidney, assess_kidney
from cds.arithmetic.kidney_equations import ckd_epi_2021, ckd_epi_2021_cystatin, round_half_up
from cds.case import Known, Lab, Patient, PatientCase, Reason, Unknown, When

TODAY = date(2026, 6, 10)
KINDS = ("creatinine", "egfr", "cystatin-c", "body-weight", "body-height", "creatinine-clearance")
UNKNOWN_BIRTH = Unknown(Reason.ABSENT, "no birth date")

days = st.integers(-3, 500).map(lambda n: TODAY - timedelta(days=n))
values = st.one_of(st.floats(0.01, 300, allow_nan=False).map(Known), st.just(Unknown(Reason.UNIT, "unit missing")))
labs = st.builds(
    Lab,
    kind=st.sampled_from(KINDS),
    value=values,
    when=st.one_of(st.none(), days.map(lambda d: When(d, d))),
    shown=st.just("x"),
    status=st.sampled_from(["final", "final", "final", "preliminary"]),
    comparator=st.sampled_from(["", "", "", "<", ">"]),
    method=st.sampled_from(["", "MDRD", "CKD-EPI 2021"]),
    unit=st.sampled_from(["", "mg/dL", "umol/L"]),
)
births = st.dates(date(1920, 1, 1), TODAY).map(lambda d: Known(When(d, d)))
sexes = st.sampled_from([Known("male"), Known("female"), Unknown(Reason.ABSENT)])
cases = st.builds(
    PatientCase,
    as_of=st.just(TODAY),
    phase=st.just("sign"),
    patient=st.builds(Patient, birth=births, sex=sexes),
    labs=st.lists(labs, max_size=8).map(tuple),
)


@given(cases, st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(case: PatientCase, random: object) -> None:
    shuffled = list(case.labs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert assess_kidney(msgspec.structs.replace(case, labs=tuple(shuffled))) == assess_kidney(case)


@given(cases)
def test_bounds_and_number_agree(case: PatientCase) -> None:
    kidney = assess_kidney(case)
    if isinstance(kidney.egfr, Known):
        assert kidney.low == kidney.high == kidney.egfr.value
        assert kidney.below(kidney.egfr.value) is False
        assert kidney.below(kidney.egfr.value + 1) is True
    if kidney.low is not None and kidney.high is not None:
        assert 0 <= kidney.low <= kidney.high


@given(cases)
def test_removing_the_birth_date_never_produces_a_calculation(case: PatientCase) -> None:
    ageless = msgspec.structs.replace(case, patient=Patient(UNKNOWN_BIRTH, case.patient.sex))
    kidney = assess_kidney(ageless)
    assert kidney.source != CALCULATED
    assert isinstance(kidney.crcl, Unknown)


def _usable(kidney: Kidney) -> tuple[object, ...]:
    return kidney.egfr, kidney.low, kidney.high, kidney.source, kidney.aki, kidney.crcl


@given(cases, labs)
def test_a_value_that_is_refused_changes_no_number(case: PatientCase, extra: Lab) -> None:
    more = assess_kidney(msgspec.structs.replace(case, labs=(*case.labs, extra)))
    assume(any(item.lab == extra for item in more.refused) and extra not in case.labs)
    before = assess_kidney(case)
    if isinstance(before.egfr, Known) or before.low is not None:
        assert _usable(more) == _usable(before)
    else:
        assert (more.low, more.high) == (None, None)


@given(cases)
def test_an_unknown_sex_never_gives_more_than_either_sex(case: PatientCase) -> None:
    assume(not any(lab.kind == "egfr" for lab in case.labs))

    def low(sex: Known[str] | Unknown) -> int | None:
        patient = Patient(case.patient.birth, sex)
        return assess_kidney(msgspec.structs.replace(case, patient=patient)).low

    unknown, male, female = low(Unknown(Reason.ABSENT)), low(Known("male")), low(Known("female"))
    if unknown is not None:
        assert male is not None
        assert female is not None
        assert unknown <= min(male, female)


@given(
    st.floats(0.2, 25),
    st.floats(1.0001, 3),
    st.integers(18, 110),
    st.sampled_from(["male", "female"]),
    st.floats(0.3, 9),
)
def test_egfr_falls_with_creatinine_and_with_age(
    creatinine: float, factor: float, age: int, sex: str, cystatin: float
) -> None:
    assert ckd_epi_2021(creatinine * factor, age, sex) < ckd_epi_2021(creatinine, age, sex)
    assert ckd_epi_2021(creatinine, age + 1, sex) < ckd_epi_2021(creatinine, age, sex)
    combined = ckd_epi_2021_cystatin(creatinine, cystatin, age, sex)
    assert ckd_epi_2021_cystatin(creatinine, cystatin * factor, age, sex) < combined


@given(st.floats(0, 200))
def test_rounding_moves_a_value_by_at_most_a_half(value: float) -> None:
    assert abs(round_half_up(value) - value) <= 0.5 + 1e-8
