"""Kills a replay at random moments (SIGKILL) and resumes it, 20 times and more: no row may be lost or doubled.

    python -m tests.prove.replays [--kills N] [--patients N]

Ends with 1 if any row is lost or doubled, or a folder left behind.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

from tests.support.replay_kills import Figures, kill_and_resume, timed
from tests.support.stories import write


def main(words: list[str]) -> int:
    """Kill and print the figures."""
    kills = int(words[words.index("--kills") + 1]) if "--kills" in words else 20
    patients = int(words[words.index("--patients") + 1]) if "--patients" in words else 1500
    found = Figures()
    with tempfile.TemporaryDirectory(prefix="gabaguard-replays-") as name:
        folder = Path(name)
        write(folder / "export", patients, 1)
        key = folder / "key"
        key.write_bytes(b"0123456789abcdef")
        lasts = timed(folder / "export", key, folder / "whole")
        number = 0
        while found.kills < kills:
            number += 1
            seed = random.SystemRandom().randrange(2**32)
            round_ = folder / f"round-{number}"
            round_.mkdir()
            paths = (folder / "export", key, folder / "whole", round_ / "out")
            more = kill_and_resume(*paths, random.Random(seed), min(4, kills - found.kills), lasts)
            found.add(more)
            print(f"replays: round {number} (seed {seed}): {more}", flush=True)
    print(f"replays: {found}", flush=True)
    return 1 if found.lost or found.doubled or found.left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
