"""What must and must not be found about each order of an invented patient, from the facts alone.

Said only where it is beyond doubt: far from every threshold, with nothing in the record that could excuse it. Of all
else nothing is said. It shares no code with the checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from hooks.population.invented.facts import OURS, Life, Result, Use, on


class Expected(msgspec.Struct):
    """The answer to one order, or to what was written and stopped at one moment.

    ``at``: day and hour in UTC. ``must``: checks that are shown; ``never``: those that find nothing.
    """

    patient: str
    at: str
    story: str
    noise: list[str]
    actions: list[str]
    must: list[str] = []
    never: list[str] = []


class _Moment(msgspec.Struct):
    """What is written and stopped on a day, and what runs on beside it."""

    life: Life
    day: int
    written: list[Use]
    stopped: list[Use]
    running: list[Use]

    def new(self, kind: str) -> list[Use]:
        """Orders of a class that begin or raise."""
        return [
            use for use in self.written if use.kind == kind and (use.before is None or use.before.daily < use.daily)
        ]

    def there(self, *kinds: str) -> list[Use]:
        """All of some classes that the patient will take now."""
        return [use for use in (*self.written, *self.running) if use.kind in kinds]

    def lately(self, *kinds: str) -> bool:
        """Whether any of some classes was taken now or in the last months; only without it nothing can be found."""
        uses = [use for use in self.life.uses if use.kind in kinds and _counts(use)]
        return any(use.day <= self.day and (use.ends is None or use.ends > self.day - 30) for use in uses)


def answers(life: Life) -> list[Expected]:
    """The answers to all moments of a patient, in turn."""
    return [_answer(moment) for moment in _moments(life)]


def _counts(use: Use) -> bool:
    return not {"entered in error", "undated"} & use.shapes


def _moments(life: Life) -> Iterator[_Moment]:
    uses = [use for use in life.uses if _counts(use)]
    days = {use.day for use in uses if use.kind in OURS}
    days |= {use.ends for use in uses if use.kind in OURS and _stop_is_told(use) and use.ends is not None}
    for day in sorted(days):
        stopped = [use for use in uses if use.ends == day and use.kind in OURS and _stop_is_told(use)]
        yield _Moment(
            life,
            day,
            [use for use in uses if use.day == day],
            stopped,
            [use for use in uses if use.runs(day)],
        )


def _stop_is_told(use: Use) -> bool:
    return use.ending == "stopped" and "stop without a day" not in use.shapes


def _answer(moment: _Moment) -> Expected:
    actions = [word for word, some in (("written", moment.written), ("stop", moment.stopped)) if some]
    at = f"{on(moment.day)}T09:00"
    found = Expected(moment.life.id, at, moment.life.story, moment.life.noise, actions)
    for check, tell in _TELL.items():
        told = tell(moment)
        if told is not None:
            (found.must if told else found.never).append(check)
    return found


# -- one answer each: True must be shown, False must not be found, None nothing is said --------------------------------


def _pair(one: str, other: str) -> Callable[[_Moment], bool | None]:
    """Two classes together, as one of them begins or is raised."""

    def tell(moment: _Moment) -> bool | None:
        if (moment.new(one) and moment.there(other)) or (moment.new(other) and moment.there(one)):
            return True
        return (
            None if moment.lately(*_SPINAL.get(one, (one,))) and moment.lately(*_SPINAL.get(other, (other,))) else False
        )

    return tell


_SPINAL = {"baclofen": ("baclofen", "intrathecal")}  # baclofen by pump may be found as well; nothing is said of it


def _depressants_of(kind: str) -> Callable[[_Moment], bool | None]:
    """A class together with baclofen or a benzodiazepine."""
    pairs = [_pair("baclofen", kind), _pair("benzodiazepine", kind)]

    def tell(moment: _Moment) -> bool | None:
        told = [pair(moment) for pair in pairs]
        return True if True in told else None if None in told or moment.lately("intrathecal") else False

    return tell


def _known_result(moment: _Moment) -> Result | None:
    """The newest result that is usable and recent; None also where an unusable one makes it unsure."""
    known = [one for one in moment.life.results if one.day <= moment.day and "entered in error" not in one.shapes]
    recent = [one for one in known if one.day > moment.day - 80]
    if any(_UNUSABLE & one.shapes for one in known if one.day > moment.day - 120):
        return None
    return max(recent, key=lambda one: one.day, default=None)


_UNUSABLE = {"result without a unit", "result as words"}


def _kidney_dose(moment: _Moment) -> bool | None:
    result = _known_result(moment)
    if not moment.there("baclofen") and not any(use.kind == "baclofen" for use in moment.stopped):
        return False
    orders = [use for use in moment.written if use.kind == "baclofen" and not _unclear(use)]
    if result is None or not orders or _injured(moment):
        return None
    if moment.new("baclofen") and result.egfr <= 54:
        return True
    return False if result.egfr >= 96 or (result.egfr >= 66 and _total(moment) <= 45) else None


def _kidney_unknown(moment: _Moment) -> bool | None:
    if not moment.there("baclofen", "intrathecal"):
        return False
    if moment.new("baclofen") and not moment.life.results:
        return True
    result = _known_result(moment)
    return False if result is not None and not moment.there("intrathecal") else None


def _injured(moment: _Moment) -> bool:
    return any(
        one.what == "kidney injury" and one.day - 3 <= moment.day <= (one.ends or 0) + 90
        for one in moment.life.problems
    )


def _kidney_injury(moment: _Moment) -> bool | None:
    if not moment.there("baclofen"):
        return False if not moment.stopped else None
    if moment.new("baclofen") and moment.life.has("kidney injury", moment.day):
        return True
    injuries = [one for one in moment.life.problems if one.what == "kidney injury"]
    steady = len({one.egfr // 10 for one in moment.life.results}) <= 2
    return False if not injuries and steady else None


def _unclear(use: Use) -> bool:
    return "words for directions" in use.shapes


def _total(moment: _Moment) -> float:
    return sum(use.daily for use in moment.there("baclofen"))


def _start_dose(moment: _Moment) -> bool | None:
    begun = [use for use in moment.new("baclofen") if use.before is None]
    if not begun or any(map(_unclear, begun)):
        return None if begun else False
    earlier = [
        use
        for use in moment.life.uses
        if use.kind in ("baclofen", "intrathecal") and use.day < moment.day and _counts(use)
    ]
    age, result = moment.life.age(moment.day), _known_result(moment)
    if earlier or not 19 <= age <= 63 or (result is not None and result.egfr < 66) or _year_only(moment):
        return None
    if begun[0].daily >= 30:
        return True
    return False if begun[0].daily <= 15 and begun[0].product.amount <= 5 and result is not None else None


def _maximum(moment: _Moment) -> bool | None:
    if any(_unclear(use) for use in moment.life.uses if use.kind == "baclofen") or moment.there("intrathecal"):
        return None
    if moment.new("baclofen") and _total(moment) >= 101:
        return True
    return False if sum(use.daily for use in moment.there("baclofen")) <= 60 and not moment.stopped else None


def _year_only(moment: _Moment) -> bool:
    return "birth year only" in moment.life.noise


def _begun_in_old_age(moment: _Moment) -> bool | None:
    if _year_only(moment):
        return None
    begun = [use for use in moment.new("benzodiazepine") if use.before is None]
    if moment.life.age(moment.day) >= 66 and begun:
        return True
    return False if moment.life.age(moment.day) <= 63 else None


def _pregnant(kind: str) -> Callable[[_Moment], bool | None]:
    def tell(moment: _Moment) -> bool | None:
        if moment.new(kind) and moment.life.has("pregnancy", moment.day):
            return True
        never = all(one.what != "pregnancy" or moment.day < one.day - 20 for one in moment.life.problems)
        return False if never or not moment.there(kind) else None

    return tell


def _stopped_at_once(kind: str, days: int, least: float) -> Callable[[_Moment], bool | None]:
    """Taken without a break for so many days at no less than that dose, and nothing of its class goes on."""

    def tell(moment: _Moment) -> bool | None:
        replaced = [use.before for use in moment.written]
        stopped = [use for use in moment.stopped if use.kind == kind and not any(use is one for one in replaced)]
        if not stopped:
            return False
        if moment.there(kind, "intrathecal") or any(_unclear(use) for use in moment.life.uses):
            return None
        long = moment.day - _since(stopped[0]) >= days
        return True if long and stopped[0].daily >= least else None

    return tell


def _since(use: Use) -> int:
    while use.before is not None:
        use = use.before
    return use.day


def _two_benzodiazepines(moment: _Moment) -> bool | None:
    kinds = {use.product.drug for use in moment.life.uses if use.kind == "benzodiazepine" and use.day <= moment.day}
    if len(kinds) < 2:
        return False
    new = {use.product.drug for use in moment.new("benzodiazepine")}
    old = {use.product.drug for use in moment.running if use.kind == "benzodiazepine" and use.day < moment.day - 6}
    return True if new and old - new else None


def _with_pump(moment: _Moment) -> bool | None:
    if moment.life.pump is None:
        return False
    return True if moment.new("benzodiazepine") and moment.there("intrathecal") else None


def _pump_stopped(moment: _Moment) -> bool | None:
    if moment.life.pump is None:
        return False
    return True if any(use.kind == "intrathecal" for use in moment.stopped) else None


_TELL: dict[str, Callable[[_Moment], bool | None]] = {
    "opioid-benzodiazepine": _pair("opioid", "benzodiazepine"),
    "opioid-baclofen": _pair("opioid", "baclofen"),
    "baclofen-benzodiazepine": _pair("baclofen", "benzodiazepine"),
    "gabapentinoid-combination": _depressants_of("gabapentinoid"),
    "zdrug-combination": _depressants_of("z-drug"),
    "muscle-relaxant-duplicate": _pair("relaxant", "baclofen"),
    "baclofen-renal-dose": _kidney_dose,
    "baclofen-renal-unknown": _kidney_unknown,
    "baclofen-aki": _kidney_injury,
    "baclofen-start-dose": _start_dose,
    "baclofen-max-dose": _maximum,
    "baclofen-abrupt-stop": _stopped_at_once("baclofen", 65, 20),
    "benzo-abrupt-stop": _stopped_at_once("benzodiazepine", 100, 0.1),
    "benzo-duplicate": _two_benzodiazepines,
    "beers-benzo-elderly": _begun_in_old_age,
    "pregnancy-baclofen": _pregnant("baclofen"),
    "pregnancy-benzo": _pregnant("benzodiazepine"),
    "itb-plus-systemic-depressant": _with_pump,
    "itb-interruption": _pump_stopped,
}
