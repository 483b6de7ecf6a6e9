"""How drugs and doses are put into words, the same on every card."""

from __future__ import annotations

from cds.case import Action, DailyDose, Known, Maybe, Unknown
from cds.view import Present, View, day, number

_UNITS = {"mg/d": "mg/day", "ug/d": "mcg/day", "ug/h": "mcg/h"}


def dose_words(dose: Maybe[DailyDose]) -> str:
    """ "30 mg/day", "10–40 mg/day", or "dose not known"."""
    if isinstance(dose, Unknown):
        return "dose not known"
    value = dose.value
    unit = _UNITS.get(value.unit, value.unit)
    span = number(value.high) if value.low == value.high else f"{number(value.low)}–{number(value.high)}"
    return f"{span} {unit}"


def seen(view: View, item: Present) -> str:
    """One drug as a card shows it: name, arithmetic, daily dose, and since when or by which order."""
    words = view.words.get(item)
    if words is None:
        words = view.words[item] = _seen(view, item)
    return words


def _seen(view: View, item: Present) -> str:
    parts = [view.name(item.ingredient)]
    if isinstance(item.dose, Known):
        working = item.dose.value.working
        total = dose_words(item.dose)
        parts.append(f"{working} = {total}" if working and working != total else total)
    else:
        parts.append(dose_words(item.dose))
    return f"{' '.join(parts)} ({origin(view, item)})"


_ORDER_WORDS = {
    Action.START: "this order",
    Action.CHANGE: "this change",
    Action.RENEW: "this renewal",
    Action.STOP: "this stop",
}


def origin(view: View, item: Present) -> str:
    """Where we know a drug from: this order, or the list, since when; and if only its name told us."""
    if item.order is not None:
        words = _ORDER_WORDS[item.order.action] if item.subject else "another draft order"
    elif item.use is not None and isinstance(item.use.started, Known):
        words = f"taking since {day(item.use.started.value)}"
    else:
        words = "on the medication list"
    if item.drug.recognised_by in ("name", "brand"):
        words += ", recognised by name"
    if item.drug.conflict:
        words += ", code and name disagree"
    return words
