"""The files of one knowledge folder: read once, parsed, and held against their schemas unless they are sealed."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from cds.knowledge.seal import DATA, contents, differing, read_seal, write_seal
from cds.terminology.load import parse_toml, parsed_before

ROOT = Path(__file__).parent

# Files that other floors read too: parsed once for all, so that the first call need not.
_READ_ELSEWHERE = ("arithmetic/", "drugs/", "codes/")


class Files:
    """``faults`` collects what is wrong; ``sealed``: all is as it was when it was last validated.

    ``altered``: the files that differ from a seal that is there.
    """

    def __init__(self, root: Path, *, trust_seal: bool = True) -> None:
        self.root = root
        self.faults: list[str] = []
        self._contents = contents(root)
        seal = read_seal(root)
        self.altered = () if seal is None else differing(seal, self._contents)
        self.sealed = trust_seal and seal is not None and not self.altered
        self._parsed: dict[str, Any] = dict(seal.parsed) if seal is not None and self.sealed else {}
        for name, data in self._parsed.items():
            if name.startswith(_READ_ELSEWHERE):
                parsed_before(self._contents[name].decode(), data)

    def names(self, folder: str) -> list[str]:
        """The TOML files of a folder, in order."""
        return sorted(name for name in self._contents if name.startswith(f"{folder}/") and name.endswith(".toml"))

    def toml(self, name: str, schema: str = "") -> dict[str, Any]:
        """One TOML file, checked against its schema if it has one; faults are added, never raised."""
        if self.sealed and name in self._parsed:
            found: dict[str, Any] = self._parsed[name]
            return found
        try:
            text = self._contents[name].decode("utf-8")
            data = parse_toml(text) if name.startswith(_READ_ELSEWHERE) else tomllib.loads(text)
        except KeyError:
            self.faults.append(f"{name}: the file is missing")
            return {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            self.faults.append(f"{name}: is not TOML: {error}")
            return {}
        self._parsed[name] = plain = _plain(data)
        self.faults += [f"{name}: {fault}" for fault in _misfits(plain, schema)] if schema else []
        return data

    def misfits(self, data: Mapping[str, Any], schema: str) -> list[str]:
        """What of a file's content, however it was made, is not as its schema says: "key: fault"."""
        return _misfits(_plain(data), schema)

    def digest(self) -> str:
        """What names the content of this knowledge: twelve characters over every data file, names and bytes."""
        digest = hashlib.sha256()
        for name, content in self._contents.items():
            if Path(name).suffix in DATA:
                digest.update(name.encode() + b"\0" + content + b"\0")
        return digest.hexdigest()[:12]

    def seal(self) -> Path:
        """Seal what was read. Call it only when no fault was found."""
        return write_seal(self.root, self._contents, self._parsed)


def _misfits(plain: Any, schema: str) -> list[str]:
    return [
        f"{'.'.join(str(part) for part in fault.absolute_path) or '(file)'}: {fault.message}"
        for fault in _validator(schema).iter_errors(plain)
    ]


@cache
def _validator(schema: str) -> Any:
    from jsonschema import Draft202012Validator

    text = (ROOT / "schema" / f"{schema}.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def _plain(value: Any) -> Any:
    """TOML dates as text, for JSON Schema and for the seal."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
