"""How the dose checks put a finding together, and what an unchanged or lowered dose makes of its level."""

from __future__ import annotations

from collections.abc import Iterable

from cds.case import Known
from cds.checks.levels import holds, one_lower
from cds.checks.words import seen
from cds.findings import Finding, Indicator, Value
from cds.knowledge.model import Check
from cds.view import Present, View


def dose_finding(
    view: View,
    check: Check,
    items: Iterable[Present],
    to: Indicator,
    wording: str,
    values: dict[str, Value],
    because: Iterable[str] = (),
    *,
    unknown: Iterable[str] = (),
    evidence: Iterable[str] = (),
) -> Finding:
    """One finding about orders (first) and what runs beside them; orders of one ingredient are one."""
    scope = sorted(items, key=lambda item: not item.subject)
    drugs = list(dict.fromkeys(item.ingredient for item in scope))
    return Finding(
        check=check.id,
        indicator=to,
        wording=wording,
        values={"drugs": drugs, **values},
        about=tuple(dict.fromkeys(item.ref for item in scope)),
        evidence=tuple(dict.fromkeys(evidence)) or check.evidence,
        seen=tuple(seen(view, item) for item in scope),
        because=tuple(dict.fromkeys(because)),
        unknown=tuple(dict.fromkeys(unknown)),
        shown=to is not Indicator.SILENT,
    )


def one_lower_if_settled(view: View, check: Check, items: tuple[Present, ...], to: Indicator) -> Indicator:
    """An unchanged dose of long standing drops one level, not below the check's ``renewal``."""
    return one_lower(to, check.levels.renewal) if is_settled(view, items) else to


def is_settled(view: View, items: tuple[Present, ...]) -> bool:
    """Whether all of it has stood unchanged for long."""
    return holds(view, "settled", items) == Known(True)


def is_reduction(view: View, items: tuple[Present, ...]) -> bool:
    """Whether every order of these only lowers or keeps a dose."""
    return holds(view, "reduction", items) == Known(True)
