"""Profiles: only what differs, each with its sources, refused whole when anything is wrong, and laid on once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds.knowledge.files import ROOT, Files
from cds.knowledge.load import KnowledgeFaults, load_knowledge, read_knowledge, seal_knowledge
from cds.knowledge.profiles import profile_ids
from cds.knowledge.seal import NAME
from hooks.cli import cli
from hooks.engine import Engine
from hooks.settings import Settings, SettingsFaults, load_settings
from tests.support.cases import all_cases, case_named
from tests.support.render import render_bytes
from tests.support.run import answer_to


def _differing(name: str, changes: str, evidence: str = '"SMPC-BAC"') -> str:
    return f'[{name}]\ndiffers = "it differs here"\nevidence = [{evidence}]\nwith = {{ {changes} }}\n'


SLIPS = {
    "a check that does not exist": (_differing("checks.no-such-check", "rank = 2"), "no-such-check"),
    "no source": (_differing("checks.benzo-renal", "rank = 99", ""), "checks.benzo-renal.evidence"),
    "an unknown source": (_differing("checks.benzo-renal", "rank = 99", '"NOBODY"'), "'NOBODY' is not in evidence"),
    "no difference": (_differing("checks.benzo-renal", 'id = "benzo-renal"'), "is the same; leave it out"),
    "no such key": (_differing("checks.benzo-renal", "rnk = 99"), "rnk"),
    "no such topic": (_differing("checks.benzo-renal", 'topic = "nonsense"'), "nonsense"),
    "a table that has no profiles": (_differing("arithmetic.kidney", 'unit = "x"'), "kidney"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT, tmp_path / "k", ignore=shutil.ignore_patterns("__pycache__", NAME)))


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_a_profile_is_refused_and_named_whichever_profile_is_asked_for(slip: str, folder: Path) -> None:
    text, named = SLIPS[slip]
    with (folder / "profiles" / "eu.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{text}")
    with pytest.raises(KnowledgeFaults) as refusal:
        read_knowledge(folder)
    assert any((named in fault and "eu" in fault) or named in fault for fault in refusal.value.faults)


def test_a_profile_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(KnowledgeFaults, match="there is no 'mars'"):
        load_knowledge("mars")


def test_the_us_profile_differs_in_nothing_and_is_the_default() -> None:
    assert not load_knowledge().profiles["us"].differences
    assert (load_knowledge().profile, Settings().profile) == ("us", "us")


def test_every_difference_has_sources_that_were_read_and_changes_its_file_only() -> None:
    base, own = load_knowledge(), load_knowledge("eu")
    differences = own.profiles["eu"].differences
    for difference in differences.values():
        assert difference.evidence
        assert all(own.evidence[id].seen != "not-seen" for id in difference.evidence)
    changed = {f"checks/{id}" for id, check in own.checks.items() if check != base.checks[id]}
    changed |= {"arithmetic/benzodiazepine_limits"} if own.limits != base.limits else set()
    changed |= {"arithmetic/benzodiazepine_starts"} if own.starts != base.starts else set()
    assert changed == set(differences)
    assert own.facts == base.facts


@pytest.mark.parametrize("profile", profile_ids())
def test_the_knowledge_version_names_the_profile_and_is_read_once(profile: str) -> None:
    assert load_knowledge(profile).version.endswith(f".{profile}")
    assert load_knowledge(profile) is load_knowledge(profile)


def test_every_difference_is_told_in_a_case_of_its_profile() -> None:
    told = {expected.check for case in all_cases() if case.profile == "eu" for expected in case.expect}
    wanted = {key.removeprefix("checks/") for key in load_knowledge().profiles["eu"].differences if "checks/" in key}
    assert wanted - told <= {"baclofen-abrupt-stop", "patient-counsel"}  # words only


def test_a_sealed_start_lays_the_profile_on_too(folder: Path) -> None:
    before = read_knowledge(folder, profile="eu")
    seal_knowledge(folder)
    assert Files(folder).sealed
    after = read_knowledge(folder, profile="eu")
    assert (after.checks, after.limits, after.starts, after.version) == (
        before.checks,
        before.limits,
        before.starts,
        before.version,
    )


def test_the_setting_chooses_the_profile_and_the_answer_names_it() -> None:
    settings = load_settings({"GABAGUARD_PROFILE": "eu"})
    assert Engine(settings).knowledge is load_knowledge("eu")
    case = case_named("eu-ulcer")
    answers = [json.loads(answer_to(render_bytes(case, "R4"), case.as_of, profile).body) for profile in ("eu", "us")]
    assert [answer["cards"][0]["indicator"] for answer in answers] == ["critical", "info"]
    versions = [answer["extension"]["org.gabaguard.report"]["knowledgeVersion"] for answer in answers]
    assert [version.rpartition(".")[2] for version in versions] == ["eu", "us"]


def test_a_profile_that_is_none_is_a_fault_of_the_settings() -> None:
    with pytest.raises(SettingsFaults, match="GABAGUARD_PROFILE: write eu or us"):
        load_settings({"GABAGUARD_PROFILE": "mars"})


def test_the_terminal_shows_a_check_in_a_profile_and_what_differs() -> None:
    shown = {id: _show("knowledge", "show", "baclofen-max-dose", "--profile", id) for id in profile_ids()}
    assert "80 mg/d  " in shown["us"]
    assert "80 mg/d  " not in shown["eu"]
    assert "60 mg/d  " in shown["eu"]
    assert all("What differs between profiles" in page and "UK-BAC" in page for page in shown.values())
    assert CliRunner().invoke(cli, ["knowledge", "list", "--profile", "mars"]).exit_code == 2


def _show(*words: str) -> str:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0
    return done.output
