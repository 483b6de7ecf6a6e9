"""Knowledge that was damaged on disk is noticed before the first answer."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from cds.knowledge.files import ROOT, Files
from cds.knowledge.load import seal_knowledge
from cds.knowledge.seal import NAME
from tests.support.spoil import damages, noticed


def test_damage_to_any_file_of_sealed_knowledge_is_noticed_and_named(tmp_path: Path) -> None:
    """A sample, which goes the whole way; make prove tries every row."""
    root = Path(shutil.copytree(ROOT, tmp_path / "knowledge", ignore=shutil.ignore_patterns("__pycache__", NAME)))
    seal_knowledge(root)
    assert Files(root).sealed
    chance = random.Random(3)
    tried = chance.sample(list(damages(root, chance, rows=3)), 60)
    assert len({damage.file for damage in tried}) > 20
    assert [(one.file, one.what) for one in tried if not noticed(root, one)] == []
