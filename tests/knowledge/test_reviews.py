"""A clinical review holds for a check as it was reviewed; any edit of what it rests on voids it, and no other."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from cds.fhir.publish import Published
from cds.findings import Indicator
from cds.knowledge.load import load_knowledge
from cds.knowledge.model import Knowledge, Review
from cds.review import UNREVIEWED, Status, parts_of, review_of, signed, state_of
from cds.site import CheckAt, Site, laid_over, only_reviewed
from hooks.cli import cli
from hooks.pages import evidence_page
from hooks.reviews import Line, append_review, read_reviews

PAIR, CODE = "opioid-baclofen", "baclofen-max-dose"
WHO: dict[str, Any] = {"by": "Ada Planted", "credential": "PharmD, made up for tests", "on": date(2026, 6, 10)}


def reviewed(id: str, knowledge: Knowledge | None = None) -> list[Review]:
    known = knowledge or load_knowledge()
    return [review_of(known.checks[id], known, **WHO)]


def with_check(id: str, **changes: Any) -> Knowledge:
    known = load_knowledge()
    changed = msgspec.structs.replace(known.checks[id], **changes)
    return msgspec.structs.replace(known, checks={**known.checks, id: changed})


def number_moved(id: str) -> Knowledge:
    numbers = load_knowledge().checks[id].numbers
    name = next(iter(numbers))
    moved = msgspec.structs.replace(numbers[name], value=numbers[name].value + 1)
    return with_check(id, numbers={**numbers, name: moved})


def word_changed(id: str) -> Knowledge:
    wording = load_knowledge().checks[id].wording
    name = next(iter(wording))
    return with_check(id, wording={**wording, name: msgspec.structs.replace(wording[name], do="Do nothing.")})


def level_changed(id: str) -> Knowledge:
    levels = load_knowledge().checks[id].levels
    return with_check(id, levels=msgspec.structs.replace(levels, base=Indicator.INFO, renewal=Indicator.WARNING))


def source_changed(id: str) -> Knowledge:
    known = load_knowledge()
    name = known.checks[id].evidence[0]
    changed = msgspec.structs.replace(known.evidence[name], citation="something else")
    return msgspec.structs.replace(known, evidence={**known.evidence, name: changed})


def fact_changed(id: str) -> Knowledge:
    known = load_knowledge()
    levels = known.checks[id].levels
    name = next(name for shift in (*levels.raised, *levels.lowered) for name in (*shift.any, *shift.all))
    changed = msgspec.structs.replace(known.facts[name], words="something else")
    return msgspec.structs.replace(known, facts={**known.facts, name: changed})


def reason_changed(id: str) -> Knowledge:
    known = load_knowledge()
    code = known.checks[id].overrides[0]
    changed = msgspec.structs.replace(known.overrides[code], display="something else")
    return msgspec.structs.replace(known, overrides={**known.overrides, code: changed})


EDITS = {
    "numbers": (number_moved, CODE),
    "wording": (word_changed, PAIR),
    "rule": (level_changed, PAIR),
    "sources": (source_changed, PAIR),
    "facts": (fact_changed, PAIR),
    "override reasons": (reason_changed, PAIR),
}


@pytest.mark.parametrize("part", EDITS)
def test_an_edit_voids_the_review_and_the_page_says_what_changed(part: str) -> None:
    edit, id = EDITS[part]
    edited = edit(id)
    state = state_of(edited.checks[id], edited, reviewed(id))
    assert (state.status, state.changed) == (Status.VOID, (part,))
    told = signed(edited, {id: reviewed(id)})
    page = evidence_page(told.checks[id], told)
    assert f"but {part} changed since" in page
    assert "void: reviewed by Ada Planted" in page


def test_what_a_check_in_code_rests_on_tells_its_own_numbers_from_those_of_its_group() -> None:
    """Whoever reviews again is sent to what was edited: the check itself, or one beside it."""
    id, beside = "baclofen-renal-dose", "baclofen-renal-worsening"
    assert {load_knowledge().checks[name].group for name in (id, beside)} == {load_knowledge().checks[id].group}
    for edited, part in ((number_moved(id), "numbers"), (number_moved(beside), "checks of its group")):
        assert state_of(edited.checks[id], edited, reviewed(id)).changed == (part,)


@pytest.mark.parametrize("part", ["numbers", "wording", "rule"])
def test_an_edit_of_another_check_voids_nothing(part: str) -> None:
    """Sources, facts and reasons are shared; these are a check's own."""
    edit, id = EDITS[part]
    edited = edit("itb-refill-due")
    assert state_of(edited.checks[id], edited, reviewed(id)).status is Status.REVIEWED


def test_every_check_has_parts_that_two_runs_agree_on_and_no_two_checks_share_all() -> None:
    known = load_knowledge()
    found = {id: parts_of(check, known) for id, check in known.checks.items()}
    assert found == {id: parts_of(check, known) for id, check in known.checks.items()}
    assert len({tuple(parts.items()) for parts in found.values()}) == len(found)


def test_each_profile_has_reviews_of_its_own_where_it_differs() -> None:
    us, eu = load_knowledge("us"), load_knowledge("eu")
    different = {id for id, check in us.checks.items() if parts_of(check, us) != parts_of(eu.checks[id], eu)}
    assert {key.partition("/")[2] for key in eu.profiles["eu"].differences if key.startswith("checks/")} <= different
    assert PAIR not in different


