"""Which medicine a resource is about: its own words and codes, and those of the Medication it points at."""

from __future__ import annotations

from typing import Any

import msgspec

from cds.chart import Amount, Coded, Coding
from cds.fhir.codes import EMPTY, coded, referenced, shortened
from cds.fhir.medication_views import IngredientView, Medication, MedicationEvent
from cds.fhir.references import Index, shown
from cds.fhir.shapes import Codeable, Reference, RefOrText, amount

IngredientFact = tuple[Coded, Amount | None, Amount | None]


def drug_fields(view: MedicationEvent, index: Index) -> dict[str, Any]:
    """The medicine, from medication[x] of any release, following references: those fields of ``MedicationFact``."""
    concept, reference = view.medicationCodeableConcept, view.medicationReference
    if view.medication is not None:
        own, pointed = _of_r5(view.medication)
        concept, reference = concept or own, reference or pointed
    if reference is None:
        return {"drug": shortened(concept), "drug_missing": not _says_something(concept)}
    return _with_medication(concept, reference, view, index)


def _of_r5(medication: Codeable | str) -> tuple[Coded | None, RefOrText]:
    if isinstance(medication, str):
        return Coded((), medication), None
    own = coded(msgspec.structs.replace(medication, reference=None))
    pointed = medication.reference
    if isinstance(pointed, str) and medication.display:  # a plain Reference under the R5 name
        return None, Reference(pointed, medication.display)
    return own if _says_something(own) else None, pointed


def _with_medication(
    concept: Coded | None, reference: RefOrText, view: MedicationEvent, index: Index
) -> dict[str, Any]:
    found = index.find(reference, "Medication", view.contained)
    product = found if isinstance(found, Medication) else Medication()
    own, code = concept or EMPTY, product.code or EMPTY
    drug = _with_words(Coded((*own.codings, *code.codings), own.text), code.text)
    drug = _with_words(drug, shown(reference))
    ingredients = _ingredients(product, product.contained or view.contained, index)
    return {
        "drug": shortened(drug),
        "drug_missing": not _says_something(drug) and not ingredients,
        "form": _form(product),
        "ingredients": ingredients,
    }


def _with_words(drug: Coded, words: str) -> Coded:
    """Further words for the same medicine: its text if it had none, else, if they differ, one more name for it."""
    if not words:
        return drug
    if not drug.text:
        return Coded(drug.codings, words)
    known = {drug.text, *(coding.display for coding in drug.codings)}
    return drug if words in known else Coded((*drug.codings, Coding("", "", words)), drug.text)


def _form(product: Medication) -> Coded:
    older = product.product.form if product.product is not None else None
    return product.form or product.doseForm or older or EMPTY


def _ingredients(product: Medication, contained: bytes, index: Index) -> tuple[IngredientFact, ...]:
    older = product.product.ingredient if product.product is not None else None
    return tuple(_ingredient(one, contained, index) for one in product.ingredient or older or ())


def _ingredient(sent: IngredientView, contained: bytes, index: Index) -> IngredientFact:
    ratio = sent.strength or sent.strengthRatio or sent.amount
    if ratio is not None:
        return _what(sent, contained, index), amount(ratio.numerator), amount(ratio.denominator)
    return _what(sent, contained, index), amount(sent.strengthQuantity), None


def _what(sent: IngredientView, contained: bytes, index: Index) -> Coded:
    if sent.itemCodeableConcept is not None:
        return sent.itemCodeableConcept
    item, reference = sent.item, sent.itemReference
    if item is not None:
        own = coded(item)
        if _says_something(own) and (isinstance(item, str) or item.reference is None or item.concept is not None):
            return own
        if isinstance(item, Codeable):  # DSTU2: a Reference; R5: {reference: a Reference}
            reference = Reference(item.reference, item.display) if isinstance(item.reference, str) else item.reference
    for type_name in ("Substance", "Medication"):
        found = referenced(reference, index, type_name, contained)
        if _says_something(found):
            return found
    return EMPTY


def _says_something(value: Coded | None) -> bool:
    return value is not None and bool(value.text or any(c.code or c.display for c in value.codings))
