"""What is given becomes mass through the product: patches, pumps, liquids, and combinations."""

from __future__ import annotations

import pytest

from cds.arithmetic.dose import daily_doses
from cds.case import Drug, Ingredient, Known, Reason, Route
from cds.chart import Amount, DosageFact, Timing
from tests.unit.arithmetic.dosages import (
    COMBINATION,
    PATCH,
    PUMP,
    SOLUTION,
    dose,
    ends,
    every,
    mg,
    one,
    per_day,
    product,
    unknown,
)

TID = per_day(3)


@pytest.mark.parametrize(
    "fact",
    [
        DosageFact(dose=Amount(1, "patch", "{patch}"), timing=every(72)),
        DosageFact(dose=Amount(1), timing=every(72)),
        DosageFact(dose=Amount(1, "patch", "{patch}")),  # delivers per hour whenever it is changed
        DosageFact(dose=Amount(25, "ug/h", "ug/h"), timing=every(72)),
        DosageFact(dose=Amount(25, "mcg", "ug"), timing=every(72)),
        DosageFact(rate=Amount(25, "mcg/h"), timing=every(72)),
        DosageFact(rate=Amount(600, "ug/d")),
        DosageFact(text="25 mcg/hr q72h"),
        DosageFact(text="Apply 1 patch every 3 days"),
        DosageFact(text="Apply 1 patch (4.2 mg) every 72 hours"),  # what it holds is not what it delivers
    ],
)
def test_a_patch_counts_by_what_it_delivers_per_hour(fact: DosageFact) -> None:
    found = dose(one(fact, drug=PATCH))
    assert (found.low, found.high, found.unit) == (25, 25, "ug/h")


@pytest.mark.parametrize("per", ["h", "72 h"])
def test_a_strength_per_hour_makes_a_patch_whether_or_not_form_and_route_are_told(per: str) -> None:
    bare = product(25, "ug", "h", route=Route.UNKNOWN, form="", label="fentanyl")
    fact = DosageFact(rate=Amount(25, f"mcg/{per}"), timing=every(72))
    assert one(fact, drug=bare) == one(fact, drug=PATCH)


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        (DosageFact(dose=Amount(1, "patch", "{patch}"), timing=TID), "dose-unknown"),
        (DosageFact(dose=Amount(25), timing=every(72)), "unit"),
        (DosageFact(dose=mg(10), timing=every(72)), "unit"),
        (DosageFact(dose=Amount(5, "mL"), timing=every(72)), "dose-unknown"),
        (DosageFact(rate=Amount(5, "mL/h")), "unit"),
        (DosageFact(rate=Amount(25, "ug/wk")), "unit"),
    ],
)
def test_a_patch_dosed_in_another_way_is_refused(fact: DosageFact, reason: str) -> None:
    assert ends(one(fact, drug=PATCH)) == reason


def test_a_patch_and_a_counted_dose_in_one_order_are_a_conflict() -> None:
    gel = product(10, route=Route.TRANSDERMAL, form="gel", label="gel")
    rate, count = DosageFact(rate=Amount(25, "ug/h")), DosageFact(dose=Amount(1, "dose"), timing=TID)
    unknown(one(rate, count, drug=gel), Reason.CONFLICT)
    first, then = (
        DosageFact(sequence=1, rate=Amount(25, "ug/h")),
        DosageFact(sequence=2, dose=Amount(1, "dose"), timing=TID),
    )
    unknown(one(first, then, drug=gel), Reason.CONFLICT)
    unknown(one(DosageFact(text="25 mcg/hr and 1 spray at night"), drug=gel), Reason.CONFLICT)


@pytest.mark.parametrize(("bare", "expected"), [(4, (100, 100)), (5, "unit")])
def test_more_than_four_patches_without_a_unit_are_not_believed(bare: float, expected: object) -> None:
    assert ends(one(DosageFact(dose=Amount(bare), timing=every(72)), drug=PATCH)) == expected


def test_two_patches_deliver_twice_as_much() -> None:
    assert ends(one(DosageFact(dose=Amount(2, "patch"), timing=every(72)), drug=PATCH)) == (50, 50)


