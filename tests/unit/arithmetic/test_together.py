"""Several dosages of one order, and codes beside text."""

from __future__ import annotations

from datetime import date

import pytest

from cds.arithmetic.dose import daily_doses
from cds.arithmetic.reading import CAVEAT
from cds.case import DoseStep, Reason, Unknown, When
from cds.chart import Amount, Coded, Coding, DosageFact, Timing
from tests.unit.arithmetic.dosages import COMBINATION, NO_STRENGTH, TABLET, dose, ends, mg, one, per_day, unknown

TID = per_day(3)


def lasting(times: float, days: float) -> Timing:
    return per_day(times, bounds_duration=Amount(days, "d", "d"))


def between(first: date, last: date) -> Timing:
    return per_day(3, bounds_start=When(first, first), bounds_end=When(last, last))


# several dosages


def test_the_same_sequence_number_is_taken_together() -> None:
    found = dose(
        one(DosageFact(sequence=1, dose=mg(10), timing=TID), DosageFact(sequence=1, dose=mg(5), timing=per_day(1)))
    )
    assert (found.low, found.high, found.single_high, found.times_per_day, found.steps) == (35, 35, 10, 4, ())
    assert found.working == "10 mg × 3 per day + 5 mg × 1 per day"


def test_no_sequence_number_is_taken_together() -> None:
    morning = DosageFact(dose=mg(10), timing=Timing(when=("MORN",)))
    night = DosageFact(dose=mg(20), timing=Timing(when=("HS",)))
    assert ends(one(morning, night)) == (30, 30)


def test_scheduled_and_as_needed_are_added_at_the_high_end_only() -> None:
    found = dose(one(DosageFact(dose=mg(10), timing=TID), DosageFact(dose=mg(5), timing=per_day(2), as_needed=True)))
    assert (found.low, found.high, found.prn, found.prn_max_given) == (30, 40, True, False)


def test_as_needed_beside_a_schedule_is_a_dose_of_its_own_that_nobody_told() -> None:
    """ "With food" alone says nothing of a dose; "as needed, with food" says there is more, and not how much."""
    scheduled = DosageFact(dose=mg(10), timing=TID)
    assert ends(one(scheduled, DosageFact(text="with food"))) == (30, 30)
    unknown(one(scheduled, DosageFact(as_needed=True, text="with food")), Reason.DOSE_UNKNOWN)


def test_different_sequence_numbers_are_steps() -> None:
    found = dose(
        one(
            DosageFact(sequence=2, dose=mg(10), timing=lasting(3, 4)),
            DosageFact(sequence=1, dose=mg(5), timing=lasting(3, 3)),
            DosageFact(sequence=3, dose=mg(15), timing=TID),
            supply_days=30,
        )
    )
    assert (found.low, found.high) == (15, 45)
    assert found.steps == (DoseStep(15, 15, 3), DoseStep(30, 30, 4), DoseStep(45, 45, 23))


def test_without_a_supply_the_last_step_is_open() -> None:
    found = dose(
        one(DosageFact(sequence=1, dose=mg(5), timing=lasting(3, 3)), DosageFact(sequence=2, dose=mg(10), timing=TID))
    )
    assert found.steps[-1].days is None


def test_a_supply_shorter_than_the_schedule_leaves_the_last_step_open() -> None:
    found = dose(
        one(
            DosageFact(sequence=1, dose=mg(5), timing=lasting(3, 30)),
            DosageFact(sequence=2, dose=mg(10), timing=TID),
            supply_days=20,
        )
    )
    assert found.steps[-1].days is None


def test_numbered_entries_for_different_parts_of_the_day_are_taken_together() -> None:
    morning = DosageFact(sequence=1, dose=mg(10), timing=Timing(when=("MORN",)))
    night = DosageFact(sequence=2, dose=mg(20), timing=Timing(when=("HS",)))
    assert ends(one(morning, night)) == (30, 30)


def test_partly_numbered_entries_are_not_guessed() -> None:
    unknown(
        one(DosageFact(sequence=1, dose=mg(10), timing=TID), DosageFact(dose=mg(5), timing=TID)), Reason.DOSE_UNKNOWN
    )


def test_dated_periods_that_follow_each_other_are_steps() -> None:
    june = DosageFact(dose=mg(5), timing=between(date(2026, 6, 1), date(2026, 6, 7)))
    later = DosageFact(dose=mg(10), timing=between(date(2026, 6, 8), date(2026, 6, 21)))
    found = dose(one(later, june))
    assert found.steps == (DoseStep(15, 15, 7), DoseStep(30, 30, 14))


def test_dated_periods_that_overlap_are_added() -> None:
    one_week = DosageFact(sequence=1, dose=mg(5), timing=between(date(2026, 6, 1), date(2026, 6, 10)))
    other = DosageFact(sequence=1, dose=mg(10), timing=between(date(2026, 6, 8), date(2026, 6, 21)))
    assert ends(one(one_week, other)) == (45, 45)


