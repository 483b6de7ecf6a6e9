"""A taper in the place of a stop, or of a taper that is too fast: planned from what is taken now.

The planner (``cds.arithmetic.taper``) decides; here it is asked with what the case knows. First with the tablets of the
very order; if they make no step that is small enough, with all that are marketed, and then the order names the drug
without a strength.
"""

from __future__ import annotations

import msgspec

from cds.arithmetic.taper import plan_taper
from cds.arithmetic.taper_rules import known_risks
from cds.arithmetic.taper_types import Product, TaperAsk, TaperPlan
from cds.arithmetic.taper_words import directions
from cds.arithmetic.writable import parts_of, tablet_strength
from cds.case import Action, DailyDose, DrugUse, Known, Maybe, PatientCase, Unknown, When
from cds.chart import Amount, Coded, Coding, DosageFact, MedicationFact, Timing
from cds.checks.levels import holds
from cds.proposals.drafts import RXNORM, UCUM, Draft
from cds.proposals.model import Taper
from cds.proposals.trial import Call
from cds.terminology.model import IngredientInfo
from cds.view import View

MOST_STEPS = 60  # instructions in one order: more nobody reads


def taper_for(call: Call, draft: Draft) -> Taper | None:
    """The schedule for what the draft stops or lowers; None when there is none to be planned."""
    use = _only_use(call.case, draft)
    dose = _plain(use.doses) if use is not None else None
    if use is None or dose is None:
        return None
    ask = _ask(call, draft, use, dose)
    strength = tablet_strength(use.drug)
    if strength is not None:
        own = (Product(strength, parts=parts_of(ask.ingredient, strength)),)
        plan = plan_taper(msgspec.structs.replace(ask, products=own), call.knowledge)
        if isinstance(plan, TaperPlan) and not plan.floor:
            return _taper(plan, None)
    plan = plan_taper(ask, call.knowledge)
    info = call.knowledge.terminology.ingredient(ask.ingredient)
    if not isinstance(plan, TaperPlan) or info is None or not info.rxnorm:
        return None
    return _taper(plan, info)


def with_taper(fact: MedicationFact, taper: Taper) -> MedicationFact:
    """The resource with the schedule, as it would be read after the change."""
    route = fact.dosages[0].route if fact.dosages else Coded()
    dosages = tuple(
        DosageFact(
            sequence=each.sequence,
            text=each.text,
            timing=Timing(
                frequency=float(each.frequency),
                period=1.0,
                period_unit="d",
                bounds_start=When(each.starts, each.starts),
                bounds_end=When(each.ends, each.ends) if each.ends else None,
            ),
            route=route,
            dose=Amount(each.dose, "mg", "mg", UCUM),
        )
        for each in taper.directions
    )
    status = "active" if fact.status in ("stopped", "cancelled", "on-hold") else fact.status
    changed = msgspec.structs.replace(
        fact, status=status, dosages=dosages, effective_end=None, supply=None, quantity=None, repeats=None
    )
    if taper.anew is not None:
        code, name = taper.anew
        drug = Coded((Coding(RXNORM, code, name),), name)
        changed = msgspec.structs.replace(changed, drug=drug, form=Coded(), ingredients=())
    return changed


def _taper(plan: TaperPlan, info: IngredientInfo | None) -> Taper | None:
    found = directions(plan)
    anew = (info.rxnorm, info.name) if info is not None else None
    return Taper(plan, found, anew) if len(found) <= MOST_STEPS else None


def taperable(case: PatientCase, draft: Draft) -> bool:
    """Whether the draft stops or lowers one running drug, and can be written as its taper."""
    order = draft.order
    if order.action is Action.STOP:
        return draft.fact.status in ("stopped", "cancelled", "on-hold") and draft.recorded
    lowering = order.action is Action.CHANGE and order.linked and draft.fact.status in ("draft", "active", "")
    return lowering and _only_use(case, draft) is not None


def _only_use(case: PatientCase, draft: Draft) -> DrugUse | None:
    """The one treatment that the draft stops or lowers: of one ingredient, and the same as the draft's."""
    names = {draft.order.ref, *draft.order.replaces}
    uses = [use for use in case.uses if names.intersection(use.names)]
    if len(uses) != 1 or len(uses[0].drug.ingredients) != 1:
        return None
    mine = [item.id for item in draft.order.drug.ingredients]
    return uses[0] if mine in ([], [uses[0].drug.ingredients[0].id]) else None


def _plain(doses: tuple[Maybe[DailyDose], ...]) -> DailyDose | None:
    """The daily dose in mg when it is one plain dose every day."""
    dose = doses[0]
    if isinstance(dose, Unknown) or dose.value.unit != "mg/d" or dose.value.steps or dose.value.caveat:
        return None
    return dose.value if not dose.value.prn and dose.value.low == dose.value.high else None


def _ask(call: Call, draft: Draft, use: DrugUse, dose: DailyDose) -> TaperAsk:
    view = View(call.case, call.knowledge, call.hook)
    ingredient = use.drug.ingredients[0].id
    answers = {id: holds(view, id, ()) for id in known_risks() if id in call.knowledge.facts}
    risks = tuple(id for id, answer in answers.items() if answer == Known(True))
    unsure = any(isinstance(answer, Unknown) for answer in answers.values())
    others = {item.ingredient for item in view.present if item.ingredient != ingredient}
    lowered = {item.ingredient for item in view.present if item.reduced and item.ref != draft.order.ref}
    lowered |= {i.id for order in view.stops if order is not draft.order for i in order.drug.ingredients}
    times = dose.times_per_day
    return TaperAsk(
        ingredient=ingredient,
        mg_per_day=dose.high,
        times_per_day=round(times) if times is not None and times == round(times) else None,
        start=call.case.as_of,
        taken_days=_days(call.case, use.started),
        steady_days=_days(call.case, use.unchanged_since),
        risks=risks,
        pace="slow" if unsure and not risks else "",  # what is not known is not taken for harmless
        route=use.drug.route,
        extended_release=use.drug.extended_release,
        beside=tuple(sorted(others)),
        tapered_beside=tuple(sorted(lowered - {ingredient})),
    )


def _days(case: PatientCase, when: Maybe[When]) -> int | None:
    if isinstance(when, Unknown):
        return None
    days = (case.as_of - when.value.last).days
    return days if days >= 0 else None
