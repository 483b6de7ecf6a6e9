"""Why a card came or did not come, of a call that was noted: for the client that made the call.

Nothing of the patient is told: which data a check asks for, how it ended, and the reason when it could not be judged.
With values: ``gabaguard check --explain`` on the same request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from cds.knowledge.model import Knowledge
from hooks.wording import plain

_WORDS = {
    "found": "found something",
    "nothing": "nothing to report, having seen all it needed",
    "not-checked": "not checked",
    "failed": "a fault of ours; the others were not affected",
    "off": "not asked: it is off at this site",
}
_KEPT_OFF = {
    "silent": "silent at this site: asked and kept, not shown",
    "repeat": "not shown again: this site does not want twice what was shown or overridden before",
}
NOT_ASKED = "does not concern the orders of this call"


def explained(hook_instance: str, rows: Sequence[dict[str, Any]], knowledge: Knowledge) -> dict[str, Any]:
    """The body of the answer: every call of the hook instance, every check of each."""
    return {"hookInstance": plain(hook_instance), "calls": [_call(row, knowledge) for row in rows]}


def _call(row: dict[str, Any], knowledge: Knowledge) -> dict[str, Any]:
    ended = {check: (how, reason) for check, how, reason in orjson.loads(row["explained"])}
    levels: dict[str, list[dict[str, Any]]] = {}
    for check, indicator, shown in orjson.loads(row["findings"]):
        levels.setdefault(check, []).append({"indicator": indicator, "shown": shown is True} | _kept_off(shown))
    ids = dict.fromkeys((*knowledge.checks, *ended))  # also those of the knowledge that judged the call then
    return {
        "service": row["service"],
        "at": row["at"].isoformat(),
        "status": row["status"],
        "knowledgeVersion": row["knowledge"],
        "checks": [_check(id, ended.get(id), levels.get(id, []), knowledge, row["hook"]) for id in ids],
    }


def _kept_off(shown: bool | str) -> dict[str, str]:
    return {"note": _KEPT_OFF[shown]} if isinstance(shown, str) else {}


def _check(
    id: str, ended: tuple[str, str] | None, levels: list[dict[str, Any]], knowledge: Knowledge, hook: str
) -> dict[str, Any]:
    check = knowledge.checks.get(id)  # None: the call was judged with other knowledge, which had it
    how, reason = ended or ("", "")
    asks = list(check.asks) if check is not None else []
    told: dict[str, Any] = {"check": id, "asks": asks, "outcome": _WORDS.get(how, NOT_ASKED)}
    if how == "not-checked":
        told["reasons"] = reason.split(",")
    if levels:
        told["findings"] = levels
        if check is not None and hook not in check.hooks:
            told["note"] = "told in the report only: not shown on this hook"
    return told
