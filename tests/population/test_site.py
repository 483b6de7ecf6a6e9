"""A replay with a site's settings file: what it takes away, lowers or adds, for whom, and which knowledge it was."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from cds.knowledge.load import load_knowledge
from cds.review import review_of
from hooks.cards import NOT_CHECKED
from hooks.cli import cli
from hooks.population.run import Wanted, replay
from hooks.population.which import which_of
from hooks.reviews import Line, append_review
from hooks.settings import Settings
from tests.population.test_replay import rows, summary, tables
from tests.support.sets import edited
from tests.support.stories import KIDNEY, PAIR, Story

WHY = "Decided by the pharmacy committee"
DOSE, COUNSEL, DRUGS = "baclofen-max-dose", "driving-counsel", "opioid-baclofen"


def run(*words: object, **settings: object) -> Result:
    environment = {f"GABAGUARD_{name.upper()}": str(value) for name, value in settings.items()}
    return CliRunner(env=environment).invoke(cli, [str(word) for word in words])


def failing_kidneys(at: Story) -> None:
    """A critical finding about the kidney."""
    at.egfr(-10, 24)
    at.order("baclofen", 0)


def opioid_and_benzodiazepine(at: Story) -> None:
    """A critical pair."""
    at.order("oxycodone", -30)
    at.order("diazepam", 0, times=2)


def dose_above_the_label(at: Story) -> None:
    """Nine tablets of 10 mg a day: more than 80 mg, whatever a site says."""
    at.egfr(-10, 95)
    at.order("baclofen", 0, times=9)


def dose_above_the_sites(at: Story) -> None:
    """Seven tablets of 10 mg a day: less than 80 mg, more than a site may say."""
    at.egfr(-10, 95)
    at.order("baclofen", 0, times=7)


PATIENTS = (failing_kidneys, opioid_and_benzodiazepine, dose_above_the_label, dose_above_the_sites)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four patients, one order of ours each; their ids say what is special about them."""
    lines = []
    for tell in PATIENTS:
        at = Story(tell.__name__.replace("_", "-"), random.Random(7))
        tell(at)
        lines += [orjson.dumps(one) for one in at.resources]
    path = tmp_path_factory.mktemp("export") / "all.ndjson"
    path.write_bytes(b"\n".join(lines))
    return path


def site(folder: Path, text: str, name: str = "ward") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def otherwise(check: str, what: str) -> str:
    return f'[checks.{check}]\n{what}\nwhy = "{WHY}"\n'


def replayed(export: Path, out: Path, *more: object, **settings: object) -> tuple[Path, str]:
    result = run("replay", export, "--out", out, "--identified", "--processes", 1, *more, **settings)
    assert result.exit_code == 0, result.output
    return out, result.output


def cards(out: Path) -> set[tuple[str, str]]:
    """Patient and check of every card."""
    return {(row["patient"], check) for row in rows(out, "cards") for check in row["checks"].split(" ")}


def changes(path: Path) -> set[tuple[str, str, str]]:
    """Patient, check and change of every line of a table of changes."""
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["patient"], row["check"], row["change"]) for row in csv.DictReader(file)}


def effect(out: Path) -> dict[str, Any]:
    """The effect of the site's file; ``by_check`` by check."""
    found: dict[str, Any] = summary(out)["effect"]
    names = ("hidden", "lowered", "raised", "added", "reads", "gone", "new", "patients", "toned")
    found["by_check"] = {row[0]: dict(zip(names, row[1:], strict=True)) for row in found["by_check"]}
    return found


