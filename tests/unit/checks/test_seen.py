"""What a card shows of the kidneys under "Seen": the number, how it was come by, from what, and of which day."""

from __future__ import annotations

import pytest

from cds.knowledge.load import load_knowledge
from cds.screen import screen
from tests.support.cases import case_named
from tests.support.run import report_on
from tests.unit.reconcile.facts import BACLOFEN, ago, build, draft, medicine, taking


@pytest.mark.parametrize(
    ("case", "check", "words"),
    [
        ("aki-rise-0-3", "baclofen-aki",
         ["eGFR 67 mL/min/1.73 m2, CKD-EPI 2021, calculated, creatinine 1.3 mg/dL (10 June 2026)",
          "creatinine 1 mg/dL (8 June 2026), then creatinine 1.3 mg/dL (10 June 2026)", "age 50"]),
        ("aki-condition", "baclofen-aki",
         ["eGFR 70 mL/min/1.73 m2, CKD-EPI 2021, reported by the laboratory, 3 June 2026",
          "Acute kidney failure, unspecified on the problem list", "age 50"]),
        ("rd-stage-3b", "baclofen-renal-dose", ["CKD stage 3b on the problem list, taken as eGFR 30–59"]),
        ("rd-plan-but-dialysis", "baclofen-dialysis", ["dialysis: Dependence on renal dialysis"]),
    ],
)  # fmt: skip
def test_the_kidneys_as_a_card_shows_them(case: str, check: str, words: list[str]) -> None:
    (finding,) = [one for one in report_on(case_named(case), "R4").findings if one.check == check]
    assert [one for one in finding.seen if one in words] == words


def test_a_stop_is_about_the_order_that_stops_and_the_treatment_it_ends() -> None:
    (finding,) = [one for one in report_on(case_named("bs-14-days"), "R4").findings if "stop" in one.check]
    assert finding.about == ("MedicationRequest/m1",)
    (linked,) = [one for one in report_on(case_named("bs-no-words-no-dose"), "R4").findings if "stop" in one.check]
    assert linked.about == ("MedicationRequest/d1", "MedicationRequest/m1")


@pytest.mark.parametrize(
    ("case", "detail", "makes_card"),
    [
        ("rd-stale", "eGFR older than 12 months", False),  # baclofen-renal-unknown is the card
        ("rd-stale-renewal", "eGFR older than 12 months", True),
        ("rd-age-unknown-creatinine", "age not known: eGFR not calculated", True),
        ("ru-in-error", "no creatinine or eGFR", False),
    ],
)
def test_an_unknown_kidney_is_said_on_one_card_only(case: str, detail: str, makes_card: bool) -> None:
    report = report_on(case_named(case), "R4")
    (gap,) = [one for one in report.not_checked if one.check == "baclofen-renal-dose"]
    assert (gap.detail, gap.makes_card) == (detail, makes_card)


def test_the_order_is_named_before_what_runs_beside_it() -> None:
    (finding,) = [one for one in report_on(case_named("bdu-two"), "R4").findings if one.check == "benzo-duplicate"]
    assert finding.about == ("MedicationRequest/d1", "MedicationRequest/m1")
    assert ["this order" in one for one in finding.seen[:2]] == [True, False]


def test_a_creatinine_that_no_estimate_rests_on_is_not_given_as_its_source() -> None:
    case = case_named("rd-stage-beside-creatinine-without-age")
    (finding,) = [one for one in report_on(case, "R4").findings if one.check == "baclofen-renal-dose"]
    assert "creatinine" not in finding.values


def test_a_pregnancy_is_shown_with_the_day_of_its_record() -> None:
    (finding,) = [one for one in report_on(case_named("preg-bac-status"), "R4").findings if "pregn" in one.check]
    assert "recorded as pregnant 31 May 2026" in finding.seen


def test_a_treatment_that_was_sent_without_an_id_leaves_no_empty_reference() -> None:
    running = medicine(BACLOFEN, "", written=ago(300), dosages=(taking(1, 3),))
    stop = draft(BACLOFEN, "d1", "stopped")
    report = screen(build(running, stop), load_knowledge(), "order-sign")
    (finding,) = [one for one in report.findings if one.check == "baclofen-abrupt-stop"]
    assert finding.about == ("MedicationRequest/d1",)
