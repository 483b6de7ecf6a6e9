"""One issuer may speak for several tenants, each registered with keys and FHIR servers of its own."""

from __future__ import annotations

import pytest

from hooks.bearer import Untrusted
from hooks.caller import Caller
from hooks.clients import Client
from hooks.trust import Trust
from tests.support.tokens import ADDRESS, ISSUER, jwk, mint

NORTH = Client("north", ISSUER, tenant="north", keys=(jwk("es384-a"),), fhir_origins=("https://north.example",))
SOUTH = Client("south", ISSUER, tenant="south", keys=(jwk("es384-b"),), fhir_origins=("https://south.example",))
REST = Client("rest", ISSUER, keys=(jwk("es384-c"),))


def who(trust: Trust, name: str, **changes: str) -> Caller:
    return trust.admit(f"Bearer {mint(name, **changes)}", "/cds-services")


@pytest.mark.parametrize("clients", [(NORTH, SOUTH, REST), (REST, SOUTH, NORTH)])
def test_each_tenant_is_its_own_client_and_the_others_are_the_rest(clients: tuple[Client, ...]) -> None:
    trust = Trust(clients, ADDRESS)
    assert who(trust, "es384-a", tenant="north") == Caller("north", "north", ("https://north.example",))
    assert who(trust, "es384-b", tenant="south") == Caller("south", "south", ("https://south.example",))
    assert who(trust, "es384-c") == Caller("rest", "", ())
    assert who(trust, "es384-c", tenant="east") == Caller("rest", "east", ())


@pytest.mark.parametrize(
    ("name", "tenant"),
    [("es384-a", "south"), ("es384-b", "north"), ("es384-c", "north"), ("es384-a", "east"), ("es384-a", "North")],
)
def test_a_tenant_cannot_speak_for_another(name: str, tenant: str) -> None:
    with pytest.raises(Untrusted):
        who(Trust((NORTH, SOUTH, REST), ADDRESS), name, tenant=tenant)


def test_where_only_tenants_are_registered_a_token_must_name_one() -> None:
    trust = Trust((NORTH, SOUTH), ADDRESS)
    for name in ("es384-a", "es384-b"):
        with pytest.raises(Untrusted):
            who(trust, name)
