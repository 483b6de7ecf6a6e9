"""Search for a medicine by name or brand, as the order entry of an EHR offers it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from cds.knowledge.model import Knowledge
from cds.terminology.tables import items

MOST = 25
_MOST_WORDS = 6


class DrugSearch:
    """The products and brands that the checks recognise, by name. Listed when first asked for."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    def find(self, words: str) -> list[dict[str, str]]:
        """Products whose name holds every word, best first: label and RxNorm code ("" for a brand without one)."""
        wanted = words.lower().split()[:_MOST_WORDS]
        if not wanted:
            return []
        found = [one for one in self._listed if all(word in one[0].lower() for word in wanted)]
        found.sort(key=lambda one: (not one[0].lower().startswith(wanted[0]), len(one[0]), one[0]))
        return [{"label": label, "code": code} for label, code in found[:MOST]]

    @cached_property
    def _listed(self) -> tuple[tuple[str, str], ...]:
        return (*self._products(), *self._brands())

    def _products(self) -> Iterable[tuple[str, str]]:
        for code, line in self._knowledge.terminology.drug_tables.products.items():
            ingredients, strengths, form, _route, _detail, extended, _level = line.split("\t")
            names = [self._named(id) for id in items(ingredients)]
            if form and strengths and all(names):
                how = f"extended-release {form}" if extended else form
                yield f"{' / '.join(names)} {strengths.replace(',', ' / ')} {how}", code

    def _brands(self) -> Iterable[tuple[str, str]]:
        for name, named in self._knowledge.terminology.drug_tables.brand_names:
            substances = [self._named(id) for id in named.substances]
            if any(substances):
                form = named.brand.form if named.brand is not None else ""
                yield f"{name} ({', '.join(filter(None, substances))}) {form}".strip(), ""

    def _named(self, id: str) -> str:
        info = self._knowledge.terminology.ingredient(id)
        return info.name if info is not None else ""