def test_a_silent_check_takes_its_cards_away_and_is_counted(export: Path, tmp_path: Path) -> None:
    """One critical card less, of one patient, and the report says whose check it was and why; nobody else changes."""
    silent = site(tmp_path, otherwise(PAIR, 'mode = "silent"'))
    plain, _ = replayed(export, tmp_path / "plain")
    out, said = replayed(export, tmp_path / "out", "--site", silent)
    whose = "opioid-and-benzodiazepine"
    assert (whose, PAIR) in cards(plain)
    assert (whose, PAIR) not in cards(out)
    assert {one for one in cards(plain) if one[0] != whose} == {one for one in cards(out) if one[0] != whose}
    found = effect(out)
    assert found["by_check"][PAIR]["hidden"] == found["by_check"][PAIR]["patients"] == found["toned"] == 1
    assert found["cards"] == [summary(plain)["cards"], summary(out)["cards"]]
    assert found["critical"] == [2, 1]
    assert found["deviations"] == [[PAIR, "silent", WHY]]
    assert (whose, PAIR, "lost") in changes(out / "site-changes.csv")
    assert {patient for patient, *_ in changes(out / "site-changes.csv")} == {whose}
    assert "CRITICAL findings hidden or lowered at 1 moments" in said
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Look at these first" in page
    title = load_knowledge().checks[PAIR].title
    assert f"<td>{title}<br><small>{PAIR}</small></td><td>silent</td><td>{WHY}</td>" in page
    assert f"shown as less, with it: {title} (1)." in page


def test_what_there_would_be_without_the_file_is_what_a_replay_without_it_finds(export: Path, tmp_path: Path) -> None:
    """Row by row; and a comparison of the two folders says what the report says."""
    text = otherwise(PAIR, 'mode = "off"') + otherwise(KIDNEY, 'cap = "info"')
    plain, _ = replayed(export, tmp_path / "plain")
    out, _ = replayed(export, tmp_path / "out", "--site", site(tmp_path, text))
    assert tables(out / "without") == tables(plain)
    told, whole = summary(out / "without"), summary(plain)
    assert {name: told[name] for name in whole} == whole
    result = run("replay", "diff", plain, out, "--out", tmp_path / "diff")
    assert result.exit_code == 1, result.output
    assert changes(tmp_path / "diff" / "changes.csv") == changes(out / "site-changes.csv")
    assert run("replay", "diff", plain, out / "without").exit_code == 0


def test_a_cap_lowers_and_hides_nothing(export: Path, tmp_path: Path) -> None:
    """The card stays, as information, and that a critical finding is lowered is said first."""
    out, _ = replayed(export, tmp_path / "out", "--site", site(tmp_path, otherwise(KIDNEY, 'cap = "info"')))
    found = effect(out)
    became = found["by_check"][KIDNEY]
    assert (became["hidden"], became["lowered"], became["gone"]) == (0, 1, 0)
    assert (found["toned"], found["emptied"]) == (1, 0)
    assert ("failing-kidneys", KIDNEY) in cards(out)


def test_a_check_that_is_off_takes_its_information_away_and_nothing_critical(export: Path, tmp_path: Path) -> None:
    """Then the warning is not there: it would teach readers to pass over it."""
    out, said = replayed(export, tmp_path / "out", "--site", site(tmp_path, otherwise(COUNSEL, 'mode = "off"')))
    found = effect(out)
    assert set(found["by_check"]) <= {COUNSEL}
    assert found["toned"] == 0
    assert "CRITICAL" not in said
    assert "No critical finding is hidden or lowered" in (out / "report.html").read_text(encoding="utf-8")


def test_a_number_of_the_site_adds_a_finding(export: Path, tmp_path: Path) -> None:
    """A lower maximum reaches one patient more; the one who was above the label's anyway reads another number."""
    text = otherwise(DOSE, "numbers = { maximum = 60 }")
    out, _ = replayed(export, tmp_path / "out", "--site", site(tmp_path, text))
    found = effect(out)
    assert found["by_check"][DOSE]["added"] == 1
    assert found["deviations"] == [[DOSE, "maximum 60 mg/d (elsewhere 80)", WHY]]
    told = changes(out / "site-changes.csv")
    assert ("dose-above-the-sites", DOSE, "gained") in told
    assert ("dose-above-the-label", DOSE, "text") in told


def test_two_sites_files_and_none_are_held_against_each_other(export: Path, tmp_path: Path) -> None:
    """Directly, by name, through one command; a profile stands for the knowledge as it is."""
    silent = site(tmp_path, otherwise(PAIR, 'mode = "silent"'), "silent")
    capped = site(tmp_path, otherwise(PAIR, 'cap = "info"'), "capped")
    words = ("--source", export, "--processes", 1, "--identified")
    for a, b, change in ((silent, capped, "gained"), ("us", capped, "weaker"), ("us", silent, "lost")):
        out = tmp_path / f"{Path(a).stem}-{b.stem}"
        result = run("replay", "diff", a, b, "--out", out, *words)
        assert result.exit_code == 1, result.output
        told = changes(out / "changes.csv")
        assert ("opioid-and-benzodiazepine", PAIR, change) in told
        assert {patient for patient, *_ in told} == {"opioid-and-benzodiazepine"}
        page = (out / "diff.html").read_text(encoding="utf-8")
        assert "opioid-and-benzodiazepine" in page
        assert f"file {b.name}" in page
    same = run("replay", "diff", silent, silent, "--out", tmp_path / "same", *words)
    assert same.exit_code == 0, same.output


