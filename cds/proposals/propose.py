"""From the findings of one call to proposals: what each check's knowledge proposes, made concrete and tried.

Which act belongs to which finding stands in the checks' ``proposals``. Here each becomes one concrete act: this draft
removed, that dose written, this test ordered. Acts that change orders are tried (``trial``) before they are offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from cds.case import Action, PatientCase
from cds.chart import Chart, MedicationFact
from cds.checks.settled import answers
from cds.findings import Finding, Report
from cds.knowledge.model import Knowledge, ProposalRule
from cds.proposals.doses import new_dose
from cds.proposals.drafts import Draft, changeable, drafts_of, ordered_instead, removable, stopped
from cds.proposals.lists import lost_by_the_list, on_the_list
from cds.proposals.model import Proposal
from cds.proposals.tapers import taper_for, taperable, with_taper
from cds.proposals.trial import Call, improves

Key = tuple[str, str]  # the kind of act, and the draft or item it is about
MOST_TRIALS = 6  # each asks all questions again


class _Wish(msgspec.Struct):
    """One act that some findings of the call propose. ``also``: further drafts that it is about."""

    kind: str
    draft: Draft | None
    item: str
    asked: list[tuple[Finding, ProposalRule]]
    also: list[Draft] = []

    @property
    def drafts(self) -> list[Draft]:
        """All that it is about."""
        return [self.draft, *self.also] if self.draft is not None else []


def propose(
    chart: Chart, case: PatientCase, report: Report, knowledge: Knowledge, hook: str, encounter_id: str = ""
) -> tuple[Proposal, ...]:
    """Every act that the shown findings propose and that helps, in the order of the findings."""
    call = Call(chart, case, report, knowledge, hook, encounter_id)
    if not any(knowledge.checks[finding.check].proposals for finding in call.shown):
        return ()
    found: list[Proposal] = []
    trials = 0
    for wish in _wishes(call).values():
        if wish.draft is None:
            proposal: Proposal | None = _order(call, wish)
        else:
            trials += 1
            proposal = _MAKERS[wish.kind](call, wish, wish.draft) if trials <= MOST_TRIALS else None
        if proposal is not None and proposal.answers:
            found.append(proposal)
    return tuple(found)


def _wishes(call: Call) -> dict[Key, _Wish]:
    """What is proposed, each act once with all the findings that propose it."""
    found: dict[Key, _Wish] = {}
    drafts = (*drafts_of(call.chart, call.case), *lost_by_the_list(call.chart, call.case))
    for finding in call.shown:
        for rule in call.knowledge.checks[finding.check].proposals:
            if rule.wordings and finding.wording not in rule.wordings:
                continue
            for draft in _meant(call, finding, rule, drafts):
                kind = "change-dose" if rule.kind in ("reduce-dose", "split-dose") else rule.kind
                key = (kind, _subject(rule, draft))
                wish = found.setdefault(key, _Wish(kind, draft, rule.item, []))
                wish.asked.append((finding, rule))
                if draft is not None and draft not in wish.drafts:
                    wish.also.append(draft)
    return found


def _subject(rule: ProposalRule, draft: Draft | None) -> str:
    """What makes two acts of a kind different. A list gets back all that it lost in one act."""
    return rule.item if draft is None or rule.kind == "put-on-list" else draft.fact.path


def _meant(call: Call, finding: Finding, rule: ProposalRule, drafts: tuple[Draft, ...]) -> Iterable[Draft | None]:
    """The drafts of the finding that an act may be about; one None for what is newly ordered."""
    if rule.kind == "order":
        item = call.knowledge.orderables[rule.item]
        return () if any(answers(request, item) for request in call.case.requested) else (None,)
    may = _MAY[rule.kind]
    wanted = {id for name in rule.classes for id in call.knowledge.terminology.ingredients_of_class(name)}
    return [
        draft
        for draft in drafts
        if draft.order.ref in finding.about
        and may(call.case, draft)
        and (not wanted or wanted.intersection(ingredient.id for ingredient in draft.order.drug.ingredients))
    ]


def _lost(_: PatientCase, draft: Draft) -> bool:
    return draft.order.omitted


_MAY: dict[str, Callable[[PatientCase, Draft], bool]] = {
    "remove-draft": removable,
    "replace-drug": removable,
    "reduce-dose": changeable,
    "split-dose": changeable,
    "keep-running": stopped,
    "keep-and-taper": taperable,
    "put-on-list": _lost,
}


# -- the acts ---------------------------------------------------------------------------------------------------------


def _remove(call: Call, wish: _Wish, draft: Draft) -> Proposal | None:
    rest = [fact for fact in call.chart.medications if fact is not draft.fact]
    if any(fact.draft for fact in rest):
        return _proposal(call, wish, improves(call, rest))
    return _proposal(call, wish, tuple(dict.fromkeys(finding.check for finding in call.shown)))  # nothing is ordered


def _replace(call: Call, wish: _Wish, draft: Draft) -> Proposal | None:
    fact = ordered_instead(call.knowledge.orderables[wish.item], draft.fact)
    return _proposal(call, wish, improves(call, _with(call, draft, fact)))


def _change(call: Call, wish: _Wish, draft: Draft) -> Proposal | None:
    dose = new_dose(call, draft, wish.asked)
    if dose is None:
        return None
    medications = _with(call, draft, draft.with_dose(dose))
    less = draft.order.action is Action.START and dose.single <= draft.ordered.single
    proposal = _proposal(call, wish, improves(call, medications, only_less=less))
    return msgspec.structs.replace(proposal, dose=dose, scale=dose.daily / draft.ordered.daily)


def _keep(call: Call, wish: _Wish, draft: Draft) -> Proposal | None:
    return _proposal(call, wish, improves(call, _with(call, draft, draft.going_on())))


def _lower(call: Call, wish: _Wish, draft: Draft) -> Proposal | None:
    taper = taper_for(call, draft)
    if taper is None:
        return None
    brings = {check for _, rule in wish.asked for check in rule.brings}
    medications = _with(call, draft, with_taper(draft.fact, taper))
    proposal = _proposal(call, wish, improves(call, medications, brings=brings))
    return msgspec.structs.replace(proposal, taper=taper)


def _put_back(call: Call, wish: _Wish, _: Draft) -> Proposal | None:
    again = [on_the_list(one.fact, call.encounter_id, call.case) for one in wish.drafts]
    return _proposal(call, wish, improves(call, [*call.chart.medications, *again]))


def _with(call: Call, draft: Draft, fact: MedicationFact) -> list[MedicationFact]:
    """The medicines of the chart with another resource in the place of a draft."""
    return [fact if other is draft.fact else other for other in call.chart.medications]


def _order(call: Call, wish: _Wish) -> Proposal:
    """What is newly ordered answers the findings that ask for it; the checks look for it among the drafts."""
    settled = tuple(dict.fromkeys(finding.check for finding, rule in wish.asked if rule.settles))
    return _proposal(call, wish, settled)


_MAKERS: dict[str, Callable[[Call, _Wish, Draft], Proposal | None]] = {
    "remove-draft": _remove,
    "replace-drug": _replace,
    "change-dose": _change,
    "keep-running": _keep,
    "keep-and-taper": _lower,
    "put-on-list": _put_back,
}


def _proposal(call: Call, wish: _Wish, answered: tuple[str, ...]) -> Proposal:
    draft = wish.draft
    names = [
        call.knowledge.terminology.ingredient(one.id) for each in wish.drafts for one in each.order.drug.ingredients
    ]
    return Proposal(
        kind=wish.kind,
        answers=answered,
        proposed_by=tuple(dict.fromkeys(finding.check for finding, _ in wish.asked)),
        recommended_by={finding.check: rule.recommended for finding, rule in wish.asked if rule.recommended},
        about=draft.order.ref if draft else "",
        path=draft.fact.path if draft else "",
        also=tuple(each.fact.path for each in wish.also),
        drug=" and ".join(dict.fromkeys(info.name for info in names if info is not None)),
        item=wish.item,
    )
