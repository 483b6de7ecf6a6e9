"""Kills workers and whole services (SIGKILL) while feedback is sent, on SQLite and on PostgreSQL, 100 times each.

    python -m tests.prove.kills [--again] [--kills N]

Resumable: the figures are kept in ``build/prove/kills.json`` and added to until there are enough (``--again``: anew).
Ends with 1 if any acknowledged item is lost or kept twice.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

import msgspec

from tests.support.kills import Figures, kill
from tests.support.postgres import postgres_server

KEPT = Path(__file__).resolve().parents[2] / "build" / "prove" / "kills.json"
WORKERS = 9  # killed per service, which is then killed itself


def main(words: list[str]) -> int:
    """Kill what is left to kill and print the figures."""
    wanted = int(words[words.index("--kills") + 1]) if "--kills" in words else 100
    kept: dict[str, Figures] = {}
    if KEPT.exists() and "--again" not in words:
        kept = msgspec.json.decode(KEPT.read_bytes(), type=dict[str, Figures])
    with postgres_server() as postgres, tempfile.TemporaryDirectory(prefix="gabaguard-kills-") as folder:
        for kind, url in (("SQLite", f"sqlite:///{folder}/kills.sqlite"), ("PostgreSQL", postgres)):
            found = kept.setdefault(kind, Figures())
            while found.kills < wanted:
                seed = random.SystemRandom().randrange(2**32)
                found.add(kill(Path(folder), url, WORKERS, random.Random(seed), f"r{seed}"))
                KEPT.parent.mkdir(parents=True, exist_ok=True)
                KEPT.write_bytes(msgspec.json.encode(kept))
            print(f"kills: {kind}: {found}", flush=True)
    return 1 if any(found.lost or found.duplicates for found in kept.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
