"""Which medicines stand on the discharge list, which are home drugs, and which of these the list has lost.

FHIR has no single home for a discharge list. It is read from orders of category "discharge", from orders of this stay
written on the day of discharge (DSTU2, which has no category), and from a List coded as discharge medications. Only
when a list was seen as a whole can a home drug be missing on it; ``Leaving.gaps`` says why it was not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec

from cds.arithmetic.rules import numbers
from cds.arithmetic.told import ADMINISTRATION, ORDER, STATEMENT, Told
from cds.case import Action, Order, Reason, Setting, Unknown
from cds.chart import Chart, Coded, EncounterFact, ListFact, ListItem, MedicationFact
from cds.person import category_setting
from cds.reconcile import Running

OMITTED = "omitted from the discharge list"
LIST_CODES = frozenset({"10183-2", "75311-1"})  # LOINC: hospital discharge medications; discharge medications
_NO_LIST = frozenset({"retired", "entered-in-error"})
_NOT_TAKEN = frozenset({"not-taken", "stopped", "cancelled"})
_KEY = "discharge"


class Stay(msgspec.Struct, frozen=True):
    """The encounter that ends. ``start``: its first day, if that was sent."""

    id: str
    start: date | None
    as_of: date

    def is_named(self, reference: str) -> bool:
        """Whether a reference is to this stay."""
        return bool(self.id) and reference.rpartition("/")[2] == self.id

    def since(self, days: float) -> date:
        """The first day on which something is of this stay: its start, or some days before today."""
        return self.start or self.as_of - timedelta(days=int(days))


class Leaving(msgspec.Struct, frozen=True):
    """``on_list``: the discharge list as drafts; ``others``: what else is told; ``gaps``: why it was not seen whole."""

    stay: Stay
    on_list: tuple[MedicationFact, ...]
    others: tuple[MedicationFact, ...]
    gaps: tuple[Unknown, ...]


def leaving(chart: Chart, encounter_id: str, as_of: date) -> Leaving:
    """The discharge list of a chart, apart from what else the chart tells of medicines."""
    stay = _stay(chart.encounters, encounter_id, as_of)
    told = [fact for fact in chart.medications if not fact.draft]
    ordered = [fact for fact in told if _ordered_for_home(fact, stay)]
    lists = [one for one in chart.lists if _is_list(one, stay)]
    listed, unfollowed = _listed(lists, told)
    taken = {id(fact) for fact in ordered} | {id(fact) for fact in listed if _is_new(fact, stay)}
    facts = list({id(fact): fact for fact in (*ordered, *listed)}.values())
    return Leaving(
        stay=stay,
        on_list=tuple(_as_draft(fact) for fact in facts if fact.status != "entered-in-error"),
        others=tuple(fact for fact in told if id(fact) not in taken),
        gaps=_gaps(chart, ordered, lists, unfollowed),
    )


def _stay(encounters: Iterable[EncounterFact], encounter_id: str, as_of: date) -> Stay:
    found = next((one for one in encounters if one.id == encounter_id), None)
    return Stay(encounter_id, found.start.first if found is not None and found.start is not None else None, as_of)


# -- what is on the list ----------------------------------------------------------------------------------------------


def _ordered_for_home(fact: MedicationFact, stay: Stay) -> bool:
    """An order of category discharge of this stay; in DSTU2 an order of this stay of the last day."""
    if fact.kind != ORDER:
        return False
    limits = numbers("exposure")
    if category_setting(fact.category) is Setting.DISCHARGE:
        return _of_stay(fact.encounter, fact.written, stay, limits["discharge_order_days"])
    if fact.resource_type != "MedicationOrder" or not stay.is_named(fact.encounter) or fact.status == "completed":
        return False
    first = stay.as_of - timedelta(days=int(limits["discharge_day_days"]))
    return fact.written is not None and fact.written.last >= first


def _of_stay(encounter: str, when: object, stay: Stay, days: float) -> bool:
    """Whether something belongs to this stay: by its encounter, else by its date; undated and unlinked it does."""
    if encounter:
        return stay.is_named(encounter)
    last: date | None = getattr(when, "last", None)
    return last is None or last >= stay.since(days)


def _is_list(one: ListFact, stay: Stay) -> bool:
    """Whether a List holds the medicines of this discharge, by its code or its words."""
    words = " ".join((one.code.text, *(coding.display for coding in one.code.codings)))[:500].lower()
    named = any(coding.code in LIST_CODES for coding in one.code.codings)
    if one.status in _NO_LIST or not (named or ("discharge" in words and "medic" in words)):
        return False
    return _of_stay(one.encounter, one.when, stay, numbers("exposure")["discharge_order_days"])


def _listed(lists: Sequence[ListFact], told: Sequence[MedicationFact]) -> tuple[list[MedicationFact], int]:
    """The medicines that lists refer to, and how many entries led nowhere."""
    by_name: dict[str, MedicationFact] = {}
    for fact in told:
        for name in (f"{fact.resource_type}/{fact.id}" if fact.id else "", *fact.identifiers):
            if name:
                by_name.setdefault(name, fact)
    ids = {fact.id: fact for fact in told if fact.id}
    found: list[MedicationFact] = []
    unfollowed = sum(one.unreadable for one in lists)
    for one in lists:
        for item in one.items:
            medicine = _follow(item, by_name, ids) or _by_words(item, one.path)
            if medicine is None:
                unfollowed += 1
            else:
                found.append(medicine)
    return found, unfollowed


def _follow(
    item: ListItem, by_name: dict[str, MedicationFact], ids: dict[str, MedicationFact]
) -> MedicationFact | None:
    for name in item.names:
        found = by_name.get(name) or (ids.get(name.rpartition(":")[2]) if name.startswith("urn:") else None)
        if found is not None:
            return found
    return None


def _by_words(item: ListItem, path: str) -> MedicationFact | None:
    """An entry that only names its medicine: on the list, with a dose nobody told."""
    if item.what == Coded():
        return None
    return MedicationFact(kind=ORDER, resource_type="MedicationRequest", id="", path=path, drug=item.what)


def _is_new(fact: MedicationFact, stay: Stay) -> bool:
    """Whether a listed medicine was written in this stay; an older one is the home drug itself, carried on."""
    if stay.is_named(fact.encounter):
        return True
    when = fact.effective_start or fact.written
    return when is not None and when.first >= stay.since(numbers("exposure")["discharge_order_days"])


def _as_draft(fact: MedicationFact) -> MedicationFact:
    """What stands on the list is to be taken from now on, unless it says that it is not."""
    status = "stopped" if fact.taken == "n" or fact.status in _NOT_TAKEN else fact.status
    status = "active" if status in ("completed", "intended", "unknown") else status
    return msgspec.structs.replace(fact, draft=True, selected=True, status=status)


# -- was it seen as a whole? ------------------------------------------------------------------------------------------


def _gaps(
    chart: Chart, ordered: Sequence[MedicationFact], lists: Sequence[ListFact], unfollowed: int
) -> tuple[Unknown, ...]:
    own = [gap for gap in chart.gaps.get(_KEY, ()) if gap.reason not in (Reason.ABSENT, Reason.REPORTED_EMPTY)]
    if not ordered and not lists:
        return tuple(own) or (Unknown(Reason.ABSENT, "no discharge list was found"),)
    gaps = [gap for gap in own if gap.reason is not Reason.FETCH_FAILED]
    if unfollowed:
        gaps.append(Unknown(Reason.UNREADABLE, "an entry of the discharge list could not be followed"))
    if lists and not ordered and not any(one.items or one.empty_reason == "nilknown" for one in lists):
        gaps.append(Unknown(Reason.UNREADABLE, "the discharge list holds nothing and does not say that this is right"))
    if not lists:  # the list is made of the orders that were sent
        unseen = chart.gaps.get("medications", ())
        gaps += [gap for gap in unseen if gap.reason is not Reason.REPORTED_EMPTY]
    return tuple(dict.fromkeys(gaps))


# -- home drugs -------------------------------------------------------------------------------------------------------


def is_home_drug(item: Running, stay: Stay) -> bool:
    """Whether a treatment was taken before the stay: something besides the orders and doses of the ward tells of it."""
    return any(_is_from_home(member, stay) for member in item.members)


def _is_from_home(member: Told, stay: Stay) -> bool:
    fact = member.fact
    setting = category_setting(fact.category)
    if fact.kind == ADMINISTRATION or setting is Setting.INPATIENT:
        return False
    begun = fact.effective_start if fact.kind == STATEMENT else member.started
    in_stay = stay.start is not None and begun is not None and begun.first >= stay.start
    if fact.kind == STATEMENT:
        return not in_stay  # taken on admission: what the patient took before
    return setting is Setting.COMMUNITY or not (in_stay or stay.is_named(fact.encounter))


def omissions(home: Sequence[Running], on_list: Sequence[Told], orders: Sequence[Order]) -> tuple[Order, ...]:
    """A stop for every home drug of which nothing is on the list; single doses are over, and nothing is lost."""
    named = frozenset(id for told in on_list for id in told.ingredients)
    replaced = {name for order in orders for name in order.replaces}
    return tuple(
        _omitted(item)
        for item in home
        if item.use.drug.ingredients
        and not item.use.single_dose
        and item.name not in replaced
        and not any(ingredient.id in named for ingredient in item.use.drug.ingredients)
    )


def _omitted(item: Running) -> Order:
    use = item.use
    return Order(
        ref=use.ref,
        action=Action.STOP,
        drug=use.drug,
        doses=use.doses,
        replaces=(item.name,),
        setting=Setting.DISCHARGE,
        reasons=use.reasons,
        note_texts=(OMITTED,),
        omitted=True,
        path=use.path,
    )
