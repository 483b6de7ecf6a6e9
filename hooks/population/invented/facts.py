"""What is true of an invented patient, in plain terms, before it is written down as FHIR. Days count from ``DAY_0``."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

DAY_0 = date(2023, 1, 1)
LAST = 1095  # the day of the export


class Product(msgspec.Struct, frozen=True):
    """A marketed product. ``kind``: the class the answers speak of; ``amount``: of one tablet, in ``unit``."""

    rxnorm: str
    display: str
    drug: str
    kind: str
    amount: float
    unit: str = "mg"
    route: str = "oral"


def _made(text: str) -> tuple[str, Product]:
    rxnorm, drug, kind, amount, display = (part.strip() for part in text.split("|"))
    return f"{drug} {amount}", Product(rxnorm, display, drug, kind, float(amount))


PRODUCTS = dict(
    map(
        _made,
        (
            "430902 | baclofen | baclofen | 5 | baclofen 5 MG Oral Tablet",
            "197391 | baclofen | baclofen | 10 | Baclofen 10 MG Oral Tablet",
            "197392 | baclofen | baclofen | 20 | Baclofen 20 MG Oral Tablet",
            "197590 | diazepam | benzodiazepine | 2 | diazepam 2 MG Oral Tablet",
            "197591 | diazepam | benzodiazepine | 5 | diazepam 5 MG Oral Tablet",
            "197901 | lorazepam | benzodiazepine | 1 | lorazepam 1 MG Oral Tablet",
            "308048 | alprazolam | benzodiazepine | 0.5 | alprazolam 0.5 MG Oral Tablet",
            "197527 | clonazepam | benzodiazepine | 0.5 | clonazepam 0.5 MG Oral Tablet",
            "198241 | temazepam | benzodiazepine | 15 | temazepam 15 MG Oral Capsule",
            "1049621 | oxycodone | opioid | 5 | Oxycodone Hydrochloride 5 MG Oral Tablet",
            "835603 | tramadol | opioid | 50 | tramadol hydrochloride 50 MG Oral Tablet",
            "483450 | pregabalin | gabapentinoid | 75 | pregabalin 75 MG Oral Capsule",
            "854876 | zolpidem | z-drug | 5 | zolpidem tartrate 5 MG Oral Tablet",
            "313413 | tizanidine | relaxant | 4 | tizanidine 4 MG Oral Tablet",
            "312941 | sertraline | other | 50 | sertraline 50 MG Oral Tablet",
            "314076 | lisinopril | other | 10 | lisinopril 10 MG Oral Tablet",
            "861007 | metformin | other | 500 | metformin hydrochloride 500 MG Oral Tablet",
        ),
    )
)
PUMP = Product("1666613", "20 ML baclofen 2 MG/ML Injection", "baclofen", "intrathecal", 1, "ug", "intrathecal")
OURS = frozenset({"baclofen", "benzodiazepine", "intrathecal"})

# Problems by the words used here: system, code, display.
PROBLEMS = {
    "hypertension": ("I10", "Essential (primary) hypertension"),
    "diabetes": ("E11.9", "Type 2 diabetes mellitus without complications"),
    "sclerosis": ("G35", "Multiple sclerosis"),
    "spinal cord injury": ("G82.20", "Paraplegia, unspecified"),
    "anxiety": ("F41.1", "Generalized anxiety disorder"),
    "insomnia": ("G47.00", "Insomnia, unspecified"),
    "back pain": ("M54.50", "Low back pain, unspecified"),
    "asthma": ("J45.909", "Unspecified asthma, uncomplicated"),
    "kidney disease": ("N18.9", "Chronic kidney disease, unspecified"),
    "kidney injury": ("N17.9", "Acute kidney failure, unspecified"),
    "pregnancy": ("Z33.1", "Pregnant state, incidental"),
}


class Use(msgspec.Struct):
    """One order. ``ending``: stopped, completed (it ran out or was replaced), or "" while it runs.

    ``before``: the order that it goes on with or replaces. ``shapes``: oddities of how it is written down.
    """

    product: Product
    day: int
    tablets: float
    times: int
    ends: int | None = None
    ending: str = ""
    before: Use | None = None
    shapes: set[str] = set()

    @property
    def daily(self) -> float:
        """Amount a day."""
        return self.product.amount * self.tablets * self.times

    @property
    def kind(self) -> str:
        """The class of the drug."""
        return self.product.kind

    def runs(self, day: int) -> bool:
        """Whether it was written before that day and had not ended by it."""
        return self.day < day and (self.ends is None or self.ends > day)

    def finish(self, day: int, ending: str) -> None:
        """End it."""
        self.ends, self.ending = day, ending


class Result(msgspec.Struct):
    """A kidney result of the morning of a day, as the true eGFR in mL/min/1.73 m2."""

    day: int
    egfr: float
    shapes: set[str] = set()


class Problem(msgspec.Struct):
    """A problem from the day it was recorded on until it ended."""

    what: str
    day: int
    ends: int | None = None


class Life(msgspec.Struct):
    """All that is true of one patient. ``story``: what sort of life it is; ``noise``: what is odd about the record."""

    id: str
    story: str
    sex: str
    born: date
    uses: list[Use] = []
    results: list[Result] = []
    problems: list[Problem] = []
    noise: list[str] = []
    pump: int | None = None  # the day it was implanted on

    def age(self, day: int) -> int:
        """In full years."""
        then = on(day)
        return then.year - self.born.year - ((then.month, then.day) < (self.born.month, self.born.day))

    def has(self, what: str, day: int) -> bool:
        """Whether a problem was recorded before that day and had not ended."""
        return any(one.what == what and one.day < day and (one.ends is None or one.ends > day) for one in self.problems)


def on(day: int) -> date:
    """The date of a day."""
    return DAY_0 + timedelta(days=day)
