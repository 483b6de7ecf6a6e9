"""A medicine that the record tells of, ordered once more: the same product and directions in a new draft order.

Only what is listed here is carried over. Who ordered it, for how long, how much was handed out and what was noted
belong to the old order; dates of the old one would be wrong in the new.
"""

from __future__ import annotations

import re

import msgspec
import orjson

from cds.fhir.raw import clean
from cds.fhir.write import Json, Subject, discharge_category

_MEDICINE = ("medicationCodeableConcept", "medicationReference", "medication")
_REASONS = ("reasonCode", "reasonCodeableConcept", "reasonReference", "reason")  # each in its own releases only
_OLD_DATES = re.compile(rb'"(boundsPeriod|event|_event)"')
_ORDERS = frozenset({"MedicationRequest", "MedicationOrder"})
_members = msgspec.json.Decoder(Json)


def ordered_again(resource: bytes, to: Subject) -> bytes | None:
    """A draft order of what an order or a statement (not DSTU2: its directions have another shape) tells of.

    None when its directions hold dates, when it tells no medicine, and when something in it cannot be given back.
    ``to.usable`` must hold.
    """
    try:
        was = _members.decode(resource)
    except (msgspec.MsgspecError, RecursionError):
        return None
    order = was.get("resourceType") in _ORDERS
    directions = was.get("dosageInstruction" if order else "dosage")
    made = _head(to) | {name: was[name] for name in _MEDICINE if name in was}
    if not any(name in made for name in _MEDICINE) or not isinstance(directions, list):
        return None
    made["dosageInstruction"] = directions
    if order:
        made |= {name: was[name] for name in _REASONS if name in was}
        if isinstance(was.get("id"), str):
            made["priorPrescription"] = {"reference": f"{was['resourceType']}/{was['id']}"}
    written = orjson.dumps(made)
    if _OLD_DATES.search(written):
        return None
    if kept := _needed(was.get("contained"), written):
        made["contained"] = kept
    return clean(orjson.dumps(made))


def _head(to: Subject) -> Json:
    today = to.as_of.isoformat()
    if to.release == "DSTU2":
        own: Json = {"resourceType": "MedicationOrder", "dateWritten": today, "status": "draft", "patient": to.patient}
        return own | to.encounter("encounter")
    own = {"resourceType": "MedicationRequest", "status": "draft", "intent": "order"}
    own |= (
        discharge_category(to)
        | {"subject": to.patient}
        | to.encounter("context" if to.release == "STU3" else "encounter")
    )
    return own | {"authoredOn": today}


def _needed(contained: object, written: bytes) -> list[Json]:
    """The contained resources that what is carried over refers to."""
    if not isinstance(contained, list):
        return []
    named = [one for one in contained if isinstance(one, dict) and isinstance(one.get("id"), str)]
    return [one for one in named if orjson.dumps(f"#{one['id']}") in written]
