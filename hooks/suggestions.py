"""Proposals -> the suggestions of a card: a label, what is done, and FHIR that the EHR can apply as it is.

Written for one call: its release, its drafts as they came, and what its version of CDS Hooks knows. A proposal that
cannot be written truly (a draft that cannot be found or given back) is left out; the card stays.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import orjson

from cds.chart import Source
from cds.fhir.again import ordered_again
from cds.fhir.raw import raw_at
from cds.fhir.rewrite import dose_words, going_on, with_dose, with_taper
from cds.fhir.write import Subject, created
from cds.knowledge.model import Knowledge
from cds.proposals.model import Proposal, Taper
from hooks.request import Draft
from hooks.wording import short

MOST_SUGGESTIONS = 3
Json = dict[str, Any]

_STEPS = {"replace-drug": ("remove-draft", "order")}  # what is done in more than one action
ANSWERS = "org.gabaguard.answers"
LABEL_LENGTH = 80
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "gabaguard.suggestions")


class Offer(msgspec.Struct):
    """The proposals of one call and what is needed to write them. ``sources``: all that was read, for what is no draft.

    ``old``: a caller of CDS Hooks 1.0, who knows neither ``resourceId`` nor ``isRecommended``. ``actions``: those
    written already, since several cards may offer the same. ``advised``: the act that a stronger card recommends for a
    draft; no other is recommended for the same draft, since nobody can follow both.
    """

    proposals: tuple[Proposal, ...]
    subject: Subject
    drafts: tuple[Draft, ...] = ()
    sources: Sequence[Source] = ()
    old: bool = False
    actions: dict[tuple[str, str, str], list[Json]] = {}
    advised: dict[str, str] = {}


class SuggestionMaker:
    """Writes the suggestions of cards; holds what never changes between calls."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    def suggestions(self, offer: Offer, checks: Sequence[str], topic: str, hook_instance: str) -> list[Json]:
        """At most three suggestions of a card about these checks, of which at most one is recommended.

        Asked for the strongest card first: what it recommends for a draft, no later card contradicts.
        """
        found: list[Json] = []
        recommended = False
        for proposal in _in_order(offer.proposals, checks):
            actions = self._actions_once(proposal, offer)
            if not actions:
                continue
            made: Json = {
                "label": label(proposal, self._knowledge),
                "uuid": _uuid(hook_instance, topic, proposal),
                "actions": actions,
                "extension": {ANSWERS: list(proposal.answers)},
            }
            if not recommended and not offer.old and _is_recommended(proposal, checks) and _alone(offer, proposal):
                made["isRecommended"] = recommended = True
            found.append(made)
            if len(found) == MOST_SUGGESTIONS:
                break
        return found

    def _actions_once(self, proposal: Proposal, offer: Offer) -> list[Json]:
        key = (proposal.kind, proposal.path, proposal.item)
        if key not in offer.actions:
            made = [self._action(step, offer) for step in _steps(proposal)]
            offer.actions[key] = [action for action in made if action is not None] if None not in made else []
        return offer.actions[key]

    def _action(self, proposal: Proposal, offer: Offer) -> Json | None:
        words = self._description(proposal)
        if proposal.kind == "order":
            if not offer.subject.usable:
                return None
            resource = created(self._knowledge.orderables[proposal.item], offer.subject)
            return {"type": "create", "description": words, "resource": resource}
        if proposal.kind == "remove-draft":
            return {"type": "delete", "description": words, "resource" if offer.old else "resourceId": proposal.about}
        if proposal.kind == "put-on-list":
            again = _again(proposal, offer)
            return {"type": "create", "description": words, "resource": orjson.Fragment(again)} if again else None
        written = _updated(proposal, offer)
        if written is None:
            return None
        return {"type": "update", "description": words, "resource": orjson.Fragment(written)}

    def _description(self, proposal: Proposal) -> str:
        if proposal.kind == "order":
            return f"Draft, for your signature: {self._knowledge.orderables[proposal.item].text}"
        if proposal.kind == "remove-draft":
            return f"Removes the draft order of {proposal.drug}; what was ordered before goes on as it is"
        if proposal.kind == "put-on-list":
            return f"Draft, for your signature: {proposal.drug} in the dose it had; say what is to be handed out"
        if proposal.dose is not None:
            made_of = f" ({proposal.dose.made_of} each time)" if proposal.dose.made_of else ""
            return f"Writes {proposal.drug} {dose_words(proposal.dose)}{made_of} into the draft; the rest stays"
        if proposal.taper is not None:
            plan = proposal.taper.plan
            return f"Writes {len(plan.steps)} dated steps ({plan.pace_words}) into the order; adapt them to the patient"
        return f"The order of {proposal.drug} goes on as before"


