"""An allergy is told by the allergy list, or by a condition that says so: either can be looked up from the card."""

from __future__ import annotations

import pytest

from cds.allergies import allergies
from cds.case import Allergy
from cds.chart import AllergyFact, Coded, Coding, ProblemFact
from tests.unit.reconcile.facts import ago, terminology, words


def listed(**more: str) -> tuple[Allergy, ...]:
    """What an entry of the allergy list comes to."""
    return allergies([AllergyFact(path="x", substances=(words("baclofen"),), **{"id": "a1"} | more)], (), terminology())


def as_problem(**more: object) -> tuple[Allergy, ...]:
    """What "Allergy to baclofen" among the conditions comes to."""
    fields: dict[str, object] = {"id": "c1", "path": "x", "code": words("Allergy to baclofen"), "recorded": ago(40)}
    return allergies((), [ProblemFact(**fields | more)], terminology())  # type: ignore[arg-type]


def test_an_allergy_names_the_entry_that_tells_of_it() -> None:
    assert [(one.to.ids, one.ref) for one in listed()] == [(("baclofen",), "AllergyIntolerance/a1")]
    assert [one.ref for one in listed(id="")] == [""]
    assert [(one.to.ids, one.ref, one.when) for one in as_problem()] == [(("baclofen",), "Condition/c1", ago(40))]
    assert [one.ref for one in as_problem(id="")] == [""]


def test_a_class_told_by_a_code_alone_is_named_in_words() -> None:
    group = Coded((Coding("http://www.whocc.no/atc", "N05BA"),))
    (told,) = allergies([AllergyFact("a1", "x", substances=(group,))], (), terminology())
    assert (told.to.ids, told.to.label) == (("class:benzodiazepine",), "benzodiazepine")


@pytest.mark.parametrize(
    ("said", "verification"),
    [
        ({"verification_status": "confirmed"}, "confirmed"),
        ({"verification_status": "differential"}, "unconfirmed"),
        ({"verification_status": "unconfirmed", "clinical_status": "active"}, "unconfirmed"),
        ({}, ""),
    ],
)
def test_how_sure_an_allergy_among_the_conditions_is(said: dict[str, object], verification: str) -> None:
    assert [one.verification for one in as_problem(**said)] == [verification]


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ({"clinical_status": "active"}, True),
        ({"clinical_status": "resolved"}, False),
        ({"clinical_status": "inactive"}, False),
        ({"abated": True}, True),  # an allergy that "ended" without a status: nobody took it off the list
        ({"verification_status": "refuted"}, False),
        ({"verification_status": "entered-in-error"}, False),
        ({"categories": ("Family history",)}, False),
    ],
)
def test_which_conditions_still_tell_of_an_allergy(said: dict[str, object], stands: bool) -> None:
    assert bool(as_problem(**said)) is stands
