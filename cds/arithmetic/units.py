"""A closed table of the units this service understands; everything else is refused, never guessed.

Base units: mass mg, volume mL, time h, creatinine mg/dL, eGFR mL/min/1.73 m2, clearance mL/min, weight kg, height cm,
blood pressure mmHg.
Spellings are UCUM codes and the words and abbreviations that records carry in their place ("mcg", "MG", "tabs").
eGFR (indexed to 1.73 m2) and creatinine clearance (mL/min) are different quantities and never convert into each other.
"""

from __future__ import annotations

import math

import msgspec

from cds.case import Known, Maybe, Reason, Unknown
from cds.chart import Amount
from cds.memo import remember

# 113.12 g/mol: 1 mg/dL of creatinine is 88.42 umol/L (formulas.md 1)
UMOL_PER_MG_DL = 88.42
MAX_UNIT_LENGTH = 40


class Unit(msgspec.Struct, frozen=True, gc=False):
    """One unit: ``kind`` says what it measures; a value times ``mul`` over ``div``, ``less`` what a scale begins above
    the base unit's, is in the kind's base unit.

    Two factors instead of one keep 250 ug / 1000 = 0.25 mg exact. ``name`` is how we write it.
    """

    kind: str
    mul: float
    div: float
    name: str
    less: float = 0.0


def _rows(kind: str, mul: float, div: float, name: str, spellings: str, less: float = 0.0) -> dict[str, Unit]:
    unit = Unit(kind, mul, div, name, less)
    return {spelling.strip(): unit for spelling in spellings.split(",")}


# Keys are folded (see ``_fold``): lower case, micro signs as "u", no blanks around.
DOSE_UNITS: dict[str, Unit] = {
    **_rows("mass", 1, 1, "mg", "mg, mgs, milligram, milligrams, milligramm, milligramme, milligrammes"),
    **_rows("mass", 1, 1000, "mcg", "ug, ugm, mcg, mcgs, microgram, micrograms, microgramme, microgrammes"),
    **_rows("mass", 1000, 1, "g", "g, gm, gms, gram, grams, gramme, grammes"),
    **_rows("mass", 1, 1_000_000, "ng", "ng, nanogram, nanograms"),
    **_rows("volume", 1, 1, "mL", "ml, mls, cc, milliliter, milliliters, millilitre, millilitres"),
    **_rows("volume", 1000, 1, "L", "l, liter, liters, litre, litres"),
    **_rows("volume", 5, 1, "tsp", "tsp, [tsp_us], teaspoon, teaspoons, teaspoonful, teaspoonfuls"),
    **_rows("volume", 15, 1, "tbsp", "tbsp, [tbs_us], tablespoon, tablespoons, tablespoonful, tablespoonfuls"),
    **_rows("each", 1, 1, "tablets", "{tbl}, {tablet}, {tablets}, {tab}, tbl, tab, tabs, tablet, tablets, tabl, 1 tab"),
    **_rows("each", 1, 1, "tablets", "{pill}, {pills}, pill, pills, caplet, caplets, {caplet}, tablette, tabletten"),
    **_rows("each", 1, 1, "capsules", "{cap}, {capsule}, {capsules}, cap, caps, capsule, capsules"),
    **_rows("each", 1, 1, "suppositories", "{supp}, {suppository}, supp, suppository, suppositories"),
    **_rows("each", 1, 1, "films", "{film}, film, films, strip, strips"),
    **_rows("each", 1, 1, "lozenges", "{lozenge}, lozenge, lozenges, loz, troche, troches"),
    **_rows("each", 1, 1, "packets", "{packet}, {sachet}, packet, packets, sachet, sachets"),
    **_rows("each", 1, 1, "sprays", "{spray}, {sprays}, spray, sprays, {actuat}, actuation, actuations"),
    **_rows("each", 1, 1, "puffs", "{puff}, {puffs}, puff, puffs"),
    **_rows("each", 1, 1, "units of product", "{each}, each, ea, {unit}, {dosage form}, {stueck}, stück, stueck"),
    **_rows("patch", 1, 1, "patches", "{patch}, {patches}, patch, patches"),
    **_rows("dose", 1, 1, "doses", "{dose}, {doses}, dose, doses"),
}

