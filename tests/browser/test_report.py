"""The report of a replay in a real browser: nothing is asked of anybody, nothing runs off the page, wide or narrow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hooks.cli import cli

PICTURES = Path(__file__).resolve().parents[2] / "fixtures" / "pictures"
SITE = """
[checks.opioid-benzodiazepine]
cap = "info"
why = "On trial until March; the pharmacy committee decides by the figures of this report"
[checks.driving-counsel]
mode = "off"
why = "Counselling is printed with every discharge letter; decided by the quality office"
[checks.patient-counsel]
mode = "silent"
why = "Nurses hand out the leaflet; tried until the committee meets"
[checks.baclofen-max-dose]
numbers = { maximum = 60 }
why = "The rehabilitation unit reviews every dose above 60 mg a day"
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Replays of an invented population: "ward" with a site's file, "ward/without" without it; "diff" compares them."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "ward.toml").write_text(SITE, encoding="utf-8")
    words = ("fixtures", "population", "--patients", "500", "--seed", "2", "--out", str(folder / "export"))
    assert CliRunner().invoke(cli, words).exit_code == 0
    told = ("--out", str(folder / "ward"), "--site", str(folder / "ward.toml"), "--processes", "1")
    assert CliRunner().invoke(cli, ("replay", str(folder / "export"), *told)).exit_code in (0, 1)
    both = (str(folder / "ward" / "without"), str(folder / "ward"))
    assert CliRunner().invoke(cli, ("replay", "diff", *both, "--out", str(folder / "diff"))).exit_code == 1
    return folder


PAGES = {
    "replay": ("ward/without/report.html", ("Cards by indicator", "By check", "By month", "By kind of patient")),
    "site": ("ward/report.html", ("What the site's file changes", "Look at these first", "What the file says")),
    "diff": ("diff/diff.html", ("Who gets a different card", "Look at these first", "By check", "Examples")),
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [1100, 375])
def test_a_report_is_read_in_a_browser(browser: Any, results: Path, name: str, width: int) -> None:
    """Pictures for the README are made only when asked for: PICTURES=1 make test ARGS=tests/browser."""
    file, words = PAGES[name]
    context = browser.new_context(viewport={"width": width, "height": 1250})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda asked: said.append(asked.url) if not asked.url.startswith("file:") else None)
    page.goto((results / file).as_uri())
    for text in words:
        assert page.get_by_text(text, exact=False).first.is_visible(), text
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    if os.environ.get("PICTURES") and width == 1100 and name != "diff":
        page.screenshot(path=PICTURES / f"{name}.jpg", type="jpeg", quality=60)
    context.close()
