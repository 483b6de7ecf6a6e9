"""Orders, statements, dispenses and administrations of a case in the shape of each release."""

from __future__ import annotations

from datetime import date

from tests.support.cases import Medicine
from tests.support.dosage import UnsayableError, administered, instructions
from tests.support.words import SYSTEMS, Json, amount, codeable, concepts, day, products

ORDER_STATUS = {
    "DSTU2": {"cancelled": "stopped", "ended": "completed"},
    "STU3": {"ended": "completed"},
    "R4": {"ended": "completed"},
    "R5": {},
}
STATEMENT_STATUS = {
    "DSTU2": {"stopped": "completed", "ended": "completed"},
    "STU3": {"ended": "completed"},
    "R4": {"ended": "completed"},
    "R5": {
        "active": "recorded",
        "completed": "recorded",
        "stopped": "recorded",
        "on-hold": "recorded",
        "ended": "recorded",
    },
}
ADHERENCE = {"active": "taking", "on-hold": "on-hold", "stopped": "stopped"}
TYPES = {
    "order": "MedicationRequest",
    "statement": "MedicationStatement",
    "dispense": "MedicationDispense",
    "administration": "MedicationAdministration",
}
CATEGORY_SYSTEM = {
    "STU3": "http://hl7.org/fhir/medication-request-category",
    "R4": "http://terminology.hl7.org/CodeSystem/medicationrequest-category",
    "R5": "http://terminology.hl7.org/CodeSystem/medicationrequest-admin-location",
}


def resource_type(medicine: Medicine, release: str) -> str:
    """The resource type that carries this in this release."""
    return "MedicationOrder" if release == "DSTU2" and medicine.kind == "order" else TYPES[medicine.kind]


def reference(medicine: Medicine, release: str) -> str:
    """``MedicationRequest/m1``."""
    return f"{resource_type(medicine, release)}/{medicine.id}"


def is_rescue(medicine: Medicine) -> bool:
    """Whether this is naloxone or the like, which has a prefetch key of its own."""
    return bool(products().get(medicine.drug, {}).get("mitigates"))


def concept(medicine: Medicine, how: str) -> Json | None:
    """The drug as a CodeableConcept. ``how``: "both" (code, display, text), "code" or "text"; None: no medication."""
    if medicine.no_drug:
        return None
    if not medicine.drug:
        made: Json = {"text": medicine.drug_text} if medicine.drug_text else {}
        if medicine.drug_code:
            system, code = medicine.drug_code.split(" ", 1)
            made["coding"] = [{"system": SYSTEMS.get(system, system), "code": code}]
        if not made:
            raise ValueError(f"{medicine.id}: a medicine needs drug, drug_text, drug_code or no_drug")
        return made
    product = products()[medicine.drug]
    rxnorm, display = product.get("rxnorm"), product["display"]
    if rxnorm is None or (how == "text" and display):
        return {"text": display}
    coding = {"system": SYSTEMS["RxNorm"], "code": rxnorm}
    if how == "code" or not display:
        return {"coding": [coding]}
    return {"coding": [coding | {"display": display}], "text": display}


def medication(medicine: Medicine, release: str, how: str) -> Json | None:
    """A Medication resource for variants that refer to one."""
    code = concept(medicine, how)
    if code is None:
        return None
    made: Json = {"resourceType": "Medication", "id": f"med-{medicine.id}", "code": code}
    form = products().get(medicine.drug, {}).get("form")
    if form:
        if release == "DSTU2":
            made["product"] = {"form": {"text": form}}
        else:
            made["doseForm" if release == "R5" else "form"] = {"text": form}
    return made


def drug_element(medicine: Medicine, release: str, how: str) -> Json:
    """``medication[x]`` with the drug as a concept."""
    code = concept(medicine, how)
    if code is None:
        return {}
    return {"medication": {"concept": code}} if release == "R5" else {"medicationCodeableConcept": code}


def reference_element(target: str, release: str) -> Json:
    """``medication[x]`` as a reference."""
    made = {"reference": target}
    return {"medication": {"reference": made}} if release == "R5" else {"medicationReference": made}


