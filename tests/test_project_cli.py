"""The command line: what a person at a terminal gets, and the exit codes scripts rely on."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hooks.cli import cli
from hooks.offline import BadFileError, request_of
from hooks.strict import judge
from hooks.terminal import console, show_answer

AS_OF = {"GABAGUARD_AS_OF": "2026-06-10"}


def run(*arguments: object, text: str | None = None, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(cli, [str(each) for each in arguments], input=text, env={**AS_OF, **(env or {})})


def words_of(result: Result) -> str:
    """What was printed, however its lines were broken."""
    return " ".join(result.output.split())


@pytest.fixture
def demo(repository: Path) -> Path:
    return repository / "fixtures" / "demo"


def loaded(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def record(call: dict[str, Any]) -> dict[str, Any]:
    """The same patient and orders as one Bundle, as a person would export them."""
    drafts = next(value for value in call["context"].values() if isinstance(value, dict))
    entries = list(drafts["entry"])
    for value in call["prefetch"].values():
        entries += value.get("entry", []) if value["resourceType"] == "Bundle" else [{"resource": value}]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


# -- check ------------------------------------------------------------------------------------------------------------


def test_check_prints_cards_and_exits_with_1(demo: Path) -> None:
    """A file with findings prints its cards readably, with indicator, advice and source."""
    result = run("check", demo / "1-kidney.json")
    assert result.exit_code == 1, result.output
    assert "critical" in result.output
    assert "Baclofen" in result.output
    assert "eGFR 26" in result.output


def test_check_of_a_quiet_file_exits_with_0(demo: Path) -> None:
    """Nothing to say is said in one line."""
    result = run("check", demo / "4-quiet.json")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("No card")


def test_check_explains_every_check_that_looked(demo: Path) -> None:
    """--explain names checks that fired and checks that did not, with what they saw."""
    result = run("check", demo / "1-kidney.json", "--json", "--explain")
    explained = {item["check"]: item for item in json.loads(result.output)["explain"]}
    assert explained["baclofen-renal-dose"]["ended"] == "critical"
    assert any(item["ended"] == "quiet" and item["why"] for item in explained.values())
    printed = run("check", demo / "1-kidney.json", "--explain").output
    assert "Every check that looked" in printed
    assert "baclofen-renal-dose" in printed


def test_check_prints_one_json_object_per_file(demo: Path) -> None:
    """--json is one line per file, with status and the answer as a caller would get it."""
    result = run("check", demo / "1-kidney.json", demo / "4-quiet.json", "--json")
    kidney, quiet = (json.loads(line) for line in result.output.splitlines())
    assert (kidney["status"], quiet["status"]) == (200, 200)
    assert kidney["answer"]["cards"]
    assert not quiet["answer"]["cards"]
    assert result.exit_code == 1


def test_check_reads_standard_input(demo: Path) -> None:
    """- is standard input."""
    result = run("check", "-", text=(demo / "4-quiet.json").read_text(encoding="utf-8"))
    assert result.exit_code == 0, result.output


def test_a_bundle_gets_the_same_findings_as_the_call_with_the_same_content(demo: Path, tmp_path: Path) -> None:
    """A patient's record with a draft order is judged as order-sign."""
    call = loaded(demo / "1-kidney.json")
    bundle = tmp_path / "record.json"
    bundle.write_text(json.dumps(record(call)), encoding="utf-8")
    told = [
        json.loads(run("check", path, "--json").output)["answer"]["extension"]["org.gabaguard.report"]
        for path in (demo / "1-kidney.json", bundle)
    ]
    first, second = ({(item["check"], item["indicator"]) for item in report["findings"]} for report in told)
    assert second
    # the call says that there are no statements, the record cannot: what needs them is then not checked
    unchecked = {item["check"] for item in told[1]["notChecked"] if item["reason"] == "absent"}
    assert second == {item for item in first if item in second or item[0] not in unchecked}


