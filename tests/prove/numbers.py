"""Moves every number of the knowledge by its last digit, up and down, and tells which no case notices.

    python -m tests.prove.numbers [--again]

Resumable: what was tried is kept in ``build/prove/numbers.json`` with the digest of knowledge, cases and code, and is
tried again only if those changed (or with ``--again``). Prints the figures; ends with 1 if any number is unguarded.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import msgspec

from tests.support.mutate import all_slips, noticed_by

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build" / "prove" / "numbers.json"


def digest() -> str:
    """Of everything the result depends on."""
    found = hashlib.sha256()
    for folder in ("cds", "fixtures/cases", "tests/support", "tests/unit"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".toml", ".tsv"):
                found.update(path.as_posix().encode() + path.read_bytes())
    return found.hexdigest()


def main() -> int:
    """Try what is left to try and print the figures."""
    kept: dict[str, str] = {}
    now = digest()
    if KEPT.exists() and "--again" not in sys.argv:
        before = msgspec.json.decode(KEPT.read_bytes())
        kept = before["noticed"] if before["digest"] == now else {}
    slips = all_slips()
    for slip in slips:
        if slip.words not in kept:
            kept[slip.words] = noticed_by(slip)
            KEPT.parent.mkdir(parents=True, exist_ok=True)
            KEPT.write_bytes(msgspec.json.encode({"digest": now, "noticed": kept}))
    missed = [slip.words for slip in slips if not kept[slip.words]]
    numbers = len({(slip.where, slip.owner, slip.path) for slip in slips})
    print(f"numbers: {numbers} numbers, {len(slips)} moved by their last digit, {len(slips) - len(missed)} noticed")
    for words in missed:
        print(f"  nobody notices {words}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
