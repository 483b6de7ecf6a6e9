"""A check that fails costs only itself: it is named as not checked (internal), and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from cds.case import Reason
from cds.checks import registry
from cds.findings import Finding, Outcome
from cds.knowledge.load import load_knowledge
from cds.knowledge.model import Check
from cds.view import View
from tests.support.cases import all_cases
from tests.support.run import report_on

FAULTS: dict[str, Callable[[], BaseException]] = {
    "raises": lambda: ValueError("boom"),
    "runs out of memory": MemoryError,
    "recurses without end": RecursionError,
}


def _failing(fault: str) -> Callable[[View, Check], Outcome]:
    def fail(view: View, check: Check) -> Outcome:
        raise FAULTS[fault]()

    return fail


def _as_found(finding: Finding) -> Finding:
    """Counselling hides beside a card of another check, and comes to light when that check fails."""
    humble = load_knowledge().checks[finding.check].only_alone
    return msgspec.structs.replace(finding, shown=False) if humble else finding


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("check_id", sorted(load_knowledge().checks))
def test_a_failing_check_is_named_and_suppresses_nothing(
    check_id: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fired = [case for case in all_cases() if any(e.check == check_id for e in case.expect)][:4]
    assert fired, f"no case expects {check_id}: write one"
    healthy = {case.id: report_on(case, "R4") for case in fired}
    monkeypatch.setitem(registry.CHECKS, check_id, _failing(fault))
    for case in fired:
        report = report_on(case, "R4")
        others = [f for f in healthy[case.id].findings if f.check != check_id]
        assert [_as_found(f) for f in report.findings] == [_as_found(f) for f in others]
        assert [n for n in report.not_checked if n.check == check_id and n.reason is Reason.INTERNAL]
        kept = [n for n in healthy[case.id].not_checked if n.check != check_id]
        assert [n for n in report.not_checked if n.check != check_id] == kept
