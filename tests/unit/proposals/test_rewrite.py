"""A draft given back: as it came, but for what must change."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import orjson
import pytest

from cds.arithmetic.taper_types import Amount, Direction, Product, Supply
from cds.fhir.raw import LONGEST, changed, raw_at
from cds.fhir.rewrite import going_on, with_dose, with_taper
from cds.findings import DoseToWrite

BOUNDS = {"start": "2026-06-10"}
DRAFT: dict[str, Any] = {
    "resourceType": "MedicationRequest",
    "id": "d1",
    "extension": [{"url": "https://ehr.example.org/x", "valueDecimal": 1.50}],
    "status": "draft",
    "intent": "order",
    "medicationCodeableConcept": {"text": "baclofen 10 mg tablet"},
    "subject": {"reference": "Patient/p"},
    "text": {"status": "generated", "div": "<div>10 mg three times daily</div>"},
    "dosageInstruction": [
        {
            "text": "10 mg three times daily, with food",
            "patientInstruction": "one tablet three times a day",
            "route": {"text": "oral"},
            "timing": {
                "repeat": {"frequency": 3, "period": 1, "periodUnit": "d", "boundsPeriod": {"start": "2026-06-10"}}
            },
            "doseAndRate": [{"doseQuantity": {"value": 10, "unit": "mg"}}],
            "maxDosePerPeriod": {"numerator": {"value": 30}, "denominator": {"value": 1}},
        }
    ],
    "dispenseRequest": {"quantity": {"value": 90, "unit": "tablet"}, "numberOfRepeatsAllowed": 2},
}
HALF = DoseToWrite("baclofen", 5, 2)


def written(draft: dict[str, Any] = DRAFT, release: str = "R4") -> dict[str, Any] | None:
    made = with_dose(json.dumps(draft).encode(), HALF, release, scale=1 / 3)
    return None if made is None else json.loads(made)


def test_only_what_depends_on_the_dose_changes() -> None:
    made = written()
    assert made is not None
    unchanged = set(DRAFT) - {"dosageInstruction", "dispenseRequest", "text"}
    assert {key: made[key] for key in unchanged} == {key: DRAFT[key] for key in unchanged}
    assert made["dosageInstruction"] == [
        {
            "text": "5 mg twice daily",
            "route": {"text": "oral"},
            "timing": {
                "repeat": {"boundsPeriod": {"start": "2026-06-10"}, "frequency": 2, "period": 1, "periodUnit": "d"}
            },
            "doseAndRate": [
                {"doseQuantity": {"value": 5, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}}
            ],
        }
    ]
    assert made["dispenseRequest"] == {"quantity": {"value": 30, "unit": "tablet"}, "numberOfRepeatsAllowed": 2}


def test_the_narrative_goes_because_it_tells_the_old_dose() -> None:
    made = written()
    assert made is not None
    assert "text" not in made


def test_numbers_keep_the_digits_they_came_with() -> None:
    sent = json.dumps(DRAFT).replace("1.5}", "1.50}").encode()
    made = with_dose(sent, HALF, "R4", 1.0)
    assert made is not None
    assert b'"valueDecimal": 1.50' in made


def test_dstu2_has_its_own_words() -> None:
    made = written({**DRAFT, "dosageInstruction": [{"timing": {}, "doseQuantity": {"value": 10}}]}, "DSTU2")
    assert made is not None
    [dosage] = made["dosageInstruction"]
    assert dosage["timing"]["repeat"]["periodUnits"] == "d"
    assert dosage["doseQuantity"]["value"] == 5


@pytest.mark.parametrize(
    "hostile",
    ["<img src=x onerror=alert(1)>", "[pay](http://evil.example)", "a\u202eb", "\\u003cscript>", "x</div>"],
)
def test_what_could_be_markup_is_not_given_back(hostile: str) -> None:
    sent = json.dumps({**DRAFT, "note": [{"text": "@@"}]}).replace("@@", hostile).encode()
    orjson.loads(sent)  # it is JSON
    assert with_dose(sent, HALF, "R4", 1.0) is None


@pytest.mark.parametrize("odd", ["NaN", "1e999999", "01", "tru"])
def test_what_is_no_json_is_not_given_back(odd: str) -> None:
    sent = json.dumps({**DRAFT, "odd": "@@"}).replace('"@@"', odd).encode()
    made = with_dose(sent, HALF, "R4", 1.0)
    assert made is None or orjson.loads(made)


def test_an_order_taken_up_again_has_lost_the_reason_of_its_stop() -> None:
    made = going_on(json.dumps({**DRAFT, "status": "stopped", "statusReason": {"text": "tired"}}).encode())
    assert made is not None
    assert json.loads(made)["status"] == "active"
    assert "statusReason" not in json.loads(made)


@pytest.mark.parametrize(
    "path", [".entry[1].resource", ".entry[0]", ".nothing", ".entry[0].resource.id", ".entry[x]", "x"]
)
def test_what_is_not_there_is_not_found(path: str) -> None:
    bundle = b'{"entry":[{"resource":{"id":"d1"}}]}'
    found = raw_at(bundle, path)
    assert found is None or path == ".entry[0]"


def test_a_resource_is_found_byte_for_byte() -> None:
    assert raw_at(b'{"entry":[ {"resource": {"id" : "d1"}}]}', ".entry[0].resource") == b'{"id" : "d1"}'
    assert raw_at(b'[{"id":"a"},{"id":"b"}]', "[1]") == b'{"id":"b"}'
    assert raw_at(b'{"id":"' + b"x" * LONGEST + b'"}', "") is None


def test_what_is_no_resource_is_not_changed() -> None:
    for sent in (b'{"id":', b"[1]", b"", b'{"id": "d1"} and more'):
        assert changed(sent, {"status": "active"}) is None


def test_a_removed_element_takes_its_extension_along() -> None:
    made = changed(b'{"id":"d1","status":"draft","_status":{"id":"x"}}', {"status": None})
    assert made is not None
    assert json.loads(made) == {"id": "d1"}


@pytest.mark.parametrize("empty", [None, "", [], {}, [{}], {"a": {"b": [""]}}])
def test_an_empty_element_is_not_given_back(empty: Any) -> None:
    assert written({**DRAFT, "note": [{"text": "0"}]}) is not None
    assert written({**DRAFT, "odd": empty}) is None


def test_two_instructions_are_not_written_as_one() -> None:
    assert written({**DRAFT, "dosageInstruction": DRAFT["dosageInstruction"] * 2}) is None


def test_a_supply_without_a_number_stays_as_it_is() -> None:
    made = written({**DRAFT, "dispenseRequest": {"quantity": {"unit": "tablet"}}})
    assert made is not None
    assert made["dispenseRequest"] == {"quantity": {"unit": "tablet"}}


STEP = Direction(1, "5 mg", "Take 5 mg.", 5.0, 3, date(2026, 6, 10), date(2026, 6, 16), 7, (), ())
TWO_WEEKS = Supply(date(2026, 6, 10), date(2026, 6, 23), 14, (), (Amount(Product(10), 20.5),))


def test_rendered_directions_tell_the_new_dose() -> None:
    rendered = {**DRAFT, "renderedDosageInstruction": "10 mg three times daily"}
    made = written(rendered, "R5")
    assert made is not None
    assert made["renderedDosageInstruction"] == "5 mg twice daily"
    taper = with_taper(json.dumps(rendered).encode(), [STEP], "R5", None, None)
    assert taper is not None
    assert json.loads(taper)["renderedDosageInstruction"] == "Take 5 mg."


def test_a_taper_is_supplied_for_its_first_stretch_in_whole_tablets() -> None:
    made = with_taper(json.dumps(DRAFT).encode(), [STEP], "R4", TWO_WEEKS, None)
    assert made is not None
    supply = json.loads(made)["dispenseRequest"]
    assert supply["quantity"] == {"value": 21, "unit": "tablet"}
    assert supply["expectedSupplyDuration"]["value"] == 14
    assert "numberOfRepeatsAllowed" not in supply


def test_what_is_no_order_becomes_no_taper() -> None:
    assert with_taper(b"[]", [STEP], "R4", None, None) is None
