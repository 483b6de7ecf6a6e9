"""Deletes every row of the knowledge, cuts every file short, flips bits: how much is noticed before the first answer.

    python -m tests.prove.spoil

Prints the figures; ends with 1 if any damage to sealed knowledge is not noticed and named. Also tells, of a
sample, what is refused where no seal was made: much stays valid, which is why ``make install`` makes one.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

from cds.knowledge.files import ROOT
from cds.knowledge.load import seal_knowledge
from cds.knowledge.seal import NAME, differing, read_seal
from tests.support.spoil import damages, noticed, refused

WHOLE_WAY = 200  # damages that go the whole way of a start; of the others the digest alone is asked
UNSEALED = 60


def main() -> int:
    """Try all and print the figures."""
    chance = random.Random(7)
    with tempfile.TemporaryDirectory(prefix="gabaguard-spoil-") as folder:
        root = Path(
            shutil.copytree(ROOT, Path(folder) / "knowledge", ignore=shutil.ignore_patterns("__pycache__", NAME))
        )
        seal_knowledge(root)
        seal = read_seal(root)
        assert seal is not None
        every = list(damages(root, chance, bits=50))
        missed = [one for one in every if sha256(one.content).hexdigest() == seal.files[one.file]]
        tried = chance.sample(every, min(WHOLE_WAY, len(every)))
        missed += [one for one in tried if not noticed(root, one)]
        assert differing(seal, {}) == tuple(sorted(seal.files))
        print(f"damage: {len(every)} damages to sealed knowledge, {len(every) - len(missed)} noticed and named")
        for one in missed:
            print(f"  nobody notices {one.file}: {one.what}")
        (root / NAME).unlink()
        sample = chance.sample(every, UNSEALED)
        kept = [one for one in sample if not refused(root, one)]
        print(f"damage: without a seal {len(sample) - len(kept)} of {len(sample)} are refused; these would be read:")
        for one in kept:
            print(f"  {one.file}: {one.what}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
