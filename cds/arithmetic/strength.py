"""From what is given ("2 tablets", "5 mL", "10 mg") to the mass of one ingredient, through the product's strength."""

from __future__ import annotations

import re

import msgspec

from cds.arithmetic.regimen import Giving, Quantity, Rate
from cds.arithmetic.rules import numbers
from cds.arithmetic.units import number_text, tidy
from cds.case import Drug, Ingredient, Reason, Route, Strength, Unknown
from cds.memo import remember

_NUMBERS = numbers("directions")
MAX_BARE = _NUMBERS["most_bare"]
MAX_BARE_LIKE_STRENGTH = _NUMBERS["most_bare_like_strength"]
MAX_PATCHES = _NUMBERS["most_patches"]
AGREEMENT = _NUMBERS["agreement"]

# "hydrocodone / acetaminophen", "hydrocodone-acetaminophen": a product of which we may know only one ingredient
_TWO_NAMES = re.compile(r"[a-z]{4,}(?: [\d.,]{1,9} ?(?:mg|mcg|ug|g))? ?/ ?[a-z]{5,}|[a-z]{5,}-[a-z]{5,}|\bco-[a-z]{4,}")
_NO_NAMES = re.compile(
    r"/ ?(?:tablet|capsule|spray|actuation|patch|hour|ml)|extended-release|delayed-release|immediate-release"
)

NO_STRENGTH = Unknown(Reason.DOSE_UNKNOWN, "strength of the product not known")
NO_CONCENTRATION = Unknown(Reason.DOSE_UNKNOWN, "strength per mL not known")
COUNTED_LIQUID = Unknown(Reason.UNIT, "counted doses, but the strength is per mL")
TABLETS_OR_MG = Unknown(Reason.UNIT, "a number without a unit: tablets or mg?")
TEXT_MAY_TELL = (NO_STRENGTH, NO_CONCENTRATION, COUNTED_LIQUID, TABLETS_OR_MG)
"""What a dose lacks that the directions may still say in words ("1 tablet (10 mg)")."""


class Mass(msgspec.Struct, frozen=True, gc=False):
    """One administration of one ingredient, in mg; ``words`` shows where it comes from. For patches it is mg per h."""

    low: float
    high: float
    words: str
    patch: bool = False


def strength_mg(strength: Strength) -> float:
    """Per unit, in mg."""
    return strength.value if strength.unit == "mg" else strength.value / 1000


def mass_of(giving: Giving, quantity: Quantity, ingredient: Ingredient, drug: Drug) -> Mass | Unknown:
    """The mass of ``ingredient`` in ``quantity`` of the product, or why it cannot be told."""
    if quantity.kind == "mass":
        return _by_mass(giving, quantity, ingredient, drug)
    strength = ingredient.strength
    if strength is not None and not (0 < strength.value < 1e6 and strength.unit in ("mg", "ug")):
        strength = None
    if strength is None:
        return _without_strength(giving, quantity, drug)
    counted = _count(quantity, strength)
    if isinstance(counted, Unknown):
        return _without_strength(giving, quantity, drug, counted) if counted in TEXT_MAY_TELL else counted
    each = strength_mg(strength)
    mass = Mass(tidy(quantity.low * each), tidy(quantity.high * each), "", patch=strength.per == "h")
    clash = _clash(giving, quantity, mass, strength, drug)
    if clash is not None:
        return clash
    per = "/mL" if strength.per == "mL" else "/h" if strength.per == "h" else ""
    unit = "mcg" if strength.unit == "ug" else strength.unit
    words = f"{_counted_words(quantity, drug)} × {number_text(strength.value)} {unit}{per}"
    return msgspec.structs.replace(mass, words=words)


def _count(quantity: Quantity, strength: Strength) -> Unknown | None:
    """May this quantity be multiplied with this strength? None: yes."""
    kind, per = quantity.kind, strength.per
    if kind == "volume":
        return None if per == "mL" else NO_CONCENTRATION
    if kind == "patch" or per == "h":
        if per != "h" or kind not in ("patch", "bare", "each", "dose"):
            return Unknown(Reason.DOSE_UNKNOWN, "patch strength not known")
        too_many = quantity.high > MAX_PATCHES
        return Unknown(Reason.UNIT, "a number without a unit: patches or mcg/h?") if too_many else None
    if per != "each":
        return COUNTED_LIQUID
    if kind == "bare" and (
        quantity.high > MAX_BARE or (quantity.high >= MAX_BARE_LIKE_STRENGTH and quantity.high == strength.value)
    ):
        return TABLETS_OR_MG
    return None


def _one_substance(drug: Drug) -> bool:
    """mg can only mean one thing. Ingredients in ``conflict`` are two readings of one product, no combination."""
    return (len(drug.ingredients) == 1 or bool(drug.conflict)) and not is_combination(drug.label)


