"""Every suggestion of every case in four releases: valid, and true when it is applied and the call is sent again.

    python -m tests.prove.suggestions [--list]

Prints how many there are and how many fail; those that may fail, and why, stand in ``suggestions.toml`` beside this.
Ends with 1 if any other fails.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from pathlib import Path

import orjson

from tests.support.cases import all_cases
from tests.support.fhir import invalid
from tests.support.loop import described, faults, suggestions
from tests.support.render import render
from tests.support.run import answer_to

EXCEPTIONS = Path(__file__).with_suffix(".toml")


def main() -> int:
    """Try all and print the figures."""
    known = tomllib.loads(EXCEPTIONS.read_text("utf-8")).get("exception", [])
    excused = {(one["case"], one["label"]): one["why"] for one in known}
    count: Counter[str] = Counter()
    wrong: list[str] = []
    for case in all_cases():
        for release in case.releases:
            request = render(case, release)
            answer = orjson.loads(answer_to(orjson.dumps(request), case.as_of, case.profile).body)
            count["answers"] += 1
            count["cards"] += len(answer["cards"])
            count["cards with suggestions"] += sum("suggestions" in card for card in answer["cards"])
            for one in suggestions(answer):
                count["suggestions"] += 1
                count.update(action["type"] for action in one.suggestion["actions"])
                found = invalid(one.suggestion, release) + faults(request, answer, one, case.as_of, case.profile)
                if found and (case.id, one.suggestion["label"]) in excused:
                    count["excused"] += 1
                elif found:
                    wrong.append(f"{case.id} {release}: {described(one)}: {found}")
                if "--list" in sys.argv and release == "R4":
                    print(case.id, described(one))
    print("suggestions: " + ", ".join(f"{number} {name}" for name, number in count.items()))
    print(f"suggestions: {len(wrong)} fail the loop or are not valid, {count['excused']} excused")
    for line in wrong:
        print(f"  {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
