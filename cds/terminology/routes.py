"""Settle by which route a medicine is given, when order, product, words and brand each may say something."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cds.case import Route, Strength
from cds.chart import Coded
from cds.terminology import systems
from cds.terminology.phrases import words_of
from cds.terminology.products import route_in, route_of_form

Said = tuple[Route, str]  # a route and its detail
UNSAID: Said = (Route.UNKNOWN, "")

_SOLID = frozenset({"tablet", "capsule", "film", "lozenge", "granules"})
# Creams and plasters of these drugs do reach the blood on purpose (nitroglycerin) or hardly do (NSAIDs).
_TRANSDERMAL_OINTMENT = frozenset({"nitrate"})
_LOCAL_PATCH = frozenset({"nsaid"})
# Every spray of these is for the nose (Nayzilam, Valtoco, Narcan); others (zolpidem, fentanyl) may be for the mouth.
_NOSE_SPRAY = frozenset({"benzodiazepine", "opioid-rescue"})
# No oral baclofen liquid is weaker than 1 mg/mL (Ozobax); intrathecal ones are 0.05 to 2 mg/mL.
_WEAKEST_ORAL_BACLOFEN = 1.0  # mg/mL


class Clues(msgspec.Struct, frozen=True):
    """Who says what about the route, most trusted first. ``form`` is the dose form as settled, ``brand_form`` whether
    only the brand implies it.
    """

    order: Said = UNSAID
    product: Said = UNSAID
    words: Said = UNSAID
    brand: Said = UNSAID
    site: Said = UNSAID
    form: str = ""
    brand_form: bool = False


def route_of(coded: Coded, table: Mapping[tuple[str, str], Said]) -> Said:
    """The route an order states, by code or by words."""
    for kind, code, _ in systems.codings_of(coded):
        said = table.get((kind, code if kind == systems.SNOMED else code.upper()))
        if said is not None:
            return said
    for text in systems.texts_of(coded):
        # "IT", "IN": words of a sentence, but an abbreviation of HL7 v2 where they are all that was written.
        said = table.get((systems.V2_ROUTE, text.upper())) or route_in(words_of(text))
        if said != UNSAID:
            return said
    return UNSAID


def settle(clues: Clues, classes: frozenset[str], baclofen: Strength | None) -> Said:
    """The route and its detail. ``classes`` are those of all ingredients; ``baclofen`` the strength of baclofen."""
    if "baclofen" in classes:
        said = _baclofen(clues, baclofen)
        if said is not None:
            return said
    by_form = _by_form(clues.form, classes)
    for said in (clues.order, clues.product, clues.words):
        if said[0] is not Route.UNKNOWN:
            return _not_lost_on_the_skin(said, clues, by_form)
    if by_form is not Route.UNKNOWN and not clues.brand_form:
        return by_form, clues.brand[1] if clues.brand[0] is by_form else ""
    for said in (clues.brand, (by_form, ""), clues.site):
        if said[0] is not Route.UNKNOWN:
            return said
    return UNSAID


def _by_form(form: str, classes: frozenset[str]) -> Route:
    route = route_of_form(form)
    if form == "patch" and classes & _LOCAL_PATCH:
        return Route.LOCAL
    if form == "ointment" and classes & _TRANSDERMAL_OINTMENT:
        return Route.TRANSDERMAL
    if form == "spray" and classes & _NOSE_SPRAY:
        return Route.NASAL
    return route


def _not_lost_on_the_skin(said: Said, clues: Clues, by_form: Route) -> Said:
    """A patch ordered "topical" is on the skin, not local; a tablet ordered so is a slip that must not hide it."""
    if said == (Route.LOCAL, "topical"):
        if by_form is Route.TRANSDERMAL:
            return Route.TRANSDERMAL, ""
        if clues.form in _SOLID:
            return Route.ORAL, ""
    if said[0] is Route.TRANSDERMAL and by_form is Route.LOCAL:
        return Route.LOCAL, "topical"
    return said


def _baclofen(clues: Clues, strength: Strength | None) -> Said | None:
    """The only labelled injection of baclofen is intrathecal; what the order itself says goes first."""
    unspecific = clues.order in (UNSAID, (Route.PARENTERAL, ""))
    if not unspecific or (clues.order == UNSAID and clues.product != UNSAID):
        return None
    if clues.product[0] is Route.INTRATHECAL:
        return clues.product
    if clues.words[0] not in (Route.UNKNOWN, Route.PARENTERAL) or clues.words[1]:
        return None
    if clues.form == "injection" or clues.words[0] is Route.PARENTERAL:
        return Route.INTRATHECAL, ""
    if strength is None or strength.per != "mL":
        return None
    if strength.unit == "ug" or strength.value < _WEAKEST_ORAL_BACLOFEN:
        return Route.INTRATHECAL, ""
    if clues.brand[0] is Route.ORAL and not clues.form:  # "Lioresal 2 mg/mL": an ampoule or a liquid
        return UNSAID
    return None
