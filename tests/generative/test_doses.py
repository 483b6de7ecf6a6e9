"""Whatever the dosage, the daily dose is sane: scaled, added side by side, low below high, never invented."""

from __future__ import annotations

import math
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from cds.arithmetic.dose import daily_doses
from cds.case import DailyDose, Drug, Ingredient, Known, Reason, Route, Strength, Unknown, When
from cds.chart import Amount, Coded, Coding, DosageFact, Timing

TABLET = Drug(
    label="Baclofen 10 MG Oral Tablet",
    ingredients=(Ingredient("baclofen", Strength(10, "mg", "each")),),
    route=Route.ORAL,
    form="tablet",
)

amounts = st.integers(1, 4000).map(lambda quarter: quarter / 4)
times = st.integers(1, 12)
hours = st.sampled_from([1, 2, 3, 4, 6, 8, 12, 24, 48, 72])


@st.composite
def timings(draw: st.DrawFn) -> Timing:
    """A Timing as a careful system sends it."""
    form = draw(st.sampled_from(["per day", "every", "times", "events", "code"]))
    if form == "per day":
        low = draw(times)
        more = draw(st.none() | st.integers(low, 24))
        return Timing(frequency=low, frequency_max=more, period=1, period_unit="d")
    if form == "every":
        period = draw(hours)
        longest = draw(st.none() | st.integers(period, 96))
        return Timing(frequency=1, period=period, period_max=longest, period_unit="h")
    if form == "times":
        return Timing(
            time_of_day=tuple(draw(st.lists(st.sampled_from(["08:00:00", "14:00:00", "20:00:00"]), min_size=1)))
        )
    if form == "events":
        return Timing(when=tuple(draw(st.lists(st.sampled_from(["MORN", "NOON", "EVE", "HS", "AC"]), min_size=1))))
    return Timing(codes=Coded((Coding("", draw(st.sampled_from(["QD", "BID", "TID", "QID", "Q6H", "QOD", "BED"]))),)))


@st.composite
def dosages(draw: st.DrawFn) -> DosageFact:
    """A dosage as a careful system sends it."""
    value = draw(amounts)
    most = draw(st.none() | amounts)
    return DosageFact(
        dose_low=Amount(value, "mg"),
        dose_high=Amount(value * draw(st.sampled_from([1, 1, 2])), "mg"),
        timing=draw(timings()),
        as_needed=draw(st.booleans()),
        max_per_period=() if most is None else ((Amount(most, "mg"), Amount(1, "d")),),
    )


def answer(*facts: DosageFact, drug: Drug = TABLET) -> DailyDose:
    (found,) = daily_doses(facts, drug)
    assert isinstance(found, Known), found
    return found.value


def times_dose(fact: DosageFact, factor: int) -> DosageFact:
    low, high = fact.dose_low, fact.dose_high
    assert low is not None
    assert high is not None
    assert low.value is not None
    assert high.value is not None
    return DosageFact(
        dose_low=Amount(low.value * factor, "mg"),
        dose_high=Amount(high.value * factor, "mg"),
        timing=fact.timing,
        as_needed=fact.as_needed,
        max_per_period=tuple((Amount((most.value or 0) * factor, "mg"), per) for most, per in fact.max_per_period),
    )


@given(dosages(), st.integers(2, 9))
def test_a_dose_times_n_gives_a_daily_dose_times_n(fact: DosageFact, factor: int) -> None:
    once, more = answer(fact), answer(times_dose(fact, factor))
    assert math.isclose(more.low, once.low * factor, rel_tol=1e-6, abs_tol=1e-6)
    assert math.isclose(more.high, once.high * factor, rel_tol=1e-6, abs_tol=1e-6)
    assert more.times_per_day == once.times_per_day


@given(st.lists(dosages(), min_size=1, max_size=4))
def test_what_is_taken_side_by_side_is_added(facts: list[DosageFact]) -> None:
    each = [answer(fact) for fact in facts]
    total = answer(*facts)
    assert math.isclose(total.low, sum(one.low for one in each), rel_tol=1e-6, abs_tol=1e-6)
    assert math.isclose(total.high, sum(one.high for one in each), rel_tol=1e-6, abs_tol=1e-6)
    assert total.steps == ()


@given(st.lists(dosages(), min_size=1, max_size=4))
def test_steps_in_time_keep_the_lowest_and_the_highest(facts: list[DosageFact]) -> None:
    each = [answer(fact) for fact in facts]
    bounded = [
        DosageFact(
            sequence=number,
            dose_low=fact.dose_low,
            dose_high=fact.dose_high,
            timing=_bounded(fact.timing),
            as_needed=fact.as_needed,
            max_per_period=fact.max_per_period,
        )
        for number, fact in enumerate(facts)
    ]
    total = answer(*bounded)
    assert (total.low, total.high) == (min(one.low for one in each), max(one.high for one in each))


def _bounded(timing: Timing | None) -> Timing:
    assert timing is not None
    fields = {name: getattr(timing, name) for name in timing.__struct_fields__}
    return Timing(**{**fields, "bounds_duration": Amount(3, "d")})


@given(st.integers(1, 400).map(lambda quarter: quarter / 4), st.integers(1, 6), times)
def test_tablets_and_their_mg_are_the_same_dose(strength: float, count: int, per_day: int) -> None:
    drug = Drug(
        label="Baclofen", ingredients=(Ingredient("baclofen", Strength(strength, "mg", "each")),), route=Route.ORAL
    )
    timing = Timing(frequency=per_day, period=1, period_unit="d")
    tablets = answer(DosageFact(dose=Amount(count, "{tbl}"), timing=timing), drug=drug)
    mass = answer(DosageFact(dose=Amount(count * strength, "mg"), timing=timing), drug=drug)
    micrograms = answer(DosageFact(dose=Amount(count * strength * 1000, "ug"), timing=timing), drug=drug)
    assert tablets.high == mass.high == micrograms.high


