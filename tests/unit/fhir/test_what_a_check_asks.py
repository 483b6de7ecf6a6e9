"""What a check looks at is published as data requirements: one for each kind of value, with the elements read."""

from __future__ import annotations

from cds.fhir.publish.canonical import Place
from cds.fhir.publish.inputs import requirements
from cds.fhir.publish.valuesets import LABS
from cds.knowledge.load import load_knowledge

PLACE = Place("https://cds.example.org/fhir", "1")
KIDNEY = [LABS + kind for kind in ("creatinine", "egfr")]


def test_each_kind_of_value_is_a_requirement_of_its_own_and_no_thing_is_lost() -> None:
    check = load_knowledge().checks["baclofen-renal-dose"]
    found = requirements(check, PLACE, dict.fromkeys(KIDNEY))
    kinds = [need["codeFilter"][0]["valueSet"].rpartition("/")[2] for need in found if "codeFilter" in need]
    assert kinds == KIDNEY
    assert {"Patient", "Condition", "Observation"} <= {need["type"] for need in found}
    assert [need["mustSupport"] for need in found if "mustSupport" in need] == [["birthDate", "gender"]]