def _by_mass(giving: Giving, quantity: Quantity, ingredient: Ingredient, drug: Drug) -> Mass | Unknown:
    if not _one_substance(drug):
        return Unknown(Reason.DOSE_UNKNOWN, "a dose in mg of a combination: of which ingredient?")
    strength = ingredient.strength
    if strength is not None and strength.per == "h":
        # "25 mcg" of a 25 mcg/h patch
        if quantity.low == quantity.high and same(quantity.high, strength_mg(strength)):
            return Mass(quantity.low, quantity.high, f"1 patch × {quantity.words}/h", patch=True)
        return Unknown(Reason.UNIT, "a patch dosed in mass, not per hour")
    if drug.form == "patch" or (drug.route is Route.TRANSDERMAL and drug.form == ""):
        return Unknown(Reason.UNIT, "a patch dosed in mass, not per hour")
    said_each = giving.mass_is == "each" and strength is not None and strength.per == "each"
    if said_each and strength is not None and not same(quantity.high, strength_mg(strength)):
        return Unknown(Reason.CONFLICT, "strength in the directions is not that of the product")
    return Mass(quantity.low, quantity.high, quantity.words)


def _without_strength(
    giving: Giving, quantity: Quantity, drug: Drug, fallback: Unknown = NO_STRENGTH
) -> Mass | Unknown:
    """A count or volume of unknown strength: only what the directions say themselves about mg helps."""
    single = _one_substance(drug)
    if single and quantity.kind == "volume" and giving.per_ml is not None:
        words = f"{quantity.words} × {number_text(giving.per_ml)} mg/mL"
        return Mass(tidy(quantity.low * giving.per_ml), tidy(quantity.high * giving.per_ml), words)
    mass = giving.mass
    if single and mass is not None and quantity.kind != "patch":
        counted = quantity.kind in ("each", "bare")
        if giving.mass_is == "each" and counted and mass.low == mass.high:
            words = f"{_counted_words(quantity, drug)} × {mass.words}"
            return Mass(tidy(quantity.low * mass.low), tidy(quantity.high * mass.high), words)
        if giving.mass_is == "total" or (quantity.low == quantity.high == 1 and counted) or quantity.kind == "volume":
            return Mass(mass.low, mass.high, mass.words)
    return fallback


def _clash(giving: Giving, quantity: Quantity, mass: Mass, strength: Strength, drug: Drug) -> Unknown | None:
    """Do the mg said beside a count or volume agree with the product? Of combinations nobody can tell."""
    comparable = giving.per_ml is not None and strength.per == "mL" and _one_substance(drug)
    if comparable and giving.per_ml is not None and not same(giving.per_ml, strength_mg(strength)):
        return Unknown(Reason.CONFLICT, "concentration in the directions is not that of the product")
    said = giving.mass
    if said is None or not _one_substance(drug) or mass.patch:
        return None
    total = same(said.low, mass.low) and same(said.high, mass.high)
    each = said.low == said.high and same(said.high, strength_mg(strength)) and strength.per == "each"
    if giving.mass_is == "total" and not total:
        return Unknown(Reason.CONFLICT, "mg and count in the directions disagree with the product's strength")
    return None if total or each else Unknown(Reason.CONFLICT, "mg and count in the directions disagree")


def same(one: float, other: float) -> bool:
    """Do two statements of one dose agree, but for rounding?"""
    return abs(one - other) <= AGREEMENT * max(abs(one), abs(other))


def _counted_words(quantity: Quantity, drug: Drug) -> str:
    if quantity.kind != "bare":
        return quantity.words
    form = drug.form if drug.form in ("tablet", "capsule", "patch", "suppository", "film") else "unit"
    if quantity.words == "1":
        return f"1 {form}"
    plural = {"patch": "patches", "suppository": "suppositories"}.get(form, f"{form}s")
    return f"{quantity.words} {plural}"


@remember(4096)
def is_combination(label: str) -> bool:
    """Does the name of the product name two substances?"""
    text = _NO_NAMES.sub(" ", label[:300].lower())
    return _TWO_NAMES.search(text) is not None


def mass_per_hour(giving: Giving, rate: Rate, ingredient: Ingredient, drug: Drug) -> Mass | Unknown:
    """What an infusion, pump or patch delivers, in mg per h; a stated daily total likewise."""
    strength = ingredient.strength
    on_skin = drug.form == "patch" or drug.route is Route.TRANSDERMAL or (strength is not None and strength.per == "h")
    counted, _, per = rate.words.partition("/")
    quantity = Quantity(rate.low, rate.high, rate.kind, counted)
    if rate.kind == "mass":
        if not _one_substance(drug):
            return Unknown(Reason.DOSE_UNKNOWN, "a dose in mg of a combination: of which ingredient?")
        if on_skin and rate.hours > 24:
            return Unknown(Reason.UNIT, "a patch dosed in mass, not per hour")
        found: Mass | Unknown = Mass(rate.low, rate.high, rate.words)
    elif on_skin:
        return Unknown(Reason.UNIT, "a patch dosed per time")
    else:
        found = mass_of(giving, quantity, ingredient, drug)
    if isinstance(found, Unknown):
        return found
    words = found.words if rate.kind == "mass" else f"{found.words} per {per}"
    return Mass(found.low / rate.hours, found.high / rate.hours, words, patch=on_skin)
