"""Short ways to write a dosage in tests, and to look at what came out."""

from __future__ import annotations

from cds.arithmetic.dose import daily_doses
from cds.case import DailyDose, Drug, Ingredient, Known, Reason, Route, Strength, Unknown
from cds.chart import Amount, Coded, Coding, DosageFact, Timing

GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"


def product(
    value: float | None = 10,
    unit: str = "mg",
    per: str = "each",
    *,
    route: Route = Route.ORAL,
    form: str = "tablet",
    label: str = "Baclofen 10 MG Oral Tablet",
) -> Drug:
    """A product of one ingredient; ``value`` None: strength not known."""
    strength = None if value is None else Strength(value, unit, per)
    return Drug(label=label, ingredients=(Ingredient("baclofen", strength),), route=route, form=form)


TABLET = product()
NO_STRENGTH = product(None, label="baclofen")
SOLUTION = product(1, "mg", "mL", form="solution", label="Ozobax 1 mg/mL")
PUMP = product(2000, "ug", "mL", route=Route.INTRATHECAL, form="solution", label="Lioresal 2000 mcg/mL")
PATCH = product(25, "ug", "h", route=Route.TRANSDERMAL, form="patch", label="fentanyl 25 mcg/h patch")
COMBINATION = Drug(
    label="Acetaminophen 325 MG / Hydrocodone Bitartrate 5 MG Oral Tablet",
    ingredients=(
        Ingredient("hydrocodone", Strength(5, "mg", "each")),
        Ingredient("acetaminophen", Strength(325, "mg", "each")),
    ),
    route=Route.ORAL,
    form="tablet",
)


def mg(value: float) -> Amount:
    return Amount(value, "mg", "mg", "http://unitsofmeasure.org")


def per_day(times: float, **more: object) -> Timing:
    return Timing(frequency=times, period=1, period_unit="d", **more)  # type: ignore[arg-type]


def every(period: float, unit: str = "h", **more: object) -> Timing:
    return Timing(frequency=1, period=period, period_unit=unit, **more)  # type: ignore[arg-type]


def gts(code: str) -> Timing:
    return Timing(codes=Coded((Coding(GTS, code),)))


def one(*facts: DosageFact, drug: Drug = TABLET, supply_days: float | None = None) -> DailyDose | Unknown:
    """The answer for a product of one ingredient, unwrapped."""
    (answer,) = daily_doses(facts, drug, supply_days=supply_days)
    return answer.value if isinstance(answer, Known) else answer


def ends(answer: DailyDose | Unknown) -> tuple[float, float] | str:
    """(low, high), or the reason why not."""
    return answer.reason.value if isinstance(answer, Unknown) else (answer.low, answer.high)


def sig(text: str, drug: Drug = TABLET) -> tuple[float, float] | str:
    return ends(one(DosageFact(text=text), drug=drug))


def dose(answer: DailyDose | Unknown) -> DailyDose:
    assert isinstance(answer, DailyDose), answer
    return answer


def unknown(answer: DailyDose | Unknown, reason: Reason) -> str:
    assert isinstance(answer, Unknown), answer
    assert answer.reason is reason, answer
    return answer.detail