def test_a_limit_set_at_a_site_is_not_what_was_reviewed() -> None:
    site = Site("here", {CODE: CheckAt("Decided by the committee", numbers={"maximum": 60})})
    there = laid_over(load_knowledge(), site)
    assert state_of(there.checks[CODE], there, reviewed(CODE)).changed == ("numbers",)
    assert state_of(there.checks[CODE], there, reviewed(CODE, there)).status is Status.REVIEWED


def test_a_site_may_wait_for_reviews_in_silence() -> None:
    known = load_knowledge()
    waiting = only_reviewed(known, {PAIR: reviewed(PAIR)})
    assert waiting.silent == known.checks.keys() - {PAIR}
    assert waiting.version != only_reviewed(known, {}).version != known.version
    assert only_reviewed(known, {}).silent == known.checks.keys()


def test_what_was_taken_back_does_not_count() -> None:
    known = load_knowledge()
    back = review_of(known.checks[PAIR], known, **WHO, withdrawn=True)
    assert state_of(known.checks[PAIR], known, [*reviewed(PAIR), back]).status is Status.NOT_REVIEWED
    assert state_of(known.checks[PAIR], known, [*reviewed(PAIR), back, *reviewed(PAIR)]).status is Status.REVIEWED


def test_the_published_plan_names_the_reviewer_only_while_the_review_holds() -> None:
    for known, names in ((load_knowledge(), True), (word_changed(PAIR), False)):
        told = signed(known, {PAIR: reviewed(PAIR)})
        plan = Published(told, base="https://cds.example/fhir", pages="https://cds.example/checks/").resource(
            "PlanDefinition", PAIR
        )
        assert plan is not None
        assert ("reviewer" in plan) is ("lastReviewDate" in plan) is names
        assert ("Not reviewed by a licensed clinician" in plan["usage"]) is not names
        assert "approvalDate" not in plan
    assert "not verified" in str(told.checks[PAIR].clinical_review)


def test_nothing_that_ships_is_reviewed() -> None:
    for profile in ("us", "eu"):
        assert {check.clinical_review for check in load_knowledge(profile).checks.values()} == {UNREVIEWED}
        assert all(check.review is None for check in load_knowledge(profile).checks.values())


# -- the record ------------------------------------------------------------------------------------------------------


def line(by: str = "Ada Planted") -> Line:
    return Line(PAIR, "v", msgspec.structs.replace(reviewed(PAIR)[0], by=by))


def test_a_line_torn_by_a_crash_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "reviews.jsonl"
    append_review(str(file), line("one"))
    whole = file.read_bytes()
    for cut in range(1, len(whole)):
        file.write_bytes(whole + whole[:cut].rstrip(b"\n"))
        append_review(str(file), line("two"))
        record = read_reviews(str(file))
        names = [review.by for review in record.reviews[PAIR]]
        assert names[0] == "one"
        assert names[-1] == "two"
        assert len(names) + len(record.faults) == 3 or cut <= 1


@pytest.mark.parametrize("text", [b"\xff\xfe", b"{}", b"[" * 100_000, b'{"check": 1}', b"null\nnull", b"\x00"])
def test_what_is_no_review_does_not_count_and_stops_nothing(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "reviews.jsonl"
    file.write_bytes(text)
    record = read_reviews(str(file))
    assert record.reviews == {}
    assert record.faults


def test_without_a_file_nothing_is_reviewed_and_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    assert read_reviews(str(tmp_path / "none")) == read_reviews(str(tmp_path / "no" / "such"))
    assert read_reviews(str(tmp_path)).faults


def test_the_commands_keep_list_and_take_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GABAGUARD_REVIEWS", str(tmp_path / "kept" / "reviews.jsonl"))
    run = CliRunner()
    who = ["--by", "Ada Planted", "--credential", "PharmD, made up", "--on", "2026-06-10"]
    made = run.invoke(cli, ["knowledge", "review", PAIR, *who, "--note", "Read with the label"])
    assert made.exit_code == 0, made.output
    assert f"{PAIR}: reviewed by Ada Planted (PharmD, made up, not verified by gabaguard) on 2026-06-10" in made.output
    listed = run.invoke(cli, ["knowledge", "reviews"])
    assert f"{PAIR}: reviewed by Ada Planted" in listed.output
    assert f"1 reviewed, 0 void, {len(load_knowledge().checks) - 1} not reviewed" in listed.output
    assert "reviewed by Ada Planted" in " ".join(run.invoke(cli, ["knowledge", "show", PAIR]).output.split())
    assert "1 of them reviewed as they are" in " ".join(run.invoke(cli, ["knowledge", "list"]).output.split())
    assert run.invoke(cli, ["knowledge", "review", PAIR, *who, "--withdraw"]).exit_code == 0
    assert "0 reviewed, 0 void" in run.invoke(cli, ["knowledge", "reviews"]).output
    kept = [json.loads(raw) for raw in (tmp_path / "kept" / "reviews.jsonl").read_text().splitlines() if raw]
    assert [row["review"]["withdrawn"] for row in kept] == [False, True]
    assert kept[0]["review"]["note"] == "Read with the label"


@pytest.mark.parametrize(
    "arguments", [["no-such", "--by", "Ada", "--credential", "MD"], [PAIR, "--by", "A", "--credential", "MD"],
                  [PAIR, "--by", "Ada", "--credential", "MD\n"], [PAIR, "--by", "Ada"]]
)  # fmt: skip
def test_what_cannot_be_a_review_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("GABAGUARD_REVIEWS", str(tmp_path / "reviews.jsonl"))
    assert CliRunner().invoke(cli, ["knowledge", "review", *arguments]).exit_code == 2
    assert not (tmp_path / "reviews.jsonl").exists()
