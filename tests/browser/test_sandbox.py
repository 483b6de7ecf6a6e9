"""A person at the sandbox page: prescribes, reads, accepts, overrides, plans a taper; by mouse, keyboard and phone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from hooks.sandbox.people import RELEASES, people
from tests.browser.conftest import Page
from tests.support.server import Server

PICTURES = Path(__file__).resolve().parents[2] / "fixtures" / "pictures"
STRONGEST = {
    "kidney": "critical",
    "triple": "critical",
    "stop": "critical",
    "pump": "warning",
    "child": "critical",
    "pregnancy": "warning",
    "quiet": "",
}


def _picture(page: Page, name: str) -> None:
    """Pictures for the README, made only when asked for: PICTURES=1 make test ARGS=tests/browser."""
    if os.environ.get("PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        page.page.screenshot(path=PICTURES / f"{name}.jpg", type="jpeg", quality=70)


def test_an_order_is_placed_and_its_card_accepted_and_gone(page: Page) -> None:
    assert page.prescribe("kidney").startswith("3 cards")
    assert page.headlines()[0].startswith("Baclofen 30 mg/day with eGFR 26")
    assert page.page.locator("svg.egfr circle").count() == 5
    assert page.page.locator(".load li").count() == 2
    _picture(page, "kidney")
    page.page.click("button:has-text('Change baclofen to 5 mg once daily') >> nth=0")
    page.until(lambda: page.status().startswith("Accepted"))
    order = json.loads(page.page.input_value("#request"))["context"]["draftOrders"]["entry"][0]["resource"]
    assert order["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 5
    assert not any("first dose" in words for words in page.headlines())


def test_a_removed_order_leaves_nothing_to_ask(page: Page) -> None:
    page.prescribe("kidney")
    page.page.click("button:has-text('Remove this order') >> nth=0")
    page.until(lambda: "No order is left" in page.status())
    assert page.headlines() == []


def test_what_is_offered_for_an_abrupt_stop_makes_its_card_go(page: Page) -> None:
    page.prescribe("stop")
    assert "stopped at once" in page.headlines()[0]
    assert page.page.locator("svg.steps").count() == 1, "the taper is drawn"
    _picture(page, "stop")
    page.page.click("button:has-text('Taper baclofen')")
    page.until(lambda: page.status().startswith("Accepted"))
    assert not any("stopped at once" in words for words in page.headlines())


@pytest.mark.parametrize("person", list(people()))
def test_every_patient_tells_a_story(page: Page, person: str) -> None:
    page.prescribe(person)
    shown = page.page.locator("article.card").first
    strongest = shown.get_attribute("class") if page.headlines() else ""
    assert (strongest or "").removeprefix("card").strip() == STRONGEST[person]


@pytest.mark.parametrize("release", RELEASES)
def test_the_story_is_the_same_in_every_release(page: Page, release: str) -> None:
    page.page.select_option("select[name=release]", release)
    page.prescribe("triple")
    assert page.headlines()[0].startswith("Oxycodone with alprazolam: risk of fatal respiratory depression")
    assert ("MedicationOrder" in page.page.input_value("#request")) is (release == "DSTU2")


@pytest.mark.parametrize("hook", ["medication-prescribe", "order-select", "medication-refill", "patient-view"])
def test_every_hook_can_be_tried(page: Page, hook: str) -> None:
    page.page.select_option("select[name=hook]", hook)
    assert "Refused" not in page.prescribe("kidney")


def test_a_reason_to_go_on_is_fed_back(page: Page) -> None:
    page.prescribe("kidney")
    page.page.select_option("select[data-override] >> nth=0", index=1)
    page.until(lambda: page.status() == "The reason was noted.")


def test_a_medicine_is_found_by_brand(page: Page) -> None:
    page.page.fill("#drug", "xana")
    page.until(lambda: page.page.locator("#drugs option").count() > 0)
    assert any(
        "Xanax" in one for one in page.page.eval_on_selector_all("#drugs option", "all => all.map(o => o.value)")
    )


def test_a_pasted_bundle_is_judged(page: Page) -> None:
    page.prescribe("triple")
    call = json.loads(page.page.input_value("#request"))
    entries = [{"resource": call["prefetch"]["patient"]}, *call["prefetch"]["medications"]["entry"]]
    entries += call["context"]["draftOrders"]["entry"]
    page.page.click("summary:has-text('The call')")
    page.page.fill("#request", json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    page.page.click("#send")
    page.answered()
    assert page.headlines()[0].startswith("Oxycodone with alprazolam")


def test_what_is_not_json_or_refused_is_said(page: Page) -> None:
    page.page.click("summary:has-text('The call')")
    page.page.fill("#request", "{")
    page.page.click("#send")
    assert "not JSON" in page.answered()


def test_a_taper_is_drawn_with_its_table(page: Page) -> None:
    page.page.click("#taper-form button")
    page.page.wait_for_selector("#taper svg.steps")
    assert page.page.locator("#taper tbody tr").count() >= 8
    assert "60 mg a day to 0 in" in page.page.inner_text("#taper h3").replace(".0", "")
    page.page.locator("#taper-title").scroll_into_view_if_needed()
    page.page.mouse.wheel(0, 500)
    page.page.wait_for_timeout(200)
    _picture(page, "taper")


def test_words_of_a_request_are_inert_on_the_page(page: Page) -> None:
    """A medicine named like markup runs nothing, links nowhere, loads nothing."""
    page.prescribe("triple")
    call = json.loads(page.page.input_value("#request"))
    order = call["context"]["draftOrders"]["entry"][0]["resource"]["medicationCodeableConcept"]
    order["text"] = "alprazolam <img src=x onerror=alert(1)> [x](https://evil.example) ![y](https://evil.example/y.png)"
    page.page.click("summary:has-text('The call')")
    page.page.fill("#request", json.dumps(call))
    page.page.click("#send")
    page.answered()
    assert page.headlines()
    assert page.page.locator("#cards img, #cards script").count() == 0
    assert page.page.locator("#cards a[href*=evil]").count() == 0


def test_the_keyboard_is_enough(page: Page) -> None:
    page.page.focus("input[value=kidney]")
    page.page.keyboard.press("ArrowDown")
    assert page.page.is_checked("input[value=triple]")
    page.page.focus("#prescribe")
    page.page.keyboard.press("Enter")
    page.answered()
    assert page.page.evaluate("document.querySelector('#status').getAttribute('aria-live')") == "polite"
    assert page.headlines()


def test_a_phone_needs_no_sideways_scrolling(page: Page) -> None:
    page.page.set_viewport_size({"width": 360, "height": 740})
    page.prescribe("kidney")
    page.page.click("#taper-form button")
    page.page.wait_for_selector("#taper svg")
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_axe_finds_nothing_serious(page: Page) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.prescribe("stop")
    page.page.click("#taper-form button")
    page.page.wait_for_selector("#taper svg")
    found = Axe().run(page.page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_the_page_is_light_and_its_policy_strict(service: Server) -> None:
    weight = 0
    for path in ("/", "/static/sandbox.js", "/static/sandbox.css", "/static/icon.svg", "/sandbox/people"):
        reply = service.get(path)
        assert reply.status == 200
        weight += len(reply.body)
    assert weight < 60_000
    policy = service.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert len((Path(__file__).resolve().parents[2] / "hooks/sandbox/static/sandbox.js").read_text().splitlines()) < 300


def test_the_evidence_pages_print(page: Page) -> None:
    page.page.click("summary:has-text('checks and their evidence')")
    page.page.click("a[href='checks/baclofen-renal-dose']")
    page.page.wait_for_load_state()
    heading: Any = page.page.inner_text("h1")
    assert heading == "Baclofen dose for the kidney function"
