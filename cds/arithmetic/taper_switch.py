"""Diazepam in place of a short-acting benzodiazepine: what it would come to, and whether something speaks against it.

Shown, never applied: equivalents differ twofold between sources, and so do patients. Where the range comes from and
the most a switch starts with are those of the check ``benzo-switch-long-acting``.
"""

from __future__ import annotations

from cds.arithmetic.equivalents import diazepam_per_day
from cds.arithmetic.rules import table
from cds.arithmetic.taper_types import Switch, TaperAsk
from cds.arithmetic.units import number_text
from cds.case import DailyDose, Known
from cds.knowledge.model import Knowledge

CHECK = "benzo-switch-long-acting"


def switch_to_diazepam(ask: TaperAsk, mg: float, knowledge: Knowledge) -> Switch | None:
    """The range for one of the drugs of the check; None for others, and for drugs without an equivalent."""
    check = knowledge.checks[CHECK]
    if ask.ingredient not in check.applies_to.ingredients:
        return None
    load = diazepam_per_day([(ask.ingredient, Known(DailyDose(mg, mg, "mg/d", "")))])
    sources = table("benzodiazepines")["equivalents"].get(ask.ingredient, {})
    if not load.complete or not sources:  # pragma: no cover (as in cds/checks/tapers_switch.py)
        return None
    cap = check.number("cap")
    start = min(load.low, cap)
    low, high = number_text(round(load.low, 1)), number_text(round(load.high, 1))
    words = f"{number_text(mg)} mg/day corresponds to diazepam {low} to {high} mg/day, by source"
    blocked = against(ask, knowledge)
    if not blocked:
        capped = f", not above {number_text(cap)} mg/day outside hospital" if load.low > cap else ""
        words += f"; a switch would start at {number_text(round(start, 1))} mg/day{capped}. Not part of this plan"
    printed = {source: (float(pair[0]), float(pair[1])) for source, pair in sources.items()}
    return Switch(load.low, load.high, start, printed, words, blocked)


def against(ask: TaperAsk, knowledge: Knowledge) -> str:
    """What speaks against diazepam in this patient, in words; "" for nothing that was named."""
    rules = table("taper")["diazepam"]
    if "age-65-or-over" in ask.risks:
        return str(rules["older"]["words"])
    named = {*knowledge.checks[CHECK].conditions, *rules["contraindicated"]["conditions"]}
    found = [id for id in ask.against_diazepam if id in named]
    if found:
        return f"{', '.join(id.replace('-', ' ') for id in found)}: diazepam is contraindicated or accumulates"
    return ""


def conditions_against(knowledge: Knowledge) -> tuple[str, ...]:
    """The concept ids that a caller may name as speaking against diazepam."""
    return (*knowledge.checks[CHECK].conditions, *table("taper")["diazepam"]["contraindicated"]["conditions"])
