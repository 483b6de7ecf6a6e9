"""One number of ``knowledge/arithmetic`` moved, in a process of its own: some modules keep what they read.

As a pytest plugin (``-p tests.support.slip``) the move is made before any test is collected; as a command it runs the
cases whose ids come on standard input and prints the id of the first that fails. What to move is in the variable SLIP:
``["opioids", ["factors", "codeine"], 0.01]``.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from cds.arithmetic import rules

VARIABLE = "SLIP"


def move() -> None:
    """Make the move in the table that the arithmetic reads; the table is kept for the life of the process."""
    owner, path, by = json.loads(os.environ[VARIABLE])
    holder: Any = rules.table(owner)
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] += by
    rules.numbers.cache_clear()


def first_failing(ids: list[str], release: str) -> str:
    """The first case that does not give what it expects, or ""."""
    from tests.support import run
    from tests.support.cases import case_named

    for id in ids:
        case = case_named(id)
        try:
            if run.mismatches(case, run.report_on(case, release), release):
                return id
        except Exception:  # a slip that breaks the code outright is noticed
            return id
    return ""


if os.environ.get(VARIABLE):
    move()

if __name__ == "__main__":
    print(first_failing(json.load(sys.stdin), "R4"))