def _steps(proposal: Proposal) -> Iterable[Proposal]:
    """What is done one after the other: another kind of act, or the same for each of several medicines."""
    for kind in _STEPS.get(proposal.kind, (proposal.kind,)):
        for path in (proposal.path, *proposal.also):
            yield msgspec.structs.replace(proposal, kind=kind, path=path)


def label(proposal: Proposal, knowledge: Knowledge) -> str:
    """What the button says."""
    if proposal.kind == "order":
        return knowledge.orderables[proposal.item].label
    if proposal.kind == "replace-drug":
        return short(f"Order {knowledge.orderables[proposal.item].label} instead of {proposal.drug}", LABEL_LENGTH)
    if proposal.kind == "remove-draft":
        return short(f"Remove this order of {proposal.drug}", LABEL_LENGTH)
    if proposal.kind == "put-on-list":
        return short(f"Put {proposal.drug} back on the discharge list", LABEL_LENGTH)
    if proposal.dose is not None:
        return short(f"Change {proposal.drug} to {dose_words(proposal.dose)}", LABEL_LENGTH)
    if proposal.taper is not None:
        plan = proposal.taper.plan
        return short(f"Taper {plan.name} from {plan.from_mg:g} mg/day over {weeks(plan.days)} instead", LABEL_LENGTH)
    return short(f"Keep {proposal.drug} running", LABEL_LENGTH)


def weeks(days: int) -> str:
    """ "9 weeks", "10 days"."""
    return f"{days} days" if days < 14 else f"{round(days / 7)} weeks"


def _updated(proposal: Proposal, offer: Offer) -> bytes | None:
    """The whole draft as it came with what the proposal changes."""
    sent = _sent(proposal.path, offer.drafts)
    if sent is None:
        return None
    if proposal.dose is not None:
        return with_dose(sent, proposal.dose, offer.subject.release, proposal.scale)
    if proposal.taper is not None:
        return _tapered(sent, proposal.taper, offer.subject.release)
    return going_on(sent)


def _again(proposal: Proposal, offer: Offer) -> bytes | None:
    """What the record tells of as a new draft order."""
    sent = _sent(proposal.path, offer.sources)
    return ordered_again(sent, offer.subject) if sent is not None and offer.subject.usable else None


def _sent(path: str, places: Iterable[Draft | Source]) -> bytes | None:
    """The resource at a path of the call, as it came."""
    for place in places:
        rest = path.removeprefix(place.path)
        if rest != path and rest[:1] in ("", ".", "["):
            return raw_at(place.raw, rest)
    return None


def _tapered(sent: bytes, taper: Taper, release: str) -> bytes | None:
    first = taper.plan.supplies[0] if taper.plan.supplies else None
    own = first is not None and len(first.dispense) == 1 and taper.anew is None
    return with_taper(sent, taper.directions, release, first if own else None, taper.anew)


def _in_order(proposals: Iterable[Proposal], checks: Sequence[str]) -> list[Proposal]:
    """The proposals that checks of this card make: recommended ones first, then those that answer one of them."""
    mine = set(checks)
    found = [one for one in proposals if mine.intersection(one.proposed_by)]
    return sorted(found, key=lambda one: (not _is_recommended(one, checks), not mine.intersection(one.answers)))


def _is_recommended(proposal: Proposal, checks: Iterable[str]) -> bool:
    """Whether a source says so for a finding of this card that the proposal answers."""
    return any(proposal.recommended_by.get(check) for check in checks if check in proposal.answers)


def _alone(offer: Offer, proposal: Proposal) -> bool:
    """Whether no stronger card has recommended something else for the same draft. Cards are made strongest first."""
    return not proposal.about or offer.advised.setdefault(proposal.about, proposal.kind) == proposal.kind


def _uuid(hook_instance: str, topic: str, proposal: Proposal) -> str:
    """The same for the same call, checks and subject; another for any other."""
    dose = dose_words(proposal.dose) if proposal.dose is not None else ""
    about = proposal.about or proposal.path
    parts = (hook_instance, topic, proposal.kind, about, proposal.item, dose, *sorted(proposal.proposed_by))
    return str(uuid.uuid5(_NAMESPACE, "\n".join(parts)))
