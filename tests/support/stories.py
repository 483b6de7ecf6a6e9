"""Small stories for tests of the replay, as bulk-FHIR R4, with the answers they must get; the same for a seed.

For people there is the richer ``gabaguard fixtures population`` (``hooks.population.invented``).

Each patient is one of the stories below, on days drawn at random; around them stands what no check is about. What a
story must and must not find is in ``answers.txt`` (per order: checks that must be there, and must not).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import orjson

Resource = dict[str, Any]
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_LOINC = "http://loinc.org"
_STATUS_CHANGED = "http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationRequest.statusChanged"
DRUGS = {
    "baclofen": ("197391", "Baclofen 10 MG Oral Tablet", 10),
    "diazepam": ("197591", "Diazepam 5 MG Oral Tablet", 5),
    "oxycodone": ("1049621", "Oxycodone Hydrochloride 5 MG Oral Tablet", 5),
    "lisinopril": ("314076", "lisinopril 10 MG Oral Tablet", 10),
}


class Expected(msgspec.Struct, frozen=True):
    """What must and must not be found about an order (or its stop) as of the moment it was written."""

    patient: str
    at: str
    story: str
    must: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


class Story:
    """One patient in the making."""

    def __init__(self, id: str, chance: random.Random) -> None:
        self.id = id
        self.day = date(2024, 1, 1) + timedelta(days=chance.randrange(500))
        self.resources: list[Resource] = [
            {
                "resourceType": "Patient",
                "id": id,
                "gender": chance.choice(("female", "male")),
                "birthDate": f"{chance.randrange(1960, 1990)}-04-02",
            }
        ]

    def at(self, days: int, hour: int = 9) -> str:
        """An instant so many days after the story's first."""
        return f"{self.day + timedelta(days=days)}T{hour:02d}:00:00Z"

    def order(self, drug: str, days: int, *, times: int = 3, ended: int | None = None, **more: Any) -> str:
        """An order written that day, and ended later if told so. The answer is its moment."""
        code, display, milligrams = DRUGS[drug]
        order = self._own("MedicationRequest", "subject") | {
            "status": "active" if ended is None else "stopped",
            "intent": "order",
            "authoredOn": self.at(days),
            "medicationCodeableConcept": {"coding": [{"system": _RXNORM, "code": code, "display": display}]},
            "dosageInstruction": [
                {
                    "timing": {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}},
                    "route": {"text": "oral"},
                    "doseAndRate": [{"doseQuantity": _quantity(milligrams, "mg")}],
                }
            ],
        }
        if ended is not None:
            order["extension"] = [{"url": _STATUS_CHANGED, "valueDateTime": self.at(ended)}]
        self.resources.append({**order, **more})
        return self.at(days)

    def egfr(self, days: int, value: float, **more: Any) -> None:
        """A result of that day."""
        about = {"code": {"coding": [{"system": _LOINC, "code": "98979-8"}]}, "effectiveDateTime": self.at(days, 7)}
        value_of = {"valueQuantity": _quantity(value, "mL/min/{1.73_m2}")}
        status = {"status": "final", "issued": self.at(days, 8)}
        self.resources.append(self._own("Observation", "subject") | status | about | value_of | more)

    def condition(self, code: str, text: str, recorded: int, **more: Any) -> None:
        """A problem recorded that day, active unless told otherwise."""
        system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
        told = {
            "clinicalStatus": {"coding": [{"system": system, "code": "active"}]},
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": code, "display": text}]},
            "recordedDate": self.at(recorded),
        }
        self.resources.append(self._own("Condition", "subject") | told | more)

    def beside(self) -> None:
        """What most records hold and no check is about."""
        self.condition("38341003", "Hypertensive disorder", -400)
        code, display, _ = DRUGS["lisinopril"]
        told = {
            "status": "active",
            "effectivePeriod": {"start": self.at(-390)},
            "medicationCodeableConcept": {"coding": [{"system": _RXNORM, "code": code, "display": display}]},
        }
        self.resources.append(self._own("MedicationStatement", "subject") | told)

    def _own(self, kind: str, owner: str) -> Resource:
        number = sum(one["resourceType"] == kind for one in self.resources)
        return {"resourceType": kind, "id": f"{self.id}-{kind[0].lower()}{number}", owner: _patient(self.id)}


