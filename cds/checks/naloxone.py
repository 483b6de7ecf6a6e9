"""Is there naloxone in the house of a patient on an opioid with another depressant?"""

from __future__ import annotations

from cds.case import DrugUse, Known, Order, Setting, Unknown
from cds.checks.levels import holds, unknown_for
from cds.checks.pairs import Pair, list_gaps, pairs
from cds.checks.registry import check
from cds.checks.words import seen
from cds.findings import Finding, Indicator, NotChecked, Outcome
from cds.knowledge.model import Check
from cds.view import Present, View, joined

PAIRS = ("opioid-benzodiazepine", "opioid-baclofen")


@check("naloxone-coprescribe")
def naloxone_coprescribe(view: View, check: Check) -> Outcome:
    """Fires for an adult outpatient with one of the opioid pairs, or with opioid use disorder, and no rescue on record.

    It shares the card of the pair. An unchanged renewal stays as quiet as the pair itself.
    """
    found = tuple(pair for id in PAIRS for pair in pairs(view, view.knowledge.checks[id]) if _counts(view, pair))
    items = tuple(dict.fromkeys(item for pair in found for item in pair))
    disorder = bool(view.problems(("opioid-use-disorder",))) and _orders_depressant(view)
    if not items and not disorder:
        return Outcome(check.id, (), list_gaps(view, check), (), "no opioid pair and no opioid use disorder")
    exempt = _exempt(view, check, items)
    if exempt is not None:
        return Outcome(check.id, why=exempt)
    rescue = _rescue(view, check)
    if rescue:
        return Outcome(check.id, (), (), (rescue,), "naloxone or nalmefene is on record")
    if isinstance(view.age, Unknown):
        return Outcome(check.id, (), unknown_for(check, (view.age,)), (), "age not known")
    return _fires(view, check, found, items)


def _counts(view: View, pair: Pair) -> bool:
    """A single procedural dose needs no naloxone at home; an order that only lowers a dose asks for none anew."""
    orders = [item for item in pair if item.subject]
    return not any(item.single_dose for item in pair) and not all(
        item.reduced and not _renewed(item) for item in orders
    )


def _renewed(item: Present) -> bool:
    return item.order is not None and item.order.action.value == "renew"


def _orders_depressant(view: View) -> bool:
    return any(
        item.subject and not item.single_dose
        for name in ("baclofen", "benzodiazepine", "opioid")
        for item in view.of_class(name)
    )


def _exempt(view: View, check: Check, items: tuple[Present, ...]) -> str | None:
    """Why naloxone is not asked for here, or None."""
    if isinstance(view.age, Known) and view.age.value[1] < check.number("age"):
        return "younger than the age from which naloxone is offered"
    if holds(view, "hospice", items) == Known(True):
        return "palliative or hospice care"
    orders = [order for order in view.subjects if order.action.value != "stop"]
    if orders and all(order.setting is Setting.INPATIENT for order in orders):
        return "inpatient orders only"
    return None


def _rescue(view: View, check: Check) -> str:
    """The rescue product on record, in words, or ""."""
    holders: list[Order | DrugUse] = [*view.case.orders, *view.case.uses, *view.case.past_uses]
    rescues = view.knowledge.terminology.ingredients_of_class("opioid-rescue")
    for holder in holders:
        ids = {ingredient.id for ingredient in holder.drug.ingredients}
        if ids and ids <= rescues and _recent(view, check, holder):
            return joined(view.name(id) for id in sorted(ids))
    return ""


def _recent(view: View, check: Check, holder: Order | DrugUse) -> bool:
    if isinstance(holder, Order):
        return holder.action.value != "stop"
    started = holder.started.value if isinstance(holder.started, Known) else None
    dates = [when.last for when in (started, holder.last_supplied, holder.ended) if when is not None]
    # an active order without a date is still on the list: it counts
    return (view.case.as_of - max(dates)).days <= check.number("lookback") if dates else holder.ended is None


def _fires(view: View, check: Check, found: tuple[Pair, ...], items: tuple[Present, ...]) -> Outcome:
    gaps = unknown_for(check, view.gaps("naloxone"), makes_card=False) + unknown_for(
        check, view.reported_empty("naloxone")
    )
    quiet = bool(found) and all(_quiet(view, pair) for pair in found)
    subjects = items or tuple(item for item in view.present if item.subject)
    opioids = [item for item in items if item in view.of_class("opioid")]
    finding = Finding(
        check=check.id,
        indicator=Indicator.SILENT if quiet else check.levels.base,
        wording="default" if opioids else "oud",
        values={
            "opioids": joined(view.name(item.ingredient) for item in opioids),
            "drugs": list(dict.fromkeys(item.ingredient for item in subjects)),
        },
        about=tuple(dict.fromkeys(item.ref for item in sorted(subjects, key=lambda item: not item.subject))),
        evidence=check.evidence,
        seen=tuple(seen(view, item) for item in subjects),
        because=("no naloxone or nalmefene on record in 24 months",),
        unknown=("earlier naloxone orders",) if view.gaps("naloxone") else (),
        shown=not quiet,
    )
    said: tuple[NotChecked, ...] = (*list_gaps(view, check), *gaps)
    return Outcome(check.id, (finding,), said, finding.seen, "no rescue on record")


def _quiet(view: View, pair: Pair) -> bool:
    """An unchanged opioid with baclofen makes no card, so neither does its naloxone."""
    settled = holds(view, "settled", pair) == Known(True)
    benzodiazepine = any(item in view.of_class("benzodiazepine") for item in pair)
    return settled and not benzodiazepine
