"""What kind of patient an order was for, in the bands that a report counts by. No band tells who it is."""

from __future__ import annotations

import msgspec

from cds.arithmetic.kidney import Kidney
from cds.case import Known
from cds.checks.pump_calendar import in_place
from cds.view import View

UNKNOWN = "not known"
AGES = ((18, "under 18"), (45, "18–44"), (65, "45–64"), (75, "65–74"), (85, "75–84"), (200, "85 and over"))
KIDNEYS = (
    (15, "eGFR under 15"),
    (30, "eGFR 15–29"),
    (45, "eGFR 30–44"),
    (60, "eGFR 45–59"),
    (1000, "eGFR 60 and over"),
)
# As they are shown, each with the order of its bands.
DIMENSIONS = {
    "drugs": (),
    "age": (*(name for _, name in AGES), UNKNOWN),
    "sex": ("female", "male", UNKNOWN),
    "kidney": ("dialysis", "acute injury", *(name for _, name in KIDNEYS), UNKNOWN),
    "opioid": ("with an opioid", "without"),
    "pump": ("with a pump", "without"),
}


class Kind(msgspec.Struct, frozen=True):
    """The bands of one patient at one moment; "opioid" and "pump" as the patient stands once the orders take effect."""

    age: str = UNKNOWN
    sex: str = UNKNOWN
    kidney: str = UNKNOWN
    opioid: str = "without"
    pump: str = "without"


def kind_of_patient(view: View) -> Kind:
    """The bands of a case. An age or eGFR that is only known within bounds counts where the bounds agree."""
    sex = view.case.patient.sex
    return Kind(
        age=_of_both(*view.age.value, AGES) if isinstance(view.age, Known) else UNKNOWN,
        sex=sex.value if isinstance(sex, Known) and sex.value in ("female", "male") else UNKNOWN,
        kidney=_kidney(view.kidney),
        opioid="with an opioid" if view.of_class("opioid") else "without",
        pump="with a pump" if in_place(view) else "without",
    )


def _kidney(kidney: Kidney) -> str:
    if kidney.dialysis:
        return "dialysis"
    if kidney.injured:
        return "acute injury"
    if kidney.low is None and kidney.high is None:
        return UNKNOWN
    return _of_both(kidney.low or 0, 999 if kidney.high is None else kidney.high, KIDNEYS)


def _of_both(low: float, high: float, bands: tuple[tuple[int, str], ...]) -> str:
    one, other = (next((name for limit, name in bands if value < limit), UNKNOWN) for value in (low, high))
    return one if one == other else UNKNOWN
