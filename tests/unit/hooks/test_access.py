"""Scopes of SMART 1 and 2 open what they say; paging knows what is enough."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.access import Access, opens, read_access, scopes
from hooks.outbound import Failed, Why
from hooks.paging import are_newest, asked_codes, is_part, joined, read_page, read_resource
from hooks.services import NEWEST, catalogue


@pytest.mark.parametrize(
    ("scope", "reads", "searches"),
    [
        ("patient/Observation.read", True, True),
        ("user/Observation.read", True, True),
        ("system/*.read", True, True),
        ("patient/*.*", True, True),
        ("patient/Observation.rs", True, True),
        ("patient/Observation.cruds", True, True),
        ("patient/Observation.r", True, False),
        ("patient/Observation.s", False, True),
        ("patient/Observation.write", False, False),
        ("patient/Observation.cud", False, False),
        ("patient/Condition.rs", False, False),
        ("launch/patient patient/Condition.read patient/Observation.s", False, True),
    ],
)
def test_a_scope_opens_what_it_says(scope: str, reads: bool, searches: bool) -> None:
    access = Access("https://ehr.example", "t", scope)
    for reading, expected in ((True, reads), (False, searches)):
        found = opens(access, "creatinine", "Observation", reading=reading, patient_id="p")
        assert (found.any, found.whole) == (expected, expected)


@pytest.mark.parametrize(
    ("key", "only", "whole"),
    [
        ("creatinine", "?category=laboratory", True),
        ("creatinine", "?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory", True),
        ("creatinine", "?category=laboratory&status=final", False),
        ("creatinine", "?category=vital-signs", False),
        ("body", "?category=vital-signs", True),
        ("conditions", "?category=problem-list-item", False),
        ("medications", "?category=community", False),
    ],
)
def test_a_confined_scope_opens_a_part_unless_it_is_the_part_we_ask_for(key: str, only: str, whole: bool) -> None:
    found = opens(Access("s", "t", f"patient/*.rs{only}"), key, "X", reading=False, patient_id="p")
    assert found.any
    assert found.whole is whole


@given(st.text(max_size=300))
def test_any_text_is_taken_for_scopes_without_failing(text: str) -> None:
    scopes(text)
    opens(Access("s", "t", text), "creatinine", "Observation", reading=False, patient_id="p")


def test_scopes_for_a_patient_are_for_that_patient() -> None:
    for patient, scope, expected in (
        ("p", "patient/*.read", True),
        ("Patient/p", "patient/*.read", True),
        ("", "patient/*.read", True),
        ("q", "patient/*.read", False),
        ("q", "user/*.read", True),
    ):
        access = read_access("s", {"access_token": "t", "scope": scope, "patient": patient, "expires_in": 300})
        assert opens(access, "patient", "Patient", reading=True, patient_id="p").any is expected


def page(*entries: object, next_url: str = "", total: int | None = None) -> bytes:
    bundle: dict[str, object] = {"resourceType": "Bundle", "type": "searchset", "entry": list(entries)}
    if next_url:
        bundle["link"] = [{"relation": "self", "url": "x"}, {"relation": "next", "url": next_url}]
    return msgspec.json.encode(bundle | ({} if total is None else {"total": total}))


def creatinine(day: str, code: str = "2160-0") -> object:
    return {"resource": {"resourceType": "Observation", "code": {"coding": [{"code": code}]}, "effectiveDateTime": day}}


@pytest.mark.parametrize(
    ("entries", "enough"),
    [
        ([creatinine("2026-05-02"), creatinine("2026-05-01")], True),
        ([creatinine("2026-05"), creatinine("2026-05-20")], True),  # as far as it was written
        ([creatinine("2026-05-01"), creatinine("2026-05-02")], False),  # the order was ignored: newer may follow
        ([creatinine("2026-05-02"), creatinine("2026-05-01", "718-7")], False),  # the codes were ignored
        ([creatinine("2026-05-02")], False),
        ([creatinine("2026-05-02"), None, creatinine("2026-05-01")], True),
        ([], False),
    ],
)
def test_the_newest_few_are_enough_only_if_they_are_what_was_asked_for(entries: list[object], enough: bool) -> None:
    assert are_newest([read_page(page(*entries))], 2, frozenset({"2160-0"})) is enough


def test_the_codes_of_each_template_are_found() -> None:
    for service in catalogue().values():
        for template in service.prefetch.values():
            assert bool(asked_codes(template)) is ("code=" in template)
            assert all(code.strip() == code and "{" not in code for code in asked_codes(template))
        assert "2160-0" in asked_codes(service.prefetch["creatinine"])
    assert NEWEST["creatinine"] == 20


def test_pages_become_one_bundle() -> None:
    first, last = page(creatinine("2026-05-02"), next_url="u", total=2), page(creatinine("2026-05-01"), total=2)
    pages = [read_page(first), read_page(last)]
    whole = msgspec.json.decode(joined(pages, more=False))
    assert len(whole["entry"]) == whole["total"] == 2
    assert "link" not in whole
    assert msgspec.json.decode(joined(pages, more=True))["link"][0]["relation"] == "next"
    assert joined(pages[:1], more=True) == first
    assert is_part(first)
    assert not is_part(joined(pages, more=False))
    assert not is_part(b"null")
    assert not is_part(b"<html>")


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"<html>", b'{"resourceType": "Bundle"', b'{"resourceType": "Patient"}', b'"Bundle"', b"{}"],
)
def test_what_is_no_searchset_is_none(body: bytes) -> None:
    with pytest.raises(Failed) as failed:
        read_page(body)
    assert failed.value.why is Why.CONTENT


def test_a_read_gives_the_type_asked_for() -> None:
    assert read_resource(b'{"resourceType": "Patient", "id": "p"}', "Patient")
    for type_, why in (("Bundle", Why.CONTENT), ("OperationOutcome", Why.STATUS)):
        with pytest.raises(Failed) as failed:
            read_resource(f'{{"resourceType": "{type_}"}}'.encode(), "Patient")
        assert failed.value.why is why
