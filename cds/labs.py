"""Observations as measured values: which kind, in our unit, final or not, by which method."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from cds.arithmetic.units import Unit, find_unit, in_base, number_text
from cds.case import Known, Lab, Maybe, Reason, Unknown
from cds.chart import Amount, ObservationFact
from cds.terminology import Terminology
from cds.terminology.answers import KINDS, answer

# Our kinds whose unit matters, and the measure by which they are converted. Other kinds keep the number as sent.
MEASURES = {
    "creatinine": "creatinine",
    "cystatin-c": "cystatin-c",
    "bilirubin-total": "bilirubin",
    "egfr": "egfr",
    "creatinine-clearance": "clearance",
    "body-weight": "weight",
    "body-height": "height",
    "systolic-bp": "pressure",
    "systolic-bp-standing": "pressure",
    "diastolic-bp": "pressure",
    "respiratory-rate": "rate",
    "heart-rate": "rate",
    "spo2": "saturation",
    "body-temperature": "temperature",
    "gestational-age": "time",
    "alt": "enzyme",
    "ast": "enzyme",
}
# The code of an eGFR already says "per 1.73 m2"; many laboratories leave it out of the unit.
# Kinds that are answered in words or codes, and kinds whose value is a date.
ANSWERED = KINDS
DATES = frozenset({"estimated-delivery-date", "last-birth"})
_ALSO = {"egfr": "clearance", "creatinine-clearance": "egfr"}
FINAL = frozenset({"final", "amended", "corrected", "appended"})
NOT_FINAL = frozenset({"preliminary", "registered", "partial", "unknown", ""})
_TEXT = re.compile(r"^(<=|>=|<|>|≤|≥)? ?(\d{1,6}(?:\.\d{1,6})?) ?([^\d\s].{0,30})?$")
PUMP_DATE = "pump-refill-date"  # a day in the calendar of a pump, read by cds.pump
_SIGNS = {"≤": "<=", "≥": ">="}
_COMPARATORS = frozenset({"<", "<=", ">", ">=", ""})


def labs(facts: Iterable[ObservationFact], terminology: Terminology) -> tuple[Lab, ...]:
    """Every value of a kind that is ours, newest first, undated last. Errors and cancelled ones are left out."""
    found = [lab for fact in facts if (lab := _lab(fact, terminology)) is not None]
    found.sort(key=_newest_first)
    return tuple(found)


def is_ours(kind: str) -> bool:
    """Whether a kind of measurement is one that is kept: not of a urine, say."""
    return bool(kind) and not kind.endswith("-exclude")


def _newest_first(lab: Lab) -> tuple[int, str, str, str]:
    return -lab.when.first.toordinal() if lab.when is not None else 0, lab.kind, lab.shown, lab.ref


def _lab(fact: ObservationFact, terminology: Terminology) -> Lab | None:
    kind = terminology.lab_kind(fact.code, fact.specimen)
    if not is_ours(kind) or kind == PUMP_DATE or (fact.status not in FINAL and fact.status not in NOT_FINAL):
        return None
    amount = _amount(fact)
    measure = MEASURES.get(kind)
    unit = None if measure is None or amount is None else _unit(amount, kind, measure)
    return Lab(
        kind=kind,
        value=_no_number(fact) if amount is None or amount.value is None else _value(amount, measure, unit),
        when=fact.when,
        shown=fact.value_text[:40] if amount is None else _shown(amount, fact.value_text),
        status="final" if fact.status in FINAL else "preliminary",
        comparator=amount.comparator if amount is not None else "",
        method=_method(fact, terminology) if kind == "egfr" else "",
        unit=unit.name if unit is not None else "",
        ref=f"Observation/{fact.id}" if fact.id else "",
        code=fact.code.codings[0].code if fact.code.codings else "",
        said=answer(kind, fact.value_coded, fact.value_text) if kind in ANSWERED else "",
        day=fact.value_when if kind in DATES else None,
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


def _no_number(fact: ObservationFact) -> Unknown:
    if fact.value_text:
        return Unknown(Reason.UNREADABLE, "value is words, not a number")
    return Unknown(Reason.ABSENT, "result without a value")


def _unit(amount: Amount, kind: str, measure: str) -> Unit | None:
    """The unit by its code, else by its text, if it measures this kind."""
    for text in (amount.code, amount.unit):
        if text:
            unit = find_unit(text, measure) or (find_unit(text, _ALSO[kind]) if kind in _ALSO else None)
            if unit is not None:
                return unit
    return None


def _value(amount: Amount, measure: str | None, unit: Unit | None) -> Maybe[float]:
    """The number in our unit; refused without a unit we know, or when code and text name different ones."""
    if amount.comparator not in _COMPARATORS:
        return Unknown(Reason.UNREADABLE, "value with a comparator we do not know")
    if amount.value is None or not math.isfinite(amount.value):
        return Unknown(Reason.UNREADABLE, "no number")
    if measure is None:
        return Known(amount.value)
    if unit is None:
        return Unknown(Reason.UNIT, "unit not known" if amount.unit or amount.code else "unit missing")
    if amount.code and amount.unit and amount.code != amount.unit:
        other = find_unit(amount.unit, measure)
        if other is not None and other.mul * unit.div != unit.mul * other.div:
            return Unknown(Reason.CONFLICT, "unit code and unit text disagree")
    return Known(in_base(amount.value, unit))


def _shown(amount: Amount, text: str) -> str:
    if amount.value is None or not math.isfinite(amount.value):
        return text[:40]
    return f"{amount.comparator}{number_text(amount.value)} {(amount.unit or amount.code)[:40]}".strip()


def _method(fact: ObservationFact, terminology: Terminology) -> str:
    """The equation of a reported eGFR: as the result says, else as its code or name implies, else ""."""
    said, implied = terminology.lab_method(fact.method), terminology.lab_method(fact.code)
    if said and "race" in implied and "race" not in said:
        return f"{said}, race-based"
    return said or implied
