"""From a report to few cards: merged, ordered, complete, harmless, and the same every time."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cds.case import Reason
from cds.findings import Finding, Indicator, NotChecked, Report
from cds.knowledge.load import load_knowledge
from cds.knowledge.model import Check
from hooks.cards import CardMaker, write
from tests.support.answers import check_answer

KNOWLEDGE = load_knowledge()
TOPICS = sorted({check.topic for check in KNOWLEDGE.checks.values()})


def finding(check: Check, indicator: Indicator = Indicator.WARNING, text: str = "x", **more: Any) -> Finding:
    return Finding(
        check=check.id,
        indicator=indicator,
        wording=next(iter(check.wording)),
        values=dict.fromkeys(check.values, text),
        about=("MedicationRequest/m1",),
        evidence=check.evidence,
        seen=(f"{text} 30 mg/day (this order)",),
        because=(text,),
        unknown=(text,),
        **more,
    )


def report(findings: list[Finding], not_checked: tuple[NotChecked, ...] = (), *, relevant: bool = True) -> Report:
    ranked = sorted(findings, key=lambda item: -item.indicator)
    return Report(tuple(ranked), not_checked, (), relevant, KNOWLEDGE.version)


def made(given_report: Report, hook: str = "order-sign", instance: str = "i", maker: CardMaker | None = None) -> Any:
    maker = maker or CardMaker(KNOWLEDGE, "https://cds.example.org")
    return msgspec.json.decode(
        write(maker.answer(given_report, hook=hook, hook_instance=instance, as_of=date(2026, 6, 10)))
    )


def checks_of(topic: str) -> list[Check]:
    return [check for check in KNOWLEDGE.checks.values() if check.topic == topic]


def with_topics(count: int) -> tuple[CardMaker, list[Check]]:
    """A card maker whose knowledge has this many topics, each with one check made from a real one."""
    real = next(iter(KNOWLEDGE.checks.values()))
    checks = [msgspec.structs.replace(real, id=f"check-{n}", topic=f"topic-{n}") for n in range(count)]
    knowledge = msgspec.structs.replace(KNOWLEDGE, checks={check.id: check for check in checks})
    return CardMaker(knowledge, "https://cds.example.org"), checks


def test_nothing_found_is_no_card() -> None:
    answer = made(report([]))
    assert answer["cards"] == []
    assert answer["extension"]["org.gabaguard.report"] == {"knowledgeVersion": KNOWLEDGE.version, "asOf": "2026-06-10"}


def test_findings_of_one_topic_share_a_card() -> None:
    checks = checks_of("depressants")
    answer = made(report([finding(check) for check in checks]))
    (card,) = check_answer(answer)
    assert card["summary"].endswith(f"; {len(checks) - 1} more findings")
    assert len(card["extension"]["org.gabaguard.findings"]) == len(checks)
    assert card["detail"].count("\n- ") == len({c.wording[next(iter(c.wording))].headline for c in checks[1:]})


def test_the_strongest_finding_leads() -> None:
    first, second = checks_of("depressants")[:2]
    (card,) = check_answer(made(report([finding(first), finding(second, Indicator.CRITICAL)])))
    assert card["indicator"] == "critical"
    assert card["source"]["topic"]["code"] == second.id


def test_a_silent_finding_is_reported_but_makes_no_card() -> None:
    check = checks_of("depressants")[0]
    for quiet in (finding(check, Indicator.SILENT), finding(check, shown=False)):
        answer = made(report([quiet]))
        assert answer["cards"] == []
        assert [item["check"] for item in answer["extension"]["org.gabaguard.report"]["findings"]] == [check.id]


def test_at_most_five_cards_and_every_critical_on_one() -> None:
    maker, checks = with_topics(8)
    answer = made(report([finding(check, Indicator.CRITICAL) for check in checks]), maker=maker)
    cards = check_answer(answer)
    assert len(cards) == 5
    assert len(cards[-1]["extension"]["org.gabaguard.findings"]) == 4
    assert len(answer["extension"]["org.gabaguard.report"]["findings"]) == 8


def test_what_is_not_critical_beyond_five_is_in_the_report_only() -> None:
    maker, checks = with_topics(7)
    answer = made(report([finding(check) for check in checks]), maker=maker)
    assert [len(card["extension"]["org.gabaguard.findings"]) for card in check_answer(answer)] == [1] * 5
    assert len(answer["extension"]["org.gabaguard.report"]["findings"]) == 7


UNSEEN = NotChecked("opioid-benzodiazepine", Reason.ABSENT, "medication list not sent")


def test_what_could_not_be_checked_is_one_info_card() -> None:
    more = NotChecked("opioid-baclofen", Reason.ABSENT, "medication list not sent")
    other = NotChecked("opioid-baclofen", Reason.STALE, "creatinine of 3 May 2024 is too old")
    (card,) = check_answer(made(report([], (UNSEEN, more, other))))
    assert card["indicator"] == "info"
    assert card["summary"] == "Not checked: medication list not sent, creatinine of 3 May 2024 is too old"
    assert card["detail"].count("medication list not sent") == 1
    assert KNOWLEDGE.checks["opioid-baclofen"].title in card["detail"]


def test_its_summary_tells_how_much_more_there_is() -> None:
    many = tuple(NotChecked("opioid-baclofen", Reason.ABSENT, f"thing number {n} not sent") for n in range(30))
    (card,) = check_answer(made(report([], many)))
    assert card["summary"].endswith("; 26 more")
    assert card["summary"].count("not sent") == 4


@pytest.mark.parametrize(
    ("item", "relevant", "hook"),
    [
        (UNSEEN, False, "order-sign"),
        (msgspec.structs.replace(UNSEEN, makes_card=False), True, "order-sign"),
        (msgspec.structs.replace(UNSEEN, check="dose-unparsable"), True, "order-select"),
    ],
)
def test_but_not_for_every_order_gap_or_hook(item: NotChecked, relevant: bool, hook: str) -> None:
    answer = made(report([], (item,), relevant=relevant), hook)
    assert answer["cards"] == []
    assert len(answer["extension"]["org.gabaguard.report"]["notChecked"]) == 1


def test_it_is_among_the_five_and_displaces_none() -> None:
    maker, checks = with_topics(5)
    unseen = msgspec.structs.replace(UNSEEN, check="check-0")
    cards = check_answer(made(report([finding(check) for check in checks], (unseen,)), maker=maker))
    assert [card["source"]["topic"]["code"] for card in cards] == [check.id for check in checks]
    assert "medication list not sent" in cards[-1]["detail"]
    cards = check_answer(made(report([finding(check) for check in checks[:4]], (unseen,)), maker=maker))
    assert [card["source"]["topic"]["code"] for card in cards][-1] == "not-checked"


def test_the_same_report_gives_the_same_bytes_and_another_call_other_uuids() -> None:
    given_report = report([finding(check) for check in KNOWLEDGE.checks.values()], (UNSEEN,))
    assert made(given_report) == made(given_report)
    mine = {card["uuid"] for card in made(given_report)["cards"]}
    assert mine.isdisjoint(card["uuid"] for card in made(given_report, instance="j")["cards"])


def test_override_reasons_are_coded_and_each_there_once() -> None:
    (card,) = made(report([finding(check) for check in checks_of("depressants")]))["cards"]
    codes = [reason["code"] for reason in card["overrideReasons"]]
    assert len(codes) == len(set(codes))
    assert all(reason["display"] == KNOWLEDGE.overrides[reason["code"]].display for reason in card["overrideReasons"])


@given(st.text(max_size=60), st.sampled_from(sorted(KNOWLEDGE.checks)))
def test_whatever_the_values_the_answer_is_proper_and_inert(text: str, id: str) -> None:
    hostile = f"{text}<script>alert(1)</script>[x](https://evil.example)\n# y ![z](http://evil.example)"
    unseen = NotChecked(id, Reason.UNKNOWN_DRUG, hostile)
    check = KNOWLEDGE.checks[id]
    answer = made(report([finding(check, text=hostile, shown=True)], (unseen,)), hook=check.hooks[0])
    for card in check_answer(answer):
        for token in MarkdownIt("commonmark", {"html": True}).parse(card["detail"]):
            kinds = {token.type, *(child.type for child in token.children or ())}
            assert not kinds & {"html_block", "html_inline", "link_open", "image", "heading_open", "fence"}
        assert "<script" not in card["summary"]
        assert "https://evil" not in card["summary"]


@pytest.mark.parametrize("id", sorted(KNOWLEDGE.checks))
def test_every_wording_makes_a_proper_card(id: str) -> None:
    check = KNOWLEDGE.checks[id]
    for wording in check.wording:
        found = msgspec.structs.replace(finding(check, Indicator.CRITICAL, "value"), wording=wording)
        (card,) = check_answer(made(report([found])))
        assert "{" not in card["summary"]
        assert "{" not in card["detail"]
        assert "(unknown)" not in card["summary"]
