"""Read the terminology of one knowledge folder.

Files of ``drugs/`` and ``codes/``; those named atc.tsv or snomed_*.tsv may be missing (see NOTICE): recognition then
rests on the other codes and on words.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from cds.case import Route
from cds.terminology import systems
from cds.terminology.concepts import ConceptTables
from cds.terminology.drugs import Brand, DrugTables, Named
from cds.terminology.labs import LabTables
from cds.terminology.model import ClassInfo, ConceptInfo, IngredientInfo
from cds.terminology.phrases import PhraseBook
from cds.terminology.routes import Said
from cds.terminology.strengths import parse_field
from cds.terminology.tables import items, read_keyed, read_optional, read_rows

FLAGS = ("beers_cns_active", "sedation_count", "sedating", "respiratory_depressant")
INGREDIENTS = ("id", "name", "synonyms", "rxnorm", "unii", "classes")
BRANDS = ("brand", "ingredients", "strengths", "form", "route", "detail", "er")
PRODUCTS = ("code", "ingredients", "strengths", "form", "route", "detail", "er", "level")

# Words for measurements that come without a LOINC code.
LAB_WORDS = {
    "creatinine": ("creatinine", "serum creatinine", "plasma creatinine", "kreatinin"),
    "egfr": ("egfr", "gfr", "estimated gfr", "glomerular filtration rate"),
    "creatinine-clearance": ("creatinine clearance", "crcl"),
    "cystatin-c": ("cystatin c",),
    "body-weight": ("body weight", "weight"),
    "body-height": ("body height", "height"),
    "bmi": ("bmi", "body mass index"),
    "spo2": ("spo2", "oxygen saturation"),
    "respiratory-rate": ("respiratory rate",),
    "gcs": ("glasgow coma score", "glasgow coma scale", "gcs"),
    "systolic-bp": ("systolic blood pressure",),
    "heart-rate": ("heart rate",),
    "body-temperature": ("body temperature", "temperature"),
    "consciousness": ("level of consciousness", "avpu", "acvpu"),
    "pregnancy-status": ("pregnancy status",),
    "pregnancy-test": ("pregnancy test",),
    "estimated-delivery-date": ("estimated date of delivery", "estimated delivery date", "estimated due date", "edd"),
    "lactation-status": ("breastfeeding status", "lactation status"),
    "pump-refill-date": (
        *("pump refill date", "pump refill due", "next pump refill", "pump refill", "refill date of pump"),
        *(
            "low reservoir alarm date",
            "low reservoir alarm",
            "reservoir alarm date",
            "reservoir alarm",
            "pump alarm date",
        ),
        *("intrathecal pump refill", "baclofen pump refill", "pump alarm", "alarm date"),
    ),
}
METHOD_WORDS = {
    "CKD-EPI 2021": ("ckd epi 2021", "2021 ckd epi", "creatinine based formula ckd epi 2021"),
    "CKD-EPI": ("ckd epi",),
    "MDRD": ("mdrd",),
    "Schwartz": ("schwartz",),
    "Cockcroft-Gault": ("cockcroft gault", "cockcroft"),
    "cystatin C": ("cystatin c",),
}


def read_toml(path: Path) -> dict[str, Any]:
    """One TOML file. The answer is shared: do not change it."""
    return parse_toml(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=32)
def parse_toml(text: str) -> dict[str, Any]:
    """TOML, parsed once however many floors read the same file. The answer is shared: do not change it."""
    known = _parsed_before.get(text)
    return tomllib.loads(text) if known is None else known


_parsed_before: dict[str, dict[str, Any]] = {}


def parsed_before(text: str, data: dict[str, Any]) -> None:
    """Make it known what a text says that was parsed by an earlier process, and sealed."""
    _parsed_before[text] = data


def forget_parsed() -> None:
    """Let go of all parsed files; whoever asks again parses again."""
    _parsed_before.clear()
    parse_toml.cache_clear()


def read_classes(root: Path) -> dict[str, ClassInfo]:
    """drugs/classes.toml."""
    return {
        id: ClassInfo(
            id=id,
            name=data["name"],
            meaning=data["meaning"],
            basis=data["basis"],
            evidence=tuple(data["evidence"]),
            includes=tuple(data.get("includes", ())),
            **{flag: bool(data.get(flag, False)) for flag in FLAGS},
        )
        for id, data in read_toml(root / "drugs" / "classes.toml").items()
    }


def read_concepts(root: Path) -> dict[str, ConceptInfo]:
    """codes/conditions.toml."""
    return {
        id: ConceptInfo(id, data["name"], data["meaning"], tuple(data["words"]), tuple(data.get("includes", ())))
        for id, data in read_toml(root / "codes" / "conditions.toml").items()
    }


def wider_classes(classes: Mapping[str, ClassInfo]) -> dict[str, tuple[str, ...]]:
    """Class -> the classes that include it."""
    wider: dict[str, tuple[str, ...]] = {}
    for info in classes.values():
        for member in info.includes:
            wider[member] = (*wider.get(member, ()), info.id)
    return wider


def read_drugs(root: Path, classes: Mapping[str, ClassInfo]) -> DrugTables:
    """Ingredients, names, brands, products and the codes of ingredients."""
    ingredients: dict[str, IngredientInfo] = {}
    codes: dict[tuple[str, str], tuple[str, ...]] = {}
    names: dict[str, Named] = {}
    wider = wider_classes(classes)
    for id, name, synonyms, rxnorm, unii, member in read_rows(root / "drugs" / "ingredients.tsv", INGREDIENTS):
        own = next(iter(items(rxnorm, ";")), "")
        ingredients[id] = _ingredient(id, name, own, items(member), classes, wider)
        only = (id,)
        codes.update({(systems.RXNORM, code): only for code in items(rxnorm, ";")})
        codes.update({(systems.UNII, code): only for code in items(unii, ";")})
        names.update(dict.fromkeys((id, *items(synonyms, ";")), Named(only)))
    for code, member, _ in read_optional(root / "codes" / "atc.tsv", ("code", "ingredient", "note")):
        codes[systems.ATC, code] = items(member)
    for code, member in read_optional(root / "codes" / "snomed_drugs.tsv", ("code", "ingredient")):
        codes[systems.SNOMED, code] = items(member)
    for name, id, _ in read_rows(root / "drugs" / "companions.tsv", ("name", "id", "note")):
        names[name] = Named(("~" + id,) if id else ())
    branded = tuple((name, Named(brand.substances, brand)) for name, brand in _brands(root))
    names.update(branded)
    return DrugTables(
        ingredients=ingredients,
        products=read_keyed(root / "drugs" / "rxnorm.tsv", PRODUCTS),
        codes=codes,
        names=PhraseBook(names.items()),
        routes=_routes(root),
        brand_names=branded,
    )


def _ingredient(
    id: str,
    name: str,
    rxnorm: str,
    own: Iterable[str],
    classes: Mapping[str, ClassInfo],
    wider: Mapping[str, tuple[str, ...]],
) -> IngredientInfo:
    member = frozenset(own)
    member |= {more for one in member for more in wider.get(one, ())}
    flags = {flag: any(getattr(classes[one], flag) for one in member) for flag in FLAGS}
    return IngredientInfo(id=id, name=name, classes=member, rxnorm=rxnorm, **flags)


def _brands(root: Path) -> Iterable[tuple[str, Brand]]:
    for name, substances, strengths, form, route, detail, extended in read_rows(root / "drugs" / "brands.tsv", BRANDS):
        yield (
            name,
            Brand(
                substances=items(substances),
                strengths=tuple(parse_field(field) for field in items(strengths)),
                form=form,
                route=Route(route) if route else Route.UNKNOWN,
                detail=detail,
                extended=extended == "er",
            ),
        )


def _routes(root: Path) -> dict[tuple[str, str], Said]:
    table: dict[tuple[str, str], Said] = {}
    for system, code, route, detail in read_rows(root / "codes" / "routes.tsv", ("system", "code", "route", "detail")):
        table[system, code] = (Route(route), detail)
    for code, route, detail in read_optional(root / "codes" / "snomed_routes.tsv", ("code", "route", "detail")):
        table[systems.SNOMED, code] = (Route(route), detail)
    return table


def read_condition_codes(root: Path, concepts: Mapping[str, ConceptInfo]) -> ConceptTables:
    """ICD-10 prefixes, SNOMED CT, procedure codes and the words of the concepts."""
    icd10 = {
        prefix.replace(".", ""): items(ids)
        for prefix, ids in read_rows(root / "codes" / "icd10.tsv", ("prefix", "concepts"))
    }
    icd10pcs: dict[str, tuple[str, ...]] = {}
    codes: dict[tuple[str, str], tuple[str, ...]] = {}
    for system, code, ids in read_rows(root / "codes" / "procedures.tsv", ("system", "code", "concepts")):
        if system == systems.ICD10PCS:
            icd10pcs[code] = items(ids)
        else:
            codes[system, code] = items(ids)
    for code, ids in read_optional(root / "codes" / "snomed_conditions.tsv", ("code", "concepts")):
        codes[systems.SNOMED, code] = items(ids)
    words: dict[str, tuple[str, ...]] = {}
    for info in concepts.values():
        for word in info.words:
            words[word] = (*words.get(word, ()), *(() if info.id == "none" else (info.id,)))
    includes = {info.id: info.includes for info in concepts.values() if info.includes}
    return ConceptTables(
        icd10=icd10, icd10pcs=icd10pcs, codes=codes, words=PhraseBook(words.items()), includes=includes
    )


def read_labs(root: Path) -> LabTables:
    """LOINC codes of measurements."""
    kinds: dict[str, str] = {}
    methods: dict[str, str] = {}
    for code, kind, method, _ in read_rows(root / "codes" / "loinc.tsv", ("code", "kind", "method", "name")):
        kinds[code] = kind
        methods[code] = method
    return LabTables(kinds=kinds, methods=methods, words=_book(LAB_WORDS), method_words=_book(METHOD_WORDS))


def _book(table: Mapping[str, tuple[str, ...]]) -> PhraseBook[str]:
    return PhraseBook((word, id) for id, words in table.items() for word in words)


def read_allergies(root: Path) -> dict[str, str]:
    """SNOMED CT code of an allergy or a class of substances -> ingredient id or "class:..."."""
    rows = read_optional(root / "codes" / "snomed_allergies.tsv", ("code", "substance"))
    return {code: target for code, target in rows}  # noqa: C416  # each row is a list of two
