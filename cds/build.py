"""From facts to a case: ``build_case`` recognises, computes and joins what a ``Chart`` holds into a ``PatientCase``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from cds.arithmetic.told import MAX_TEXT, Told, tell
from cds.case import Concept, PatientCase, Reason, Setting, Unknown
from cds.chart import Chart, Coded
from cds.labs import labs
from cds.person import category_setting, current_setting, encounter_setting, patient, problems, procedures
from cds.reconcile import Draft, reconcile
from cds.terminology import Terminology
from cds.uses import MOST_AT_ONCE, Treatments, ends_today, treatments

LISTS = ("medications",)
# A basket has a handful of orders; each is compared with all others and with the list. More are a fault, or an attack.
MOST_DRAFTS = 100


def build_case(chart: Chart, *, as_of: date, phase: str, terminology: Terminology) -> PatientCase:
    """One patient, one moment, one set of drafts, from the facts of a call.

    ``as_of`` is the clinical today; ``phase`` says where in prescribing the call stands ("select", "sign", ...). Odd
    facts raise nothing: what cannot be used becomes Unknown, or is left out when it tells of no treatment at all.
    """
    told = [tell(fact, terminology, as_of) for fact in chart.medications if not fact.draft]
    listed = treatments(told, as_of)
    setting = current_setting(chart.encounters, as_of)
    ordered = [tell(fact, terminology, as_of) for fact in chart.medications if fact.draft]
    drafts = [_draft(item, chart, setting, terminology) for item in _looked_at(ordered)]
    result = reconcile(drafts, (*listed.running, *listed.over), as_of=as_of, list_seen=_seen(chart))
    revived = {item.name for item in result.revived}
    running = (*listed.running, *(ends_today(item, as_of) for item in listed.over if item.name in revived))
    return PatientCase(
        as_of=as_of,
        phase=phase,
        patient=patient(chart.patient, as_of),
        orders=result.orders,
        uses=tuple(item.use for item in running),
        past_uses=tuple(item.use for item in listed.over if item.name not in revived),
        problems=problems(chart.problems, terminology),
        labs=labs(chart.observations, terminology),
        procedures=procedures(chart.procedures, terminology),
        setting=setting,
        gaps=_gaps(chart, listed),
        unreadable_orders=(*chart.unreadable_orders, *_beyond(ordered)),
    )


def _looked_at(drafts: Sequence[Told]) -> Sequence[Told]:
    """All drafts; of absurdly many those of our drugs first, and of these the selected ones."""
    if len(drafts) <= MOST_DRAFTS:
        return drafts
    return sorted(drafts, key=lambda item: (not item.ingredients, not item.fact.selected))[:MOST_DRAFTS]


def _beyond(drafts: Sequence[Told]) -> tuple[Unknown, ...]:
    if len(drafts) <= MOST_DRAFTS:
        return ()
    return (Unknown(Reason.TRUNCATED, f"only {MOST_DRAFTS} orders of the call were looked at"),)


def _gaps(chart: Chart, listed: Treatments) -> Mapping[str, tuple[Unknown, ...]]:
    gaps = {key: tuple(found) for key, found in chart.gaps.items()}
    if listed.left_out:
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
