"""The files of ``knowledge/arithmetic`` as one set of knowledge holds them, and the numbers in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

# Compiled into the reader of free-text directions when this code starts: one process has one vocabulary.
COMPILED = "directions"


class Tables:
    """``table(name)``: one file as it stands; ``numbers[name]``: the values of its ``[numbers.*]`` tables, by name.

    Read when first asked for, and then kept: a set of knowledge never changes.
    """

    def __init__(self, read: Callable[[str], Mapping[str, Any]], names: Iterable[str] = ()) -> None:
        """``names``: the files that are read at once."""
        self.files = _Files(read)
        self.files.update({name: read(name) for name in names})
        self.numbers = _Numbers(self.files)


class _Files(dict[str, Mapping[str, Any]]):
    def __init__(self, read: Callable[[str], Mapping[str, Any]]) -> None:
        self._read = read

    def __missing__(self, name: str) -> Mapping[str, Any]:
        found = self[name] = self._read(name)
        return found


class _Numbers(dict[str, Mapping[str, float]]):
    def __init__(self, files: Mapping[str, Mapping[str, Any]]) -> None:
        self._files = files

    def __missing__(self, name: str) -> Mapping[str, float]:
        found = self[name] = {key: float(entry["value"]) for key, entry in self._files[name]["numbers"].items()}
        return found