def test_what_a_bundle_does_not_hold_is_not_claimed_to_be_absent(demo: Path, tmp_path: Path) -> None:
    """A record without a medication list leaves the combinations unchecked instead of safe."""
    call = loaded(demo / "4-quiet.json")
    whole = record(call)
    whole["entry"] = [
        entry
        for entry in whole["entry"]
        if entry["resource"].get("status") == "draft" or not entry["resource"]["resourceType"].startswith("Medication")
    ]
    path = tmp_path / "record.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    report = json.loads(run("check", path, "--json").output)["answer"]["extension"]["org.gabaguard.report"]
    assert ("opioid-baclofen", "absent") in {(item["check"], item["reason"]) for item in report["notChecked"]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "neither a hook request nor a FHIR Bundle"),
        ('{"resourceType": "Bundle"}', "no patient is named"),
        ('{"hook": "coffee-break", "context": {}}', "none that this service answers"),
    ],
)
def test_a_file_that_cannot_be_judged_is_a_message_and_exit_code_2(tmp_path: Path, text: str, words: str) -> None:
    """Bad input names the problem and the remedy; there is no traceback."""
    path = tmp_path / "file.json"
    path.write_text(text, encoding="utf-8")
    result = run("check", path)
    assert result.exit_code == 2
    assert words in words_of(result)
    assert "Traceback" not in result.output


def test_a_missing_file_is_a_message(tmp_path: Path) -> None:
    """A wrong name costs that file only."""
    result = run("check", tmp_path / "nothing.json")
    assert result.exit_code == 2
    assert "cannot be read" in words_of(result)


def test_a_refused_call_shows_path_problem_and_remedy(tmp_path: Path) -> None:
    """What a caller would get as OperationOutcome is printed."""
    path = tmp_path / "call.json"
    path.write_text('{"hook": "order-sign", "hookInstance": "x", "context": {"patientId": "p"}}', encoding="utf-8")
    result = run("check", path)
    assert result.exit_code == 2
    assert "context.draftOrders" in result.output


def test_two_patients_in_a_bundle_are_refused() -> None:
    """One record, one patient: whose medicines would be whose?"""
    patients = [{"resource": {"resourceType": "Patient", "id": id}} for id in "ab"]
    draft = {"resource": {"resourceType": "MedicationRequest", "status": "draft"}}
    bundle = {"resourceType": "Bundle", "entry": [*patients, draft]}
    with pytest.raises(BadFileError, match="2 patients"):
        request_of(json.dumps(bundle).encode())


def test_strict_names_what_is_no_fhir(demo: Path, tmp_path: Path) -> None:
    """--strict names resource, element and problem, and the exit code says bad input; the cards still come."""
    call = loaded(demo / "1-kidney.json")
    call["prefetch"]["patient"]["birthDate"] = "1954-02-31"
    call["prefetch"]["patient"]["shoeSize"] = 42
    path = tmp_path / "call.json"
    path.write_text(json.dumps(call), encoding="utf-8")
    result = run("check", path, "--strict", "--json")
    told = json.loads(result.output)
    faults = {item["what"]: item["faults"] for item in told["strict"]}
    assert any(fault.startswith("shoeSize") for fault in faults["Patient/demo-kidney"])
    assert told["answer"]["cards"]
    assert result.exit_code == 2


def test_demo_calls_are_strictly_valid_fhir(demo: Path) -> None:
    """What we show to newcomers is FHIR."""
    for path in sorted(demo.glob("*.json")):
        told = json.loads(run("check", path, "--strict", "--json").output)
        assert told["strict"]
        assert not [item for item in told["strict"] if item["faults"]]


def test_dstu2_has_no_strict_verdict_and_says_so() -> None:
    """No models means not judged, which is not the same as valid."""
    assert not judge({"resourceType": "MedicationOrder"}, "DSTU2").judged


# -- what is printed --------------------------------------------------------------------------------------------------


def test_control_characters_of_a_request_never_reach_the_terminal() -> None:
    """A hostile display cannot clear the screen or hide a card, and is not read as markup."""
    screen = StringIO()
    card = {
        "summary": "a\x1b[2Jb\u202ec",
        "indicator": "critical",
        "detail": "[red]d[/red]\x9b1m",
        "source": {"label": "x"},
    }
    show_answer(console(screen), {"cards": [card]})
    assert "\x1b" not in screen.getvalue()
    assert "\x9b" not in screen.getvalue()
    assert "\u202e" not in screen.getvalue()
    assert "[red]d[/red]" in screen.getvalue()


