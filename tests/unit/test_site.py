"""What a site may have otherwise, what it may not, and what becomes of an answer."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
import pytest

from cds.findings import Indicator
from cds.knowledge.load import load_knowledge
from cds.knowledge.model import Knowledge, Number
from cds.site import CheckAt, Mode, Site, laid_over, site_faults
from hooks.engine import Engine
from hooks.respond import Answer, respond
from hooks.services import service_for_hook
from hooks.settings import Settings
from tests.support.cases import Case, all_cases, case_named
from tests.support.mutate import step
from tests.support.render import render, render_bytes
from tests.support.run import report_on

WHY = "Decided by the pharmacy committee"
BOUNDED = [
    pytest.param(check.id, name, number, id=f"{check.id}.{name}")
    for check in load_knowledge().checks.values()
    for name, number in check.numbers.items()
    if number.site is not None
]


def with_number(check: str, name: str, value: float) -> Site:
    return Site("here", {check: CheckAt(WHY, numbers={name: value})})


def answered(case: Case, **at: Any) -> Answer:
    """The answer to a case at a site that has one check otherwise."""
    check = at.pop("check")
    knowledge = laid_over(load_knowledge(), Site("here", {check: CheckAt(WHY, **at)}))
    service = service_for_hook(case.hook)
    assert service is not None
    engine = Engine(Settings(as_of=case.as_of), knowledge)
    return respond(render_bytes(case, "R4"), service, engine)


def told(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(answer.body)
    return found


def shown(answer: Answer) -> dict[str, str]:
    """Check -> indicator of everything on cards."""
    return {
        finding["check"]: finding["indicator"]
        for card in told(answer)["cards"]
        for finding in card.get("extension", {}).get("org.gabaguard.findings", [])
    }


def report(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = told(answer)["extension"]["org.gabaguard.report"]
    return found


# -- bounds ----------------------------------------------------------------------------------------------------------


def test_the_knowledge_says_of_some_numbers_that_sites_may_set_them() -> None:
    assert len(BOUNDED) >= 10


@pytest.mark.parametrize(("check", "name", "number"), BOUNDED)
def test_a_number_may_be_set_at_its_bounds_and_not_beyond(check: str, name: str, number: Number) -> None:
    bounds = number.site
    assert bounds is not None
    by = step(number.value)
    for value in (bounds.low, bounds.high):
        assert list(site_faults(with_number(check, name, value), load_knowledge())) == []
    for value in (bounds.low - by, bounds.high + by):
        (fault,) = site_faults(with_number(check, name, value), load_knowledge())
        assert fault.startswith(f"checks.{check}.numbers.{name}: write a value from {bounds.low:g} to {bounds.high:g}")
        assert bounds.why in fault


@pytest.mark.parametrize(("check", "name", "number"), BOUNDED)
def test_a_published_number_may_only_be_made_more_careful(check: str, name: str, number: Number) -> None:
    """One bound is the number itself; only house rules and lookbacks move both ways."""
    assert number.site is not None
    assert number.basis != "published" or number.value in (number.site.low, number.site.high)


@pytest.mark.parametrize(
    ("site", "said"),
    [
        (Site("x", {"no-such": CheckAt(WHY, Mode.OFF)}), "checks.no-such: there is no such check"),
        (with_number("baclofen-max-dose", "absolute", 90), "is the same everywhere"),
        (with_number("baclofen-max-dose", "none", 90), "there is no such number; a site may set maximum"),
        (with_number("opioid-baclofen", "none", 90), "a site may set none of this check"),
        (Site("x", {"baclofen-max-dose": CheckAt(WHY)}), "says nothing but why"),
        (Site("x", {"baclofen-max-dose": CheckAt(WHY, Mode.OFF, Indicator.INFO)}), "is off, so cap"),
        (Site("x", labels={"none": "text"}), "labels.none: there is no such override reason"),
    ],
)
def test_what_the_knowledge_does_not_know_or_allow_is_a_fault(site: Site, said: str) -> None:
    (fault,) = site_faults(site, load_knowledge())
    assert said in fault


# -- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dose", "speaks"), [("19.5 mg", False), ("20 mg", False), ("20.5 mg", True), ("27 mg", True)])
def test_a_limit_of_the_site_counts_and_the_card_says_whose_it_is(dose: str, speaks: bool) -> None:
    """60 mg a day instead of 80: just below, at and above it, three times a day."""
    usual = case_named("md-81")
    case = msgspec.structs.replace(usual, order=[msgspec.structs.replace(usual.order[0], dose=dose)])
    site = with_number("baclofen-max-dose", "maximum", 60)
    service = service_for_hook(case.hook)
    assert service is not None
    engine = Engine(Settings(as_of=case.as_of), laid_over(load_knowledge(), site))
    answer = respond(orjson.dumps(render(case, "R4")), service, engine)
    assert ("baclofen-max-dose" in shown(answer)) is speaks
    details = "".join(card["detail"] for card in told(answer)["cards"])
    assert ("Set at this site: maximum 60 (elsewhere 80) mg/d" in details) is speaks
    assert ("above the maximum of 60 mg/day" in answer.body.decode()) is speaks


def test_a_silent_check_is_asked_and_kept_and_not_shown() -> None:
    case = case_named("rd-50-20-mg")
    loud = answered(case, check="baclofen-renal-dose", cap=Indicator.WARNING)
    assert "baclofen-renal-dose" in shown(loud)
    answer = answered(case, check="baclofen-renal-dose", mode=Mode.SILENT)
    assert "baclofen-renal-dose" not in answer.body.decode().replace('"silent":["baclofen-renal-dose"]', "")
    assert report(answer)["site"] == {"silent": ["baclofen-renal-dose"]}
    assert answer.judged is not None
    kept = [finding for finding in answer.judged.report.findings if finding.check == "baclofen-renal-dose"]
    assert [(finding.shown, finding.silenced) for finding in kept] == [(False, True)]
    assert shown(answer) == {check: level for check, level in shown(loud).items() if check != "baclofen-renal-dose"}


def test_a_silent_check_does_not_silence_what_is_shown_only_alone() -> None:
    """Counselling is left out beside a louder card; beside one that nobody sees it is not."""
    case = case_named("bp-one")
    assert set(shown(answered(case, check="baclofen-renal-unknown", cap=Indicator.WARNING))) == {
        "baclofen-renal-unknown"
    }
    assert "patient-counsel" in shown(answered(case, check="baclofen-renal-unknown", mode=Mode.SILENT))


def test_a_check_that_is_off_is_not_asked_and_the_answer_says_so() -> None:
    answer = answered(case_named("rd-50-20-mg"), check="baclofen-renal-dose", mode=Mode.OFF)
    assert report(answer)["site"] == {"off": ["baclofen-renal-dose"]}
    assert answer.judged is not None
    (outcome,) = [one for one in answer.judged.report.outcomes if one.check == "baclofen-renal-dose"]
    assert (outcome.mode, outcome.findings, outcome.why) == ("off", (), "not asked: it is off at this site")


@pytest.mark.parametrize("cap", [Indicator.INFO, Indicator.WARNING])
def test_a_check_is_shown_no_higher_than_its_cap_and_says_why(cap: Indicator) -> None:
    case = case_named("suggest-last-resort")
    usual = answered(case, check="driving-counsel", mode=Mode.OFF)
    assert shown(usual)["baclofen-renal-dose"] == "critical"
    answer = answered(case, check="baclofen-renal-dose", cap=cap)
    assert shown(answer)["baclofen-renal-dose"] == cap.code
    assert f"at this site at most {cap.code}" in answer.body.decode()


def test_a_capped_danger_is_no_danger_of_an_opened_chart_and_is_told_as_capped_wherever_it_is_told() -> None:
    """When a chart is opened only what is critical is shown; what this site shows as a warning is not."""
    case = case_named("hv-kidney")
    usual = answered(case, check="driving-counsel", mode=Mode.OFF)
    (check,) = {check for check, level in shown(usual).items() if level == "critical"}
    answer = answered(case, check=check, cap=Indicator.WARNING)
    assert check not in shown(answer)
    assert {one["indicator"] for one in report(answer)["findings"] if one["check"] == check} == {"warning"}


def test_a_cap_above_the_finding_changes_nothing_but_the_version() -> None:
    case = case_named("rd-50-20-mg")
    one = answered(case, check="baclofen-renal-dose", cap=Indicator.WARNING)
    other = answered(case, check="itb-unit-slip", cap=Indicator.WARNING)
    assert shown(one) == shown(other)
    assert report(one)["knowledgeVersion"] != report(other)["knowledgeVersion"]


def test_an_override_reason_is_called_what_the_site_calls_it_under_its_own_code() -> None:
    site = Site("here", labels={"nephrologist-plan": "Nephrology agrees"})
    case = case_named("rd-50-20-mg")
    service = service_for_hook(case.hook)
    assert service is not None
    engine = Engine(Settings(as_of=case.as_of), laid_over(load_knowledge(), site))
    body = orjson.loads(respond(render_bytes(case, "R4"), service, engine).body)
    reasons = [reason for card in body["cards"] for reason in card.get("overrideReasons", [])]
    (mine,) = {(one["code"], one["display"]) for one in reasons if one["code"] == "nephrologist-plan"}
    assert mine[1] == "Nephrology agrees"


def test_the_version_names_what_changes_answers_and_not_why() -> None:
    again = laid_over(load_knowledge(), Site("here", select_minutes=30))
    assert again.version != laid_over(load_knowledge(), Site("here")).version
    one, other = (laid_over(load_knowledge(), Site("here", {"falls-elderly": CheckAt(why, Mode.OFF)})) for why in "ab")
    louder = laid_over(load_knowledge(), Site("here", {"falls-elderly": CheckAt("a", Mode.SILENT)}))
    assert one.version == other.version != louder.version
    assert one.version.startswith(f"{load_knowledge().version}+here-")


def test_a_call_without_data_is_refused_though_something_was_found_in_silence() -> None:
    """An answer without cards would look like one that had seen the patient's data."""
    case = case_named("md-101")
    request = {name: value for name, value in render(case, "R4").items() if name != "prefetch"}
    service = service_for_hook(case.hook)
    assert service is not None
    loud = respond(orjson.dumps(request), service, Engine(Settings(as_of=case.as_of), load_knowledge()))
    assert loud.status == 200
    silent = Site("here", {id: CheckAt(WHY, Mode.SILENT) for id in load_knowledge().checks})
    engine = Engine(Settings(as_of=case.as_of), laid_over(load_knowledge(), silent))
    assert respond(orjson.dumps(request), service, engine).status == 412


@pytest.mark.parametrize(("check", "name", "number"), BOUNDED)
def test_a_number_set_at_a_site_changes_what_somebody_is_told(check: str, name: str, number: Number) -> None:
    """At each bound that is not the usual value some case ends otherwise; at the usual value none does."""
    assert number.site is not None
    known = load_knowledge()
    mine = [case for case in all_cases() if case.profile == "us" and "R4" in case.releases and _about(case, check)]
    for value in {number.site.low, number.site.high, number.value}:
        there = laid_over(known, with_number(check, name, value))
        differs = any(_findings(case, there) != _findings(case, known) for case in mine)
        assert differs is (value != number.value), value


def _about(case: Case, check: str) -> bool:
    return check in (case.about or ()) or any(expected.check == check for expected in case.expect)


def _findings(case: Case, knowledge: Knowledge) -> list[tuple[str, Indicator, str, bool]]:
    found = report_on(case, "R4", knowledge=knowledge).findings
    return [(finding.check, finding.indicator, finding.wording, finding.shown) for finding in found]
