"""Plants small wrong changes in the code of ``cds/``, one at a time, and tells which no test notices.

    python -m tests.prove.mutants [FILE-OR-FOLDER…] [--sample N | --all] [--seconds S] [--jobs N] [--again] [--list]

Of each file so many changes are tried (8 unless told, always the same ones), or all. Resumable: what became of each is
kept in ``build/prove/mutants.jsonl``; a killed one is not tried again while its file is as it was, a survivor while
the tests are as they were too. Survivors that people have looked at are in ``mutants.toml`` with the reason; the run
prints the figures by file and the others by name, and ends with 1 if there are others.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tomllib
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from tests.support.mutants import ROOT, Mutant, Source, files
from tests.support.warm import Map, Outcome, Warm, chosen, mapped, pytest_main, tried

BUILD = ROOT / "build" / "prove"
REVIEWED = Path(__file__).with_suffix(".toml")
OPEN = ("survived", "unreached")
COLUMNS = ("killed", "timeout", "equivalent", "wording", "survived", "unreached", "invalid")


class Kept(msgspec.Struct, frozen=True):
    """One line of what is kept."""

    name: str
    file: str  # digest of the mutated file
    tests: str  # digest of tests and cases
    outcome: Outcome


def digest(*folders: str) -> str:
    """Of everything in some folders or files."""
    found = hashlib.sha256()
    for folder in folders:
        top = ROOT / folder
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.suffix in (".py", ".toml", ".tsv"):
                found.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return found.hexdigest()[:16]


class Proof:
    """One run."""

    def __init__(self, told: argparse.Namespace) -> None:
        self.told = told
        self.tests = digest("tests", "fixtures/cases")
        self.kept = {} if told.again else _kept()
        self.found: list[tuple[Mutant, Outcome]] = []
        self.controlled = False
        self.made: Counter[str] = Counter()

    def work(self, warm: Warm) -> None:
        """Try what is to be tried and not known."""
        map = self._map(warm)
        known = warm.names
        waiting: deque[tuple[Mutant, str, Callable[[], Outcome]]] = deque()
        for file in wanted(self.told.where):
            source, now = Source(file), digest(file)
            self.made[file] = len(source.mutants)
            for mutant in sampled(source.mutants, self.told.sample):
                before = self.kept.get(mutant.name)
                if before and before.file == now and (before.outcome.what not in OPEN or before.tests == self.tests):
                    self.found.append((mutant, before.outcome))
                    continue
                tests = chosen(map, mutant, known)
                if tests and not self.controlled:
                    self._control(tried(warm, None, mutant, tests, 5 * self.told.seconds)())
                waiting.append((mutant, now, tried(warm, source, mutant, tests, self.told.seconds)))
                if len(waiting) >= self.told.jobs:
                    self._settle(*waiting.popleft())
        while waiting:
            self._settle(*waiting.popleft())

    def _control(self, outcome: Outcome) -> None:
        """Without a mutant nothing may fail; else what is called killed says nothing."""
        if outcome.what != "survived":
            raise SystemExit(f"with nothing changed the tests end as {outcome.what}: {outcome.by}")
        print(f"mutants: {outcome.asked} tests pass with nothing changed", file=sys.stderr)
        self.controlled = True

    def _map(self, warm: Warm) -> Map:
        """Kept while the code is as it was: a test that the map does not know is asked about every mutant."""
        place, now = BUILD / "mutants.map", digest("cds")
        if place.exists() and not self.told.again:
            map = msgspec.msgpack.decode(place.read_bytes(), type=Map)
            if map.digest == now:
                return map
        map = mapped(warm, now)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(msgspec.msgpack.encode(map))
        return map

    def _settle(self, mutant: Mutant, now: str, outcome: Callable[[], Outcome]) -> None:
        what = outcome()
        self.found.append((mutant, what))
        with (BUILD / "mutants.jsonl").open("ab") as keep:
            keep.write(msgspec.json.encode(Kept(mutant.name, now, self.tests, what)) + b"\n")
        if what.what != "killed":
            print(f"{what.what}: {mutant.file}:{mutant.lines[0]} {mutant.name.split(' ', 1)[1]}", file=sys.stderr)

    def told_of(self) -> int:
        """Print the figures; how many survivors nobody has looked at."""
        reviewed = {one["mutant"]: one["verdict"] for one in _reviewed()}
        by_file: dict[str, Counter[str]] = {}
        new = []
        for mutant, outcome in self.found:
            what = outcome.what
            if what in OPEN:
                what = reviewed.get(mutant.name, what)
                new += [(mutant, what)] if what in OPEN else []
            by_file.setdefault(mutant.file, Counter())[what] += 1
        if self.told.list:
            print("\n".join(mutant.name for mutant, _ in self.found))
        for file, count in by_file.items():
            print(f"  {file}: {self.made[file]} possible, {_words(count)}")
        whole: Counter[str] = sum(by_file.values(), Counter())
        tried = whole.total() - whole["invalid"] - whole["equivalent"]
        killed = whole["killed"] + whole["timeout"]
        print(f"mutants: {self.made.total()} possible in {len(by_file)} files, {whole.total()} tried: {_words(whole)}")
        print(f"mutants: {killed} of {tried} that change something are noticed ({killed / max(1, tried):.1%})")
        for mutant, what in new:
            print(f"  {what}: {mutant.file}:{mutant.lines[0]}  {mutant.name.split(' ', 1)[1]}")
        return len(new)


def sampled(mutants: list[Mutant], number: int) -> list[Mutant]:
    """So many of a file's, spread by the digest of their names, so always the same; all if 0."""
    if not number:
        return mutants
    return sorted(mutants, key=lambda mutant: hashlib.sha256(mutant.name.encode()).digest())[:number]


def _words(count: Counter[str]) -> str:
    return ", ".join(f"{count[name]} {name}" for name in COLUMNS if count[name])


def _kept() -> dict[str, Kept]:
    place = BUILD / "mutants.jsonl"
    if not place.exists():
        return {}
    lines = (msgspec.json.decode(line, type=Kept) for line in place.read_bytes().splitlines())
    return {one.name: one for one in lines}


def _reviewed() -> list[dict[str, str]]:
    found: list[dict[str, str]] = tomllib.loads(REVIEWED.read_text("utf-8")).get("mutant", [])
    return found


def wanted(where: list[str]) -> list[str]:
    """The files asked for, in the order of asking."""
    found = [file for one in where or [""] for file in files() if file == one or file.startswith(one)]
    return list(dict.fromkeys(found))


def arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("where", nargs="*", help="files or folders; all of cds/ unless told")
    parser.add_argument("--sample", type=int, default=8, help="so many of each file (8)")
    parser.add_argument("--all", dest="sample", action="store_const", const=0, help="every one")
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="of work for one mutant before it has survived (20)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    parser.add_argument("--again", action="store_true", help="forget what is kept")
    parser.add_argument("--list", action="store_true", help="name every mutant that was tried")
    return parser.parse_args()


def main() -> int:
    """Try and print the figures."""
    os.chdir(ROOT)
    proof = Proof(arguments())
    broken = pytest_main(Warm(proof.work))
    return 1 if proof.told_of() or broken not in (0, 5) else 0


if __name__ == "__main__":
    sys.exit(main())
