"""Whatever is sent in the place of FHIR is read or reported, never raised on, and costs nothing around it."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cds.case import Reason
from cds.chart import Chart, Source
from cds.fhir import read_chart
from cds.fhir.bundle import Found, open_source
from cds.fhir.resources import CONSULTED
from cds.fhir.salvage import salvage
from tests.support.reading import PATIENT, bundle, draft, order, read, source

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["2024-02", "1e999", "NaN", "Patient/p1", "#x", "urn:uuid:1", "mg", "active", "<div>"]),
)
TYPES = sorted(view.__name__ for view in CONSULTED)
NAMES = sorted({name for view in CONSULTED for name in view.__struct_encode_fields__})
INNER = [
    "coding",
    "code",
    "text",
    "reference",
    "value",
    "repeat",
    "timing",
    "numerator",
    "low",
    "concept",
    "start",
    "type",
]
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(INNER + NAMES), inner, max_size=4),
    max_leaves=12,
)
RESOURCES = st.builds(
    lambda name, more: {**more, "resourceType": name},
    st.sampled_from(TYPES),
    st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8),
)


def _raw(sent: Any) -> bytes:
    return json.dumps(sent).encode("utf-8", "surrogatepass")


def _bytes(sent: Any, key: str) -> Source:
    return Source(key, key, _raw(sent), (key,))


GOOD = {
    "resourceType": "MedicationRequest",
    "id": "m1",
    "status": "active",
    "intent": "order",
    "subject": PATIENT,
    "encounter": {"reference": "Encounter/e"},
    "medicationCodeableConcept": {"coding": [{"system": "s", "code": "1", "display": "d"}], "text": "baclofen"},
    "medicationReference": {"reference": "#m"},
    "contained": [{"resourceType": "Medication", "id": "m", "ingredient": [{"itemCodeableConcept": {"text": "x"}}]}],
    "authoredOn": "2024-02-03",
    "category": [{"text": "c"}],
    "reasonReference": [{"reference": "Condition/c"}],
    "identifier": [{"system": "s", "value": "v"}],
    "note": [{"text": "n"}],
    "dosageInstruction": [
        {
            "text": "t",
            "timing": {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d", "when": ["HS"]}, "event": ["2024"]},
            "doseAndRate": [{"type": {"text": "ordered"}, "doseQuantity": {"value": 10, "unit": "mg"}}],
            "maxDosePerPeriod": {"numerator": {"value": 1}, "denominator": {"value": 1}},
        }
    ],
    "dispenseRequest": {"validityPeriod": {"start": "2024"}, "quantity": {"value": 90}},
}


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        found += _places(inner, (*path, name))
    return found


def _changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _changed(value[path[0]], path[1:], new)
    return copy


@given(st.lists(JSON | RESOURCES, max_size=4), st.sampled_from(["p1", "", "Patient/p1"]))
def test_nothing_sent_makes_the_readers_raise(sent: list[Any], patient_id: str) -> None:
    sources = [_bytes(one, key) for one, key in zip(sent, ("draft", "patient", "medications", "x"), strict=False)]
    assert isinstance(read_chart(sources, patient_id=patient_id), Chart)


@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,\\u0d8e resourcTyp1n', max_size=40).map(str.encode))
def test_bytes_that_are_no_json_are_read_as_nothing_and_said(sent: bytes) -> None:
    assert isinstance(read_chart([Source("conditions", "x", sent, ("conditions",))], patient_id="p1"), Chart)


@given(RESOURCES)
def test_every_resource_of_a_known_type_is_salvaged(sent: dict[str, Any]) -> None:
    view = next(view for view in CONSULTED if view.__name__ == sent["resourceType"])
    assert type(salvage(sent, view)[0]) is view


@given(RESOURCES | JSON, st.integers(0, 2))
def test_one_bad_entry_costs_one_entry(bad: Any, at: int) -> None:
    if isinstance(bad, dict) and bad.get("resourceType") == "Bundle":
        bad = {"resourceType": "Bundle"}
    good = [order(id="good-1"), order(id="good-2")]
    ids = [fact.id for fact in read(source(_raw(bundle(*good[:at], bad, *good[at:])))).medications]
    assert [one for one in ids if one.startswith("good-")] == ["good-1", "good-2"]


@given(st.sampled_from(_places(GOOD)), JSON)
def test_one_odd_element_costs_an_order_no_more_than_that_element(path: tuple[Any, ...], odd: Any) -> None:
    chart = read(draft(order(id="d")), source(_raw(bundle(_changed(GOOD, path, odd)))))
    if path[0] in ("resourceType", "subject", "id"):
        return  # then it may be unreadable, somebody else's, or have another name
    (fact,) = [fact for fact in chart.medications if not fact.draft]
    assert fact.id == "m1"
    if path[0] != "authoredOn":
        assert fact.written is not None
    if path[0] != "status":
        assert fact.status == "active"
    if path[0] != "dosageInstruction":
        assert fact.dosages[0].text == "t"
    if path[0] not in ("medicationCodeableConcept", "medicationReference", "contained"):
        assert fact.drug.text == "baclofen"
    if path[0] not in ("medicationReference", "contained"):
        assert len(fact.ingredients) == 1


@given(st.sampled_from(_places(GOOD)), JSON)
def test_an_odd_order_is_read_or_said_to_be_unreadable(path: tuple[Any, ...], odd: Any) -> None:
    chart = read(source(_raw(bundle(_changed(GOOD, path, odd)))))
    assert chart.medications or any(chart.gaps.values()) or path == ("resourceType",)


@given(st.permutations([order(id=str(at)) for at in range(4)] + [{"resourceType": "Condition", "id": "c"}, 7]))
def test_the_order_of_entries_changes_nothing_but_the_order_of_facts(entries: list[Any]) -> None:
    chart = read(bundle(*entries))
    assert sorted(fact.id for fact in chart.medications) == ["0", "1", "2", "3"]
    assert [fact.id for fact in chart.problems] == ["c"]
    assert [gap.reason for gap in chart.gaps["medications"]] == [Reason.UNREADABLE]


@given(st.dictionaries(st.sampled_from(["x", "note", "extension", "meta", "text", "language"]), JSON, max_size=3))
def test_elements_nobody_consults_change_nothing(more: dict[str, Any]) -> None:
    more.pop("note", None)
    assert read(source(_raw(order(**more)))) == read(order())


def _seen(found: list[Found]) -> list[str]:
    return [re.sub(r" at 0x[0-9a-f]+", "", repr(one.view)) for one in found]


@given(RESOURCES)
def test_the_quick_way_and_the_slow_way_read_the_same(sent: dict[str, Any]) -> None:
    """A resource that decodes at once reads the same when something beside it forces it to be read by itself."""
    quick = open_source(_raw(bundle(sent)), "x")
    slow = open_source(_raw(bundle(sent, {"resourceType": "Condition", "id": {}})), "x")
    assert _seen(quick.found) == _seen(slow.found)[: len(quick.found)]
