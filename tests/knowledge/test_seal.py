"""Sealed knowledge starts fast and is the same; whatever differs from the seal is noticed, named and validated anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from cds.knowledge.files import ROOT, Files
from cds.knowledge.load import KnowledgeFaults, read_knowledge, seal_knowledge
from cds.knowledge.model import Knowledge
from cds.knowledge.seal import NAME, contents, read_seal

FILES = sorted(contents(ROOT))
DATA = [name for name in FILES if not name.endswith(".py")]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("knowledge") / "knowledge"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("__pycache__", NAME))
    seal_knowledge(root)
    return root


@pytest.fixture
def copy(sealed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sealed, tmp_path / "knowledge"))


def _same(one: Knowledge, other: Knowledge) -> bool:
    names = [name for name in Knowledge.__struct_fields__ if name not in ("terminology", "altered", "tables")]
    return one.tables.files == other.tables.files and all(getattr(one, name) == getattr(other, name) for name in names)


def test_sealed_knowledge_is_the_same_knowledge(sealed: Path) -> None:
    assert Files(sealed).sealed
    assert _same(read_knowledge(sealed), read_knowledge(sealed, trust_seal=False))
    assert read_knowledge(sealed).altered == ()


def test_knowledge_without_a_seal_is_read_and_validated(copy: Path) -> None:
    (copy / NAME).unlink()
    assert not Files(copy).sealed
    assert read_knowledge(copy).altered == ()
    (copy / "topics.toml").write_text("[broken]\n", encoding="utf-8")
    with pytest.raises(KnowledgeFaults):
        read_knowledge(copy)


def _flip(content: bytes) -> bytes:
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a bit flipped": _flip,
    "cut short": lambda content: content[: len(content) * 2 // 3],
    "emptied": lambda content: b"",
    "its last row lost": lambda content: content.rstrip(b"\n").rpartition(b"\n")[0] + b"\n",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_any_damage_to_any_file_is_noticed_and_the_file_named(sealed: Path, copy: Path, damage: str) -> None:
    seal = read_seal(copy)
    assert seal is not None
    assert set(seal.files) == set(FILES)
    for name in DATA:
        path = copy / name
        whole = path.read_bytes()
        path.write_bytes(DAMAGES[damage](whole))
        files = Files(copy)
        assert (files.sealed, files.altered) == (False, (name,))
        path.write_bytes(whole)
    assert Files(copy).sealed


def test_every_row_of_a_table_that_is_lost_is_noticed(copy: Path) -> None:
    path = copy / "codes" / "icd10.tsv"
    lines = path.read_bytes().split(b"\n")
    for at in range(1, len(lines) - 1):
        path.write_bytes(b"\n".join(lines[:at] + lines[at + 1 :]))
        assert Files(copy).altered == ("codes/icd10.tsv",)


def test_a_file_that_is_missing_or_new_is_named(copy: Path) -> None:
    (copy / "codes" / "atc.tsv").rename(copy / "codes" / "atc2.tsv")
    assert Files(copy).altered == ("codes/atc.tsv", "codes/atc2.tsv")
    assert read_knowledge(copy).altered == ("codes/atc.tsv", "codes/atc2.tsv")


def test_a_file_that_cannot_be_read_and_a_folder_without_checks_are_told(copy: Path) -> None:
    (copy / "topics.toml").write_bytes(b"[broken")
    (copy / "facts.toml").write_bytes(b"\xff\xfe")
    for check in (copy / "checks").glob("*.toml"):
        check.unlink()
    with pytest.raises(KnowledgeFaults) as refusal:
        read_knowledge(copy)
    said = "\n".join(refusal.value.faults)
    assert "topics.toml: is not TOML" in said
    assert "facts.toml: is not TOML" in said
    assert "checks: no check file found" in said


def test_what_differs_from_the_seal_is_validated_with_every_fault_listed(copy: Path) -> None:
    (copy / "topics.toml").unlink()
    check = copy / "checks" / "baclofen-aki.toml"
    check.write_text(check.read_text(encoding="utf-8").replace('basis = "', 'basis = "x'), encoding="utf-8")
    with pytest.raises(KnowledgeFaults) as refusal:
        read_knowledge(copy)
    said = "\n".join(refusal.value.faults)
    assert "topics.toml: the file is missing" in said
    assert "checks/baclofen-aki.toml: basis" in said


@pytest.mark.parametrize("spoil", [_flip, lambda seal: seal[:-1], lambda seal: b"", lambda seal: b"0\n" + seal])
def test_a_damaged_seal_vouches_for_nothing(copy: Path, spoil: Callable[[bytes], bytes]) -> None:
    (copy / NAME).write_bytes(spoil((copy / NAME).read_bytes()))
    assert read_seal(copy) is None
    assert not Files(copy).sealed
    assert read_knowledge(copy).checks


def test_a_seal_of_another_form_is_none(copy: Path) -> None:
    from hashlib import sha256

    body = msgspec.json.encode({"other": 1})
    (copy / NAME).write_bytes(sha256(body).hexdigest().encode() + b"\n" + body)
    assert read_seal(copy) is None


def test_faulty_knowledge_is_not_sealed(copy: Path) -> None:
    before = (copy / NAME).read_bytes()
    (copy / "overrides.toml").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(KnowledgeFaults):
        seal_knowledge(copy)
    assert (copy / NAME).read_bytes() == before


def test_make_seals_anew_whenever_a_sealed_file_changes() -> None:
    rule = next(line for line in (ROOT.parents[1] / "Makefile").read_text().splitlines() if line.startswith("$(SEAL):"))
    assert {Path(name).suffix for name in FILES} == {part.strip("'*)") for part in rule.split() if "*." in part}