@given(dosages())
def test_a_maximum_never_raises_a_dose_and_as_needed_never_lowers_its_top_below_nothing(fact: DosageFact) -> None:
    with_limit = answer(fact)
    without = answer(
        DosageFact(dose_low=fact.dose_low, dose_high=fact.dose_high, timing=fact.timing, as_needed=fact.as_needed)
    )
    assert 0 <= with_limit.low <= with_limit.high <= without.high


# anything at all

numbers = (
    st.none() | st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0, 1, 2, 10, 1e6, 1e300, -1, 5e-324])
)
words = st.sampled_from(
    [
        "",
        "mg",
        "ug",
        "mcg",
        "g",
        "mL",
        "{tbl}",
        "tablet",
        "patch",
        "{patch}",
        "mg/kg",
        "mg/h",
        "ug/h",
        "ug/d",
        "mL/h",
        "mg/kg/h",
        "1",
        "{foo}",
        "d",
    ]
) | st.text(max_size=12)
quantities = st.none() | st.builds(Amount, numbers, words, words, words, st.sampled_from(["", "<", ">="]))
days = st.dates(date(1990, 1, 1), date(2035, 1, 1)).map(lambda day: When(day, day))
units = st.sampled_from(["", "s", "min", "h", "d", "wk", "mo", "a", "fortnight"])
wild_timings = st.none() | st.builds(
    Timing,
    frequency=numbers,
    frequency_max=numbers,
    period=numbers,
    period_max=numbers,
    period_unit=units,
    count=numbers,
    count_max=numbers,
    time_of_day=st.lists(st.text(max_size=8), max_size=3).map(tuple),
    day_of_week=st.lists(st.sampled_from(["mon", "tue", "x"]), max_size=9).map(tuple),
    when=st.lists(st.sampled_from(["MORN", "HS", "AC", "C", "CD", "??"]), max_size=5).map(tuple),
    codes=st.builds(Coded, st.lists(st.builds(Coding, words, words, words), max_size=2).map(tuple), words),
    events=st.lists(days, max_size=3).map(tuple),
    bounds_start=st.none() | days,
    bounds_end=st.none() | days,
    bounds_duration=quantities,
    duration=numbers,
    duration_unit=units,
)
texts = st.sampled_from(
    ["", "10 mg tid", "1 tab bid prn", "taper", "5 mg tid x 3 days then 10 mg tid", "with food"]
) | st.text(max_size=30)
wild_dosages = st.builds(
    DosageFact,
    sequence=st.none() | st.integers(-3, 3),
    text=texts,
    timing=wild_timings,
    as_needed=st.booleans(),
    dose=quantities,
    dose_low=quantities,
    dose_high=quantities,
    rate=quantities,
    rate_low=quantities,
    rate_high=quantities,
    max_per_period=st.lists(st.tuples(quantities.filter(bool), quantities.filter(bool)), max_size=2).map(tuple),
    max_per_administration=quantities,
)
strengths = st.none() | st.builds(
    Strength,
    st.floats() | st.just(10.0),
    st.sampled_from(["mg", "ug", "mEq"]),
    st.sampled_from(["each", "mL", "h", "x"]),
)
drugs = st.builds(
    Drug,
    label=st.text(max_size=20) | st.just("Acetaminophen 325 MG / Hydrocodone 5 MG"),
    ingredients=st.lists(st.builds(Ingredient, st.just("baclofen"), strengths), max_size=3).map(tuple),
    route=st.sampled_from(Route),
    form=st.sampled_from(["", "tablet", "patch", "solution"]),
)


@given(st.lists(wild_dosages, max_size=4), drugs, st.none() | st.floats(-10, 400))
def test_whatever_is_sent_the_answer_is_a_sane_dose_or_a_reason(
    facts: list[DosageFact], drug: Drug, supply_days: float | None
) -> None:
    answers = daily_doses(facts, drug, supply_days=supply_days)
    assert len(answers) == len(drug.ingredients)
    for found in answers:
        if isinstance(found, Unknown):
            assert found.reason in (Reason.DOSE_UNKNOWN, Reason.UNIT, Reason.UNREADABLE, Reason.CONFLICT)
            assert found.detail
        else:
            assert_sane(found.value)


def assert_sane(found: DailyDose) -> None:
    assert 0 <= found.low <= found.high < math.inf
    assert found.high > 0
    assert found.unit in ("mg/d", "ug/d", "ug/h")
    assert found.working
    assert found.single_high is None or 0 < found.single_high < math.inf
    assert found.times_per_day is None or 0 < found.times_per_day <= 400
    assert found.confidence in ("coded", "text")
    for step in found.steps:
        assert 0 <= step.low <= step.high <= found.high
        assert step.days is None or 0 < step.days < math.inf


@given(st.floats(min_value=0.01, max_value=1000), st.sampled_from(["", "1"]))
def test_a_bare_number_is_never_mg(value: float, unit: str) -> None:
    """A product without a known strength and a dose without a unit: no dose, whatever the number."""
    drug = Drug(label="baclofen", ingredients=(Ingredient("baclofen"),), route=Route.ORAL)
    (found,) = daily_doses(
        [DosageFact(dose=Amount(value, unit), timing=Timing(frequency=1, period=1, period_unit="d"))], drug
    )
    assert isinstance(found, Unknown)
