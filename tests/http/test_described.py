"""Requests made up from the description of the interface: none makes the service fail."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from hooks.app import create_app
from hooks.audit import Audit
from hooks.settings import Settings

PROVING = os.environ.get("HYPOTHESIS_PROFILE") == "prove"
EXAMPLES = 100 if PROVING else 3  # of each operation and kind
KINDS = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


def _again(path: str) -> bool:
    """Whether a path has the schemas of another one, so that it is left to ``make prove``."""
    return "dstu2" in path or (path.endswith("/feedback") and "order-sign" not in path)


def _try(operation: Any, kind: schemathesis.GenerationMode, statuses: Counter[int]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=not PROVING,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=kind))
    def call(case: schemathesis.Case) -> None:
        response = case.call()
        statuses[response.status_code] += 1
        assert response.status_code < 500, (case.method, case.path, case.body)

    with suppress(Unsatisfiable):  # nothing can be wrong with a GET that takes nothing
        call()


def test_no_request_that_the_description_allows_or_forbids_makes_the_service_fail(tmp_path: Path) -> None:
    """A few of each operation, good and bad by their schema; ``make prove`` prints how many there were."""
    chosen = Settings(as_of=date(2026, 6, 10), database_url=str(tmp_path / "db.sqlite"), log_level="error")
    memory = Audit(chosen)
    schema = schemathesis.openapi.from_wsgi("/openapi.json", create_app(chosen, memory=memory))
    statuses: Counter[int] = Counter()
    for result in schema.get_all_operations():
        operation = result.ok()
        if PROVING or not _again(operation.path):
            for kind in KINDS:
                _try(operation, kind, statuses)
    memory.flush(1)
    memory.store.close()
    print(f"described: {sum(statuses.values())} requests, {dict(sorted(statuses.items()))}")
    assert {200, 400} <= set(statuses)
