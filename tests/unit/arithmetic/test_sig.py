"""Written directions: what is understood, into which dose; and what is refused rather than guessed.

Doses are those of a 10 mg tablet, (low, high) in mg per day, unless a case says otherwise.
"""

from __future__ import annotations

import pytest

from cds.arithmetic.sig import MAX_TEXT, read_sig
from cds.arithmetic.sigwords import harmless, name_words, read_number, tokens
from cds.case import DoseStep, Reason, Unknown
from cds.chart import DosageFact
from tests.unit.arithmetic.dosages import NO_STRENGTH, dose, one, product, sig, unknown

READ = {
    # plain
    "10 mg PO TID": (30, 30),
    "10mg tds": (30, 30),
    "10 mg by mouth three times daily": (30, 30),
    "10 mg t.i.d.": (30, 30),
    "0.5 mg twice daily": (1, 1),
    "250 mcg bid": (0.5, 0.5),
    "250 \u00b5g bid": (0.5, 0.5),
    ".5 mg bid": (1, 1),
    "0,5 mg bid": (1, 1),  # decimal comma
    "10 mg BD": (20, 20),
    "10 mg od": (10, 10),
    "10 mg q8h": (30, 30),
    "10 mg Q 6 H": (40, 40),
    "10 mg every six hours": (40, 40),
    "10 mg every 4-6 hours": (40, 60),
    "10 mg every 6 to 8 hours": (30, 40),
    "10 mg 6 hourly": (40, 40),
    "10 mg 3x/day": (30, 30),
    "10 mg 3 x daily": (30, 30),
    "10 mg 2-3 times a day": (20, 30),
    "10 mg three times in 24 hours": (30, 30),
    "10 mg every other day": (5, 5),
    "10 mg qod": (5, 5),
    "10 mg every 2 days": (5, 5),
    "70 mg once a week": (10, 10),
    "70 mg weekly": (10, 10),
    "35 mg twice a week": (10, 10),
    "70 mg, Oral, Once every 6 hrs, 0 Refill(s)": (280, 280),
    "12.0 mg, Oral, Twice Daily, 2 Refill(s)": (24, 24),
    "every 8 hours 10 mg": (30, 30),
    "twice daily, 10 mg": (20, 20),
    # tablets
    "1 tab bid": (20, 20),
    "2 tabs bid": (40, 40),
    "1 bid": (20, 20),
    "2 tid": (60, 60),
    "1 qhs": (10, 10),
    "1 po qd": (10, 10),
    "take one tablet by mouth three times daily": (30, 30),
    "TAKE 1 TABLET(S) BY MOUTH TWICE DAILY": (20, 20),
    "one to be taken at night": (10, 10),
    "take a tablet daily": (10, 10),
    "half a tablet at night": (5, 5),
    "half tablet at night": (5, 5),
    "1/2 tab qhs": (5, 5),
    "\u00bd tab qhs": (5, 5),
    "1\u00bd tabs qhs": (15, 15),
    "1 1/2 tabs bid": (30, 30),
    "1-1/2 tabs bid": (30, 30),
    "one and a half tablets bid": (30, 30),
    "one and one half tablets bid": (30, 30),
    "one-half tablet daily": (5, 5),
    "one half tablet daily": (5, 5),
    "take 1/2 to 1 tablet tid": (15, 30),
    "1-1 1/2 tabs bid": (20, 30),
    "two and a half tablets daily": (25, 25),
    "1 10 mg tablet tid": (30, 30),
    "1.5 tabs q.d.": (15, 15),
    "1-2 tabs tid": (30, 60),
    "1 or 2 tablets tid": (30, 60),
    "one to two tablets tid": (30, 60),
    "up to 2 tablets tid": (0, 60),
    "6 tablets a day": (60, 60),
    "2 x 10 mg tablets at night": (20, 20),
    # mg and tablets
    "Take 1 tablet (10 mg) by mouth 3 (three) times a day": (30, 30),
    "Take 2 tablets (20 mg total) by mouth 3 (three) times daily": (60, 60),
    "2 tablets (10 mg each) bid": (40, 40),
    "20 mg (2 tablets) bid": (40, 40),
    "10 mg = 1 tab, Oral, TID, # 90 tab, 0 Refill(s)": (30, 30),
    "10 mg bid (20 mg/day)": (20, 20),
    "5-10 mg tid": (15, 30),
    "5 mg to 10 mg tid": (15, 30),
    # parts of the day
    "10 mg every morning": (10, 10),
    "10 mg every morning and at bedtime": (20, 20),
    "10 mg morning, noon and night": (30, 30),
    "10 mg bid, morning and evening": (20, 20),
    "10 mg daily at bedtime": (10, 10),
    "10 mg once at bedtime": (10, 10),
    "10 mg tid and at bedtime": (40, 40),
    "10 mg at 8 am and 8 pm": (20, 20),
    "10 mg at 08:00, 14:00 and 20:00": (30, 30),
    "10 mg tid with meals": (30, 30),
    "10 mg with meals": (30, 30),
    "10 mg daily with evening meal": (10, 10),
    # side by side
    "5 mg mane and 10 mg nocte": (15, 15),
    "10 mg morning + 20 mg night": (30, 30),
    "1 tablet in the morning, 1 at noon and 2 at bedtime": (40, 40),
    "10 mg tid and 5 mg at bedtime": (35, 35),
    "10 mg tid, 5 mg qhs": (35, 35),
    # as needed and maxima
    "1-2 tabs qhs prn": (0, 20),
    "1 q6h prn pain": (0, 40),
    "1 tab q.i.d. p.r.n.": (0, 40),
    "1 tablet three times a day when required": (0, 30),
    "Take 1 tablet (10 mg) by mouth 3 (three) times a day as needed for spasms": (0, 30),
    "Take 1 tablet nightly as needed for Sleep.": (0, 10),
    "500.0 mg, Caudal, BID, PRN, anaphylaxis, 0 Refill(s)": (0, 1000),
    "1 po q4-6h prn max 6/day": (0, 60),
    "1 tab q4h prn, not to exceed 4 tablets in 24 hours": (0, 40),
    "1 tab q4h prn. Max 3 doses per day": (0, 30),
    "1 tab q4h prn (max 30 mg/24h)": (0, 30),
    "10 mg q4h prn, no more than 40 mg daily": (0, 40),
    "1 tab prn, max. 3/day": (0, 30),
    "1 tab q4h prn. Max Daily Amount: 30 mg": (0, 30),
    "1 tablet up to 4 times daily as needed": (0, 40),
    "1 tablet up to 4 times daily": (0, 40),
    # reasons, durations, routes, asides
    "1 tab tid for muscle spasms": (30, 30),
    "1 tab tid for morning stiffness": (30, 30),
    "1 tab tid x 7 days": (30, 30),
    "1 tab tid for 2 weeks": (30, 30),
    "1 tab tid for up to 10 days": (30, 30),
    "1 tab tid as directed": (30, 30),
    "1 tab tid. Do not drive or use machines.": (30, 30),
    "1 tab tid with food. Avoid alcohol": (30, 30),
    "1 tab tid, qty 90, refills: 2": (30, 30),
    "10 mg IV over 2 minutes once": (10, 10),
    "1 tab tid x 1 week": (30, 30),
    "1 tab tid for 7-days": (30, 30),
    "1 tab tid for: pain": (30, 30),
    "1 tab tid for a week": (30, 30),
    "a half tablet tid": (15, 15),
    "10 mg/dose tid": (30, 30),
    "10 mg at night, at night": (10, 10),
    "10 mg three times daily every day": (30, 30),
    "10 mg three times every 2 days": (15, 15),
    "10 mg every 8-hour": (30, 30),
    "10 mg q mane": (10, 10),
    "1 tab q4h prn, max 30 mg total per day": (0, 30),
    "1 tab q4h prn, max 3 in a 24 hour period": (0, 30),
    "1 tab q4h prn, max 3 in any 24-hour period": (0, 30),
    "650 mg = 65 tab, Oral, TID, 90 tab, 0 Refill(s)": (1950, 1950),
    # once
    "10 mg bid twice daily": (20, 20),
    "10 mg tid - for pain": (30, 30),
    "30 mg/day (30 mg/day)": (30, 30),
    "10 mg one time": (10, 10),
    "10 mg for 1 dose": (10, 10),
    "10 mg x 1 dose": (10, 10),
    "10 mg once": (10, 10),
    "10 mg x1": (10, 10),
    "10 mg x 1 dose now": (10, 10),
    "10 mg stat": (10, 10),
    # totals
    "30 mg/day": (30, 30),
    "30 mg per day": (30, 30),
    "30 mg daily in 3 divided doses": (30, 30),
    "30 mg/day divided tid": (30, 30),
    "30 mg/day in 3 divided doses": (30, 30),
}


