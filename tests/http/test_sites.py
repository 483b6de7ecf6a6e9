"""Two clients of one service, each with what it has otherwise: cards, explanations and insights tell them apart."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.cases import case_named
from tests.support.render import render_bytes
from tests.support.server import Server, start, stop
from tests.support.tokens import ADDRESS, jwk, mint

SERVICE = "gabaguard-order-sign"
CHECK = "baclofen-renal-dose"
WHY = 'why = "Decided by the pharmacy committee"'
BODY = render_bytes(case_named("rd-50-20-mg"), "R4").replace(b"medication-prescribe", b"order-sign")


class Two(NamedTuple):
    """A service, and the settings it was started with."""

    server: Server
    settings: dict[str, str]


def key(name: str) -> str:
    return "{ " + ", ".join(f'{member} = "{value}"' for member, value in jwk(name).items()) + " }"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("two")
    clients = folder / "clients.toml"
    clients.write_text(
        f'[clients.loud]\nissuer = "https://loud.example"\nkeys = [{key("es384-a")}]\n'
        f'[clients.trial]\nissuer = "https://trial.example"\nkeys = [{key("es384-b")}]\n'
        f'[clients.without]\nissuer = "https://without.example"\nkeys = [{key("es384-c")}]\n',
        encoding="utf-8",
    )
    sites = folder / "sites"
    sites.mkdir()
    (sites / "trial.toml").write_text(f'[checks.{CHECK}]\n{WHY}\nmode = "silent"\n', encoding="utf-8")
    (sites / "without.toml").write_text(f'[checks.{CHECK}]\n{WHY}\nmode = "off"\n', encoding="utf-8")
    settings = {
        "GABAGUARD_PUBLIC_URL": ADDRESS,
        "GABAGUARD_CLIENTS": str(clients),
        "GABAGUARD_SITES": str(sites),
        "GABAGUARD_DATABASE_URL": str(folder / "kept.sqlite"),
        "GABAGUARD_WORKERS": "2",
    }
    process, server = start(folder, **settings)
    try:
        yield Two(server, settings)
    finally:
        stop(process)


KEYS = {"loud": "es384-a", "trial": "es384-b", "without": "es384-c"}


def token(client: str, path: str) -> str:
    return f"Bearer {mint(KEYS[client], iss=f'https://{client}.example', aud=f'{ADDRESS}{path}')}"


def called(two: Two, client: str) -> dict[str, Any]:
    path = f"/cds-services/{SERVICE}"
    reply = two.server.post(SERVICE, BODY, Authorization=token(client, path))
    assert reply.status == 200, reply.body
    found: dict[str, Any] = reply.json()
    return found


def checks_on_cards(answer: dict[str, Any]) -> set[str]:
    return {
        finding["check"]
        for card in answer["cards"]
        for finding in card.get("extension", {}).get("org.gabaguard.findings", [])
    }


def test_one_shows_it_one_tries_it_in_silence_and_one_does_not_ask(two: Two) -> None:
    loud, trial, without = (called(two, client) for client in KEYS)
    assert CHECK in checks_on_cards(loud)
    assert checks_on_cards(trial) == checks_on_cards(without) == checks_on_cards(loud) - {CHECK}
    reports = [answer["extension"]["org.gabaguard.report"] for answer in (loud, trial, without)]
    assert [report.get("site") for report in reports] == [None, {"silent": [CHECK]}, {"off": [CHECK]}]
    versions = [report["knowledgeVersion"] for report in reports]
    assert versions[1].startswith(f"{versions[0]}+trial-")
    assert versions[2].startswith(f"{versions[0]}+without-")


def explained(two: Two, client: str, instance: str) -> dict[str, Any]:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        reply = two.server.get(f"/explanations/{instance}", Authorization=token(client, f"/explanations/{instance}"))
        if reply.status == 200:
            rows: list[dict[str, Any]] = reply.json()["calls"][0]["checks"]
            return next(row for row in rows if row["check"] == CHECK)
        time.sleep(0.1)
    raise AssertionError("the call was not noted")


def test_explanations_say_what_the_site_has_to_do_with_it(two: Two) -> None:
    instance = json.loads(BODY)["hookInstance"]
    for client in KEYS:
        called(two, client)
    loud, trial, without = (explained(two, client, instance) for client in KEYS)
    assert loud["findings"] == [{"indicator": "warning", "shown": True}]
    assert trial["findings"] == [
        {"indicator": "warning", "shown": False, "note": "silent at this site: asked and kept, not shown"}
    ]
    assert without["outcome"] == "not asked: it is off at this site"


def test_insights_count_what_would_have_been_shown(two: Two) -> None:
    version = called(two, "trial")["extension"]["org.gabaguard.report"]["knowledgeVersion"]
    end = time.monotonic() + 30
    while True:
        rows = [row for row in insights(two) if row["knowledge"] == version and row["check"] == CHECK]
        if rows or time.monotonic() > end:
            break
        time.sleep(0.2)
    (row,) = rows
    assert int(row["silent"]) == int(row["fired"]) >= 1
    assert row["shown"] == "0"


def insights(two: Two) -> list[dict[str, str]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GABAGUARD_")}
    done = subprocess.run(
        [sys.executable, "-m", "hooks.cli", "insights", "--csv", "-"],
        env=environment | two.settings,
        capture_output=True,
        text=True,
        check=True,
    )
    return list(csv.DictReader(done.stdout.splitlines()))


def test_a_service_whose_sites_cannot_be_used_does_not_start(two: Two, tmp_path: Path) -> None:
    (tmp_path / "default.toml").write_text(
        f"[checks.baclofen-max-dose]\n{WHY}\nnumbers = {{ maximum = 100 }}\n", encoding="utf-8"
    )
    settings = two.settings | {"GABAGUARD_SITES": str(tmp_path), "GABAGUARD_WORKERS": "1"}
    said = "default.toml: checks.baclofen-max-dose.numbers.maximum: write a value from 60 to 80 mg/d"
    with pytest.raises(AssertionError, match=said):
        start(tmp_path, **settings)


def test_a_site_that_waits_for_reviews_shows_only_what_was_reviewed(tmp_path: Path) -> None:
    """Nothing at first; after a review and a restart that one check; a page says who it was."""
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "default.toml").write_text("require_review = true\n", encoding="utf-8")
    settings = {
        "GABAGUARD_SITES": str(tmp_path / "sites"),
        "GABAGUARD_REVIEWS": str(tmp_path / "reviews.jsonl"),
        "GABAGUARD_KNOWLEDGE": str(tmp_path / "knowledge"),
    }
    process, server = start(tmp_path, **settings)
    try:
        before = server.post(SERVICE, BODY).json()
    finally:
        stop(process)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GABAGUARD_")}
    who = ["--by", "Ada Planted", "--credential", "made up for tests"]
    review = [sys.executable, "-m", "hooks.cli", "knowledge", "review", CHECK, *who]
    subprocess.run(review, env=environment | settings, check=True, capture_output=True)
    process, server = start(tmp_path, **settings)
    try:
        after = server.post(SERVICE, BODY).json()
        page = server.get(f"/checks/{CHECK}").body.decode()
    finally:
        stop(process)
    assert [before["cards"], checks_on_cards(after)] == [[], {CHECK}]
    assert CHECK in before["extension"]["org.gabaguard.report"]["site"]["silent"]
    assert "reviewed by Ada Planted (made up for tests, not verified by gabaguard)" in page
