"""The cases as they are before anything is damaged, and what is said of them: what damages are held against."""

from __future__ import annotations

from functools import lru_cache

from cds.findings import Report
from tests.support.cases import Case, case_named
from tests.support.run import report_on

RELEASE = "R4"


@lru_cache(maxsize=8192)
def sound(case_id: str) -> Report:
    """The report on the undamaged case."""
    return report_on(case_named(case_id), RELEASE)


def whole(case: Case) -> bool:
    """The case itself has no damaged input."""
    return RELEASE in case.releases and not (case.missing or case.null or case.failed or case.truncated)