def test_two_processes_and_an_interruption_change_nothing(export: Path, tmp_path: Path) -> None:
    """The site's file travels to the workers; an interrupted replay goes on under the same file, and no other."""
    ward = site(tmp_path, otherwise(PAIR, 'mode = "silent"'))
    one, _ = replayed(export, tmp_path / "one", "--site", ward)
    more = ("replay", export, "--identified", "--site", ward)
    assert run(*more, "--out", tmp_path / "two", "--processes", 2).exit_code == 0
    stopped = Wanted((export,), tmp_path / "three", identified=True, which=which_of(Settings(), site=ward))
    with pytest.raises(KeyboardInterrupt):
        replay(stopped, interrupted_when("writing"))
    other = site(tmp_path, otherwise(PAIR, 'mode = "off"'), "other")
    refused = run("replay", export, "--identified", "--site", other, "--out", tmp_path / "three", "--resume")
    assert (refused.exit_code, "not the same knowledge" in refused.output) == (2, True)
    assert run(*more, "--out", tmp_path / "three", "--resume").exit_code == 0
    for name in ("two", "three"):
        assert tables(one) == tables(tmp_path / name)
        assert tables(one / "without") == tables(tmp_path / name / "without")
        assert effect(one) == effect(tmp_path / name)


def interrupted_when(what: str) -> Callable[[str, int, int], None]:
    def tell(now: str, done: int, of: int) -> None:
        if now == what:
            raise KeyboardInterrupt

    return tell


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (otherwise("no-such-check", 'mode = "off"'), "there is no such check"),
        (otherwise(DOSE, "numbers = { maximum = 400 }"), "write a value from 60 to 80"),
        ('language = "xx"\n', "there is no such file"),
        ("[checks", "is not TOML"),
    ],
)
def test_a_file_that_the_service_would_refuse_is_refused(export: Path, tmp_path: Path, text: str, told: str) -> None:
    """With the very words, and nothing is begun."""
    result = run("replay", export, "--out", tmp_path / "out", "--site", site(tmp_path, text))
    assert result.exit_code == 2
    assert told in result.output
    assert "ward.toml" in result.output or "xx.toml" in result.output
    assert not (tmp_path / "out").exists()


def test_the_report_says_which_knowledge_profile_and_site_it_was(export: Path, tmp_path: Path) -> None:
    """Whoever reads the numbers in a year knows what they are of."""
    out, said = replayed(export, tmp_path / "out", "--profile", "eu")
    version = load_knowledge("eu").version
    page = (out / "report.html").read_text(encoding="utf-8")
    for words in (version, "shipped with gabaguard", "profile eu", "no site's file"):
        assert words in page.replace("&#39;", "'")
        assert words in " ".join(said.split())
    named, _ = replayed(export, tmp_path / "named", "--site", site(tmp_path, otherwise(PAIR, 'mode = "silent"')))
    assert "site's file ward.toml" in (named / "report.html").read_text(encoding="utf-8").replace("&#39;", "'")
    assert summary(named)["knowledge"].startswith(f"{load_knowledge().version}+ward-")


