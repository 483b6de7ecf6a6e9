"""Which sets may be served, and that nothing of the old set is left in what the new one answers."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from cds.arithmetic.rules import SHIPPED as SHIPPED_TABLES
from cds.arithmetic.rules import numbers, table, using
from cds.knowledge.load import KnowledgeFaults
from cds.knowledge.model import Knowledge
from hooks.engine import Engine, served_knowledge
from hooks.knowledge.current import Current
from hooks.knowledge.examine import read_whole
from hooks.knowledge.follow import Follower
from hooks.knowledge.home import SHIPPED, Home
from hooks.knowledge.use import use
from hooks.settings import Settings
from tests.support.sets import AS_OF, SEEN, answers, copied, edited

NEW_CHECK = "brand-new-check"


def _settings(tmp_path: Path) -> Settings:
    return Settings(as_of=AS_OF, knowledge=str(tmp_path / "home"))


def _cut(folder: Path) -> None:
    path = folder / "checks" / "opioid-benzodiazepine.toml"
    path.write_bytes(path.read_bytes()[:700])


def _emptied(folder: Path) -> None:
    (folder / "drugs" / "ingredients.tsv").write_bytes(b"")


def _without_its_last_row(folder: Path) -> None:
    path = folder / "drugs" / "ingredients.tsv"
    path.write_bytes(path.read_bytes().rstrip(b"\n").rpartition(b"\n")[0] + b"\n")


def _with_a_check_of_another_version(folder: Path) -> None:
    text = (folder / "checks" / "baclofen-renal-dose.toml").read_text(encoding="utf-8")
    text = text.replace('id = "baclofen-renal-dose"', f'id = "{NEW_CHECK}"')
    (folder / "checks" / f"{NEW_CHECK}.toml").write_text(text, encoding="utf-8")


def _without_a_check(folder: Path) -> None:
    (folder / "checks" / "driving-counsel.toml").unlink()


def _edit(name: str, old: str, new: str) -> object:
    def edit(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


BAD = {
    "a canary that is silent": (
        _edit("checks/opioid-benzodiazepine.toml", 'base = "critical"', 'base = "warning"'),
        "canary 'triple' (us)",
    ),
    "a fault of the schema": (
        _edit("checks/baclofen-renal-dose.toml", 'basis = "mixed"', 'basis = "hearsay"'),
        "checks/baclofen-renal-dose.toml: basis",
    ),
    "a file cut short": (_cut, "checks/opioid-benzodiazepine.toml: is not TOML"),
    "a file emptied": (_emptied, "cannot be read"),
    "a row lost": (_without_its_last_row, "drugs/ingredients.tsv: "),
    "a function this code does not have": (_with_a_check_of_another_version, f"checks/{NEW_CHECK}.toml: kind"),
    "a check this code asks for is not there": (_without_a_check, "checks: 'driving-counsel' is missing"),
    "a number this code computes with is not there": (
        _edit("checks/baclofen-renal-dose.toml", "[numbers.reduced]", "[numbers.lessened]"),
        "checks/baclofen-renal-dose.toml: numbers: 'reduced' is missing",
    ),
    "a number in another unit": (
        _edit("arithmetic/kidney.toml", 'unit = "mg/dL"', 'unit = "umol/L"'),
        "this version computes in 'mg/dL'",
    ),
    "another vocabulary of directions": (
        _edit("arithmetic/directions.toml", "value = 100", "value = 90"),
        "arithmetic/directions.toml: differs",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_what_must_not_be_served_is_refused_and_leaves_the_old(tmp_path: Path, what: str) -> None:
    spoil, says = BAD[what]
    settings = _settings(tmp_path)
    spoil(folder := copied(tmp_path / "set"))  # type: ignore[operator]
    with pytest.raises(KnowledgeFaults) as refusal:
        use(str(folder), settings)
    assert says in str(refusal.value)
    home = Home(Path(settings.knowledge))
    assert home.choice().name == SHIPPED
    assert home.names() == [SHIPPED]


def test_a_folder_without_knowledge_and_a_previous_that_is_not_there_are_refused(tmp_path: Path) -> None:
    for wanted in (str(tmp_path), "previous", "2020-01-01+000000000000"):
        with pytest.raises(KnowledgeFaults):
            use(wanted, _settings(tmp_path))


def _one_more(found: re.Match[str]) -> str:
    return f"value = {int(found[1]) + 1}"


def _a_quarter_more(found: re.Match[str]) -> str:
    return f"{found[1]} = {float(found[2]) * 1.25:.4g}"


def _altered(folder: Path) -> Path:
    """A set in which every number of the arithmetic, and something of each other kind, is another."""
    edited(folder, *SEEN)
    for path in (folder / "arithmetic").glob("*.toml"):
        if path.stem not in ("directions", "tablets"):
            text = re.sub(r"^value = (\d+)$", _one_more, path.read_text(), flags=re.M)
            path.write_text(re.sub(r"^(\w+) = (\d+\.\d+)$", _a_quarter_more, text, flags=re.M))
    tablets = folder / "arithmetic" / "tablets.toml"
    tablets.write_text(tablets.read_text().replace("halved = [", "halved = [0.75, "))
    equivalents = folder / "arithmetic" / "benzodiazepines.toml"
    equivalents.write_text(
        equivalents.read_text().replace("[1, 1]", "[1.5, 1.5]").replace("[0.5, 0.5]", "[0.75, 0.75]")
    )
    return folder


def _kept(home: Home, folder: Path) -> Knowledge:
    """Keep and choose a set whatever the canaries say of it."""
    with home.lock():
        found, files = read_whole(half := home.copy(folder))
        files.seal()
        home.choose(home.keep(half, folder, found["us"].version), SHIPPED)
    return found["us"]


def test_a_switched_engine_answers_as_a_fresh_process_does_and_after_the_way_back_too(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    home = Home(Path(settings.knowledge))
    shipped = Engine(settings)
    before = answers(shipped)
    knowledge = _kept(home, _altered(tmp_path / "set"))
    fresh = subprocess.run(
        [sys.executable, "-c", "from tests.support.sets import main; main()", str(home.root)],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        check=True,
        text=True,
    )
    switched = shipped.with_knowledge(home.load(home.choice().name, "us"))
    assert switched.knowledge.version == knowledge.version
    after = answers(switched)
    assert after == json.loads(fresh.stdout)
    changed = {name for name in before if after[name] != before[name]}
    assert {"taper diazepam", "taper alprazolam", "sandbox triple"} <= changed, changed
    assert answers(shipped) == before


def test_all_numbers_and_tables_are_those_of_the_set_in_use(tmp_path: Path) -> None:
    other = read_whole(_altered(tmp_path / "set"))[0]["us"].tables
    for name in ("kidney", "exposure", "taper", "weight", "opioids", "tablets", "benzodiazepines"):
        with using(other):
            assert table(name) is other.files[name]
            if "numbers" in table(name):
                assert all(numbers(name)[key] != value for key, value in SHIPPED_TABLES.numbers[name].items())
        assert table(name) == SHIPPED_TABLES.files[name] != other.files[name]


def test_a_worker_switches_and_keeps_the_old_when_the_chosen_set_was_damaged(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    home = Home(Path(settings.knowledge))
    current = Current(Engine(settings))
    follower = Follower(current, home, home.wanted())
    used = use(str(edited(tmp_path / "set", *SEEN)), settings)
    follower.look()
    assert (current.engine.knowledge.version, current.refused) == (used.version, None)
    use("previous", settings)
    follower.look()
    shipped = current.engine.knowledge.version
    assert shipped == served_knowledge(settings).version != used.version
    path = home.folder(used.choice.name) / "facts.toml"
    path.write_bytes(path.read_bytes() + b"# \n")
    with home.lock():
        home.choose(used.choice.name, SHIPPED)
    follower.look()
    assert current.engine.knowledge.version == shipped
    assert current.refused is not None
    assert "facts.toml: differs" in current.refused.faults[0]
    with pytest.raises(KnowledgeFaults, match=r"facts\.toml: differs"):
        served_knowledge(settings)  # nor does a start take another in its place
    use(str(tmp_path / "set"), settings)  # the same content again puts a whole copy in the place of the damaged one
    follower.look()
    assert (current.engine.knowledge.version, current.refused) == (used.version, None)


def test_a_choice_that_cannot_be_read_is_not_guessed(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "chosen.json").write_bytes(b'{"name": "ship')
    with pytest.raises(KnowledgeFaults, match="cannot be read"):
        served_knowledge(settings)
    assert use("shipped", settings).before == "?"
    served_knowledge(settings)


def test_a_set_that_does_not_allow_what_a_site_asks_for_is_refused(tmp_path: Path) -> None:
    (sites := tmp_path / "sites").mkdir()
    (sites / "default.toml").write_text('[checks.no-such-check]\nmode = "off"\nwhy = "for a try"\n', encoding="utf-8")
    settings = msgspec.structs.replace(_settings(tmp_path), sites=str(sites))
    with pytest.raises(KnowledgeFaults, match="no-such-check"):
        use("shipped", settings)


def test_canaries_that_fall_silent_are_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = _settings(tmp_path)
    known = Engine(settings).knowledge
    mute = msgspec.structs.replace(known, by_ingredient={})
    follower = Follower(Current(Engine(settings, mute)), Home(Path(settings.knowledge)), b"")
    follower.listen()
    follower.listen()
    (line,) = [one for one in capsys.readouterr().err.splitlines() if "canaries are silent" in one]
    assert "kidney" in json.loads(line)["names"]


# How far the command has come, by what is there: it is killed as soon as that is seen.
STAGES = ("lock", "sets/.half-*", "sets/.half-*/.seal", "sets/.half-*/.installed", "sets/2*", "chosen.json")


def test_a_command_killed_at_any_stage_leaves_old_or_new(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    set_ = edited(tmp_path / "set", *SEEN)
    old, new = Engine(settings).knowledge.version, read_whole(set_)[0]["us"].version
    home = Home(Path(settings.knowledge))
    for stage in STAGES:
        _kill_at(stage, home.root, set_)
        chosen = (home.root / "chosen.json").exists()
        assert served_knowledge(settings).version == (new if chosen else old), stage
        with home.lock():  # it is free
            assert not list((home.root / "sets").glob(".half-*")), "what was half-written is swept away"
        shutil.rmtree(home.root)
    assert use(str(set_), settings).version == new


def _kill_at(stage: str, home: Path, set_: Path) -> None:
    command = subprocess.Popen(
        [sys.executable, "-c", f"from hooks.cli import cli; cli(['knowledge', 'use', {str(set_)!r}])"],
        cwd=Path(__file__).resolve().parents[2],
        env=os.environ | {"GABAGUARD_KNOWLEDGE": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 60
    while not any(home.glob(stage)) and command.poll() is None and time.monotonic() < end:
        time.sleep(0.0005)
    command.send_signal(signal.SIGKILL)
    command.wait()