@pytest.mark.parametrize(("text", "expected"), READ.items(), ids=READ)
def test_directions_that_are_understood(text: str, expected: tuple[float, float]) -> None:
    assert sig(text) == expected


@pytest.mark.parametrize(
    ("word", "value"),
    {
        "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
        "eleven": 11, "twelve": 12, "fourteen": 14, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "half": 0.5,
        "quarter": 0.25,
    }.items(),
)  # fmt: skip
def test_numbers_in_words(word: str, value: float) -> None:
    assert sig(f"{word} mg daily") == (value, value)


@pytest.mark.parametrize(
    ("words", "per_day"),
    [
        ("thrice daily", 3),
        ("every third day", 1 / 3),
        ("monthly", 24 / 730.5),
        ("q48h", 0.5),
        ("every day", 1),
        ("qid", 4),
    ],
)
def test_times_in_words(words: str, per_day: float) -> None:
    assert dose(one(DosageFact(text=f"10 mg {words}"))).high == pytest.approx(10 * per_day, rel=1e-6)


REFUSED = [
    "taper as directed", "use as directed", "per protocol", "as directed", "prn", "", " ", "...", "with food", "10 mg",
    "bid", "10 mg prn", "tablet daily", "2 half tablets tid", "1 0.5 mg tid", "and 10 mg tid",
    "1 tab qhs x 7 days then qam",
    "1 tab daily for a week then bid", "1 tab tid x 7 days then prn", "10 mg tid 5 mg qhs", "a 1 tab tid",
    "10 mg tid and prn", "10 mg tid then", "10 mg tid then taper",
    "10 mg tid, increase by 5 mg every 3 days to 20 mg tid",
    "10 mg tid if needed unless drowsy", "1 tab tid, may repeat", "1 tab tid. May repeat x1",
    "1 tab tid. Double if needed",
    "5 mg bid or 10 mg daily", "0.1 mg/kg tid", "10 mg/m2 daily", "10 mg per kg daily", "1,000 mg bid", "2 10 mg tid",
    "10 mg 20 mg tid", "10 mg tid 20 mg tid", "10 mg + 20 mg", "10 mg tid, hold for sedation", "5 gtt tid",
    "10 units tid",
    "1-0-1", "10 mg 3 times", "10 mg x3", "10 mg q5min", "10 mg q", "10 mg every", "10 mg for", "10 mg max",
    "max 40 mg",
    "10 mg q4h prn max 40 mg", "10 mg tid for pain if weight over 50 kg", "10 mg tid for 7 days for 8 days",
    "then 10 mg tid",
    "10 mg tid and", "10 mg tid, 5 mg", "5-325 mg tid", "10-5 mg tid", "10 mg zzz tid", "10 mg thrice", "a daily",
    "10 mg tid at bedtime", "10 mg q6h and at bedtime prn once daily", "10 mg 1.2.3 tid", "3 doses tid",
    "30 mg/day bid",
    "10 mg/5 mL tid", "1 tab 8 tid", "10 mg over tid", "inject 10 units", "day 1", "10 mg per",
    "10 mg daily, morning and night", "10 mg with breakfast with meals", "1/2/3 tid", "10 mg every 0 hours",
    "x 7 days", "10 mg 0 hourly", "10 mg 0 times a day", "30 mg/day in 0 divided doses",
    "10 mg 200 times a day", "10 mg 100 times a day and at bedtime", "10 mg 3 times in 0 hours",
    "10 mg per 0 hours", "30 mg/day 10 mg tid",
    "10 mg 30 mg/day",
    "10 mg bid x1", "10 mg weekly and at bedtime", "30 mg bid in divided doses", "10 mg tid; week 2",
    "10 mg tid, 5 mg bid",
    "5 mg mane x 7 days, 10 mg nocte", "10 mg tid x 3 days then with meals", "10 mg tid x days",
    "10 mg tid for 7 tablets",
    "10 mg then tid", "day 0 10 mg tid", "tid each", "5 mL of 10 mg/5 mL 10 mg/5 mL tid", "10 mg mL tid",
    "10 mg over 2 tid",
    "30 mg/day (20 mg total)", "1 tab tid. Avoid (alcohol)", "10 mg to tid", "1 tab tid x 3 days then, bid",
    "10 mg tid per protocol", "10 mg tid prn (double", "twice daily 1 and 1",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_directions_that_are_refused(text: str) -> None:
    assert sig(text) == "dose-unknown"


@pytest.mark.parametrize(
    "text",
    [
        "10 mg bid (30 mg/day)",
        "30 mg/day (60 mg/day)",
        "Take 2 tablets (30 mg total) tid",
        "20 mg = 1 tab tid",
        "2 x 5 mg tablets tid",
        "1 tablet (25 mg) tid",
    ],
)
def test_directions_that_contradict_themselves_or_the_product_are_a_conflict(text: str) -> None:
    assert sig(text) == "conflict"


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (
            "5 mg TID x 3 days, then 10 mg TID x 3 days, then 15 mg TID",
            (DoseStep(15, 15, 3), DoseStep(30, 30, 3), DoseStep(45, 45, None)),
        ),
        (
            "5 mg TID x 3 days, 10 mg TID x 3 days, 15 mg TID",
            (DoseStep(15, 15, 3), DoseStep(30, 30, 3), DoseStep(45, 45, None)),
        ),
        (
            "Take half tablet (5 mg) two times daily for 1 week, then increase to 1 tablet (10 mg) three times daily",
            (DoseStep(10, 10, 7), DoseStep(30, 30, None)),
        ),
        (
            "Days 1-3: 5 mg tid; days 4-6: 10 mg tid; then 15 mg tid",
            (DoseStep(15, 15, 3), DoseStep(30, 30, 3), DoseStep(45, 45, None)),
        ),
        (
            "Week 1: 1 tab daily. Week 2: 1 tab bid. Week 3: 1 tab tid",
            (DoseStep(10, 10, 7), DoseStep(20, 20, 7), DoseStep(30, 30, None)),
        ),
        ("20 mg daily for 7 days followed by 10 mg daily for 7 days", (DoseStep(20, 20, 7), DoseStep(10, 10, 7))),
        (
            "5 mg mane and 5 mg nocte for 1 week then 10 mg mane and 10 mg nocte",
            (DoseStep(10, 10, None), DoseStep(20, 20, None)),
        ),
        ("10 mg once then 5 mg tid", (DoseStep(10, 10, None), DoseStep(15, 15, None))),
    ],
)
def test_steps_in_directions(text: str, steps: tuple[DoseStep, ...]) -> None:
    assert dose(one(DosageFact(text=text))).steps == steps


