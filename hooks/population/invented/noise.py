"""How badly a record is written down: the oddities of real exports, each with its known effect on the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hooks.population.invented.chance import Chance
from hooks.population.invented.facts import LAST, OURS, PRODUCTS, Life, Result, Use

# What each kind does to the answers; ``truth`` keeps to it, and ``about.txt`` of a population repeats it.
EFFECTS: Mapping[str, str] = {
    "no code": "an order names its product in words only: none, it is recognised by its name",
    "words for directions": "an order's directions are words only: nothing is promised that hangs on its dose",
    "tablets": "doses are counted in tablets, in odd units: none, the strength stands in the product's name",
    "directions as an object": "doseAndRate is an object instead of a list, category too: none",
    "contained product": "an order's product is contained in it: none",
    "product of its own": "an order refers to a Medication: none",
    "odd references": "subjects by absolute address, by version, as urn: none",
    "duplicates": "lines exported twice, and an older version of an order with ten times the dose: none",
    "opioid entered in error": "an opioid order that was entered in error: as if it were not there",
    "opioid without a date": "an opioid order that bears no date: left out, as if it were not there",
    "order entered in error": "an order of baclofen that was entered in error: no moment",
    "stop without a day": "an order is stopped, and the export does not say when: the stop is counted, not judged",
    "birth year only": "birthDate is a year: nothing is promised that hangs on the age",
    "result entered in error": "a very low eGFR entered in error: as if it were not there",
    "micromoles": "creatinine in umol/L: none",
    "result without a unit": "a creatinine without unit: nothing is promised about the kidney for four months",
    "result as words": "a creatinine as text: nothing is promised about the kidney for four months",
    "broken line": "a line that ends in the middle: it is rejected, nothing else changes",
    "nobody's line": "an Observation without subject: it is rejected, nothing else changes",
    "other types": "a type that no check looks at: passed over",
}


def spoil(life: Life, chance: Chance, part: float) -> None:
    """Give some part of the records one or two oddities; ``life.noise`` names those that found something to spoil."""
    if not chance.yes(part):
        return
    for _ in range(chance.between(1, 2)):
        kind = chance.pick(tuple(EFFECTS))
        if kind not in life.noise and _KINDS.get(kind, _whole)(life, chance, kind):
            life.noise.append(kind)


def _whole(life: Life, chance: Chance, kind: str) -> bool:
    """Done when the record is written: concerns the whole of it."""
    return True


def _ours(life: Life) -> list[Use]:
    return [use for use in life.uses if use.kind in OURS and use.kind != "intrathecal"]


def _an_order(life: Life, chance: Chance, kind: str) -> bool:
    uses = _ours(life)
    if uses:
        use = chance.pick(uses)
        use.shapes = {*use.shapes, kind}
    return bool(uses)


def _all_orders(life: Life, chance: Chance, kind: str) -> bool:
    for use in _ours(life):
        use.shapes = {*use.shapes, kind}
    return bool(_ours(life))


def _opioid(life: Life, chance: Chance, kind: str) -> bool:
    day = min((use.day for use in _ours(life)), default=300)
    shapes = {"entered in error" if kind.endswith("error") else "undated"}
    life.uses.append(Use(PRODUCTS["oxycodone 5"], day - 20, 1, 4, shapes=shapes))
    return True


def _order_in_error(life: Life, chance: Chance, kind: str) -> bool:
    life.uses.append(Use(PRODUCTS["baclofen 20"], chance.between(100, 900), 2, 4, shapes={"entered in error"}))
    return True


def _stop_without_day(life: Life, chance: Chance, kind: str) -> bool:
    ended = [use for use in _ours(life) if use.ending == "stopped"]
    replaced = [use.before for use in life.uses]
    alone = [use for use in ended if not any(use is one for one in replaced)]
    for use in alone[:1]:
        use.shapes = {*use.shapes, "stop without a day"}
    return bool(alone)


def _result(life: Life, chance: Chance, kind: str) -> bool:
    if not life.results:
        return False
    if kind == "result entered in error":
        life.results.append(Result(chance.between(100, LAST), 9, {"entered in error"}))
    elif kind == "micromoles":
        for result in life.results:
            result.shapes = {*result.shapes, kind}
    else:
        result = chance.pick(life.results)
        result.shapes = {*result.shapes, kind}
    return True


_KINDS: Mapping[str, Callable[[Life, Chance, str], bool]] = {
    "no code": _an_order,
    "words for directions": _an_order,
    "tablets": _all_orders,
    "directions as an object": _all_orders,
    "contained product": _an_order,
    "product of its own": _an_order,
    "opioid entered in error": _opioid,
    "opioid without a date": _opioid,
    "order entered in error": _order_in_error,
    "stop without a day": _stop_without_day,
    "result entered in error": _result,
    "micromoles": _result,
    "result without a unit": _result,
    "result as words": _result,
}
