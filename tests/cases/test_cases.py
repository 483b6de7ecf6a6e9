"""Every case, in every release it can be told in, gives exactly what it expects, and the releases agree."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.cases import Case, all_cases
from tests.support.render import Variant, render_bytes
from tests.support.run import Mismatch, answer_to, findings_of, mismatches, report_on, said_unchecked

CASES = [pytest.param(case, id=case.id) for case in all_cases()]
TALLY = {"cases": 0, "renderings": 0, "mismatches": 0, "differences between releases": 0}


@pytest.fixture(scope="module", autouse=True)
def _summary(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("\ncases in four releases: " + ", ".join(f"{count} {name}" for name, count in TALLY.items()))


@pytest.mark.parametrize("case", CASES)
def test_the_case_gives_exactly_what_it_expects_in_every_release(case: Case) -> None:
    TALLY["cases"] += 1
    wrong: list[Mismatch] = []
    for release in case.releases:
        TALLY["renderings"] += 1
        wrong += mismatches(case, report_on(case, release), release)
    TALLY["mismatches"] += len(wrong)
    assert not wrong, f"{case.says}\n" + "\n".join(f"  {one.release}: {one.what}" for one in wrong)


@pytest.mark.parametrize("case", CASES)
def test_the_releases_agree(case: Case) -> None:
    """Not only on what is expected: on every finding, its values and reasons, and on all that was not checked."""
    reports = {release: report_on(case, release) for release in case.releases}
    told = {
        release: (
            [(f.check, f.indicator, f.wording, dict(f.values), f.because, f.unknown, f.seen) for f in report.findings],
            said_unchecked(report),
        )
        for release, report in reports.items()
    }
    first = told[case.releases[0]]
    different = [release for release, this in told.items() if this != first]
    TALLY["differences between releases"] += len(different)
    assert not different, "\n".join(f"{release}: {told[release]}" for release in [case.releases[0], *different])


@pytest.mark.parametrize("how", ["code", "text", "contained", "bundled"])
def test_a_drug_is_the_same_drug_however_it_is_written(how: str) -> None:
    """As a code alone, as words alone, or as a Medication elsewhere: the same findings at the same level."""
    wrong = []
    for case in all_cases():
        for release in case.releases:
            plain = findings_of(report_on(case, release))
            other = findings_of(report_on(case, release, Variant(drug=how)))
            if other != plain:
                wrong.append(f"{case.id} {release}: {plain} became {other}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("case", CASES)
def test_the_answer_carries_what_the_report_found(case: Case) -> None:
    """Every finding in the extension, every shown one on a card, at most five cards, and the same bytes each time."""
    for release in case.releases:
        body = render_bytes(case, release)
        answer = answer_to(body, case.as_of, case.profile)
        assert answer.status == 200
        assert answer.judged is not None
        assert answer.body == answer_to(body, case.as_of, case.profile).body
        said = json.loads(answer.body)
        cards = said["cards"]
        assert len(cards) <= 5
        if case.cards is not None:
            assert len(cards) == case.cards, [card["summary"] for card in cards]
        report = answer.judged.report
        if "Patient/" in case.user or "RelatedPerson/" in case.user:  # nothing that is meant for clinicians
            assert set(said["extension"]["org.gabaguard.report"]) == {"knowledgeVersion", "asOf"}
            continue
        listed = [finding["check"] for finding in said["extension"]["org.gabaguard.report"].get("findings", [])]
        assert sorted(listed) == sorted(finding.check for finding in report.findings)
        on_cards = {
            finding["check"]
            for card in cards
            for finding in card.get("extension", {}).get("org.gabaguard.findings", [])
        }
        assert {f.check for f in report.findings if f.shown and f.indicator > 0} == on_cards