def test_one_tablet_is_said_in_the_singular() -> None:
    assert dose(one(DosageFact(text="1 tablet tid"))).working == "1 tablet × 10 mg × 3 per day"


def test_a_dose_from_directions_says_so() -> None:
    found = dose(one(DosageFact(text="1-2 tabs q4h prn, max 6/day")))
    assert (found.confidence, found.prn, found.prn_max_given) == ("text", True, True)
    assert found.working == "1–2 tablets × 10 mg × up to 6 per day, at most 60 mg per day, as needed"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 tablet (10 mg) tid", (30, 30)),
        ("2 tablets (20 mg total) tid", (60, 60)),
        ("20 mg (total of 2 tablets) tid", (60, 60)),
        ("2 x 10 mg tablets tid", (60, 60)),
        ("2 tablets of 10 mg each tid", (60, 60)),
        ("2 tablets (20 mg) tid", "dose-unknown"),  # of each, or of both?
        ("2 tablets tid", "dose-unknown"),
        ("5 mL (5 mg) tid", (15, 15)),
        ("5 mL of 10 mg/5 mL tid", (30, 30)),
        ("5 mL tid", "dose-unknown"),
    ],
)
def test_without_a_known_strength_the_directions_must_give_it(text: str, expected: tuple[float, float] | str) -> None:
    assert sig(text, NO_STRENGTH) == expected


