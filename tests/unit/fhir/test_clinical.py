"""Conditions, observations, allergies, encounters, procedures and the patient, in every form their parts come in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from cds.case import Reason, When
from cds.chart import Amount, Coded, Coding
from tests.support.reading import PATIENT, bundle, observations, problem, read, reasons, source

BORN = {"resourceType": "Patient", "id": "p1", "birthDate": "1960-06-15"}
MAY = When(date(2026, 5, 1), date(2026, 5, 1))
JUNE = When(date(2026, 6, 30), date(2026, 6, 30))
PERIOD = {"start": "2026-05-01", "end": "2026-06-30"}


def born_problem(**elements: Any) -> Any:
    sent = {"resourceType": "Condition", "id": "c1", "subject": PATIENT, **elements}
    (fact,) = read(source(bundle(sent), "conditions"), source(BORN, "patient")).problems
    return fact


# --- conditions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("active", "active"),
        ("Active", "active"),
        ({"coding": [{"code": "resolved"}]}, "resolved"),
        ({"coding": [{"system": "local", "code": "17"}, {"code": "remission"}]}, "remission"),
        ({"text": "Active"}, "active"),
        ({"coding": [{"code": "local-only"}]}, "local-only"),
        ([{"coding": [{"code": "inactive"}]}], "inactive"),
        (None, ""),
        (True, ""),
    ],
)
def test_a_status_is_a_code_or_a_concept(sent: Any, status: str) -> None:
    assert problem(clinicalStatus=sent).clinical_status == status


@pytest.mark.parametrize(
    ("sent", "categories"),
    [
        ({"coding": [{"code": "problem-list-item"}]}, ("problem-list-item",)),
        ([{"coding": [{"code": "a"}, {"code": "b"}]}, {"text": "c"}], ("a", "b", "c")),
        ("diagnosis", ("diagnosis",)),
        (None, ()),
    ],
)
def test_categories_are_codes_or_words(sent: Any, categories: tuple[str, ...]) -> None:
    assert problem(category=sent).categories == categories


@pytest.mark.parametrize(
    ("elements", "onset"),
    [
        ({"onsetDateTime": "2026-05-01"}, MAY),
        ({"onsetPeriod": PERIOD}, MAY),
        ({"onsetString": "2026-05-01"}, MAY),
        ({"onsetString": "childhood"}, None),
        ({"onsetAge": {"value": 50, "code": "a"}}, When(date(2010, 6, 15), date(2011, 6, 14))),
        ({"onsetQuantity": {"value": 50, "unit": "years"}}, When(date(2010, 6, 15), date(2011, 6, 14))),
        ({"onsetAge": {"value": 50}}, None),
        ({"onsetAge": {"value": 5, "code": "mo"}}, None),
        ({"onsetAge": {"value": 500, "code": "a"}}, None),
        (
            {"onsetRange": {"low": {"value": 50, "unit": "a"}, "high": {"value": 59, "unit": "a"}}},
            When(date(2010, 6, 15), date(2020, 6, 14)),
        ),
        ({"onsetRange": {"low": {"value": 50, "unit": "a"}}}, When(date(2010, 6, 15), date(2011, 6, 14))),
        ({}, None),
    ],
)
def test_onset_is_read_from_every_form(elements: dict[str, Any], onset: When | None) -> None:
    assert born_problem(**elements).onset == onset


def test_an_age_is_no_date_when_the_birth_is_unknown() -> None:
    assert problem(onsetAge={"value": 50, "code": "a"}).onset is None


def test_who_was_born_on_a_leap_day_has_birthdays() -> None:
    sent = {"resourceType": "Condition", "id": "c1", "onsetAge": {"value": 1, "code": "a"}}
    leap = {"resourceType": "Patient", "id": "p1", "birthDate": "2000-02-29"}
    (fact,) = read(source(sent, "conditions"), source(leap, "patient")).problems
    assert fact.onset == When(date(2001, 2, 28), date(2002, 2, 27))


@pytest.mark.parametrize(
    ("elements", "ended", "stated"),
    [
        ({"abatementDateTime": "2026-05-01"}, MAY, False),
        ({"abatementPeriod": PERIOD}, JUNE, False),
        ({"abatementAge": {"value": 50, "code": "a"}}, When(date(2010, 6, 15), date(2011, 6, 14)), False),
        ({"abatementBoolean": True}, None, True),
        ({"abatementBoolean": False}, None, False),
        ({"abatementString": "as a child"}, None, True),
        ({"abatementQuantity": {"value": 5}}, None, True),
        ({"abatementRange": {"low": {"value": 5}}}, None, True),
        ({"abatementDateTime": "sometime"}, None, True),
        ({"abatementPeriod": {"start": "2020"}}, None, True),
        ({}, None, False),
    ],
)
def test_an_end_is_a_date_or_at_least_stated(elements: dict[str, Any], ended: When | None, stated: bool) -> None:
    fact = born_problem(**elements)
    assert (fact.abatement, fact.abated) == (ended, stated)


@pytest.mark.parametrize("bad", [5, True, [], {"coding": [7]}])
def test_a_condition_whose_code_cannot_be_read_is_unreadable(bad: Any) -> None:
    chart = read(
        source(bundle({"resourceType": "Condition", "code": bad}, {"resourceType": "Condition"}), "conditions")
    )
    assert len(chart.problems) == 1
    assert reasons(chart, "conditions") == [Reason.UNREADABLE]


# --- observations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ({"value": 2.5, "unit": "mg/dL"}, Amount(2.5, "mg/dL")),
        ({"value": "2.5", "unit": "mg/dL"}, Amount(2.5, "mg/dL")),
        ({"value": 15, "comparator": "<", "code": "mL/min"}, Amount(15, "", "mL/min", "", "<")),
        ({"value": "high", "unit": "mg/dL"}, Amount(None, "mg/dL")),
        ({"value": "NaN"}, Amount()),
        ({"value": 2.5, "comparator": 5}, Amount(2.5, "", "", "", "5")),
        ({"value": 2.5, "comparator": {}}, Amount()),
        ({}, Amount()),
        (None, None),
        (2.5, Amount()),
    ],
)
def test_a_measured_value_is_a_number_or_present_without_one(sent: Any, value: Amount | None) -> None:
    (fact,) = observations(valueQuantity=sent)
    assert fact.value == value


@pytest.mark.parametrize(
    ("elements", "text"),
    [
        ({"valueString": "2.5 mg/dL"}, "2.5 mg/dL"),
        ({"valueBoolean": True}, "true"),
        ({"valueBoolean": False}, "false"),
        ({"valueRange": {"low": {"value": 1.5, "unit": "mg/dL"}, "high": {"value": 2}}}, "1.5 mg/dL - 2"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "1 : 128"),
        ({"valueRatio": {"numerator": {}}}, ""),
        ({}, ""),
    ],
)
def test_values_in_words_stay_words(elements: dict[str, Any], text: str) -> None:
    (fact,) = observations(**elements)
    assert (fact.value_text, fact.value) == (text, None)


def test_other_kinds_of_value_have_their_own_place() -> None:
    assert observations(valueCodeableConcept={"text": "pregnant"})[0].value_coded.text == "pregnant"
    assert observations(valueDateTime="2026-05-01")[0].value_when == MAY
    assert observations(valuePeriod=PERIOD)[0].value_when == When(date(2026, 5, 1), date(2026, 6, 30))
    assert observations(valueInteger=7)[0].value == Amount(7)


@pytest.mark.parametrize(
    ("elements", "moment"),
    [
        ({"effectiveDateTime": "2026-05-01"}, MAY),
        ({"effectiveDateTime": "2026-05-01", "issued": "2026-06-30"}, MAY),
        ({"effectivePeriod": PERIOD}, JUNE),
        ({"effectivePeriod": {"start": "2026-05-01"}}, MAY),
        ({"effectiveInstant": "2026-05-01"}, MAY),
        ({"effectiveTiming": {"event": ["2026-06-30", "2026-05-01", "x"]}}, JUNE),
        ({"effectiveTiming": {}, "issued": "2026-05-01"}, MAY),
        ({"issued": "2026-05-01"}, MAY),
        ({"effectiveDateTime": "yesterday", "issued": "2026-05-01"}, MAY),
        ({"effectiveDateTime": "9999-12-31"}, None),
        ({}, None),
    ],
)
def test_the_time_of_a_value_is_when_it_held_else_when_it_was_issued(elements: Any, moment: When | None) -> None:
    (fact,) = observations(**elements)
    assert fact.when == moment


def test_each_component_is_a_value_with_its_own_code() -> None:
    facts = observations(
        code={"text": "blood pressure"},
        effectiveDateTime="2026-05-01",
        component=[
            {"code": {"text": "systolic"}, "valueQuantity": {"value": 120, "unit": "mmHg"}},
            {"code": {"text": "diastolic"}, "dataAbsentReason": {"coding": [{"code": "unknown"}]}},
        ],
    )
    assert [(fact.code.text, fact.id, fact.when) for fact in facts] == [
        ("systolic", "o1", MAY),
        ("diastolic", "o1", MAY),
    ]
    assert facts[1].path.endswith(".component[1]")


def test_an_observation_with_a_value_and_components_tells_both() -> None:
    facts = observations(valueString="120/80", component=[{"code": {"text": "systolic"}}])
    assert [fact.value_text for fact in facts] == ["120/80", ""]
    assert len(observations(component=[])) == 1


@pytest.mark.parametrize(
    "elements",
    [
        {"specimen": {"display": "Urine"}},
        {
            "specimen": {"reference": "#s"},
            "contained": [{"resourceType": "Specimen", "id": "s", "type": {"text": "Urine"}}],
        },
    ],
)
def test_the_specimen_is_named(elements: dict[str, Any]) -> None:
    assert observations(**elements)[0].specimen == "Urine"


def test_an_unknown_specimen_has_no_name() -> None:
    assert observations(specimen={"reference": "Specimen/gone"})[0].specimen == ""
    contained = [{"resourceType": "Specimen", "id": "s"}]
    assert observations(specimen={"reference": "#s"}, contained=contained)[0].specimen == ""
    assert observations(specimen=5)[0].specimen == ""


def test_method_and_interpretation_are_read() -> None:
    (fact,) = observations(method={"text": "CKD-EPI"}, interpretation=[{"coding": [{"code": "L"}]}], status="Final")
    assert (fact.method.text, fact.interpretation.codings[0].code, fact.status) == ("CKD-EPI", "L", "final")


def test_more_codes_than_a_concept_can_mean_are_cut_and_said() -> None:
    codes = {"coding": [{"code": str(at)} for at in range(51)]}
    chart = read(source({"resourceType": "Observation", "code": codes}, "creatinine"))
    assert len(chart.observations[0].code.codings) == 50
    assert reasons(chart, "creatinine") == [Reason.TRUNCATED]


# --- the patient ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "birth", "odd"),
    [
        ("1960-06-15", When(date(1960, 6, 15), date(1960, 6, 15)), False),
        ("1960-06", When(date(1960, 6, 1), date(1960, 6, 30)), False),
        ("1960", When(date(1960, 1, 1), date(1960, 12, 31)), False),
        (
            "1960-06-15T00:00:00.000Z",
            When(date(1960, 6, 15), date(1960, 6, 15), datetime(1960, 6, 15, tzinfo=UTC)),
            False,
        ),
        (None, None, False),
        ("", None, False),
        ("15.06.1960", None, True),
        ("1960-13-01", None, True),
        ("1860-01-01", None, True),
        (1960, None, True),
        ({"year": 1960}, None, True),
    ],
)
def test_a_birth_date_is_as_precise_as_sent_or_known_to_be_odd(sent: Any, birth: When | None, odd: bool) -> None:
    patient = read(source({**BORN, "birthDate": sent}, "patient")).patient
    assert patient is not None
    assert (patient.birth, patient.birth_raw) == (birth, odd)


@pytest.mark.parametrize(
    ("elements", "dead"),
    [
        ({"deceasedBoolean": True}, True),
        ({"deceasedBoolean": False}, False),
        ({"deceasedDateTime": "2026-01-01"}, True),
        ({}, False),
    ],
)
def test_a_deceased_patient_is_told(elements: dict[str, Any], dead: bool) -> None:
    patient = read(source({**BORN, "gender": "Female", "name": 7, **elements}, "patient")).patient
    assert patient is not None
    assert (patient.deceased, patient.gender) == (dead, "female")


def test_a_birth_date_beside_something_odd_is_read() -> None:
    patient = read(source({**BORN, "gender": {}}, "patient")).patient
    assert patient is not None
    assert patient.birth == When(date(1960, 6, 15), date(1960, 6, 15))
    assert patient.gender == ""


def test_of_two_copies_of_the_patient_the_one_with_a_birth_date_is_kept() -> None:
    bare = {"resourceType": "Patient", "id": "p1"}
    for one, other in ((bare, BORN), (BORN, bare)):
        patient = read(source(bundle(one, other), "patient")).patient
        assert patient is not None
        assert patient.birth is not None


# --- the others -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "clinical", "verification"),
    [
        ("active", "active", ""),
        ("unconfirmed", "active", "unconfirmed"),
        ("confirmed", "active", "confirmed"),
        ("inactive", "inactive", ""),
        ("resolved", "resolved", ""),
        ("refuted", "", "refuted"),
        ("entered-in-error", "", "entered-in-error"),
    ],
)
def test_dstu2_has_one_status_for_two_questions(status: str, clinical: str, verification: str) -> None:
    (fact,) = read(source({"resourceType": "AllergyIntolerance", "status": status}, "allergies")).allergies
    assert (fact.clinical_status, fact.verification_status) == (clinical, verification)


def test_every_substance_of_an_allergy_is_kept_and_the_worst_severity() -> None:
    sent = {
        "resourceType": "AllergyIntolerance",
        "code": {"text": "benzodiazepines"},
        "onsetDateTime": "2020",
        "criticality": "high",
        "reaction": [
            {"substance": {"text": "diazepam"}, "severity": "mild"},
            {"substance": [{"text": "diazepam"}], "severity": "severe"},
            {"severity": "moderate"},
        ],
    }
    (fact,) = read(source(sent, "allergies")).allergies
    assert fact.substances == (Coded((), "benzodiazepines"), Coded((), "diazepam"))
    assert (fact.severity, fact.criticality) == ("severe", "high")


def test_an_encounter_points_at_its_reasons() -> None:
    condition = {"resourceType": "Condition", "id": "c1", "code": {"text": "stroke"}}
    sent = {
        "resourceType": "Encounter",
        "class": {"system": "act", "code": "AMB", "display": "ambulatory"},
        "type": [{"text": "visit"}],
        "reasonReference": [{"reference": "Condition/c1"}],
    }
    (fact,) = read(source(sent, "encounter"), source(condition, "conditions")).encounters
    assert fact.cls == Coded((Coding("act", "AMB", "ambulatory"),))
    assert (fact.types, fact.reasons) == ((Coded((), "visit"),), (Coded((), "stroke"),))


@pytest.mark.parametrize(
    ("sent", "text", "moment"),
    [
        (
            {"resourceType": "Procedure", "code": {"text": "HD"}, "performedPeriod": PERIOD},
            "HD",
            When(date(2026, 5, 1), date(2026, 6, 30)),
        ),
        ({"resourceType": "Procedure", "code": {"text": "HD"}, "performedPeriod": {"start": "2026-05-01"}}, "HD", MAY),
        (
            {"resourceType": "ServiceRequest", "code": {"text": "refill"}, "occurrenceDateTime": "2026-05-01"},
            "refill",
            MAY,
        ),
        (
            {
                "resourceType": "ServiceRequest",
                "code": {"concept": {"text": "refill"}},
                "occurrenceTiming": {"event": ["2026-05-01"]},
            },
            "refill",
            MAY,
        ),
        (
            {"resourceType": "ProcedureRequest", "code": {"text": "refill"}, "scheduledDateTime": "2026-05-01"},
            "refill",
            MAY,
        ),
        (
            {
                "resourceType": "ProcedureRequest",
                "code": {"text": "refill"},
                "scheduledTiming": {"repeat": {"boundsPeriod": {"start": "2026-05-01"}}},
            },
            "refill",
            MAY,
        ),
        ({"resourceType": "DeviceRequest", "codeCodeableConcept": {"text": "pump"}}, "pump", None),
        ({"resourceType": "DeviceRequest", "codeReference": {"display": "pump"}}, "pump", None),
        ({"resourceType": "Device", "type": {"text": "pump"}}, "pump", None),
        ({"resourceType": "Device", "type": [{"text": "pump"}], "name": [{"value": "X"}]}, "pump; X", None),
        ({"resourceType": "Device", "deviceName": [{"name": "pump"}], "displayName": "Y"}, "pump; Y", None),
        ({"resourceType": "Device", "name": "pump"}, "pump", None),
        (
            {"resourceType": "Appointment", "serviceType": [{"text": "pump refill"}], "start": "2026-05-01"},
            "pump refill",
            MAY,
        ),
        (
            {
                "resourceType": "Appointment",
                "serviceType": [{"concept": {"text": "refill"}}],
                "reasonCode": [{"text": "pump"}],
            },
            "refill; pump",
            None,
        ),
    ],
    ids=lambda value: value.get("resourceType") if isinstance(value, dict) else None,
)
def test_what_was_done_or_is_planned_is_told_with_its_date(sent: Any, text: str, moment: When | None) -> None:
    (fact,) = read(source({"id": "x", "status": "active", **sent}, "procedures")).procedures
    assert (fact.code.text, fact.when, fact.status) == (text, moment, "active")


@pytest.mark.parametrize("element", ["notPerformed", "notDone"])
def test_a_procedure_not_done_says_so(element: str) -> None:
    sent = {"resourceType": "Procedure", "status": "completed", element: True}
    (fact,) = read(source(sent, "procedures")).procedures
    assert fact.status == "not-done"


def test_the_words_of_an_appointment_are_notes() -> None:
    sent = {"resourceType": "Appointment", "description": "refill", "comment": "bring pump", "note": [{"text": "n"}]}
    (fact,) = read(source(sent, "procedures")).procedures
    assert fact.notes == ("n", "refill", "bring pump")
