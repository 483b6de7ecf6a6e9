"""What a check asks for is being ordered in the same call: then it asks less loudly.

Which order answers which question stands in the check's own ``proposals`` (``settles``). The finding goes down by one
level; a mere note disappears. Naloxone is not settled here: its check looks at the orders of medicines itself.
"""

from __future__ import annotations

import msgspec

from cds.case import Requested
from cds.findings import Finding, Indicator, Outcome
from cds.knowledge.model import Check, Orderable, ProposalRule
from cds.view import View


def settled(view: View, check: Check, outcome: Outcome) -> Outcome:
    """The outcome with every finding lowered that an order of this call answers."""
    rules = [rule for rule in check.proposals if rule.settles and _is_ordered(view, rule)]
    if not rules or not outcome.findings:
        return outcome
    found = tuple(
        less
        for finding in outcome.findings
        if (less := _lowered(view, finding, next((r for r in rules if _means(r, finding)), None))) is not None
    )
    why = outcome.why if found else "what it would ask for is being ordered"
    return msgspec.structs.replace(outcome, findings=found, why=why)


def _means(rule: ProposalRule, finding: Finding) -> bool:
    return not rule.wordings or finding.wording in rule.wordings


def _lowered(view: View, finding: Finding, rule: ProposalRule | None) -> Finding | None:
    if rule is None or finding.indicator is Indicator.SILENT:
        return finding
    if finding.indicator is Indicator.INFO:
        return None
    said = f"{view.knowledge.orderables[rule.item].text} is being ordered"
    level = Indicator(finding.indicator - 1)
    return msgspec.structs.replace(finding, indicator=level, because=(*finding.because, said))


def _is_ordered(view: View, rule: ProposalRule) -> bool:
    item = view.knowledge.orderables[rule.item]
    return any(answers(request, item) for request in view.case.requested)


def answers(request: Requested, item: Orderable) -> bool:
    """Whether what is being ordered is this item, or a panel that holds it."""
    if request.lab and request.lab in item.lab:
        return True
    return bool({item.code, *item.panels}.intersection(request.codes)) or item.text in request.words
