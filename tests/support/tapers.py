"""A taper plan as the patient who follows it: cases in which its schedule, or its next step alone, is ordered."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from cds.arithmetic.dates import on
from cds.arithmetic.taper_products import marketed
from cds.arithmetic.taper_types import LIQUID, PACES, TABLET, Product, TaperAsk, TaperPlan
from cds.case import (
    Action,
    Concept,
    DailyDose,
    DoseStep,
    Drug,
    DrugUse,
    Ingredient,
    Known,
    Maybe,
    Order,
    Patient,
    PatientCase,
    Problem,
    Reason,
    Route,
    Setting,
    Unknown,
    When,
)
from cds.knowledge.load import load_knowledge

START = date(2026, 6, 3)
BENZODIAZEPINES = sorted(load_knowledge().terminology.ingredients_of_class("benzodiazepine"))
LISTED = ["baclofen", "diazepam", "clonazepam", "lorazepam", "alprazolam", "temazepam"]
# The risks as they stand on a problem list; the others are age or other drugs.
PROBLEM_OF = {
    "seizure-disorder": "epilepsy",
    "withdrawal-before": "withdrawal-seizure",
    "alcohol-use": "alcohol-use-disorder",
    "pregnancy": "pregnancy",
}
RISKS = ["age-65-or-over", *PROBLEM_OF]

_tablets = st.builds(
    Product, st.sampled_from([0.125, 0.25, 0.5, 1, 2, 2.5, 3, 5, 7.5, 10, 12, 15, 20, 25, 30]), st.just(TABLET),
    st.sampled_from([1, 2, 4]),
)  # fmt: skip
_liquids = st.builds(Product, st.sampled_from([0.5, 1.0, 2.0, 2.5, 5.0]), st.just(LIQUID))


@st.composite
def asks(draw: st.DrawFn) -> TaperAsk:
    """Any drug, dose, strengths, pace and risks that a planner could be asked for, credible or not quite."""
    ingredient = draw(st.sampled_from(["baclofen", *LISTED, *BENZODIAZEPINES]))
    own = list(marketed(ingredient))
    chosen = st.lists(st.one_of(_tablets, _liquids, *([st.sampled_from(own)] * 2 if own else [])), max_size=5)
    products = draw(st.one_of(st.just([]), chosen)) if own else draw(chosen)
    eighths = draw(st.one_of(st.integers(1, 80), st.integers(1, 800)))
    mg = draw(st.sampled_from([eighths / 8, eighths / 10, float(min(eighths, 120))]))
    floor = draw(st.sampled_from([0.0, 0.0, 0.0, mg / 2, 5.0]))
    return TaperAsk(
        ingredient=ingredient,
        mg_per_day=mg,
        times_per_day=draw(st.integers(1, 6)),
        start=START,
        taken_days=draw(st.sampled_from([None, 20, 60, 89, 90, 200, 365, 4000])),
        steady_days=draw(st.sampled_from([None, 0, 3, 6, 7, 13, 14, 100])),
        risks=tuple(draw(st.lists(st.sampled_from(RISKS), unique=True, max_size=3))),
        products=tuple(products),
        pace=draw(st.sampled_from(["", "", *PACES])),
        floor=floor if floor < mg else 0.0,
    )


def ordered_whole(ask: TaperAsk, plan: TaperPlan) -> PatientCase:
    """The whole schedule ordered on its first day, in place of what runs."""
    steps = [step for step in plan.steps if step.mg_per_day > 0]
    doses = tuple(
        DoseStep(step.mg_per_day, step.mg_per_day, None if step.days is None else float(step.days)) for step in steps
    )
    top = max(step.mg_per_day for step in steps)
    dose = DailyDose(min(step.mg_per_day for step in steps), top, "mg/d", "", steps=doses if len(doses) > 1 else ())
    return _case(ask, START, ask.mg_per_day or 0.0, _steady(ask, START), Known(dose), (), steps[-1].end)


def ordered_singly(ask: TaperAsk, plan: TaperPlan) -> list[PatientCase]:
    """Each reduction ordered alone on its day, the dose before it running, the higher ones ended."""
    found = []
    now, since = ask.mg_per_day or 0.0, _steady(ask, START)
    past: list[tuple[float, date]] = []
    for step in plan.steps:
        if step.rule == "hold":
            continue
        if step.mg_per_day:
            dose = Known(DailyDose(step.mg_per_day, step.mg_per_day, "mg/d", ""))
            found.append(_case(ask, step.start, now, since, dose, tuple(past), step.end))
        past.append((now, step.start))
        now, since = step.mg_per_day, Known(on(step.start))
    return found


def _steady(ask: TaperAsk, day: date) -> Maybe[When]:
    if ask.steady_days is None:
        return Unknown(Reason.ABSENT)
    return Known(on(day - timedelta(days=ask.steady_days)))


def _drug(ask: TaperAsk) -> Drug:
    return Drug(ask.ingredient, (Ingredient(ask.ingredient),), Route.ORAL, recognised_by="name")


def _case(
    ask: TaperAsk,
    day: date,
    now: float,
    since: Maybe[When],
    dose: Maybe[DailyDose],
    past: tuple[tuple[float, date], ...],
    end: date | None,
) -> PatientCase:
    started: Maybe[When] = Unknown(Reason.ABSENT)
    if ask.taken_days is not None:
        started = Known(on(START - timedelta(days=ask.taken_days)))
    running = Known(DailyDose(now, now, "mg/d", ""))
    use = DrugUse("MedicationRequest/m1", _drug(ask), (running,), started, since)
    ended = tuple(
        DrugUse(
            f"MedicationRequest/p{number}",
            _drug(ask),
            (Known(DailyDose(mg, mg, "mg/d", "")),),
            started,
            Unknown(Reason.ABSENT),
            ended=on(until),
        )
        for number, (mg, until) in enumerate(past)
    )
    order = Order(
        ref="MedicationRequest/d1",
        action=Action.CHANGE,
        drug=_drug(ask),
        doses=(dose,),
        replaces=("MedicationRequest/m1",),
        starts=on(day),
        planned_end=None if end is None else on(end),
        setting=Setting.COMMUNITY,
    )
    birth = date(1950, 1, 1) if "age-65-or-over" in ask.risks else date(1990, 1, 1)
    problems = tuple(Problem(Concept((PROBLEM_OF[id],), id), "active") for id in ask.risks if id in PROBLEM_OF)
    return PatientCase(
        as_of=day,
        phase="sign",
        patient=Patient(Known(on(birth)), Known("female")),
        orders=(order,),
        uses=(use,),
        past_uses=ended,
        problems=problems,
    )