def test_a_patch_of_unknown_strength_is_unknown_in_mass() -> None:
    bare = product(None, route=Route.TRANSDERMAL, form="patch", label="fentanyl patch")
    assert ends(one(DosageFact(dose=Amount(25, "mcg"), timing=every(72)), drug=bare)) == "unit"
    assert ends(one(DosageFact(rate=Amount(25, "mcg/h")), drug=bare)) == (25, 25)


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (DosageFact(rate=Amount(100, "ug/d", "ug/d")), (100, 100)),
        (DosageFact(rate=Amount(60, "mcg/h")), (1440, 1440)),
        (DosageFact(rate=Amount(0.1, "mL/d")), (200, 200)),
        (DosageFact(rate=Amount(1, "mg/d")), (1000, 1000)),
        (DosageFact(dose=Amount(300, "ug"), timing=per_day(1)), (300, 300)),
        (DosageFact(dose=Amount(50, "ug"), timing=Timing(count=1)), (50, 50)),
        (DosageFact(dose=mg(1), timing=per_day(1)), (1000, 1000)),
        (DosageFact(text="100 mcg/day intrathecal"), (100, 100)),
        (DosageFact(text="continuous intrathecal infusion 4 mcg/hr"), (96, 96)),
    ],
)
def test_intrathecal_doses_are_in_micrograms_per_day(fact: DosageFact, expected: tuple[float, float]) -> None:
    found = dose(one(fact, drug=PUMP))
    assert ((found.low, found.high), found.unit) == (expected, "ug/d")


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (DosageFact(dose=Amount(10, "mL", "ml"), timing=TID), (30, 30)),
        (DosageFact(dose=Amount(1, "tsp"), timing=TID), (15, 15)),
        (DosageFact(dose=mg(10), timing=TID), (30, 30)),
        (DosageFact(dose=Amount(10), timing=TID), "unit"),  # 10 of what?
        (DosageFact(dose=Amount(1, "tablet"), timing=TID), "unit"),
        (DosageFact(text="5 mL tid"), (15, 15)),
        (DosageFact(text="5 mL (5 mg) tid"), (15, 15)),
        (DosageFact(text="5 mL (10 mg) tid"), "conflict"),
        (DosageFact(text="5 mL of 5 mg/5 mL solution tid"), (15, 15)),
        (DosageFact(text="5 mL of 10 mg/5 mL solution tid"), "conflict"),
        (DosageFact(dose=mg(10), timing=TID, text="5 mL tid"), "conflict"),
    ],
)
def test_liquids_go_by_the_strength_per_ml(fact: DosageFact, expected: tuple[float, float] | str) -> None:
    assert ends(one(fact, drug=SOLUTION)) == expected


def test_each_ingredient_of_a_combination_has_its_own_dose() -> None:
    answers = daily_doses([DosageFact(dose=Amount(2, "tab"), timing=TID)], COMBINATION)
    assert [answer.value.high for answer in answers if isinstance(answer, Known)] == [30, 1950]


@pytest.mark.parametrize(
    "fact", [DosageFact(dose=mg(10), timing=TID), DosageFact(text="10 mg tid"), DosageFact(rate=Amount(5, "mg/h"))]
)
def test_mg_of_a_combination_is_unknown_for_every_ingredient(fact: DosageFact) -> None:
    answers = daily_doses([fact], COMBINATION)
    assert [getattr(answer, "reason", None) for answer in answers] == [Reason.DOSE_UNKNOWN] * 2


@pytest.mark.parametrize(
    "label", ["Acetaminophen 325 MG / Hydrocodone 5 MG Oral Tablet", "hydrocodone-acetaminophen 5-325", "co-codamol"]
)
def test_mg_of_a_combination_of_which_we_know_one_ingredient_is_unknown_too(label: str) -> None:
    assert ends(one(DosageFact(dose=mg(5), timing=TID), drug=product(5, label=label))) == "dose-unknown"


@pytest.mark.parametrize(
    "label",
    [
        "Morphine 15 MG/1 extended-release tablet",
        "Baclofen 10 MG Oral Tablet",
        "Baclofen 5 MG/5 ML",
        "Nitro 0.4 MG/ACTUATION",
    ],
)
def test_a_slash_in_a_strength_makes_no_combination(label: str) -> None:
    assert ends(one(DosageFact(dose=mg(5), timing=TID), drug=product(5, label=label))) == (15, 15)


def test_a_strength_that_makes_no_sense_is_no_strength() -> None:
    assert ends(one(DosageFact(dose=Amount(1, "tab"), timing=TID), drug=product(0))) == "dose-unknown"
    assert ends(one(DosageFact(dose=Amount(1, "tab"), timing=TID), drug=product(5, "mEq"))) == "dose-unknown"


def test_two_readings_of_one_product_are_no_combination() -> None:
    """Code says baclofen, words say bisoprolol: 10 mg is 10 mg of whichever it is."""
    readings = (Ingredient("baclofen"), Ingredient("bisoprolol"))
    either = Drug(label="Bisoprolol 10 mg", ingredients=readings, conflict="code and name differ")
    answers = daily_doses([DosageFact(dose=mg(10), timing=TID)], either)
    assert [answer.value.high for answer in answers if isinstance(answer, Known)] == [30, 30]
