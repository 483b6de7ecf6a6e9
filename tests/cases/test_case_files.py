"""The case files themselves: each says something, and a slip of the pen is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cases import all_cases, read_cases
from tests.support.render import Variant, render, render_bytes
from tests.support.words import amount, day, ratio, timing

SLIPS = {
    "misspelt key": "exspect = []\npatient = { age = 40 }",
    "misspelt patient key": "expect = []\npatient = { aged = 40 }",
    "unknown indicator": 'expect = [ { check = "x", indicator = "urgent" } ]',
    "unknown prefetch key": 'expect = []\nmissing = [ "meds" ]',
    "no expectation": "patient = { age = 40 }",
    "unknown release": 'expect = []\nreleases = [ "R6" ]',
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_a_case_file_is_an_error_that_names_the_file(slip: str, tmp_path: Path) -> None:
    file = tmp_path / "slip.toml"
    file.write_text(f'[[case]]\nid = "x"\nsays = "x"\n{SLIPS[slip]}\n', "utf-8")
    with pytest.raises(ValueError, match=r"slip\.toml"):
        read_cases(file)


@pytest.mark.parametrize("words", ["three times", "every now and then", "1 per fortnight", "daily-ish"])
def test_words_of_taking_that_are_not_understood_are_errors(words: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        timing(words)


def test_unknown_products_and_concepts_are_errors(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    for line in ('order = [ { drug = "baclofn 10 mg" } ]', 'problem = [ { name = "epilepsie" } ]'):
        file.write_text(f'[[case]]\nid = "x"\nsays = "x"\nexpect = []\n{line}\n', "utf-8")
        [case] = read_cases(file)
        with pytest.raises((ValueError, KeyError)):
            render(case, "R4")


def test_every_case_says_a_claim_and_renders_the_same_twice() -> None:
    for case in all_cases():
        assert len(case.says) > 4, case.id
        for release in case.releases:
            assert render_bytes(case, release) == render_bytes(case, release)


def test_variants_and_releases_really_differ() -> None:
    case = all_cases()[0]
    made = [render_bytes(case, release) for release in case.releases]
    made += [render_bytes(case, "R4", Variant(drug=how)) for how in ("code", "text", "contained", "bundled")]
    assert len(set(made)) == len(made)


def test_the_little_languages_say_what_they_should() -> None:
    from datetime import date

    assert amount("1-2 tablets")[1] == {
        "value": 2,
        "unit": "tablet",
        "system": "http://unitsofmeasure.org",
        "code": "{tablet}",
    }
    assert amount("<0.3 mg/dL")[0]["comparator"] == "<"
    assert amount("2")[0] == {"value": 2}
    assert ratio("4 tablets per 24 h")["denominator"]["value"] == 24
    assert timing("every 4-6 h") == {"repeat": {"frequency": 1, "period": 4, "periodUnit": "h", "periodMax": 6}}
    assert timing("2-3 per day")["repeat"]["frequencyMax"] == 3
    assert day("200 days", date(2026, 6, 10)) == "2025-11-22"
    assert day("in 10 days", date(2026, 6, 10)) == "2026-06-20"
