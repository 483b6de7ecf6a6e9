"""The discharge list, however it is told; which drugs are of home; and what the list has lost."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cds.build import build_case
from cds.case import Action, PatientCase, Reason, Setting, Unknown, When
from cds.chart import Chart, Coded, Coding, EncounterFact, ListFact, ListItem, MedicationFact
from tests.unit.reconcile.facts import BACLOFEN, LORAZEPAM, TODAY, ago, medicine, taking, terminology, words

STAY = "Encounter/e1"
DISCHARGE = Coded((Coding("", "discharge"),))
INPATIENT = Coded((Coding("", "inpatient"),))
THRICE = (taking(1, 3),)
LOINC = Coded((Coding("http://loinc.org", "10183-2"),))
FIVE_DAYS_AGO = ago(5)
LISINOPRIL = "lisinopril 10 mg oral tablet"


def leave(
    *medications: MedicationFact,
    lists: tuple[ListFact, ...] = (),
    start: When | None = FIVE_DAYS_AGO,
    gaps: dict[str, list[Unknown]] | None = None,
) -> PatientCase:
    """The case of a patient who is discharged today from the stay e1."""
    stay = EncounterFact(id="e1", path="encounter", status="in-progress", start=start)
    chart = Chart(medications=list(medications), encounters=[stay], lists=list(lists), gaps=gaps or {})
    return build_case(chart, as_of=TODAY, phase="discharge", terminology=terminology(), encounter_id="e1")


def home(drug: str = BACLOFEN, id: str = "h1", **more: Any) -> MedicationFact:
    """A drug ordered long before the stay."""
    return medicine(drug, id, **{"written": ago(200), "dosages": THRICE, **more})


def listed(drug: str, id: str = "l1", **more: Any) -> MedicationFact:
    """An order for discharge."""
    return medicine(drug, id, **{"category": DISCHARGE, "written": ago(0), "dosages": THRICE, **more})


def named_on_list(*references: str, **more: Any) -> ListFact:
    """A discharge list that refers to these."""
    items = tuple(ListItem((reference,)) for reference in references)
    return ListFact(**{"id": "list", "path": "list", "code": LOINC, "status": "current", "items": items, **more})


def did(case: PatientCase) -> list[tuple[str, str, bool]]:
    """What becomes of each drug: its ref, what is done to it, and whether the list has lost it."""
    return [(order.ref, order.action.value, order.omitted) for order in case.orders]


def test_a_home_drug_that_the_list_has_lost_is_a_stop_that_nobody_ordered() -> None:
    case = leave(home(), listed(LISINOPRIL))
    assert did(case) == [("MedicationRequest/l1", "start", False), ("MedicationRequest/h1", "stop", True)]
    assert case.orders[1].replaces == ("MedicationRequest/h1",)
    assert case.orders[1].note_texts == ("omitted from the discharge list",)
    assert case.setting is Setting.DISCHARGE
    assert case.gaps["discharge"] == ()


def test_the_same_drug_on_the_list_is_a_renewal_and_surely_replaces() -> None:
    (order,) = leave(home(), listed(BACLOFEN)).orders
    assert (order.action, order.linked, order.replaces) == (Action.RENEW, True, ("MedicationRequest/h1",))


def test_a_listed_drug_without_dosage_goes_on_as_it_was() -> None:
    (order,) = leave(home(), listed(BACLOFEN, dosages=())).orders
    assert order.action is Action.RENEW
    assert order.doses == leave(home(), listed(BACLOFEN)).uses[0].doses


@pytest.mark.parametrize("status", ["active", "draft", "completed", "on-hold", "unknown", ""])
def test_an_order_for_discharge_counts_in_every_status_that_is_no_stop(status: str) -> None:
    case = leave(home(), listed(LISINOPRIL, status=status))
    assert ("MedicationRequest/h1", "stop", True) in did(case)


def test_an_order_entered_in_error_makes_no_list_with_anything_on_it() -> None:
    case = leave(home(), listed(BACLOFEN, status="entered-in-error"), listed(LISINOPRIL, "l2"))
    assert ("MedicationRequest/h1", "stop", True) in did(case)


# -- which orders are of this discharge -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "is_of_it"),
    [
        ({"encounter": STAY, "written": ago(90)}, True),
        ({"encounter": "Encounter/other", "written": ago(90)}, False),
        ({"written": ago(5)}, True),
        ({"written": ago(6)}, False),
        ({"written": None}, True),
    ],
)
def test_an_order_for_discharge_is_of_this_stay_by_encounter_or_date(more: dict[str, Any], is_of_it: bool) -> None:
    """One for an earlier discharge is a home drug."""
    case = leave(listed(BACLOFEN, **more), listed(LISINOPRIL, "l2"))
    lost = ("MedicationRequest/l1", "stop", True) in did(case)
    assert lost is not is_of_it


@pytest.mark.parametrize(("days", "is_of_it"), [(6, True), (7, True), (8, False)])
def test_without_a_start_of_the_stay_a_week_counts(days: int, is_of_it: bool) -> None:
    case = leave(listed(BACLOFEN, written=ago(days)), listed(LISINOPRIL, "l2"), start=None)
    assert (("MedicationRequest/l1", "stop", True) in did(case)) is not is_of_it


@pytest.mark.parametrize(("days", "is_on_list"), [(0, True), (1, True), (2, False)])
def test_in_dstu2_orders_of_the_stay_of_the_last_day_are_the_list(days: int, is_on_list: bool) -> None:
    order = medicine(LISINOPRIL, "l1", encounter=STAY, written=ago(days), dosages=THRICE)
    dstu2 = _of_dstu2(order)
    case = leave(home(), dstu2)
    assert (not case.gaps["discharge"]) is is_on_list


def test_in_dstu2_an_order_without_the_encounter_is_no_discharge_order() -> None:
    case = leave(home(), _of_dstu2(medicine(LISINOPRIL, "l1", written=ago(0))))
    assert [gap.reason for gap in case.gaps["discharge"]] == [Reason.ABSENT]


def _of_dstu2(fact: MedicationFact) -> MedicationFact:
    return msgspec.structs.replace(fact, resource_type="MedicationOrder")


# -- a List ----------------------------------------------------------------------------------------------------------


def test_a_list_that_refers_to_the_home_order_carries_it_on() -> None:
    (order,) = leave(home(), lists=(named_on_list("MedicationRequest/h1"),)).orders
    assert (order.action, order.replaces) == (Action.RENEW, ("MedicationRequest/h1",))


def test_a_list_that_refers_to_a_new_order_does_not_make_it_a_home_drug() -> None:
    new = medicine(LORAZEPAM, "n1", written=ago(0), dosages=THRICE)
    case = leave(home(), new, lists=(named_on_list("MedicationRequest/n1", "MedicationRequest/h1"),))
    assert did(case) == [("MedicationRequest/n1", "start", False), ("MedicationRequest/h1", "renew", False)]
    assert [use.ref for use in case.uses] == ["MedicationRequest/h1"]


@pytest.mark.parametrize("name", ["urn:uuid:h1", "https://ehr.example|rx-1"])
def test_other_ways_of_pointing_are_followed(name: str) -> None:
    case = leave(home(identifiers=("https://ehr.example|rx-1",)), lists=(named_on_list(name),))
    assert did(case) == [("MedicationRequest/h1", "renew", False)]


def test_an_entry_in_words_only_is_on_the_list() -> None:
    only_words = ListItem((), words("Baclofen 10 mg tablet"))
    case = leave(home(), lists=(named_on_list(items=(only_words,)),))
    assert [(order.action, order.omitted) for order in case.orders] == [(Action.RENEW, False)]


@pytest.mark.parametrize("more", [{"status": "retired"}, {"encounter": "Encounter/other"}, {"when": ago(40)}])
def test_an_old_list_or_that_of_another_stay_is_none(more: dict[str, Any]) -> None:
    case = leave(home(), lists=(named_on_list("MedicationRequest/x", **more),))
    assert [gap.reason for gap in case.gaps["discharge"]] == [Reason.ABSENT]
    assert case.orders == ()


def test_a_list_is_known_by_its_words_too() -> None:
    by_words = named_on_list("MedicationRequest/h1", code=words("Discharge medications"))
    assert did(leave(home(), lists=(by_words,))) == [("MedicationRequest/h1", "renew", False)]
    allergies = named_on_list("MedicationRequest/h1", code=words("Allergies at discharge"))
    assert leave(home(), lists=(allergies,)).gaps["discharge"]


def test_a_list_that_says_there_is_nothing_is_readable() -> None:
    case = leave(home(), lists=(named_on_list(empty_reason="nilknown"),))
    assert did(case) == [("MedicationRequest/h1", "stop", True)]


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (named_on_list(), Reason.UNREADABLE),
        (named_on_list(empty_reason="unavailable"), Reason.UNREADABLE),
        (named_on_list("MedicationRequest/not-sent"), Reason.UNREADABLE),
        (named_on_list("MedicationRequest/l2", unreadable=1), Reason.UNREADABLE),
    ],
)
def test_a_list_that_cannot_be_followed_loses_nothing(one: ListFact, reason: Reason) -> None:
    other = medicine(LISINOPRIL, "l2", written=ago(0))
    case = leave(home(), other, lists=(one,))
    assert not any(order.omitted for order in case.orders)
    assert [gap.reason for gap in case.gaps["discharge"]] == [reason]


# -- a list that was not seen whole ----------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", [Reason.TRUNCATED, Reason.UNREADABLE, Reason.FETCH_FAILED])
def test_orders_for_discharge_out_of_a_broken_list_are_not_the_whole_list(reason: Reason) -> None:
    case = leave(home(), listed(LISINOPRIL), gaps={"medications": [Unknown(reason, "broken")]})
    assert not any(order.omitted for order in case.orders)
    assert case.gaps["discharge"] == (Unknown(reason, "broken"),)


def test_a_whole_list_does_not_need_the_list_of_orders() -> None:
    statement = home(id="s1", kind="statement")
    new = medicine(LISINOPRIL, "n1", written=ago(0))
    broken = {"medications": [Unknown(Reason.FETCH_FAILED, "broken")]}
    case = leave(statement, new, lists=(named_on_list("MedicationRequest/n1"),), gaps=broken)
    assert ("MedicationStatement/s1", "stop", True) in did(case)


def test_why_there_is_no_list_is_kept() -> None:
    failed = {"discharge": [Unknown(Reason.FETCH_FAILED, "the server answered with an error")]}
    assert [gap.reason for gap in leave(home(), gaps=failed).gaps["discharge"]] == [Reason.FETCH_FAILED]
    empty = {"discharge": [Unknown(Reason.REPORTED_EMPTY, "reported as none")]}
    assert [gap.reason for gap in leave(home(), gaps=empty).gaps["discharge"]] == [Reason.ABSENT]
    assert leave(home(), listed(LISINOPRIL), gaps=failed).gaps["discharge"] == ()


def test_a_medicine_on_the_list_that_nobody_can_name_may_be_the_one() -> None:
    unnamed = listed("", drug_missing=True)
    case = leave(home(), unnamed)
    assert not any(order.omitted for order in case.orders)
    assert [gap.reason for gap in case.gaps["discharge"]] == [Reason.UNKNOWN_DRUG]


# -- what is a home drug ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "is_home"),
    [
        (home(), True),
        (home(status="on-hold"), True),
        (home(category=INPATIENT), False),
        (home(written=ago(3)), False),
        (home(written=ago(5)), False),
        (home(written=ago(6)), True),
        (home(encounter=STAY), False),
        (home(encounter=STAY, category=Coded((Coding("", "community"),))), True),
        (home(kind="statement", written=ago(4)), True),
        (home(kind="statement", written=None, effective_start=ago(4)), False),
        (home(kind="statement", written=None, effective_start=ago(40)), True),
        (home(kind="administration", written=None, effective_start=ago(0), status="completed"), False),
    ],
)
def test_what_is_of_the_ward_only_is_no_home_drug(fact: MedicationFact, is_home: bool) -> None:
    case = leave(fact, listed(LISINOPRIL))
    assert any(order.omitted for order in case.orders) is is_home


def test_what_is_of_the_ward_only_has_ended() -> None:
    case = leave(home(category=INPATIENT, written=ago(3)), listed(LISINOPRIL))
    assert case.uses == ()
    assert [use.ended for use in case.past_uses] == [ago(0)]


def test_what_the_list_carries_on_from_the_ward_goes_on() -> None:
    case = leave(home(category=INPATIENT, written=ago(3)), listed(BACLOFEN))
    assert did(case) == [("MedicationRequest/l1", "renew", False)]
    assert [use.ref for use in case.uses] == ["MedicationRequest/h1"]


def test_at_home_and_on_the_ward_is_a_home_drug() -> None:
    case = leave(home(kind="statement", id="s1"), home(category=INPATIENT, written=ago(3)), listed(LISINOPRIL))
    assert [order.omitted for order in case.orders] == [False, True]


def test_a_single_dose_is_not_lost() -> None:
    single = (taking(1, 1, count=1),)
    assert not any(order.omitted for order in leave(home(dosages=single), listed(LISINOPRIL)).orders)


def test_a_medicine_without_an_id_on_the_chart_hides_none_that_the_list_names() -> None:
    case = leave(
        home(),
        medicine(LORAZEPAM, "", written=ago(100), dosages=THRICE),
        lists=(named_on_list("MedicationRequest/h1"),),
    )
    assert did(case)[0] == ("MedicationRequest/h1", "renew", False)
    assert [order.omitted for order in case.orders] == [False, True]
