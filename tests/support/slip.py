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
from cds.knowledge.load import load_knowledge
from cds.knowledge.profiles import profile_ids

VARIABLE = "SLIP"


def move() -> None:
    """Make the move in the tables that the arithmetic reads; they are kept for the life of the process."""
    owner, path, by = json.loads(os.environ[VARIABLE])
    moved: list[Any] = []
    for tables in (rules.SHIPPED, *(load_knowledge(profile).tables for profile in profile_ids())):
        holder: Any = tables.files[owner]
        for key in path[:-1]:
            holder = holder[key]
        if not any(holder is one for one in moved):  # those of a profile may be the same objects
            holder[path[-1]] += by
            moved.append(holder)
        tables.numbers.clear()


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
