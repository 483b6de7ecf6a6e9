"""A replay that was interrupted goes on: no row is lost, none doubled, and another replay cannot go on with it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from hooks.population.gather import CannotReplayError
from hooks.population.job import WORK
from hooks.population.rows import TABLES
from hooks.population.run import Wanted, replay
from hooks.population.which import Which
from tests.support.replay_kills import kill_and_resume
from tests.support.stories import write

KEY = b"0123456789abcdef"


class Interrupt(BaseException):
    """Like Ctrl-C."""


def tables(out: Path) -> dict[str, bytes]:
    return {name: (out / f"{name}.csv").read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    write(folder, 150, 2)
    return folder


@pytest.fixture(scope="module")
def whole(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "whole"
    replay(Wanted((export,), out, key=KEY))
    return out


def at(what: str, least: int = 0) -> Callable[[str, int, int], None]:
    """Interrupts when so much of something is done."""

    def tell(now: str, done: int, of: int) -> None:
        if now == what and done >= least:
            raise Interrupt

    return tell


@pytest.mark.parametrize(
    "moment",
    [("looking for orders", 1), ("reading", 1), ("sorting", 0), ("patients", 20), ("patients", 100), ("writing", 0)],
    ids=lambda moment: f"{moment[0]}-{moment[1]}",
)
def test_an_interrupted_replay_goes_on(
    export: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: tuple[str, int]
) -> None:
    """Interrupted at any step: the same rows as if it had not been, and its working folder is gone."""
    monkeypatch.setattr("hooks.population.run._NOTE", 0.0)
    out = tmp_path / "out"
    with pytest.raises(Interrupt):
        replay(Wanted((export,), out, key=KEY), at(*moment))
    assert not (out / "summary.json").exists()
    told: list[int] = []
    summary = replay(Wanted((export,), out, key=KEY, resume=True), lambda what, done, of: told.append(done))
    assert tables(out) == tables(whole)
    assert summary == replay(Wanted((export,), out, key=KEY, resume=True)), "resuming what is finished does nothing"
    assert not (out / WORK).exists()


def test_what_was_judged_is_not_judged_again(export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on after the last patient noted."""
    monkeypatch.setattr("hooks.population.run._NOTE", 0.0)
    out = tmp_path / "out"
    with pytest.raises(Interrupt):
        replay(Wanted((export,), out), at("patients", 100))
    told: list[int] = []
    replay(
        Wanted((export,), out, resume=True), lambda what, done, of: told.append(done) if what == "patients" else None
    )
    assert told[0] > 80
    rows = (out / "calls.csv").read_text(encoding="utf-8").splitlines()
    names = {row.split(",")[0] for row in rows[1:]}
    assert len(names) > 100, "one key for the whole replay, though it was drawn and interrupted"


def test_only_the_same_replay_can_be_gone_on_with(export: Path, tmp_path: Path) -> None:
    """Other options or other files: it is said what differs, and nothing is touched."""
    out = tmp_path / "out"
    with pytest.raises(Interrupt):
        replay(Wanted((export,), out), at("patients"))
    before = sorted(path.name for path in (out / WORK).iterdir())
    with pytest.raises(CannotReplayError, match="not the same --identified"):
        replay(Wanted((export,), out, identified=True, resume=True))
    with pytest.raises(CannotReplayError, match="not the same knowledge"):
        replay(Wanted((export,), out, which=Which(profile="eu"), resume=True))
    with pytest.raises(CannotReplayError, match="not the same sources"):
        replay(Wanted((export / "Observation.ndjson",), out, resume=True))
    with pytest.raises(CannotReplayError, match="--resume"):
        replay(Wanted((export,), out))
    assert sorted(path.name for path in (out / WORK).iterdir()) == before


def test_the_working_folder_is_its_owners_only(export: Path, tmp_path: Path) -> None:
    """It holds lines of patients."""
    out = tmp_path / "out"
    with pytest.raises(Interrupt):
        replay(Wanted((export,), out), at("patients"))
    assert (out / WORK).stat().st_mode & 0o077 == 0


def test_two_replays_do_not_work_on_one_folder(export: Path, tmp_path: Path) -> None:
    """The second is told so, and the first goes on."""
    pytest.importorskip("fcntl")
    out = tmp_path / "out"
    refused: list[str] = []

    def tell(what: str, done: int, of: int) -> None:
        if what == "sorting":
            with pytest.raises(CannotReplayError, match="in use") as found:
                replay(Wanted((export,), out, resume=True))
            refused.append(str(found.value))

    replay(Wanted((export,), out), tell)
    assert len(refused) == 1
    assert (out / "summary.json").exists()


def test_killed_and_resumed(export: Path, whole: Path, tmp_path: Path) -> None:
    """SIGKILL at random moments: nothing lost, nothing doubled. ``make prove`` does it more often."""
    key = tmp_path / "key"
    key.write_bytes(KEY)
    found = kill_and_resume(export, key, whole, tmp_path / "out", random.Random(11), 2, 1.2)
    assert found.kills >= 1
    assert (found.lost, found.doubled, found.left) == (0, 0, 0), found
