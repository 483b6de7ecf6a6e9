"""How many CNS depressants will be taken together (Beers 2023, table 5, and our own count below 65)."""

from __future__ import annotations

from cds.case import Known, Unknown
from cds.checks.levels import level, unknown_for
from cds.checks.pairs import list_gaps
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, Indicator, NotChecked, Outcome
from cds.knowledge.model import Check, Side
from cds.view import Present, View, joined


@check("cns-depressant-load")
def cns_depressant_load(view: View, check: Check) -> Outcome:
    """Count distinct ingredients: the Beers list from 65 on, sedating drugs from 18 to 64.

    The question is asked only when baclofen or a benzodiazepine is among those counted and an order of this call adds
    to the count. An unknown age is answered as far as both rules agree.
    """
    beers, sedating = counted(view, check, check.one), counted(view, check, check.other)
    if not any(item.subject for item in (*beers, *sedating)):
        return Outcome(check.id, why="no order of this call adds to the count")
    not_checked = list_gaps(view, check)
    if not has_target(view, (*beers, *sedating)):
        return Outcome(check.id, (), not_checked, (), "neither baclofen nor a benzodiazepine is in the count")
    if isinstance(view.age, Unknown):
        not_checked += unknown_for(check, (view.age,))
    looked = tuple(seen(view, item) for item in dict.fromkeys((*beers, *sedating)))
    answer = _answer(view, check, beers, sedating)
    if answer is None:
        return Outcome(check.id, (), not_checked, looked, "fewer than the limit")
    indicator, items, rule = answer
    finding, more = _finding(view, check, indicator, items, rule)
    return Outcome(check.id, (finding,), (*not_checked, *more), looked, f"{len(items)} counted: {rule}")


def counted(view: View, check: Check, side: Side) -> tuple[Present, ...]:
    """One drug per ingredient of a side, without single doses and without as-needed drugs not used lately."""
    found: dict[str, Present] = {}
    for item in view.on_side(side):
        if not item.single_dose and _used_lately(view, check, item):
            found.setdefault(item.ingredient, item)
    return tuple(found.values())


def has_target(view: View, items: tuple[Present, ...]) -> bool:
    """Whether baclofen or a benzodiazepine is among them."""
    return any(item in view.of_class(name) for name in ("baclofen", "benzodiazepine") for item in items)


def _used_lately(view: View, check: Check, item: Present) -> bool:
    if item.order is not None or item.use is None or not (isinstance(item.dose, Known) and item.dose.value.prn):
        return True
    started = item.use.started.value if isinstance(item.use.started, Known) else None
    dates = [when.last for when in (started, item.use.last_supplied) if when is not None]
    return not dates or (view.case.as_of - max(dates)).days <= check.number("prn_days")


def _answer(
    view: View, check: Check, beers: tuple[Present, ...], sedating: tuple[Present, ...]
) -> tuple[Indicator, tuple[Present, ...], str] | None:
    """The level, the drugs counted and the rule; with an unknown age the weaker of the rules that hold."""
    youngest, oldest = view.age.value if isinstance(view.age, Known) else (int(check.number("adult")), 200)
    answers = []
    if oldest >= check.number("age"):
        hit = len(beers) >= check.number("beers")
        answers.append((Indicator.WARNING, beers, "Beers 2023, age 65 or over") if hit else None)
    if youngest < check.number("age") and oldest >= check.number("adult"):
        answers.append(_below_65(check, sedating))
    hits = [answer for answer in answers if answer is not None]
    return min(hits, key=lambda answer: answer[0]) if hits and len(hits) == len(answers) else None


def _below_65(check: Check, sedating: tuple[Present, ...]) -> tuple[Indicator, tuple[Present, ...], str] | None:
    many = len(sedating)
    if many >= check.number("sedating_warning"):
        return Indicator.WARNING, sedating, "our own count below 65"
    return (Indicator.INFO, sedating, "our own count below 65") if many >= check.number("sedating_info") else None


def _finding(
    view: View, check: Check, indicator: Indicator, items: tuple[Present, ...], rule: str
) -> tuple[Finding, tuple[NotChecked, ...]]:
    at = level(view, check, items)
    indicator = min(indicator, at.indicator)
    ordered = sorted(items, key=lambda item: not item.subject)
    finding = Finding(
        check=check.id,
        indicator=indicator,
        wording="default",
        values={
            "count": len(items),
            "names": joined(view.name(item.ingredient) for item in ordered),
            "drugs": [item.ingredient for item in ordered],
            "age_rule": rule,
        },
        about=tuple(dict.fromkeys(item.ref for item in ordered)),
        evidence=check.evidence,
        seen=tuple(seen(view, item) for item in ordered),
        because=(f"{len(items)} drugs, {rule}", *at.because),
        unknown=at.unknown,
        shown=indicator is not Indicator.SILENT,
    )
    return finding, at.not_checked