TIME_UNITS: dict[str, Unit] = {
    **_rows("time", 1, 3600, "s", "s, sec, secs, second, seconds"),
    **_rows("time", 1, 60, "min", "min, mins, minute, minutes"),
    **_rows("time", 1, 1, "h", "h, hr, hrs, hour, hours"),
    **_rows("time", 24, 1, "day", "d, day, days, dy"),
    **_rows("time", 168, 1, "week", "wk, wks, week, weeks, w"),
    # UCUM mo = 30.4375 d and a = 365.25 d
    **_rows("time", 730.5, 1, "month", "mo, mos, month, months"),
    **_rows("time", 8766, 1, "year", "a, yr, yrs, year, years"),
}

_INDEXED = (
    "ml/min/{1.73_m2}, ml/min/{1.73m2}, ml/min/{1.73 m2}, ml/min/1.73m2, ml/min/1.73 m2, ml/min/1.73_m2, "
    "ml/min/1.73.m2, ml/min/1.73m^2, ml/min/1.73 m^2, ml/min/1.73m*2, ml/min/1.73 m*2, ml/min/1.73sqm, "
    "ml/min/1.73 sqm, ml/min/1.73 sq m, ml/min/1.73sq m, ml/min/1.73, ml/min/1.73 sq.m, ml/min/1.73sq.m, "
    "ml/min per 1.73 m2, ml/min per 1.73m2, ml/min/{1.73_m2}., ml/min/{1.73sqm}, ml/min/{1.73_sqm}, ml/min/1.73/m2, "
    "ml/min/bsa, ml/min/{bsa}, ml/minute/1.73m2, ml/minute/1.73 m2, ml/min/(1.73.m2), ml/min/(1.73_m2), "
    "ml/min/(1.73m2), ml/min/(1.73 m2), ml/min/ 1.73 m2, ml/min/173.10*-2.m2, ml.min-1.1.73m-2, ml/min/{1.73 sq m}"
)

