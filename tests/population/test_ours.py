"""Most patients are only glanced at: the glance never misses an order that the readers would call one of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from cds.arithmetic.told import recognise
from cds.chart import Source
from cds.fhir.read import read_chart
from cds.knowledge.load import load_knowledge
from hooks.population.lines import blocks, parts_of, read_file
from hooks.population.ours import Ours
from hooks.population.run import Wanted, replay

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
BACLOFEN = {"coding": [{"system": RXNORM, "code": "197391"}]}
PRODUCT = {"resourceType": "Medication", "code": BACLOFEN}
OTHER = {"coding": [{"system": RXNORM, "code": "314076", "display": "lisinopril 10 MG Oral Tablet"}]}


def resources(value: Any) -> Iterator[dict[str, Any]]:
    """Every order and Medication in a fixture, however deep."""
    if isinstance(value, dict):
        if value.get("resourceType") in ("MedicationRequest", "MedicationOrder", "Medication"):
            yield value
        for inner in value.values():
            yield from resources(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from resources(inner)


def from_fixtures() -> list[dict[str, Any]]:
    found = []
    for path in sorted(FIXTURES.rglob("*.json")):
        try:
            found += list(resources(orjson.loads(path.read_bytes())))
        except orjson.JSONDecodeError:  # a hostile one
            continue
    return found


def is_ours(order: dict[str, Any], *products: dict[str, Any]) -> bool:
    """The readers' answer."""
    knowledge = load_knowledge()
    chart = read_chart([Source("all", "export", orjson.dumps([order, *products]))], patient_id="")
    return any(
        not knowledge.targets.isdisjoint(one.id for one in recognise(fact, knowledge.terminology).ingredients)
        for fact in chart.medications
    )


def test_no_order_of_the_fixtures_is_missed() -> None:
    """Every order of ours in any fixture is seen; and the glance is no idle one: most others are passed over."""
    ours, found = Ours(load_knowledge()), from_fixtures()
    orders = [one for one in found if one["resourceType"] != "Medication"]
    wanted = [is_ours(one) for one in orders]
    seen = [ours.line(orjson.dumps(one)) for one in orders]
    assert sum(wanted) > 50
    assert not [one for one, want, saw in zip(orders, wanted, seen, strict=True) if want and not saw]
    needless = sum(saw and not want for want, saw in zip(wanted, seen, strict=True))
    assert needless < (len(orders) - sum(wanted)) / 4


@pytest.mark.parametrize(
    "about",
    [
        {"medicationCodeableConcept": BACLOFEN},
        {"medicationCodeableConcept": {"text": "Lioresal 10 mg tablets"}},
        {"medicationReference": {"reference": "#m"}, "contained": [PRODUCT | {"id": "m"}]},
        {"medicationReference": {"reference": "Medication/9", "display": "diazepam 5 mg"}},
        {"medicationReference": {"identifier": {"system": "urn:x", "value": "17"}}},
        {"medication": {"concept": BACLOFEN}},
        {"medication": {"reference": {"reference": "Medication/9", "display": "Lorazepam"}}},
        {"medication": {"reference": "Medication/9", "display": "Lorazepam"}},
        {"medication": "baclofen"},
        {"medicationCodeableConcept": OTHER, "medicationReference": {"display": "baclofen"}},
        {"medicationCodeableConcept": BACLOFEN, "contained": [{"resourceType": "Organization", "id": "o"}]},
        {"medicationCodeableConcept": [BACLOFEN]},
        {"medicationCodeableConcept": {"coding": BACLOFEN["coding"][0]}},
    ],
    ids=lambda about: orjson.dumps(about).decode()[:60],
)
@pytest.mark.parametrize("kind", ["MedicationRequest", "MedicationOrder"])
def test_however_it_is_written(kind: str, about: dict[str, Any]) -> None:
    """Codes, words, contained, by reference, R5's shapes, and shapes that are none."""
    assert Ours(load_knowledge()).line(orjson.dumps({"resourceType": kind, "id": "1", **about}))


