"""A value set for each class of drugs, each concept and each kind of measurement, and whether a code is in it.

ICD-10 codes stand for all codes below them, as in ``icd10.tsv``: a value set lists the codes of the table, and
``member`` says of any code whether the checks take it for one of the set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from cds.chart import Coded, Coding
from cds.fhir.publish.canonical import NOT_REVIEWED, SYSTEM_URLS, Json, Place, newest
from cds.fhir.publish.codes import INGREDIENTS, slug
from cds.knowledge.model import Knowledge
from cds.terminology import systems
from cds.terminology.tables import items

DRUGS, CONDITIONS, LABS = "drugs-", "conditions-", "measurements-"

Code = tuple[str, str, str]  # system address, code, display


class ValueSets:
    """The value sets of one knowledge version. Members are collected once, when first asked for."""

    def __init__(self, knowledge: Knowledge, place: Place) -> None:
        self._knowledge = knowledge
        self._known = knowledge.terminology
        self._place = place

    @cached_property
    def titles(self) -> Mapping[str, tuple[str, str]]:
        """Id -> title and description of every value set."""
        found = {DRUGS + info.id: (f"Drugs: {info.name}", info.meaning) for info in self._known.classes.values()}
        found |= {
            CONDITIONS + info.id: (f"Conditions: {info.name}", info.meaning)
            for info in self._known.concepts.values()
            if info.id != "none"
        }
        kinds = sorted(set(self._known.lab_tables.kinds.values()))
        return found | {LABS + kind: (f"Measurements: {kind}", f"LOINC codes read as {kind}.") for kind in kinds}

    def codes(self, id: str) -> tuple[Code, ...]:
        """Every listed code of a value set."""
        return self._codes.get(id, ())

    def resource(self, id: str) -> Json:
        """The ValueSet as it is defined."""
        title, meaning = self.titles[id]
        by_system: dict[str, list[Json]] = {}
        for system, code, display in self.codes(id):
            concept = {"code": code, "display": display} if display else {"code": code}
            by_system.setdefault(system, []).append(concept)
        about = f"{meaning} {_ICD_NOTE if SYSTEM_URLS[systems.ICD10] in by_system else ''}{NOT_REVIEWED}"
        found = self._place.head("ValueSet", id, title=title, description=about, on=newest(self._knowledge))
        include = [{"system": system, "concept": concepts} for system, concepts in by_system.items()]
        if include:
            found["compose"] = {"include": include}
        return found

    def member(self, id: str, system: str, code: str) -> bool:
        """Whether the checks take a code for a member of the set: asked of the recognisers themselves."""
        coded = Coded(codings=(Coding(system=system, code=code),))
        if id.startswith(DRUGS):
            own = self._own_ingredient(system, code)
            ids = own or [item.id for item in self._known.recognise_drug(coded).ingredients]
            return any(self._known.in_class(one, id.removeprefix(DRUGS)) for one in ids)
        if id.startswith(CONDITIONS):
            return id.removeprefix(CONDITIONS) in self._known.recognise_condition(coded).ids
        return self._known.lab_kind(coded) == id.removeprefix(LABS)

    def _own_ingredient(self, system: str, code: str) -> list[str]:
        return (
            [code] if system == self._place.url("CodeSystem", INGREDIENTS) and code in self._known.ingredients else []
        )

    # -- members ------------------------------------------------------------------------------------------------------

    @cached_property
    def _codes(self) -> Mapping[str, tuple[Code, ...]]:
        found: dict[str, dict[Code, None]] = {id: {} for id in self.titles}
        for id, code in (*self._drug_codes(), *self._condition_codes(), *self._lab_codes()):
            if id in found:  # pragma: no branch (today every code is of a set; a new one may not be)
                found[id][code] = None
        return {id: tuple(codes) for id, codes in found.items()}

    def _drug_codes(self) -> Iterable[tuple[str, Code]]:
        for info in self._known.ingredients.values():
            own = (self._place.url("CodeSystem", INGREDIENTS), slug(info.id), info.name)
            yield from ((DRUGS + one, own) for one in sorted(info.classes))
        tables = self._known.drug_tables
        for (system, code), ids in tables.codes.items():
            yield from self._of_ingredients(ids, (SYSTEM_URLS[system], code, self._named(ids)))
        for code, line in tables.products.items():
            fields = line.split("\t")
            ids = items(fields[0])
            words = " ".join(part for part in (self._named(ids), fields[1], fields[2]) if part)
            yield from self._of_ingredients(ids, (SYSTEM_URLS[systems.RXNORM], code, words))

    def _of_ingredients(self, ids: Iterable[str], code: Code) -> Iterable[tuple[str, Code]]:
        for id in ids:
            info = self._known.ingredient(id)
            yield from ((DRUGS + one, code) for one in sorted(info.classes if info is not None else ()))

    def _named(self, ids: Iterable[str]) -> str:
        return " / ".join(info.name if (info := self._known.ingredient(id)) else id.lstrip("~") for id in ids)

    def _condition_codes(self) -> Iterable[tuple[str, Code]]:
        tables = self._known.condition_tables
        listed = [(systems.ICD10, _dotted(code), ids) for code, ids in tables.icd10.items()]
        listed += [(systems.ICD10PCS, code.lstrip("="), ids) for code, ids in tables.icd10pcs.items()]
        listed += [(system, code, ids) for (system, code), ids in tables.codes.items()]
        for system, code, ids in listed:
            wanted = [id for id in ids if not id.startswith("!")]
            wider = [more for id in wanted for more in tables.includes.get(id, ())]
            yield from ((CONDITIONS + id, (SYSTEM_URLS[system], code, "")) for id in (*wanted, *wider))

    def _lab_codes(self) -> Iterable[tuple[str, Code]]:
        for code, kind in self._known.lab_tables.kinds.items():
            yield LABS + kind, (SYSTEM_URLS[systems.LOINC], code, "")


_ICD_NOTE = "An ICD-10 code stands for every code below it, unless the tables say otherwise. "


def _dotted(prefix: str) -> str:
    """ICD-10 as it is written: "F10.3" of "=F103"."""
    plain = prefix.lstrip("=")
    return plain if len(plain) <= 3 else f"{plain[:3]}.{plain[3:]}"