def test_an_unnumbered_titration_is_steps() -> None:
    found = dose(one(DosageFact(dose=mg(5), timing=lasting(3, 3)), DosageFact(dose=mg(10), timing=TID)))
    assert found.steps == (DoseStep(15, 15, 3), DoseStep(30, 30, None))


def test_unnumbered_bounded_entries_that_are_no_titration_are_not_guessed() -> None:
    unknown(one(DosageFact(dose=mg(5), timing=lasting(1, 3)), DosageFact(dose=mg(10), timing=TID)), Reason.DOSE_UNKNOWN)
    unknown(
        one(DosageFact(dose=mg(5), timing=lasting(3, 3)), DosageFact(dose=mg(10), timing=lasting(3, 3))),
        Reason.DOSE_UNKNOWN,
    )


def test_one_dosage_that_cannot_be_told_makes_the_whole_unknown() -> None:
    assert (
        ends(one(DosageFact(dose=mg(10), timing=TID), DosageFact(dose=Amount(1, "mg/kg"), timing=TID)))
        == "dose-unknown"
    )


@pytest.mark.parametrize(
    "text", ["with food", "Take with food.", "Avoid alcohol and grapefruit juice", "may cause drowsiness"]
)
def test_an_instruction_without_dose_or_time_changes_nothing(text: str) -> None:
    assert ends(one(DosageFact(dose=mg(10), timing=TID), DosageFact(text=text))) == (30, 30)


@pytest.mark.parametrize(
    "text", ["double the dose on bad days", "plus one extra tablet", "taper as directed", "see protocol 7"]
)
def test_an_instruction_that_may_change_the_dose_makes_it_unknown(text: str) -> None:
    assert ends(one(DosageFact(dose=mg(10), timing=TID), DosageFact(text=text))) == "dose-unknown"


def test_a_stepped_text_beside_another_dosage_keeps_its_ends() -> None:
    found = dose(
        one(
            DosageFact(sequence=1, text="5 mg tid for 3 days, then 10 mg tid"),
            DosageFact(sequence=1, dose=mg(5), timing=per_day(1), as_needed=True),
        )
    )
    assert (found.low, found.high, found.steps) == (15, 35, ())


def test_steps_of_the_same_dose_are_no_steps() -> None:
    found = dose(
        one(DosageFact(sequence=1, dose=mg(10), timing=lasting(3, 3)), DosageFact(sequence=2, dose=mg(10), timing=TID))
    )
    assert (found.low, found.high, found.steps) == (30, 30, ())


# codes beside text


@pytest.mark.parametrize(
    ("fact", "expected", "confidence"),
    [
        (DosageFact(dose=mg(10), timing=TID, text="10 mg PO TID"), (30, 30), "coded"),
        (DosageFact(dose=mg(10), timing=TID, text="Take 1 tablet by mouth three times daily"), (30, 30), "coded"),
        (DosageFact(dose=mg(10), timing=TID, text="10 mg every 8 hours"), (30, 30), "coded"),
        (DosageFact(dose=mg(10), timing=TID, text="see package insert"), (30, 30), "coded"),
        (DosageFact(dose=mg(10), text="three times a day"), (30, 30), "text"),
        (DosageFact(timing=TID, text="Take 1 tablet (10 mg)"), (30, 30), "text"),
        (DosageFact(timing=per_day(2), text="10 mg in the morning and 20 mg at night"), (30, 30), "text"),
        (DosageFact(dose=mg(20), text="10 mg in the morning and 20 mg at night"), (30, 30), "text"),
        (DosageFact(dose=mg(10), timing=TID, as_needed=True, text="max 20 mg per day"), (0, 20), "coded"),
        (DosageFact(dose=mg(10), timing=TID, text="10 mg tid prn spasm"), (0, 30), "coded"),
        (DosageFact(text="10 mg tid", as_needed=True), (0, 30), "text"),
        (DosageFact(dose=mg(10), timing=Timing(codes=Coded(text="twice a day"))), (20, 20), "coded"),
        (DosageFact(dose=mg(10), timing=Timing(codes=Coded((Coding("urn:v", "7", "bid pc"),)))), (20, 20), "coded"),
        (DosageFact(dose=mg(10), timing=Timing(codes=Coded(text="1000 every 24h scheduled"))), (10, 10), "coded"),
        (DosageFact(dose=mg(10), timing=Timing(codes=Coded(text="Every 6 hours as needed"))), (0, 40), "coded"),
    ],
)  # fmt: skip
def test_text_completes_codes(fact: DosageFact, expected: tuple[float, float], confidence: str) -> None:
    found = dose(one(fact))
    assert ((found.low, found.high), found.confidence) == (expected, confidence)


