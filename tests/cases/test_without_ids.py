"""Resources without an id are the same medicines: what an order changes, renews or stops is found all the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cases import Case, all_cases
from tests.support.render import render_bytes
from tests.support.run import answer_to, findings_of, said_unchecked

MEDICINES = ("MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration")


def _without_ids(sent: Any, letter: str) -> None:
    """Ids of the medicines whose id begins with this letter, and all full URLs, removed in place."""
    if isinstance(sent, dict):
        if sent.get("resourceType") in MEDICINES and str(sent.get("id", "")).startswith(letter):
            del sent["id"]
        sent.pop("fullUrl", None)
    for part in sent.values() if isinstance(sent, dict) else sent if isinstance(sent, list) else ():
        _without_ids(part, letter)


def _told(body: bytes, case: Case) -> Any:
    judged = answer_to(body, case.as_of, case.profile).judged
    assert judged is not None
    return findings_of(judged.report), said_unchecked(judged.report)


def _by_id(case: Case) -> bool:
    """Whether the case itself turns on ids: links, selections, the entries of a discharge list."""
    linked = any(one.replaces or one.based_on or one.dispensed_from or one.id for one in (*case.takes, *case.order))
    return linked or case.hook in ("order-select", "encounter-discharge")


@pytest.mark.parametrize("letter", ["m", "d"], ids=["what is taken", "what is ordered"])
def test_a_medicine_without_an_id_is_the_same_medicine(letter: str) -> None:
    wrong = []
    tried = [case for case in all_cases() if case.takes and case.order and not _by_id(case)]
    assert len(tried) > 500
    for case in tried:
        whole = render_bytes(case, "R4")
        sent = json.loads(whole)
        _without_ids(sent, letter)
        plain, bare = _told(whole, case), _told(json.dumps(sent).encode(), case)
        if bare != plain:
            wrong.append(f"{case.id}: {plain} became {bare}")
    assert not wrong, "\n".join(wrong)