def render_medicine(medicine: Medicine, release: str, as_of: date, patient: str, encounter: str) -> Json:
    """The resource without its medication[x]. ``encounter``: reference of the current stay, or ""."""
    made: Json = {"resourceType": resource_type(medicine, release), "id": medicine.id}
    if medicine.identifier:
        made["identifier"] = [{"system": "https://ehr.example.org/rx", "value": medicine.identifier}]
    made["patient" if release == "DSTU2" else "subject"] = {"reference": patient}
    kind = {"order": _order, "statement": _statement, "dispense": _dispense, "administration": _administration}
    made |= kind[medicine.kind](medicine, release, as_of)
    if encounter and medicine.setting:
        made["context" if release == "STU3" else "encounter"] = {"reference": encounter}
    if medicine.note:
        as_text = release == "DSTU2" and medicine.kind in ("order", "statement")
        dated = {"time": day(medicine.noted, as_of)} if medicine.noted else {}
        made["note"] = medicine.note if as_text else [{"text": medicine.note} | dated]
    return made


def _order(medicine: Medicine, release: str, as_of: date) -> Json:
    status = medicine.status or "active"
    made: Json = {"status": ORDER_STATUS[release].get(status, status)}
    draft = status == "draft"
    written = as_of.isoformat() if draft or not medicine.since else day(medicine.since, as_of)
    if not medicine.undated:
        made["dateWritten" if release == "DSTU2" else "authoredOn"] = written
    if release == "DSTU2":
        if medicine.until and not draft:
            made["dateEnded"] = day(medicine.until, as_of)
    else:
        made["intent"] = medicine.intent or "order"
    made |= _order_reasons(medicine, release)
    if medicine.setting:
        made |= _category(medicine.setting, release)
    if medicine.replaces:
        made["priorPrescription"] = {"reference": _named(medicine.replaces, "order", release)}
    if medicine.based_on:
        if release == "DSTU2":
            raise UnsayableError("DSTU2 orders have no basedOn")
        made["basedOn"] = [{"reference": _named(medicine.based_on, "order", release)}]
    if medicine.do_not_perform:
        if release in ("DSTU2", "STU3"):
            raise UnsayableError(f"{release} orders have no doNotPerform")
        made["doNotPerform"] = True
    dosages = instructions(medicine, release, as_of)
    if dosages:
        made["dosageInstruction"] = dosages
    supply = _supply(medicine, as_of)
    if supply:
        made["dispenseRequest"] = supply
    return made


def _order_reasons(medicine: Medicine, release: str) -> Json:
    made: Json = {}
    if medicine.reason:
        reason = codeable("problem", medicine.reason)
        by_release: dict[str, Json] = {
            "DSTU2": {"reasonCodeableConcept": reason},
            "STU3": {"reasonCode": [reason]},
            "R4": {"reasonCode": [reason]},
            "R5": {"reason": [{"concept": reason}]},
        }
        made |= by_release[release]
    if medicine.stop_reason:
        why = codeable("stop-reason", medicine.stop_reason)
        stopped: dict[str, Json] = {
            "DSTU2": {"reasonEnded": why},
            "STU3": {"note": [{"text": f"Stopped: {why['text']}"}]},  # no element for it in STU3
            "R4": {"statusReason": why},
            "R5": {"statusReason": why},
        }
        made |= stopped[release]
    return made


def _category(setting: str, release: str) -> Json:
    if release == "DSTU2":
        return {}
    made = {"coding": [{"system": CATEGORY_SYSTEM[release], "code": setting}]}
    return {"category": made if release == "STU3" else [made]}


def _supply(medicine: Medicine, as_of: date) -> Json:
    made: Json = {}
    if medicine.valid_until:
        made["validityPeriod"] = {"end": day(medicine.valid_until, as_of)}
    if medicine.refills is not None:
        made["numberOfRepeatsAllowed"] = medicine.refills
    if medicine.quantity:
        made["quantity"] = amount(medicine.quantity)[0]
    if medicine.supply_days is not None:
        made["expectedSupplyDuration"] = amount(f"{medicine.supply_days:g} days")[0]
    return made


