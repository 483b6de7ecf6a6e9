"""What the terminology knows about an ingredient and a class of drugs."""

from __future__ import annotations

import msgspec


class ClassInfo(msgspec.Struct, frozen=True):
    """A class of drugs as ``classes.toml`` describes it; its flags are explained there."""

    id: str
    name: str
    meaning: str
    basis: str
    evidence: tuple[str, ...]
    includes: tuple[str, ...] = ()
    beers_cns_active: bool = False
    sedation_count: bool = False
    sedating: bool = False
    respiratory_depressant: bool = False


class IngredientInfo(msgspec.Struct, frozen=True):
    """An active ingredient. ``classes`` holds every class it is in, those that include its own classes as well.

    The flags are true when one of its classes has them.
    """

    id: str
    name: str
    classes: frozenset[str]
    beers_cns_active: bool = False
    sedation_count: bool = False
    sedating: bool = False
    respiratory_depressant: bool = False
    rxnorm: str = ""  # its own code, the first where there are several


class ConceptInfo(msgspec.Struct, frozen=True):
    """A condition, procedure, device or event the checks ask for, as ``conditions.toml`` describes it."""

    id: str
    name: str
    meaning: str
    words: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
