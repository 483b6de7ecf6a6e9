"""What each draft order does to what the patient already takes: start, change, renewal or stop.

The rules are those of the design ("Draft against list"). A draft names a running order by its id, an identifier, or in
priorPrescription, replaces or basedOn (linked); without a link the same ingredients by the same route are the same
treatment (not linked). Nothing here reads FHIR or decides whether a change is dangerous.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from cds.arithmetic.sameness import same_schedule, same_treatment
from cds.arithmetic.told import ORDER, Told
from cds.case import Action, Concept, Drug, DrugUse, Order, Setting

STOPPING = frozenset({"stopped", "cancelled", "on-hold"})
NO_ORDER = frozenset({"completed", "ended", "entered-in-error"})
Places = Mapping[str, Sequence[int]]
_ORDER_TYPES = frozenset({"MedicationRequest", "MedicationOrder", "MedicationPrescription", ""})


class Running(msgspec.Struct, frozen=True):
    """A treatment of the list: the use, the resource its dose comes from, and everything that tells of it.

    ``over``: the list says that it has ended. It counts only for a draft that is its own order being stopped.
    """

    use: DrugUse
    head: Told
    members: tuple[Told, ...]
    over: bool = False

    @property
    def name(self) -> str:
        """How an order refers to it: the ref, or the path where the resource had no id."""
        return self.use.name


class Draft(msgspec.Struct, frozen=True):
    """A draft, interpreted, with what only the chart around it knows."""

    told: Told
    setting: Setting = Setting.UNKNOWN
    stop_reasons: tuple[Concept, ...] = ()
    stop_reason_text: str = ""


class Reconciled(msgspec.Struct, frozen=True):
    """The orders, and the ended treatments that turn out to be stopped by this very call."""

    orders: tuple[Order, ...]
    revived: tuple[Running, ...] = ()


def reconcile(
    drafts: Sequence[Draft], running: Sequence[Running], *, as_of: date, list_seen: bool, instead: bool = False
) -> Reconciled:
    """Each draft as an order, in the order sent. ``list_seen``: the medication list could be read as a whole.

    ``instead``: a draft of a running treatment surely takes its place, and carries it on as it is where it gives no
    dosage (a refill, an entry of the discharge list).
    """
    found: list[_Decided] = []
    places = _places(running)
    for draft in drafts:
        decided = _decide(draft, running, places, as_of, list_seen)
        found += [_instead(item, running) for item in decided] if instead else decided
    found = _join_stops(found)
    names = {name for decided in found for name in decided.order.replaces}
    revived = tuple(item for item in running if item.over and item.name in names)
    return Reconciled(tuple(decided.order for decided in found), revived)


class _Decided(msgspec.Struct, frozen=True):
    order: Order
    told: Told


def _decide(draft: Draft, running: Sequence[Running], places: Places, as_of: date, list_seen: bool) -> list[_Decided]:
    told = draft.told
    if told.fact.status in NO_ORDER:
        return []
    linked = _linked(told, running, places)
    live = [item for item in linked if not item.over]
    if _stops(told, live, as_of):
        nothing = _stops_nothing(told, as_of, list_seen)
        return _stop(draft, linked, running, nothing=nothing)
    same = [item for item in live if same_treatment(told, item.use.drug)]
    others = [item for item in live if item not in same and item.use.drug.ingredients and not item.use.on_hold]
    if not live:
        same = _unlinked(told, running)
    order = _order(draft, _action(told, same), same or live, linked=bool(live) or not same)
    # A running drug whose order is turned into an order of another drug is stopped by it, also of one we do not know.
    return [_Decided(order, told), *(_replaced(draft, item) for item in others if told.drug.readable)]


def _instead(item: _Decided, running: Sequence[Running]) -> _Decided:
    """An order that cannot be added to what it replaces; without any dosage it goes on with the dose that runs."""
    order = msgspec.structs.replace(item.order, linked=True)
    if order.action is Action.CHANGE and not item.told.fact.dosages and len(order.replaces) == 1:
        use = next(one.use for one in running if one.name == order.replaces[0])
        running_doses = {i.id: dose for i, dose in zip(use.drug.ingredients, use.doses, strict=True)}
        doses = tuple(running_doses[i.id] for i in order.drug.ingredients)  # the same, maybe named in another order
        order = msgspec.structs.replace(order, action=Action.RENEW, doses=doses, liquids=use.liquids)
    return _Decided(order, item.told)


# -- links ----------------------------------------------------------------------------------------------------------


def _places(running: Sequence[Running]) -> Places:
    """By id, identifier and reference, where the treatments stand that it may mean: basket and list may be long."""
    places: dict[str, list[int]] = {}
    for place, item in enumerate(running):
        for member in item.members:
            for word in (member.fact.id, member.ref, *member.fact.identifiers):
                places.setdefault(word, []).append(place)
    return places


def _linked(told: Told, running: Sequence[Running], places: Places) -> list[Running]:
    """The treatments that a draft is, or names, in their order."""
    fact = told.fact
    words = {fact.id, *fact.identifiers, *fact.prior, *(_kind_and_id(name)[1] for name in fact.prior)}
    maybe = sorted({place for word in words for place in places.get(word, ())})
    return [running[place] for place in maybe if _links(told, running[place])]


def _links(told: Told, item: Running) -> bool:
    """Whether a draft is, or names, one of the resources that tell of a treatment; an ended one only by being it."""
    if any(_is_same_order(told, member) for member in item.members if member.fact.kind == ORDER):
        return True
    return not item.over and any(_names(told, member) for member in item.members)


def _is_same_order(told: Told, member: Told) -> bool:
    if told.fact.id and told.fact.id == member.fact.id:
        return True
    ours, theirs = told.fact.identifiers, member.fact.identifiers
    return bool(ours and theirs) and not set(ours).isdisjoint(theirs)


def _names(told: Told, member: Told) -> bool:
    """Whether priorPrescription, replaces or basedOn names it, by reference, by identifier, or by id alone."""
    for name in told.fact.prior:
        if name in member.fact.identifiers or (member.ref and name == member.ref):
            return True
        kind, last = _kind_and_id(name)
        if member.fact.kind == ORDER and last == member.fact.id and last and kind in _ORDER_TYPES:
            return True
    return False


def _kind_and_id(name: str) -> tuple[str, str]:
    """The type, "" if it has none, and the id of a reference, however it is written."""
    before, _, last = name.replace("urn:uuid:", "/").rpartition("/")
    return before.rsplit("/", 1)[-1], last


def _unlinked(told: Told, running: Sequence[Running]) -> list[Running]:
    """The same treatment without a link: the one of the same schedule, else all of it. A single dose is added to it."""
    if told.single_dose:
        return []
    same = [
        item
        for item in running
        if not item.over and not item.use.on_hold and not item.use.single_dose and same_treatment(told, item.use.drug)
    ]
    equal = [item for item in same if same_schedule(told, item.head)]
    return equal[:1] or same


def _action(told: Told, same: Sequence[Running]) -> Action:
    if not same or any(item.use.on_hold for item in same):
        return Action.START  # also when a paused order is taken up again
    if len(same) == 1 and same_schedule(told, same[0].head):
        return Action.RENEW
    return Action.CHANGE


# -- stops ----------------------------------------------------------------------------------------------------------


def _stops(told: Told, live: Sequence[Running], as_of: date) -> bool:
    """Whether a draft ends a treatment: stopped, cancelled, put on hold, or a revised order that ends by today."""
    if told.fact.status in STOPPING or told.fact.do_not_perform:
        return True
    ends = [when.last for when in (told.ended, told.planned_end) if when is not None]
    revised = told.fact.status == "active" and any(same_treatment(told, item.use.drug) for item in live)
    return revised and not told.single_dose and any(end <= as_of for end in ends)


def _ran(told: Told, as_of: date) -> bool:
    """Whether an order that is stopped or paused ran, even if the list has dropped it.

    It was written before today, or it continues an earlier one. A cancelled draft that would have continued one is only
    a draft withdrawn.
    """
    if told.fact.status not in STOPPING:
        return False
    before = told.started is not None and told.started.last < as_of
    return before or (bool(told.fact.prior) and told.fact.status != "cancelled")


def _stops_nothing(told: Told, as_of: date, list_seen: bool) -> bool:
    """Whether a stop of nothing that is known to run can be left out.

    Not if the list that would show it was not seen, and not if it has no medicine but names what it stops.
    """
    if told.fact.do_not_perform:
        return True
    if not told.drug.readable:
        return list_seen and not told.fact.prior
    return not told.ingredients or (list_seen and not _ran(told, as_of))


def _stop(draft: Draft, linked: Sequence[Running], running: Sequence[Running], *, nothing: bool) -> list[_Decided]:
    """The stop of a running treatment; without one it is no order if it stops ``nothing``."""
    told = draft.told
    targets = list(linked) or _unlinked(told, running)
    if not targets and nothing:
        return []
    # What runs is what ends, whatever the stop that names it is written as: nothing, another drug, or a part of it.
    other = [item for item in targets if not _covers(told.drug, item.use.drug)]
    same = [item for item in targets if item not in other]
    found = [_replaced(draft, item) for item in other]
    if same or not other:
        found.insert(0, _Decided(_order(draft, Action.STOP, same, linked=bool(linked) or not targets), told))
    return [_held(item) for item in found] if told.fact.status == "on-hold" else found


def _covers(drug: Drug, runs: Drug) -> bool:
    """Whether a drug has every ingredient of what runs."""
    return {item.id for item in runs.ingredients} <= {item.id for item in drug.ingredients}


def _held(item: _Decided) -> _Decided:
    """A stop for the time being."""
    return _Decided(msgspec.structs.replace(item.order, note_texts=("on hold", *item.order.note_texts)), item.told)


def _replaced(draft: Draft, item: Running) -> _Decided:
    """The stop of a drug whose order the draft ends, itself written as another drug or as none."""
    order = _order(draft, Action.STOP, [item], linked=True)
    stopped = msgspec.structs.replace(
        order,
        drug=item.use.drug,
        doses=item.use.doses,
        starts=None,
        planned_end=None,
        supply_days=None,
        single_dose=False,
    )
    return _Decided(stopped, item.head)


def _join_stops(found: list[_Decided]) -> list[_Decided]:
    """A stop and a new order of the same treatment in one basket are one change, not a stop and a start."""
    stops = [item for item in found if item.order.action is Action.STOP]
    joined: set[int] = set()
    result: list[_Decided] = []
    for item in found:
        if item.order.action is Action.STOP or item.order.single_dose:
            result.append(item)
            continue
        mine = [(at, stop) for at, stop in enumerate(stops) if _takes_over(item, stop)]
        joined.update(at for at, _ in mine)
        result.append(_joined(item, [stop for _, stop in mine]) if mine else item)
    gone = [stops[at] for at in joined]
    return [item for item in result if not any(item is stop for stop in gone)]


def _takes_over(item: _Decided, stop: _Decided) -> bool:
    """Whether an order carries on the treatment that a stop of the same basket ends."""
    if not same_treatment(item.told, stop.order.drug):
        return False
    if not stop.order.replaces or not item.order.replaces:
        return True
    return not item.order.linked or bool(set(item.order.replaces).intersection(stop.order.replaces))


def _joined(item: _Decided, stops: Sequence[_Decided]) -> _Decided:
    order = item.order
    replaces = tuple(dict.fromkeys(name for one in (order, *(stop.order for stop in stops)) for name in one.replaces))
    action = order.action if replaces == order.replaces and order.action is Action.RENEW else Action.CHANGE
    if action is Action.CHANGE and all(same_schedule(item.told, stop.told) for stop in stops):
        action = Action.RENEW
    changed = msgspec.structs.replace(
        order,
        action=action,
        replaces=replaces,
        linked=True,
        selected=order.selected or any(stop.order.selected for stop in stops),
        stop_reasons=tuple(reason for stop in stops for reason in stop.order.stop_reasons),
        stop_reason_text=next((stop.order.stop_reason_text for stop in stops if stop.order.stop_reason_text), ""),
    )
    return _Decided(changed, item.told)


# -- the order ------------------------------------------------------------------------------------------------------


def _order(draft: Draft, action: Action, replaces: Sequence[Running], *, linked: bool) -> Order:
    told = draft.told
    stopping = action is Action.STOP
    return Order(
        ref=told.ref,
        action=action,
        drug=told.drug,
        doses=told.doses,
        replaces=tuple(dict.fromkeys(item.name for item in replaces)),
        linked=linked,
        selected=told.fact.selected,
        starts=told.started,
        planned_end=told.planned_end or told.ended,
        supply_days=told.supply_days,
        supply_total=told.supply_total,
        setting=draft.setting,
        single_dose=told.single_dose,
        reasons=told.reasons,
        stop_reasons=draft.stop_reasons if stopping else (),
        stop_reason_text=draft.stop_reason_text if stopping else "",
        note_texts=told.fact.notes,
        path=told.fact.path,
        liquids=told.liquids,
    )
