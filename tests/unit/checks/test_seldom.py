"""Corners of the checks that hold for few patients, or guard against a slip of ours."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from cds.case import Requested, When
from cds.chart import Coded, Coding, ProcedureFact
from cds.checks import registry
from cds.checks.settled import settled
from cds.findings import Finding, Indicator, Outcome
from cds.knowledge.load import load_knowledge
from cds.person import requested
from cds.screen import screen
from cds.view import View, day
from tests.unit.reconcile.facts import BACLOFEN, build, draft, taking, terminology

KNOWLEDGE = load_knowledge()
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"


def test_a_check_or_a_fact_has_one_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "CHECKS", {"twice": None})
    monkeypatch.setattr(registry, "FACTS", {"twice": None})
    for register in (registry.check, registry.fact):
        with pytest.raises(ValueError, match="'twice' is registered twice"):
            register("twice")(lambda *_: None)  # type: ignore[arg-type, return-value]


def test_a_review_that_is_ordered_answers_only_the_findings_that_ask_for_one() -> None:
    case = build(draft(BACLOFEN, dosages=(taking(1, 3),)))
    asked = Requested(words=(KNOWLEDGE.orderables["review"].text,))
    view = View(msgspec.structs.replace(case, requested=(asked,)), KNOWLEDGE, "order-sign")
    check = KNOWLEDGE.checks["benzo-duration"]
    told = {
        wording: settled(
            view, check, Outcome(check.id, (Finding(check.id, Indicator.WARNING, wording, {}, (), ()),), why="4 months")
        )
        for wording in ("long", "default")
    }
    assert [told[wording].findings[0].indicator for wording in told] == [Indicator.INFO, Indicator.WARNING]
    assert {outcome.why for outcome in told.values()} == {"4 months"}


@pytest.mark.parametrize(
    ("ordered", "said"),
    [
        ("38483-4", "what it would ask for is being ordered"),  # creatinine in blood: a creatinine by another code
        ("24323-8", "what it would ask for is being ordered"),  # a panel that holds it
        ("29463-7", ""),  # a weight
    ],
)
def test_a_creatinine_by_any_code_answers_what_asks_for_one_and_nothing_else_does(ordered: str, said: str) -> None:
    fact = ProcedureFact("ServiceRequest", "s1", "x", Coded((Coding(LOINC, ordered, ""),)), "draft", draft=True)
    asked = requested([fact], terminology())
    view = View(msgspec.structs.replace(build(draft(BACLOFEN)), requested=asked), KNOWLEDGE, "order-sign")
    check = KNOWLEDGE.checks["nephrotoxic-nsaid-baclofen"]
    rule = next(rule for rule in check.proposals if rule.item == "creatinine")
    note = Finding(check.id, Indicator.INFO, next(iter(rule.wordings), "default"), {}, (), ())
    told = settled(view, check, Outcome(check.id, (note,), why="beside a drug that harms the kidney"))
    assert (told.findings, told.why) == (((), said) if said else ((note,), "beside a drug that harms the kidney"))


def test_a_concentration_that_rounds_to_nothing_fails_no_check() -> None:
    drug = Coded((Coding(RXNORM, "", "baclofen 5 mg/mL oral suspension"),), "baclofen 0.0000001 mg/mL oral solution")
    case = build(msgspec.structs.replace(draft(BACLOFEN, dosages=(taking(1, 3),)), drug=drug))
    report = screen(case, KNOWLEDGE, "order-sign")
    (outcome,) = [one for one in report.outcomes if one.check == "liquid-concentration-mismatch"]
    assert outcome.failed is None
    assert "named both as 0 mg/mL and as 5 mg/mL" in case.orders[0].drug.conflict


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 6, 3), date(2026, 6, 3), "3 June 2026"),
        (date(2026, 6, 1), date(2026, 6, 30), "June 2026"),
        (date(2026, 5, 1), date(2026, 5, 31), "May 2026"),
        (date(2026, 1, 1), date(2026, 12, 31), "2026"),
    ],
)
def test_a_date_is_shown_as_exactly_as_it_is_known(first: date, last: date, words: str) -> None:
    assert day(When(first, last)) == words
