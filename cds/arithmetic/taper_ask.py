"""Whether a taper can be planned for what is asked: the reasons not to, each in one sentence."""

from __future__ import annotations

import math

from cds.arithmetic.rules import numbers
from cds.arithmetic.taper_products import MOST_TIMES
from cds.arithmetic.taper_rules import known_risks
from cds.arithmetic.taper_types import LIQUID, PACES, TABLET, Product, TaperAsk, TaperRefused
from cds.case import Route
from cds.knowledge.model import Knowledge

PLANNED = ("baclofen", "benzodiazepine")  # the classes a taper is planned for
_SMALLEST, _LARGEST = 0.1, 200.0  # mg per tablet or mL: beyond these no product of these drugs is credible
_MOST_PRODUCTS = 10
_LONGEST_PAUSE = 366  # days


def refusal(ask: TaperAsk, knowledge: Knowledge) -> TaperRefused | None:
    """The first reason not to plan, or None."""
    for look in (_drug, _others, _dose, _choices, _products):
        said = look(ask, knowledge)
        if said is not None:
            return TaperRefused(*said)
    return None


_Said = tuple[str, str] | None


def _drug(ask: TaperAsk, knowledge: Knowledge) -> _Said:
    known = knowledge.terminology
    if known.ingredient(ask.ingredient) is None:
        return "unknown-drug", "this drug is not known here"
    if ask.ingredient in known.ingredients_of_class("opioid"):
        return (
            "opioid",
            "opioid tapers are not planned here; an opioid and a benzodiazepine are never tapered together",
        )
    if not any(ask.ingredient in known.ingredients_of_class(name) for name in PLANNED):
        return "not-planned", "tapers are planned for baclofen and benzodiazepines only"
    if ask.route is Route.INTRATHECAL:
        return "intrathecal", (
            "intrathecal baclofen is never tapered by a schedule: interruption can kill, "
            "and the dose is lowered by the pump team, under observation"
        )
    if ask.route is not Route.ORAL:
        return "route", "a taper is planned for a drug that is known to be swallowed"
    if ask.extended_release:
        return "extended-release", "extended-release tablets are not divided: change to immediate release first"
    return None


def _others(ask: TaperAsk, knowledge: Knowledge) -> _Said:
    opioids = knowledge.terminology.ingredients_of_class("opioid")
    benzodiazepines = knowledge.terminology.ingredients_of_class("benzodiazepine")
    lowered = set(ask.tapered_beside) - {ask.ingredient}
    if ask.ingredient in benzodiazepines and opioids & lowered:
        return (
            "opioid-tapered",
            "an opioid is being lowered: finish or hold that first, one at a time",
        )
    if lowered & (benzodiazepines | knowledge.terminology.ingredients_of_class("baclofen")):
        return "other-tapered", "another of these drugs is being lowered: one at a time (our own rule)"
    return None


def _dose(ask: TaperAsk, knowledge: Knowledge) -> _Said:
    if ask.mg_per_day is None:
        return "dose-unknown", "the daily dose is not known"
    largest = numbers("taper")["largest_dose"]
    if not (math.isfinite(ask.mg_per_day) and 0 < ask.mg_per_day <= largest):
        return "dose-unknown", f"the daily dose must be above 0 and at most {largest:g} mg"
    if ask.times_per_day is None or not 1 <= ask.times_per_day <= MOST_TIMES:
        return "times-unknown", f"how often a day it is taken must be known: 1 to {MOST_TIMES} times"
    if not (math.isfinite(ask.floor) and 0 <= ask.floor < ask.mg_per_day):
        return "floor", "the dose to end at must be 0 or more, and below the present dose"
    if any(days is not None and days < 0 for days in (ask.taken_days, ask.steady_days)):
        return "duration", "a time on the drug cannot be negative"
    return None


def _choices(ask: TaperAsk, knowledge: Knowledge) -> _Said:
    if ask.pace and ask.pace not in PACES:
        return "pace", f"the pace must be one of {', '.join(PACES)}"
    unknown = set(ask.risks) - set(known_risks())
    if unknown:
        return "risk", f"a risk is not known here; known are {', '.join(known_risks())}"
    if any(pause.after < 1 or not 1 <= pause.days <= _LONGEST_PAUSE for pause in ask.pauses):
        return "pause", f"a pause follows a step (from 1 on) and lasts 1 to {_LONGEST_PAUSE} days"
    if ask.supply_days is not None and not 1 <= ask.supply_days <= 366:
        return "supply", "a supply lasts 1 to 366 days"
    return None


def _products(ask: TaperAsk, knowledge: Knowledge) -> _Said:
    if len(ask.products) > _MOST_PRODUCTS:
        return "strengths", f"at most {_MOST_PRODUCTS} strengths"
    if not all(_credible(product) for product in ask.products):
        return "strengths", f"a strength must be {_SMALLEST:g} to {_LARGEST:g} mg, and a tablet come in 1, 2 or 4 parts"
    largest = max((product.mg for product in ask.products if product.kind == TABLET), default=None)
    most = numbers("taper")["most_tablets"]
    if largest is not None and (ask.mg_per_day or 0.0) > largest * most:
        return "strengths", f"the present dose would be more than {most:g} of the largest tablet: a slip?"
    return None


def _credible(product: Product) -> bool:
    if product.kind not in (TABLET, LIQUID) or not math.isfinite(product.mg):
        return False
    whole = abs(product.mg * 1000 - round(product.mg * 1000)) < 1e-6
    return whole and _SMALLEST <= product.mg <= _LARGEST and product.parts in (1, 2, 4)
