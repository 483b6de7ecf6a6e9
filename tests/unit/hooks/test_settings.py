"""Every switch can be set by environment or file, has unit and reason, and is refused with all faults at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from hooks.settings import SWITCHES, Settings, SettingsFaults, load_settings
from hooks.settings_told import table


def test_no_configuration_binds_to_loopback() -> None:
    settings = load_settings({})
    assert settings == Settings()
    assert settings.loopback
    assert settings.base_url == "http://127.0.0.1:8080"


def test_the_environment_sets_every_switch(tmp_path: Path) -> None:
    file = tmp_path / "any"
    file.touch()
    settings = load_settings(
        {
            "GABAGUARD_HOST": "0.0.0.0",
            "GABAGUARD_PORT": "9090",
            "GABAGUARD_WORKERS": "2",
            "GABAGUARD_THREADS": "4",
            "GABAGUARD_PUBLIC_URL": "https://cds.example.org/base/",
            "GABAGUARD_CLIENTS": str(file),
            "GABAGUARD_SITES": str(tmp_path),
            "GABAGUARD_LANGUAGES": str(tmp_path),
            "GABAGUARD_REVIEWS": "kept/reviews.jsonl",
            "GABAGUARD_TLS_CERTIFICATE": str(file),
            "GABAGUARD_TLS_KEY": str(file),
            "GABAGUARD_CA_FILE": str(file),
            "GABAGUARD_INSECURE": "yes",
            "GABAGUARD_FHIR_ORIGINS": "https://fhir.example.org, http://127.0.0.1:8090",
            "GABAGUARD_FHIR_NETWORKS": "10.20.0.0/16",
            "GABAGUARD_FHIR_DEADLINE_MS": "1500",
            "GABAGUARD_FHIR_SEARCH": "post",
            "GABAGUARD_PROFILE": "eu",
            "GABAGUARD_KNOWLEDGE": "kept/knowledge",
            "GABAGUARD_SEAL": "warn",
            "GABAGUARD_AS_OF": "2026-06-10",
            "GABAGUARD_MAX_BODY": "100000",
            "GABAGUARD_CORS_ORIGINS": "https://a.example, https://b.example",
            "GABAGUARD_LOG_LEVEL": "warning",
            "GABAGUARD_TRACES": "http://127.0.0.1:4318/v1/traces",
            "GABAGUARD_TRACES_TO_EHR": "yes",
            "GABAGUARD_DATABASE_URL": "postgresql://gabaguard:secret@db.example/gabaguard",
            "GABAGUARD_CALLS_DAYS": "30",
            "GABAGUARD_FEEDBACK_DAYS": "60",
            "GABAGUARD_FEEDBACK_COMMENTS": "yes",
        }
    )
    assert "secret" not in str(table(settings)), "a printed table shows no password"
    assert not settings.loopback
    assert settings.base_url == "https://cds.example.org/base"
    assert settings.as_of == date(2026, 6, 10)
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    plain = Settings()
    unset = [s.name for s in SWITCHES if getattr(settings, s.field) == getattr(plain, s.field)]
    assert not unset


def test_a_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / "gabaguard.toml"
    file.write_text('port = 9000\nas_of = 2026-06-10\ncors_origins = ["https://a.example"]\n', encoding="utf-8")
    settings = load_settings({"GABAGUARD_CONFIG": str(file), "GABAGUARD_PORT": "9001"}, workers=3, host=None)
    assert (settings.port, settings.as_of, settings.workers) == (9001, date(2026, 6, 10), 3)
    assert settings.cors_origins == ("https://a.example",)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(SettingsFaults) as refusal:
        load_settings(
            {
                "GABAGUARD_PORT": "http",
                "GABAGUARD_AS_OF": "10.6.2026",
                "GABAGUARD_CORS_ORIGINS": "example",
                "GABAGUARD_PUBLIC_URL": "ftp://x",
                "GABAGUARD_MAX_BODY": "1",
                "GABAGUARD_CONFIG": "/no/such/file.toml",
            }
        )
    assert len(refusal.value.faults) == 6
    assert all(": " in fault for fault in refusal.value.faults)


def test_names_that_are_no_switch_are_told() -> None:
    assert load_settings({"GABAGUARD_PROT": "1", "OTHER": "2"}).unknown == ("GABAGUARD_PROT",)


def test_the_table_shows_every_switch_with_unit_and_reason() -> None:
    rows = table(load_settings({"GABAGUARD_PORT": "9090"}))
    assert len(rows) == len(SWITCHES) == len(Settings.__struct_fields__) - 2
    assert all(row.name and row.unit and len(row.reason) > 10 for row in rows)
    assert ("GABAGUARD_PORT", "9090", "8080", "environment") in [
        (row.name, row.value, row.default, row.origin) for row in rows
    ]
    assert {row.origin for row in rows if row.name != "GABAGUARD_PORT"} == {"default"}


@pytest.mark.parametrize(
    ("host", "loopback"), [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True),
                           ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("cds.example", False)]
)  # fmt: skip
def test_loopback_is_recognised(host: str, loopback: bool) -> None:
    assert Settings(host=host).loopback is loopback


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        (Settings(), []),
        (Settings(host="0.0.0.0"), ["GABAGUARD_CLIENTS", "GABAGUARD_PUBLIC_URL"]),
        (Settings(host="0.0.0.0", clients="c.toml"), ["GABAGUARD_PUBLIC_URL"]),
        (Settings(host="0.0.0.0", clients="c.toml", public_url="http://cds.example"), ["GABAGUARD_PUBLIC_URL"]),
        (Settings(host="0.0.0.0", public_url="https://cds.example"), ["GABAGUARD_CLIENTS"]),
        (Settings(host="0.0.0.0", clients="c.toml", public_url="https://cds.example"), []),
        (Settings(host="0.0.0.0", insecure=True), []),
    ],
)
def test_beyond_loopback_trust_and_an_https_address_are_needed(settings: Settings, missing: list[str]) -> None:
    assert [fault.split(":")[0] for fault in settings.exposed] == missing


def test_serve_refuses_to_be_exposed() -> None:
    from hooks.serve import serve

    with pytest.raises(SettingsFaults) as refusal:
        serve(Settings(host="192.0.2.1"))  # no address of this machine: nothing could be bound
    assert "--insecure" in refusal.value.faults[-1]


def test_a_certificate_needs_its_key_and_files_must_exist(tmp_path: Path) -> None:
    file = tmp_path / "cert.pem"
    file.touch()
    for environ in (
        {"GABAGUARD_TLS_CERTIFICATE": str(file)},
        {"GABAGUARD_CLIENTS": str(tmp_path / "none.toml")},
        {"GABAGUARD_INSECURE": "perhaps"},
    ):
        with pytest.raises(SettingsFaults) as refusal:
            load_settings(environ)
        assert len(refusal.value.faults) == 1
