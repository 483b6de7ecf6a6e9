"""A sample of the cases over HTTP: the same bytes as in process, for the service of the hook and for its DSTU2 twin."""

from __future__ import annotations

import pytest

from hooks.app import create_app
from hooks.settings import Settings
from tests.support.cases import Case, all_cases
from tests.support.render import render_bytes
from tests.support.run import answer_to

SAMPLE = [pytest.param(case, id=case.id) for case in all_cases()[::6]]


@pytest.mark.parametrize("case", SAMPLE)
def test_over_http_the_answer_is_the_same_bytes(case: Case) -> None:
    client = create_app(Settings(as_of=case.as_of, profile=case.profile)).test_client()
    for release in case.releases:
        twin = "-dstu2" if release == "DSTU2" else ""
        body = render_bytes(case, release)
        reply = client.post(f"/cds-services/gabaguard-{case.hook}{twin}", data=body, content_type="application/json")
        assert reply.status_code == 200
        assert reply.data == answer_to(body, case.as_of, case.profile).body