def _named(target: str, kind: str, release: str) -> str:
    return f"{resource_type(Medicine(kind=kind), release)}/{target}"


def _statement(medicine: Medicine, release: str, as_of: date) -> Json:
    made = _statement_status(medicine, release)
    period = {}
    if medicine.since:
        period["start"] = day(medicine.since, as_of)
    if medicine.until:
        period["end"] = day(medicine.until, as_of)
    if period:
        made["effectivePeriod"] = period
    if medicine.reason:
        reason = codeable("problem", medicine.reason)
        by_release: dict[str, Json] = {
            "DSTU2": {"reasonForUseCodeableConcept": reason},
            "STU3": {"reasonCode": [reason]},
            "R4": {"reasonCode": [reason]},
            "R5": {"reason": [{"concept": reason}]},
        }
        made |= by_release[release]
    if medicine.based_on:
        if release in ("DSTU2", "R5"):
            raise UnsayableError(f"{release} statements have no basedOn")
        made["basedOn"] = [{"reference": _named(medicine.based_on, "order", release)}]
    dosages = instructions(medicine, release, as_of)
    if release == "DSTU2":
        dosages = [_dstu2_statement_dosage(dosage) for dosage in dosages]
    if dosages:
        made["dosage"] = dosages
    return made


def _statement_status(medicine: Medicine, release: str) -> Json:
    status = medicine.status or "active"
    if (release, status) in (("R5", "intended"), ("DSTU2", "on-hold")):
        raise UnsayableError(f"{release} statements cannot be {status}")
    made: Json = {"status": STATEMENT_STATUS[release].get(status, status)}
    if medicine.not_taken:
        by_release: dict[str, Json] = {
            "DSTU2": {"wasNotTaken": True},
            "STU3": {"taken": "n"},
            "R4": {"status": "not-taken"},
            "R5": {"adherence": _adherence("not-taking")},
        }
        made |= by_release[release]
    elif release == "DSTU2":
        made["wasNotTaken"] = False
    elif release == "STU3":
        made["taken"] = "y"
    elif release == "R5" and status in ADHERENCE:
        made["adherence"] = _adherence(ADHERENCE[status])
    return made


def _adherence(code: str) -> Json:
    system = "http://hl7.org/fhir/CodeSystem/medication-statement-adherence"
    return {"code": {"coding": [{"system": system, "code": code}]}}


def _dstu2_statement_dosage(dosage: Json) -> Json:
    renamed = {"doseQuantity": "quantityQuantity", "doseRange": "quantityRange"}
    return {renamed.get(key, key): value for key, value in dosage.items()}


def _dispense(medicine: Medicine, release: str, as_of: date) -> Json:
    made: Json = {"status": medicine.status or "completed"}
    given = medicine.given or medicine.since
    if given:
        made["whenHandedOver"] = day(given, as_of)
    if medicine.quantity:
        made["quantity"] = amount(medicine.quantity)[0]
    if medicine.supply_days is not None:
        made["daysSupply"] = amount(f"{medicine.supply_days:g} days")[0]
    if medicine.dispensed_from:
        made["authorizingPrescription"] = [{"reference": _named(medicine.dispensed_from, "order", release)}]
    dosages = instructions(medicine, release, as_of)
    if dosages:
        made["dosageInstruction"] = dosages
    return made


def _administration(medicine: Medicine, release: str, as_of: date) -> Json:
    made: Json = {"status": medicine.status or "completed"}
    when = day(medicine.given or medicine.since or "today", as_of)
    name = {"DSTU2": "effectiveTimeDateTime", "R5": "occurenceDateTime"}.get(release, "effectiveDateTime")
    made[name] = when
    dosage = administered(medicine, release)
    if dosage:
        made["dosage"] = dosage
    return made


def known_words() -> set[str]:
    """Names a case may use for a medicine (for messages and tests)."""
    return set(products()) | set(concepts()["problem"])
