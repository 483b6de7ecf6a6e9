"""From codes and words to a ``Drug``.

Order of trust: the code of a product, then the code of an ingredient, then the words. Codes and words that name
different drugs are both believed, and ``Drug.conflict`` says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from cds.case import Drug, Ingredient, Route, Strength
from cds.chart import Amount, Coded
from cds.memo import remember
from cds.terminology import strengths as read
from cds.terminology import systems
from cds.terminology.model import IngredientInfo
from cds.terminology.phrases import Found, PhraseBook, Words, words_of
from cds.terminology.products import LIQUID_FORMS, extended_in, form_in, route_in
from cds.terminology.routes import UNSAID, Clues, Said, route_of, settle
from cds.terminology.tables import items

MEMO = 8192  # different medicines remembered; a large hospital's formulary fits
MAX_LABEL = 200

# What follows is not what the patient takes: "Lamictal Blue (for patients taking valproate)".
_ASIDE = re.compile(
    r"\b(?:for patients|not taking|instead of|in place of|replac(?:es|ing|ed)|do not|avoid|allerg(?:y|ic) to)"
)
_LETTERS = re.compile(r"[a-z]{3}")
_EMPTY_WORDS = frozenset(
    {"unknown", "other", "none", "medication", "medicine", "drug", "unspecified", "miscellaneous", "na", "null"}
    | {"not specified", "see comments", "see notes", "unknown medication", "free text", "no information"}
    | {"not available"}
)

IngredientFact = tuple[Coded, Amount | None, Amount | None]


class Brand(msgspec.Struct, frozen=True):
    """A brand as the table has it. ``substances`` are ingredient ids, "~name" for substances without our interest."""

    substances: tuple[str, ...]
    strengths: tuple[Strength | None, ...] = ()
    form: str = ""
    route: Route = Route.UNKNOWN
    detail: str = ""
    extended: bool = False


class Named(msgspec.Struct, frozen=True):
    """What a name stands for: substances, and the brand when it is one."""

    substances: tuple[str, ...]
    brand: Brand | None = None


class Reading(msgspec.Struct, frozen=True):
    """What one source (a code, or the words) says about the medicine."""

    ids: tuple[str, ...] = ()
    strengths: Mapping[str, Strength] = {}
    form: str = ""
    route: Route = Route.UNKNOWN
    detail: str = ""
    extended: bool = False
    how: str = ""
    conflict: str = ""
    brand: Brand | None = None


NOTHING = Reading()


class DrugTables(msgspec.Struct, frozen=True):
    """The look-ups a recogniser needs. ``products`` keeps the lines of rxnorm.tsv unsplit until asked for."""

    ingredients: Mapping[str, IngredientInfo]
    products: Mapping[str, str]
    codes: Mapping[tuple[str, str], tuple[str, ...]]  # (system, code) -> ingredient ids
    names: PhraseBook[Named]
    routes: Mapping[tuple[str, str], Said] = {}
    brand_names: tuple[tuple[str, Named], ...] = ()  # as they are written, for publishing


class DrugRecogniser:
    """Recognises medicines. Pure: the same words and codes always give the same ``Drug``; with a bounded memo."""

    def __init__(self, tables: DrugTables) -> None:
        self._tables = tables
        self.recognise = remember(MEMO)(self._recognise)

    def _recognise(
        self, drug: Coded, form: Coded, route: Coded, ingredients: tuple[IngredientFact, ...], site: Coded
    ) -> Drug:
        texts = tuple(words_of(text) for text in systems.texts_of(drug))
        code, words = self._by_code(drug), self._by_words(texts)
        merged = self._merge(code, words)
        if ingredients:
            merged = self._with_ingredients(merged, ingredients)
        form_words = [words_of(text) for text in systems.texts_of(form)]
        named_form = code.form or next(filter(None, map(form_in, form_words)), "") or words.form
        found_form = named_form or (merged.brand.form if merged.brand is not None else "")
        strengths = {id: s for id, s in merged.strengths.items() if not _whole_container(s, found_form, code)}
        clues = Clues(
            order=route_of(route, self._tables.routes),
            product=(code.route, code.detail),
            words=_first_route((*texts, *form_words)),
            brand=(merged.brand.route, merged.brand.detail) if merged.brand is not None else UNSAID,
            site=_first_route(words_of(text) for text in systems.texts_of(site)),
            form=found_form,
            brand_form=not named_form,
        )
        classes = frozenset(c for id in merged.ids for c in self._tables.ingredients[id].classes)
        found_route, detail = settle(clues, classes, strengths.get("baclofen"))
        return Drug(
            label=_label(drug),
            ingredients=tuple(Ingredient(id, strengths.get(id)) for id in merged.ids),
            route=found_route,
            route_detail=detail,
            form=found_form,
            extended_release=code.extended or words.extended or any(map(extended_in, form_words)),
            recognised_by=merged.how,
            conflict=merged.conflict,
            readable=bool(merged.ids) or any(map(_says_something, texts)),
        )

    # -- codes ------------------------------------------------------------------------------------------------------

    def _by_code(self, drug: Coded) -> Reading:
        """What the codings say together; product codes go before ingredient codes."""
        answer = NOTHING
        for kind, code, _ in systems.codings_of(drug):
            reading = self._one_code(kind, code)
            if reading.ids:
                answer = reading if not answer.ids else self._merge(*_product_first(answer, reading))
        return answer

    def _one_code(self, kind: str, code: str) -> Reading:
        if kind == systems.RXNORM:
            line = self._tables.products.get(code)
            if line is not None:
                return _product(line)
        elif kind in (systems.ATC, systems.UNII):
            code = code.upper()
        ids = self._tables.codes.get((kind, code), ())
        return Reading(ids=ids, how="ingredient-code") if ids else NOTHING

    # -- words ------------------------------------------------------------------------------------------------------

    def _by_words(self, texts: Sequence[Words]) -> Reading:
        """What text and displays say together."""
        answer = NOTHING
        for text in texts:
            reading = self._one_text(text)
            if reading.ids:
                answer = reading if not answer.ids else self._merge(answer, reading)
        if not answer.ids:
            return answer
        form = next(filter(None, map(form_in, texts)), "")
        return msgspec.structs.replace(answer, form=form, extended=answer.extended or any(map(extended_in, texts)))

    def _one_text(self, text: Words) -> Reading:
        found = self._tables.names.find(text)
        aside = _ASIDE.search(text.text)
        if aside is not None:
            found = [item for item in found if item.start < aside.start()]
        if not found:
            return NOTHING
        brands = [item.value.brand for item in found if item.value.brand is not None]
        brand = brands[0] if brands else None
        ids = dict.fromkeys(name for item in found for name in item.value.substances if not name.startswith("~"))
        shown = text.text if aside is None else text.text[: aside.start()]
        strengths = read.read_strengths(shown, [Found(item.value.substances, item.start, item.end) for item in found])
        conflict = ""
        if brand is not None:
            pairs = zip(brand.substances, brand.strengths, strict=False)
            labelled = {id: strength for id, strength in pairs if strength is not None}
            conflict = self._other_concentration(labelled, strengths)
            strengths = labelled | strengths
        return Reading(
            ids=tuple(ids),
            strengths={} if conflict else {id: strength for id, strength in strengths.items() if id in ids},
            conflict=conflict,
            extended=brand is not None and brand.extended,
            how="brand" if brands else "name",
            brand=brand,
        )

    def _other_concentration(self, labelled: Mapping[str, Strength], said: Mapping[str, Strength]) -> str:
        """A brand of one concentration named with another one ("Ozobax 5 mg/mL"): as bad as two names."""
        for id in labelled.keys() & said.keys():
            here, there = labelled[id], said[id]
            if here.per == there.per == "mL" and not read.same(here, there):
                return f"{self._names((id,))} named both as {_shown(here)} and as {_shown(there)}"
        return ""

    # -- together ---------------------------------------------------------------------------------------------------

    def _merge(self, one: Reading, other: Reading) -> Reading:
        """Two readings of one medicine, the more trusted one first. What they disagree on is kept, or not known."""
        if not one.ids or not other.ids:
            return one if one.ids else other
        mine, theirs = set(one.ids), set(other.ids)
        conflict = one.conflict or other.conflict
        agree = theirs <= mine or (mine <= theirs and one.how != "code")
        if not agree:
            conflict = f"named both as {self._names(one.ids)} and as {self._names(other.ids)}"
        strengths = dict(other.strengths) | dict(one.strengths) if agree else {}
        for id in mine & theirs:
            here, there = one.strengths.get(id), other.strengths.get(id)
            if here is not None and there is not None and here.per == there.per and not read.same(here, there):
                strengths.pop(id, None)
                conflict = conflict or f"{self._names((id,))} named both as {_shown(here)} and as {_shown(there)}"
        ids = tuple(dict.fromkeys((*one.ids, *other.ids)))
        return msgspec.structs.replace(
            one, ids=ids, strengths=strengths, conflict=conflict, brand=one.brand or other.brand
        )

    def _with_ingredients(self, merged: Reading, facts: Iterable[IngredientFact]) -> Reading:
        """Add what Medication.ingredient says."""
        ids: dict[str, None] = {}
        strengths: dict[str, Strength] = {}
        how = ""
        for coded, numerator, denominator in facts:
            reading = self._merge(self._by_code(coded), self._by_words([words_of(t) for t in systems.texts_of(coded)]))
            ids.update(dict.fromkeys(reading.ids))
            how = how or reading.how
            strength = _ratio(numerator, denominator)
            if len(reading.ids) == 1 and strength is not None:
                strengths[reading.ids[0]] = strength
        if not ids:
            return merged
        how = "ingredient-code" if how == "code" else how
        return self._merge(merged, Reading(ids=tuple(ids), strengths=strengths, how=how))

    def _names(self, ids: Iterable[str]) -> str:
        return " with ".join(self._tables.ingredients[id].name for id in ids)


def _product(line: str) -> Reading:
    """One record of rxnorm.tsv, without its code."""
    ids, strengths, form, route, detail, extended, level = line.split("\t")
    names = items(ids)
    given = {id: read.parse_field(field) for id, field in zip(names, items(strengths), strict=False)}
    return Reading(
        ids=names,
        strengths={id: strength for id, strength in given.items() if strength is not None},
        form=form,
        route=Route(route) if route else Route.UNKNOWN,
        detail=detail,
        extended=extended == "er",
        how="ingredient-code" if level == "i" else "code",
    )


def _product_first(one: Reading, other: Reading) -> tuple[Reading, Reading]:
    return (other, one) if other.how == "code" and one.how != "code" else (one, other)


def _whole_container(strength: Strength, form: str, code: Reading) -> bool:
    """Whether an amount "each" stands for a whole bottle or vial, which no dose counts in."""
    return strength.per == "each" and form in LIQUID_FORMS and not code.strengths


def _first_route(texts: Iterable[Words]) -> Said:
    return next((said for said in map(route_in, texts) if said != UNSAID), UNSAID)


def _ratio(numerator: Amount | None, denominator: Amount | None) -> Strength | None:
    """The strength of Medication.ingredient: "10 mg / 1 {tablet}", "5 mg / 5 mL"."""
    if numerator is None or numerator.value is None:
        return None
    unit = read.MASS.get((numerator.code or numerator.unit).lower())
    if unit is None:
        return None
    if denominator is None or denominator.value is None:
        return read.strength(numerator.value, unit)
    per = read.PER.get((denominator.code or denominator.unit).lower().strip("{}"), "each")
    return read.strength(numerator.value, unit, str(denominator.value), per)


def _shown(strength: Strength) -> str:
    return f"{strength.value:g} {strength.unit}" + ("" if strength.per == "each" else f"/{strength.per}")


def _says_something(text: Words) -> bool:
    """Whether words could name a medicine; "unknown" and bare numbers do not."""
    return _LETTERS.search(text.text) is not None and " ".join(text.words) not in _EMPTY_WORDS


def _label(drug: Coded) -> str:
    texts = systems.texts_of(drug)
    if texts:
        return texts[0][:MAX_LABEL]
    return next((code for _, code, _ in systems.codings_of(drug) if code), "")[:MAX_LABEL]
