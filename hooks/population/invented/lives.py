"""What happens to invented patients. How often is invented, too: enough of everything, as in no real population."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hooks.population.invented.chance import Chance
from hooks.population.invented.facts import DAY_0, LAST, OURS, PRODUCTS, PUMP, Life, Problem, Product, Result, Use

BENZODIAZEPINES = ("diazepam 5", "lorazepam 1", "alprazolam 0.5", "clonazepam 0.5")
_AGES = (((0, 17), 20), ((18, 39), 28), ((40, 64), 30), ((65, 79), 16), ((80, 95), 6))
_ADULTS = (((20, 39), 30), ((40, 62), 40), ((67, 79), 20), ((80, 92), 10))
_FIRST = (240, 480)  # on which days stories begin


def live(number: int, seed: int, drugs_of_ours: float) -> tuple[Life, Chance]:
    """The life of the patient of that number. ``drugs_of_ours``: the part of patients who ever get one."""
    chance = Chance(f"gabaguard/{seed}/{number}")
    tell = chance.weighed(STORIES) if chance.yes(drugs_of_ours) else _nothing_of_ours
    low, high = chance.weighed(_AGES if tell is _nothing_of_ours else _ADULTS)
    born = DAY_0 - timedelta(days=chance.between(low * 365 + low // 4 + 1, high * 365 + high // 4 + 1))
    life = Life(f"g{seed}-{number:07d}", tell.__name__.strip("_").replace("_", " "), chance.pick(_SEXES), born)
    tell(life, chance)
    _beside(life, chance)
    return life, chance


_SEXES = ("female", "male")

# -- what stories are made of ------------------------------------------------------------------------------------------


def _order(life: Life, product: str | Product, day: int, tablets: float, times: int, before: Use | None = None) -> Use:
    """A new order; the one before ends with it: replaced at once when the dose is another, else on the next day."""
    use = Use(product if isinstance(product, Product) else PRODUCTS[product], day, tablets, times, before=before)
    if before is not None and before.daily == use.daily:
        before.finish(day + 1, "completed")
    elif before is not None:
        before.finish(day, "stopped")
    life.uses.append(use)
    return use


def _kidneys(life: Life, chance: Chance, band: str = "") -> None:
    """Results every ten weeks, all near one value."""
    age = life.age(_FIRST[0])
    band = band or chance.weighed((("good", 62), ("mild", 14), ("moderate", 10), ("severe", 4), ("unknown", 10)))
    if band == "unknown" or age < 18:
        return
    if band == "good" and age > 45:
        band = "mild"
    low, high = {"good": (96, 104), "mild": (68, 80), "moderate": (34, 54), "severe": (14, 26)}[band]
    middle = chance.between(low + 2, high - 2)
    for day in range(chance.between(1, 60), LAST, 70):
        life.results.append(Result(day, chance.between(middle - 2, middle + 2)))
    if band in ("moderate", "severe"):
        life.problems.append(Problem("kidney disease", life.results[0].day))


def _company(life: Life, chance: Chance, day: int, *offers: tuple[str, float]) -> None:
    """Other depressants that run when the story begins, each in some part of patients."""
    for product, part in offers:
        if chance.yes(part):
            use = _order(life, product, day - chance.between(30, 150), 1, chance.between(1, 3))
            if chance.yes(0.15):
                use.finish(day + chance.between(20, 60), "stopped")
            if chance.yes(0.2) and use.kind not in OURS:
                use.shapes = {"statement"}  # ordered elsewhere


def _refills(life: Life, use: Use, every: int, until: int) -> Use:
    """The same order again and again; the answer is the last."""
    day = use.day + every
    while day < until:
        use = _order(life, use.product, day, use.tablets, use.times, before=use)
        day += every
    return use


def _lowered(life: Life, use: Use, every: int, steps: tuple[tuple[str, float, int], ...]) -> None:
    """A taper to nothing: product, tablets and times of each step; the last one runs out."""
    day = use.day + 30
    for product, tablets, times in steps:
        use = _order(life, product, day, tablets, times, before=use)
        day += every
    use.finish(day, "completed")


# -- the stories -------------------------------------------------------------------------------------------------------


def _nothing_of_ours(life: Life, chance: Chance) -> None:
    for product in ("oxycodone 5", "pregabalin 75", "sertraline 50", "lisinopril 10", "metformin 500"):
        if chance.yes(0.12 if life.age(0) >= 18 else 0.02):
            use = _order(life, product, chance.between(10, 900), 1, chance.between(1, 2))
            if chance.yes(0.5):
                use.finish(use.day + chance.between(10, 180), chance.pick(("stopped", "completed")))
    if life.age(0) >= 50 and chance.yes(0.5):
        _kidneys(life, chance)


def _spasticity(life: Life, chance: Chance) -> None:
    """Baclofen begun low, raised, refilled; then it goes on, is tapered, or is stopped from one day to the next."""
    life.problems.append(Problem(chance.pick(("sclerosis", "spinal cord injury")), chance.between(5, 100)))
    _kidneys(life, chance)
    day = chance.between(*_FIRST)
    others = (("pregabalin 75", 0.25), ("tizanidine 4", 0.12), ("oxycodone 5", 0.15), ("diazepam 5", 0.15))
    _company(life, chance, day, *others)
    use = _order(life, "baclofen 5", day, 1, 3)
    use = _order(life, "baclofen 10", day + chance.between(10, 25), 1, 3, before=use)
    if chance.yes(0.4):
        use = _order(life, "baclofen 20", use.day + chance.between(20, 40), 1, 3, before=use)
    use = _refills(life, use, 90, use.day + chance.between(200, 400))
    end = chance.weighed((("goes on", 50), ("stop", 25), ("taper", 25)))
    if end == "stop":
        use.finish(use.day + chance.between(20, 80), "stopped")
    elif end == "taper":
        _lowered(
            life, use, 14, (("baclofen 10", 1, 2), ("baclofen 5", 1, 3), ("baclofen 5", 1, 2), ("baclofen 5", 1, 1))
        )


def _begun_too_high(life: Life, chance: Chance) -> None:
    """The first dose of baclofen is far above what adults begin with, or a later one above the maximum."""
    _kidneys(life, chance, "good")
    use = _order(life, "baclofen 10", chance.between(*_FIRST), 1, chance.between(3, 4))
    if chance.yes(0.4):
        _order(life, "baclofen 20", use.day + chance.between(40, 60), 1.5, 4, before=use)


def _anxiety(life: Life, chance: Chance) -> None:
    """A benzodiazepine, refilled for months; then deprescribed in small steps, stopped at once, or it goes on."""
    life.problems.append(Problem("anxiety", chance.between(5, 100)))
    _kidneys(life, chance)
    day = chance.between(*_FIRST)
    _company(
        life, chance, day, ("oxycodone 5", 0.15), ("tramadol 50", 0.1), ("sertraline 50", 0.4), ("zolpidem 5", 0.1)
    )
    use = _order(life, chance.pick(BENZODIAZEPINES), day, 1, chance.between(2, 3))
    use = _refills(life, use, chance.pick((30, 60, 90)), use.day + chance.between(120, 420))
    end = chance.weighed((("goes on", 40), ("stop", 25), ("deprescribed", 35)))
    if end == "stop":
        use.finish(use.day + chance.between(15, 28), "stopped")
    elif end == "deprescribed":
        name = f"{use.product.drug} {use.product.amount:g}"
        _lowered(life, use, 28, ((name, 0.5, use.times), (name, 0.5, 1)))


def _sleep(life: Life, chance: Chance) -> None:
    """Temazepam at night, sometimes beside zolpidem, for some weeks."""
    life.problems.append(Problem("insomnia", chance.between(5, 100)))
    _kidneys(life, chance)
    day = chance.between(*_FIRST)
    _company(life, chance, day, ("zolpidem 5", 0.3), ("tramadol 50", 0.1))
    use = _order(life, "temazepam 15", day, 1, 1)
    if chance.yes(0.6):
        use.finish(day + chance.between(5, 10), "stopped")  # a few nights only


def _pain(life: Life, chance: Chance) -> None:
    """An opioid for months; then baclofen, or a benzodiazepine, comes on top."""
    life.problems.append(Problem("back pain", chance.between(5, 100)))
    _kidneys(life, chance)
    day = chance.between(*_FIRST)
    opioid = _order(life, chance.pick(("oxycodone 5", "tramadol 50")), day - chance.between(60, 200), 1, 4)
    over = chance.yes(0.25)
    if over:
        opioid.finish(day - chance.between(35, 50), "stopped")
    elif chance.yes(0.3):
        opioid.finish(day + chance.between(10, 90), "stopped")  # later: at the order it ran
    if chance.yes(0.5):
        _order(life, "baclofen 5", day, 1, 3)
    else:
        _order(life, chance.pick(BENZODIAZEPINES), day, 1, 2)


def _opioid_came_later(life: Life, chance: Chance) -> None:
    _kidneys(life, chance)
    use = _order(life, chance.pick((*BENZODIAZEPINES, "baclofen 5")), chance.between(*_FIRST), 1, 2)
    _order(life, "oxycodone 5", use.day + chance.between(2, 40), 1, 3)


def _two_of_a_kind(life: Life, chance: Chance) -> None:
    """A second benzodiazepine beside the first."""
    _kidneys(life, chance)
    one = _order(life, "lorazepam 1", chance.between(*_FIRST), 1, 2)
    _order(life, "clonazepam 0.5", one.day + chance.between(20, 60), 1, 2)


def _kidneys_fail_slowly(life: Life, chance: Chance) -> None:
    """Baclofen refilled for two years while the kidney function falls from good to bad."""
    life.problems.append(Problem("sclerosis", chance.between(5, 100)))
    high = chance.between(75, 82)
    for number, day in enumerate(range(chance.between(1, 30), LAST, 42)):
        life.results.append(Result(day, max(15, high - number * 5 // 2)))
    day = chance.between(60, 120)
    use = _order(life, "baclofen 5", day, 1, 3)
    _refills(life, _order(life, "baclofen 10", day + 20, 1, 3, before=use), 90, 1000)


def _kidneys_injured(life: Life, chance: Chance) -> None:
    """Good kidneys, an acute injury, recovery; baclofen is begun in the middle of it, or only months later."""
    _kidneys(life, chance, "mild" if life.age(0) > 45 else "good")
    day = chance.between(*_FIRST)
    before = life.results[-1].egfr
    life.results = [one for one in life.results if not day - 25 < one.day < day + 90]
    for days, part in ((-2, 1.0), (0, 0.35), (3, 0.3), (12, 0.6), (30, 0.95), (60, 1.0), (80, 1.0)):
        life.results.append(Result(day + days, round(before * part)))
    life.problems.append(Problem("kidney injury", day, ends=day + 35))
    _order(life, "baclofen 5", day + (1 if chance.yes(0.6) else 200), 1, 3)


def _pregnancy(life: Life, chance: Chance) -> None:
    """Baclofen or a benzodiazepine is begun in a pregnancy, or before or long after it."""
    life.sex, life.born = "female", DAY_0 - timedelta(days=chance.between(20 * 366, 38 * 365))
    _kidneys(life, chance, "good")
    day = chance.between(*_FIRST)
    life.problems.append(Problem("pregnancy", day, ends=day + 230))
    product = chance.pick(("baclofen 5", "lorazepam 1"))
    _order(life, product, day + chance.pick((-60, 20, 60, 120, 400)), 1, 2)


def _pump(life: Life, chance: Chance) -> None:
    """Intrathecal baclofen for long; then a benzodiazepine by mouth is added, or the pump's order is stopped."""
    life.problems.append(Problem("spinal cord injury", chance.between(5, 50)))
    _kidneys(life, chance, "good")
    life.pump = chance.between(60, 100)
    use = _order(life, PUMP, life.pump + 1, chance.between(20, 60) * 10, 1)
    day = chance.between(*_FIRST)
    if chance.yes(0.6):
        _order(life, "diazepam 5", day, 1, 2)
    if chance.yes(0.4):
        use.finish(day + chance.between(100, 200), "stopped")