def test_what_is_surely_another_drug_is_passed_over() -> None:
    """Else nothing would be saved."""
    ours = Ours(load_knowledge())
    assert not ours.line(orjson.dumps({"resourceType": "MedicationRequest", "medicationCodeableConcept": OTHER}))
    assert not ours.product(orjson.dumps({"resourceType": "Medication", "id": "1", "code": OTHER}))
    assert ours.product(orjson.dumps({"resourceType": "Medication", "id": "1", "code": BACLOFEN}))
    by_ingredient = [{"itemCodeableConcept": {"text": "baclofen"}}]
    assert ours.product(orjson.dumps({"resourceType": "Medication", "id": "1", "ingredient": by_ingredient}))


def order(number: int, **about: Any) -> dict[str, Any]:
    """An order of a patient of its own."""
    told = {"status": "active", "intent": "order", "authoredOn": "2026-03-01T09:00:00Z"}
    return {"resourceType": "MedicationRequest", "id": f"o{number}", **told, **about}


def test_a_product_may_stand_in_any_file(tmp_path: Path) -> None:
    """Orders that only refer to a Medication are judged, whether it comes before or after them, or in another file."""
    product = {"resourceType": "Medication", "id": "9", "code": BACLOFEN}
    lisinopril = {"resourceType": "Medication", "id": "8", "code": OTHER}
    refers = [
        order(
            number, subject={"reference": f"Patient/p{number}"}, medicationReference={"reference": f"Medication/{to}"}
        )
        for number, to in enumerate([9, 8, 9])
    ]
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(map(orjson.dumps, refers)))
    (tmp_path / "b.ndjson").write_bytes(b"\n".join(map(orjson.dumps, [lisinopril, product])))
    summary = replay(Wanted((tmp_path,), tmp_path / "out", identified=True))
    assert (summary.orders, summary.read["patients"], summary.read["people"]) == (2, 3, 2)


def test_parts_of_a_file_hold_each_line_once(tmp_path: Path) -> None:
    """However a file is cut, no line is lost, doubled or torn."""
    lines = [orjson.dumps({"resourceType": "Basic", "id": str(n), "x": "y" * (n * 7 % 300)}) for n in range(500)]
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"\n".join(lines))
    for size in (1, 100, 1000, 10_000, 10**9):
        parts = parts_of([path], size)
        assert [line for part in parts for block in blocks(part) for line in block.split(b"\n")] == lines, size
        assert (size < 50_000) is (len(parts) > 1)


def test_lines_look_alike_together_and_alone(tmp_path: Path) -> None:
    """Blocks of lines are told by their heads; the counts are those of looking at each line by itself."""
    odd: list[bytes] = [
        b'{"resourceType":"Observation","id":"1","subject":{"reference":"Patient/1"}}',
        b'{"resourceType":"Observation","id":"","subject":{"reference":"Patient/1"}}',
        b'{"resourceType":"Observation","id":"2","subject":{"reference":"Group/1"}}',
        b'{"resourceType":"Observation","id":7,"subject":{"reference":"Patient/2"}}',
        b'{"resourceType":"Observation","id":"3","subject":"Patient/2"}',
        b'{"resourceType":"Observation","id":"4","subject":{"reference":"http://x.example/Patient/3"}}',
        b'{"resourceType":"Medicat\\u0069onRequest","id":"5","subject":{"reference":"Patient/4"}}',
        b'{"resourceType":"Device","id":"6"}',
        b'{"resourceType":"Provenance","id":"7"}',
        b'{"resourceType":"Patient","id":"8"}',
        b'{"resourceType":"Appointment","id":"9","participant":[{"actor":{"reference":"Patient/5"}}]}',
        b'{"resourceType":"Observation","id":"10","subject":{"reference":"Patient/6"},"valueQuantity":{"value":1e999}}',
        b"",
        b'{"resourceType":',
        b"\xff",
    ]
    for count in range(1, len(odd) + 1):
        folder = tmp_path / str(count)
        folder.mkdir()
        (folder / "a.ndjson").write_bytes(b"\n".join(odd[:count]))
        summary = replay(Wanted((folder,), folder / "out"))
        alone = [type(found).__name__ for found in read_file(folder / "a.ndjson")]
        used = (alone.count("Line"), alone.count("Passed"), alone.count("Rejected"))
        assert (summary.read["used"], sum(summary.passed.values()), summary.read["rejected"]) == used, odd[count - 1]
