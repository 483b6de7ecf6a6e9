"""A draft order as it came with another dose, or taken up again: only what must change is changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from cds.arithmetic.taper_types import Direction, Supply
from cds.fhir.raw import changed
from cds.fhir.write import Json, coding, quantity
from cds.findings import DoseToWrite

# What of an instruction still holds when dose and times change.
_AS_NEEDED = ("asNeededBoolean", "asNeeded", "asNeededCodeableConcept", "asNeededFor")
_KEPT = ("id", "extension", "sequence", *_AS_NEEDED, "site", "siteCodeableConcept", "route", "method")
_COUNTED = frozenset({"timing", "doseAndRate", "doseQuantity", "doseRange", "maxDosePerPeriod"})
_BOUNDS = ("boundsDuration", "boundsQuantity", "boundsRange", "boundsPeriod")
_TIMES = {1: "once daily", 2: "twice daily", 3: "three times daily", 4: "four times daily"}


# What only a stopped order has.
_STOPPED = dict.fromkeys(("statusReason", "statusReasonCodeableConcept", "reasonEnded", "dateEnded", "statusChanged"))


class _Order(msgspec.Struct):
    """What of a draft depends on its dose."""

    status: Any = None
    medicationReference: Any = None  # noqa: N815
    dosageInstruction: Any = None  # noqa: N815
    dispenseRequest: Any = None  # noqa: N815
    renderedDosageInstruction: Any = None  # noqa: N815 - R5


_order = msgspec.json.Decoder(_Order)


def with_dose(resource: bytes, dose: DoseToWrite, release: str, scale: float) -> bytes | None:
    """The order with one instruction of another dose, and with so much less to hand out; None when it cannot be made.

    ``scale`` is the new daily dose as a part of the old.
    """
    try:
        order = _order.decode(resource)
    except msgspec.MsgspecError:
        return None
    sent = order.dosageInstruction
    was = sent[0] if isinstance(sent, list) and len(sent) == 1 else sent
    if not isinstance(was, dict):
        return None
    now = _instruction(was, dose, release)
    elements: Json = {"dosageInstruction": [now]}
    if order.renderedDosageInstruction is not None:
        elements["renderedDosageInstruction"] = now["text"]
    supply = _supply(order.dispenseRequest, scale)
    if supply is not None:
        elements["dispenseRequest"] = supply
    return changed(resource, elements)


def going_on(resource: bytes) -> bytes | None:
    """A stopped, cancelled or paused order as one that runs; the reason of the stop goes with it."""
    return changed(resource, {"status": "active", **_STOPPED})


def with_taper(
    resource: bytes, steps: Sequence[Direction], release: str, supply: Supply | None, anew: tuple[str, str] | None
) -> bytes | None:
    """The order with a schedule of falling doses in the place of its directions, running if it was stopped.

    ``supply``: what is to be handed out first; None when that cannot be said in one product. ``anew``: RxNorm code and
    name of the ingredient, when the schedule needs other strengths than the ordered one.
    """
    try:
        order = _order.decode(resource)
    except msgspec.MsgspecError:
        return None
    sent = order.dosageInstruction
    was = sent[0] if isinstance(sent, list) and sent and isinstance(sent[0], dict) else {}
    kept = {key: was[key] for key in ("site", "siteCodeableConcept", "route", "method") if key in was}
    elements: Json = {"dosageInstruction": [_step(each, kept, release) for each in steps]}
    if order.renderedDosageInstruction is not None:
        elements["renderedDosageInstruction"] = " ".join(dict.fromkeys(each.patient for each in steps))
    if isinstance(order.dispenseRequest, dict):
        elements["dispenseRequest"] = _first_supply(order.dispenseRequest, supply)
    if order.status in ("stopped", "cancelled", "on-hold"):
        elements |= {"status": "active", **_STOPPED}
    if anew is not None:
        elements |= _medicine(order, anew, release)
    return changed(resource, elements)


def _step(step: Direction, kept: Json, release: str) -> Json:
    period = {"start": step.starts.isoformat()} | ({"end": step.ends.isoformat()} if step.ends else {})
    unit = "periodUnits" if release == "DSTU2" else "periodUnit"
    made: Json = {} if release == "DSTU2" else {"sequence": step.sequence}
    made |= {"text": step.text, **kept}
    made["timing"] = {"repeat": {"boundsPeriod": period, "frequency": step.frequency, "period": 1, unit: "d"}}
    amount = quantity(step.dose, "mg")
    return made | ({"doseAndRate": [{"doseQuantity": amount}]} if release in ("R4", "R5") else {"doseQuantity": amount})


def _first_supply(sent: Json, supply: Supply | None) -> Json | None:
    """The dispense request for the first stretch of the schedule; what belonged to the old dose is gone."""
    gone = ("quantity", "expectedSupplyDuration", "numberOfRepeatsAllowed", "validityPeriod")
    made = {key: value for key, value in sent.items() if key not in gone}
    if supply is not None:
        made["quantity"] = {"value": math.ceil(supply.dispense[0].count), "unit": "tablet"}
        made["expectedSupplyDuration"] = quantity(supply.days, "d")
    return made or None


def _medicine(order: _Order, anew: tuple[str, str], release: str) -> Json:
    concept = {"coding": [coding("rxnorm", *anew)], "text": anew[1]}
    if release == "R5":
        return {"medication": {"concept": concept}, "contained": None}
    own = {"contained": None} if order.medicationReference is not None else {}
    return {"medicationCodeableConcept": concept, "medicationReference": None, **own}


def dose_words(dose: DoseToWrite) -> str:
    """ "5 mg twice daily"."""
    return f"{dose.single:g} mg {_TIMES.get(dose.times, f'{dose.times} times daily')}"


def _instruction(was: Json, dose: DoseToWrite, release: str) -> Json:
    timing = was.get("timing")
    repeat = timing.get("repeat") if isinstance(timing, dict) else None
    bounds = {key: repeat[key] for key in _BOUNDS if key in repeat} if isinstance(repeat, dict) else {}
    unit = "periodUnits" if release == "DSTU2" else "periodUnit"
    now: Json = {key: was[key] for key in _KEPT if key in was}
    as_needed = any(now.get(key) for key in _AS_NEEDED)
    now["text"] = dose_words(dose) + (" as needed" if as_needed else "")
    if not _COUNTED.intersection(was):
        return now  # written in words: it stays so
    now["timing"] = {"repeat": {**bounds, "frequency": dose.times, "period": 1, unit: "d"}}
    amount = quantity(dose.single, "mg")
    if "doseAndRate" in was or ("doseQuantity" not in was and release in ("R4", "R5")):
        return now | {"doseAndRate": [{"doseQuantity": amount}]}
    return now | {"doseQuantity": amount}


def _supply(sent: Any, scale: float) -> Json | None:
    """The dispense request with so much less; None when it needs no change."""
    if not isinstance(sent, dict):
        return None
    amount = sent.get("quantity")
    value = amount.get("value") if isinstance(amount, dict) else None
    if amount is None or not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return {**sent, "quantity": {**amount, "value": math.ceil(round(value * scale, 6))}}
