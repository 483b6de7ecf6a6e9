"""How prescribers and formularies write routes, dose forms and slow release: every spelling, entered a second time."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from cds.case import Drug, Route
from cds.chart import Coded
from cds.terminology import load_terminology

TERMS = load_terminology()

ROUTES: dict[tuple[Route, str], str] = {
    (Route.INTRATHECAL, ""): "intrathecal, Intrathecally, intraspinal, via spinal pump, baclofen pump intrathecal",
    (Route.PARENTERAL, "epidural"): "epidural, epidurally, peridural",
    (Route.LOCAL, "ophthalmic"): "Ophthalmic, left eye, both eyes, ocular, conjunctival, intravitreal, intraocular",
    (Route.LOCAL, "otic"): "otic, right ear, both ears, aural, auricular",
    (Route.LOCAL, "vaginal"): "vaginal, vaginally, intravaginal",
    (Route.LOCAL, "topical"): "Topical, topically, cutaneous, dermal, apply to skin, on skin, to affected area",
    (Route.TRANSDERMAL, ""): "transdermal, percutaneous, transdermally",
    (Route.RECTAL, ""): "rectal, rectally, PR",
    (Route.NASAL, ""): "nasal, nasally, intranasal, intranasally, in one nostril, both nostrils, each nare, nares",
    (Route.ORAL, "sublingual"): "sublingual, sublingually, SL, under the tongue",
    (Route.ORAL, "buccal"): "buccal, buccally",
    (Route.ORAL, "transmucosal"): "transmucosal, oromucosal",
    (Route.INHALED, ""): "inhalation, inhaled, nebulized, nebulised, by nebulization, respiratory tract, endotracheal",
    (Route.PARENTERAL, "intravenous"): "intravenous, intravenously, IV, IVP, IVPB, IV push",
    (Route.PARENTERAL, "intramuscular"): "intramuscular, intramuscularly, IM",
    (Route.PARENTERAL, "subcutaneous"): "subcutaneous, subcutaneously, subcut, subQ, SQ, SC",
    (Route.PARENTERAL, "intraosseous"): "intraosseous",
    (Route.PARENTERAL, ""): "parenteral, injection, injectable, infusion, perineural, intraarticular, intra-articular",
    (Route.ORAL, "enteral tube"): "enteral, gastrostomy, jejunostomy, nasogastric, orogastric, PEG, NG, G-tube, J tube,"
    " NG tube, by feeding tube, per tube, gastric tube, via tube",
    (Route.ORAL, ""): "oral, orally, PO, syrup, elixir, linctus, intensol, by mouth, per os",
    (Route.UNKNOWN, ""): "as directed, per protocol, device, prn, give it, take in the morning, pump",
}
# Form -> the route it implies by itself, and how it is written.
FORMS: dict[str, tuple[Route, str]] = {
    "tablet": (
        Route.ORAL,
        "tablet, Tablets, tab, tabs, caplet, caplets, ODT, pill, pills, orally disintegrating,"
        " soluble tablet for oral solution, tablet for oral suspension, tablets for oral suspension,"
        " tablet for suspension",
    ),
    "capsule": (Route.ORAL, "capsule, capsules, cap, caps, softgel, softgels, Liqui-Gels"),
    "lozenge": (Route.ORAL, "lozenge, lozenges, troche, lollipop"),
    "film": (Route.ORAL, "film, films, strip, strips, buccal film"),
    "granules": (Route.ORAL, "granules, granule, packet, packets, sachet, sachets, granules for oral suspension"),
    "suspension": (Route.ORAL, "suspension, susp, oral suspension"),
    "suppository": (Route.RECTAL, "suppository, suppositories, supp"),
    "enema": (Route.RECTAL, "enema, rectal tube, rectal tubes, rectubes"),
    "implant": (Route.PARENTERAL, "implant"),
    "patch": (Route.TRANSDERMAL, "patch, patches, transdermal system, extended-release film transdermal"),
    "nasal spray": (Route.NASAL, "nasal spray, intranasal spray, nasal solution, spray suspension nasal"),
    "injection": (
        Route.PARENTERAL,
        "injection, inj, injectable, vial, vials, ampul, ampule, ampoule, ampoules, syringe, cartridge, infusion,"
        " Carpuject, auto-injector, autoinjector, solution for injection, powder for injection",
    ),
    "cream": (Route.LOCAL, "cream"),
    "ointment": (Route.LOCAL, "ointment, oint"),
    "lotion": (Route.LOCAL, "lotion"),
    "foam": (Route.LOCAL, "foam"),
    "topical": (Route.LOCAL, "shampoo, medicated pad, topical solution, topical spray, topical powder"),
    "gel": (Route.LOCAL, "gel, emulgel"),
    "inhalation": (Route.INHALED, "inhaler, inhalation, nebulizer, nebuliser, nebules"),
    "gas": (Route.INHALED, "gas"),
    "solution": (Route.UNKNOWN, "solution, soln, liquid, drops, concentrate"),
    "spray": (Route.UNKNOWN, "spray"),
    "powder": (Route.UNKNOWN, "powder"),
}
SLOW = (
    "ER, XR, SR, CR, XL, XT, MR, retard, contin, extended-release, sustained release, controlled-release,"
    " modified release, prolonged-release, 12 HR, 24 HR, 12 hour, 24-hour"
)


def each(words: str) -> Iterable[str]:
    return (word.strip() for word in words.split(","))


def read(text: str, **clues: str) -> Drug:
    return TERMS.recognise_drug(Coded(text=text), **{name: Coded(text=words) for name, words in clues.items()})


@pytest.mark.parametrize(("meant", "word"), [(meant, word) for meant, words in ROUTES.items() for word in each(words)])
def test_a_route_is_understood_as_it_is_written(meant: tuple[Route, str], word: str) -> None:
    for drug in (read("oxycodone", route=word), read("oxycodone", route=f"give {word} now"), read(f"oxycodone {word}")):
        assert (drug.route, drug.route_detail) == meant


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("IT", (Route.INTRATHECAL, "")),
        ("it", (Route.INTRATHECAL, "")),
        ("IN", (Route.NASAL, "")),
        ("VG", (Route.LOCAL, "vaginal")),
    ],
)
def test_an_abbreviation_of_hl7_v2_counts_where_it_is_the_whole_route(word: str, meant: tuple[Route, str]) -> None:
    alone, within = read("oxycodone", route=word), read("oxycodone", route=f"take {word}")
    assert (alone.route, alone.route_detail) == meant
    assert within.route is read(f"oxycodone {word}").route is Route.UNKNOWN


@pytest.mark.parametrize(
    ("form", "route", "word"), [(form, route, word) for form, (route, words) in FORMS.items() for word in each(words)]
)
def test_a_dose_form_is_understood_as_it_is_written(form: str, route: Route, word: str) -> None:
    told, named = read("oxycodone", form=word), read(f"oxycodone {word}")
    assert told.form == named.form == form
    if route is not Route.UNKNOWN:
        assert told.route is named.route is route


@pytest.mark.parametrize("word", [*each("syrup, elixir, intensol, oral sol, oral concentrate")])
def test_a_liquid_that_is_swallowed_is_one_by_mouth(word: str) -> None:
    drug = read(f"oxycodone {word}")
    assert (drug.form, drug.route) == ("solution", Route.ORAL)


@pytest.mark.parametrize("word", [*each(SLOW)])
def test_slow_release_is_understood_as_it_is_written(word: str) -> None:
    assert read(f"oxycodone {word}").extended_release
    assert read("oxycodone", form=f"{word} tablet").extended_release
    assert not read("oxycodone tablet").extended_release
