"""The example configurations are whole, name settings that exist, and agree with the service they are for."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

import hooks
from hooks.cli import cli
from hooks.cli_operations import EXAMPLES
from hooks.serve import STOP_LIMIT
from hooks.settings import SWITCHES, Settings, load_settings

FOLDER = Path(hooks.__file__).parent / "examples"
NAMES = {switch.name for switch in SWITCHES}


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def test_each_is_listed_and_printed_as_it_is() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(EXAMPLES)
    listed = CliRunner().invoke(cli, ["examples"]).output
    for name in EXAMPLES:
        assert name in listed
        assert CliRunner().invoke(cli, ["examples", name]).output == _text(name)
    assert CliRunner().invoke(cli, ["examples", "none"]).exit_code == 2


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_names_only_settings_that_exist_and_its_brackets_are_closed(name: str) -> None:
    text = _text(name)
    assert set(re.findall(r"GABAGUARD_[A-Z_]+", text)) - {"GABAGUARD_DB_PASSWORD"} <= NAMES
    assert "GABAGUARD_PUBLIC_URL" in text or name == "site.toml"
    code = re.sub(r"#.*", "", text)
    for opened, closed in ("{}", "[]", "()"):
        assert code.count(opened) == code.count(closed)


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_the_proxies_let_through_what_the_service_takes_and_hide_what_operators_see(name: str) -> None:
    text = _text(name)
    megabytes = re.search(r"(?:client_max_body_size|max_size) +(\d+)", text)
    assert megabytes is not None
    assert int(megabytes[1]) * 1024 * 1024 >= Settings().max_body
    seconds = re.search(r"(?:proxy_read_timeout|response_header_timeout) +(\d+)s", text)
    assert seconds is not None
    assert int(seconds[1]) * 1000 > Settings().fhir_deadline_ms
    assert f"127.0.0.1:{Settings().port}" in text
    for hidden in ("/metrics", "/insights"):
        assert hidden in text


def test_each_statement_for_nginx_ends() -> None:
    for line in _text("nginx.conf").splitlines():
        code = line.partition("#")[0].strip()
        assert not code or code[-1] in ";{}", line


def test_the_unit_is_one_and_waits_longer_than_a_stop_may_take(tmp_path: Path) -> None:
    unit = configparser.RawConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(_text("gabaguard.service"))
    assert set(unit) == {"DEFAULT", "Unit", "Service", "Install"}
    assert int(unit["Service"]["TimeoutStopSec"]) > STOP_LIMIT
    pairs = dict(re.findall(r"^Environment=(GABAGUARD_\w+)=(.*)$", _text("gabaguard.service"), re.MULTILINE))
    (tmp_path / "clients.toml").write_text("", encoding="utf-8")
    settings = load_settings(pairs | {"GABAGUARD_CLIENTS": str(tmp_path / "clients.toml")})
    assert not settings.exposed
    assert not settings.unknown


def test_the_container_copies_what_exists_and_refuses_to_serve_strangers(repository: Path) -> None:
    text = _text("Containerfile").replace("\\\n", " ")
    for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE):
        *sources, _ = shlex.split(line)
        for source in sources:
            assert (repository / source).exists(), source
    (given,) = re.findall(r"^ENV (.*)$", text, re.MULTILINE)
    pairs = dict(pair.split("=", 1) for pair in shlex.split(given))
    settings = load_settings(pairs)
    assert settings.exposed, "without clients it must not start"
    assert f"EXPOSE {settings.port}" in text


def test_the_composed_service_has_the_database_of_its_url_and_listens_on_this_machine_only(tmp_path: Path) -> None:
    text = _text("compose.yaml")
    (url,) = re.findall(r"GABAGUARD_DATABASE_URL: (\S+)", text.replace("${GABAGUARD_DB_PASSWORD:?set it}", "secret"))
    settings = load_settings({"GABAGUARD_DATABASE_URL": url})
    user, host, name = re.fullmatch(r"postgresql://(\w+):secret@(\w+)/(\w+)", settings.database_url).groups()  # type: ignore[union-attr]
    assert f"\n  {host}:\n" in text
    assert f"POSTGRES_USER: {user}" in text
    assert f"POSTGRES_DB: {name}" in text
    assert '"127.0.0.1:8080:8080"' in text
    assert int(re.search(r"stop_grace_period: (\d+)s", text)[1]) > STOP_LIMIT  # type: ignore[index]
