"""Damage to the knowledge as it lies on disk, and whether anybody notices before the first answer."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cds.knowledge.files import Files
from cds.knowledge.load import KnowledgeFaults, read_knowledge
from cds.knowledge.seal import DATA, contents


class Damage(NamedTuple):
    """A file of the knowledge, what was done to it, and its content then."""

    file: str
    what: str
    content: bytes


def damages(root: Path, chance: random.Random, *, rows: int | None = None, bits: int = 2) -> Iterator[Damage]:
    """Every file cut short and with flipped bits, and rows deleted: all of them, or so many of each file."""
    for name, content in contents(root).items():
        if Path(name).suffix not in DATA:
            continue
        for at in sorted({0, len(content) // 2, len(content) - 1, chance.randrange(len(content))}):
            yield Damage(name, f"cut at byte {at}", content[:at])
        for _ in range(bits):
            at, bit = chance.randrange(len(content)), chance.randrange(8)
            flipped = content[:at] + bytes([content[at] ^ (1 << bit)]) + content[at + 1 :]
            yield Damage(name, f"bit {bit} of byte {at} flipped", flipped)
        lines = content.splitlines(keepends=True)
        numbers = range(len(lines)) if rows is None else sorted(chance.sample(range(len(lines)), min(rows, len(lines))))
        for number in numbers:
            yield Damage(name, f"line {number + 1} deleted", b"".join(lines[:number] + lines[number + 1 :]))


def noticed(root: Path, damage: Damage) -> bool:
    """Whether sealed knowledge with this damage is seen to be altered; the file is mended afterwards."""
    path = root / damage.file
    whole = path.read_bytes()
    path.write_bytes(damage.content)
    try:
        files = Files(root)
        return not files.sealed and damage.file in files.altered
    finally:
        path.write_bytes(whole)


def refused(root: Path, damage: Damage) -> bool:
    """Whether it is refused even without a seal: by its schema, its references, or because it cannot be read."""
    path = root / damage.file
    whole = path.read_bytes()
    path.write_bytes(damage.content)
    try:
        read_knowledge(root, trust_seal=False)
    except KnowledgeFaults:
        return True
    except Exception:
        return True  # not by name, but no service starts
    else:
        return False
    finally:
        path.write_bytes(whole)
