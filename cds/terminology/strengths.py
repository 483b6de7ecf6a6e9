"""Read product strengths from words: "10 MG", "5 mg/5 mL", "2,000 mcg/mL", "25 mcg/hr", "5-325 mg".

A number that is a dose ("10 mg daily"), a dose by weight ("mg/kg") or one of several different strengths is not a
strength: then nothing is said. All patterns are linear and read at most ``phrases.MAX_TEXT`` characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cds.case import Strength
from cds.terminology.phrases import Found

MASS = {
    "mg": "mg", "mgs": "mg", "milligram": "mg", "milligrams": "mg",
    "mcg": "ug", "ug": "ug", "mcgs": "ug", "microgram": "ug", "micrograms": "ug",
    "g": "g", "gm": "g", "gram": "g", "grams": "g",
}  # fmt: skip
PER = {
    "ml": "mL", "mls": "mL", "cc": "mL", "l": "L",
    "h": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h",
    "actuation": "each", "actuat": "each", "spray": "each", "tablet": "each", "tab": "each", "capsule": "each",
    "cap": "each", "patch": "each", "film": "each", "packet": "each", "suppository": "each", "each": "each",
}  # fmt: skip
_NUMBER = r"(\d{1,7}(?:[.,]\d{1,7}){0,2})"
_AMOUNT = re.compile(
    r"(?<![\d.,/-])" + _NUMBER + r"[ -]{0,2}"
    r"(mgs?|milligrams?|mcgs?|ug|micrograms?|gm|grams?|g)(?![a-z])"
    r"(?: ?(?:/|per) ?(?:\(?(\d{0,4}(?:\.\d{1,3})?)[ -]?([a-z0-9]{1,12})\)?))?"
)
_LIST = re.compile(
    r"(?<![\d.,/-])"
    + _NUMBER
    + r" ?(?:mg)? ?[/-] ?"
    + _NUMBER
    + r"(?: ?(?:mg)? ?[/-] ?"
    + _NUMBER
    + r"(?![\d.]| ?ml))?(?![\d.])"
    r"(?: ?mg(?![a-z]))?(?: ?(?:/|per) ?(\d{0,4}(?:\.\d{1,3})?) ?(mls?)(?![a-z]))?"
)
_SEPARATED = re.compile(r" {0,2}(?:[,;/+&)]|and |with )[^0-9]{0,3}\d")
_AS_DOSE = re.compile(
    r" {0,2},? {0,2}(?:po|by mouth|orally|daily|once|twice|three times|four times|times|bid|tid|qid|qd|qhs|qam|"
    r"qpm|hs|at bedtime|q ?\d|every|nightly|prn|as needed|per day|per night|a day|/ ?d(?:ay)?)(?![a-z])"
    r"(?! {0,2}(?:tab|cap|sol|susp|liq|syr|elix|odt|film|disintegr))"
)


def number_of(text: str) -> float:
    """A number as written on products: "2,000" is two thousand, "0,5" and "2,5" are decimals."""
    head, comma, tail = text.partition(",")
    if comma and len(tail.split(".")[0]) == 3 and head.strip("0"):
        return float(text.replace(",", ""))
    return float(text.replace(",", ".")) if text.count(",") + text.count(".") < 2 else float(text.replace(",", ""))


def strength(value: float, unit: str, per_value: str = "", per: str = "each") -> Strength | None:
    """One strength in its plain form: mg or ug, for one "each", "mL" or "h"; None when it makes no sense."""
    size = float(per_value) if per_value and per_value != "." else 1.0
    if unit == "g":
        value, unit = value * 1000, "mg"
    if per == "L":
        size, per = size * 1000, "mL"
    if value <= 0 or size <= 0:
        return None
    return Strength(round(value / size, 6), unit, per)


def parse_field(field: str) -> Strength | None:
    """The strength of a table: "10 mg", "0.5 mg/mL", "25 ug/h"; None for an empty field."""
    if not field:
        return None
    value, _, rest = field.partition(" ")
    unit, _, per = rest.partition("/")
    return Strength(float(value), unit, per or "each")


def same(one: Strength, other: Strength) -> bool:
    """Whether two strengths are equal up to rounding, in whatever unit."""
    return one.per == other.per and abs(_ug(one) - _ug(other)) <= 0.005 * max(_ug(one), _ug(other))


def read_strengths(text: str, found: Sequence[Found[tuple[str, ...]]]) -> dict[str, Strength]:
    """The strength of each named substance, where the text says it without doubt.

    ``text`` is plain (see ``phrases.plain``); ``found`` are the names in it, each with the substances it stands for.
    """
    answer: dict[str, Strength] = {}
    for names, segment in _segments(text, found):
        amounts = list(_amounts(segment))
        if len(names) == 1:
            only = _the_one(amounts)
            if only is not None:
                answer.setdefault(names[0], only)
        else:
            for name, item in zip(names, _listed(segment, len(names)) or (), strict=False):
                answer.setdefault(name, item)
    return answer


def _segments(text: str, found: Sequence[Found[tuple[str, ...]]]) -> Iterable[tuple[tuple[str, ...], str]]:
    """Names that stand together, and the text up to the next name in which their strengths stand."""
    names: list[str] = []
    group: list[tuple[tuple[str, ...], str]] = []
    for index, item in enumerate(found):
        names += [name for name in item.value if name not in names]
        last = index + 1 == len(found)
        segment = text[item.end : len(text) if last else found[index + 1].start]
        if not last and _SEPARATED.match(segment):  # "hydrocodone, 500 mg acetaminophen": the amount is the next name's
            group.append((tuple(names), ""))
            names = []
        elif _has_strength(segment):
            group.append((tuple(names), segment))
            names = []
    if found and not group:  # "10 mg baclofen tablet"
        group.append((tuple(dict.fromkeys(name for item in found for name in item.value)), text[: found[0].start]))
    return group


def _has_strength(segment: str) -> bool:
    return _AMOUNT.search(segment) is not None or _LIST.search(segment) is not None


def _amounts(segment: str) -> Iterable[Strength]:
    for match in _AMOUNT.finditer(segment):
        value, unit, per_value, per = match.groups()
        if _AS_DOSE.match(segment, match.end()):
            continue
        if per is None:
            item = strength(number_of(value), MASS[unit])
        elif per in PER:
            item = strength(number_of(value), MASS[unit], per_value, PER[per])
        else:  # per kg, per day, per dose ...
            continue
        if item is not None:
            yield item


def _the_one(amounts: Sequence[Strength]) -> Strength | None:
    """The strength all amounts agree on; a concentration goes before the amount of the whole container."""
    for wanted in (amounts, [a for a in amounts if a.per != "each"]):
        if wanted and all(same(wanted[0], other) for other in wanted):
            return wanted[0]
    return None


def _listed(segment: str, count: int) -> tuple[Strength, ...] | None:
    """The strengths of ``count`` substances in the order in which the names stand: "5-325 mg", "8 mg/2 mg"."""
    for match in _LIST.finditer(segment):
        first, second, third, volume, millilitre = match.groups()
        values = [value for value in (first, second, third) if value is not None]
        if len(values) == count:
            per = "mL" if millilitre else "each"
            made = [strength(number_of(value), "mg", volume or "", per) for value in values]
            return None if None in made else tuple(item for item in made if item is not None)
    amounts = tuple(_amounts(segment))
    return amounts if len(amounts) == count else None


def _ug(item: Strength) -> float:
    return item.value * (1000 if item.unit == "mg" else 1)
