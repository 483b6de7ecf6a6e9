"""Damage any input of any check: the answer still has the finding, or says that this check was not made.

The cells are made from the knowledge: each check x each input it asks for x each damage. A cell is judged on the cases
in which the check fires (the damage must not hide the finding without a word) and on quiet cases in which that input
could have made it fire (a damaged input cannot prove that all is well).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest

from cds.case import Reason
from cds.findings import Report
from cds.knowledge.load import load_knowledge
from tests.support.cases import Case, all_cases
from tests.support.damage import DAMAGES, MEASURED, ORDER_DAMAGES
from tests.support.render import render
from tests.support.run import answer_to
from tests.support.sound import RELEASE, sound, whole
from tests.support.words import Json

CHECKS = sorted(load_knowledge().checks)
ENOUGH = 12  # cases of each sort per cell
# Damages after which nobody knows what the input held; the others leave entries that can still be judged.
LOSES_ENTRIES = {"absent", "null", "unreadable", "wrong patient", "OperationOutcome", "web page"}
CELLS: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def _summary(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        counts = ", ".join(f"{count} {name}" for name, count in sorted(CELLS.items()))
        print(f"\nnever silent: {counts}, {CELLS['silent']} silent")


def _firing(check: str) -> list[Case]:
    """Cases in which the check fires, by a hook on which it is shown."""
    hooks = load_knowledge().checks[check].hooks
    asked = [case for case in all_cases() if whole(case) and case.hook in hooks]
    return [case for case in asked if any(finding.check == check for finding in sound(case.id).findings)]


def _quiet(check: str) -> list[Case]:
    """Cases in which the check looked at the patient and found nothing to report."""
    found = []
    for case in all_cases():
        looked = [o for o in sound(case.id).outcomes if o.check == check and o.looked_at and not o.findings]
        if whole(case) and looked and not _told(sound(case.id), check, empty_too=False):
            found.append(case)
    return found


def _told(report: Report, check: str, *, empty_too: bool = True) -> bool:
    return any(n.check == check and (empty_too or n.reason is not Reason.REPORTED_EMPTY) for n in report.not_checked)


def _level(report: Report, check: str) -> int:
    return max((f.indicator.value for f in report.findings if f.check == check), default=-1)


def _unknown(report: Report, check: str) -> bool:
    return any(f.unknown for f in report.findings if f.check == check)


def _judge(request: Json, case: Case, check: str) -> str:
    """ "" when the damaged request says enough, else what it lacks. A refusal (400, 412) says it all."""
    before, after = sound(case.id), _damaged_report(request, case)
    if after is None:
        return ""
    said = _told(after, check)
    if _level(after, check) < 0:
        return "" if said else "silent"
    if _level(after, check) < _level(before, check) and not said and not _unknown(after, check):
        return "weaker without a word"
    return ""


def _damaged_report(request: Json, case: Case) -> Report | None:
    """The report; None when the call was refused with a reason (anything else than 200, 400 and 412 is a fault)."""
    answer = answer_to(msgspec.json.encode(request), case.as_of, case.profile)
    assert answer.status in (200, 400, 412)
    return None if answer.judged is None else answer.judged.report


def _could_fire(case: Case, check: str, key: str, *, more: bool) -> bool:
    """Whether other content of this input (``more``: further content) would make the check fire for this patient.

    Tried with what other cases hold, in which the check does fire.
    """
    for other in _firing(check)[:ENOUGH]:
        request, donor = render(case, RELEASE), render(other, RELEASE)["prefetch"].get(key)
        held = request["prefetch"].get(key)
        if not isinstance(held, dict) or not isinstance(donor, dict):
            continue
        for entry in donor.get("entry", ()):
            entry["resource"]["id"] += "-other"
        added = [*held.get("entry", []), *donor.get("entry", [])]
        request["prefetch"][key] = held | {"entry": added, "total": len(added)} if more else donor
        report = _damaged_report(request, case)
        if report is not None and _level(report, check) >= 0:
            return True
    return False


@pytest.mark.parametrize("check", CHECKS)
def test_a_damaged_input_is_never_silence(check: str) -> None:
    wrong = []
    asks = [key for key in load_knowledge().checks[check].asks if key != "orders"]
    firing, quiet = _firing(check)[:ENOUGH], _quiet(check)[:ENOUGH]
    assert firing, f"no whole case fires {check}"
    for key in asks:
        replaced = [case for case in quiet if _could_fire(case, check, key, more=False)]
        extended = [case for case in quiet if _could_fire(case, check, key, more=True)]
        for name, damage in DAMAGES.items():
            verdicts = []
            lost = name in LOSES_ENTRIES or key in MEASURED
            cases = [*firing, *(extended if name == "truncated list" else replaced if lost else [])]
            for case in cases:
                request = damage(render(case, RELEASE), key)
                if request is not None:
                    verdicts.append((case.id, _judge(request, case, check)))
            CELLS["cells" if verdicts else "not applicable"] += 1
            CELLS["requests"] += len(verdicts)
            bad = [f"{check}, {key} {name}: {verdict} ({id})" for id, verdict in verdicts if verdict]
            CELLS["silent"] += bool(bad)
            wrong += bad
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("check", CHECKS)
def test_a_damaged_order_is_never_silence(check: str) -> None:
    """A draft that lost its drug, dose, unit or timing: the finding stands, or it is said what cannot be judged."""
    wrong = []
    for name, damage in ORDER_DAMAGES.items():
        CELLS["cells"] += 1
        bad = []
        for case in _firing(check)[:ENOUGH]:
            request = damage(render(case, RELEASE), "")
            assert request is not None
            CELLS["requests"] += 1
            report = _damaged_report(request, case)
            if report is None:
                continue
            said = bool(report.not_checked) if name in ("drug unreadable", "no resource") else _told(report, check)
            unparsable = any(f.check == "dose-unparsable" for f in report.findings)
            if _level(report, check) < 0 and not said and not unparsable:
                bad.append(f"{check}, order {name}: silent ({case.id})")
        CELLS["silent"] += bool(bad)
        wrong += bad
    assert not wrong, "\n".join(wrong)
