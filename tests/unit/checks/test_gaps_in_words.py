"""What was not checked, in the words of a card or a report: which drug, how many, and each reason once."""

from __future__ import annotations

import msgspec
import pytest

from cds.case import Reason, Unknown
from cds.checks.levels import unknown_for
from cds.findings import Indicator
from cds.knowledge.load import load_knowledge
from tests.support.cases import case_named
from tests.support.run import report_on

CHECK = load_knowledge().checks["baclofen-renal-dose"]


def details(case: str, check: str, reason: Reason) -> list[str]:
    """What the report on a case says of one check and reason."""
    report = report_on(case_named(case), "R4")
    return [item.detail for item in report.not_checked if (item.check, item.reason) == (check, reason)]


def test_the_same_gap_is_said_once_and_two_are_said_in_their_order() -> None:
    old, none = Unknown(Reason.STALE, "of 2019"), Unknown(Reason.ABSENT, "no creatinine")
    for gaps, said in (((), []), ((old,), [old]), ((none, old, none), [none, old])):
        assert [(item.reason, item.detail) for item in unknown_for(CHECK, gaps)] == [
            (gap.reason, gap.detail) for gap in said
        ]


@pytest.mark.parametrize(
    ("case", "check", "reason", "said"),
    [
        ("ob-unnamed-drug", "opioid-benzodiazepine", Reason.UNKNOWN_DRUG, "1 medicine on the list could not be named"),
        ("ob-two-unnamed-drugs", "opioid-benzodiazepine", Reason.UNKNOWN_DRUG,
         "2 medicines on the list could not be named"),
        ("bs-dose-unknown", "baclofen-abrupt-stop", Reason.DOSE_UNKNOWN,
         "level not certain: daily dose of baclofen not known"),
        ("zs-replaced-by-unknown-dose", "benzo-abrupt-stop", Reason.DOSE_UNKNOWN,
         "whether enough takes its place: daily dose of diazepam not known"),
        ("di-no-dose", "liquid-concentration-mismatch", Reason.DOSE_UNKNOWN,
         "mL and mg of baclofen not compared: dose not known"),
        ("lcm-strength-unknown", "liquid-concentration-mismatch", Reason.DOSE_UNKNOWN,
         "mL and mg of baclofen not compared: strength per mL not known"),
    ],
)  # fmt: skip
def test_a_gap_names_the_drug_and_what_is_missing(case: str, check: str, reason: Reason, said: str) -> None:
    assert said in details(case, check, reason)


def test_what_is_due_names_only_the_drug_that_is_taken_for_long() -> None:
    report = report_on(case_named("lft-two-one-for-long"), "R4")
    (due,) = [one for one in report.findings if one.check == "benzo-lft-monitoring"]
    assert due.about == ("MedicationRequest/m1",)


@pytest.mark.parametrize(
    ("case", "capped"), [("sl-alprazolam", False), ("sl-alprazolam-4", False), ("sl-alprazolam-6", True)]
)
def test_only_a_switch_above_the_cap_is_said_not_to_be_for_outside_hospital(case: str, capped: bool) -> None:
    report = report_on(case_named(case), "R4")
    (finding,) = [one for one in report.findings if one.check == "benzo-switch-long-acting"]
    assert ("not above 40 mg/day outside hospital" in finding.because) is capped


def test_each_drug_of_an_overdose_is_shown_once() -> None:
    report = report_on(case_named("signs-od-second-drug-new"), "R4")
    (finding,) = [one for one in report.findings if one.check == "overdose-signs"]
    assert len(finding.seen) == len(set(finding.seen)) == 3  # two drugs and the breaths


@pytest.mark.parametrize(
    ("renewal", "level", "lowered"),
    [
        (Indicator.INFO, Indicator.INFO, True),
        (Indicator.WARNING, Indicator.WARNING, False),
        (None, Indicator.WARNING, False),
    ],
)
def test_a_settled_dose_is_one_level_lower_only_where_the_check_says_so(
    renewal: Indicator | None, level: Indicator, lowered: bool
) -> None:
    known = load_knowledge()
    check = known.checks["baclofen-max-dose"]
    levels = msgspec.structs.replace(check.levels, renewal=renewal)
    changed = {**known.checks, check.id: msgspec.structs.replace(check, levels=levels)}
    report = report_on(case_named("md-renewal-90-days"), "R4", knowledge=msgspec.structs.replace(known, checks=changed))
    (finding,) = [one for one in report.findings if one.check == check.id]
    assert finding.indicator is level
    assert (known.facts["settled"].words in finding.because) is lowered


@pytest.mark.parametrize("makes_card", [True, False])
def test_the_callers_word_that_there_is_nothing_never_makes_a_card(makes_card: bool) -> None:
    gaps = (Unknown(Reason.ABSENT, "not sent"), Unknown(Reason.REPORTED_EMPTY, "an empty list"))
    assert [item.makes_card for item in unknown_for(CHECK, gaps, makes_card=makes_card)] == [makes_card, False]
