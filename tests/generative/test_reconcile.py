"""What must hold of treatments and orders whatever is on the list."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cds.case import Action, PatientCase, Reason, Unknown
from cds.chart import MedicationFact
from tests.unit.reconcile.facts import ago, build, days, medicine, taking

OURS = (
    "baclofen 10 mg oral tablet",
    "baclofen 20 mg oral tablet",
    "lorazepam 1 mg oral tablet",
    "oxycodone 5 mg tablet",
)
STATUSES = (
    "active",
    "active",
    "completed",
    "stopped",
    "on-hold",
    "cancelled",
    "entered-in-error",
    "draft",
    "unknown",
    "",
)
ENDED = ("stopped", "cancelled", "on-hold", "completed", "entered-in-error")
UNREAD = {"medications": [Unknown(Reason.TRUNCATED, "only a part of the list was sent")]}


@st.composite
def entries(draw: st.DrawFn, drugs: tuple[str, ...] = OURS, is_draft: bool = False) -> MedicationFact:
    """Any resource of the list, or a draft."""
    kind = "order" if is_draft else draw(st.sampled_from(["order", "order", "statement", "dispense", "administration"]))
    name = draw(st.integers(0, 10**9))
    written = draw(st.one_of(st.none(), st.integers(-5, 1500).map(ago)))
    more: dict[str, Any] = {
        "written": written,
        "effective_start": None if kind == "order" else written,
        "effective_end": draw(st.one_of(st.none(), st.none(), st.integers(-30, 400).map(ago))),
        "supply": draw(st.one_of(st.none(), st.sampled_from([7, 30, 90]).map(days))),
        "repeats": draw(st.sampled_from([None, 0, 3])),
        "dosages": draw(
            st.lists(st.builds(taking, st.sampled_from([0.5, 1, 2]), st.sampled_from([1, 2, 3])), max_size=2)
        ),
        "taken": draw(st.sampled_from(["", "", "y", "n", "unk"])) if kind == "statement" else "",
        "prior": draw(st.sampled_from([(), (), ("MedicationRequest/gone",)])),
        "draft": is_draft,
    }
    more["dosages"] = tuple(more["dosages"])
    return medicine(
        draw(st.sampled_from(drugs)), f"{'d' if is_draft else 'm'}{name}", kind, draw(st.sampled_from(STATUSES)), **more
    )


lists = st.lists(entries(), max_size=6, unique_by=lambda fact: fact.id)
baskets = st.lists(entries(is_draft=True), max_size=3, unique_by=lambda fact: fact.id)


def summary(case: PatientCase) -> tuple[set[object], set[object], set[object]]:
    """A case without the order of its entries."""
    uses = {(use.ref, use.doses, use.started, use.unchanged_since, frozenset(use.refs)) for use in case.uses}
    past = {(use.ref, use.started, use.ended) for use in case.past_uses}
    orders = {(order.ref, order.action, frozenset(order.replaces), order.linked, order.doses) for order in case.orders}
    return uses, past, orders


@given(lists, baskets, st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(
    listed: list[MedicationFact], drafts: list[MedicationFact], random: Any
) -> None:
    before = summary(build(*listed, *drafts))
    mixed = [*listed, *drafts]
    random.shuffle(mixed)
    assert summary(build(*mixed)) == before


@given(lists, entries(drugs=("diazepam 5 mg oral tablet",)))
def test_another_drug_never_removes_a_use(listed: list[MedicationFact], extra: MedicationFact) -> None:
    uses, past, _ = summary(build(*listed))
    more_uses, more_past, _ = summary(build(*listed, extra))
    assert uses <= more_uses
    assert past <= more_past


@given(lists, entries())
def test_a_further_active_order_never_lessens_what_runs(listed: list[MedicationFact], extra: MedicationFact) -> None:
    running = {ingredient.id for use in build(*listed).uses for ingredient in use.drug.ingredients}
    extra = msgspec.structs.replace(extra, kind="order", resource_type="MedicationRequest", status="active", taken="")
    more = {ingredient.id for use in build(*listed, extra).uses for ingredient in use.drug.ingredients}
    assert running <= more


@given(lists)
def test_each_resource_is_told_of_by_one_use_only(listed: list[MedicationFact]) -> None:
    refs = [ref for use in build(*listed).uses for ref in use.refs]
    assert len(refs) == len(set(refs))


@given(lists, baskets)
def test_what_an_order_replaces_is_a_use_of_the_case(
    listed: list[MedicationFact], drafts: list[MedicationFact]
) -> None:
    case = build(*listed, *drafts)
    assert {name for order in case.orders for name in order.replaces} <= {use.ref for use in case.uses}


@given(lists, baskets)
def test_renewals_and_changes_have_something_to_replace(
    listed: list[MedicationFact], drafts: list[MedicationFact]
) -> None:
    """But for a stop of an order the list has dropped, and what takes that order's place."""
    dropped = any(fact.status in ENDED for fact in drafts)
    for order in build(*listed, *drafts).orders:
        assert bool(order.replaces) or order.action is Action.START or dropped


@given(lists, baskets)
def test_a_draft_without_a_living_status_is_never_a_start(
    listed: list[MedicationFact], drafts: list[MedicationFact]
) -> None:
    dead = {f"MedicationRequest/{fact.id}" for fact in drafts if fact.status in ENDED}
    for gaps in (None, UNREAD):
        for order in build(*listed, *drafts, gaps=gaps).orders:
            assert order.ref not in dead or order.action is Action.STOP


@given(lists)
def test_one_dose_per_ingredient(listed: list[MedicationFact]) -> None:
    case = build(*listed)
    for use in (*case.uses, *case.past_uses):
        assert len(use.doses) == len(use.drug.ingredients)


@given(lists, st.data())
def test_the_same_list_twice_is_the_same_case(listed: list[MedicationFact], data: st.DataObject) -> None:
    """A copy under another prefetch key tells nothing new."""
    if not listed:
        return
    copy = msgspec.structs.replace(data.draw(st.sampled_from(listed)), path="elsewhere")
    once, twice = build(*listed), build(*listed, copy)
    assert len(once.uses) == len(twice.uses)
    assert len(once.past_uses) == len(twice.past_uses)
