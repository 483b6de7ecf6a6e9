"""Feedback as clients really send it, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from hooks.errors import Refused
from hooks.feedback import Feedback, read_feedback

AT = "2026-06-10T12:00:00Z"
ACCEPTED = {"card": "c", "outcome": "accepted", "acceptedSuggestions": [{"id": "s1"}], "outcomeTimestamp": AT}
OVERRIDDEN = {"card": "c", "outcome": "overridden", "outcomeTimestamp": AT}
MOMENT = datetime(2026, 6, 10, 12, tzinfo=UTC)


def _read(*items: Any) -> tuple[Feedback, ...]:
    return read_feedback(orjson.dumps({"feedback": list(items)}))


def test_an_accepted_suggestion() -> None:
    assert _read(ACCEPTED) == (Feedback("c", "accepted", MOMENT, ("s1",)),)


@pytest.mark.parametrize(
    ("reason", "code", "system", "comment"),
    [
        ({"reason": {"code": "x", "system": "s", "display": "X"}, "userComment": "why"}, "x", "s", "why"),
        ({"reason": {"code": "x"}}, "x", "", ""),
        ({"code": "x", "system": "s"}, "x", "s", ""),
        ({"reason": "x"}, "x", "", ""),
        ({"userComment": "why"}, "", "", "why"),
    ],
    ids=["2.0", "no system", "flat", "text", "comment only"],
)
def test_both_shapes_of_an_override_reason_are_read(reason: Any, code: str, system: str, comment: str) -> None:
    (found,) = _read(OVERRIDDEN | {"overrideReason": reason})
    assert (found.reason_code, found.reason_system, found.comment) == (code, system, comment)


def test_an_override_needs_no_reason_and_times_of_any_zone_are_one_moment() -> None:
    here = OVERRIDDEN | {"outcomeTimestamp": "2026-06-10T14:00:00.000+02:00"}
    assert _read(OVERRIDDEN) == _read(here)
    assert _read(OVERRIDDEN)[0].mark("a", "s") == _read(here)[0].mark("a", "s") != _read(here)[0].mark("b", "s")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"card": None}, "feedback[0].card"),
        ({"card": " "}, "feedback[0].card"),
        ({"card": "x" * 257}, "feedback[0].card"),
        ({"outcome": "ignored"}, "feedback[0].outcome"),
        ({"outcomeTimestamp": "2026-06-10T12:00:00"}, "feedback[0].outcomeTimestamp"),
        ({"outcomeTimestamp": "yesterday"}, "feedback[0].outcomeTimestamp"),
        ({"outcomeTimestamp": "0001-01-01T00:00:00+14:00"}, "feedback[0].outcomeTimestamp"),
        ({"outcomeTimestamp": 5}, "feedback[0].outcomeTimestamp"),
        ({"acceptedSuggestions": None}, "feedback[0].acceptedSuggestions"),
        ({"acceptedSuggestions": []}, "feedback[0].acceptedSuggestions"),
        ({"acceptedSuggestions": ["s1"]}, "feedback[0].acceptedSuggestions[0]"),
        ({"acceptedSuggestions": [{}]}, "feedback[0].acceptedSuggestions[0].id"),
        ({"outcome": "overridden", "overrideReason": "x"}, "feedback[0].overrideReason"),
        ({"outcome": "overridden", "overrideReason": {}}, "feedback[0].overrideReason"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(change: dict[str, Any], path: str) -> None:
    with pytest.raises(Refused) as refusal:
        _read(ACCEPTED | change)
    assert refusal.value.status == 400
    assert [issue.path for issue in refusal.value.issues] == [path]


def test_every_fault_of_a_batch_is_named_at_once() -> None:
    with pytest.raises(Refused) as refusal:
        _read(ACCEPTED, {"card": "c"}, 7)
    assert [issue.path for issue in refusal.value.issues] == [
        "feedback[1].outcome",
        "feedback[1].outcomeTimestamp",
        "feedback[2]",
    ]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"feedback": []}', b'{"feedback": {}}', b"{", b"\xff"])
def test_what_is_no_feedback_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        read_feedback(body)


def test_a_batch_has_an_end() -> None:
    with pytest.raises(Refused):
        _read(*[OVERRIDDEN] * 501)
