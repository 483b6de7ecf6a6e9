"""What is given back, byte for byte, is JSON; else nothing is."""

from __future__ import annotations

import pytest

from cds.fhir.raw import clean


@pytest.mark.parametrize("text", [b"{", b"", b'{"a": NaN}', b"[" * 2000])
def test_what_is_no_json_is_not_given_back(text: bytes) -> None:
    assert clean(text) is None


def test_what_is_whole_is_given_back_as_it_is() -> None:
    assert clean(b'{"resourceType": "Basic"}') == b'{"resourceType": "Basic"}'
