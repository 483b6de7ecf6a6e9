"""What need not be said again: which findings are the same as one that was shown or overridden before.

A finding is the same when check, wording, drugs and daily doses are, and it is no more urgent. Critical ones are always
shown. Who was shown what, and when, is for ``hooks`` to remember.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from cds.case import DrugUse, Known, Order, PatientCase
from cds.findings import Finding, Indicator, Report


def subject(finding: Finding, case: PatientCase) -> str:
    """What a finding is about, as one text: the same for the same check, wording, drugs and daily doses."""
    holders: tuple[Order | DrugUse, ...] = (*case.orders, *case.uses)
    held = [(holder.drug, holder.doses) for holder in holders if (holder.ref or holder.path) in finding.about]
    told = {
        f"{ingredient.id}={dose.value.high:g} {dose.value.unit}" if isinstance(dose, Known) else f"{ingredient.id}=?"
        for drug, doses in held
        for ingredient, dose in zip(drug.ingredients, doses, strict=True)
    }
    return "|".join((finding.check, finding.wording, *sorted(told)))


def without_repeats(report: Report, case: PatientCase, known: Callable[[str, int], str]) -> Report:
    """The report with what need not be shown again kept off the cards.

    ``known``: why a subject of such urgency need not be shown again; "" when it must be.
    """
    return msgspec.structs.replace(report, findings=tuple(_once(finding, case, known) for finding in report.findings))


def _once(finding: Finding, case: PatientCase, known: Callable[[str, int], str]) -> Finding:
    if not finding.shown or not Indicator.SILENT < finding.indicator < Indicator.CRITICAL:
        return finding
    why = known(subject(finding, case), int(finding.indicator))
    return msgspec.structs.replace(finding, shown=False, repeated=why) if why else finding
