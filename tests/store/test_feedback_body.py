"""Feedback as clients really send it, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.errors import Refused
from hooks.explain import schema, validator
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


_texts = st.text(min_size=1, max_size=300).filter(str.strip)
_uuids = _texts.filter(lambda text: len(text) <= 256)
# Less the 29th to 31st of months without one, which a pattern cannot say.
_moments = st.from_regex(schema("feedback")["$defs"]["moment"]["pattern"], fullmatch=True).filter(
    lambda text: text[8:10] <= "28"
)
_json = st.none() | st.booleans() | st.text()
_anything = st.recursive(_json, lambda more: st.lists(more) | st.dictionaries(st.text(), more))
_reasons = st.fixed_dictionaries(
    {"userComment": _texts}, optional={"reason": _anything, "code": _anything}
) | st.fixed_dictionaries({"reason": _texts | st.fixed_dictionaries({"code": _texts}, optional={"system": _anything})})
_items = st.fixed_dictionaries(
    {
        "card": _uuids,
        "outcome": st.just("accepted"),
        "outcomeTimestamp": _moments,
        "acceptedSuggestions": st.lists(st.fixed_dictionaries({"id": _uuids}), min_size=1, max_size=3),
    },
    optional={"overrideReason": _anything},
) | st.fixed_dictionaries(
    {"card": _uuids, "outcome": st.just("overridden"), "outcomeTimestamp": _moments},
    optional={"overrideReason": _reasons | st.none(), "acceptedSuggestions": _anything},
)


@given(st.lists(_items, min_size=1, max_size=3))
def test_what_the_published_schema_allows_is_read(items: list[dict[str, Any]]) -> None:
    assert validator("feedback").is_valid({"feedback": items})
    assert len(_read(*items)) == len(items)


_any_item = st.fixed_dictionaries(
    {},
    optional={
        "card": _uuids | _anything,
        "outcome": st.sampled_from(["accepted", "overridden", "ignored"]),
        "outcomeTimestamp": _moments | st.datetimes().map(str) | _anything,
        "acceptedSuggestions": st.lists(st.fixed_dictionaries({"id": _uuids | _anything})) | _anything,
        "overrideReason": _reasons | st.fixed_dictionaries({}, optional={"code": _texts, "reason": _anything}),
    },
)


@given(st.lists(_any_item, max_size=2))
def test_schema_and_reader_agree_on_what_is_wrong(items: list[dict[str, Any]]) -> None:
    try:
        _read(*items)
        read = True
    except Refused:
        read = False
    assert read == validator("feedback").is_valid({"feedback": items})


ODD = [
    ACCEPTED | {"outcomeTimestamp": "20260610T120000Z"},
    ACCEPTED | {"outcomeTimestamp": "2026-06-10T12:00:00+02:00:30"},
    ACCEPTED | {"outcomeTimestamp": "2026-06-10T12:00:00Z\n"},
    ACCEPTED | {"outcomeTimestamp": "2026-W24-3T12:00:00Z"},
    ACCEPTED | {"acceptedSuggestions": [{"id": " "}]},
    ACCEPTED | {"acceptedSuggestions": [{"id": "s"}] * 501},
    OVERRIDDEN | {"overrideReason": {"reason": {"code": " "}, "userComment": 5}},
    OVERRIDDEN | {"overrideReason": {"reason": {"display": "x"}}},
    OVERRIDDEN | {"overrideReason": []},
    OVERRIDDEN | {"overrideReason": False},
]


@pytest.mark.parametrize("item", ODD)
def test_what_the_schema_forbids_is_refused(item: dict[str, Any]) -> None:
    assert not validator("feedback").is_valid({"feedback": [item]})
    with pytest.raises(Refused):
        _read(item)


@pytest.mark.parametrize(
    "item",
    [
        ACCEPTED | {"overrideReason": 5, "else": []},
        OVERRIDDEN | {"acceptedSuggestions": 5, "overrideReason": None},
        OVERRIDDEN | {"overrideReason": {"reason": {"display": "x"}, "code": "x"}},
        OVERRIDDEN | {"outcomeTimestamp": "2026-06-10 12:00Z"},
    ],
)
def test_what_is_odd_and_allowed_is_read(item: dict[str, Any]) -> None:
    assert validator("feedback").is_valid({"feedback": [item]})
    assert len(_read(item)) == 1


def test_a_batch_has_an_end() -> None:
    with pytest.raises(Refused):
        _read(*[OVERRIDDEN] * 501)
