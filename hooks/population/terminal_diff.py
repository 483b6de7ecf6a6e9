"""A comparison at a terminal: of two replays that are there, or of two that are made for it."""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec
from rich.text import Text

from cds.knowledge.profiles import profile_ids
from hooks.population.gather import CannotReplayError
from hooks.population.run import Wanted, cores
from hooks.population.terminal import show
from hooks.population.which import Which, which_of
from hooks.settings import Settings, load_settings
from hooks.terminal import console
from hooks.whole import write_whole


class Asked(msgspec.Struct, frozen=True):
    """What is held against what. ``sources``: to be replayed with each, where ``a`` and ``b`` are no replays."""

    a: str
    b: str
    out: Path | None = None
    sources: tuple[Path, ...] = ()
    processes: int | None = None
    identified: bool = False


def show_difference(asked: Asked) -> bool:
    """Say who gets a different card; the answer is whether anybody does."""
    from hooks.population.diff import compare
    from hooks.population.diff_report import by_check, legend, lines, page

    one, other = _replayed(asked)
    out = asked.out
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    found = compare(one, other, table=out / "changes.csv" if out else None)
    for line in lines(found):
        console().print(Text(line))
    if found.by_check:
        console().print(by_check(found))
        for line in legend(found):
            console().print(Text(line))
    if out is not None:
        write_whole(out / "diff.html", page(found).encode())
        console().print(Text(f"{out}: diff.html, changes.csv"))
    return bool(found.different or found.only_a or found.only_b)


def _replayed(asked: Asked) -> list[Path]:
    """The folders of two replays; of what is none, a replay is made."""
    names = (asked.a, asked.b)
    if all(map(_is_replay, names)):
        return [Path(name) for name in names]
    missing = next(name for name in names if not _is_replay(name))
    if not _is_knowledge(missing):
        raise CannotReplayError(
            f"{missing} is no finished replay, no profile ({' and '.join(profile_ids())}), no folder of knowledge "
            "and no site's file (.toml)"
        )
    if not asked.sources or asked.out is None:
        raise CannotReplayError(f"to compare knowledge ({missing}), name an export by --source and a folder by --out")
    if other := next((name for name in names if not _is_knowledge(name)), None):
        raise CannotReplayError(f"{other} is a replay and {missing} is knowledge; name two of one kind")
    settings = load_settings()
    both = [_which(name, settings) for name in names]
    key = secrets.token_bytes(32)
    folders = [asked.out / letter for letter in "AB"]
    for which, folder in zip(both, folders, strict=True):
        processes = asked.processes or cores()
        show(Wanted(asked.sources, folder, identified=asked.identified, key=key, processes=processes, which=which))
    return folders


def _is_replay(name: str) -> bool:
    return (Path(name) / "summary.json").exists()


def _is_knowledge(name: str) -> bool:
    """Whether it names a profile, a folder of knowledge, or a site's file."""
    path = Path(name)
    return name in profile_ids() or (path / "evidence.toml").is_file() or (path.suffix == ".toml" and path.is_file())


def _which(name: str, settings: Settings) -> Which:
    """What it names; all else is as the settings have it."""
    if name in profile_ids():
        return which_of(msgspec.structs.replace(settings, profile=name))
    path = Path(name)
    return which_of(settings, site=path) if path.is_file() else which_of(settings, folder=path)
