"""What must hold between two requests of which one is the other, changed: no expected answers needed.

More drugs never mean fewer findings, a higher dose never a lower level, less data never more reassurance.
"""

from __future__ import annotations

import copy
import random
from functools import lru_cache

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.chart import Coded
from cds.findings import Report
from cds.knowledge.load import load_knowledge
from tests.support.cases import Case, Medicine, all_cases
from tests.support.damage import DAMAGES
from tests.support.render import PLAIN, Variant, render, render_bytes
from tests.support.run import answer_to, report_of
from tests.support.words import products

CASES = list(all_cases())
SYSTEMIC = sorted(
    name
    for name, row in products().items()
    if not row.get("mitigates") and row.get("form") not in ("cream",) and "nobody can look up" not in name
)


def _report(case: Case, release: str = "R4", variant: Variant = PLAIN) -> Report:
    return report_of(render_bytes(case, release, variant), case.as_of)


def _levels(report: Report) -> dict[str, int]:
    levels: dict[str, int] = {}
    for finding in report.findings:
        levels[finding.check] = max(levels.get(finding.check, -1), finding.indicator.value)
    return levels


def _told(report: Report) -> set[str]:
    return {item.check for item in report.not_checked}


@lru_cache(maxsize=512)
def _ingredients(name: str) -> frozenset[str]:
    """What is in a product of the fixtures."""
    words = products().get(name, {}).get("display") or name
    drug = load_knowledge().terminology.recognise_drug(Coded(text=words))
    return frozenset(ingredient.id for ingredient in drug.ingredients)


def _answered_by(name: str) -> set[str]:
    """What more of this drug answers: a benzodiazepine instead of the stopped one, and no first one any more."""
    benzodiazepines = load_knowledge().terminology.ingredients_of_class("benzodiazepine")
    answered = {"benzo-abrupt-stop", "benzo-start-dose-elderly"}
    return answered if _ingredients(name) & set(benzodiazepines) else set()


# What is said of a first start only: who takes one of the class already has heard it.
FIRST_TIME = {check.id for check in load_knowledge().checks.values() if check.only_alone}
cases = st.sampled_from(CASES)


@given(case=cases, name=st.sampled_from(SYSTEMIC), since=st.integers(1, 400))
def test_another_medicine_never_removes_a_finding(case: Case, name: str, since: int) -> None:
    """Apart from rescue drugs, and from another preparation of a drug the case is about (it may be the same use)."""
    if any(_ingredients(name) & _ingredients(one.drug or one.drug_text) for one in [*case.order, *case.takes]):
        return
    more = copy.deepcopy(case)
    more.takes.append(Medicine(drug=name, dose="1", times="1 per day", since=f"{since} days", id="extra"))
    before, after = _levels(_report(case)), _levels(_report(more))
    lost = {check for check in before if check not in after} - _answered_by(name) - FIRST_TIME
    assert not lost, f"{case.id} with {name}: lost {lost}"


@given(case=cases, factor=st.sampled_from([2, 3, 5, 10]))
def test_a_higher_dose_in_the_draft_never_lowers_a_level(case: Case, factor: int) -> None:
    """Only drafts that start something: a stop is worse the higher the running dose, and a reduction is no start."""
    if any(one.status or one.replaces or one.steps or one.also for one in case.order) or case.takes_same_drug():
        return
    higher = copy.deepcopy(case)
    changed = False
    for one in higher.order:
        number, _, unit = one.dose.partition(" ")
        if number.replace(".", "", 1).isdigit():
            one.dose, changed = f"{float(number) * factor:g} {unit}".strip(), True
    if not changed:
        return
    before, after = _levels(_report(case)), _levels(_report(higher))
    lower = {check for check, level in before.items() if after.get(check, -1) < level}
    assert not lower, f"{case.id} x {factor}: lower {lower}"


@given(case=cases, key=st.sampled_from(["medications", "statements", "conditions", "creatinine", "patient"]))
def test_data_left_out_never_turns_a_word_into_silence(case: Case, key: str) -> None:
    """A finding that goes with its data is named as not checked; what was not checked is not checked still."""
    request = DAMAGES["absent"](render(case, "R4"), key)
    if request is None:
        return
    answer = answer_to(msgspec.json.encode(request), case.as_of, case.profile)
    if answer.judged is None:  # refused with a reason
        return
    before, after = _report(case), answer.judged.report
    silent = {check for check in _levels(before) if check not in _levels(after) and check not in _told(after)}
    silent |= {check for check in _told(before) if check not in _levels(after) and check not in _told(after)}
    assert not silent, f"{case.id} without {key}: silent {silent}"


@given(case=cases, seed=st.integers(0, 10_000), release=st.sampled_from(["DSTU2", "STU3", "R4", "R5"]))
def test_the_order_of_entries_means_nothing(case: Case, seed: int, release: str) -> None:
    if release not in case.releases:
        return
    plain, mixed = _report(case, release), _report(case, release, Variant(shuffle=seed))
    assert _levels(plain) == _levels(mixed)
    assert _told(plain) == _told(mixed)


@given(case=cases, seed=st.integers(0, 1000))
def test_the_same_resource_twice_is_one_use(case: Case, seed: int) -> None:
    """A list that tells the same order twice (two pages that overlap) gives the same findings."""
    request = render(case, "R4")
    entries = request["prefetch"].get("medications", {}) or {}
    entries = entries.get("entry", []) if isinstance(entries, dict) else []
    if not entries:
        return
    entries.append(copy.deepcopy(random.Random(seed).choice(entries)))
    request["prefetch"]["medications"]["total"] = len(entries)
    assert _levels(report_of(msgspec.json.encode(request), case.as_of)) == _levels(_report(case))


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in all_cases()[::5]])
def test_the_same_call_gives_the_same_report(case: Case) -> None:
    assert _report(case) == _report(case)