def _gap(life: Life, chance: Chance) -> None:
    """Baclofen ran out, months without it, then the old dose again."""
    _kidneys(life, chance, "good")
    use = _order(life, "baclofen 5", chance.between(*_FIRST), 1, 3)
    use = _refills(life, _order(life, "baclofen 10", use.day + 20, 1, 3, before=use), 90, use.day + 200)
    use.finish(use.day + 90, "completed")
    _order(life, "baclofen 10", use.day + 90 + chance.between(100, 160), 1, 3)


Story = Callable[[Life, Chance], None]
STORIES: tuple[tuple[Story, int], ...] = (
    (_spasticity, 22),
    (_begun_too_high, 5),
    (_anxiety, 24),
    (_sleep, 8),
    (_pain, 12),
    (_opioid_came_later, 5),
    (_two_of_a_kind, 3),
    (_kidneys_fail_slowly, 6),
    (_kidneys_injured, 4),
    (_pregnancy, 5),
    (_pump, 3),
    (_gap, 3),
)


def _beside(life: Life, chance: Chance) -> None:
    """What most records hold and no answer is about."""
    age = life.age(0)
    for what, part in (("hypertension", age / 150), ("diabetes", age / 500), ("asthma", 0.08)):
        if chance.yes(part):
            life.problems.append(Problem(what, chance.between(0, 200)))
            if what == "hypertension":
                use = _order(life, "lisinopril 10", chance.between(0, 200), 1, 1)
                use.shapes = {"statement"} if chance.yes(0.5) else set()
