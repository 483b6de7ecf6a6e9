"""What the renderer writes is FHIR of the release it names: judged by fhir.resources, DSTU2 by a table of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cases import Case, all_cases, read_cases
from tests.support.fhir import faults
from tests.support.render import Variant, render
from tests.support.words import Json

VARIANTS = [Variant(), Variant(drug="contained"), Variant(drug="bundled")]
# Told on purpose as no FHIR allows it, and as some EHRs send it all the same.
WITHOUT_A_DRUG = {case.id for case in all_cases() if any(order.no_drug for order in case.order)}
CASES = [pytest.param(case, id=case.id) for case in all_cases()]


def resources(request: Json) -> Iterator[Json]:
    """Every resource of a request: the drafts and all that was prefetched."""
    context, prefetch = request["context"], request.get("prefetch", {})
    for held in [context.get("medications"), context.get("draftOrders"), *prefetch.values()]:
        if held is None:
            continue
        if held["resourceType"] == "Bundle":
            yield from (entry["resource"] for entry in held.get("entry", []))
        elif held["resourceType"] != "OperationOutcome":
            yield held


@pytest.mark.parametrize("case", CASES)
def test_every_rendered_resource_is_valid_in_its_release(case: Case) -> None:
    for release in case.releases:
        for variant in VARIANTS:
            for resource in resources(render(case, release, variant)):
                if not (case.id in WITHOUT_A_DRUG and names_no_drug(resource)):
                    assert faults(resource, release) == []


def names_no_drug(resource: Json) -> bool:
    return resource["resourceType"].startswith("Medication") and not any(
        name.startswith("medication") for name in resource
    )


def test_the_judges_do_refuse() -> None:
    """A test that cannot fail is a defect: a made-up element is refused in every release."""
    wrong = {"resourceType": "Condition", "id": "c1", "subjekt": {"reference": "Patient/p"}}
    assert all(faults(wrong, release) for release in ("DSTU2", "STU3", "R4", "R5"))


def test_every_word_of_the_format_renders_as_valid_fhir() -> None:
    [case] = read_cases(Path(__file__).parent / "everything.toml")
    for release in case.releases:
        for held in resources(render(case, release)):
            if held["id"] != "m7":  # the one without any medication is wrong on purpose
                assert faults(held, release) == []
