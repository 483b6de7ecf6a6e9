"""What checks say in words: why they fired or did not, what was not known, and what a card names."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cds.checks import registry
from cds.checks.levels import one_lower
from cds.checks.pairs import pairs
from cds.findings import Indicator, Outcome
from cds.knowledge.load import load_knowledge
from cds.knowledge.model import Side
from cds.view import View
from tests.support.cases import case_named
from tests.support.run import report_on
from tests.unit.reconcile.facts import build, draft, taking


def outcome(case: str, check: str) -> Outcome:
    """How one check ended for a case."""
    (found,) = [one for one in report_on(case_named(case), "R4").outcomes if one.check == check]
    return found


@pytest.mark.parametrize(
    ("to", "floor", "settled"),
    [
        (Indicator.CRITICAL, Indicator.INFO, Indicator.WARNING),
        (Indicator.WARNING, Indicator.INFO, Indicator.INFO),
        (Indicator.WARNING, Indicator.WARNING, Indicator.WARNING),
        (Indicator.INFO, Indicator.WARNING, Indicator.INFO),  # the floor raises nothing
        (Indicator.SILENT, Indicator.SILENT, Indicator.SILENT),
        (Indicator.CRITICAL, None, Indicator.CRITICAL),
    ],
)
def test_what_stood_for_long_is_one_level_lower_but_not_below_the_floor(
    to: Indicator, floor: Indicator | None, settled: Indicator
) -> None:
    assert one_lower(to, floor) is settled


def _nothing(*_: Any) -> Any:
    """A check and a fact."""


def test_a_function_is_registered_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for register, name in ((registry.check, "CHECKS"), (registry.fact, "FACTS")):
        monkeypatch.setattr(registry, name, {})
        assert register("once")(_nothing) is _nothing
        assert getattr(registry, name) == {"once": _nothing}


def test_a_drug_is_no_pair_with_itself() -> None:
    knowledge = load_knowledge()
    benzodiazepine = Side(classes=("benzodiazepine",))
    check = msgspec.structs.replace(knowledge.checks["opioid-benzodiazepine"], one=benzodiazepine, other=benzodiazepine)
    drafts = [draft(f"{drug} 1 mg tablet", f"d{at}", dosages=(taking(1, 1),)) for at, drug in enumerate(
        ("lorazepam", "lorazepam", "clonazepam")
    )]  # fmt: skip
    found = pairs(View(build(*drafts), knowledge, "order-sign"), check)
    assert {frozenset(item.ingredient for item in pair) for pair in found} == {frozenset(("lorazepam", "clonazepam"))}


@pytest.mark.parametrize(
    ("case", "check", "why"),
    [
        ("bb-copd-alone", "baclofen-benzodiazepine", "pair present, warning: base level"),
        ("bb-respiratory-failure", "baclofen-benzodiazepine", "pair present, critical: severe respiratory disease"),
        ("rr-to-as-directed", "baclofen-rapid-reduction", "nothing that runs is changed to a known lower dose"),
    ],
)
def test_why_a_check_did_or_did_not_fire(case: str, check: str, why: str) -> None:
    assert outcome(case, check).why == why


@pytest.mark.parametrize(
    ("case", "check", "detail"),
    [
        ("bb-statements-unseen", "baclofen-benzodiazepine",
         "level not certain: medication statements: the server answered with an error"),
        ("lcm-strength-unknown", "liquid-concentration-mismatch",
         "mL and mg of baclofen not compared: strength per mL not known"),
    ],
)  # fmt: skip
def test_what_was_not_checked_says_of_what_and_why(case: str, check: str, detail: str) -> None:
    assert detail in [one.detail for one in outcome(case, check).not_checked]


@pytest.mark.parametrize(
    ("case", "check", "words"),
    [
        ("ird-infusion-no-date", "itb-refill-due", "pump for intrathecal baclofen"),
        ("ird-order-14", "itb-refill-due", "pump: refill due 24 June 2026 (end of the intrathecal order)"),
    ],
)
def test_what_a_check_looked_at(case: str, check: str, words: str) -> None:
    assert words in outcome(case, check).looked_at


@pytest.mark.parametrize(
    ("case", "check", "words"),
    [
        ("iti-no-devices", "itb-interruption", "baclofen 150 mcg/day (this renewal)"),
        ("bf-well-spread", "baclofen-frequency", "baclofen 5 mg × 3 per day = 15 mg/day (this order)"),
        ("to-no-list", "transition-omission", "baclofen"),
    ],
)
def test_a_drug_as_a_card_shows_it(case: str, check: str, words: str) -> None:
    assert words in outcome(case, check).looked_at


def test_a_switch_is_said_to_be_capped_only_where_it_is() -> None:
    for case, reasons in (
        ("sl-lorazepam", ("taper ordered",)),
        ("sl-alprazolam-6", ("taper ordered", "not above 40 mg/day outside hospital")),
    ):
        (finding,) = outcome(case, "benzo-switch-long-acting").findings
        assert finding.because == reasons


def test_a_lowered_dose_is_about_the_order_and_the_treatment_it_changes() -> None:
    (finding,) = outcome("zt-20-to-14", "benzo-taper-too-fast").findings
    assert finding.about == ("MedicationRequest/d1", "MedicationRequest/m1")
