"""Base URLs have one spelling, or none; a list permits exactly what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.origins import Allowed, allowed, read_base
from hooks.settings import SettingsFaults, load_settings


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://ehr.example/fhir", "https://ehr.example/fhir"),
        ("https://ehr.example/fhir/", "https://ehr.example/fhir"),
        ("HTTPS://EHR.example:443/FHIR/R4", "https://ehr.example/FHIR/R4"),
        ("http://127.0.0.1:8090", "http://127.0.0.1:8090"),
        ("http://[::1]:80/x", "http://[::1]/x"),
        ("https://ehr.example/a~b/(c)/d%20e", "https://ehr.example/a~b/(c)/d%20e"),
    ],
)
def test_a_plain_address_has_one_spelling(url: str, read: str) -> None:
    base = read_base(url)
    assert base is not None
    assert base.url == read
    assert read_base(base.url) == base


@given(st.text(max_size=60) | st.text(alphabet="htps:/.@[]%20127\\#?&localhost-e", max_size=60))
def test_whatever_is_read_has_no_user_no_query_and_is_under_its_own_origin(text: str) -> None:
    base = read_base(f"http://{text}") or read_base(text)
    if base is not None:
        assert not set(base.url) & set("@?#\\ \r\n") or "@" in base.path
        assert "@" not in base.origin
        assert read_base(base.url) == base


@given(st.text(max_size=80), st.sampled_from(["", "/", "//", "http://", "https://ehr.example", "?", "../", "x/../../"]))
def test_a_further_page_stays_under_the_base(link: str, start: str) -> None:
    base = read_base("https://ehr.example/fhir/R4")
    assert base is not None
    further = base.further(start + link)
    assert further is None or further.startswith(("https://ehr.example/fhir/R4?", "https://ehr.example/fhir/R4/"))


@pytest.mark.parametrize(
    "link",
    [
        "https://ehr.example/fhir?page=2",
        "https://EHR.example:443/fhir?page=2",
        "?page=2",
        "https://ehr.example/fhir/?page=2",
    ],
)
def test_the_usual_ways_of_naming_a_further_page_are_followed(link: str) -> None:
    base = read_base("https://ehr.example/fhir")
    assert base is not None
    assert base.further(link) == "https://ehr.example/fhir?page=2"


def test_a_list_permits_its_origins_and_no_others() -> None:
    listed = allowed(("https://ehr.example", "https://other.example:8443", "no origin"))
    for url, may in {
        "https://ehr.example/fhir": True,
        "https://ehr.example:443/fhir": True,
        "https://ehr.example:8443/fhir": False,
        "http://ehr.example/fhir": False,
        "https://other.example:8443": True,
        "http://127.0.0.1/fhir": False,
    }.items():
        base = read_base(url)
        assert base is not None
        assert listed.permits(base) is may
    assert len(listed.origins) == 2
    assert Allowed(loopback=True).permits(read_base("http://[::1]:99/x") or pytest.fail("not read"))


@pytest.mark.parametrize(
    "origin",
    ["http://fhir.example.org", "https://fhir.example.org/path", "https://a@b.example", "fhir.example.org", "*"],
)
def test_a_setting_that_would_send_tokens_in_clear_or_anywhere_is_refused(origin: str) -> None:
    with pytest.raises(SettingsFaults):
        load_settings({"GABAGUARD_FHIR_ORIGINS": origin})
