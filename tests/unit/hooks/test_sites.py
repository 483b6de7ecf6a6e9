"""The sites' files: what is read, and every fault told at once with file and key."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import hooks
from cds.knowledge.load import load_knowledge
from hooks.cli import cli
from hooks.engine import Engine
from hooks.settings import Settings
from hooks.sites import Sites, SitesFaults
from tests.support.tokens import jwk

EXAMPLE = Path(hooks.__file__).parent / "examples" / "site.toml"
WHY = 'why = "Decided by the pharmacy committee"'
BAD = {
    "unknown.toml": (
        "",
        "unknown.toml: there is no such client; name the file default.toml, or as in the clients file",
    ),
    "broken.toml": ("[checks", "broken.toml: is not TOML"),
    "a.toml": ("[checks.falls-elderly]\nmode = 'off'", "a.toml: checks.falls-elderly: why is missing"),
    "b.toml": (f"[checks.falls-elderly]\n{WHY}\nmode = 'quiet'", 'checks.falls-elderly.mode: write "on", "silent" or'),
    "c.toml": (f"[checks.falls-elderly]\n{WHY}\ncap = 'critical'", 'falls-elderly.cap: write "info" or "warning"'),
    "d.toml": (f"[checks.falls-elderly]\n{WHY}\nlevel = 'info'", "falls-elderly: there is no setting 'level'"),
    "e.toml": (f"[checks.baclofen-max-dose]\n{WHY}\nnumbers = {{ maximum = '60' }}", "numbers.maximum: write a number"),
    "f.toml": ("[labels]\nnephrologist-plan = ''", "labels.nephrologist-plan: write a text of 2 to 80"),
    "g.toml": (
        "[thresholds]",
        "g.toml: (file): there is no setting 'thresholds'; write language, require",
    ),
}
BEYOND = {
    "default.toml": (f"[checks.baclofen-max-dose]\n{WHY}\nnumbers = {{ maximum = 81 }}", "from 60 to 80 mg/d"),
    "north.toml": (f"[checks.no-such]\n{WHY}\nmode = 'off'", "north.toml: checks.no-such: there is no such check"),
}


def write(folder: Path, files: dict[str, tuple[str, str]]) -> None:
    for name, (text, _) in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def clients(folder: Path, *names: str) -> str:
    key = jwk("es384-a")
    told = "{ " + ", ".join(f'{name} = "{value}"' for name, value in key.items()) + " }"
    file = folder / "the-clients"
    tables = [f'[clients.{name}]\nissuer = "https://{name}.example"\nkeys = [{told}]\n' for name in names]
    file.write_text("\n".join(tables), encoding="utf-8")
    return str(file)


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, BAD)
    known = [name.removesuffix(".toml") for name in BAD if name != "unknown.toml"]
    settings = Settings(sites=str(tmp_path), clients=clients(tmp_path, *known))
    with pytest.raises(SitesFaults) as refusal:
        Sites(Engine(settings, load_knowledge()))
    assert len(refusal.value.faults) == len(BAD)
    for name, (_, said) in BAD.items():
        assert any(fault.startswith(name) and said in fault for fault in refusal.value.faults), (name, refusal.value)


def test_so_is_everything_that_the_knowledge_does_not_allow(tmp_path: Path) -> None:
    write(tmp_path, BEYOND)
    settings = Settings(sites=str(tmp_path), clients=clients(tmp_path, "north"))
    with pytest.raises(SitesFaults) as refusal:
        Sites(Engine(settings, load_knowledge()))
    assert len(refusal.value.faults) == len(BEYOND)
    for _, said in BEYOND.values():
        assert any(said in fault for fault in refusal.value.faults)


def test_a_client_has_its_own_file_or_the_default_or_the_knowledge_as_it_is(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path / "north.toml")
    engine = Engine(Settings(sites=str(tmp_path), clients=clients(tmp_path, "north", "south")), load_knowledge())
    sites = Sites(engine)
    assert sites.at("south") is sites.at("") is engine
    assert sites.at("north").knowledge.off == {"driving-counsel"}
    assert sites.at("north").ehr is engine.ehr
    (tmp_path / "default.toml").write_text(f"[checks.falls-elderly]\n{WHY}\nmode = 'silent'", encoding="utf-8")
    later = Sites(engine)
    assert later.at("south") is later.at("")
    assert later.at("").knowledge.silent == {"falls-elderly"}
    assert later.at("north").knowledge.silent == {"tolerance-review"}


def test_without_a_folder_the_knowledge_holds_as_it_is() -> None:
    engine = Engine(Settings(), load_knowledge())
    assert Sites(engine).at("any") is engine


@pytest.mark.parametrize("name", ["mistyped", "default.toml"])
def test_a_folder_that_is_not_there_is_a_fault_and_not_no_sites(tmp_path: Path, name: str) -> None:
    (tmp_path / "default.toml").write_text("", encoding="utf-8")
    with pytest.raises(SitesFaults) as refusal:
        Sites(Engine(Settings(sites=str(tmp_path / name)), load_knowledge()))
    (fault,) = refusal.value.faults
    assert fault.startswith(f"{tmp_path / name}: is no folder; write in GABAGUARD_SITES")


@pytest.mark.parametrize("as_json", [False, True])
def test_what_is_in_force_is_told_with_where_from_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    shutil.copy(EXAMPLE, tmp_path / "default.toml")
    monkeypatch.setenv("GABAGUARD_SITES", str(tmp_path))
    told = CliRunner().invoke(cli, ["settings", *(["--json"] if as_json else [])])
    assert told.exit_code == 0, told.output
    for part in (
        "GABAGUARD_SITES",
        "environment",
        "default.toml",
        "checks.baclofen-max-dose.numbers.maximum",
        "60 mg/d",
    ):
        assert part in told.output
    assert "80 mg/d" in told.output
    assert "Our rehabilitation unit reviews every dose above 60 mg a day" in told.output
    mine = CliRunner().invoke(cli, ["settings", "--client", "south", "--json"])
    found = json.loads(mine.output)
    assert found["settings"] == []
    assert {row["key"] for row in found["sites"]} == {
        "checks.tolerance-review.mode",
        "checks.cns-depressant-load.cap",
        "checks.baclofen-max-dose.numbers.maximum",
        "checks.driving-counsel.mode",
        "labels.nephrologist-plan",
        "repeats.select_minutes",
    }
    assert {row["version"] for row in found["sites"]} == {found["sites"][0]["version"]}


def test_a_client_without_anything_otherwise_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    told = CliRunner().invoke(cli, ["settings", "--client", "south"])
    assert "the knowledge holds as it is" in told.output


def test_faults_end_the_command_and_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "default.toml").write_text("[checks", encoding="utf-8")
    monkeypatch.setenv("GABAGUARD_SITES", str(tmp_path))
    told = CliRunner().invoke(cli, ["settings"])
    assert told.exit_code == 2
    assert "default.toml: is not TOML" in told.output


def test_a_client_that_nobody_registered_is_not_taken_for_one_without_deviations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GABAGUARD_CLIENTS", clients(tmp_path, "north"))
    told = CliRunner().invoke(cli, ["settings", "--client", "nroth"])
    assert told.exit_code == 2
    assert "nroth: there is no such client; there are north" in told.output
    assert CliRunner().invoke(cli, ["settings", "--client", "north"]).exit_code == 0
