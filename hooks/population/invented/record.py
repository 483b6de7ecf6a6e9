"""An invented life as FHIR R4 resources, as sound or as odd as its noise says."""

from __future__ import annotations

from typing import Any

import orjson

from hooks.population.invented.chance import Chance
from hooks.population.invented.facts import PROBLEMS, Life, Problem, Result, Use, on

Resource = dict[str, Any]
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_LOINC = "http://loinc.org"
_SNOMED = "http://snomed.info/sct"
_UCUM = "http://unitsofmeasure.org"
_ICD = "http://hl7.org/fhir/sid/icd-10-cm"
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_STATUS_CHANGED = "http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationRequest.statusChanged"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/medicationrequest-category"
_SERVER = "https://ehr.example.org/fhir"


class Record:
    """The resources of one life, and lines that are none."""

    def __init__(self, life: Life, chance: Chance) -> None:
        self.resources: list[Resource] = []
        self.broken: list[bytes] = []
        self._life = life
        self._chance = chance
        self._counts: dict[str, int] = {}
        self._ids: list[tuple[Use, str]] = []
        self._patient()
        for use in life.uses:
            self._statement(use) if "statement" in use.shapes else self._order(use)
        for result in life.results:
            self._kidney(result)
        for problem in life.problems:
            self._problem(problem)
        self._pump()
        self._beside()
        self._spoil()

    # -- what every resource has ---------------------------------------------------------------------------------------

    def _add(self, kind: str, owner: str = "subject", **content: Any) -> Resource:
        number = self._counts[kind] = self._counts.get(kind, 0) + 1
        resource: Resource = {"resourceType": kind, "id": f"{self._life.id}-{kind.lower()[:12]}-{number}"}
        resource[owner] = {"reference": self._reference(number)}
        self.resources.append({**resource, **content})
        return self.resources[-1]

    def _reference(self, number: int) -> str:
        id = self._life.id
        if "odd references" not in self._life.noise:
            return f"Patient/{id}"
        return (f"{_SERVER}/Patient/{id}", f"Patient/{id}/_history/3", f"urn:uuid:{id}")[number % 3]

    def _patient(self) -> None:
        born = self._life.born.isoformat()
        patient = {"resourceType": "Patient", "id": self._life.id, "gender": self._life.sex}
        patient["birthDate"] = born[:4] if "birth year only" in self._life.noise else born
        self.resources.append(patient)

    # -- orders --------------------------------------------------------------------------------------------------------

    def _order(self, use: Use) -> None:
        odd = use.shapes
        status = "entered-in-error" if "entered in error" in odd else use.ending or "active"
        order = self._add("MedicationRequest", status=status, intent="order", authoredOn=_at(use.day))
        self._ids.append((use, order["id"]))
        if "undated" in odd:
            del order["authoredOn"]
        category: Resource = {"coding": [{"system": _CATEGORY, "code": "community"}]}
        order["category"] = category if "directions as an object" in odd else [category]
        order["dosageInstruction"] = [_directions(use)]
        self._name_product(use, order)
        order["meta"] = {"lastUpdated": _at(use.day if use.ends is None else use.ends)}
        if use.ends is not None and "stop without a day" not in odd:
            order["extension"] = [{"url": _STATUS_CHANGED, "valueDateTime": _at(use.ends)}]
        before = [id for one, id in self._ids if one is use.before]
        if before:
            order["priorPrescription"] = {"reference": f"MedicationRequest/{before[0]}"}
        if use.kind in ("baclofen", "benzodiazepine") and not {"entered in error", "undated"} & odd:
            self._dispense(use, order)

    def _name_product(self, use: Use, order: Resource) -> None:
        product, odd = use.product, use.shapes
        concept: Resource = {"coding": [{"system": _RXNORM, "code": product.rxnorm, "display": product.display}]}
        if "no code" in odd:
            order["medicationCodeableConcept"] = {"text": product.display}
        elif "contained product" in odd:
            order["contained"] = [{"resourceType": "Medication", "id": "med", "code": concept}]
            order["medicationReference"] = {"reference": "#med"}
        elif "product of its own" in odd:
            id = f"{self._life.id}-product-{len(self._ids)}"
            self.resources.append({"resourceType": "Medication", "id": id, "code": concept})
            order["medicationReference"] = {"reference": f"Medication/{id}"}
        else:
            order["medicationCodeableConcept"] = concept

    def _statement(self, use: Use) -> None:
        """What a patient is said to take, ordered by somebody else."""
        period = {"start": _at(use.day)} if use.ends is None else {"start": _at(use.day), "end": _at(use.ends)}
        code = {"coding": [{"system": _RXNORM, "code": use.product.rxnorm, "display": use.product.display}]}
        status = "active" if use.ends is None else "completed"
        told: Resource = {
            "status": status,
            "dateAsserted": _at(use.day),
            "effectivePeriod": period,
            "dosage": [_directions(use)],
        }
        self._add("MedicationStatement", **told, medicationCodeableConcept=code)

    def _dispense(self, use: Use, order: Resource) -> None:
        named = {name: value for name, value in order.items() if name.startswith("medication") or name == "contained"}
        days = min(use.ends - use.day, 90) if use.ends is not None else 90
        self._add(
            "MedicationDispense",
            status="completed",
            authorizingPrescription=[{"reference": f"MedicationRequest/{order['id']}"}],
            whenHandedOver=_at(use.day, 12),
            daysSupply=_quantity(days, "d"),
            quantity={"value": round(days * use.times * use.tablets, 2), "unit": "tablet"},
            **named,
        )

    # -- results, problems, devices ------------------------------------------------------------------------------------

    def _kidney(self, result: Result) -> None:
        """A creatinine, or the laboratory's own eGFR, or both; one that tells odd things stands alone."""
        if "entered in error" in result.shapes:
            self._egfr(result, status="entered-in-error")
            return
        odd = {"result without a unit", "result as words"} & result.shapes
        if odd or self._chance.yes(0.7):
            self._creatinine(result)
            if odd or self._chance.yes(0.6):
                return
        self._egfr(result)

    def _egfr(self, result: Result, status: str = "final") -> None:
        self._result(result.day, "98979-8", _quantity(result.egfr, "mL/min/{1.73_m2}"), status=status)

    def _creatinine(self, result: Result) -> None:
        value = creatinine(result.egfr, self._life.age(result.day), self._life.sex)
        if "result as words" in result.shapes:
            observation = self._result(result.day, "2160-0", {})
            del observation["valueQuantity"]
            observation["valueString"] = f"about {value}, see comment"
        elif "result without a unit" in result.shapes:
            self._result(result.day, "2160-0", {"value": value})
        elif "micromoles" in result.shapes:
            self._result(result.day, "14682-9", _quantity(round(value * 88.4), "umol/L"))
        else:
            self._result(result.day, "2160-0", _quantity(value, "mg/dL"))

    def _result(self, day: int, code: str, value: Resource, status: str = "final") -> Resource:
        return self._add(
            "Observation",
            status=status,
            code={"coding": [{"system": _LOINC, "code": code}]},
            effectiveDateTime=_at(day, 7),
            issued=_at(day, 8),
            valueQuantity=value,
        )

    def _problem(self, problem: Problem) -> None:
        code, display = PROBLEMS[problem.what]
        status = "active" if problem.ends is None else "resolved"
        condition = self._add(
            "Condition",
            clinicalStatus={"coding": [{"system": _CLINICAL, "code": status}]},
            code={"coding": [{"system": _ICD, "code": code, "display": display}]},
            recordedDate=_at(problem.day),
        )
        if problem.ends is not None:
            condition["abatementDateTime"] = _at(problem.ends)

    def _pump(self) -> None:
        day = self._life.pump
        if day is None:
            return
        self._add(
            "Procedure",
            status="completed",
            code={"text": "Implantation of intrathecal drug delivery pump"},
            performedDateTime=_at(day),
        )
        self._add("Device", "patient", status="active", type={"text": "Intrathecal baclofen pump"})

    def _beside(self) -> None:
        """What no check is about."""
        for _ in range(self._chance.between(0, 4)):
            day = self._chance.between(0, 1090)
            self._result(day, "718-7", _quantity(self._chance.between(110, 160) / 10, "g/dL"))
        if self._chance.yes(0.15):
            penicillin = {"coding": [{"system": _SNOMED, "code": "91936005", "display": "Allergy to penicillin"}]}
            self._add("AllergyIntolerance", "patient", code=penicillin, recordedDate=_at(self._chance.between(0, 200)))
        for _ in range(self._chance.between(0, 3)):
            when = _at(self._chance.between(0, 1090))
            kind: Resource = {"code": "AMB", "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode"}
            encounter = self._add("Encounter", status="finished", period={"start": when, "end": when})
            encounter["class"] = kind

    def _spoil(self) -> None:
        noise = self._life.noise
        if "other types" in noise:
            self._add("Immunization", "patient", status="completed", vaccineCode={"text": "Influenza"})
        if "nobody's line" in noise:
            self._result(500, "98979-8", _quantity(8, "mL/min/{1.73_m2}"))
            self.broken.append(orjson.dumps({**self.resources.pop(), "subject": {"display": "Somebody"}}))
        if "broken line" in noise:
            whole = orjson.dumps(self.resources[-1])
            self.broken.append(whole[: len(whole) * 2 // 3])
        if "duplicates" in noise:
            self.resources += self.resources[-2:]
            self.resources += [_older(one) for one in self.resources if one["resourceType"] == "MedicationRequest"][:1]


def _older(order: Resource) -> Resource:
    """A version of before the order was corrected."""
    quantity = {"value": 500, "unit": "mg", "system": _UCUM, "code": "mg"}
    directions = {**order["dosageInstruction"][0], "doseAndRate": [{"doseQuantity": quantity}]}
    return {**order, "meta": {"lastUpdated": "2020-01-01T00:00:00Z"}, "dosageInstruction": [directions]}


def _at(day: int, hour: int = 9) -> str:
    return f"{on(day)}T{hour:02d}:00:00Z"


def _quantity(value: float, code: str) -> Resource:
    return {"value": value, "unit": code, "system": _UCUM, "code": code}


_WORDS = {1: "once daily", 2: "twice daily", 3: "three times daily", 4: "four times daily"}


def _directions(use: Use) -> Resource:
    product = use.product
    if "words for directions" in use.shapes:
        return {"text": f"use as directed, {_WORDS[use.times]}, see leaflet"}
    if "tablets" in use.shapes:
        dose = {"value": use.tablets, "unit": ("TAB", "{tablet}", "tablet")[use.day % 3]}
    else:
        dose = _quantity(product.amount * use.tablets, product.unit)
    amount: Resource = {"doseQuantity": dose}
    return {
        "timing": {"repeat": {"frequency": use.times, "period": 1, "periodUnit": "d"}},
        "route": {"text": product.route},
        "doseAndRate": amount if "directions as an object" in use.shapes else [amount],
    }


def creatinine(egfr: float, age: int, sex: str) -> float:
    """The creatinine in mg/dL at which CKD-EPI 2021 gives this eGFR, to two places."""
    female = sex == "female"
    kappa, alpha = (0.7, -0.241) if female else (0.9, -0.302)
    ratio = egfr / (142 * 0.9938**age * (1.012 if female else 1.0))
    power: float = 1 / alpha if ratio > 1 else -1 / 1.2
    value: float = kappa * ratio**power
    return round(value, 2)
