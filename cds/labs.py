"""Observations as measured values: which kind, in our unit, final or not, by which method."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from cds.arithmetic.units import convert, find_unit, number_text
from cds.case import Known, Lab, Maybe, Reason, Unknown
from cds.chart import Amount, ObservationFact
from cds.terminology import Terminology

# Our kinds whose unit matters, and the measure by which they are converted. Other kinds keep the number as sent.
MEASURES = {
    "creatinine": "creatinine",
    "cystatin-c": "cystatin-c",
    "egfr": "egfr",
    "creatinine-clearance": "clearance",
    "body-weight": "weight",
    "body-height": "height",
}
# The code of an eGFR already says "per 1.73 m2"; many laboratories leave it out of the unit.
_ALSO = {"egfr": "clearance", "creatinine-clearance": "egfr"}
FINAL = frozenset({"final", "amended", "corrected", "appended"})
NOT_FINAL = frozenset({"preliminary", "registered", "partial", "unknown", ""})
_TEXT = re.compile(r"^(<=|>=|<|>|≤|≥)? ?(\d{1,6}(?:\.\d{1,6})?) ?([^\d\s].{0,30})?$")
_SIGNS = {"≤": "<=", "≥": ">="}
_COMPARATORS = frozenset({"<", "<=", ">", ">=", ""})


def labs(facts: Iterable[ObservationFact], terminology: Terminology) -> tuple[Lab, ...]:
    """Every value of a kind that is ours, newest first, undated last. Errors and cancelled ones are left out."""
    found = [lab for fact in facts if (lab := _lab(fact, terminology)) is not None]
    found.sort(key=repr)
    found.sort(key=lambda lab: lab.when.first if lab.when is not None else date.min, reverse=True)
    return tuple(found)


def _lab(fact: ObservationFact, terminology: Terminology) -> Lab | None:
    if fact.status not in FINAL and fact.status not in NOT_FINAL:
        return None
    kind = terminology.lab_kind(fact.code, fact.specimen)
    if not kind or kind.endswith("-exclude"):
        return None
    amount = _amount(fact)
    unit = find_unit(amount.unit, MEASURES[kind]) if amount is not None and kind in MEASURES else None
    if unit is None and amount is not None and kind in MEASURES:
        unit = find_unit(amount.code, MEASURES[kind])
    return Lab(
        kind=kind,
        value=_value(fact, amount, kind),
        when=fact.when,
        shown=_shown(fact, amount),
        status="final" if fact.status in FINAL else "preliminary",
        comparator=amount.comparator if amount is not None else "",
        method=_method(fact, terminology) if kind == "egfr" else "",
        unit=unit.name if unit is not None else "",
        ref=f"Observation/{fact.id}" if fact.id else "",
        code=fact.code.codings[0].code if fact.code.codings else "",
    )


def _amount(fact: ObservationFact) -> Amount | None:
    """The value as a quantity; a text that is one number with its unit counts as one."""
    if fact.value is not None and (fact.value.value is not None or not fact.value_text):
        return fact.value
    match = _TEXT.match(" ".join(fact.value_text[:60].split()))
    if match is None:
        return None
    sign, number, unit = match.groups()
    return Amount(value=float(number), unit=unit or "", comparator=_SIGNS.get(sign or "", sign or ""))


def _value(fact: ObservationFact, amount: Amount | None, kind: str) -> Maybe[float]:
    if amount is None or amount.value is None:
        if fact.value_text:
            return Unknown(Reason.UNREADABLE, "value is words, not a number")
        return Unknown(Reason.ABSENT, "result without a value")
    if amount.comparator not in _COMPARATORS:
        return Unknown(Reason.UNREADABLE, "value with a comparator we do not know")
    measure = MEASURES.get(kind)
    if measure is None:
        return Known(amount.value)
    for text in dict.fromkeys((amount.code, amount.unit)):
        for accepted in (measure, _ALSO.get(kind)):
            if text and accepted and isinstance(value := convert(amount.value, text, accepted), Known):
                return value if not _codes_disagree(amount, measure) else Unknown(Reason.CONFLICT, "two units given")
    return Unknown(Reason.UNIT, "unit not known" if amount.unit or amount.code else "unit missing")


def _codes_disagree(amount: Amount, measure: str) -> bool:
    """Whether unit text and unit code are both known and mean different units."""
    one, other = find_unit(amount.unit, measure), find_unit(amount.code, measure)
    return one is not None and other is not None and one.mul * other.div != other.mul * one.div


def _shown(fact: ObservationFact, amount: Amount | None) -> str:
    if amount is None or amount.value is None:
        return fact.value_text[:40]
    unit = (amount.unit or amount.code)[:40]
    return f"{amount.comparator}{number_text(amount.value)} {unit}".strip()


def _method(fact: ObservationFact, terminology: Terminology) -> str:
    """The equation of a reported eGFR: as the result says, else as its code or name implies, else ""."""
    said, implied = terminology.lab_method(fact.method), terminology.lab_method(fact.code)
    if said and "race" in implied and "race" not in said:
        return f"{said}, race-based"
    return said or implied
