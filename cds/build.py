"""From facts to a case: ``build_case`` recognises, computes and joins what a ``Chart`` holds into a ``PatientCase``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from operator import is_
from typing import TypeVar, cast

import msgspec

from cds.allergies import allergies, allergy_gaps
from cds.arithmetic.told import MAX_TEXT, Told, tell
from cds.case import Concept, Order, PatientCase, Reason, Setting, Unknown
from cds.chart import EVERYTHING, Amount, Chart, Coded, Wanted
from cds.discharge import Leaving, is_home_drug, leaving, omissions
from cds.labs import is_ours, labs
from cds.person import category_setting, current_setting, encounter_setting, patient, problems, procedures, requested
from cds.pump import pump_dates
from cds.reconcile import Draft, Running, reconcile
from cds.terminology import Terminology
from cds.uses import MOST_AT_ONCE, ended_today, ends_today, lapsed, treatments

T = TypeVar("T")

LISTS = ("medications",)
# A basket has a handful of orders; each is compared with all others and with the list. More are a fault, or an attack.
MOST_DRAFTS = 100


class _Medicines(msgspec.Struct, frozen=True):
    """What is ordered, what is taken, what was taken, and what of these could not be looked at."""

    orders: tuple[Order, ...]
    running: tuple[Running, ...]
    over: tuple[Running, ...]
    left_out: int
    beyond: tuple[Unknown, ...]
    list_gaps: tuple[Unknown, ...] = ()


def wanted_by(terminology: Terminology, phase: str) -> Wanted:
    """What of a record ``build_case`` will look at: the readers need not work out the rest.

    A discharge list is compared with the home drugs as a whole, so of it every medicine is wanted.
    """

    def medicine(drug: Coded, ingredients: tuple[tuple[Coded, Amount | None, Amount | None], ...]) -> bool:
        known = terminology.recognise_drug(drug, ingredients=ingredients)
        return bool(known.ingredients) or not known.readable

    def observation(code: Coded) -> bool:
        return is_ours(terminology.lab_kind(code))

    def problem(code: Coded) -> bool:
        return bool(terminology.recognise_condition(code).ids or terminology.recognise_allergy_problem(code).ids)

    return Wanted(EVERYTHING.medicine if phase == "discharge" else medicine, problem, observation)


def build_case(
    chart: Chart, *, as_of: date, phase: str, terminology: Terminology, encounter_id: str = ""
) -> PatientCase:
    """One patient, one moment, one set of drafts, from the facts of a call.

    ``as_of`` is the clinical today; ``phase`` says where in prescribing the call stands ("select", "sign", ...). In
    the phase "discharge" the orders are the discharge list of the encounter of that id, and what it has lost. Odd
    facts raise nothing: what cannot be used becomes Unknown, or is left out when it tells of no treatment at all.
    """
    setting = current_setting(chart.encounters, as_of)
    conditions, told = chart.problems, chart.procedures
    if phase == "discharge":
        setting = Setting.DISCHARGE
        medicines = _at_discharge(chart, leaving(chart, encounter_id, as_of), terminology)
    else:
        medicines = _at_prescribing(chart, setting, as_of, terminology, refill=phase == "refill")
    return PatientCase(
        as_of=as_of,
        phase=phase,
        patient=patient(chart.patient, as_of, chart.gaps.get("patient", ())),
        orders=medicines.orders,
        uses=tuple(item.use for item in medicines.running),
        past_uses=tuple(item.use for item in medicines.over),
        problems=_once(chart, "problems", (conditions,), lambda: problems(conditions, terminology)),
        labs=_once(chart, "labs", (chart.observations,), lambda: labs(chart.observations, terminology)),
        procedures=_once(chart, "procedures", (told,), lambda: procedures(told, terminology)),
        allergies=_once(
            chart,
            "allergies",
            (chart.allergies, conditions),
            lambda: allergies(chart.allergies, conditions, terminology),
        ),
        setting=setting,
        pump_dates=pump_dates(chart, terminology, as_of),
        gaps=_gaps(chart, medicines, phase, terminology),
        requested=_once(chart, "requested", (told,), lambda: requested(told, terminology)),
        unreadable_orders=(*chart.unreadable_orders, *medicines.beyond),
    )


def _once(chart: Chart, name: str, facts: tuple[object, ...], make: Callable[[], T]) -> T:
    """What these very facts of a chart come to: made once, however often the case is built."""
    known = chart.made.get(name)
    if known is not None and len(known[0]) == len(facts) and all(map(is_, known[0], facts)):
        return cast(T, known[1])
    made = make()
    chart.made[name] = (facts, made)
    return made


def _at_prescribing(
    chart: Chart, setting: Setting, as_of: date, terminology: Terminology, *, refill: bool
) -> _Medicines:
    """The drafts of the call against what runs; a refill also takes up what ended a short while ago."""
    on_list = tuple(fact for fact in chart.medications if not fact.draft)
    told = partial(tell, terminology=terminology, as_of=as_of)
    listed = _once(chart, f"listed {as_of}", on_list, lambda: treatments(map(told, on_list), as_of))
    ordered = [told(fact) for fact in chart.medications if fact.draft]
    drafts = [_draft(item, chart, setting, terminology) for item in _looked_at(ordered)]
    taken_up = lapsed(listed, ordered, as_of) if refill else ()
    resumed = _names(taken_up)
    known = (*listed.running, *taken_up, *(item for item in listed.over if item.name not in resumed))
    result = reconcile(drafts, known, as_of=as_of, list_seen=_seen(chart), instead=refill)
    revived = _names(result.revived)
    again = (*taken_up, *(ends_today(item, as_of) for item in listed.over if item.name in revived))
    gone = revived | resumed
    return _Medicines(
        orders=result.orders,
        running=(*listed.running, *again),
        over=tuple(item for item in listed.over if item.name not in gone),
        left_out=listed.left_out,
        beyond=_beyond(ordered),
    )


def _at_discharge(chart: Chart, left: Leaving, terminology: Terminology) -> _Medicines:
    """The discharge list against the home drugs. What was given on the ward only has ended."""
    as_of = left.stay.as_of
    listed = treatments([tell(fact, terminology, as_of) for fact in left.others], as_of)
    on_list = [tell(fact, terminology, as_of) for fact in left.on_list]
    drafts = [
        msgspec.structs.replace(_draft(item, chart, Setting.DISCHARGE, terminology), setting=Setting.DISCHARGE)
        for item in _looked_at(on_list)
    ]
    result = reconcile(drafts, listed.running, as_of=as_of, list_seen=_seen(chart), instead=True)
    carried = {name for order in result.orders for name in order.replaces}
    home = [item for item in listed.running if is_home_drug(item, left.stay)]
    going_on = [item for item in listed.running if item in home or item.name in carried]
    gaps = left.gaps
    if any(not item.drug.readable for item in on_list):
        gaps += (Unknown(Reason.UNKNOWN_DRUG, "a medicine on the discharge list could not be named"),)
    return _Medicines(
        orders=(*result.orders, *(() if gaps else omissions(home, on_list, result.orders))),
        running=tuple(going_on),
        over=(*listed.over, *(ended_today(item, as_of) for item in listed.running if item not in going_on)),
        left_out=listed.left_out,
        beyond=_beyond(on_list),
        list_gaps=gaps,
    )


def _names(items: Iterable[Running]) -> set[str]:
    return {item.name for item in items}


def _looked_at(drafts: Sequence[Told]) -> Sequence[Told]:
    """All drafts; of absurdly many some of every drug, so that many of one drug never hide another."""
    if len(drafts) <= MOST_DRAFTS:
        return drafts
    met: Counter[frozenset[str]] = Counter()
    ranked: list[tuple[int, Told]] = []
    for item in sorted(drafts, key=lambda item: not item.fact.selected):
        ranked.append((met[item.ingredients], item))
        met[item.ingredients] += 1
    return [item for _, item in sorted(ranked, key=lambda pair: pair[0])[:MOST_DRAFTS]]


def _beyond(drafts: Sequence[Told]) -> tuple[Unknown, ...]:
    if len(drafts) <= MOST_DRAFTS:
        return ()
    return (Unknown(Reason.TRUNCATED, f"only {MOST_DRAFTS} orders of the call were looked at"),)


def _gaps(
    chart: Chart, medicines: _Medicines, phase: str, terminology: Terminology
) -> Mapping[str, tuple[Unknown, ...]]:
    gaps = {key: tuple(found) for key, found in chart.gaps.items()}
    nameless = allergy_gaps(chart.allergies, terminology)
    if nameless:
        gaps["allergies"] = (*gaps.get("allergies", ()), *nameless)
    if phase == "discharge":
        gaps["discharge"] = medicines.list_gaps
    if medicines.left_out:
        said = Unknown(Reason.TRUNCATED, f"medication list: only the newest {MOST_AT_ONCE} entries were counted")
        gaps["medications"] = (*gaps.get("medications", ()), said)
    return gaps


def _seen(chart: Chart) -> bool:
    """Whether the list of running orders could be seen whole: only then does "not on it" mean "not running"."""
    gaps = [gap for key in LISTS for gap in chart.gaps.get(key, ())]
    return all(gap.reason is Reason.REPORTED_EMPTY for gap in gaps)


def _draft(told: Told, chart: Chart, setting: Setting, terminology: Terminology) -> Draft:
    fact = told.fact
    reasons, text = _stop_reason(fact.status_reason, fact.notes, terminology)
    own = category_setting(fact.category)
    if own is Setting.UNKNOWN:
        stays = [stay for stay in chart.encounters if fact.encounter and fact.encounter.rpartition("/")[2] == stay.id]
        own = encounter_setting(stays[0]) if stays else setting
    return Draft(told, own, reasons, text)


def _stop_reason(coded: Coded, notes: tuple[str, ...], terminology: Terminology) -> tuple[tuple[Concept, ...], str]:
    """Why an order is stopped. STU3 has no element for it: a note is then all there is."""
    if coded != Coded():
        words = coded.text or next((coding.display for coding in coded.codings if coding.display), "")
        return (terminology.recognise_condition(coded),), words[:MAX_TEXT]
    words = "; ".join(notes)[:MAX_TEXT]
    concepts = (terminology.recognise_condition(Coded(text=note[:MAX_TEXT])) for note in notes)
    return tuple(concept for concept in concepts if concept.ids), words
