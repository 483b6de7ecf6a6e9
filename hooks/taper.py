"""The taper planner for callers: a JSON question in, a JSON answer out, the same over HTTP and at a terminal.

The schemas are ``schema/taper-request.schema.json`` and ``taper-response.schema.json``. No patient is named, nothing
is stored. A drug that has no plan refuses the whole question: half an answer could be taken for a whole one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from cds.arithmetic.rules import table, using
from cds.arithmetic.taper import PLANNED, plan_tapers
from cds.arithmetic.taper_products import marketed
from cds.arithmetic.taper_rules import known_risks
from cds.arithmetic.taper_switch import conditions_against
from cds.arithmetic.taper_types import (
    LIQUID,
    PACES,
    TABLET,
    Amount,
    Pause,
    Product,
    Switch,
    TaperAsk,
    TaperPlan,
    TaperRefused,
    TaperStep,
)
from cds.arithmetic.taper_words import directions, step_text
from cds.case import Route
from cds.chart import Coded
from cds.knowledge.model import Knowledge
from hooks.errors import Issue, Refused, refused
from hooks.explain import schema_faults

Json = dict[str, Any]

REVIEW = "Not reviewed by a licensed clinician. A draft to be adapted to the patient at each step."
_REMEDY = "Change the question, or plan it with a specialist"


def answer(question: object, knowledge: Knowledge, today: date) -> Json:
    """The plans for a question. Raises ``Refused``: 400 for what does not fit the schema, 422 for what has no plan."""
    if faults := schema_faults(question, "taper-request", "does not fit the schema of the taper planner"):
        raise Refused(400, *faults)
    assert isinstance(question, dict)  # noqa: S101 (the schema says so)
    asks = _asks(question, knowledge, today)
    with using(knowledge.tables):
        plans = plan_tapers(asks, knowledge)
    issues = [
        Issue(f"drugs.{at}", plan.reason, _REMEDY, "business-rule")
        for at, plan in enumerate(plans)
        if isinstance(plan, TaperRefused)
    ]
    if issues:
        raise Refused(422, *issues)
    return {
        "plans": [_plan(plan, knowledge) for plan in plans if isinstance(plan, TaperPlan)],
        "knowledgeVersion": knowledge.version,
        "review": REVIEW,
    }


def choices(knowledge: Knowledge) -> Json:
    """What a page can offer: drugs, their listed tablets, risks, paces, and conditions against diazepam."""
    known = knowledge.terminology
    ids = sorted({id for name in PLANNED for id in known.ingredients_of_class(name)})
    risks = table("taper")["risks"]
    return {
        "drugs": [{"drug": id, "strengths": [_product(product) for product in marketed(id)]} for id in ids],
        "risks": [{"id": id, "words": risks[id]["words"], "pace": risks[id]["pace"]} for id in known_risks()],
        "paces": list(PACES),
        "againstDiazepam": list(conditions_against(knowledge)),
    }


# -- the question -----------------------------------------------------------------------------------------------------


def _asks(question: Mapping[str, Any], knowledge: Knowledge, today: date) -> list[TaperAsk]:
    start = _date(question["start"]) if "start" in question else today
    shared: dict[str, Any] = {
        "start": start,
        "risks": tuple(question.get("risks", ())),
        "against_diazepam": tuple(question.get("againstDiazepam", ())),
        "beside": _all_ingredients(question, "beside", knowledge),
        "tapered_beside": _all_ingredients(question, "taperedBeside", knowledge),
        "supply_days": question.get("supplyDays"),
    }
    unknown = set(shared["against_diazepam"]) - set(conditions_against(knowledge))
    if unknown:
        raise refused(
            400, "againstDiazepam", "a condition is not known here", "Send ids that GET /taper lists", "value"
        )
    return [_ask(drug, at, shared, knowledge) for at, drug in enumerate(question["drugs"])]


def _ask(drug: Mapping[str, Any], at: int, shared: Mapping[str, Any], knowledge: Knowledge) -> TaperAsk:
    found = knowledge.terminology.recognise_drug(Coded(text=drug["drug"]))
    named = [ingredient.id for ingredient in found.ingredients]
    if len(named) > 1 or found.conflict:
        raise refused(422, f"drugs.{at}.drug", "names more than one drug", "Name one drug", "business-rule")
    route = Route(drug.get("route", Route.ORAL))
    if found.route is Route.INTRATHECAL:  # a brand of the pump says so by itself
        route = Route.INTRATHECAL
    return TaperAsk(
        ingredient=named[0] if named else "",
        mg_per_day=float(drug["dose"]),
        times_per_day=drug["times"],
        taken_days=drug.get("takenDays"),
        steady_days=drug.get("steadyDays"),
        products=_products(drug.get("strengths", ()), named[0] if named else ""),
        pace=drug.get("pace", ""),
        floor=float(drug.get("floor", 0)),
        pauses=tuple(Pause(pause["afterStep"], pause["days"]) for pause in drug.get("pauses", ())),
        route=route,
        extended_release=bool(drug.get("extendedRelease")) or found.extended_release,
        **shared,
    )


def _products(strengths: Iterable[Mapping[str, Any]], ingredient: str) -> tuple[Product, ...]:
    """As said; how a tablet may be divided is taken from the listed ones, else it stays whole."""
    listed = {product.mg: product.parts for product in marketed(ingredient) if product.kind == TABLET}
    return tuple(
        Product(
            float(item["mg"]),
            LIQUID if item.get("kind") == LIQUID else TABLET,
            item.get("parts", listed.get(float(item["mg"]), 1)),
        )
        for item in strengths
    )


def _all_ingredients(question: Mapping[str, Any], key: str, knowledge: Knowledge) -> tuple[str, ...]:
    """Ingredients of the drugs named; one that cannot be read is refused, it could be an opioid."""
    found: list[str] = []
    for at, name in enumerate(question.get(key, ())):
        drug = knowledge.terminology.recognise_drug(Coded(text=name))
        if not drug.ingredients:
            raise refused(422, f"{key}.{at}", "this drug is not known here", "Name its ingredient", "business-rule")
        found += [ingredient.id for ingredient in drug.ingredients]
    return tuple(dict.fromkeys(found))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise refused(400, "start", "is no date", "Send the first day as YYYY-MM-DD", "value") from None


# -- the answer -------------------------------------------------------------------------------------------------------


def _plan(plan: TaperPlan, knowledge: Knowledge) -> Json:
    last_taken = max((step.number for step in plan.steps if step.takes), default=0)
    return {
        "drug": plan.ingredient,
        "name": plan.name,
        "start": plan.start.isoformat(),
        "from": plan.from_mg,
        "floor": plan.floor,
        "floorReason": plan.floor_reason,
        "days": plan.days,
        "pace": {"id": plan.pace, "words": plan.pace_words},
        "basis": plan.basis,
        "steps": [_step(plan, step, ends=step.number == last_taken and step.end is not None) for step in plan.steps],
        "supplies": [
            {
                "start": supply.start.isoformat(),
                "end": supply.end.isoformat(),
                "days": supply.days,
                "needed": _amounts(supply.needed),
                "dispense": _amounts(supply.dispense),
            }
            for supply in plan.supplies
        ],
        "total": _amounts(plan.total),
        "warnings": [
            {"code": item.code, "words": item.words, "basis": item.basis, "evidence": list(item.evidence)}
            for item in plan.warnings
        ],
        "evidence": [{"id": id, "citation": knowledge.evidence[id].citation} for id in plan.evidence],
        "switch": _switch(plan.switch),
        "directions": _directions(plan),
    }


def _step(plan: TaperPlan, step: TaperStep, *, ends: bool) -> Json:
    return {
        "number": step.number,
        "start": step.start.isoformat(),
        "end": step.end.isoformat() if step.end else None,
        "days": step.days,
        "before": step.before,
        "dose": step.mg_per_day,
        "reduction": step.reduction,
        "percent": round(step.percent, 1),
        "rule": step.rule,
        "ruleWords": step.rule_words,
        "exempt": step.exempt,
        "takes": [{"slot": take.slot, "dose": take.mg, "amounts": _amounts(take.amounts)} for take in step.takes],
        "perDay": _amounts(step.per_day),
        "text": step_text(plan.name, step, ends=ends),
    }


def _directions(plan: TaperPlan) -> list[Json]:
    return [
        {
            "sequence": item.sequence,
            "text": item.text,
            "patient": item.patient,
            "dose": item.dose,
            "frequency": item.frequency,
            "start": item.starts.isoformat(),
            "end": item.ends.isoformat() if item.ends else None,
            "days": item.days,
            "slots": list(item.slots),
            "amounts": _amounts(item.amounts),
        }
        for item in directions(plan)
    ]


def _switch(switch: Switch | None) -> Json | None:
    if switch is None:
        return None
    return {
        "low": switch.low,
        "high": switch.high,
        "start": switch.start,
        "words": switch.words,
        "blocked": switch.blocked,
        "sources": [{"id": id, "low": low, "high": high} for id, (low, high) in switch.sources.items()],
    }


def _amounts(amounts: Iterable[Amount]) -> list[Json]:
    return [{**_product(amount.product, parts=False), **_count(amount)} for amount in amounts]


def _count(amount: Amount) -> Json:
    return {"count": amount.count, "unit": "tablets" if amount.product.kind == TABLET else "mL"}


def _product(product: Product, *, parts: bool = True) -> Json:
    said: Json = {"mg": product.mg, "kind": product.kind}
    return {**said, "parts": product.parts} if parts else said
