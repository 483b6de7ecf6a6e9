"""Sets of knowledge for trying to switch: copies of the shipped one with something else in them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from hashlib import sha256
from pathlib import Path

import orjson

from cds.knowledge.files import ROOT
from cds.knowledge.seal import NAME
from hooks.engine import Engine
from hooks.respond import respond
from hooks.sandbox.compose import request_for
from hooks.sandbox.people import people
from hooks.services import service_for_hook
from hooks.settings import Settings
from hooks.taper import answer
from tests.support.calls import calls


def copied(folder: Path) -> Path:
    """A copy of the shipped knowledge."""
    skip = shutil.ignore_patterns("__pycache__", NAME, "*.py")
    return Path(shutil.copytree(ROOT, folder, ignore=skip))


def edited(folder: Path, *edits: tuple[str, str, str]) -> Path:
    """A copy in which (file, old text, new text) was replaced, the first time it is there."""
    copied(folder)
    for name, old, new in edits:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, (name, old)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


# Something of each kind that the card of ``triple`` shows: a factor of the arithmetic, a headline, a source.
SEEN = (
    ("arithmetic/opioids.toml", "oxycodone = 1.5", "oxycodone = 1.75"),
    ("checks/opioid-benzodiazepine.toml", "{one} with {other}: risk", "{one} beside {other}: risk"),
    ("evidence.toml", 'citation = "US oral', 'citation = "Edited; US oral'),
)


def triple() -> bytes:
    """A call about oxycodone, baclofen and alprazolam together, always the same."""
    person = people()["triple"]
    service = service_for_hook("order-sign")
    assert service is not None
    return orjson.dumps(request_for(person, person.order, service, "R4", date(2026, 6, 10)))


def gabaguard(*words: str, **environ: str) -> tuple[int, str]:
    """The command: its exit code and what it said."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GABAGUARD_")}
    done = subprocess.run(
        [sys.executable, "-m", "hooks.cli", *words],
        env=clean | {"GABAGUARD_AS_OF": "2026-06-10", "GABAGUARD_SEAL": "warn"} | environ,
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


AS_OF = date(2026, 6, 10)


def answers(engine: Engine) -> dict[str, str]:
    """What an engine says to whole requests, sandbox patients and tapers: digests of the bytes less the version."""
    found = {}

    def digest(body: bytes) -> str:
        return sha256(body.replace(engine.knowledge.version.encode(), b"")).hexdigest()

    for call in calls("requests"):
        service = engine.services[call.service]
        found[call.name] = digest(respond(call.body, service, engine, "-").body)
    service = engine.services["gabaguard-order-sign"]
    for id, person in people().items():
        body = orjson.dumps(request_for(person, person.order, service, "R4", AS_OF))
        found[f"sandbox {id}"] = digest(respond(body, service, engine, "-").body)
    for drug in ("baclofen", "diazepam", "alprazolam"):
        question = {"drugs": [{"drug": drug, "dose": 30, "times": 3}]}
        found[f"taper {drug}"] = digest(orjson.dumps(answer(question, engine.knowledge, AS_OF)))
    return found


def main() -> None:
    """Print the answers of this process with the set that is chosen in a folder."""
    print(json.dumps(answers(Engine(Settings(as_of=AS_OF, knowledge=sys.argv[1])))))
