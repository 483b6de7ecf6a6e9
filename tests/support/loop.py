"""The closed loop: a suggestion is applied to the call it was made for, and the call is sent again.

What an EHR would do when the prescriber accepts: a deleted draft is gone, an updated one replaced, a created resource
is among the drafts (where the hook has none: on the record). Then the findings that the suggestion names must be gone
or lower, and no other may be higher or new. A note that is in the report only, on no card, is not counted as new: where
a stop is withdrawn, what was quiet before is quiet again.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import orjson

from cds.knowledge.load import load_knowledge
from tests.support.run import answer_to
from tests.support.words import Json

DRAFTS = ("draftOrders", "medications", "orders")
RANKS = {"info": 1, "warning": 2, "critical": 3}


class Suggested(NamedTuple):
    """One suggestion with the card it stands on."""

    card: Json
    suggestion: Json

    @property
    def answers(self) -> list[str]:
        """The checks whose findings it says it answers."""
        found: list[str] = self.suggestion["extension"]["org.gabaguard.answers"]
        return found


def suggestions(answer: Json) -> Iterator[Suggested]:
    """Every suggestion of every card of an answer."""
    for card in answer["cards"]:
        for suggestion in card.get("suggestions", []):
            yield Suggested(card, suggestion)


def applied(request: Json, suggestion: Json) -> Json:
    """The call as it would be sent after the suggestion was accepted."""
    after = copy.deepcopy(request)
    for number, action in enumerate(suggestion["actions"]):
        if action["type"] == "delete":
            _delete(after, action.get("resourceId") or action["resource"])
        elif action["type"] == "update":
            _update(after, action["resource"])
        else:
            _create(after, action["resource"] | {"id": f"created-{number}"})
    return after


def entries(request: Json) -> list[Json] | None:
    """The entries of the Bundle that holds the drafts; None where there is none."""
    for name in DRAFTS:
        held = request["context"].get(name) if isinstance(request["context"], dict) else None
        if isinstance(held, dict) and held.get("resourceType") == "Bundle":
            found: list[Json] = held.setdefault("entry", [])
            return found
    return None


def _name(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource.get('id')}"


def _delete(request: Json, target: str) -> None:
    held = entries(request)
    assert held is not None, "a delete where there are no drafts"
    left = [entry for entry in held if _name(entry["resource"]) != target]
    assert len(left) == len(held) - 1, f"{target} is no draft of the call"
    held[:] = left
    if "selections" in request["context"]:
        request["context"]["selections"] = [one for one in request["context"]["selections"] if one != target]


def _update(request: Json, resource: Json) -> None:
    held = entries(request)
    assert held is not None, "an update where there are no drafts"
    mine = [entry for entry in held if _name(entry["resource"]) == _name(resource)]
    assert len(mine) == 1, f"{_name(resource)} is no draft of the call"
    mine[0]["resource"] = resource


def _create(request: Json, resource: Json) -> None:
    entry = {"fullUrl": f"https://ehr.example.org/fhir/{_name(resource)}", "resource": resource}
    held = entries(request)
    if held is not None:
        held.append(entry)
        return
    key = "medications" if resource["resourceType"].startswith("Medication") else "requests"
    bundle = request["prefetch"].get(key)
    if bundle is None or bundle.get("resourceType") != "Bundle":
        bundle = request["prefetch"][key] = {"resourceType": "Bundle", "type": "searchset"}
    bundle.setdefault("entry", []).append(entry)
    bundle["total"] = bundle.get("total", 0) + 1


def levels(answer: Json) -> dict[str, int]:
    """The strongest level of each check that found something, as the answer tells it."""
    found: dict[str, int] = {}
    for finding in answer["extension"]["org.gabaguard.report"].get("findings", []):
        found[finding["check"]] = max(found.get(finding["check"], 0), RANKS[finding["indicator"]])
    return found


def spoken(answer: Json) -> set[str]:
    """The checks that are on a card, or that found more than a note."""
    found = {check for check, level in levels(answer).items() if level > RANKS["info"]}
    for card in answer["cards"]:
        found |= {one["check"] for one in card.get("extension", {}).get("org.gabaguard.findings", [])}
    return found


def faults(request: Json, answer: Json, suggested: Suggested, as_of: date, profile: str = "us") -> list[str]:
    """What does not hold once the suggestion is accepted and the call sent again."""
    after = applied(request, suggested.suggestion)
    held = entries(after)
    if held is not None and not held:
        return []  # nothing is ordered any more: the EHR has nothing to ask
    sent = answer_to(orjson.dumps(after), as_of, profile)
    if sent.status != 200:
        return ["the call is refused after it"]
    later = orjson.loads(sent.body)
    now, then = levels(answer), levels(later)
    found = [f"{check} is not lower" for check in suggested.answers if then.get(check, 0) >= now.get(check, 0)]
    heard = spoken(later) - {check for check in _brought(suggested) if then.get(check, 0) <= RANKS["info"]}
    return found + [
        f"{check} is higher" for check, level in then.items() if level > now.get(check, 0) and check in heard
    ]


def _brought(suggested: Suggested) -> set[str]:
    """The checks whose note follows from the act, as the knowledge of the answered checks says: named exceptions."""
    checks = load_knowledge().checks
    return {check for id in suggested.answers for rule in checks[id].proposals for check in rule.brings}


def described(suggested: Suggested) -> dict[str, Any]:
    """A suggestion in short, for messages."""
    actions = [action["type"] for action in suggested.suggestion["actions"]]
    return {"label": suggested.suggestion["label"], "actions": actions, "answers": suggested.answers}