def test_the_chosen_set_is_replayed_unless_another_is_named(export: Path, tmp_path: Path) -> None:
    """What the service at this site would answer with: 80 mg a day became 65 in the set that was chosen."""
    folder = edited(tmp_path / "set", ("checks/baclofen-max-dose.toml", "value = 80", "value = 65"))
    home = tmp_path / "home"
    chosen = run("knowledge", "use", folder, "--wait", 0, knowledge=home)
    assert chosen.exit_code == 0, chosen.output
    out, said = replayed(export, tmp_path / "out", knowledge=home)
    assert ("dose-above-the-sites", DOSE) in cards(out)
    assert "chosen here: " in said
    shipped, _ = replayed(export, tmp_path / "shipped", "--knowledge", Path("cds/knowledge").resolve(), knowledge=home)
    assert ("dose-above-the-sites", DOSE) not in cards(shipped)
    kept = home / "sets" / json.loads((home / "chosen.json").read_bytes())["name"]
    edit(kept / "checks" / "baclofen-max-dose.toml", "value = 65", "value = 66")
    spoilt = run("replay", export, "--out", tmp_path / "spoilt", knowledge=home)
    assert spoilt.exit_code == 2
    assert "differs from what was examined" in spoilt.output


def test_a_site_that_waits_for_reviews_is_silent_but_for_what_was_reviewed(export: Path, tmp_path: Path) -> None:
    """As the service would be; and the report counts the reviews that hold."""
    waiting = site(tmp_path, "require_review = true\n")
    record = tmp_path / "reviews.jsonl"
    known = load_knowledge()
    review = review_of(known.checks[PAIR], known, by="Ada Planted", credential="PharmD, made up", on=date(2026, 6, 10))
    append_review(str(record), Line(PAIR, known.version, review))
    out, said = replayed(export, tmp_path / "out", "--site", waiting, reviews=record)
    assert {check for _, check in cards(out)} <= {PAIR, NOT_CHECKED}
    assert ("opioid-and-benzodiazepine", PAIR) in cards(out)
    assert f"{len(known.checks) - 1} checks are silent because no review of them holds" in " ".join(said.split())
    assert f"hold for 1 of {len(known.checks)} checks" in (out / "report.html").read_text(encoding="utf-8")
    plain, _ = replayed(export, tmp_path / "plain")
    assert "have not been reviewed" in (plain / "report.html").read_text(encoding="utf-8")


def test_a_language_alone_changes_no_card_but_its_words(export: Path, tmp_path: Path) -> None:
    """With and without the site's file the cards are in its language, so that only what it decides is counted."""
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "de.toml").write_text('[frame]\nwhy = "Warum"\n', encoding="utf-8")
    german = site(tmp_path, 'language = "de"\n')
    out, said = replayed(export, tmp_path / "out", "--site", german, languages=tmp_path / "words")
    assert effect(out)["by_check"] == {}
    assert "in the language 'de'" in said
    plain, _ = replayed(export, tmp_path / "plain")
    there, here = ({row["words"] for row in rows(one, "cards") if row["topic"] != NOT_CHECKED} for one in (plain, out))
    assert there
    assert there.isdisjoint(here)


def test_recorded_calls_are_judged_with_and_without_the_file(tmp_path: Path) -> None:
    """The same comparison over calls."""
    requests = Path(__file__).resolve().parents[2] / "fixtures" / "requests"
    text = otherwise(DRUGS, 'mode = "silent"')
    more = ("--as-of", "2026-06-10", "--identified", "--processes", 1)
    results = []
    for name, site_of in (("plain", ()), ("out", ("--site", site(tmp_path, text)))):
        result = run("replay", requests, "--out", tmp_path / name, *more, *site_of)
        assert result.exit_code in (0, 1), result.output
        results.append(tmp_path / name)
    plain, out = results
    assert effect(out)["by_check"][DRUGS]["hidden"] > 0
    assert not any(DRUGS in row["checks"].split(" ") for row in rows(out, "cards"))
    assert tables(out / "without") == tables(plain)


def test_a_call_that_is_refused_where_a_check_is_silent_is_told(tmp_path: Path) -> None:
    """Oxycodone and alprazolam without any chart: answered on the orders alone, or not at all."""
    call = Path(__file__).resolve().parents[2] / "fixtures" / "requests" / "basket-without-chart.json"
    silent = site(tmp_path, otherwise(PAIR, 'mode = "silent"'))
    result = run("replay", call, "--out", tmp_path / "out", "--site", silent, "--processes", 1)
    assert result.exit_code == 1, result.output
    assert "1 recorded calls without data are refused (412)" in " ".join(result.output.split())
    assert len(rows(tmp_path / "out", "calls")) == 0
    assert len(rows(tmp_path / "out" / "without", "calls")) == 1
    assert b"412" in (tmp_path / "out" / "rejected.ndjson").read_bytes()
