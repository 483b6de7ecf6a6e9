"""Written directions: what a prescriber would write is read back as meant, and nothing is read into anything else."""

from __future__ import annotations

import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.arithmetic.dose import daily_doses
from cds.arithmetic.sig import read_sig
from cds.arithmetic.siglexicon import lexicon
from cds.arithmetic.sigwords import items_of
from cds.case import DailyDose, Drug, Ingredient, Known, Route, Strength, Unknown
from cds.chart import DosageFact

TABLET = Drug(
    label="Baclofen 10 MG Oral Tablet",
    ingredients=(Ingredient("baclofen", Strength(10, "mg", "each")),),
    route=Route.ORAL,
    form="tablet",
)


class Said(msgspec.Struct, frozen=True):
    """A piece of a sig and what it means."""

    words: str
    low: float
    high: float


mass = st.sampled_from([2.5, 5, 10, 15, 20]).map(lambda value: Said(f"{value:g} mg", value, value))
mass_range = st.sampled_from([(5, 10), (10, 20)]).map(lambda ends: Said(f"{ends[0]}-{ends[1]} mg", *ends))
tablets = st.sampled_from([
    Said("1 tablet", 10, 10), Said("2 tabs", 20, 20), Said("one tablet", 10, 10), Said("half a tablet", 5, 5),
    Said("1.5 tablets", 15, 15), Said("1 1/2 tabs", 15, 15), Said("1-2 tablets", 10, 20), Said("1 to 2 tabs", 10, 20),
    Said("1 tablet (10 mg)", 10, 10), Said("2 tablets (20 mg total)", 20, 20), Said("1/2 tab", 5, 5), Said("1", 10, 10),
])  # fmt: skip
pace = st.sampled_from([
    Said("daily", 1, 1), Said("once daily", 1, 1), Said("bid", 2, 2), Said("twice a day", 2, 2), Said("TID", 3, 3),
    Said("3 times daily", 3, 3), Said("three times a day", 3, 3), Said("3 (three) times a day", 3, 3),
    Said("q.i.d.", 4, 4),
    Said("q6h", 4, 4), Said("every 8 hours", 3, 3), Said("every 4-6 hours", 4, 6), Said("at bedtime", 1, 1),
    Said("every morning and at bedtime", 2, 2), Said("2-3 times a day", 2, 3), Said("qhs", 1, 1), Said("tds", 3, 3),
])  # fmt: skip
lead = st.sampled_from(["", "Take ", "take ", "TAKE ", "Sig: ", "Give "])
route = st.sampled_from(["", "by mouth ", "PO ", "orally ", ", Oral, "])
tail = st.sampled_from(
    [
        "",
        ".",
        " for muscle spasms",
        " with food",
        " for 7 days",
        " x 10 days",
        ", 0 Refill(s)",
        " as directed",
        ". Avoid alcohol.",
    ]
)
need = st.sampled_from(
    [("", False), (" prn", True), (" as needed for spasms", True), (", PRN pain", True), (" if required", True)]
)


def read(text: str) -> DailyDose:
    (found,) = daily_doses([DosageFact(text=text)], TABLET)
    assert isinstance(found, Known), (text, found)
    return found.value


@given(lead, mass | mass_range | tablets, route, pace, need, tail)
def test_what_a_prescriber_writes_is_read_as_meant(
    first: str, much: Said, way: str, often: Said, needed: tuple[str, bool], last: str
) -> None:
    words, prn = needed
    found = read(f"{first}{much.words} {way}{often.words}{words}{last}")
    assert found.high == pytest.approx(much.high * often.high)
    assert found.low == (0 if prn else pytest.approx(much.low * often.low))
    assert (found.prn, found.confidence, found.single_high) == (prn, "text", much.high)


@given(
    mass,
    st.sampled_from(["in the morning", "mane", "qam"]),
    mass,
    st.sampled_from(["at night", "nocte", "qhs"]),
    st.sampled_from([" and ", " + ", ", ", "; "]),
)
def test_morning_and_night_are_added(one: Said, morning: str, other: Said, night: str, joint: str) -> None:
    found = read(f"{one.words} {morning}{joint}{other.words} {night}")
    assert found.high == found.low == one.high + other.high


@given(
    st.lists(st.tuples(mass, pace, st.integers(1, 14)), min_size=2, max_size=4),
    st.sampled_from([", then ", " then ", ". Then ", " followed by "]),
)
def test_steps_are_read_in_their_order(steps: list[tuple[Said, Said, int]], joint: str) -> None:
    found = read(joint.join(f"{much.words} {often.words} for {days} days" for much, often, days in steps))
    expected = [(much.low * often.low, much.high * often.high, days) for much, often, days in steps]
    assert found.high == pytest.approx(max(high for _, high, _ in expected))
    if len({(low, high) for low, high, _ in expected}) > 1:
        assert [(step.low, step.high, step.days) for step in found.steps] == [pytest.approx(step) for step in expected]


@given(lead, mass | tablets, pace, st.sampled_from([
    "if weight over 50 kg", "then taper as directed", "may repeat", "unless drowsy", "increase weekly",
    "hold for sedation", "per kg",
    "or as the nurse says", "until better", "zzz", "5 units", "and", "alternating with 5 mg", "except sundays",
    "skip if drowsy",
]))  # fmt: skip
def test_anything_more_that_may_change_the_dose_makes_it_unknown(
    first: str, much: Said, often: Said, more: str
) -> None:
    (found,) = daily_doses([DosageFact(text=f"{first}{much.words} {often.words} {more}")], TABLET)
    assert isinstance(found, Unknown)


VOCABULARY = sorted(lexicon())
NUMBERS = {"NUM", "A", "ADV"}
PACES = {
    "FREQ",
    "ADV",
    "EVERY",
    "DAILY",
    "SLOT",
    "MEALS",
    "STAT",
    "X",
    "TIMES",
    "TIME",
    "HOURLY",
    "PER",
    "MAXDAY",
    "MAX",
}
salad = st.lists(
    st.sampled_from(VOCABULARY) | st.integers(0, 40).map(str) | st.text("abcxyz,.;()-/ ", max_size=5), max_size=14
).map(" ".join)


@given(st.text(max_size=120) | salad)
def test_no_text_yields_a_dose_without_a_number_and_a_frequency(text: str) -> None:
    (found,) = daily_doses([DosageFact(text=text)], TABLET)
    if isinstance(found, Known):
        tags = {item.tag for item in items_of(text, frozenset())}
        assert tags & NUMBERS, text
        assert tags & PACES, text
        assert 0 <= found.value.low <= found.value.high


TEDIOUS = [
    "1/",
    "a.",
    "a.b",
    "1 1/",
    "and ",
    "for and ",
    "prn, ",
    "(",
    "(1)",
    "1-",
    "q",
    "every ",
    "x 1 ",
    "as ",
    "max ",
    "9",
    "½",
]


@pytest.mark.parametrize("piece", [*TEDIOUS, "10 mg tid then ", "not to exceed ", "1 tab tid. abc or ", "in a 24 "])
def test_twice_the_text_takes_at_most_twice_the_work(piece: str) -> None:
    """Work is counted in function calls: the capped length is read in linear time, whatever it holds."""
    half, whole = work((piece * 250)[:250]), work((piece * 500)[:500])
    assert whole <= 2.3 * half + 50


def work(text: str) -> int:
    """How many functions are called to read the text."""
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        read_sig.__wrapped__(text)
    finally:
        sys.setprofile(None)
    return calls
