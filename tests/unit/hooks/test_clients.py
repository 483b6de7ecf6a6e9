"""The clients file: every fault is told at once, with place and remedy, and without any value of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hooks.caller import Caller
from hooks.clients import Client, ClientsFaults, read_clients
from hooks.gate import load_gate
from hooks.settings import Settings
from tests.support.tokens import ISSUER, jwk

KEY = "{ " + ", ".join(f'{name} = "{value}"' for name, value in jwk("es384-a").items()) + " }"
GOOD = f'[clients.main]\nissuer = "{ISSUER}"\nkeys = [{KEY}]\n'


def faults(tmp_path: Path, text: str | bytes) -> list[str]:
    file = tmp_path / "clients.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ClientsFaults) as refusal:
        read_clients(file)
    assert all(fault.startswith("clients.toml: ") for fault in refusal.value.faults)
    return [fault.removeprefix("clients.toml: ") for fault in refusal.value.faults]


def test_a_small_file_is_enough_and_the_defaults_are_strict(tmp_path: Path) -> None:
    file = tmp_path / "clients.toml"
    file.write_text(GOOD)
    (client,) = read_clients(file)
    assert client == Client("main", ISSUER, keys=(jwk("es384-a"),))
    assert (client.max_lifetime, client.clock_skew, client.algorithms) == (300, 60, ("ES384", "RS384"))
    assert client.caller({"tenant": "north"}) == Caller("main", "north", ())


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "(file)"),
        ("[clients]", "clients"),
        ("[client.main]\nissuer = 'x'", "(file)"),
        ("[clients.main]\njwks_url = 'https://ehr.example/keys'", "clients.main"),
        ("[clients.Main]\nissuer = 'x'", "clients"),
        (GOOD + "isuer = 'x'", "clients.main"),
        (GOOD + "jwks_url = 7", "clients.main.jwks_url"),
        (GOOD + "jwks_url = 'http://ehr.example/keys'", "clients.main.jwks_url"),
        (GOOD + "jwks_url = 'https://user:pass@ehr.example/keys'", "clients.main.jwks_url"),
        (GOOD + "jwks_url = 'https://ehr.example:http/keys'", "clients.main.jwks_url"),
        (GOOD + "jwks_url = 'file:///etc/passwd'", "clients.main.jwks_url"),
        (GOOD + "jku = ['https://ehr.example/keys', 'http://10.0.0.1/keys']", "clients.main.jku.1"),
        (GOOD + "algorithms = ['HS256']", "clients.main.algorithms.0"),
        (GOOD + "algorithms = ['none']", "clients.main.algorithms.0"),
        (GOOD + "algorithms = []", "clients.main.algorithms"),
        (GOOD + "algorithms = ['RS384']", "clients.main.keys.0"),
        (GOOD + "max_lifetime = 86400", "clients.main.max_lifetime"),
        (GOOD + "max_lifetime = true", "clients.main.max_lifetime"),
        (GOOD + "clock_skew = 600", "clients.main.clock_skew"),
        (GOOD + "fhir_origins = ['https://ehr.example/fhir']", "clients.main.fhir_origins.0"),
        (GOOD + "fhir_origins = ['https://EHR.example']", "clients.main.fhir_origins.0"),
        (GOOD + "fhir_origins = ['https://ehr.example:443']", "clients.main.fhir_origins.0"),
        (GOOD + "fhir_origins = ['http://ehr.example']", "clients.main.fhir_origins.0"),
        (GOOD + "fhir_origins = ['*']", "clients.main.fhir_origins.0"),
        (
            GOOD + "fhir_base = 'https://ehr.example.evil/fhir'\nfhir_origins = ['https://ehr.example']",
            "clients.main.fhir_base",
        ),
        (f"[clients.main]\nissuer = '{ISSUER}'", "clients.main.jwks_url"),
        (GOOD + GOOD.replace("main", "second"), "clients.second.issuer"),
        ("[clients.main\n", "is not TOML"),
        (b"\xff", "is not UTF-8"),
    ],
)
def test_each_fault_has_its_place(tmp_path: Path, text: str | bytes, place: str) -> None:
    for fault in faults(tmp_path, text):
        assert fault.split(": ")[0].split(";")[0] == place
        assert len(fault) > len(place) + 10


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD + "max_lifetime = 0\nclock_skew = -1\naudience = 'x'\n[clients.second]\njwks_url = 1\n"
    assert len(faults(tmp_path, text)) == 5


def test_a_private_key_is_refused_and_not_repeated(tmp_path: Path) -> None:
    text = GOOD.replace("kid =", 'd = "c2VjcmV0LXBsYW50ZWQ", kid =')
    (fault,) = faults(tmp_path, text)
    assert "private key" in fault
    assert "c2VjcmV0LXBsYW50ZWQ" not in fault
    assert "c2VjcmV0" not in str(faults(tmp_path, text.replace('kty = "EC"', "kty = 5")))


def test_one_issuer_may_have_several_tenants(tmp_path: Path) -> None:
    file = tmp_path / "clients.toml"
    second = GOOD.replace("main", "second")
    file.write_text(GOOD + "tenant = 'north'\n" + second + "tenant = 'south'\n" + GOOD.replace("main", "rest"))
    assert [client.tenant for client in read_clients(file)] == ["north", "south", ""]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/keys", "http://localhost/keys", "http://[::1]:8000/keys"])
def test_http_is_for_this_machine_only(tmp_path: Path, url: str) -> None:
    file = tmp_path / "clients.toml"
    file.write_text(GOOD + f"jwks_url = '{url}'")
    assert read_clients(file)[0].key_urls == (url,)


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ClientsFaults, match="cannot be read"):
        read_clients(tmp_path / "none.toml")


def test_without_a_clients_file_no_token_is_asked_for_and_its_libraries_are_not_loaded() -> None:
    import subprocess
    import sys

    assert load_gate(Settings()) is None
    heavy = "{'jwt', 'cryptography', 'httpx2', 'hooks.trust', 'hooks.clients'}"
    code = f"import sys, hooks.app, hooks.serve; hooks.app.create_app(); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_of_a_token_is_in_its_repr() -> None:
    from hooks.bearer import read_token
    from tests.support.tokens import mint

    text = mint()
    shown: Any = repr(read_token(f"Bearer {text}"))
    assert not [part for part in text.split(".") if part in shown]


def test_the_clients_file_of_the_readme_is_valid(repository: Path, tmp_path: Path) -> None:
    text = (repository / "README.md").read_text(encoding="utf-8")
    (example,) = [block.partition("```")[0] for block in text.split("```toml\n")[1:] if "[clients." in block]
    file = tmp_path / "clients.toml"
    file.write_text(example, encoding="utf-8")
    assert [client.id for client in read_clients(file)] == ["main-hospital", "epic-site"]