@pytest.mark.parametrize(
    "fact",
    [
        DosageFact(dose=mg(10), timing=TID, text="20 mg tid"),
        DosageFact(dose=mg(10), timing=TID, text="bid"),
        DosageFact(dose=mg(10), timing=TID, text="2 tablets"),
        DosageFact(dose=mg(10), timing=TID, text="10 mg in the morning and 30 mg at night"),
        DosageFact(dose=mg(10), timing=TID, text="5 mg tid for 3 days, then 20 mg tid"),
        DosageFact(timing=TID, text="10 mg in the morning and 20 mg at night"),
        DosageFact(dose=mg(15), text="10 mg in the morning and 20 mg at night"),
        DosageFact(dose=mg(10), timing=TID, text="10 mg tid (60 mg/day)"),
    ],
)
def test_codes_and_text_that_give_different_doses_are_a_conflict(fact: DosageFact) -> None:
    unknown(one(fact), Reason.CONFLICT)


def test_codes_and_text_may_differ_by_rounding() -> None:
    assert ends(one(DosageFact(dose=mg(9.95), timing=TID, text="10 mg tid"))) == (29.85, 29.85)
    assert ends(one(DosageFact(dose=mg(9.85), timing=TID, text="10 mg tid"))) == "conflict"


def test_a_bare_number_is_explained_by_the_text() -> None:
    """Value 10 without a unit, text "10 mg": the text tells what the number means."""
    assert ends(one(DosageFact(dose=Amount(10), timing=TID, text="10 mg three times daily"))) == (30, 30)
    assert ends(one(DosageFact(dose=Amount(1), timing=TID, text="10 mg tid"), drug=NO_STRENGTH)) == (30, 30)
    assert ends(one(DosageFact(dose=Amount(1), timing=per_day(2), text="10 mg tid"), drug=NO_STRENGTH)) == "conflict"


def test_an_unknown_unit_is_not_healed_by_the_text() -> None:
    assert ends(one(DosageFact(dose=Amount(1, "{foo}"), timing=TID, text="10 mg tid"))) == "unit"


@pytest.mark.parametrize(
    "text", ["10 mg tid, then taper as directed", "Increase as tolerated", "10 mg tid, may repeat once"]
)
def test_a_coded_dose_beside_a_text_of_change_carries_a_caveat(text: str) -> None:
    found = dose(one(DosageFact(dose=mg(10), timing=TID, text=text)))
    assert (found.high, found.caveat) == (30, CAVEAT)
    assert dose(one(DosageFact(dose=mg(10), timing=TID, text="Take with care"))).caveat == ""


def test_a_partly_coded_dose_beside_an_unread_text_is_unknown_and_says_both() -> None:
    detail = unknown(one(DosageFact(dose=mg(10), text="as the nurse tells you")), Reason.DOSE_UNKNOWN)
    assert "how often" in detail
    assert "directions not understood" in detail


def test_a_text_of_several_clauses_needs_the_strength_too() -> None:
    text = "1 tablet in the morning and 2 tablets at night"
    assert ends(one(DosageFact(text=text), drug=NO_STRENGTH)) == "dose-unknown"
    assert ends(one(DosageFact(dose=Amount(1), text="10 mg mane and 20 mg nocte"), drug=NO_STRENGTH)) == (30, 30)


def test_mg_of_a_combination_is_not_healed_by_a_count_in_the_text() -> None:
    fact = DosageFact(dose=mg(5), timing=TID, text="1 tablet tid")
    assert {answer.reason for answer in daily_doses([fact], COMBINATION) if isinstance(answer, Unknown)} == {
        Reason.DOSE_UNKNOWN
    }


def test_a_timing_code_whose_words_hold_an_amount_is_not_a_frequency() -> None:
    timing = Timing(codes=Coded((Coding("urn:vendor", "7", "20 mg bid"),)))
    assert ends(one(DosageFact(dose=mg(10), timing=timing))) == "dose-unknown"


def test_bounded_entries_of_which_one_is_as_needed_are_taken_together() -> None:
    scheduled = DosageFact(dose=mg(10), timing=lasting(3, 10))
    assert ends(one(scheduled, DosageFact(dose=mg(5), timing=lasting(2, 10), as_needed=True))) == (30, 40)


def test_the_strength_in_a_text_must_be_that_of_the_product() -> None:
    assert ends(one(DosageFact(text="20 mg tablet tid"))) == "conflict"
    assert ends(one(DosageFact(text="10 mg tablet tid"))) == (30, 30)


def test_a_text_that_names_the_medicine_is_read() -> None:
    assert ends(one(DosageFact(text="Baclofen 10 mg tablet: take one tablet three times a day"), drug=TABLET)) == (
        30,
        30,
    )
    assert (
        ends(one(DosageFact(text="Baclofen 20 mg tablet: take one tablet three times a day"), drug=TABLET))
        == "conflict"
    )
