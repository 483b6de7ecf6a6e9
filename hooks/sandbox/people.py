"""The invented patients of the sandbox page, and what the page may order for them."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

import msgspec

FILE = Path(__file__).parent / "patients.toml"
RELEASES = ("R4", "STU3", "DSTU2", "R5")


class Taken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A medicine the patient takes: a dose ("mg", "ug", "mL", "tablet") so many times a day, since ``days``."""

    id: str
    drug: str
    code: str
    dose: float
    unit: str
    times: int
    days: int
    route: str = "oral"


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is prescribed: a start, a change or a stop of a running medicine (``of``), or nothing ("none")."""

    action: str
    drug: str = ""
    code: str = ""
    dose: float = 0
    unit: str = "mg"
    times: int = 1
    of: str = ""
    as_needed: bool = False
    route: str = "oral"


class Problem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A diagnosis (ICD-10-CM), known since so many days."""

    code: str
    name: str
    days: int


class Lab(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A laboratory value ("egfr" in mL/min/1.73 m2), so many days ago."""

    kind: str
    value: float
    days: int


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One invented patient."""

    id: str
    name: str
    story: str
    age: int
    sex: str
    weight: float
    height: float
    order: Order
    problems: tuple[Problem, ...] = ()
    takes: tuple[Taken, ...] = ()
    labs: tuple[Lab, ...] = ()


class _File(msgspec.Struct, forbid_unknown_fields=True):
    patient: tuple[Person, ...]


@lru_cache(maxsize=1)
def people() -> dict[str, Person]:
    """Every patient by id, in the order of the file."""
    loaded = msgspec.convert(tomllib.loads(FILE.read_text(encoding="utf-8")), _File)
    return {person.id: person for person in loaded.patient}