# What a laboratory or vital-sign value of each kind may be written in. Nothing else counts.
MEASURES: dict[str, dict[str, Unit]] = {
    "creatinine": {
        **_rows("creatinine", 1, 1, "mg/dL", "mg/dl, mg/100 ml, mg/100ml, mg%"),
        **_rows("creatinine", 1, UMOL_PER_MG_DL, "umol/L", "umol/l, mcmol/l, micromol/l, micromole/l, micromoles/l"),
        **_rows("creatinine", 1000, UMOL_PER_MG_DL, "mmol/L", "mmol/l, millimol/l"),
    },
    # 584.66 g/mol: 1 mg/dL of bilirubin is 17.104 umol/L
    "bilirubin": {
        **_rows("bilirubin", 1, 1, "mg/dL", "mg/dl, mg/100 ml, mg/100ml, mg%"),
        **_rows("bilirubin", 1, 17.104, "umol/L", "umol/l, mcmol/l, micromol/l, micromole/l, micromoles/l"),
        **_rows("bilirubin", 1, 10, "mg/L", "mg/l"),
    },
    "cystatin-c": _rows("cystatin-c", 1, 1, "mg/L", "mg/l"),
    "egfr": _rows("egfr", 1, 1, "mL/min/1.73 m2", _INDEXED),
    "clearance": {
        **_rows("clearance", 1, 1, "mL/min", "ml/min, ml/minute, ml per min, ml.min-1"),
        **_rows("clearance", 60, 1, "mL/s", "ml/s, ml/sec"),
    },
    "weight": {
        **_rows("weight", 1, 1, "kg", "kg, kgs, kilogram, kilograms, kilogramm"),
        **_rows("weight", 1, 1000, "g", "g, gm, gram, grams"),
        **_rows("weight", 1, 2.20462, "lb", "[lb_av], [lb_us], lb, lbs, pound, pounds"),
        **_rows("weight", 1, 35.27392, "oz", "[oz_av], oz, ounce, ounces"),
    },
    "height": {
        **_rows("height", 1, 1, "cm", "cm, centimeter, centimeters, centimetre, centimetres"),
        **_rows("height", 100, 1, "m", "m, meter, meters, metre, metres"),
        **_rows("height", 1, 10, "mm", "mm, millimeter, millimeters"),
        **_rows("height", 2.54, 1, "in", "[in_i], [in_us], in, inch, inches"),
        **_rows("height", 30.48, 1, "ft", "[ft_i], ft, feet, foot"),
    },
    "rate": _rows(
        "rate",
        1,
        1,
        "/min",
        "/min, 1/min, {breaths}/min, {beats}/min, breaths/min, beats/min, breaths/minute, beats/minute, bpm, rpm, "
        "per minute, breaths per minute, beats per minute, min-1, /minute, {resp}/min, br/min, resp/min",
    ),
    "enzyme": {
        **_rows("enzyme", 1, 1, "U/L", "u/l, [iu]/l, iu/l, units/l, unit/l, [u]/l"),
        **_rows("enzyme", 60, 1, "ukat/L", "ukat/l"),
    },
    "saturation": _rows("saturation", 1, 1, "%", "%, percent, {%}, %{saturation}, % saturation"),
    "temperature": {
        **_rows(
            "temperature", 1, 1, "Cel", "cel, degc, deg c, c, \u00b0c, \u2103, celsius, degrees celsius, degrees c"
        ),
        # (F - 32) x 5/9
        **_rows(
            "temperature", 5, 9, "[degF]", "[degf], degf, deg f, f, \u00b0f, \u2109, fahrenheit, degrees f", 160 / 9
        ),
    },
    "pressure": {
        **_rows("pressure", 1, 1, "mmHg", "mm[hg], mmhg, mm hg, mm(hg), torr"),
        **_rows("pressure", 1, 0.133322, "kPa", "kpa"),
    },
}

# Both micro signs, superscript two, minus and multiplication signs as one spelling each.
_SIGNS = str.maketrans({"\u00b5": "u", "\u03bc": "u", "\u00b2": "2", "\u2212": "-", "\u00a0": " ", "\u2044": "/"})


def tidy(value: float) -> float:
    """The value without binary dust (0.1 x 3 is 0.3), so that comparing with a limit does not depend on it."""
    return round(float(value), 9)


