"""The seal: what every knowledge file was when it was last read whole and found without a fault.

``make install`` and ``gabaguard knowledge seal`` write ``.seal`` beside the files, after a full validation: a digest of
each file and what the TOML files say, parsed. A start whose files are those of the seal need not parse and validate
them again. Any other start does, and names the files that differ: a flipped bit or a lost row may still be valid TOML.

The seal is made where the knowledge is installed and never committed. Without one, everything is read and validated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

NAME = ".seal"
DATA = frozenset({".toml", ".tsv", ".json"})
_SEALED = DATA | {".py"}  # what is asked of the files is in their readers: a seal of other readers is none


class Seal(msgspec.Struct, frozen=True):
    """``files``: name -> SHA-256; ``parsed``: name -> the content of a TOML file, its dates as text."""

    files: Mapping[str, str]
    parsed: Mapping[str, Any]


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a knowledge folder that is sealed, by its path below the folder, in a fixed order."""
    paths = (path for path in root.rglob("*") if path.suffix in _SEALED)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(paths)}


def write_seal(root: Path, files: Mapping[str, bytes], parsed: Mapping[str, Any]) -> Path:
    """Seal the files of a folder as they are now. Call it only with what was validated."""
    body = msgspec.json.encode(Seal(_digests(files), parsed))
    path = root / NAME
    half_written = path.with_suffix(".new")
    half_written.write_bytes(_digest(body).encode() + b"\n" + body)
    half_written.replace(path)
    return path


def read_seal(root: Path) -> Seal | None:
    """The seal of a folder; None when there is none, or when it is damaged itself."""
    try:
        digest, _, body = (root / NAME).read_bytes().partition(b"\n")
    except OSError:
        return None
    if digest.decode("ascii", "replace") != _digest(body):
        return None
    try:
        return msgspec.json.decode(body, type=Seal)
    except msgspec.DecodeError:  # of a version that sealed otherwise
        return None


def differing(seal: Seal, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The names of files that are not what was sealed: changed, missing or new."""
    now = _digests(files)
    return tuple(sorted(name for name in {*now, *seal.files} if now.get(name) != seal.files.get(name)))


def _digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: _digest(content) for name, content in files.items()}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
