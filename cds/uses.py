"""From everything that tells of medicines to treatments: each counted once, however many resources tell of it.

Resources of the same ingredients and route are one group. In it every current order is a treatment of its own, unless
it continues another; statements, dispenses and administrations tell of the orders, or, without an order, of themselves.
The dose comes from the order, else the statement, else the dispense, else the administration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

import msgspec

from cds.arithmetic.dates import days_after
from cds.arithmetic.exposure import Exposure, History, exposure, history
from cds.arithmetic.rules import numbers
from cds.arithmetic.sameness import same_schedule, same_treatment
from cds.arithmetic.supply import supplied_until
from cds.arithmetic.told import (
    ADMINISTRATION,
    DISPENSE,
    INSTANCES,
    ORDER,
    STATEMENT,
    Standing,
    Told,
)
from cds.case import DrugUse, Known, Reason, Route, Setting, Unknown, When
from cds.person import category_setting
from cds.reconcile import Running

Key = tuple[frozenset[str], Route]
Joins = Callable[[Told, Told], bool]
_RANK = {ORDER: 0, STATEMENT: 1, DISPENSE: 2, ADMINISTRATION: 3}
# More orders and statements at once are a fault, or an attack: each is compared with each of the same drug.
MOST_AT_ONCE = 200
_ONLY = {STATEMENT: "statement only", DISPENSE: "dispensed only", ADMINISTRATION: "administered only"}


class Treatments(msgspec.Struct, frozen=True):
    """Treatments that are going on, and those that have ended. ``left_out``: resources beyond ``MOST_AT_ONCE``."""

    running: tuple[Running, ...]
    over: tuple[Running, ...]
    left_out: int = 0


def treatments(told: Iterable[Told], as_of: date) -> Treatments:
    """Every treatment told of. ``told`` holds no drafts; medicines that are none of ours are passed over."""
    entries = _each_once(sorted((item for item in told if item.standing is not Standing.NOTHING), key=_order_of))
    refs = frozenset(name for item in entries for name in (item.ref, *item.fact.identifiers) if name)
    running: list[Running] = []
    over: list[Running] = []
    groups = _groups(entries)
    left_out = _left_out(groups)
    for group in groups:
        heads = _heads(group, left_out)
        past = history(group, as_of) if heads else None
        running += [_running(head, members, past, as_of, refs) for head, members in heads if past is not None]
        counted = {id(member) for _, members in heads for member in members}
        ended = _ended_ones(group, counted, bool(heads))
        last = max(ended, key=_order_of, default=None)
        over += [_ended(item, group if item is last else (item,), as_of, refs) for item in ended]
    running += [_unnamed(item) for item in entries if not item.drug.readable and item.standing is Standing.CURRENT]
    return Treatments(tuple(running), tuple(over), len(left_out))


def _each_once(entries: Sequence[Told]) -> list[Told]:
    """A resource sent under two keys is one resource; of two versions of it the one that says it goes on counts."""
    kept: dict[str, Told] = {}
    for item in entries:
        if item.ref and (item.ref not in kept or (_runs(item) and not _runs(kept[item.ref]))):
            kept[item.ref] = item
    return [item for item in entries if not item.ref or kept[item.ref] is item]


def _runs(item: Told) -> bool:
    return item.standing is Standing.CURRENT


def _order_of(told: Told) -> tuple[int, date, str, str, float]:
    """A fixed order, whatever the order sent: kind, start, then what tells resources apart."""
    start = told.started.first if told.started is not None else date.min
    dose = told.doses[0].value.high if told.doses and isinstance(told.doses[0], Known) else -1.0
    return _RANK.get(told.fact.kind, 9), start, told.ref, told.drug.label, dose


def _groups(entries: Sequence[Told]) -> list[list[Told]]:
    """Entries of one ingredient set and route. An unknown route joins the only known route of its ingredients."""
    groups: dict[Key, list[Told]] = {}
    for item in entries:
        if item.ingredients:
            groups.setdefault((item.ingredients, item.drug.route), []).append(item)
    for key in [key for key in groups if key[1] is Route.UNKNOWN]:
        known = [other for other in groups if other[0] == key[0] and other[1] is not Route.UNKNOWN]
        if len(known) == 1:
            groups[known[0]] = sorted(groups[known[0]] + groups.pop(key), key=_order_of)
    return list(groups.values())


def _left_out(groups: Sequence[Sequence[Told]]) -> frozenset[int]:
    """Which current orders and statements are not counted, by identity, when there are absurdly many of them.

    The newest of every drug are kept first, so that a thousand entries of one drug never hide another drug.
    """
    ranked: list[tuple[int, Told]] = []
    for group in groups:
        listed = [item for item in group if item.standing is Standing.CURRENT and item.fact.kind in (ORDER, STATEMENT)]
        newest = sorted(listed, key=lambda item: item.started.first if item.started else date.min, reverse=True)
        ranked += enumerate(newest)
    if len(ranked) <= MOST_AT_ONCE:
        return frozenset()
    ranked.sort(key=lambda pair: pair[0])
    return frozenset(id(item) for _, item in ranked[MOST_AT_ONCE:])


# -- which of a group are treatments, and who tells of which ----------------------------------------------------------


def _heads(group: Sequence[Told], left_out: frozenset[int]) -> list[tuple[Told, list[Told]]]:
    """The treatments of a group that are going on: the resource that leads each, with all that tell of it."""
    current = [item for item in group if item.standing is Standing.CURRENT and id(item) not in left_out]
    orders = [item for item in current if item.fact.kind == ORDER]
    statements = [item for item in current if item.fact.kind == STATEMENT]
    handed = [item for item in current if item.fact.kind in (DISPENSE, ADMINISTRATION)]
    heads = _separate(orders, _continues) or _separate(statements, _repeats)
    if not heads:
        ended = [item for item in group if item.standing is Standing.PAST and item.fact.kind in (ORDER, STATEMENT)]
        handed = [item for item in handed if not any(_was_of(item, treatment) for treatment in ended)]
        handed = _newest_first(handed)
        return [(handed[0], handed)] if handed else []
    names = _Names(heads)
    for item in [*(statements if orders else ()), *handed]:
        at = _home(item, heads, names)
        heads[at][1].append(item)
        names.add(at, item)
    return heads


def _newest_first(handed: list[Told]) -> list[Told]:
    """Dispenses before administrations, the newest of each first."""
    newest = sorted(handed, key=lambda item: item.started.first if item.started else date.min, reverse=True)
    return sorted(newest, key=lambda item: _RANK[item.fact.kind])


def _separate(items: Sequence[Told], joins: Joins) -> list[tuple[Told, list[Told]]]:
    """Split into treatments: an item that joins an earlier one leads it from then on (it is newer)."""
    heads: list[tuple[Told, list[Told]]] = []
    for item in items:
        for at, (head, members) in enumerate(heads):
            if joins(item, head):
                heads[at] = (head if item.fact.intent in INSTANCES else item, [*members, item])
                break
        else:
            heads.append((item, [item]))
    return heads


def _continues(newer: Told, older: Told) -> bool:
    """Whether an order takes the place of an older one still listed: it says so, or the supply was at its end."""
    if _refers(newer, older):
        return True
    end = older.supply_end
    if end is None or newer.started is None or older.started is None or newer.started.first <= older.started.first:
        return False
    return end <= days_after(newer.started.first, numbers("exposure")["replace_overlap_days"])


def _repeats(newer: Told, older: Told) -> bool:
    """Whether two statements say the same."""
    return _refers(newer, older) or same_schedule(newer, older)


def _refers(item: Told, other: Told) -> bool:
    return bool({other.ref, *other.fact.identifiers}.difference({""}).intersection(item.fact.prior))


def _was_of(handed: Told, ended: Told) -> bool:
    """Whether a dispense or administration belongs to a treatment that has ended since."""
    if _refers(handed, ended):
        return True
    given, end = handed.started, ended.ended or ended.planned_end
    if given is None or (ended.started is not None and given.last < ended.started.first):
        return False
    return end is None or given.first <= end.last


class _Names:
    """Who is named by whom among the treatments of a group: without it every dispense is compared with every other."""

    def __init__(self, heads: Sequence[tuple[Told, list[Told]]]) -> None:
        self._called: dict[str, int] = {}  # ref or identifier of a member -> the first treatment that has it
        self._naming: dict[str, int] = {}  # what a member refers to -> the first treatment that has it
        for at, (_, members) in enumerate(heads):
            for member in members:
                self.add(at, member)

    def add(self, at: int, member: Told) -> None:
        for name in (member.ref, *member.fact.identifiers):
            if name:
                self._called[name] = min(at, self._called.get(name, at))
        for name in member.fact.prior:
            self._naming[name] = min(at, self._naming.get(name, at))

    def treatment_of(self, item: Told) -> int | None:
        """The first treatment that the item names, or that names the item."""
        found = [self._called[name] for name in item.fact.prior if name in self._called]
        found += [self._naming[name] for name in (item.ref, *item.fact.identifiers) if name and name in self._naming]
        return min(found, default=None)


def _home(item: Told, heads: Sequence[tuple[Told, list[Told]]], names: _Names) -> int:
    """The treatment a resource tells of: the one it names, else the one of the same schedule, else the newest."""
    named = names.treatment_of(item)
    if named is not None:
        return named
    same = (at for at, (head, _) in enumerate(heads) if same_schedule(item, head))
    return next(same, len(heads) - 1)


def _ended_ones(group: Sequence[Told], counted: set[int], going_on: bool) -> list[Told]:
    """Ended orders and statements; of a drug known only from dispenses or administrations the last one."""
    past = [item for item in group if item.standing is Standing.PAST and id(item) not in counted]
    treatments_ = [item for item in past if item.fact.kind in (ORDER, STATEMENT)]
    others = [item for item in past if item.fact.kind in (DISPENSE, ADMINISTRATION)]
    return treatments_ if treatments_ or going_on or not others else _newest_first(others)[:1]


# -- as a DrugUse -----------------------------------------------------------------------------------------------------


def _running(head: Told, members: Sequence[Told], past: History, as_of: date, refs: frozenset[str]) -> Running:
    since = exposure(head, past, refs)
    leader = _with_dose(head, members)
    supplied = [item for item in members if item.fact.kind == DISPENSE and item.started is not None]
    last = max(supplied, key=lambda item: item.started.first if item.started else date.min, default=None)
    use = DrugUse(
        ref=head.ref,
        drug=leader.drug,
        doses=leader.doses,
        started=since.started,
        unchanged_since=since.unchanged_since,
        planned_end=head.planned_end or head.ended,
        last_supplied=last.started if last is not None else None,
        supply_days=last.supply_days if last is not None else head.supply_total,
        supplied_until=supplied_until([*members, *_used_up(members, past)]),
        refs=tuple(dict.fromkeys(item.ref for item in members if item.ref)),
        identifiers=tuple(dict.fromkeys(name for item in members for name in item.fact.identifiers)),
        setting=category_setting(head.fact.category),
        single_dose=head.single_dose or _given_once(head, members, past),
        reasons=tuple(dict.fromkeys(reason for item in members for reason in item.reasons)),
        on_hold=head.on_hold,
        note=_note(leader, members, as_of),
        path=head.fact.path,
        liquids=leader.liquids,
    )
    return Running(use, leader, tuple(members))


def _given_once(head: Told, members: Sequence[Told], past: History) -> bool:
    """Known from one administration only: a patch given every 72 hours has one current dose, but earlier ones too."""
    if head.fact.kind != ADMINISTRATION:
        return False
    told = {id(item): item for item in (*members, *(span.told for span in past.run))}
    return sum(item.fact.kind == ADMINISTRATION for item in told.values()) == 1


def _used_up(members: Sequence[Told], past: History) -> list[Told]:
    """Dispenses of the drug that are used up: no longer part of the treatment, but they say until when it lasted."""
    counted = {id(member) for member in members}
    told = (span.told for span in past.spans)
    return [item for item in told if item.fact.kind == DISPENSE and id(item) not in counted]


def _with_dose(head: Told, members: Sequence[Told]) -> Told:
    """The resource whose dose is believed: the leading one, or the next kind that gives one if it gives none at all."""
    if head.fact.dosages or any(isinstance(dose, Known) for dose in head.doses):
        return head
    others = [item for item in members if item is not head and item.fact.kind != ADMINISTRATION]
    others.sort(key=lambda item: _RANK[item.fact.kind])
    for item in others:
        if item.doses and all(isinstance(dose, Known) for dose in item.doses) and len(item.doses) == len(head.doses):
            return msgspec.structs.replace(head, doses=item.doses, drug=item.drug)
    return head


def _note(head: Told, members: Sequence[Told], as_of: date) -> str:
    """What a reader of the list should know of where this comes from."""
    notes = []
    kinds = {item.fact.kind for item in members}
    if len(kinds) == 1 and head.fact.kind in _ONLY:
        notes.append(_ONLY[head.fact.kind])
    if any(item.fact.kind == STATEMENT and _differs(item, head) for item in members):
        notes.append("statement says another dose")
    if head.fact.status == "unknown" or head.fact.taken == "unk":
        notes.append("whether it is taken is not known")
    if head.started is not None and head.started.first > as_of:
        notes.append("starts later")
    if head.on_hold:
        notes.append("on hold")
    return "; ".join(notes)


def _differs(item: Told, head: Told) -> bool:
    known = all(isinstance(dose, Known) for dose in (*item.doses, *head.doses))
    return item is not head and known and not same_schedule(item, head)


def _ended(item: Told, group: Sequence[Told], as_of: date, refs: frozenset[str]) -> Running:
    """An ended treatment, with the exposure before its end as far as ``group`` tells of it."""
    end = item.ended or item.planned_end
    last = as_of if end is None else min(end.last, as_of)
    if len(group) > 1:
        earlier = [other for other in group if other.started is not None and other.started.first <= last]
        since = exposure(item, history(earlier, last), refs)
    else:
        own = Known(item.started) if item.started is not None else Unknown(Reason.UNREADABLE, "its start has no date")
        since = Exposure(own, own)
    use = DrugUse(
        ref=item.ref,
        drug=item.drug,
        doses=item.doses,
        started=since.started,
        unchanged_since=since.unchanged_since,
        ended=end,
        last_supplied=item.started if item.fact.kind == DISPENSE else None,
        supply_days=item.supply_days,
        refs=(item.ref,) if item.ref else (),
        identifiers=item.fact.identifiers,
        setting=category_setting(item.fact.category),
        single_dose=item.single_dose,
        reasons=item.reasons,
        note=_ONLY.get(item.fact.kind, ""),
        path=item.fact.path,
    )
    return Running(use, item, (item,), over=True)


def _unnamed(item: Told) -> Running:
    """A current medicine that could not be named: kept, so that it can be said."""
    nothing = Unknown(Reason.UNKNOWN_DRUG, "the medicine could not be named")
    use = DrugUse(
        ref=item.ref,
        drug=item.drug,
        doses=(),
        started=nothing,
        unchanged_since=nothing,
        refs=(item.ref,) if item.ref else (),
        identifiers=item.fact.identifiers,
        setting=Setting.UNKNOWN,
        path=item.fact.path,
    )
    return Running(use, item, (item,))


def ends_today(running: Running, as_of: date) -> Running:
    """A treatment that the list calls ended, stopped by this very call: it ran until today."""
    end = running.use.ended or When(as_of, as_of)
    return msgspec.structs.replace(running, use=msgspec.structs.replace(running.use, ended=None, planned_end=end))


def ended_today(running: Running, as_of: date) -> Running:
    """A treatment that ends with this call, without an order that says so (the orders of a ward at discharge)."""
    return msgspec.structs.replace(
        running, use=msgspec.structs.replace(running.use, ended=When(as_of, as_of)), over=True
    )


def lapsed(listed: Treatments, drafts: Sequence[Told], as_of: date) -> tuple[Running, ...]:
    """Treatments that ended a short while ago and that a refill takes up again: the last one of each draft's drug."""
    first = days_after(as_of, -numbers("exposure")["gap_days"])
    found: dict[str, Running] = {}
    for draft in drafts:
        if any(same_treatment(draft, item.use.drug) for item in listed.running):
            continue
        same = [
            item
            for item in listed.over
            if same_treatment(draft, item.use.drug)
            and not item.use.single_dose
            and item.head.fact.status not in ("stopped", "cancelled")
            and item.use.ended is not None
            and item.use.ended.last >= first
        ]
        if same:
            last = max(same, key=lambda item: item.use.ended.last if item.use.ended is not None else date.min)
            use = msgspec.structs.replace(last.use, ended=None, planned_end=last.use.ended)
            found[last.name] = msgspec.structs.replace(last, use=use, over=False)
    return tuple(found.values())