# -- knowledge, settings, help ----------------------------------------------------------------------------------------


def test_knowledge_list_names_every_check(repository: Path) -> None:
    """Each file of knowledge/checks is a line of the list, and the review status is said."""
    result = run("knowledge", "list")
    assert result.exit_code == 0, result.output
    for path in (repository / "cds" / "knowledge" / "checks").glob("*.toml"):
        assert path.stem in result.output
    assert "not yet reviewed by a licensed clinician" in words_of(result)


def test_knowledge_show_has_every_number_of_a_check(repository: Path) -> None:
    """A reviewer sees value, unit, basis and meaning of each number."""
    from cds.knowledge.load import load_knowledge

    check = load_knowledge().checks["baclofen-renal-dose"]
    result = run("knowledge", "show", check.id)
    assert result.exit_code == 0, result.output
    for name, number in check.numbers.items():
        assert f"{number.value:g}" in result.output
        assert name in result.output.replace("\n", "")
    assert check.clinical_review.split()[0] in result.output


def test_a_misspelt_check_is_met_with_the_nearest(demo: Path) -> None:
    """Did you mean ...?"""
    result = run("knowledge", "show", "baclofen-renal-does")
    assert result.exit_code == 2
    assert "baclofen-renal-dose" in result.output


def test_knowledge_that_ships_is_valid() -> None:
    """`knowledge validate` finds no fault in it."""
    result = run("knowledge", "validate")
    assert result.exit_code == 0, result.output
    assert "no fault" in result.output


def test_knowledge_with_faults_is_refused_with_file_and_key(tmp_path: Path) -> None:
    """An empty folder is refused, every missing file named."""
    result = run("knowledge", "validate", tmp_path)
    assert result.exit_code == 1
    assert "evidence.toml" in result.output
    assert "topics.toml" in result.output


def test_settings_show_every_switch_and_the_value_in_force() -> None:
    """`settings` prints each with its reason."""
    from hooks.settings import SWITCHES

    result = run("settings", env={"GABAGUARD_PORT": "9123"})
    assert result.exit_code == 0, result.output
    assert "9123" in result.output
    for switch in SWITCHES:
        assert switch.name in result.output


def test_a_wrong_setting_is_a_message_and_exit_code_2() -> None:
    """The setting is named; nothing is started."""
    result = run("settings", env={"GABAGUARD_PORT": "many"})
    assert result.exit_code == 2
    assert "GABAGUARD_PORT" in result.output


def test_help_is_quick_because_it_imports_nothing_heavy() -> None:
    """`gabaguard --help` loads neither Flask nor the knowledge nor rich."""
    heavy = "{'flask', 'rich', 'cds', 'jsonschema', 'msgspec', 'fhir'}"
    code = f"import sys, hooks.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- demo -------------------------------------------------------------------------------------------------------------


def test_demo_serves_prints_cards_and_ends() -> None:
    """`gabaguard demo --once` goes over real HTTP on loopback and leaves nothing running."""
    command = [sys.executable, "-m", "hooks.cli", "demo", "--once"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "critical" in done.stdout
    assert "4-quiet.json" in done.stdout


def test_ctrl_c_stops_serving_with_all_workers() -> None:
    """A terminal sends SIGINT to every process of the service at once; it ends soon and leaves none behind."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "hooks.cli", "serve", "--port", str(port), "--workers", "2"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health/ready")
        os.killpg(server.pid, signal.SIGINT)
        server.communicate(timeout=40)  # returns when no process holds our end of the pipe
        assert server.returncode == 0
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)


def _wait_for(url: str) -> None:
    for _ in range(300):
        with suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.1)
    pytest.fail("the service was not ready within 30 s")


def test_demo_on_a_taken_port_says_so() -> None:
    """A busy port is a message, not a hang or a traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("demo", "--once", "--port", taken.getsockname()[1])
    assert result.exit_code == 2
    assert "cannot be used" in result.output
