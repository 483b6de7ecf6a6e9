"""Recognise drugs, conditions, procedures and measurements by code, then by word.

``load_terminology()`` reads the tables of ``cds/knowledge`` once; the ``Terminology`` it gives is immutable and pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

from cds.case import Concept, Drug
from cds.chart import Amount, Coded
from cds.terminology import load
from cds.terminology.allergies import AllergyRecogniser
from cds.terminology.concepts import ConceptRecogniser
from cds.terminology.drugs import DrugRecogniser
from cds.terminology.labs import LabRecogniser
from cds.terminology.model import ClassInfo, ConceptInfo, IngredientInfo

__all__ = ["ClassInfo", "ConceptInfo", "IngredientInfo", "Terminology", "load_terminology"]

ROOT = Path(__file__).parent.parent / "knowledge"
_NOTHING = Coded()


class Terminology:
    """What codes and words mean. Immutable; all answers depend on the arguments only."""

    __slots__ = (
        "_allergies",
        "_by_class",
        "_concepts",
        "_drugs",
        "_labs",
        "classes",
        "concepts",
        "condition_tables",
        "drug_tables",
        "ingredients",
        "lab_tables",
    )

    def __init__(self, root: Path) -> None:
        classes = load.read_classes(root)
        tables = load.read_drugs(root, classes)
        concepts = load.read_concepts(root)
        self.classes = MappingProxyType(classes)
        self.ingredients = MappingProxyType(dict(tables.ingredients))
        self.concepts = MappingProxyType(concepts)
        # The tables themselves are for publishing what is known; to recognise, ask the methods.
        self.drug_tables = tables
        self.condition_tables = load.read_condition_codes(root, concepts)
        self.lab_tables = load.read_labs(root)
        self._drugs = DrugRecogniser(tables)
        self._concepts = ConceptRecogniser(self.condition_tables)
        self._labs = LabRecogniser(self.lab_tables)
        self._allergies = AllergyRecogniser(load.read_allergies(root), self._drugs)
        by_class: dict[str, set[str]] = {id: set() for id in classes}
        for info in tables.ingredients.values():
            for member in info.classes:
                by_class[member].add(info.id)
        self._by_class = {id: frozenset(members) for id, members in by_class.items()}

    # -- recognition ------------------------------------------------------------------------------------------------

    def recognise_drug(
        self,
        drug: Coded,
        *,
        form: Coded = _NOTHING,
        route: Coded = _NOTHING,
        ingredients: Sequence[tuple[Coded, Amount | None, Amount | None]] = (),
        site: Coded = _NOTHING,
    ) -> Drug:
        """The medicine a CodeableConcept means.

        ``form`` and ``ingredients`` are those of the Medication, ``route`` and ``site`` those of the dosage.

        Always answers: see ``Drug.readable`` and ``Drug.recognised_by`` for how much was understood.
        """
        return self._drugs.recognise(drug, form, route, tuple(ingredients), site)

    def recognise_condition(self, code: Coded) -> Concept:
        """The concepts a Condition's code (or a reason) means; ``ids`` empty when none of ours."""
        return self._concepts.recognise(code)

    def recognise_procedure(self, code: Coded) -> Concept:
        """The concepts a Procedure's, Device's or service's code means; ``ids`` empty when none of ours."""
        return self._concepts.recognise(code)

    def recognise_allergy(self, substance: Coded) -> Concept:
        """The ingredients ("diazepam") and classes ("class:benzodiazepine") an allergy is about; no ids when it is
        about none of ours, or says that there is none ("no known drug allergies").
        """
        return self._allergies.recognise(substance)

    def recognise_allergy_problem(self, code: Coded) -> Concept:
        """The same for a Condition that tells of an allergy ("Allergy to baclofen"); no ids for any other Condition."""
        return self._allergies.recognise_problem(code)

    def lab_kind(self, code: Coded, specimen: str = "") -> str:
        """The kind of measurement ("creatinine", "egfr" ...); "" when none of ours, "creatinine-exclude" for one that
        says nothing about the blood.
        """
        return self._labs.kind(code, specimen)

    def lab_method(self, code: Coded) -> str:
        """The equation of an eGFR or clearance, "" when not said: "CKD-EPI 2021", "MDRD", "MDRD, race-based" ..."""
        return self._labs.method(code)

    # -- what is known ----------------------------------------------------------------------------------------------

    def ingredient(self, id: str) -> IngredientInfo | None:
        """An ingredient by our id, or None."""
        return self.ingredients.get(id)

    def in_class(self, ingredient_id: str, class_id: str) -> bool:
        """Whether an ingredient belongs to a class, directly or because the class includes one of its classes."""
        return ingredient_id in self._by_class.get(class_id, frozenset())

    def ingredients_of_class(self, class_id: str) -> frozenset[str]:
        """The ids of a class's ingredients; empty for an unknown class."""
        return self._by_class.get(class_id, frozenset())

    def has_concept(self, concept_id: str) -> bool:
        """Whether a condition or procedure concept exists."""
        return concept_id in self.concepts and concept_id != "none"


def load_terminology(root: Path | None = None) -> Terminology:
    """Read the terminology of a knowledge folder (default: the one that ships). Raises ``TableFault``, ``KeyError``,
    ``OSError`` or ``TOMLDecodeError`` when a table cannot be used.
    """
    return Terminology(ROOT if root is None else root)
