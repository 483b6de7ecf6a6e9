"""On which hooks a check is shown: what can be critical is shown wherever it can be true."""

from __future__ import annotations

import pytest

from cds.findings import Indicator
from cds.knowledge.load import load_knowledge
from cds.knowledge.model import Check
from cds.knowledge.profiles import profile_ids
from hooks.services import catalogue

HOOKS = {service.hook for service in catalogue().values()}
CHECKS = load_knowledge().checks
EVERYWHERE = {f"{name}-{check.id}": check for name in profile_ids() for check in load_knowledge(name).checks.values()}
# About something that only these hooks can bring.
ONLY = {"transition-omission": {"encounter-discharge"}, "supply-gap": {"medication-refill", "patient-view"}}

# Told when a drug is new to the patient: no refill is.
AT_THE_START = {"driving-counsel", "patient-counsel"}


def _levels(check: Check) -> set[Indicator]:
    levels = {check.levels.base, *(shift.to for shift in check.levels.raised)}
    levels |= {band.to for band in check.bands} | {pairing.to for pairing in check.pairings}
    return levels | {risk.to for risk in getattr(check, "risks", ())}


@pytest.mark.parametrize("check", EVERYWHERE.values(), ids=list(EVERYWHERE))
def test_what_can_be_critical_names_every_hook(check: Check) -> None:
    """A critical finding is always on a card, whichever hook brought it out."""
    if Indicator.CRITICAL in _levels(check) and check.id not in ONLY:
        assert set(check.hooks) == HOOKS


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: check.id)
def test_what_is_shown_at_signing_is_shown_at_a_refill(check: Check) -> None:
    """A refill is a renewal that is signed."""
    if "order-sign" in check.hooks and check.id not in AT_THE_START:
        assert "medication-refill" in check.hooks


def test_an_opened_chart_shows_less_than_critical_only_for_what_is_due() -> None:
    lower = {check.id for check in CHECKS.values() if check.view_from < Indicator.CRITICAL}
    due = {"itb-interruption", "itb-refill-due", "supply-gap", "baclofen-renal-worsening", "tolerance-review"}
    due |= {"benzo-lft-monitoring"}
    assert lower == due  # and none is an order