def test_the_two_strengths_of_a_combination_are_no_range() -> None:
    assert sig("1 tablet (5-325 mg) q6h", product(5, label="Vicodin")) == (20, 20)
    assert sig("1 tablet (5-325 mg) q6h", product(5, label="Acetaminophen 325 MG / Hydrocodone 5 MG")) == (20, 20)


def test_a_dose_of_nothing_is_unreadable_and_a_bare_ten_has_no_unit() -> None:
    assert sig("0 mg tid") == "unreadable"
    assert sig("10 tid") == "unit"


def test_a_text_that_is_too_long_is_not_read() -> None:
    assert sig("10 mg tid" + " " * (MAX_TEXT - 9)) == (30, 30)
    unknown(one(DosageFact(text="10 mg tid" + " " * (MAX_TEXT - 8))), Reason.UNREADABLE)


def test_the_name_of_the_medicine_may_stand_in_its_directions_and_no_other_word() -> None:
    assert isinstance(read_sig("baclofen 10 mg tid", frozenset({"baclofen"})), tuple)
    assert isinstance(read_sig("baclofen 10 mg tid"), Unknown)


def test_of_a_name_only_words_that_can_mean_nothing_else_are_passed_over() -> None:
    """A product called "double" must not make "double if needed" a plain dose; nor are "10" and "mg" names."""
    assert name_words("Baclofen 10 MG MR Oral Double Tablet", ("baclofen",)) == {"baclofen", "oral"}


def test_a_refusal_quotes_nothing_of_the_text() -> None:
    found = read_sig("give to Mr Smith born 1950 10 mg tid")
    assert isinstance(found, Unknown)
    assert found.detail == "directions not understood"


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("10", 10),
        ("2.5", 2.5),
        (".5", 0.5),
        ("2,5", 2.5),
        ("0,125", 0.125),
        ("1,000", None),
        ("1.2.3", None),
        ("1,000,000", None),
        ("1,234.5", None),
    ],
)
def test_numbers_with_commas_are_read_only_when_clear(token: str, value: float | None) -> None:
    assert read_number(token) == value


def test_tokens_fold_case_dots_and_signs() -> None:
    assert tokens("Tablet(s) B.I.D. \u00bd\u20132\u00a0\u00b5g") == ["tablet", "bid", "1", "/", "2", "-", "2", "ug"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("do not drive", True),
        ("Avoid alcohol.", True),
        ("take 2", False),
        ("double it", False),
        ("twice", False),
        ("x" * 3000, False),
    ],
)
def test_what_counts_as_harmless(text: str, expected: bool) -> None:
    assert harmless(text) is expected
