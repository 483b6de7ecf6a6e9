"""The whole requests of ``fixtures/requests`` and ``fixtures/hostile``, with what is expected of each."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


class Call(NamedTuple):
    """One file and its entry in ``expected.toml``."""

    name: str
    body: bytes
    expected: dict[str, Any]

    @property
    def service(self) -> str:
        """The service it is posted to."""
        return str(self.expected.get("service", "gabaguard-order-sign"))


def calls(folder: str) -> list[Call]:
    """The calls of one folder; a file without an entry, or an entry without a file, is an error."""
    expected = tomllib.loads((FIXTURES / folder / "expected.toml").read_text(encoding="utf-8"))
    files = {path.stem for path in (FIXTURES / folder).glob("*.json")}
    assert files == set(expected), f"files and entries differ: {files ^ set(expected)}"
    return [Call(name, (FIXTURES / folder / f"{name}.json").read_bytes(), expected[name]) for name in sorted(files)]
