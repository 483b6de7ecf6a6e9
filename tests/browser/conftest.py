"""A real browser on the real service. Without one these tests are skipped, and the summary says so; CI needs one."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.server import Server, start, stop

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium of the system, without a window."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no browser: .ci/run installs chromium")
        pytest.skip("NO BROWSER FOUND: the sandbox page is not tested (install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service of the page."""
    process, server = start(tmp_path_factory.mktemp("page"))
    yield server
    stop(process)


class Page:
    """The page, with what it wrote to the console and where it tried to go."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.said: list[str] = []
        self.elsewhere: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda asked: self._asked(asked.url, address))
        page.goto(address)
        self.until(lambda: page.input_value("#drug") != "")

    def _asked(self, url: str, address: str) -> None:
        if not url.startswith(address):
            self.elsewhere.append(url)

    def prescribe(self, patient: str = "") -> str:
        """Choose a patient, prescribe what is proposed; what the page says then."""
        if patient:
            self.page.check(f"input[value={patient}]")
        self.page.click("#prescribe")
        return self.answered()

    def answered(self) -> str:
        """What the page says when the answer is there."""
        self.until(lambda: not self.status().startswith(("Asking", "Choose")))
        return self.status()

    def status(self) -> str:
        """The line that says what happened."""
        return str(self.page.inner_text("#status"))

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds. (The policy of the page forbids the browser's own way: no eval.)"""
        end = time.monotonic() + 15
        while not holds():
            assert time.monotonic() < end, f"it never came; the page says {self.status()!r}"
            self.page.wait_for_timeout(20)

    def headlines(self) -> list[str]:
        """The summaries of the cards."""
        return list(self.page.locator("article.card h3").all_inner_texts())


@pytest.fixture
def page(browser: Any, service: Server) -> Iterator[Page]:
    """The page at desktop width; afterwards nothing may stand in the console and nobody else been asked."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    found = Page(context.new_page(), f"http://127.0.0.1:{service.port}/")
    yield found
    assert found.said == []
    assert found.elsewhere == []
    context.close()