def number_text(value: float) -> str:
    """A number as a prescriber writes it: 10, 2.5, 0.333; no trailing zeros, no exponent."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) >= 0.1 else f"{value:.6f}".rstrip("0").rstrip(".")


@remember(2048)
def _fold(text: str) -> str:
    return " ".join(text[:MAX_UNIT_LENGTH].translate(_SIGNS).lower().split())


def convert(value: float, unit_text: str, kind: str) -> Maybe[float]:
    """``value`` in the base unit of ``kind`` ("creatinine", "egfr", "clearance", "weight", "height", "mass", "time").

    Unknown (``unit``) for a missing unit, a unit we do not know, or one that measures something else;
    Unknown (``unreadable``) for a value that is no finite number.
    """
    if not math.isfinite(value):
        return Unknown(Reason.UNREADABLE, "no number")
    unit = find_unit(unit_text, kind)
    if unit is None:
        return Unknown(Reason.UNIT, "unit missing" if not unit_text.strip() else "unit not known")
    return Known(in_base(value, unit))


def in_base(value: float, unit: Unit) -> float:
    """A value of a unit in the base unit of what it measures."""
    return tidy(value * unit.mul / unit.div - unit.less)


def find_unit(unit_text: str, kind: str) -> Unit | None:
    """The unit of that spelling if it measures ``kind``; None if not."""
    folded = _fold(unit_text)
    measure = MEASURES.get(kind)
    if measure is not None:
        return measure.get(folded)
    unit = TIME_UNITS.get(folded) if kind == "time" else DOSE_UNITS.get(folded)
    return unit if unit is not None and unit.kind == kind else None


def dose_unit(amount: Amount) -> Unit | Unknown | None:
    """The unit of a dose; None for a bare number (no unit at all, or UCUM "1"), Unknown for a unit we do not know.

    Code and text are both looked at: a known one wins over an unknown one, two known ones must agree.
    """
    code, text = _fold(amount.code), _fold(amount.unit)
    by_code, by_text = DOSE_UNITS.get(code), DOSE_UNITS.get(text)
    if by_code is not None and by_text is not None:
        if (by_code.kind, by_code.mul / by_code.div) != (by_text.kind, by_text.mul / by_text.div):
            return Unknown(Reason.CONFLICT, "unit code and unit text disagree")
        return by_text
    found = by_code or by_text
    if found is None:
        return None if code in ("", "1") and text in ("", "1") else _refused(code, text)
    other = text if by_code is not None else code
    return _refused(code, text) if "/" in other or "kg" in other else found


def _refused(code: str, text: str) -> Unknown:
    if "kg" in code or "kg" in text or "m2" in code or "m2" in text:
        return Unknown(Reason.DOSE_UNKNOWN, "dose per kg or m2 of body")
    return Unknown(Reason.UNIT, "dose unit not known")


def to_mg(amount: Amount) -> Maybe[float]:
    """A mass in mg. Unknown when there is no number, no unit, or the unit is not one of mass."""
    if amount.value is None or not math.isfinite(amount.value):
        return Unknown(Reason.UNREADABLE, "no number")
    unit = dose_unit(amount)
    if isinstance(unit, Unknown):
        return unit
    if unit is None or unit.kind != "mass":
        return Unknown(Reason.UNIT, "not a unit of mass")
    return Known(tidy(amount.value * unit.mul / unit.div))


def to_hours(value: float, unit_text: str) -> Maybe[float]:
    """A length of time in hours."""
    return convert(value, unit_text, "time")


@remember(1024)
def amount_hours(amount: Amount) -> Maybe[float]:
    """A Duration in hours; the code counts first, then the unit text."""
    if amount.value is None:
        return Unknown(Reason.UNREADABLE, "no number")
    by_code = to_hours(amount.value, amount.code)
    return by_code if isinstance(by_code, Known) else to_hours(amount.value, amount.unit)


class RateUnit(msgspec.Struct, frozen=True, gc=False):
    """Amount per time: ``amount`` per ``hours``."""

    amount: Unit
    hours: float


@remember(1024)
def rate_unit(unit_text: str) -> RateUnit | Unknown:
    """ "mg/h", "ug/d", "mcg per day", "mL/hr", "mg/(24.h)", "mg/24 h". Per kg or m2 of body is Unknown."""
    folded = _fold(unit_text).replace(" per ", "/")
    parts = [part.strip(" ()") for part in folded.split("/")]
    if any(part.rstrip("0123456789. ") in ("kg", "m") or part in ("m2", "[lb_av]", "lb") for part in parts[1:]):
        return Unknown(Reason.DOSE_UNKNOWN, "dose per kg or m2 of body")
    if len(parts) != 2:
        return Unknown(Reason.UNIT, "rate unit not known")
    amount = DOSE_UNITS.get(parts[0])
    hours = _denominator(parts[1])
    if amount is None or hours is None or amount.kind not in ("mass", "volume", "each"):
        return Unknown(Reason.UNIT, "rate unit not known")
    return RateUnit(amount, hours)


def _denominator(text: str) -> float | None:
    """ "h" -> 1, "24.h" -> 24, "24 h" -> 24, "day" -> 24."""
    digits = len(text) - len(text.lstrip("0123456789"))
    unit = TIME_UNITS.get(text[digits:].strip(" ."))
    if unit is None:
        return None
    count = float(text[:digits]) if digits else 1.0
    return count * unit.mul / unit.div if count > 0 else None
