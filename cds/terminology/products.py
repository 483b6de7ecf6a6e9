"""Dose form, release and route as words say them."""

from __future__ import annotations

from collections.abc import Mapping

from cds.case import Route
from cds.terminology.phrases import PhraseBook, Words

# Words of a dose form -> our form. Earlier lines win when several stand in one text ("granules for oral suspension").
_FORMS: tuple[tuple[str, str], ...] = (
    ("tablet", "tablet for oral suspension, tablets for oral suspension, tablet for suspension, soluble tablet"),
    ("suppository", "suppository, suppositories, supp"),
    ("enema", "enema, rectal tube, rectal tubes, rectubes"),
    ("implant", "implant"),
    ("patch", "patch, patches, transdermal"),
    ("nasal spray", "nasal, intranasal spray"),
    ("granules", "granules, granule, packet, packets, sachet, sachets"),
    ("film", "film, films, strip, strips"),
    ("lozenge", "lozenge, lozenges, troche, lollipop"),
    ("injection", "injection, inj, injectable, vial, vials, ampul, ampule, ampoule, ampoules, syringe, cartridge, "
                  "infusion, carpuject, auto injector, autoinjector"),
    ("cream", "cream"),
    ("ointment", "ointment, oint"),
    ("lotion", "lotion"),
    ("foam", "foam"),
    ("topical", "shampoo, medicated pad, topical solution, topical spray, topical powder"),
    ("gel", "gel, emulgel"),
    ("inhalation", "inhaler, inhalation, nebulizer, nebuliser, nebules"),
    ("gas", "gas"),
    ("suspension", "suspension, susp"),
    ("solution", "solution, soln, syrup, elixir, liquid, drops, concentrate, intensol, oral sol"),
    ("spray", "spray"),
    ("powder", "powder"),
    ("capsule", "capsule, capsules, cap, caps, softgel, softgels, liqui gels"),
    ("tablet", "tablet, tablets, tab, tabs, caplet, caplets, odt, pill, pills, orally disintegrating"),
)  # fmt: skip

_ROUTES: tuple[tuple[Route, str, str], ...] = (
    (Route.INTRATHECAL, "", "intrathecal, intrathecally, intraspinal, spinal pump"),
    (Route.PARENTERAL, "epidural", "epidural, epidurally, peridural"),
    (Route.LOCAL, "ophthalmic", "ophthalmic, eye, eyes, ocular, conjunctival, intravitreal, intraocular"),
    (Route.LOCAL, "otic", "otic, ear, ears, aural, auricular"),
    (Route.LOCAL, "vaginal", "vaginal, vaginally, intravaginal"),
    (Route.LOCAL, "topical", "topical, topically, cutaneous, dermal, to skin, on skin, to affected area"),
    (Route.TRANSDERMAL, "", "transdermal, percutaneous, transdermally"),
    (Route.RECTAL, "", "rectal, rectally, pr"),
    (Route.NASAL, "", "nasal, nasally, intranasal, intranasally, nostril, nostrils, nare, nares"),
    (Route.ORAL, "sublingual", "sublingual, sublingually, sl, under the tongue"),
    (Route.ORAL, "buccal", "buccal, buccally"),
    (Route.ORAL, "transmucosal", "transmucosal, oromucosal"),
    (Route.INHALED, "", "inhalation, inhaled, nebulized, nebulised, nebulization, respiratory, endotracheal"),
    (Route.PARENTERAL, "intravenous", "intravenous, intravenously, iv, ivp, ivpb"),
    (Route.PARENTERAL, "intramuscular", "intramuscular, intramuscularly, im"),
    (Route.PARENTERAL, "subcutaneous", "subcutaneous, subcutaneously, subcut, subq, sq, sc"),
    (Route.PARENTERAL, "intraosseous", "intraosseous"),
    (Route.PARENTERAL, "", "parenteral, injection, injectable, infusion, perineural, intraarticular, intra articular"),
    (Route.ORAL, "enteral tube", "enteral, gastrostomy, jejunostomy, nasogastric, orogastric, peg, ng, g tube, j "
                                 "tube, feeding tube, per tube, gastric tube, via tube"),
    (Route.ORAL, "", "oral, orally, po, syrup, elixir, linctus, intensol, by mouth, per os"),
)  # fmt: skip

# From the form alone, when nothing else says the route. A bare solution, spray or powder may be anything.
_FORM_ROUTES: Mapping[str, Route] = {
    "tablet": Route.ORAL, "capsule": Route.ORAL, "lozenge": Route.ORAL, "film": Route.ORAL, "granules": Route.ORAL,
    "suspension": Route.ORAL, "injection": Route.PARENTERAL, "implant": Route.PARENTERAL, "patch": Route.TRANSDERMAL,
    "suppository": Route.RECTAL, "enema": Route.RECTAL, "nasal spray": Route.NASAL, "cream": Route.LOCAL,
    "ointment": Route.LOCAL, "lotion": Route.LOCAL, "foam": Route.LOCAL, "topical": Route.LOCAL, "gel": Route.LOCAL,
    "inhalation": Route.INHALED, "gas": Route.INHALED,
}  # fmt: skip

_EXTENDED = (
    "er, xr, sr, cr, xl, xt, mr, retard, contin, extended release, sustained release, controlled release, modified "
    "release, prolonged release, 12 hr, 24 hr, 12 hour, 24 hour"
)

LOCAL_FORMS = frozenset({"cream", "ointment", "lotion", "foam", "topical", "gel"})
LIQUID_FORMS = frozenset({"solution", "suspension", "injection", "inhalation"})

_FORM_BOOK = PhraseBook((word, rank) for rank, (_, words) in enumerate(_FORMS) for word in words.split(", "))
_ROUTE_BOOK = PhraseBook((word, rank) for rank, (_, _, words) in enumerate(_ROUTES) for word in words.split(", "))
_EXTENDED_BOOK = PhraseBook((word, True) for word in _EXTENDED.split(", "))


def form_in(words: Words) -> str:
    """The dose form a text names, or ""."""
    ranks = [item.value for item in _FORM_BOOK.find(words)]
    return _FORMS[min(ranks)][0] if ranks else ""


def route_in(words: Words) -> tuple[Route, str]:
    """The route a text names and its detail; (UNKNOWN, "") when none."""
    ranks = [item.value for item in _ROUTE_BOOK.find(words)]
    return _ROUTES[min(ranks)][:2] if ranks else (Route.UNKNOWN, "")


def extended_in(words: Words) -> bool:
    """Whether a text says that the product releases its drug slowly."""
    return bool(_EXTENDED_BOOK.find(words))


def route_of_form(form: str) -> Route:
    """The route a dose form implies, or UNKNOWN."""
    return _FORM_ROUTES.get(form, Route.UNKNOWN)
