"""Dosage instructions of a case in the shape of each release."""

from __future__ import annotations

from datetime import date, timedelta

from tests.support.cases import Medicine, Step
from tests.support.words import Json, amount, codeable, day, ratio, timing

GTS = {
    "DSTU2": "http://hl7.org/fhir/v3/GTSAbbreviation",
    "STU3": "http://hl7.org/fhir/v3/GTSAbbreviation",
    "R4": "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation",
    "R5": "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation",
}


class UnsayableError(ValueError):
    """The release has no place for this; the case should name its ``releases``."""


def instructions(medicine: Medicine, release: str, as_of: date) -> list[Json]:
    """Every dosage instruction of an order, statement or dispense: steps in sequence, or one and those beside it."""
    if medicine.steps:
        return _sequence(medicine, release, as_of)
    first = _instruction(medicine, release, _bounds(medicine, release, as_of))
    others = [_instruction(step, release, {}) for step in medicine.also]
    return [made for made in [first, *others] if made]


def administered(medicine: Medicine, release: str) -> Json:
    """The dosage of a MedicationAdministration: what was given once."""
    made: Json = {}
    if medicine.sig:
        made["text"] = medicine.sig
    if medicine.dose:
        made["quantity" if release == "DSTU2" else "dose"] = amount(medicine.dose)[0]
    if medicine.rate:
        made |= _rate(medicine.rate, release)
    return made | _places(medicine, release)


def _sequence(medicine: Medicine, release: str, as_of: date) -> list[Json]:
    start = date.fromisoformat(day(medicine.since or "today", as_of))
    made = []
    for number, step in enumerate(medicine.steps, 1):
        days = step.for_days
        if release == "DSTU2":  # no sequence there: consecutive periods say the same
            period = {"start": start.isoformat()}
            if days is not None:
                period["end"] = (start + timedelta(days=days - 1)).isoformat()
                start += timedelta(days=days)
            made.append(_instruction(step, release, {"boundsPeriod": period}))
        else:
            bounds = _duration(days, release) if days is not None else {}
            made.append({"sequence": number} | _instruction(step, release, bounds))
    return made


def _bounds(medicine: Medicine, release: str, as_of: date) -> Json:
    """Start and end as a period (drafts that start later, anything with an end), else the length as a duration."""
    start = day(medicine.since, as_of) if medicine.since else ""
    if medicine.until:
        period = {"start": start} if start else {}
        return {"boundsPeriod": period | {"end": day(medicine.until, as_of)}}
    if start and medicine.kind == "order" and medicine.status in ("", "draft"):
        period = {"start": start}
        if medicine.for_days is not None:
            period["end"] = (date.fromisoformat(start) + timedelta(days=medicine.for_days - 1)).isoformat()
        return {"boundsPeriod": period}
    return _duration(medicine.for_days, release) if medicine.for_days is not None else {}


def _duration(days: float, release: str) -> Json:
    value = {"value": int(days) if days == int(days) else days, "unit": "days", "system": "http://unitsofmeasure.org"}
    return {"boundsQuantity" if release == "DSTU2" else "boundsDuration": value | {"code": "d"}}


def _instruction(step: Step, release: str, bounds: Json) -> Json:
    made: Json = {}
    if step.sig:
        made["text"] = step.sig
    when = _timing(step.times, release, bounds)
    if when:
        made["timing"] = when
    if step.prn:
        made["asNeeded" if release == "R5" else "asNeededBoolean"] = True
    made |= _places(step, release)
    quantity: Json = {}
    if step.dose:
        low, high = amount(step.dose)
        quantity = {"doseRange": {"low": low, "high": high}} if high else {"doseQuantity": low}
    if step.rate:
        quantity |= _rate(step.rate, release)
    if release in ("R4", "R5"):
        made |= {"doseAndRate": [quantity]} if quantity else {}
    else:
        made |= quantity
    if step.max:
        made["maxDosePerPeriod"] = [ratio(step.max)] if release == "R5" else ratio(step.max)
    return made


def _places(step: Step, release: str) -> Json:
    made: Json = {}
    if step.route:
        made["route"] = codeable("route", step.route)
    if step.site:
        made["siteCodeableConcept" if release == "DSTU2" else "site"] = codeable("site", step.site)
    if step.method:
        made["method"] = codeable("method", step.method)
    return made


def _rate(text: str, release: str) -> Json:
    rate = amount(text)[0]
    if release != "DSTU2":
        return {"rateQuantity": rate}
    unit, _, per = text.split(" ", 1)[1].partition("/")
    top = amount(f"{text.split(' ', 1)[0]} {unit}")[0]
    return {"rateRatio": {"numerator": top, "denominator": amount(f"1 {per}")[0]}}


def _timing(words: str, release: str, bounds: Json) -> Json:
    made = timing(words) if words else {}
    if "code" in made:
        made["code"] = {"coding": [{"system": GTS[release], "code": made["code"]}], "text": made["code"]}
    repeat = dict(made.get("repeat", {}))
    if release == "DSTU2":
        repeat = _dstu2_repeat(repeat)
    repeat = bounds | repeat
    return made | {"repeat": repeat} if repeat else made


def _dstu2_repeat(repeat: Json) -> Json:
    """DSTU2 has no timeOfDay, no dayOfWeek, a single ``when`` and ``periodUnits``."""
    made = dict(repeat)
    clocks, days, when = made.pop("timeOfDay", None), made.pop("dayOfWeek", None), made.pop("when", None)
    if clocks:
        made |= {"frequency": len(clocks), "period": 1, "periodUnit": "d"}
    if days:
        made |= {"frequency": len(days), "period": 1, "periodUnit": "wk"}
    if when:
        made["when"] = when[0]
    if "periodUnit" in made:
        made["periodUnits"] = made.pop("periodUnit")
    return made
