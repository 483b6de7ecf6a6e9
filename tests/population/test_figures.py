"""The figures of a report are those of its rows, and each kind of patient is counted in the band it belongs to."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from cds.arithmetic.kidney import Kidney
from cds.case import Known, Reason, Unknown
from hooks.population.kinds import AGES, DIMENSIONS, KIDNEYS, UNKNOWN, _kidney, _of_both
from hooks.population.pictures import bars, columns
from hooks.population.results import Summary
from hooks.population.run import Wanted, replay
from tests.population.test_known import calls, story
from tests.population.test_replay import rows
from tests.support.stories import Story, population, write


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    folder = tmp_path_factory.mktemp("figures")
    write(folder / "export", 70, 3)
    return folder / "out", replay(Wanted((folder / "export",), folder / "out"))


@pytest.mark.parametrize(
    ("low", "high", "band"),
    [
        (17, 17, "under 18"),
        (18, 18, "18–44"),
        (64, 64, "45–64"),
        (65, 65, "65–74"),
        (84, 84, "75–84"),
        (85, 85, "85 and over"),
        (64, 65, UNKNOWN),
    ],
)
def test_age_bands(low: int, high: int, band: str) -> None:
    """Completed years; two ages that a year of birth allows count only where the band is the same."""
    assert _of_both(low, high, AGES) == band


@pytest.mark.parametrize(
    ("low", "high", "band"),
    [
        (14, 14, "eGFR under 15"),
        (15, 15, "eGFR 15–29"),
        (29, 29, "eGFR 15–29"),
        (30, 30, "eGFR 30–44"),
        (59, 59, "eGFR 45–59"),
        (60, 60, "eGFR 60 and over"),
        (60, None, "eGFR 60 and over"),
        (0, 14, "eGFR under 15"),
        (30, 59, UNKNOWN),
        (None, None, UNKNOWN),
    ],
)
def test_kidney_bands(low: int | None, high: int | None, band: str) -> None:
    """As KDIGO draws them, below 15 apart; ">60" is 60 and over, "stage 3" is two bands and so none."""
    egfr = Known(low) if low is not None and low == high else Unknown(Reason.ABSENT, "")
    assert _kidney(Kidney(egfr=egfr, low=low, high=high)) == band
    assert band in DIMENSIONS["kidney"]
    assert KIDNEYS[0][0] == 15


def test_dialysis_goes_before_any_number() -> None:
    """A number says little then."""
    assert _kidney(Kidney(egfr=Known(70), low=70, high=70, dialysis=True)) == "dialysis"


def with_oxycodone(at: Story) -> None:
    at.order("oxycodone", -20)


def test_kinds_of_a_patient_at_a_moment() -> None:
    """Of the moment, not of today: the opioid that came later is not counted."""
    at = story()
    at.egfr(-10, 24)
    at.order("baclofen", 0)
    at.order("oxycodone", 5)
    (call,) = calls(at)
    assert call.kind is not None
    assert (call.kind.kidney, call.kind.opioid, call.kind.pump) == ("eGFR 15–29", "without", "without")
    assert call.kind.sex == at.resources[0]["gender"]
    again = story()
    with_oxycodone(again)
    again.order("baclofen", 0)
    (call,) = calls(again)
    assert call.kind is not None
    assert (call.kind.kidney, call.kind.opioid) == (UNKNOWN, "with an opioid")


def test_every_band_adds_up_to_the_whole(replayed: tuple[Path, Summary]) -> None:
    """Whatever patients are told apart by, all orders and cards are there."""
    _, summary = replayed
    for name in DIMENSIONS:
        bands = [row for row in summary.per_kind if row[0] == name]
        sums = [sum(row[at] for row in bands) for at in (2, 3, 4)]
        assert sums == [summary.orders, summary.moments, summary.cards], name


def test_months_and_indicators_add_up(replayed: tuple[Path, Summary]) -> None:
    """Cards of all months, of all indicators, and of the table are the same cards."""
    out, summary = replayed
    cards = rows(out, "cards")
    assert len(cards) == summary.cards == sum(number for _, number in summary.cards_by_indicator)
    assert summary.cards == sum(row[3] for row in summary.per_month) == sum(sum(row[4:]) for row in summary.per_month)
    per_moment = Counter((row["patient"], row["moment"]) for row in cards)
    told = {(row["patient"], row["moment"]): int(row["cards"]) for row in rows(out, "calls") if row["cards"] != "0"}
    assert per_moment == told


def test_what_a_silent_check_would_save(replayed: tuple[Path, Summary]) -> None:
    """A card about one check alone goes with it; one about several stays, and is counted apart."""
    out, summary = replayed
    cards = [row["checks"].split(" ") for row in rows(out, "cards")]
    for check, gone, shorter in summary.quieter:
        assert gone == sum(checks == [check] for checks in cards)
        assert gone + shorter == sum(check in checks for checks in cards)


def test_a_card_keeps_no_words_of_the_record(replayed: tuple[Path, Summary], tmp_path: Path) -> None:
    """Only a keyed hash of its text; where patients are named, the summary stands in the clear."""
    out, _ = replayed
    assert not any(row["summary"] for row in rows(out, "cards"))
    assert all(len(row["words"]) == 16 for row in rows(out, "cards"))
    resources, _ = population(7, 3)
    source = tmp_path / "a.ndjson"
    source.write_bytes(b"\n".join(map(orjson.dumps, resources)))
    replay(Wanted((source,), tmp_path / "named", identified=True))
    assert all(row["summary"] for row in rows(tmp_path / "named", "cards"))


def test_pictures_say_their_numbers() -> None:
    """Each picture has its numbers as text, for whoever cannot see it; nothing in a label is markup."""
    drawn: Any = bars([("a <b>", 3, "#000"), ("c", 0, "#000")])
    assert 'aria-label="a &lt;b&gt; 3, c 0"' in drawn
    assert "<b>" not in drawn
    assert 'aria-label="2024-01 5, 2024-02 0"' in columns(
        [("2024-01", (("#000", 2), ("#111", 3))), ("2024-02", (("#000", 0),))]
    )
    assert str(bars([])) == str(columns([])) == "<p>None.</p>"
