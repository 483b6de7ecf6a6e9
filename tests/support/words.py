"""The little languages of the case files: amounts, times of taking, dates. What is not understood is an error."""

from __future__ import annotations

import re
import tomllib
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from tests.support.cases import FIXTURES

Json = dict[str, Any]

UCUM = "http://unitsofmeasure.org"
SYSTEMS = {
    "RxNorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "SNOMED": "http://snomed.info/sct",
    "ICD-10-CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD-10": "http://hl7.org/fhir/sid/icd-10",
    "LOINC": "http://loinc.org",
    "ATC": "http://www.whocc.no/atc",
    "UNII": "http://fdasis.nlm.nih.gov",
    "local": "https://ehr.example.org/codes",
}
PERIOD_UNITS = {"day": "d", "d": "d", "week": "wk", "wk": "wk", "h": "h", "hour": "h", "month": "mo"}
WHEN = {"at bedtime": "HS", "in the morning": "MORN", "with meals": "C", "in the evening": "EVE"}
_AMOUNT = re.compile(r"^(<=|>=|<|>)?\s*(\d+(?:\.\d+)?)(?:\s*-\s*(\d+(?:\.\d+)?))?\s*(.*)$")


@lru_cache(maxsize=1)
def concepts() -> dict[str, Any]:
    """``fixtures/concepts.toml``."""
    return tomllib.loads((FIXTURES / "concepts.toml").read_text("utf-8"))


@lru_cache(maxsize=1)
def products() -> dict[str, Json]:
    """``fixtures/products.toml`` by name."""
    rows = tomllib.loads((FIXTURES / "products.toml").read_text("utf-8"))["product"]
    return {row["name"]: row for row in rows}


def coding(text: str) -> Json:
    """``"ICD-10-CM N18.4 Chronic ..."`` as a Coding; the display is optional."""
    system, code, *display = text.split(" ", 2)
    made: Json = {"system": SYSTEMS[system], "code": code}
    if display:
        made["display"] = display[0]
    return made


def codeable(group: str, name: str) -> Json:
    """A CodeableConcept for a name of ``concepts.toml``; for words that are no name, their text."""
    known = concepts()[group].get(name)
    if known is None:
        if re.fullmatch(r"[a-z0-9-]+", name) and group != "stop-reason":
            raise ValueError(f"{name!r} is no {group} in concepts.toml")
        return {"text": name}
    made: Json = {"coding": [coding(text) for text in known]}
    display = made["coding"][0].get("display")
    if display:
        made["text"] = display
    return made


def quantity(value: float, unit: str, comparator: str = "") -> Json:
    """A Quantity with the UCUM code of a unit we know; an unknown unit is sent as words; none as none."""
    made: Json = {"value": int(value) if value == int(value) else value}
    if comparator:
        made["comparator"] = comparator
    known = concepts()["unit"].get(unit)
    if known:
        made |= {"unit": known["unit"], "system": UCUM, "code": known["code"]}
    elif unit:
        made["unit"] = unit
    return made


def amount(text: str) -> tuple[Json, Json | None]:
    """``"5 mg"`` -> (quantity, None); ``"1-2 tablets"`` -> (low, high)."""
    match = _AMOUNT.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no amount")
    comparator, low, high, unit = match.groups()
    first = quantity(float(low), unit, comparator or "")
    return first, quantity(float(high), unit) if high else None


def ratio(text: str) -> Json:
    """``"80 mg per day"``, ``"4 tablets per 24 h"`` as a Ratio."""
    top, _, bottom = text.partition(" per ")
    if not bottom:
        raise ValueError(f"{text!r} is no amount per period")
    bottom = bottom if bottom[0].isdigit() else f"1 {bottom}"
    return {"numerator": amount(top)[0], "denominator": amount(bottom)[0]}


def timing(text: str) -> Json:
    """Words of taking as ``{"repeat": {...}}`` or ``{"code": "BID"}`` in R4 spelling."""
    words = text.strip()
    if words in WHEN:
        return {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "when": [WHEN[words]]}}
    if words == "once":
        return {"repeat": {"count": 1}}
    if words.startswith("at "):
        return {"repeat": {"timeOfDay": [f"{clock.strip()}:00" for clock in words[3:].split(",")]}}
    if words.startswith("on "):
        days = [day.strip() for day in words[3:].split(",")]
        return {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "dayOfWeek": days}}
    if re.fullmatch(r"[A-Z0-9]+", words):
        return {"code": words}
    every = re.fullmatch(r"every (\d+(?:\.\d+)?)(?:-(\d+))? (\w+)", words)
    if every:
        made: Json = {"frequency": 1, "period": _number(every[1]), "periodUnit": PERIOD_UNITS[every[3]]}
        if every[2]:
            made["periodMax"] = _number(every[2])
        return {"repeat": made}
    per = re.fullmatch(r"(\d+)(?:-(\d+))? per (?:(\d+) )?(\w+?)s?", words)
    if per:
        made = {"frequency": int(per[1]), "period": int(per[3] or 1), "periodUnit": PERIOD_UNITS[per[4]]}
        if per[2]:
            made["frequencyMax"] = int(per[2])
        return {"repeat": made}
    raise ValueError(f"{text!r}: not understood how often")


def _number(text: str) -> float:
    value = float(text)
    return int(value) if value == int(value) else value


def day(text: str, as_of: date) -> str:
    """``"200 days"`` (ago), ``"10 days ago"``, ``"in 10 days"``, ``"today"``, or a date as it is."""
    words = text.strip()
    if words == "today":
        return as_of.isoformat()
    future = re.fullmatch(r"in (\d+) days?", words)
    if future:
        return (as_of + timedelta(days=int(future[1]))).isoformat()
    past = re.fullmatch(r"(\d+) days?(?: ago)?", words)
    if past:
        return (as_of - timedelta(days=int(past[1]))).isoformat()
    if re.fullmatch(r"\d{4}(-\d{2}(-\d{2}(T.*)?)?)?", words):
        return words
    raise ValueError(f"{text!r} is no day")