def _patient(id: str) -> Resource:
    return {"reference": f"Patient/{id}"}


def _quantity(value: float, unit: str) -> Resource:
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


# -- the stories: each returns what must be found ----------------------------------------------------------------------

KIDNEY, PAIR, STOP = "baclofen-renal-dose", "opioid-benzodiazepine", "baclofen-abrupt-stop"


def _kidney_then(story: Story) -> list[Expected]:
    """The kidneys failed before the order: a later good value changes nothing."""
    story.egfr(-20, 24)
    at = story.order("baclofen", 0)
    story.egfr(5, 95)
    return [Expected(story.id, at, "kidney bad then, good later", must=(KIDNEY,))]


def _kidney_later(story: Story) -> list[Expected]:
    """Good kidneys at the order, bad ones after it."""
    story.egfr(-20, 95)
    at = story.order("baclofen", 0)
    story.egfr(1, 20)
    return [Expected(story.id, at, "kidney good then, bad later", never=(KIDNEY,))]


def _opioid_then(story: Story) -> list[Expected]:
    """The opioid ran at the time and was stopped later."""
    story.order("oxycodone", -30, ended=20)
    at = story.order("diazepam", 0, times=2)
    return [Expected(story.id, at, "opioid ran then, stopped later", must=(PAIR,))]


def _opioid_later(story: Story) -> list[Expected]:
    """The opioid was ordered after the benzodiazepine."""
    at = story.order("diazepam", 0, times=2)
    story.order("oxycodone", 3)
    return [Expected(story.id, at, "opioid ordered later", never=(PAIR,))]


def _opioid_over(story: Story) -> list[Expected]:
    """The opioid had been stopped long before."""
    story.order("oxycodone", -300, ended=-200)
    at = story.order("diazepam", 0, times=2)
    return [Expected(story.id, at, "opioid over long before", never=(PAIR,))]


def _stop(story: Story) -> list[Expected]:
    """Baclofen for a year, stopped from one day to the next."""
    story.egfr(-20, 95)
    at = story.order("baclofen", 0, times=6, ended=365)
    stop = story.at(365)
    said = "stopped after a year"
    return [Expected(story.id, at, said, never=(STOP,)), Expected(story.id, stop, said, must=(STOP,))]


def _quiet(story: Story) -> list[Expected]:
    """No drug of ours."""
    story.egfr(-20, 90)
    story.order("lisinopril", 0, times=1)
    return []


STORIES: tuple[Callable[[Story], list[Expected]], ...] = (
    _kidney_then,
    _kidney_later,
    _opioid_then,
    _opioid_later,
    _opioid_over,
    _stop,
    _quiet,
)


def population(patients: int, seed: int) -> tuple[list[Resource], list[Expected]]:
    """All resources of so many patients, and what must be found about them."""
    resources: list[Resource] = []
    expected: list[Expected] = []
    for number in range(patients):
        chance = random.Random(f"{seed}/{number}")
        story = Story(f"s{seed}-{number:06d}", chance)
        expected += STORIES[number % len(STORIES)](story)
        story.beside()
        resources += story.resources
    return resources, expected


def write(folder: Path, patients: int, seed: int) -> Mapping[str, int]:
    """One NDJSON file per resource type, and ``answers.txt``; how many lines each got."""
    folder.mkdir(parents=True, exist_ok=True)
    resources, expected = population(patients, seed)
    by_type: dict[str, list[bytes]] = {}
    for resource in resources:
        by_type.setdefault(resource["resourceType"], []).append(orjson.dumps(resource) + b"\n")
    for kind, lines in by_type.items():
        (folder / f"{kind}.ndjson").write_bytes(b"".join(lines))
    told = b"".join(orjson.dumps(msgspec.to_builtins(one)) + b"\n" for one in expected)
    (folder / "answers.txt").write_bytes(told)  # no export: not to be read as one
    return {kind: len(lines) for kind, lines in by_type.items()}
