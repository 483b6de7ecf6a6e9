"""The repository itself: what may be in it, and what its files promise."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

# What a newcomer finds at the top; a new entry needs a reason.
TOP_LEVEL = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "NOTICE",
    "README.md",
    "cds",
    "fixtures",
    "hooks",
    "pyproject.toml",
    "requirements-dev.lock",
    "requirements-spark.lock",
    "requirements.lock",
    "tests",
}
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-spark.lock")
# Spelled in parts, so that this file does not hold what it forbids.
FORBIDDEN = {
    "the host of a package registry": "|".join(
        ("py" + r"pi\.org", "python" + "hosted", "npm" + r"js\.(com|org)", r"deb\." + "debian", r"crates\." + "io")
    ),
    "a path of one machine": "|".join(
        ("/wor" + "k/", "/ro" + "ot/", "/ho" + "me/[a-z]", "/Us" + "ers/[a-z]", "/tm" + "p/")
    ),
    "a private key": "BEGIN (RSA |EC )?PRIVATE " + "KEY",
}
MAX_LINES = 400


def tracked(root: Path) -> list[Path]:
    """The files git tracks; without git (an unpacked release) all but what tools leave behind."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [root / name for name in listed.stdout.decode().split("\0") if name and (root / name).is_file()]
    skip = {".venv", ".git", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"}
    return [path for path in root.rglob("*") if path.is_file() and not skip & set(path.parts)]


def texts(root: Path) -> Iterator[tuple[str, str]]:
    for path in tracked(root):
        yield path.relative_to(root).as_posix(), path.read_bytes().decode("utf-8", "replace")


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(repository: Path, what: str) -> None:
    """No file names a registry's host or a path of somebody's machine, or holds a key."""
    pattern = re.compile(FORBIDDEN[what])
    found = [f"{name}: {match[0]}" for name, text in texts(repository) if (match := pattern.search(text))]
    assert not found


def test_the_top_level_holds_only_what_is_expected(repository: Path) -> None:
    """Nothing lands at the top of the repository by accident."""
    assert {path.relative_to(repository).parts[0] for path in tracked(repository)} <= TOP_LEVEL


def test_code_files_can_be_read_in_one_sitting(repository: Path) -> None:
    """No module of cds or hooks is longer than 400 lines."""
    long = {
        path.relative_to(repository).as_posix(): count
        for path in tracked(repository)
        if path.suffix == ".py" and path.relative_to(repository).parts[0] in {"cds", "hooks"}
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert not long


def test_cds_never_asks_the_clock(repository: Path) -> None:
    """Today is part of the case: no module of cds calls today(), now() or the like."""
    asks = {"today", "now", "utcnow", "fromtimestamp"}
    found = [
        f"{path.relative_to(repository)}:{node.lineno}"
        for path in (repository / "cds").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in asks
    ]
    assert not found


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_version_and_hashes(repository: Path, name: str) -> None:
    """The lock names exact versions with hashes, and no place to get them from."""
    blocks = re.split(r"\n(?=\S)", (repository / name).read_text(encoding="utf-8").strip())
    assert len(blocks) > 20
    for block in blocks:
        assert re.match(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==[^ ]+( ; [^\\]+)? \\\n    --hash=sha256:[0-9a-f]{64}", block), (
            block.splitlines()[0]
        )
    assert "://" not in "".join(blocks)


def _names(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[^]]*\])?==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def test_locks_agree_and_cover_what_is_declared(repository: Path) -> None:
    """Tests run on the very versions that are served, and every declared dependency is locked."""
    serving, developing, spark = (_names(repository / name) for name in LOCKS)
    assert serving.items() <= developing.items()
    assert serving.items() <= spark.items()
    assert all(developing.get(name, version) == version for name, version in spark.items())
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]

    def plain(requirements: list[str]) -> set[str]:
        return {re.split(r"[<>=!~;\[ ]", each)[0].lower().replace(".", "-").replace("_", "-") for each in requirements}

    # The driver of PostgreSQL as well: one URL must suffice to change the database.
    assert plain(project["dependencies"] + extras["build"] + extras["postgres"]) <= set(serving)
    assert plain(extras["dev"]) <= set(developing)
    assert plain(extras["spark"]) <= set(spark)
    assert not plain(extras["spark"]) & set(developing) - {"duckdb"}  # too large for every `make test`
    assert not plain(extras["dev"]) & set(serving) - {"markdown-it-py"}  # rich needs that one, too


def test_the_lock_names_the_extras_that_locked_packages_ask_of_each_other(repository: Path) -> None:
    """Else pip looks for `name[extra]` anew, finds a version newer than the locked one, and the installation fails."""
    text = (repository / LOCKS[1]).read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([a-z0-9-]+)\[([^]]*)\]==", text, re.MULTILINE))
    asked = [
        Requirement(each)
        for name in _names(repository / LOCKS[1])
        for each in _required_by(name)
        if "[" in each.split(";")[0]
    ]
    with_extras = [each for each in asked if each.marker is None or each.marker.evaluate({"extra": ""})]
    assert "coverage" in {each.name for each in with_extras}
    missing = {
        str(each) for each in with_extras if not each.extras <= set(locked.get(each.name.lower(), "").split(","))
    }
    assert not missing


def _required_by(name: str) -> list[str]:
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # for another platform or another Python
        return []


def test_serving_does_not_load_the_strict_models() -> None:
    """fhir.resources and pydantic are slow to import: the service starts without them."""
    code = "import sys, hooks.app, hooks.respond; print(sorted({'fhir', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ast.literal_eval(done.stdout))
    assert not loaded


def _imported(root: Path) -> set[str]:
    """The top names of everything that cds and hooks import, except themselves and the standard library."""
    names = set()
    for path in (*(root / "cds").rglob("*.py"), *(root / "hooks").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"cds", "hooks"}


def test_what_is_imported_is_declared_and_the_reverse(repository: Path) -> None:
    """No dependency is used by luck of another's, and none is declared without need."""
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[<>=!~;\[ ]", each)[0].replace("-", "_") for each in project["dependencies"]}
    imported = {_DISTRIBUTIONS.get(name, name) for name in _imported(repository)}
    # Of the optional dependencies, imported where they are asked for.
    extras = {"psycopg", "duckdb", "opentelemetry", "pyspark", "pyarrow"}
    extras |= {"cryptography"} if "pyjwt[crypto]" in str(project["dependencies"]) else set()
    assert imported - extras <= declared
    assert declared <= imported


# Where the name to import is not that of the distribution.
_DISTRIBUTIONS = {"fhir": "fhir.resources", "jwt": "pyjwt", "markdown_it": "markdown_it_py"}


def test_what_coverage_leaves_out_says_why(repository: Path) -> None:
    """`pragma: no cover (reason)`: without one nobody can tell a guard from a claim that is missing."""
    bare = [
        f"{path.relative_to(repository)}:{number}"
        for path in tracked(repository)
        if path.suffix == ".py" and path.parts[len(repository.parts)] in ("cds", "hooks")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if "pragma: no" in line and not re.search(r"pragma: no (cover|branch) \(.{10,}\)$", line)
    ]
    assert bare == []
