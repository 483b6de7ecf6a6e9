"""Every sentence a card is made of is filled: no placeholder lacks a value, and no headline is too long."""

from __future__ import annotations

import string

from cds.knowledge.load import load_knowledge
from cds.knowledge.profiles import profile_ids
from hooks.wording import SUMMARY_LENGTH, fill, plain
from tests.support.cases import all_cases
from tests.support.run import report_on

PARTS = ("headline", "why", "do")


def test_every_finding_of_the_cases_fills_its_wording() -> None:
    missing = set()
    for case in all_cases():
        checks = load_knowledge(case.profile).checks
        for finding in report_on(case, case.releases[-1]).findings:
            words = checks[finding.check].wording[finding.wording]
            for part in PARTS:
                names = {name for _, name, _, _ in string.Formatter().parse(getattr(words, part)) if name}
                missing |= {(case.id, finding.check, finding.wording, name) for name in names - set(finding.values)}
    assert not missing


def test_every_headline_of_the_cases_fits_a_summary() -> None:
    long = []
    for case in all_cases():
        checks = load_knowledge(case.profile).checks
        for finding in report_on(case, case.releases[-1]).findings:
            headline = fill(checks[finding.check].wording[finding.wording].headline, finding.values, plain)
            if len(headline) > SUMMARY_LENGTH:
                long.append((case.id, len(headline), headline))
    assert not long


def test_every_wording_is_said_in_a_case() -> None:
    """A wording that no case brings out has never been read on a card."""
    said = {
        (case.profile, finding.check, finding.wording)
        for case in all_cases()
        for finding in report_on(case, case.releases[-1]).findings
    }
    base = load_knowledge().checks
    written = {("us", check.id, name) for check in base.values() for name in check.wording}
    written |= {
        (profile, check.id, name)
        for profile in profile_ids()
        for check in load_knowledge(profile).checks.values()
        for name, words in check.wording.items()
        if words != base[check.id].wording.get(name)
    }
    assert sorted(written - said) == []
