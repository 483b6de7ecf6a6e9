"""Orders, statements, dispenses and administrations are read whatever form their parts were sent in."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from cds.case import Reason, When
from cds.chart import Amount, Coded, Coding, DosageFact
from tests.support.reading import PATIENT, bundle, draft, medication, order, read, reasons, source

MEDICATION = {
    "resourceType": "Medication",
    "id": "med1",
    "code": {"coding": [{"system": "s", "code": "c", "display": "baclofen"}], "text": "baclofen 10 mg"},
    "form": {"text": "tablet"},
}
CODE = Coded((Coding("s", "c", "baclofen"),), "baclofen 10 mg")
NO_DRUG = {"medicationCodeableConcept": None}
TEN = {"value": 10, "unit": "mg"}


def dosage(**elements: Any) -> DosageFact:
    (fact,) = medication(order(dosageInstruction=[elements])).dosages
    return fact


# --- which medicine -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reference",
    [
        "Medication/med1",
        "Medication/med1/_history/3",
        "med1",
        "https://ehr.example/fhir/Medication/med1",
        "urn:uuid:med1",
        "urn:x:1",
    ],
)
def test_a_referenced_medication_gives_the_drug_its_codes_words_and_form(reference: str) -> None:
    fact = medication(order(**NO_DRUG, medicationReference={"reference": reference}), MEDICATION)
    assert (fact.drug, fact.form, fact.drug_missing) == (CODE, Coded((), "tablet"), False)


@pytest.mark.parametrize("own_id", ["m", "#m"])
def test_a_contained_medication_gives_the_drug(own_id: str) -> None:
    fact = medication(
        order(**NO_DRUG, contained=[{**MEDICATION, "id": own_id}], medicationReference={"reference": "#m"})
    )
    assert fact.drug == CODE


def test_a_medication_is_found_in_another_prefetch_key_and_in_the_drafts() -> None:
    by_reference = order(**NO_DRUG, medicationReference={"reference": "Medication/med1"})
    for elsewhere in (source(MEDICATION, "extra", holds=()), draft(MEDICATION)):
        assert read(by_reference, elsewhere).medications[0].drug == CODE


def test_a_medication_is_found_by_its_identifier() -> None:
    identified = {**MEDICATION, "identifier": [{"system": "urn:s", "value": "7"}]}
    fact = medication(
        order(**NO_DRUG, medicationReference={"identifier": {"system": "urn:s", "value": "7"}}), identified
    )
    assert fact.drug == CODE


def test_the_words_beside_a_reference_are_the_drug_when_there_is_nothing_else() -> None:
    fact = medication(order(**NO_DRUG, medicationReference={"display": "baclofen 10 mg"}))
    assert (fact.drug, fact.drug_missing) == (Coded((), "baclofen 10 mg"), False)
    fact = medication(order(**NO_DRUG, medicationReference={"reference": "Medication/gone", "display": "baclofen"}))
    assert fact.drug.text == "baclofen"


def test_a_display_that_says_something_else_is_one_more_name_for_the_drug() -> None:
    fact = medication(
        order(medicationCodeableConcept={"text": "oxycodone"}, medicationReference={"display": "baclofen"})
    )
    assert fact.drug == Coded((Coding("", "", "baclofen"),), "oxycodone")
    fact = medication(
        order(medicationCodeableConcept={"text": "baclofen"}, medicationReference={"display": "baclofen"})
    )
    assert fact.drug == Coded((), "baclofen")


@pytest.mark.parametrize(
    "elements",
    [
        NO_DRUG,
        {**NO_DRUG, "medicationReference": {"reference": "Medication/gone"}},
        {"medicationCodeableConcept": {}},
        {"medicationCodeableConcept": {"coding": [{"system": "s"}]}},
        {"medicationCodeableConcept": 5},
        {**NO_DRUG, "medication": {}},
        {**NO_DRUG, "medicationReference": {"reference": "#gone"}},
    ],
)
def test_an_order_that_names_no_medicine_is_read_and_says_so(elements: dict[str, Any]) -> None:
    assert medication(order(**elements)).drug_missing


@pytest.mark.parametrize(
    ("sent", "drug"),
    [
        ({"concept": {"text": "baclofen"}}, Coded((), "baclofen")),
        ({"reference": {"reference": "Medication/med1"}}, CODE),
        ({"reference": "Medication/med1"}, CODE),
        ({"reference": "Medication/gone", "display": "baclofen"}, Coded((), "baclofen")),
        ({"reference": {"display": "baclofen"}}, Coded((), "baclofen")),
        ({"text": "baclofen"}, Coded((), "baclofen")),
        ("baclofen", Coded((), "baclofen")),
    ],
)
def test_r5_says_the_medicine_as_concept_or_reference(sent: Any, drug: Coded) -> None:
    assert medication(order(**NO_DRUG, medication=sent), MEDICATION).drug == drug


@pytest.mark.parametrize("sent", ["baclofen", [{"text": "baclofen"}], {"text": "baclofen", "coding": None}])
def test_a_concept_in_an_odd_form_keeps_its_words(sent: Any) -> None:
    assert medication(order(medicationCodeableConcept=sent)).drug == Coded((), "baclofen")


def test_a_code_sent_as_a_number_is_the_code() -> None:
    fact = medication(order(medicationCodeableConcept={"coding": {"code": 1292}}))
    assert fact.drug.codings == (Coding("", "1292", ""),)


def test_the_narrative_is_never_read() -> None:
    narrative = {"status": "generated", "div": "<div>lisinopril</div>"}
    assert "lisinopril" not in repr(medication(order(text=narrative)))


RATIO = {"numerator": {"value": 10, "unit": "mg"}, "denominator": {"value": 5, "unit": "mL"}}
SUBSTANCE = {"resourceType": "Substance", "id": "sub", "code": {"text": "baclofen"}}
PARTS = (Coded((), "baclofen"), Amount(10, "mg"), Amount(5, "mL"))


@pytest.mark.parametrize(
    "product",
    [
        {"ingredient": [{"itemCodeableConcept": {"text": "baclofen"}, "strength": RATIO}]},
        {"ingredient": [{"itemCodeableConcept": {"text": "baclofen"}, "amount": RATIO}]},
        {"ingredient": [{"item": {"concept": {"text": "baclofen"}}, "strengthRatio": RATIO}]},
        {"ingredient": [{"item": {"reference": {"reference": "Substance/sub"}}, "strengthRatio": RATIO}]},
        {"ingredient": [{"itemReference": {"reference": "Substance/sub"}, "strength": RATIO}]},
        {
            "ingredient": [{"itemReference": {"reference": "#s"}, "strength": RATIO}],
            "contained": [{**SUBSTANCE, "id": "s"}],
        },
        {"ingredient": [{"itemReference": {"display": "baclofen"}, "strength": RATIO}]},
        {"product": {"ingredient": [{"item": {"reference": "Substance/sub"}, "amount": RATIO}]}},
        {"product": {"ingredient": [{"item": {"display": "baclofen"}, "amount": RATIO}]}},
        {"product": {"ingredient": [{"item": {"text": "baclofen"}, "amount": RATIO}]}},
        {"ingredient": [{"item": {"concept": {"text": "baclofen"}, "reference": "Substance/x"}, "strength": RATIO}]},
        {"ingredient": [{"itemReference": {"reference": "Medication/part"}, "strength": RATIO}]},
    ],
)
def test_ingredients_and_strength_are_read_from_a_medication_of_any_release(product: dict[str, Any]) -> None:
    drug = {"resourceType": "Medication", "id": "x", **product}
    part = {"resourceType": "Medication", "id": "part", "code": {"text": "baclofen"}}
    fact = medication(order(**NO_DRUG, medicationReference={"reference": "Medication/x"}), drug, SUBSTANCE, part)
    assert fact.ingredients == (PARTS,)
    assert not fact.drug_missing


def test_an_ingredient_that_leads_nowhere_is_there_without_a_name() -> None:
    for item in (
        {"itemReference": {"reference": "Substance/gone"}},
        {"item": {}},
        {"item": {"reference": {}}},
        {"item": ""},
        {},
    ):
        drug = {"resourceType": "Medication", "id": "x", "ingredient": [item]}
        fact = medication(order(**NO_DRUG, medicationReference={"reference": "Medication/x"}), drug)
        assert fact.ingredients == ((Coded(), None, None),)


def test_r5_strength_may_be_one_quantity() -> None:
    drug = {"resourceType": "Medication", "id": "x", "doseForm": {"text": "tablet"}}
    drug["ingredient"] = [{"item": {"concept": {"text": "baclofen"}}, "strengthQuantity": TEN}]
    fact = medication(order(**NO_DRUG, medicationReference={"reference": "Medication/x"}), drug)
    assert fact.ingredients == ((Coded((), "baclofen"), Amount(10, "mg"), None),)
    assert fact.form.text == "tablet"


def test_ingredients_of_a_contained_medication_are_found_beside_it() -> None:
    drug = {"resourceType": "Medication", "id": "x", "ingredient": [{"itemReference": {"reference": "#s"}}]}
    contained = [drug, {**SUBSTANCE, "id": "s"}]
    fact = medication(order(**NO_DRUG, contained=contained, medicationReference={"reference": "#x"}))
    assert [what.text for what, _, _ in fact.ingredients] == ["baclofen"]


# --- dosage ---------------------------------------------------------------------------------------------------------


def _typed(code: str, value: float) -> dict[str, Any]:
    return {"type": {"coding": [{"code": code}]}, "doseQuantity": {"value": value, "unit": "mg"}}


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ({"doseQuantity": TEN}, 10),
        ([{"doseQuantity": TEN}], 10),
        ([{"rateQuantity": TEN}, {"doseQuantity": TEN}], 10),
        ([_typed("admin-amount", 1), _typed("calculated", 2), _typed("ordered", 3)], 3),
        ([_typed("admin-amount", 1), _typed("calculated", 2)], 2),
        ([_typed("admin-amount", 1), _typed("other", 2)], 1),
        ([{"type": {"text": "Ordered"}, "rateQuantity": TEN}, _typed("calculated", 2)], 2),
        ([{"doseQuantity": {"value": "10", "unit": "mg"}}], 10),
    ],
)
def test_of_several_doses_the_ordered_one_counts_then_the_calculated_then_the_first(sent: Any, value: float) -> None:
    found = dosage(doseAndRate=sent).dose
    assert found is not None
    assert (found.value, found.unit) == (value, "mg")


@pytest.mark.parametrize("value", ["ten", "NaN", "inf", "1e400", 1e300, True, [10], {}, " 10", ""])
def test_a_dose_that_is_no_number_is_a_dose_of_unknown_amount(value: Any) -> None:
    found = dosage(doseAndRate=[{"doseQuantity": {"value": value, "unit": "mg"}}]).dose
    assert found is not None
    assert found.value is None


def test_a_bare_number_in_place_of_a_quantity_is_not_taken_for_a_dose() -> None:
    assert dosage(doseQuantity=10).dose == Amount()


def test_ranges_rates_and_maxima_are_read() -> None:
    range_ = {"low": {"value": 5, "unit": "mg"}, "high": TEN}
    fact = dosage(
        doseAndRate=[{"doseRange": range_, "rateRange": range_}],
        maxDosePerPeriod={"numerator": TEN, "denominator": {"value": 1, "unit": "d"}},
        maxDosePerAdministration=TEN,
    )
    assert (fact.dose, fact.dose_low, fact.dose_high) == (None, Amount(5, "mg"), Amount(10, "mg"))
    assert (fact.rate_low, fact.rate_high) == (Amount(5, "mg"), Amount(10, "mg"))
    assert fact.max_per_period == ((Amount(10, "mg"), Amount(1, "d")),)
    assert fact.max_per_administration == Amount(10, "mg")
    assert dosage(maxDosePerPeriod={"numerator": TEN}).max_per_period == ((Amount(10, "mg"), Amount()),)
    assert dosage(maxDosePerPeriod={"denominator": TEN}).max_per_period == ()


@pytest.mark.parametrize(
    ("ratio", "rate"),
    [
        ({"numerator": {"value": 12, "unit": "mL"}, "denominator": {"value": 24, "unit": "h"}}, Amount(0.5, "mL/h")),
        (
            {"numerator": {"value": 12, "code": "mL"}, "denominator": {"value": 1, "code": "h"}},
            Amount(12, "mL/h", "mL/h"),
        ),
        ({"numerator": {"value": 12, "unit": "mL"}, "denominator": {"value": 0, "unit": "h"}}, Amount(None, "mL/h")),
        ({"numerator": {"value": 12, "unit": "mL"}}, Amount(None, "mL/")),
        ({"denominator": {"value": 12, "unit": "h"}}, None),
    ],
)
def test_a_ratio_of_rate_is_one_number_or_of_unknown_amount(ratio: dict[str, Any], rate: Amount | None) -> None:
    assert dosage(rateRatio=ratio).rate == rate
    assert dosage(doseAndRate=[{"rateRatio": ratio}]).rate == rate


def test_timing_is_read_with_every_way_of_saying_when() -> None:
    repeat = {
        "boundsPeriod": {"start": "2026-05-01", "end": "2026-05-31"},
        "count": 4,
        "countMax": "5",
        "duration": 30,
        "durationUnit": "min",
        "frequency": 1,
        "frequencyMax": 2,
        "period": 6.0,
        "periodMax": 8,
        "periodUnit": "h",
        "dayOfWeek": ["mon", "thu"],
        "timeOfDay": ["08:00:00"],
        "when": "HS",
    }
    timing = dosage(timing={"repeat": repeat, "code": {"text": "Q6H"}, "event": ["2026-05-01"]}).timing
    assert timing is not None
    assert (timing.frequency, timing.frequency_max, timing.period, timing.period_max) == (1, 2, 6, 8)
    assert (timing.period_unit, timing.count, timing.count_max) == ("h", 4, 5)
    assert (timing.duration, timing.duration_unit) == (30, "min")
    assert (timing.day_of_week, timing.time_of_day, timing.when) == (("mon", "thu"), ("08:00:00",), ("HS",))
    assert (timing.codes.text, len(timing.events)) == ("Q6H", 1)
    assert timing.bounds_start == When(date(2026, 5, 1), date(2026, 5, 1))
    assert timing.bounds_end == When(date(2026, 5, 31), date(2026, 5, 31))


THREE_DAILY = {"frequency": 3, "period": 1, "periodUnit": "d"}


@pytest.mark.parametrize(
    "sent",
    [
        {"repeat": {**THREE_DAILY, "frequency": "three"}},
        {"repeat": {**THREE_DAILY, "frequency": {}}},
        {"repeat": {**THREE_DAILY, "frequency": "NaN"}},
        {"repeat": {**THREE_DAILY, "frequencyMax": 1e300}},
        {"repeat": {**THREE_DAILY, "timeOfDay": ["08:00", {}]}},
        {"repeat": {**THREE_DAILY, "when": [["HS"]]}},
        {"repeat": [THREE_DAILY, THREE_DAILY]},
        {"event": ["2026-05-01", "tomorrow"]},
        {"code": 5},
        "BID",
        7,
    ],
    ids=str,
)
def test_a_timing_of_which_a_part_is_unreadable_is_not_read_as_another_timing(sent: Any) -> None:
    """Three times a day without the three would be once a day."""
    fact = dosage(text="three times daily", timing=sent, doseQuantity=TEN)
    assert (fact.timing, fact.text, fact.dose) == (None, "three times daily", Amount(10, "mg"))


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1e999", b"9" * 400])
def test_a_frequency_beyond_numbers_is_not_the_default_frequency(number: bytes) -> None:
    raw = json.dumps(order(dosageInstruction=[{"timing": {"repeat": {**THREE_DAILY, "frequency": 99}}}])).encode()
    (fact,) = read(raw.replace(b"99", number)).medications
    assert fact.dosages[0].timing is None


@pytest.mark.parametrize(
    "repeat",
    [
        {**THREE_DAILY, "frequency": "3"},
        {**THREE_DAILY, "when": ["HS", None], "offset": {}},
        [THREE_DAILY],
        {**THREE_DAILY, "dayOfWeek": {}, "frequency": None} | {"dayOfWeek": None, "frequency": 3},
    ],
    ids=str,
)
def test_a_timing_with_a_harmless_oddity_is_read(repeat: Any) -> None:
    timing = dosage(timing={"repeat": repeat}).timing
    assert timing is not None
    assert (timing.frequency, timing.period, timing.period_unit) == (3, 1, "d")


@pytest.mark.parametrize(
    "bounds",
    [
        {"boundsDuration": {"value": 14, "unit": "d"}},
        {"boundsQuantity": {"value": 14, "unit": "d"}},
        {"boundsRange": {"low": {"value": 7, "unit": "d"}, "high": {"value": 14, "unit": "d"}}},
    ],
)
def test_the_length_of_a_course_is_read(bounds: dict[str, Any]) -> None:
    timing = dosage(timing={"repeat": bounds}).timing
    assert timing is not None
    assert timing.bounds_duration == Amount(14, "d")


def test_a_timing_code_alone_is_a_timing() -> None:
    timing = dosage(timing={"code": {"coding": [{"code": "BID"}]}}).timing
    assert timing is not None
    assert timing.codes.codings[0].code == "BID"


@pytest.mark.parametrize(
    ("elements", "text"),
    [
        ({"text": "a", "patientInstruction": "b"}, "a"),
        ({"patientInstruction": "b", "additionalInstruction": [{"text": "c"}]}, "b"),
        ({"additionalInstruction": [{"text": "c"}, {"coding": [{"display": "d"}]}]}, "c; d"),
        ({"additionalInstructions": {"text": "c"}}, "c"),
        (
            {"additionalInstruction": [{"coding": [{"code": "1521000175104"}]}, {"coding": [{"system": "s"}]}]},
            "1521000175104",
        ),
        ({"additionalInstruction": [{}]}, ""),
        ({}, ""),
    ],
)
def test_the_sig_is_the_text_or_the_next_best_words(elements: dict[str, Any], text: str) -> None:
    assert dosage(**elements).text == text


@pytest.mark.parametrize(
    ("elements", "prn"),
    [
        ({"asNeededBoolean": True}, True),
        ({"asNeededBoolean": "true"}, True),
        ({"asNeededBoolean": False}, False),
        ({"asNeededCodeableConcept": {"text": "spasm"}}, True),
        ({"asNeeded": True}, True),
        ({"asNeededFor": [{"text": "spasm"}]}, True),
        ({}, False),
    ],
)
def test_as_needed_is_told_in_every_release(elements: dict[str, Any], prn: bool) -> None:
    assert dosage(**elements).as_needed is prn


@pytest.mark.parametrize("sent", [7, [7], True])
def test_a_dosage_that_cannot_be_read_is_there_with_nothing_known(sent: Any) -> None:
    assert medication(order(dosageInstruction=sent)).dosages == (DosageFact(),)


@pytest.mark.parametrize("sent", ["1 tablet daily", ["1 tablet daily"], {"text": "1 tablet daily"}])
def test_a_sig_sent_bare_is_a_dosage_of_text(sent: Any) -> None:
    assert medication(order(dosageInstruction=sent)).dosages == (DosageFact(text="1 tablet daily"),)


def test_r5_renders_all_dosages_as_one_text() -> None:
    assert medication(order(renderedDosageInstruction="daily")).dosages == (DosageFact(text="daily"),)
    both = medication(order(renderedDosageInstruction="daily", dosageInstruction=[{"sequence": 1}]))
    assert [(one.sequence, one.text) for one in both.dosages] == [(1, "daily")]
    own = medication(order(renderedDosageInstruction="daily", dosageInstruction=[{"text": "own"}, {}]))
    assert [one.text for one in own.dosages] == ["own", ""]


def test_one_odd_dosage_costs_its_odd_element() -> None:
    sent = [{"text": "a", "timing": 5, "doseAndRate": [{"doseQuantity": TEN}]}, 7, {"text": "b"}]
    facts = medication(order(dosageInstruction=sent)).dosages
    assert [one.text for one in facts] == ["a", "", "b"]  # a dose more is there, of which nothing is known
    assert facts[0].dose == Amount(10, "mg")
    assert facts[0].timing is None


def test_more_dosages_than_anybody_writes_are_cut_and_said() -> None:
    chart = read(order(dosageInstruction=[{"text": "x"}] * 201))
    assert len(chart.medications[0].dosages) == 200
    assert reasons(chart) == [Reason.TRUNCATED]


# --- the order around it --------------------------------------------------------------------------------------------


def test_the_elements_of_an_order_are_read() -> None:
    fact = medication(
        order(
            status="On-Hold",
            doNotPerform=True,
            reportedBoolean=True,
            authoredOn="2026-05",
            category=[{"coding": [{"code": "outpatient"}]}],
            statusReason={"text": "surgery"},
            identifier=[{"system": "urn:rx", "value": "77"}, {"value": "5"}, {"system": "urn:rx"}],
            priorPrescription={"reference": "https://ehr.example/fhir/MedicationRequest/m0/_history/2"},
            basedOn=[{"reference": "CarePlan/c", "identifier": {"system": "urn:rx", "value": "76"}}],
            replaces=[{"reference": "m9"}],
            dispenseRequest={
                "validityPeriod": {"start": "2026-05-01", "end": "2026-06-01"},
                "numberOfRepeatsAllowed": 3,
                "quantity": {"value": 90},
                "expectedSupplyDuration": {"value": 30, "unit": "days"},
            },
        )
    )
    assert (fact.kind, fact.status, fact.do_not_perform, fact.reported) == ("order", "on-hold", True, True)
    assert fact.written == When(date(2026, 5, 1), date(2026, 5, 31))
    assert fact.category.codings[0].code == "outpatient"
    assert fact.status_reason.text == "surgery"
    assert fact.identifiers == ("urn:rx|77", "|5")
    assert fact.prior == ("MedicationRequest/m0", "MedicationRequest/m9", "CarePlan/c", "urn:rx|76")
    assert (fact.repeats, fact.quantity, fact.supply) == (3, Amount(90), Amount(30, "days"))
    assert fact.validity_start is not None
    assert fact.validity_end is not None


@pytest.mark.parametrize(
    "sent", [{"coding": [{"code": "discharge"}]}, [{"coding": [{"code": "discharge"}]}], "discharge"]
)
def test_category_may_be_a_list_an_object_or_a_word(sent: Any) -> None:
    assert medication(order(category=sent)).category.codings[0].code == "discharge"


def test_a_dstu2_order_ends_with_date_and_reason() -> None:
    fact = medication(
        {
            "resourceType": "MedicationOrder",
            "patient": PATIENT,
            "status": "active",
            "dateEnded": "2026-04-01",
            "reasonEnded": {"text": "side effects"},
            "priorPrescription": {"reference": "m0"},
        }
    )
    assert fact.effective_end == When(date(2026, 4, 1), date(2026, 4, 1))
    assert fact.status_reason.text == "side effects"
    assert fact.prior == ("MedicationOrder/m0",)


def test_a_reason_may_point_at_a_condition_of_the_call() -> None:
    condition = {"resourceType": "Condition", "id": "c1", "code": {"text": "spasticity"}}
    for elements in (
        {"reasonReference": [{"reference": "Condition/c1"}]},
        {"reason": [{"reference": {"reference": "Condition/c1"}}]},
        {"reasonReference": {"reference": "#c"}, "contained": [{**condition, "id": "c"}]},
        {"reasonReference": [{"display": "spasticity"}]},
    ):
        assert medication(order(**elements), condition).reasons == (Coded((), "spasticity"),)
    assert medication(order(reasonReference=[{"reference": "Condition/gone"}])).reasons == ()


@pytest.mark.parametrize(
    ("elements", "taken", "status"),
    [
        ({"status": "active", "taken": "n"}, "n", "active"),
        ({"status": "active", "wasNotTaken": True}, "n", "active"),
        ({"status": "not-taken"}, "n", "not-taken"),
        ({"status": "active"}, "", "active"),
        ({"status": "recorded"}, "", "active"),
        ({"status": "recorded", "adherence": {"code": {"coding": [{"code": "stopped"}]}}}, "n", "stopped"),
        ({"status": "recorded", "adherence": {"code": {"coding": [{"code": "not-taking"}]}}}, "n", "not-taken"),
        ({"status": "recorded", "adherence": {"code": {"coding": [{"code": "on-hold"}]}}}, "n", "on-hold"),
        ({"status": "recorded", "adherence": {"code": {"text": "?"}}}, "unk", "unknown"),
        ({"status": "draft", "adherence": {"code": {"coding": [{"code": "taking"}]}}}, "y", "draft"),
    ],
)
def test_whether_a_medicine_is_taken_is_told_in_every_release(elements: Any, taken: str, status: str) -> None:
    fact = medication({"resourceType": "MedicationStatement", "subject": PATIENT, **elements})
    assert (fact.kind, fact.taken, fact.status) == ("statement", taken, status)


def test_a_statement_of_dstu2_may_point_at_its_reason() -> None:
    condition = {"resourceType": "Condition", "id": "c1", "code": {"text": "spasticity"}}
    for reference, reasons_ in (("Condition/c1", (Coded((), "spasticity"),)), ("Condition/gone", ())):
        sent = {"resourceType": "MedicationStatement", "reasonForUseReference": {"reference": reference}}
        assert medication(sent, condition).reasons == reasons_


def test_why_a_dose_was_not_given_or_not_dispensed_is_its_status_reason() -> None:
    given = {"resourceType": "MedicationAdministration", "reasonNotGiven": [{"text": "asleep"}]}
    assert medication({**given, "statusReason": [{"text": "refused"}]}).status_reason.text == "refused; asleep"
    dispense = {"resourceType": "MedicationDispense", "statusReasonCodeableConcept": {"text": "out of stock"}}
    assert medication(dispense).status_reason.text == "out of stock"


def test_a_link_may_be_an_identifier_alone() -> None:
    prior = [{"identifier": {"system": "urn:rx", "value": "76"}}, {"display": "the old one"}, {"identifier": {}}]
    assert medication(order(basedOn=prior)).prior == ("urn:rx|76",)


def test_why_a_medicine_is_not_taken_is_its_status_reason() -> None:
    fact = medication({"resourceType": "MedicationStatement", "reasonNotTaken": [{"text": "drowsy"}]})
    assert fact.status_reason.text == "drowsy"


def test_a_dispense_tells_supply_and_prescription() -> None:
    fact = medication(
        {
            "resourceType": "MedicationDispense",
            "status": "completed",
            "whenPrepared": "2026-05-01",
            "whenHandedOver": "2026-05-02",
            "daysSupply": {"value": 30, "unit": "d"},
            "quantity": {"value": 90},
            "authorizingPrescription": [{"reference": "MedicationRequest/m1"}],
        }
    )
    assert (fact.kind, fact.supply, fact.quantity) == ("dispense", Amount(30, "d"), Amount(90))
    assert fact.effective_start == When(date(2026, 5, 2), date(2026, 5, 2))
    assert fact.prior == ("MedicationRequest/m1",)
    assert medication({"resourceType": "MedicationDispense", "notDone": True}).status == "declined"


def test_a_dose_not_given_is_not_done() -> None:
    for release in ("wasNotGiven", "notGiven"):
        fact = medication({"resourceType": "MedicationAdministration", "status": "completed", release: True})
        assert (fact.status, fact.taken) == ("not-done", "n")


def test_an_administration_over_time_has_start_and_end() -> None:
    sent = {"resourceType": "MedicationAdministration", "effectivePeriod": {"start": "2026-05-01", "end": "2026-05-02"}}
    fact = medication({**sent, "request": {"reference": "MedicationRequest/m1"}})
    assert fact.effective_start == When(date(2026, 5, 1), date(2026, 5, 1))
    assert fact.effective_end == When(date(2026, 5, 2), date(2026, 5, 2))
    assert fact.prior == ("MedicationRequest/m1",)


def test_r5_order_status_ended_reads_as_completed() -> None:
    assert medication(order(status="ended")).status == "completed"


def test_nulls_where_fhir_forbids_them_read_as_absent() -> None:
    nothing = dict.fromkeys(("identifier", "status", "dosageInstruction", "category", "note", "reasonCode"))
    coding = {"system": None, "code": "1", "display": None}
    fact = medication(order(**nothing, medicationCodeableConcept={"coding": [coding, None], "text": None}))
    assert fact.drug == Coded((Coding("", "1", ""),))
    assert fact.dosages == ()


def test_entries_of_a_bundle_keep_apart_what_was_drafted_and_what_runs() -> None:
    chart = read(draft(order(id="d1", status="draft")), bundle(order(id="m1")))
    assert [(fact.id, fact.draft) for fact in chart.medications] == [("d1", True), ("m1", False)]


@pytest.mark.parametrize("status", ["stopped", "completed", "cancelled", "ended"])
def test_the_day_on_which_an_order_of_r5_got_its_status_is_its_end(status: str) -> None:
    ended = medication(order(status=status, statusChanged="2026-03-05"))
    assert ended.effective_end == When(date(2026, 3, 5), date(2026, 3, 5))
    assert medication(order(status="active", statusChanged="2026-03-05")).effective_end is None
